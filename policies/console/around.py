"""What stands around a reason: the words before and behind it, and the lines beside it that tell of the request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape as unescape_html
from typing import Any

from corsight.policies.console.model import Message
from corsight.policies.console.patterns import QUOTE

_Q = QUOTE
_CHECK = r"(?P<preflight> Response to preflight request doesn['’]t pass access control check:)?"
_BEFORE = tuple(
    (anchor, re.compile(rf"{begins}\s+\Z"))
    for anchor, begins in (
        (
            "Access to ",
            rf"Access to (?P<kind>[\w ]{{1,40}}?) at {_Q}(?P<url>\S+?){_Q}"
            rf"(?: \(redirected from {_Q}(?P<initial_url>\S+?){_Q}\))?"
            rf" from origin {_Q}(?P<origin>\S+?){_Q} has been blocked by CORS policy:{_CHECK}",
        ),
        (
            "Redirect ",
            rf"Redirect (?:at|from) {_Q}(?P<initial_url>\S+?){_Q} (?:to {_Q}(?P<url>\S+?){_Q} )?"
            rf"has been blocked by CORS policy:{_CHECK}",
        ),
        (" cannot load ", rf"(?P<kind>[\w ]{{1,40}}?) cannot load (?P<url>\S+?)\.{_CHECK}"),
        ("Failed to load ", rf"Failed to load (?!resource)(?P<url>\S+?):{_CHECK}"),
        (
            " has been blocked from loading ",
            rf"(?P<kind>[\w ]{{1,40}}?) from origin {_Q}(?P<url>\S+?){_Q}"
            r" has been blocked from loading by Cross-Origin Resource Sharing policy:",
        ),
        (
            "Cross-Origin Request Blocked:",
            r"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
            rf"{_Q}?(?P<url>\S+?){_Q}?\.?(?: \(Reason:)?",
        ),
        (
            "Cross-origin redirection to ",
            r"Cross-origin redirection to (?P<url>\S+?) denied by Cross-Origin Resource Sharing policy:",
        ),
        (
            # Pasted without its beginning.
            " has been blocked by CORS policy:",
            rf"(?:\b(?P<url>https?://\S+?){_Q} )?(?:from origin )?{_Q}(?P<origin>(?:(?!{_Q})\S)++){_Q}"
            rf" has been blocked by CORS policy:{_CHECK}",
        ),
        ("://", r"\b(?:XHR ?)?(?P<method>GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ?(?P<url>\w+://\S+)"),
    )
)
"""What comes before a reason, each behind words that are in it: in the order of today's Chromium, those of old, Firefox
and WebKit.
"""
_BEHIND = (
    re.compile(rf"(?s:.{{0,200}}?)Origin {_Q}(?P<origin>\S+?){_Q} is therefore not allowed access"),
    re.compile(r"(?s:.{0,300}?)The response had HTTP status code (?P<status>\d{3})"),
    re.compile(r"\s*(?:\.\s*)?\)?\.?\s*Status code: (?P<status>\d{3})"),
)
"""What comes behind it."""
_NEXT = re.compile(r"\n.{0,40}?(?:\w+ cannot load |Failed to load |Access to )")
"""Where the next message begins."""
_FAILED = re.compile(
    r"\b(?P<method>[A-Z]+) (?P<url>\w+://\S+) (?:(?P<error>net::ERR_[\w.]+)|(?P<plain>\d{3}))"
    r"(?: ?\(?(?P<status>\d{3})\b)?"
)
"""What Chromium prints below its message."""
_FIREFOX_STATUS = re.compile(r"\b(?:XHR ?)?(?P<method>[A-Z]+) ?(?P<url>https?://\S+) \[HTTP/[\d.]+ (?P<status>\d{3})")
"""How Firefox lists a request."""
_ANSWERED = re.compile(r"\[HTTP/[\d.]+ \d{3}\b.{0,60}\]")
"""What Firefox puts below a request in its console."""
_CHECKED = re.compile(
    r"(?:(?P<kind>[\w ]{1,40}?) c|C)annot load (?:[a-z]+ )?(?P<url>[\w.+-]+:\S+?),? due to access control checks"
)
_RESPONDED = re.compile(r"the server responded with a status of (?P<status>\d{3})")
_REJECTED = re.compile(r"Request failed with status code (?P<status>\d{3})|: Status code '(?P<plain>\d{3})'")
"""What axios and SignalR's client say of a response that they could read."""
_BESIDE = (
    ("://", _FAILED),
    (" [HTTP/", _FIREFOX_STATUS),
    ("annot load ", _CHECKED),
    ("responded with a status", _RESPONDED),
    ("tatus code ", _REJECTED),
)
CHECKS = "due to access control checks"
"""What WebKit says of any failure."""
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_LINK = re.compile(r"\[(\w{1,20}://[^\s\]\[]{1,2000})\]\(\w{1,20}://[^\s()]{1,2000}\)")
"""A URL as Markdown links it."""
_BLANK = re.compile(r"(?<=[/=.-])([<{\[])\s*([\w. -]{1,60}?)\s*([>}\]])")
"""What people write into a URL in place of a part of it, such as <your tenant>."""
SHORT = 60
"""Characters of a line that may be no more than a value."""
_JSON = ('\\"', "\\/")
"""What only strings in JSON and code hold."""
_ESCAPED = re.compile(r"\\([n\"/'])")
_ENTITY = re.compile(r"&(?:quot|apos|amp|lt|gt|#0?39|#34|#x27|#x2[fF]);")
_EMPHASIS = re.compile(r"(?<![*/:])\*\*(?![*/])")
_NEAR = 1200
"""Characters before and behind a reason that may belong to it."""


