"""Commands of HTTPie and xh: `http POST api.example/items name=value X-Trace:1`."""

from __future__ import annotations

import base64
import re

from corsight.scripts.errors import CorsightError
from corsight.scripts.whatif.copied.model import Copied, make_headers
from corsight.scripts.whatif.copied.shells import list_options, split_command

_METHOD = r"(?:(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)[ \t]+)?"
BEGIN = re.compile(
    r"^[^\S\n]*(?:[\w.~@:\\/ -]{0,80}[$%>#❯] ?)?((?:https?|xhs?)[ \t]+(?:-[^\s]+[ \t]+(?:[^\s-]\S*[ \t]+)??){0,12}?"
    + _METHOD
    + r"['\"]?(?:https?://|:\d*/?|localhost\b|[\w-]+(?:\.[\w-]+)+(?=[:/?\s'\"]|$)))",
    re.MULTILINE,
)
"""A command at the beginning of a line, behind a shell's prompt or not."""
_ITEM = re.compile(r"([^\s:=@;]+?)(:=@|:=|==|=@|=|:|;|@)(.*)", re.DOTALL)
_LETTERS = {"a": "--auth", "A": "--auth-type", "f": "--form", "j": "--json"}
_WITH_VALUE = frozenset({
    *("-a", "-A", "--auth", "--auth-type", "--bearer", "--session", "--session-read-only", "--print", "-p", "--verify"),
    *("--timeout", "--output", "-o", "--style", "-s", "--pretty", "--proxy", "--cert", "--cert-key", "--max-redirects"),
    *("--default-scheme", "--raw", "--boundary", "--response-mime", "--response-charset", "--format-options", "--ssl"),
})  # fmt: skip
_JSON = "application/json"


def read_httpie(text: str) -> Copied:
    """Return the request of the command that a text begins with. Raises CorsightError where it names no URL."""
    words, rest = split_command(text)
    fields: list[tuple[str, str]] = []
    plain: list[str] = []
    auth, bearer = "", False
    form = json = raw = False
    for option, given in list_options(words[1:], _WITH_VALUE, _LETTERS):
        if option == "":
            plain.append(given)
        auth = given if option in ("--auth", "--bearer") else auth
        bearer = bearer or option == "--bearer" or (option == "--auth-type" and given == "bearer")
        form = form or option in ("--form", "--multipart", "-f")
        json = json or option in ("--json", "-j")
        raw = raw or option == "--raw"
    method = plain.pop(0).upper() if plain and plain[0].isalpha() and len(plain) > 1 else None
    if not plain:
        raise CorsightError("the command names no URL", todo="paste it as a whole")
    data = raw
    for word in plain[1:]:
        if (item := _ITEM.fullmatch(word)) is None:
            continue
        name, sign, sent = item.groups()
        if sign == ":" and sent:
            fields.append((name, sent))
        elif sign == ";" and not sent:
            fields.append((name, ""))
        data = data or sign in ("=", ":=", "=@", ":=@", "@")
    if data or json:
        named = {name.lower() for name, _ in fields}
        fields += [("Content-Type", _JSON)] if not form and "content-type" not in named else []
    if auth:
        scheme, secret = ("Bearer", auth) if bearer else ("Basic", base64.b64encode(auth.encode()).decode())
        fields.append(("Authorization", f"{scheme} {secret}"))
    asked = method or ("POST" if data else "GET")
    return Copied(_make_url(plain[0], words[0]), asked, make_headers(fields), answer=rest)


def _make_url(given: str, command: str) -> str:
    """Return the URL in full: a port alone is of this computer."""
    scheme = "https" if command in ("https", "xhs") else "http"
    if given.startswith(":") and not given.startswith("://"):
        port, slash, path = given[1:].partition("/")
        given = f"localhost{':' if port else ''}{port}{slash}{path}"
    return given if "://" in given[:10] and not given.startswith(":") else f"{scheme}://{given.removeprefix('://')}"
