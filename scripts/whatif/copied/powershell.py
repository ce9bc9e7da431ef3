"""What Chrome and Firefox copy as PowerShell: Invoke-WebRequest with a table of headers and a session for cookies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corsight.scripts.errors import CorsightError
from corsight.scripts.whatif.copied.model import FILLED, UNSEEN, Copied, make_headers

BEGIN = re.compile(r"^[^\n]{0,80}?\b(?:Invoke-WebRequest|Invoke-RestMethod|iwr|irm)\b", re.MULTILINE | re.IGNORECASE)

_STRING = r'"((?:[^"`]|`.|"")*+)"'
_PLAIN = "'((?:[^']|'')*+)'"
_HEADERS = re.compile(r"-Headers\s+(@\{)?", re.IGNORECASE)
_PAIR = re.compile(rf"[\s;]*(?:{_STRING}|{_PLAIN}|([\w-]+))\s*=\s*(?:{_STRING}|{_PLAIN}|([^\n;}}]+))", re.DOTALL)
"""A name in a table, quoted or not, and its value: in quotes, or what code makes."""
_COOKIE = re.compile(rf"System\.Net\.Cookie\({_STRING},\s*{_STRING}", re.DOTALL)
_AGENT = re.compile(rf"\.UserAgent\s*=\s*{_STRING}", re.DOTALL)
_PSEUDO = frozenset({"authority", "method", "path", "scheme"})
"""HTTP/2's own fields, which Chrome writes among the headers."""


def read_powershell(text: str) -> Copied:
    """Return the request of the command in a text. Raises CorsightError where it names no URL."""
    url = _find_option(text, "Uri")
    if url is None:
        raise CorsightError("the command names no URL (-Uri)", todo="paste it as a whole")
    table = _HEADERS.search(text)
    fields = [] if table is None or table[1] is None else [*_list_pairs(text, table.end())]
    notes = (UNSEEN,) if table is not None and table[1] is None else ()
    if (kind := _find_option(text, "ContentType")) is not None:
        fields.append(("Content-Type", kind))
    if (agent := _AGENT.search(text)) is not None:
        fields.append(("User-Agent", _undo(agent[1])))
    if cookies := _COOKIE.findall(text):
        fields.append(("Cookie", "; ".join(f"{_undo(name)}={_undo(given)}" for name, given in cookies)))
    method = (_find_option(text, "Method") or "GET").upper()
    return Copied(url, method, make_headers(fields), notes=notes)


def _list_pairs(text: str, at: int) -> Iterator[tuple[str, str]]:
    """Yield the headers of a table that begins at a place in a text."""
    while pair := _PAIR.match(text, at):
        at = pair.end()
        name, sent = _read_string(pair, 1), FILLED if pair[6] is not None else _read_string(pair, 4)
        if name.lower() not in _PSEUDO:
            yield name, sent


def _read_string(found: re.Match[str], group: int) -> str:
    """Return what stands in double quotes, in single ones, or, in the group behind them, in none."""
    if found[group] is not None:
        return _undo(found[group])
    plain = found[group + 1]
    return found[group + 2] if plain is None else plain.replace("''", "'")


def _find_option(text: str, name: str) -> str | None:
    found = re.search(rf"-{name}\s+(?:{_STRING}|'([^']*)'|([^\s\"'`]+))", text, re.DOTALL | re.IGNORECASE)
    return None if found is None else _undo(found[1]) if found[1] is not None else found[2] or found[3]


def _undo(text: str) -> str:
    return re.sub(r"`(.)|\"(\")", lambda found: found[1] or found[2], text, flags=re.DOTALL)
