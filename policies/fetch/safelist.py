"""Which methods and request headers go without asking: the CORS safelists, and what pages may not set at all.

https://fetch.spec.whatwg.org/#cors-safelisted-request-header and its neighbours
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from corsight.policies.exchange import HeaderList
from corsight.policies.fetch.headers import TOKEN, decode_split

CORS_SAFELISTED_METHODS = frozenset({"GET", "HEAD", "POST"})
"""https://fetch.spec.whatwg.org/#cors-safelisted-method"""

NO_CORS_SAFELISTED_NAMES = frozenset({"accept", "accept-language", "content-language", "content-type"})
"""https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header-name"""

NON_WILDCARD_NAMES = frozenset({"authorization"})
"""https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name"""

VALUE_LIMIT = 128
"""A longer value is not safelisted, whatever its name. Bytes."""

_NORMALIZED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
_FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
_SAFELISTED_ESSENCES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
_FORBIDDEN_NAMES = frozenset(
    {
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)
_METHOD_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})

_unsafe_byte = re.compile(r'[\x00-\x08\x0a-\x1f"():<>?@\[\\\]{}\x7f]').search
_language = re.compile(r"[0-9A-Za-z *,\-.;=]*").fullmatch
_mime_type = re.compile(rf"[\t\n\r ]*({TOKEN})/({TOKEN})[\t\n\r ]*(?:;|\Z)").match
_range = re.compile(r"bytes=([0-9]+)-([0-9]*)").fullmatch


def is_cors_safelisted_method(method: str) -> bool:
    """https://fetch.spec.whatwg.org/#cors-safelisted-method: case counts."""
    return method in CORS_SAFELISTED_METHODS


def is_forbidden_method(method: str) -> bool:
    """https://fetch.spec.whatwg.org/#forbidden-method: case does not count."""
    return method.upper() in _FORBIDDEN_METHODS


def normalize_method(method: str) -> str:
    """https://fetch.spec.whatwg.org/#concept-method-normalize: six methods are upper-cased, `patch` stays as it is."""
    upper = method.upper()
    return upper if upper in _NORMALIZED_METHODS else method


def is_cors_unsafe_request_header_byte(byte: int) -> bool:
    """https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte; `byte` is 0 to 255."""
    return _unsafe_byte(chr(byte)) is not None


def mime_essence(value: str) -> str | None:
    """The essence (`type/subtype`, lower case) of a MIME type, None when it is none. Parameters never spoil it.

    https://mimesniff.spec.whatwg.org/#parse-a-mime-type
    """
    match = _mime_type(value)
    return f"{match[1]}/{match[2]}".lower() if match else None


def _is_simple_range(value: str) -> bool:
    """Whether a Range value asks for one range of bytes, with a beginning and without spaces."""
    match = _range(value)
    return match is not None and (not match[2] or int(match[1]) <= int(match[2]))


def is_cors_safelisted_request_header(name: str, value: str) -> bool:
    """Whether a page may send this header (name lower case) to another origin unasked.

    https://fetch.spec.whatwg.org/#cors-safelisted-request-header
    """
    # Step 1.
    if len(value) > VALUE_LIMIT:
        return False
    # Step 2.
    if name == "accept":
        return _unsafe_byte(value) is None
    if name in ("accept-language", "content-language"):
        return _language(value) is not None
    if name == "content-type":
        # One MIME type, not a list of them: `a/b, text/plain` is not safelisted.
        return _unsafe_byte(value) is None and mime_essence(value) in _SAFELISTED_ESSENCES
    if name == "range":
        return _is_simple_range(value)
    return False


def is_no_cors_safelisted_request_header(name: str, value: str) -> bool:
    """Whether a no-cors request may carry this header (https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header)."""
    return name in NO_CORS_SAFELISTED_NAMES and is_cors_safelisted_request_header(name, value)


def is_forbidden_request_header(name: str, value: str) -> bool:
    """Whether a page cannot set this header (name lower case) at all (https://fetch.spec.whatwg.org/#forbidden-request-header)."""
    if name in _FORBIDDEN_NAMES or name.startswith(("proxy-", "sec-")):
        return True
    return name in _METHOD_OVERRIDES and any(map(is_forbidden_method, decode_split(value)))


def is_cors_non_wildcard_request_header_name(name: str) -> bool:
    """Whether `*` in Access-Control-Allow-Headers leaves this name (lower case) out."""
    return name in NON_WILDCARD_NAMES


