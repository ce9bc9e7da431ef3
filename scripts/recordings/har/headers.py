"""The header lists of a HAR: their lines as they were on the wire, and what a request's say before it is judged."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from corsight.policies.decision.decisive import VALUES
from corsight.policies.exchange import HeaderList
from corsight.policies.fetch.headers import is_token
from corsight.policies.fetch.origin import origin_of
from corsight.policies.session.memory import Memory
from corsight.scripts.recordings.har.format import Header, decode_headers
from corsight.scripts.recordings.har.producers.model import CREDENTIALS

SENT = ("accept-encoding", "host", "sec-fetch-mode", "connection")
"""Header names (lower case) of which one at least is on every request that a browser sends."""
LISTS, BYTES = 1024, 4 * 1024 * 1024
"""How many different header lists of requests are remembered, and bytes of them."""
PSEUDO = b":"
"""What stands for the name of a pseudo header."""
NO_NAMES = (b"", PSEUDO)
DEVTOOLS = "x-devtools-"
"""How the names of headers began that Chromium's DevTools told its network stack by, up to 2017."""
SHORT, NAMES = 64, 1024
"""Characters of a header name up to which its bytes are remembered, and of how many names it is."""
MANY = 128
"""Header lines from which no lower case of their names is remembered."""

_white = r"[ \t\r\n]*+"
_pseudo_line = (
    rf'\{{{_white}"name"{_white}:{_white}":[^"\\]*+"{_white},{_white}"value"{_white}:{_white}"[^"\\]*+"{_white}\}}'
)
_begins_with_pseudo = re.compile(rf"\[{_white}(?:{_pseudo_line}{_white},{_white})++(?=\{{)".encode()).match


class Names(NamedTuple):
    """The names of a header list's lines: as bytes, as they were and without those that were on no wire; in lower
    case, where all differ; whether there are pseudo headers among them; how many bytes they have, lines counted; those
    of headers with credentials.
    """

    written: tuple[bytes, ...]
    sent: tuple[bytes, ...]
    lower: tuple[str, ...] | None
    pseudo: bool
    weight: int
    credentials: frozenset[str]


class Asked(NamedTuple):
    """A request's header list, and what it says: whether there were pseudo headers, whether its headers are those that
    were sent (and not only what was known before), the Referer and its origin, whether a page of another origin may
    have asked so without CORS, as far as the headers tell.
    """

    headers: HeaderList
    pseudo: bool
    whole: bool
    referer: str | None
    page_origin: str | None
    may_be_opaque: bool


class HeaderLists:
    """Reads the header lists of one HAR; of equal ones of requests one object, so that what is derived of it is derived
    once. `once` tells that a line which stands twice was sent once. `shown` are the headers with credentials that any
    list had.
    """

    def __init__(self, *, once: bool) -> None:
        self._once = once
        self._asked: Memory[bytes, Asked] = Memory(LISTS, BYTES)
        self._lists: Memory[tuple[tuple[bytes, bytes], ...], HeaderList] = Memory(LISTS, BYTES)
        self.shown: frozenset[str] = frozenset()

    def read_request(self, recorded: Any) -> Asked:
        """Return a request's header list, which is not decoded yet, and what it says."""
        text = bytes(recorded)
        pseudo = _begins_with_pseudo(text)
        if pseudo is not None:
            # They name the path; what comes behind them is usually that of an earlier request.
            text = text[pseudo.end() :]
        asked = self._asked.get(text)
        if asked is None:
            headers, names, _ = read_headers(decode_headers(text if pseudo is None else b"[" + text))
            self.shown |= names.credentials
            asked = _look_at(self._unite(headers), pseudo is not None or names.pseudo)
            self._asked.put(text, asked, len(text) + asked.headers.weight)
        return asked

    def read_response(self, recorded: Any) -> HeaderList | None:
        """Return a response's header list, which is not decoded yet; None where a value that decides is not told. That
        nothing is in a body is known where its length is recorded.
        """
        decoded = decode_headers(recorded)
        headers, names, told = read_headers(decoded)
        if names.credentials:
            self.shown |= names.credentials
        if not told and any(header.value is None and header.name.lower() in VALUES for header in decoded):
            return None
        return headers

    def _unite(self, headers: HeaderList) -> HeaderList:
        fields = headers.fields
        known = self._lists.get(fields)
        if known is None:
            known = HeaderList(drop_repeated(fields)) if self._once and headers.repeats else headers
            self._lists.put(fields, known, known.weight)
        return known