def unescape(text: str) -> str:
    """Return a text as it was before a log put it into JSON or HTML."""
    if any(mark in text for mark in _JSON):
        text = _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text)
    return _ENTITY.sub(lambda found: unescape_html(found[0]), text)


def strip_marks(line: str) -> str:
    """Return a line without what mail, chats and Markdown put into it, with single spaces."""
    line = _EMPHASIS.sub("", _LINK.sub(r"\1", " ".join(line.translate(_INVISIBLE).split()))).lstrip(">| ")
    line = _BLANK.sub(lambda found: f"{found[1]}{found[2].replace(' ', '-')}{found[3]}", line)
    for _ in range(3):
        # A message that was wrapped has short lines, which may begin and end with a value in quotes.
        quoted = line[:1] == '"' and line.count('"') == 2 and len(line) > SHORT
        if len(line) < 3 or line[0] != line[-1] or (line[0] not in "`_*" and not quoted):
            break
        line = line[1:-1].strip()
    return line


def join_rows(lines: Sequence[str]) -> list[str]:
    """Return the lines, each answer that Firefox lists behind the request above it."""
    joined: list[str] = []
    for line in lines:
        if joined and _ANSWERED.fullmatch(line) and "://" in joined[-1]:
            joined[-1] += f" {line}"
        else:
            joined.append(line)
    return joined


def read_around(message: Message, text: str, start: int, end: int, *, whole: bool) -> tuple[Message, int, int]:
    """Return the message with what stands around its reason in `text`, and where all of it begins and ends.

    Nothing before a `whole` message that names its URL belongs to it.
    """
    before, behind = text[max(0, start - _NEAR) : start], _NEXT.split(text[end : end + _NEAR], 1)[0]
    flat = re.sub(r"\s", " ", before)
    for anchor, pattern in _BEFORE if not whole or message.url is None else ():
        if anchor in flat and (found := pattern.search(flat if flat.endswith(" ") else f"{flat} ")):
            told = found.groupdict()
            if told.pop("preflight", None):
                message = replace(message, preflight=True)
            message = add(message, **{name: one.strip() for name, one in told.items() if one})
            start -= len(before) - found.start()
            break
    for pattern in _BEHIND:
        if found := pattern.match(behind):
            told = found.groupdict()
            message = add(message, **{name: int(one) if name == "status" else one for name, one in told.items() if one})
            end = max(end, start, end + found.end())
            behind = behind[found.end() :]
    return message, start, end


def read_beside(line: str) -> dict[str, Any]:
    """Return what a line tells of a request: its method, url, status, kind and network error."""
    told: dict[str, Any] = {}
    for anchor, pattern in _BESIDE:
        if anchor in line and (found := pattern.search(line)):
            for name, one in found.groupdict().items():
                if one:
                    name = "status" if name == "plain" else name
                    told[name] = int(one) if name == "status" else one.strip()
            break
    return told


def add(message: Message, **told: Any) -> Message:
    """Return the message with what it does not tell itself."""
    known = {name: what for name, what in told.items() if hasattr(message, name) and getattr(message, name) is None}
    return replace(message, **known) if known else message