def names_left_out(
    names: Sequence[str], listed: Sequence[str], *, include: bool, authorization_by_wildcard: bool = False
) -> tuple[str, ...]:
    """The request-header names that Access-Control-Allow-Headers does not cover, in their order.

    `listed` is the header's value as a list. `*` in it covers every name for a request without credentials, but a
    CORS non-wildcard request-header name only in an engine that says so by `authorization_by_wildcard`.
    https://fetch.spec.whatwg.org/#cors-preflight-fetch-0, steps 7.6 and 7.7
    """
    covered = {name.lower() for name in listed}
    wildcard = "*" in covered and not include
    return tuple(
        name
        for name in names
        if name not in covered
        and not (wildcard and (authorization_by_wildcard or not is_cors_non_wildcard_request_header_name(name)))
    )


def cors_unsafe_request_header_names(
    headers: Sequence[tuple[str, str]],
    *,
    total_limit: int | None = 1024,
    joined: bool = False,
    extra: Mapping[str, re.Pattern[str]] | None = None,
) -> tuple[str, ...]:
    """The names that a preflight has to ask for: lower case, each once, sorted.

    `total_limit` is how many bytes the values of safelisted headers may take together, None for an engine without that
    rule. `joined` tells that repeated lines are one value, joined with ", ", before any rule looks at them. `extra`
    names headers that an engine safelists too when their value matches in full.
    https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
    """
    if joined:
        merged: dict[str, str] = {}
        for name, value in headers:
            key = name.lower()
            merged[key] = f"{merged[key]}, {value}" if key in merged else value
        headers = tuple(merged.items())
    # Steps 1 to 3.
    unsafe: set[str] = set()
    potentially_unsafe: set[str] = set()
    size = 0
    # Step 4.
    for name, value in headers:
        name = name.lower()
        if is_cors_safelisted_request_header(name, value):
            potentially_unsafe.add(name)
            size += len(value)
        elif not (extra and (known := extra.get(name)) and len(value) <= VALUE_LIMIT and known.fullmatch(value)):
            unsafe.add(name)
    # Step 5.
    if total_limit is not None and size > total_limit:
        unsafe |= potentially_unsafe
    # Step 6.
    return tuple(sorted(unsafe))


_BROWSER_NAMES = frozenset(
    {
        # A page could set it; that the browser did is true of all but one request in a million.
        "user-agent",
        # How the browser wants the response, and by which way it asks.
        "alt-used",
        "priority",
        "service-worker",
        "service-worker-navigation-preload",
        "upgrade-insecure-requests",
        # Revalidation of a cached response, and resuming one. Pages rarely set them, and their preflight names them.
        "if-modified-since",
        "if-none-match",
        "if-range",
        # An EventSource reconnecting: a name off the safelist, in a request that needs no preflight all the same.
        "last-event-id",
        # Hyperlink auditing, attribution reporting.
        "attribution-reporting-eligible",
        "attribution-reporting-support",
        "ping-from",
        "ping-to",
        # What Chrome tells its maker's servers.
        "x-browser-channel",
        "x-browser-copyright",
        "x-browser-validation",
        "x-browser-year",
        "x-chrome-connected",
        "x-client-data",
    }
)

_BROWSER_VALUES = {
    # A reload, or a fetch whose cache mode is no-cache, reload or no-store.
    "cache-control": re.compile("no-cache|max-age=0"),
    "pragma": re.compile("no-cache"),
    # The user asked to save data, or the page is prefetched.
    "save-data": re.compile("on"),
    "purpose": re.compile("prefetch"),
    # Schemes that a browser computes by itself. Basic stays: pages write that too, and so does Bearer.
    "authorization": re.compile(r"(?:ntlm|negotiate|digest)(?: .*)?", re.IGNORECASE),
}


def page_set_headers(headers: HeaderList) -> list[tuple[str, str]]:
    """The headers of a request on the wire that count for whether it needs a preflight: names lower case, wire order.

    Left out are headers no page can set, and those that browsers add by themselves (each reason stands above its names
    in this module). Accept, Accept-Language and Content-Type stay: what browsers write there is safelisted.
    """
    result: list[tuple[str, str]] = []
    for raw_name, raw_value in headers.fields:
        name = raw_name.decode("latin-1").lower()
        if name in _BROWSER_NAMES:
            continue
        value = raw_value.decode("latin-1").strip("\t\n\r ")
        own = _BROWSER_VALUES.get(name)
        if (own is None or not own.fullmatch(value)) and not is_forbidden_request_header(name, value):
            result.append((name, value))
    return result