def _look_at(headers: HeaderList, pseudo: bool) -> Asked:
    mode, site = headers.get("sec-fetch-mode"), headers.get("sec-fetch-site")
    may_be_opaque = "origin" not in headers and mode in (None, "no-cors") and site != "same-origin"
    whole = pseudo or any(name in headers for name in SENT)
    referer = headers.get("referer")
    return Asked(headers, pseudo, whole, referer, None if referer is None else origin_of(referer), may_be_opaque)


def may_be_opaque(method: str, url: str, asked: Asked) -> bool:
    """Return whether a page of another origin may have asked without CORS: then its browser looks at the body."""
    if method != "GET" or not asked.may_be_opaque:
        return False
    return asked.page_origin is None or asked.page_origin != origin_of(url)


def read_headers(headers: list[Header]) -> tuple[HeaderList, Names, bool]:
    """Return the header lines, what is known of their names, and whether all values are told: one that is not is empty.
    What was joined is lines again.
    """
    written = tuple([header.name for header in headers])
    names = _shapes.get(written) or _remember(written)
    if len(names.sent) < len(written):
        headers = [header for header, name in zip(headers, names.written, strict=True) if name not in NO_NAMES]
    told = True
    try:
        # All at once, which is half of what one by one takes.
        joined = "\n".join([header.value for header in headers]).encode("latin-1")  # type: ignore[misc]
    except (UnicodeEncodeError, TypeError):
        told = all(header.value is not None for header in headers)
        joined = b"\n".join([_encode(header.value or "") for header in headers])
    values, sent = joined.split(b"\n"), names.sent
    if len(values) == len(sent):
        # As many, so that nothing has to be counted again, which takes a third more.
        fields = tuple(zip(sent, values, strict=False))
        if names.lower is None:
            return HeaderList(fields), names, told
        weight = names.weight + len(joined) - len(values) + 1
        return HeaderList.indexed(fields, dict(zip(names.lower, values, strict=False)), weight), names, told
    encoded = [(name, _encode(header.value or "")) for name, header in zip(sent, headers, strict=True)]
    parted = [(name, one.strip() if b"\n" in value else one) for name, value in encoded for one in value.split(b"\n")]
    return HeaderList(tuple(parted)), names, told


def _remember(written: tuple[str, ...]) -> Names:
    encoded = tuple([_names[name] for name in written])
    sent = tuple([name for name in encoded if name not in NO_NAMES])
    lower = tuple([name.decode().lower() for name in sent])
    differ = 0 < len(lower) == len(set(lower)) and len(lower) < MANY
    weight = sum(map(len, sent)) + 2 * len(sent)
    names = Names(encoded, sent, lower if differ else None, PSEUDO in encoded, weight, CREDENTIALS.intersection(lower))
    _shapes.put(written, names, sum(map(len, written)))
    return names


def drop_repeated(fields: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[bytes, bytes], ...]:
    """Return a request's header lines, each once: no browser sends one twice, and chrome-har writes preflights' so."""
    lines: dict[tuple[bytes, bytes], tuple[bytes, bytes]] = {}
    for name, value in fields:
        lines.setdefault((name.lower(), value), (name, value))
    return tuple(lines.values())


def read_preflight(method: str, headers: HeaderList) -> tuple[str, frozenset[str]] | None:
    """Return the method and header names that a preflight asks for; None where it is none."""
    asked = headers.get("access-control-request-method") if method == "OPTIONS" else None
    if asked is None:
        return None
    names = (headers.get("access-control-request-headers") or "").lower().split(",")
    return asked, frozenset(name for part in names if (name := part.strip()))


def _read_name(name: str) -> bytes:
    """Return a header's name; what no header has for its name where it was on no wire: a status line, DevTools' own."""
    if name[:1] == ":":
        return PSEUDO
    name = name.strip()
    return name.encode() if is_token(name) and not name.lower().startswith(DEVTOOLS) else b""


class _Names(dict[str, bytes]):
    """The bytes of header names; the short ones are remembered."""

    def __missing__(self, name: str) -> bytes:
        encoded = _read_name(name)
        if len(name) <= SHORT:
            if len(self) >= NAMES:
                self.clear()
            self[name] = encoded
        return encoded


_names = _Names()
_shapes: Memory[tuple[str, ...], Names] = Memory(LISTS)
"""What is known of header lists by their names as they are written."""


def _encode(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
