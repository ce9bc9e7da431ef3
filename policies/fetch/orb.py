"""Opaque response blocking, as far as a response's headers settle it. Bodies are never sniffed here.

https://github.com/annevk/orb and https://github.com/whatwg/fetch/pull/1442; it is not in the Fetch standard. Two
engines have it, each a different part of it, so what they differ in is an `OrbRules`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from corsight.policies.fetch.headers import decode_split
from corsight.policies.fetch.safelist import mime_essence

_OFFICE = "application/vnd.openxmlformats-officedocument."

NEVER_SNIFFED = frozenset(
    {
        "application/gzip",
        "application/msexcel",
        "application/mspowerpoint",
        "application/msword",
        "application/msword-template",
        "application/pdf",
        "application/vnd.ces-quickpoint",
        "application/vnd.ces-quicksheet",
        "application/vnd.ces-quickword",
        "application/vnd.ms-excel",
        "application/vnd.ms-excel.sheet.macroenabled.12",
        "application/vnd.ms-powerpoint",
        "application/vnd.ms-powerpoint.presentation.macroenabled.12",
        "application/vnd.ms-word",
        "application/vnd.ms-word.document.12",
        "application/vnd.ms-word.document.macroenabled.12",
        "application/vnd.msword",
        _OFFICE + "presentationml.presentation",
        _OFFICE + "presentationml.template",
        _OFFICE + "spreadsheetml.sheet",
        _OFFICE + "spreadsheetml.template",
        _OFFICE + "wordprocessingml.document",
        _OFFICE + "wordprocessingml.template",
        "application/vnd.presentation-openxml",
        "application/vnd.presentation-openxmlm",
        "application/vnd.spreadsheet-openxml",
        "application/vnd.wordprocessing-openxml",
        "application/x-gzip",
        "application/x-protobuf",
        "application/zip",
        "multipart/byteranges",
        "multipart/signed",
        "text/csv",
        "text/event-stream",
    }
)
"""Essences that are blocked unseen, by the proposal and both engines (opaque-blocklisted-never-sniffed MIME type)."""

_JAVASCRIPT = re.compile(
    r"(?:application/(?:x-)?(?:ecma|java)script"
    r"|text/(?:ecmascript|javascript(?:1\.[0-5])?|jscript|livescript|x-ecmascript|x-javascript))"
).fullmatch
"""https://mimesniff.spec.whatwg.org/#javascript-mime-type"""

_MEDIA = ("audio/", "font/", "image/", "video/")

_range = re.compile(r"bytes[ =]+([0-9]+)-([0-9]+)/([0-9]+|\*)", re.IGNORECASE).fullmatch


@dataclass(frozen=True, slots=True)
class OrbRules:
    """In what an engine departs from the core that both share."""

    safelisted: frozenset[str] = frozenset({"text/css", "image/svg+xml"})
    """Essences that are allowed unseen."""
    safelisted_prefixes: tuple[str, ...] = ()
    """Beginnings of essences that are allowed unseen."""
    javascript: bool = False
    """Whether JavaScript MIME types are allowed unseen; if not, they are sniffed."""
    also_never_sniffed: frozenset[str] = frozenset()
    """Essences that are blocked unseen beyond `NEVER_SNIFFED`."""
    plain_nosniff: bool = False
    """Whether text/plain with nosniff is blocked unseen."""
    plain_nosniff_allowed: bool = False
    """Whether text/plain with nosniff is allowed unseen."""
    partial_data: bool = False
    """Whether a 206 of HTML, JSON or XML is blocked unseen."""
    partial_malformed: bool = False
    """Whether a 206 whose Content-Range cannot be read is blocked, like one from the middle."""
    own_origin_spared: bool = False
    """Whether a response of the page's own origin is let through, though a redirect led there from another."""
    fails_open: bool = False
    """Whether a body that no sniffer knows is allowed, whatever its status and nosniff say."""


CORE = OrbRules()
"""What the engines with opaque response blocking have in common."""

SNIFFS_SCRIPTS = OrbRules(
    own_origin_spared=True,
    safelisted=frozenset(
        {
            "application/dash+xml",
            "application/ogg",
            "application/vnd.apple.mpegurl",
            "image/svg+xml",
            "text/css",
            "text/vtt",
        }
    ),
    safelisted_prefixes=("audio/", "video/"),
    also_never_sniffed=frozenset({"text/pdf"}),
    plain_nosniff=True,
    fails_open=True,
)
"""Media types pass by name, scripts are sniffed for data (services/network/orb/orb_impl.cc, orb_mimetypes.cc)."""

