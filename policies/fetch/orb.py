"""Opaque response blocking: what a response's headers settle, and what depends on the kind of its body.

https://github.com/annevk/orb and https://github.com/whatwg/fetch/pull/1442; it is not in the Fetch standard. Two
engines have it, each a different part of it: an `OrbRules` holds the differences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from corsight.policies.fetch.headers import TAB_OR_SPACE, TOKEN, decode_split
from corsight.policies.fetch.mime_type import is_javascript
from corsight.policies.fetch.safelist import parse_mime_essence

_OFFICE = (
    *("presentationml.presentation", "presentationml.template", "spreadsheetml.sheet"),
    *("spreadsheetml.template", "wordprocessingml.document", "wordprocessingml.template"),
)
NEVER_SNIFFED = frozenset(
    {
        *("application/gzip", "application/msexcel", "application/mspowerpoint", "application/msword"),
        *("application/msword-template", "application/pdf", "application/vnd.ces-quickpoint"),
        *("application/vnd.ces-quicksheet", "application/vnd.ces-quickword", "application/vnd.ms-excel"),
        *("application/vnd.ms-excel.sheet.macroenabled.12", "application/vnd.ms-powerpoint"),
        *("application/vnd.ms-powerpoint.presentation.macroenabled.12", "application/vnd.ms-word"),
        *("application/vnd.ms-word.document.12", "application/vnd.ms-word.document.macroenabled.12"),
        *("application/vnd.msword", "application/vnd.presentation-openxml"),
        *("application/vnd.presentation-openxmlm", "application/vnd.spreadsheet-openxml"),
        *("application/vnd.wordprocessing-openxml", "application/x-gzip", "application/x-protobuf"),
        *("application/zip", "multipart/byteranges", "multipart/signed", "text/csv", "text/event-stream"),
        *(f"application/vnd.openxmlformats-officedocument.{kind}" for kind in _OFFICE),
    }
)
"""Essences that are blocked without a look at the body, by the proposal and both engines
(opaque-blocklisted-never-sniffed MIME type).
"""

_MEDIA = ("audio/", "font/", "image/", "video/")

UNSEEN = frozenset({"empty", "report"})
"""Destinations to which a blocked response is no error: to fetch() it comes empty, and nobody reads what answers a
report.
"""

type TypeReading = Literal["standard", "beginnings", "elements", "first", "first type"]
"""How an engine reads a Content-Type: as the standard says; the beginning of its last element, up to a white space,
where there is a slash, or where there is one anywhere in the element; all that is before the first comma or semicolon,
or the beginning of that, where it is a MIME type. But for this and the standard's, nothing asks whether it is one.
"""

MANY, SHORT = 64, 1024
"""Elements of a Content-Type from which it is not read as any other is, and characters up to which it is remembered."""

_TYPES = re.compile(
    rf"(?:\A|(?<=,))[\t\n\r ]*+(?!\*/\*[\t\n\r ]*+(?:[;,]|\Z)){TOKEN}+/{TOKEN}+[\t\n\r ]*+(?=[;,]|\Z)"
).findall
"""The beginnings of all elements, where nothing is quoted, that are a MIME type other than `*/*`."""
_type_end = re.compile(r"[ \t;(]")
_first_end = re.compile(r"[,;]")
_range = re.compile(r"bytes[ =]+([0-9]+)-([0-9]+)/([0-9]+|\*)", re.IGNORECASE).fullmatch


@dataclass(frozen=True, slots=True)
class OrbRules:
    """The differences between the two engines. The defaults are what both do."""

    types_read: TypeReading = "standard"
    """How it reads a Content-Type."""
    safelisted: frozenset[str] = frozenset({"text/css", "image/svg+xml"})
    """Essences that are allowed without a look at the body."""
    safelisted_prefixes: tuple[str, ...] = ()
    """Beginnings of essences that are allowed without a look at the body."""
    javascript: bool = False
    """Whether JavaScript MIME types are allowed without a look at the body."""
    also_never_sniffed: frozenset[str] = frozenset()
    """Essences that are blocked without a look at the body, beside `NEVER_SNIFFED`."""
    plain_nosniff: bool = False
    """Whether text/plain with nosniff is blocked without a look at the body."""
    plain_nosniff_allowed: bool = False
    """Whether text/plain with nosniff is allowed without a look at the body."""
    partial_data: bool = False
    """Whether a 206 of HTML, JSON or XML is blocked without a look at the body."""
    partial_malformed: bool = False
    """Whether a 206 whose Content-Range cannot be read is blocked, like one from the middle."""
    own_origin_spared: bool = False
    """Whether a response from the page's own origin passes, even if a redirect of another origin led to it."""
    fails_open: bool = False
    """Whether a body that no sniffer knows is allowed, whatever its status and nosniff say."""
    data: frozenset[str] = frozenset({"data", "markup", "json"})
    """Kinds of bodies that are blocked (`BodyKind`)."""


