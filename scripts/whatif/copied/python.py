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
from corsight.scripts.whatif.copied.model import FILLED, UNSEEN, Copied, make_headers, tell_others

BEGIN = re.compile(r"\b(?:requests|httpx|session|client)\.(?:get|head|options|post|put|patch|delete|request)\s*\(")
_MODULES = re.compile(r"\b(?:requests|httpx)\b")
_PROMPT = re.compile(r"^(?:>>>|\.\.\.) ?", re.MULTILINE)
LONGEST = 20_000
"""Characters of code that are looked at: Python's own parser reads them, to which deep nesting is no danger."""


def read_python(text: str) -> Copied | None:
    """Return the request of the last call in a text; None where that is no Python, or holds no such call."""
    if _MODULES.search(text) is None or BEGIN.search(text) is None or len(text) > LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(textwrap.dedent(_PROMPT.sub("", text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    names: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = _read_value(node.value, names)
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and BEGIN.match(f"{ast.unparse(node.func)}(")
    ]
    if not calls:
        return None
    found = _read_call(calls[-1], names)
    return replace(found, notes=(*found.notes, *tell_others(len(calls))))


def _read_call(call: ast.Call, names: dict[str, Any]) -> Copied:
    assert isinstance(call.func, ast.Attribute)
    given = [_read_value(one, names) for one in call.args]
    named = {one.arg: _read_value(one.value, names) for one in call.keywords if one.arg is not None}
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


def _read_value(node: ast.expr, names: dict[str, Any]) -> Any:
    """Return a literal, or UNKNOWN; in a text that is put together, what other code makes is filled in."""
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.Name(id=name):
            return names.get(name, UNKNOWN)
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {_read_value(key, names): _read_value(sent, names) for key, sent in pairs if key is not None}
        case ast.JoinedStr(values=values):
            return "".join(_fill_in(one.value if isinstance(one, ast.FormattedValue) else one, names) for one in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _fill_in(left, names) + _fill_in(right, names)
    return UNKNOWN


def _fill_in(node: ast.expr, names: dict[str, Any]) -> str:
    read = _read_value(node, names)
    return read if isinstance(read, str) else FILLED