TRUSTS_SCRIPTS = OrbRules(
    safelisted=frozenset(
        {
            "application/dash+xml",
            "application/vnd.apple.mpegurl",
            "audio/mpegurl",
            "image/svg+xml",
            "text/css",
            "text/vtt",
        }
    ),
    javascript=True,
    also_never_sniffed=frozenset({"application/x-protobuffer"}),
    plain_nosniff_allowed=True,
    partial_data=True,
    partial_malformed=True,
)
"""Scripts pass by name, media types are sniffed (netwerk/protocol/http/OpaqueResponseUtils.cpp)."""


def essence_of(content_type: str | None) -> str | None:
    """The essence of the last MIME type that a Content-Type (all lines joined) holds, None when it holds none.

    https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
    """
    found: str | None = None
    for value in decode_split(content_type) if content_type else ():
        essence = mime_essence(value)
        if essence is not None and essence != "*/*":
            found = essence
    return found


def is_data(essence: str) -> bool:
    """Whether an essence says HTML, JSON or XML (opaque-blocklisted MIME type)."""
    return essence in ("text/html", "application/json", "text/json", "application/xml", "text/xml") or essence.endswith(
        ("+json", "+xml")
    )


def likely_data(content_type: str | None, *, status: int) -> bool | None:
    """Whether a body that has to be sniffed will be found to be data; None when it is surely what its type says."""
    essence = essence_of(content_type)
    if essence is not None and is_data(essence):
        return True
    if essence is not None and (essence.startswith(_MEDIA) or _JAVASCRIPT(essence)):
        return None
    # Servers that do not know a file say octet-stream, and their error pages are text.
    if not 200 <= status <= 299:
        return True
    return None if essence == "application/octet-stream" else False


def _partial(content_range: str | None) -> bool | None:
    """Whether a 206 begins with the resource's first byte; None when its Content-Range cannot be read."""
    match = _range(content_range) if content_range else None
    if match is None or len(match[0]) > 100:
        return None
    first, last = int(match[1]), int(match[2])
    if first > last or (match[3] != "*" and last >= int(match[3])):
        return None
    return first == 0


def opaque_response_blocked(
    content_type: str | None,
    *,
    nosniff: bool,
    status: int,
    destination: str,
    content_range: str | None = None,
    empty: bool = False,
    rules: OrbRules = CORE,
) -> bool | None:
    """Whether a cross-origin no-cors response becomes a network error: None when its body decides.

    Values are all lines joined, None when absent; `nosniff` tells that X-Content-Type-Options is exactly that, in any
    case. `empty` tells that there is no body to sniff. With destination `empty`, which is fetch(), a blocked response
    is emptied and no error, so that is False. https://github.com/annevk/orb#orbs-algorithm
    """
    if destination == "empty":
        return False
    blocked = _blocked(content_type, nosniff, status, content_range, empty, rules)
    # Of a fetch() that does not say that it is one, the page would see no error.
    return None if blocked and destination == "unknown" else blocked


def _blocked(
    content_type: str | None, nosniff: bool, status: int, content_range: str | None, empty: bool, rules: OrbRules
) -> bool | None:
    # Step 1.
    essence = essence_of(content_type)
    # Step 3.
    if essence is not None:
        # 3.1.
        if essence in rules.safelisted or essence.startswith(rules.safelisted_prefixes):
            return False
        if rules.javascript and _JAVASCRIPT(essence):
            return False
        if rules.plain_nosniff_allowed and nosniff and essence == "text/plain":
            return False
        # 3.2.
        if essence in NEVER_SNIFFED or essence in rules.also_never_sniffed:
            return True
        # 3.3.
        if status == 206 and rules.partial_data and is_data(essence):
            return True
        # 3.4.
        if nosniff and (is_data(essence) or (rules.plain_nosniff and essence == "text/plain")):
            return True
    # Steps 4 and 5: a later part of what was known as media before is allowed, and that is not in these headers.
    if status == 206:
        first = _partial(content_range)
        if first is False or (first is None and rules.partial_malformed):
            return None
    # Steps 6 to 9 look into the body. Nothing is found in an empty one.
    if rules.fails_open:
        return False if empty or essence is None else None
    if empty and (nosniff or not 200 <= status <= 299):
        # Steps 10 and 11.
        return True
    # Step 12: no type at all, and nothing against it.
    if essence is None and not nosniff and 200 <= status <= 299:
        return False
    # What has nothing in it is no data, unless it should be media.
    return False if empty and not (essence or "").startswith(_MEDIA) else None