def extract_mime_essence(content_type: str | None) -> str | None:
    """Return the essence of the last MIME type that a Content-Type (all lines joined) holds, None when it holds none.

    https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
    """
    if not content_type or "/" not in content_type:
        return None
    return (_extract_short if len(content_type) <= SHORT else _extract_long)(content_type)


def _extract_essence(content_type: str) -> str | None:
    """Return the essence, worked out anew. https://fetch.spec.whatwg.org/#concept-header-extract-mime-type"""
    values = decode_split(content_type)
    if len(values) > MANY and '"' not in content_type:
        # What begins like no MIME type is passed over at once.
        values = _TYPES(content_type)
    # 6. "For each value of values". The last one counts.
    for value in reversed(values):
        # 6.1. "Let temporaryMimeType be the result of parsing value."
        essence = parse_mime_essence(value) if "/" in value else None
        # 6.2. "If temporaryMimeType is failure or its essence is "*/*", then continue."
        if essence is not None and essence != "*/*":
            return essence
    return None


# Servers have few types; a long one is remembered while its own exchange is judged, time and again.
_extract_short, _extract_long = lru_cache(maxsize=256)(_extract_essence), lru_cache(maxsize=2)(_extract_essence)


def read_essence(content_type: str | None, reading: TypeReading) -> str | None:
    """Return the essence of a Content-Type (all lines joined) as an engine reads it, None when it holds none."""
    if not content_type or reading == "standard":
        return extract_mime_essence(content_type)
    if reading.startswith("first"):
        first = _first_end.split(content_type, maxsplit=1)[0].strip(TAB_OR_SPACE)
        return (
            first.lower() or None if reading == "first" else parse_mime_essence(_type_end.split(first, maxsplit=1)[0])
        )
    if "/" not in content_type:
        return None
    return (_read_short if len(content_type) <= SHORT else _read_long)(content_type, reading)


def _read(content_type: str, reading: TypeReading) -> str | None:
    for value in reversed(decode_split(content_type)):
        beginning = _type_end.split(value, maxsplit=1)[0]
        whole = value if reading == "elements" else beginning
        if "/" in whole and whole != "*/*":
            return beginning.lower() or None
    return None


_read_short, _read_long = lru_cache(maxsize=256)(_read), lru_cache(maxsize=2)(_read)


def guess_data(essence: str | None, *, status: int) -> bool | None:
    """Return whether a body that was not seen is likely data; None where it is likely what its type says."""
    if essence is not None and _is_blocklisted(essence):
        return True
    if essence is not None and (essence.startswith(_MEDIA) or is_javascript(essence)):
        return None
    # Servers that do not know a file say octet-stream, and their error pages are text.
    if not 200 <= status <= 299:
        return True
    return None if essence == "application/octet-stream" else False


def is_body_blocked(
    kind: str | None, essence: str | None, *, nosniff: bool, status: int, rules: OrbRules
) -> bool | None:
    """Return whether a response whose headers settle nothing is blocked for its kind of body.

    None where that was not seen, or where it takes a parser of JavaScript to know.
    """
    # Images, audio and video pass, whatever their type says.
    if kind is None or kind == "media":
        return None if kind is None else False
    if kind in rules.data:
        return True
    if rules.fails_open:
        return False
    # What is none of these is blocked under nosniff, with an error status, and where it should have been media.
    if nosniff or not 200 <= status <= 299 or (essence or "").startswith(("audio/", "image/", "video/")):
        return True
    # What is left passes if it parses as JavaScript, and not as JSON.
    return None


