"""What developer tools show in other languages and other shapes, turned into the list that Chrome shows in English.

Chrome's labels are translated, but their values are not: a URL, a method and a status stand below each other. Firefox
copies its panel as JSON ("Copy All") or as lines that begin with the parts of the URL.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_LABEL = r"^[ \t]*(?:[^\s:：/][^:：\n/]{0,60}[:：][ \t]*)?"
_METHOD = r"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)"
_LINE = r"(?:[^\n]{0,80}\n){0,2}?"
GENERAL = re.compile(
    rf"{_LABEL}(https?://\S{{1,4000}})[ \t]*\r?\n{_LINE}{_LABEL}{_METHOD}[ \t]*\r?$"
    rf"(?:\n{_LINE}{_LABEL}(\d{{3}})\b[^\n]*$)?",
    re.MULTILINE,
)
"""A URL, a method and a status, each behind its label or below it."""
PARTS = re.compile(
    rf"^[ \t]*{_METHOD}\s+scheme\s+(https?)\s+host\s+(\S{{1,300}})\s+filename\s+(\S{{1,4000}})", re.MULTILINE
)
"""How Firefox's panel begins."""
_STATUS = re.compile(r"^[ \t]*(\d{3})[ \t]*\r?$", re.MULTILINE)
MOST = 64
"""Objects of a paste that are looked at."""


def translate(text: str) -> str | None:
    """Return what a text shows as Chrome lists it in English; None where it shows no such thing."""
    if (parts := PARTS.search(text)) is not None:
        behind = text[parts.end() :]
        status = _STATUS.search(behind)
        url = f"{parts[2]}://{parts[3]}{parts[4]}"
        return _write(url, parts[1], None if status is None else status[1]) + behind
    if '"headers"' in text and (found := _read_json(text)) is not None:
        return found
    if (general := GENERAL.search(text)) is not None:
        return _write(*general.groups()) + text[general.end() :]
    return None


def _write(url: str, method: str, status: str | None) -> str:
    return f"Request URL: {url}\nRequest Method: {method}\n" + (f"Status Code: {status}\n" if status else "")


def _read_json(text: str) -> str | None:
    """Return the list that Firefox's objects hold: the URL's parts, the status, and the headers."""
    url, method, status = None, "GET", None
    sections: list[list[str]] = []
    for name, value in _list_members(text):
        if isinstance(value, dict) and isinstance(value.get("headers"), list):
            sections.append([*_list_fields(value["headers"])])
        elif isinstance(value, dict) and {"scheme", "host", "filename"} <= value.keys():
            url, method = f"{value['scheme']}://{value['host']}{value['filename']}", name
        elif isinstance(value, str) and status is None and re.match(r"\d{3}(?!\d)", value):
            status = value[:3]
    asked = [one for one in sections if any(re.match(r"(?i)(?:host|user-agent|origin):", line) for line in one)]
    answered = [one for one in sections if one not in asked]
    host = next((line[5:].strip() for one in asked for line in one if line[:5].lower() == "host:"), None)
    if url is None and host is not None:
        url = f"https://{host}/"
    if not sections:
        return None
    if url is None:
        # The response alone.
        return "\n".join([f"HTTP/1.1 {status or 200}", *(line for one in answered for line in one)])
    written = _write(url, method, status or ("200" if answered else None))
    lines = ["Response Headers", *(line for one in answered for line in one)]
    return written + "\n".join([*lines, "Request Headers", *(line for one in asked for line in one)])


def _list_members(text: str) -> Iterator[tuple[str, Any]]:
    """Yield the members of the objects that stand in a text one after the other."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    for _ in range(MOST):
        if at < 0:
            return
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield from found.items()
        at = text.find("{", end)


def _list_fields(headers: list[Any]) -> Iterator[str]:
    for one in headers:
        if isinstance(one, dict) and isinstance(one.get("name"), str) and isinstance(one.get("value"), str):
            yield f"{one['name']}: {' '.join(one['value'].split())}"
