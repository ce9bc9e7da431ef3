"""What Chrome and Firefox copy as PowerShell: Invoke-WebRequest with a table of headers and a session for cookies."""

from __future__ import annotations

import re

from corsight.policies.exchange import HeaderList
from corsight.scripts.errors import CorsightError
from corsight.scripts.whatif.copied.model import Copied

BEGIN = re.compile(r"^[^\n]{0,80}?\b(?:Invoke-WebRequest|Invoke-RestMethod|iwr|irm)\b", re.MULTILINE | re.IGNORECASE)

_STRING = r'"((?:[^"`]|`.|"")*+)"'
_PAIR = re.compile(rf"{_STRING}\s*=\s*{_STRING}", re.DOTALL)
_TABLE = re.compile(r'-Headers\s+@\{((?:[^"}]|"(?:[^"`]|`.|"")*+")*+)\}', re.DOTALL | re.IGNORECASE)
_COOKIE = re.compile(rf"System\.Net\.Cookie\({_STRING},\s*{_STRING}", re.DOTALL)
_AGENT = re.compile(rf"\.UserAgent\s*=\s*{_STRING}", re.DOTALL)
_PSEUDO = frozenset({"authority", "method", "path", "scheme"})
"""HTTP/2's own fields, which Chrome writes among the headers."""


def read_powershell(text: str) -> Copied:
    """Return the request of the command in a text. Raises CorsightError where it names no URL."""
    url = _find_option(text, "Uri")
    if url is None:
        raise CorsightError("the command names no URL (-Uri)", todo="paste it as a whole")
    table = _TABLE.search(text)
    pairs = [] if table is None else _PAIR.findall(table[1])
    fields = [(_undo(name), _undo(given)) for name, given in pairs if name.lower() not in _PSEUDO]
    if (kind := _find_option(text, "ContentType")) is not None:
        fields.append(("Content-Type", kind))
    if (agent := _AGENT.search(text)) is not None:
        fields.append(("User-Agent", _undo(agent[1])))
    if cookies := _COOKIE.findall(text):
        fields.append(("Cookie", "; ".join(f"{_undo(name)}={_undo(given)}" for name, given in cookies)))
    method = (_find_option(text, "Method") or "GET").upper()
    headers = HeaderList(tuple((name.encode("latin-1", "replace"), given.encode()) for name, given in fields))
    return Copied(url, method, headers)


def _find_option(text: str, name: str) -> str | None:
    found = re.search(rf"-{name}\s+(?:{_STRING}|'([^']*)'|([^\s\"'`]+))", text, re.DOTALL | re.IGNORECASE)
    return None if found is None else _undo(found[1]) if found[1] is not None else found[2] or found[3]


def _undo(text: str) -> str:
    return re.sub(r"`(.)|\"(\")", lambda found: found[1] or found[2], text, flags=re.DOTALL)