def is_opaque_response_blocked(
    essence: str | None,
    *,
    nosniff: bool,
    status: int,
    destination: str,
    content_range: str | None,
    empty: bool,
    rules: OrbRules,
) -> bool | None:
    """Return whether a cross-origin no-cors response becomes a network error: None when its body decides.

    `essence` is the Content-Type's, `content_range` all lines joined, each None when absent; `nosniff` tells that
    X-Content-Type-Options is exactly that, in any case. `empty` tells that there is no body to sniff. Where the page
    sees no error (`UNSEEN`), that is False.
    https://github.com/annevk/orb#orbs-algorithm
    """
    if destination in UNSEEN:
        return False
    blocked = _is_blocked(essence, nosniff, status, content_range, empty, rules)
    # Of a fetch() that does not say that it is one, the page would see no error.
    return None if blocked and destination == "unknown" else blocked


def _is_blocked(
    essence: str | None, nosniff: bool, status: int, content_range: str | None, empty: bool, rules: OrbRules
) -> bool | None:
    """Return whether the headers block a response; None where the body decides.
    https://github.com/annevk/orb#orbs-algorithm
    """
    # 3. "If mimeType is not failure"
    if essence is not None:
        # 3.1. "If mimeType is an opaque-safelisted MIME type, then return true."
        if essence in rules.safelisted or essence.startswith(rules.safelisted_prefixes):
            return False
        if rules.javascript and is_javascript(essence):
            return False
        if rules.plain_nosniff_allowed and nosniff and essence == "text/plain":
            return False
        # 3.2. "If mimeType is an opaque-blocklisted-never-sniffed MIME type, then return false."
        if essence in NEVER_SNIFFED or essence in rules.also_never_sniffed:
            return True
        # 3.3. "If response's status is 206 and mimeType is an opaque-blocklisted MIME type, then return false."
        if status == 206 and rules.partial_data and _is_blocklisted(essence):
            return True
        # 3.4. "If nosniff is true and mimeType is an opaque-blocklisted MIME type or its essence is "text/plain""
        if nosniff and (_is_blocklisted(essence) or (rules.plain_nosniff and essence == "text/plain")):
            return True
    # 5. "If response's status is 206 and validate a partial response given 0 and response returns invalid"
    if status == 206:
        first = _begins_at_zero(content_range)
        if first is False or (first is None and rules.partial_malformed):
            return None
    # 6. "Wait for 1024 bytes of response or end-of-file"
    # Steps 7 to 9 look for media and images in them. Nothing is found in an empty body.
    if rules.fails_open:
        return False if empty or essence is None else None
    # 10. "If nosniff is true, then return false."
    # 11. "If response's status is not an ok status, then return false."
    if empty and (nosniff or not 200 <= status <= 299):
        return True
    # 12. "If mimeType is failure, then return true."
    if essence is None and not nosniff and 200 <= status <= 299:
        return False
    # What has nothing in it is no data, unless it should be media.
    return False if empty and not (essence or "").startswith(_MEDIA) else None


def is_subsequent(requested: str | None) -> bool:
    """Return whether a no-cors request with this Range asks for a later part of what was known as media before.

    Only media elements ask for ranges without CORS, and for none but the first before that one was let through.
    https://github.com/annevk/orb#orbs-algorithm
    """
    # 4. "If request's no-cors media request state is "subsequent", then return true."
    return requested is not None and not requested.startswith("bytes=0-")


def _is_blocklisted(essence: str) -> bool:
    """Return whether an essence says HTML, JSON or XML (opaque-blocklisted MIME type)."""
    return essence in ("text/html", "application/json", "text/json", "application/xml", "text/xml") or essence.endswith(
        ("+json", "+xml")
    )


def _begins_at_zero(content_range: str | None) -> bool | None:
    """Return whether a 206 begins with the resource's first byte; None when its Content-Range cannot be read."""
    match = _range(content_range) if content_range else None
    if match is None or len(match[0]) > 100:
        return None
    first, last = int(match[1]), int(match[2])
    if first > last or (match[3] != "*" and last >= int(match[3])):
        return None
    return first == 0
