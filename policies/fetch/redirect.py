"""Redirects: where they lead, what becomes of the request, and how a chain of them taints the origin.

https://fetch.spec.whatwg.org/#http-redirect-fetch
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from corsight.policies.exchange import Response
from corsight.policies.fetch.headers import Failure
from corsight.policies.fetch.origin import Distance, origin_of, parse_url, same_origin, same_site

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
"""https://fetch.spec.whatwg.org/#redirect-status"""

REQUEST_BODY_HEADERS = frozenset({"content-encoding", "content-language", "content-location", "content-type"})
"""What goes with the body when a redirect drops it (https://fetch.spec.whatwg.org/#request-body-header-name)."""

MAX_REDIRECTS = 20
"""A request that was redirected so often is not redirected again (HTTP-redirect fetch, step 7)."""


_PERCENT_ENCODED = tuple(chr(byte) if byte < 0x80 else f"%{byte:02X}" for byte in range(0x100))


def location_url(response: Response, request_url: str, *, identical_lines: bool = False) -> str | Failure | None:
    """Return where a response redirects to, without fragment: None when nowhere, FAILURE when its Location cannot be
    read.

    `identical_lines` tells that an engine takes a Location that is repeated word for word for one.

    https://fetch.spec.whatwg.org/#concept-response-location-url
    """
    # 1. "If response's status is not a redirect status, then return null."
    if response.status not in REDIRECT_STATUSES:
        return None
    # 2. "Let location be the result of extracting header list values given `Location`" One header at most.
    lines = response.headers.lines("location")
    if not lines:
        return None
    if len(lines) > 1 and not (identical_lines and len(set(lines)) == 1):
        return Failure.FAILURE
    # 3. "If location is a header value, then set location to the result of parsing location with response's URL."
    url = parse_url(_as_url_text(lines[0]), request_url)
    return Failure.FAILURE if url is None else url


def _as_url_text(value: str) -> str:
    """Return a header value as text for the URL parser: as UTF-8, or with its bytes above ASCII percent-encoded."""
    if value.isascii():
        return value
    raw = value.encode("latin-1", "replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        # str.translate takes thirty times as long.
        return "".join([_PERCENT_ENCODED[byte] for byte in raw])


def redirect_method(status: int, method: str) -> str:
    """Return the method of the request that follows a redirect. Where it differs, the body and its headers are dropped.

    https://fetch.spec.whatwg.org/#http-redirect-fetch, step 12
    """
    # 12. "internalResponse's status is 301 or 302 and request's method is `POST`"
    if status in (301, 302) and method == "POST":
        return "GET"
    # 12. "internalResponse's status is 303 and request's method is not `GET` or `HEAD`"
    if status == 303 and method not in ("GET", "HEAD"):
        return "GET"
    return method


def next_taint(taint: Distance, origin: str, last_url: str, url: str) -> Distance:
    """Return the redirect-taint after one hop more, from `last_url` to `url`, of a request whose origin is `origin`.

    https://fetch.spec.whatwg.org/#concept-request-tainted-origin, step 4
    """
    if taint == "cross-site":
        return taint
    last, new = origin_of(last_url), origin_of(url)
    # 4.2. "If url's origin is not same site with lastURL's origin and request's origin is not same site with …"
    if not same_site(new, last) and not same_site(origin, last):
        return "cross-site"
    # 4.3. "If url's origin is not same origin with lastURL's origin and request's origin is not same origin with …"
    if not same_origin(new, last) and not same_origin(origin, last):
        return "same-site"
    return taint


def redirect_taint(origin: str, chain: Sequence[str]) -> Distance:
    """Return the redirect-taint of a request: `chain` is its URL list, the first one asked for first."""
    taint: Distance = "same-origin"
    for last_url, url in pairwise(chain):
        taint = next_taint(taint, origin, last_url, url)
    return taint


def serialized_request_origin(origin: str, chain: Sequence[str]) -> str:
    """Return what a request says in its Origin header: its origin, or `null` when redirects tainted it.

    https://fetch.spec.whatwg.org/#serializing-a-request-origin
    """
    # 2. "If request's redirect-taint is not "same-origin", then return "null"."
    return origin if redirect_taint(origin, chain) == "same-origin" else "null"
