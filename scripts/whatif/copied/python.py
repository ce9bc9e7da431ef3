"""Python code that asks with requests or httpx: what a server's script does, judged as if a page did it."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from typing import Any

from corsight.policies.value import replace
from corsight.scripts.whatif.copied.fetch import UNSEEN_METHOD, list_headers, read_address
from corsight.scripts.whatif.copied.javascript import UNKNOWN
from corsight.scripts.whatif.copied.model import FILLED, UNSEEN, Copied, Room, join_halves, make_headers, tell_others

_CLIENTS = frozenset({"requests", "httpx", "session", "client"})
_METHODS = frozenset({"get", "head", "options", "post", "put", "patch", "delete", "request"})
_MODULES = re.compile(r"\b(?:requests|httpx)\b")
_PROMPT = re.compile(r"^(?:>>>|\.\.\.) ?", re.MULTILINE)
LONGEST = 20_000
"""Characters of code that are looked at: Python's own parser reads them, to which deep nesting is no danger."""
DEEPEST = 32
"""How deep values in values are read, and how many texts that are added to one another."""


def read_python(text: str) -> Copied | None:
    """Return the request of the last call in a text; None where that is no Python, or holds no such call."""
    if _MODULES.search(text) is None or len(text) > LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(textwrap.dedent(_PROMPT.sub("", text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    values = _Values()
    calls: list[ast.Call] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            values.names[node.targets[0].id] = values.read(node.value)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=client), attr=method)):
                if client in _CLIENTS and method in _METHODS:
                    calls.append(node)
    if not calls:
        return None
    found = _read_call(calls[-1], values)
    return replace(found, notes=(*found.notes, *tell_others(len(calls))))


def _read_call(call: ast.Call, values: _Values) -> Copied:
    assert isinstance(call.func, ast.Attribute)
    given = [values.read(one) for one in call.args]
    named = {one.arg: values.read(one.value) for one in call.keywords if one.arg is not None}
    method: Any = call.func.attr
    if method == "request":
        method = named.get("method", given.pop(0) if given else UNKNOWN)
    url = named.get("url", given[0] if given else UNKNOWN)
    headers = named.get("headers", {})
    fields, _ = list_headers(headers)
    notes = [UNSEEN] if headers is UNKNOWN else []
    notes += [UNSEEN_METHOD] if method is UNKNOWN else []
    if "json" in named and not any(name.lower() == "content-type" for name, _ in fields):
        fields.append(("Content-Type", "application/json"))
    if "auth" in named and not any(name.lower() == "authorization" for name, _ in fields):
        fields.append(("Authorization", FILLED))
    asked = method.upper() if isinstance(method, str) else "GET"
    return Copied(read_address(url), asked, make_headers(fields), wire=False, notes=tuple(notes))


class _Values:
    """Reads values, with what the names before them stand for."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self._room = Room()

    def read(self, node: ast.expr, depth: int = 0) -> Any:
        """Return a literal, or UNKNOWN; in a text that is put together, what other code makes is filled in."""
        if depth > DEEPEST:
            return UNKNOWN
        match node:
            case ast.Constant(value=str() as text):
                return join_halves(text)
            case ast.Name(id=name):
                return self._look_up(name)
            case ast.Dict(keys=keys, values=values):
                pairs = zip(keys, values, strict=True)
                # Only texts are names of headers, whatever else may be a key.
                return {key.value: self.read(sent, depth + 1) for key, sent in pairs if isinstance(key, ast.Constant)}
            case ast.JoinedStr(values=values):
                parts = (one.value if isinstance(one, ast.FormattedValue) else one for one in values)
                return "".join(self._fill_in(one, depth + 1) for one in parts)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._fill_in(left, depth + 1) + self._fill_in(right, depth + 1)
        return UNKNOWN

    def _look_up(self, name: str) -> Any:
        found = self.names.get(name, UNKNOWN)
        return found if self._room.take(found) else UNKNOWN

    def _fill_in(self, node: ast.expr, depth: int) -> str:
        read = self.read(node, depth)
        return read if isinstance(read, str) else FILLED
