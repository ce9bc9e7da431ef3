"""Which methods and request headers go without asking: the CORS safelists, and what pages may not set at all.

https://fetch.spec.whatwg.org/#cors-safelisted-request-header and its neighbours
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from corsight.policies.fetch.headers import TOKEN, decode_split

CORS_SAFELISTED_METHODS = frozenset({"GET", "HEAD", "POST"})
"""https://fetch.spec.whatwg.org/#cors-safelisted-method"""

NO_CORS_SAFELISTED_NAMES = frozenset({"accept", "accept-language", "content-language", "content-type"})
"""https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header-name"""

NON_WILDCARD_NAMES = frozenset({"authorization"})
"""https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name"""

SHORT, MANY = 64, 128 * 1024
"""How many names are worth to be remembered, and how many are too many: a megabyte of header lines has fewer."""

VALUE_LIMIT = 128
"""A longer value is not safelisted, whatever its name. Bytes."""

_NORMALIZED_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"})
_FORBIDDEN_METHODS = frozenset({"CONNECT", "TRACE", "TRACK"})
_SAFELISTED_ESSENCES = frozenset({"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"})
FORBIDDEN_NAMES = frozenset(
    {
        *("accept-charset", "accept-encoding", "access-control-request-headers"),
        *("access-control-request-method", "connection", "content-length", "cookie", "cookie2", "date", "dnt"),
        *("expect", "host", "keep-alive", "origin", "referer", "set-cookie", "te", "trailer"),
        *("transfer-encoding", "upgrade", "via"),
    }
)
SAFELISTED_NAMES = frozenset({"accept", "accept-language", "content-language", "content-type", "range"})
FORBIDDEN_PREFIXES = ("proxy-", "sec-")
METHOD_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})

_unsafe_byte = re.compile(r'[\x00-\x08\x0a-\x1f"():<>?@\[\\\]{}\x7f]').search
_language = re.compile(r"[0-9A-Za-z *,\-.;=]*").fullmatch
_mime_type = re.compile(rf"[\t\n\r ]*({TOKEN})/({TOKEN})[\t\n\r ]*(?:;|\Z)").match
_range = re.compile(r"bytes=([0-9]+)-([0-9]*)").fullmatch


def is_cors_safelisted_method(method: str) -> bool:
    """Return whether a method goes without asking: case counts (https://fetch.spec.whatwg.org/#cors-safelisted-method)."""
    return method in CORS_SAFELISTED_METHODS


def is_forbidden_method(method: str) -> bool:
    """Return whether no page may use a method, in any case (https://fetch.spec.whatwg.org/#forbidden-method)."""
    return method.upper() in _FORBIDDEN_METHODS


def normalize_method(method: str) -> str:
    """Return the method as it is sent: six are upper-cased, `patch` stays as it is.

    https://fetch.spec.whatwg.org/#concept-method-normalize
    """
    upper = method.upper()
    return upper if upper in _NORMALIZED_METHODS else method


def parse_mime_essence(value: str) -> str | None:
    """Return the essence (`type/subtype`, lower case) of a MIME type, None for failure. Parameters never spoil it.

    https://mimesniff.spec.whatwg.org/#parse-a-mime-type
    """
    match = _mime_type(value)
    return f"{match[1]}/{match[2]}".lower() if match else None


def is_cors_safelisted_request_header(name: str, value: str) -> bool:
    """Return whether a page may send this header (name lower case) to another origin unasked.

    https://fetch.spec.whatwg.org/#cors-safelisted-request-header
    """
    # 1. "If value's length is greater than 128, then return false."
    if len(value) > VALUE_LIMIT:
        return False
    # 2. "Byte-lowercase name and switch on the result"
    if name == "accept":
        # 2. "If value contains a CORS-unsafe request-header byte, then return false."
        return _unsafe_byte(value) is None
    if name in ("accept-language", "content-language"):
        # 2. "If value contains a byte that is not in the range 0x30 (0) to 0x39 (9), inclusive"
        return _language(value) is not None
    if name == "content-type":
        # 2.4. "If mimeType's essence is not "application/x-www-form-urlencoded", "multipart/form-data""
        # 2. "This intentionally does not use extract a MIME type"
        return _unsafe_byte(value) is None and parse_mime_essence(value) in _SAFELISTED_ESSENCES
    if name == "range":
        # 2.1. "Let rangeValue be the result of parsing a single range header value given value and false."
        # 2.3. "If rangeValue[0] is null, then return false."
        match = _range(value)
        return match is not None and (not match[2] or int(match[1]) <= int(match[2]))
    return False


def is_no_cors_safelisted_request_header(name: str, value: str) -> bool:
    """Return whether a no-cors request may carry this header (name lower case).

    https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header
    """
    # 1. "If name is not a no-CORS-safelisted request-header name, then return false."
    # 2. "Return whether (name, value) is a CORS-safelisted request-header."
    return name in NO_CORS_SAFELISTED_NAMES and is_cors_safelisted_request_header(name, value)


def is_forbidden_request_header(name: str, value: str) -> bool:
    """Return whether a page cannot set this header (name lower case) at all.

    https://fetch.spec.whatwg.org/#forbidden-request-header
    """
    # 1. "If name is a byte-case-insensitive match for one of"
    # 2. "If name when byte-lowercased starts with `proxy-` or `sec-`, then return true."
    if name in FORBIDDEN_NAMES or name.startswith(FORBIDDEN_PREFIXES):
        return True
    # 3.2. "if the isomorphic encoding of method is a forbidden method, then return true."
    return name in METHOD_OVERRIDES and any(map(is_forbidden_method, decode_split(value)))


def is_cors_non_wildcard_request_header_name(name: str) -> bool:
    """Return whether this name (lower case) has to be listed in Access-Control-Allow-Headers itself.

    https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name
    """
    return name in NON_WILDCARD_NAMES


def is_covered_by_wildcard(name: str, *, include: bool, authorization_by_wildcard: bool = False) -> bool:
    """Return whether `*` in Access-Control-Allow-Headers allows a request-header name (lower case).

    `include` tells whether the request's credentials mode is `include`, `authorization_by_wildcard` that an engine lets
    `*` stand for Authorization too. https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
    """
    # 7.7. "… and request's credentials mode is "include" or headerNames does not contain `*` …"
    if include:
        return False
    # 7.6. "If one of request's header list's names is a CORS non-wildcard request-header name"
    return authorization_by_wildcard or not is_cors_non_wildcard_request_header_name(name)


def find_uncovered_names(
    listed: Iterable[str], names: Iterable[str], *, include: bool, authorization_by_wildcard: bool = False
) -> tuple[str, ...]:
    """Return those of the request-header names that an Access-Control-Allow-Headers does not allow, in their order.

    `listed` are the header's elements, in any case. https://fetch.spec.whatwg.org/#cors-preflight-fetch-0
    """
    names = tuple(names)
    missing = _find_missing(listed, names, include, authorization_by_wildcard)
    if len(missing) == len(names):
        return names
    return tuple([name for name in names if name in missing or name.lower() in missing]) if missing else ()


def find_uncovered_name(
    listed: Iterable[str], names: Sequence[str], *, include: bool, authorization_by_wildcard: bool = False
) -> str | None:
    """Return the first of what `find_uncovered_names` returns, None where that is nothing."""
    missing = _find_missing(listed, names, include, authorization_by_wildcard)
    return next((name for name in names if name.lower() in missing), None) if missing else None


def _find_missing(
    listed: Iterable[str], names: Iterable[str], include: bool, authorization_by_wildcard: bool
) -> frozenset[str]:
    """Return the names that are not allowed, lower case. https://fetch.spec.whatwg.org/#cors-preflight-fetch-0"""
    listed = listed if isinstance(listed, tuple) else tuple(listed)
    if isinstance(names, tuple) and SHORT < len(names) <= MANY:
        missing = _find_many_unlisted(listed, names)
    else:
        missing = _list_unlisted(listed, names)
    if missing and not include and "*" in listed:
        # `is_covered_by_wildcard`, of very many names at once.
        return frozenset() if authorization_by_wildcard else missing & NON_WILDCARD_NAMES
    return missing


def _list_unlisted(listed: tuple[str, ...], names: Iterable[str]) -> frozenset[str]:
    """Return the names that no item matches, lower case. https://fetch.spec.whatwg.org/#cors-preflight-fetch-0"""
    # 7.7. "For each unsafeName …, if unsafeName is not a byte-case-insensitive match for an item in headerNames …"
    left = frozenset(names).difference(listed)
    return lower_all(left) - lower_all(listed) if left else left


# Very many are remembered while their own exchange is judged, time and again.
_find_many_unlisted = lru_cache(maxsize=2)(_list_unlisted)


def lower_all(names: Iterable[str]) -> frozenset[str]:
    """Return names in lower case. Long lists are remembered while their own exchange is judged, time and again."""
    if isinstance(names, tuple) and SHORT < len(names) <= MANY:
        return _lower_many(names)
    return frozenset(map(str.lower, names))


@lru_cache(maxsize=2)
def _lower_many(names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(str.lower, names))


def cors_unsafe_request_header_names(
    headers: Sequence[tuple[str, str]],
    *,
    total_limit: int | None = 1024,
    joined: bool = False,
    extra: Mapping[str, re.Pattern[str]] | None = None,
    never: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """Return the names that a preflight has to ask for: lower case, each once, sorted.

    `total_limit` is how many bytes the values of safelisted headers may take together, None for an engine without that
    rule. `joined` tells that repeated lines are one value, joined with ", ", before any rule looks at them. `extra`
    names headers that an engine safelists too when their value matches in full, `never` those that it does not.
    https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
    """
    if joined:
        lines: dict[str, list[str]] = {}
        for name, value in headers:
            lines.setdefault(name.lower(), []).append(value)
        headers = [(name, ", ".join(values)) for name, values in lines.items()]
    # 1. "Let unsafeNames be a new list." What no list names is unsafe, whatever its value.
    listed = SAFELISTED_NAMES if extra is None else SAFELISTED_NAMES | extra.keys()
    names = [name.lower() for name, _ in headers]
    unsafe = set(names)
    found = unsafe & listed
    unsafe -= found
    # 2. "Let potentiallyUnsafeNames be a new list."
    potentially_unsafe: set[str] = set()
    # 3. "Let safelistValueSize be 0."
    size = 0
    # Of very many lines most are alike.
    left = [(name, value) for name, (_, value) in zip(names, headers, strict=True) if name in found] if found else []
    for (name, value), count in Counter(left).items():
        # 4.2. "Otherwise, append header's name to potentiallyUnsafeNames and increase safelistValueSize"
        if name in SAFELISTED_NAMES and name not in never and is_cors_safelisted_request_header(name, value):
            potentially_unsafe.add(name)
            size += len(value) * count
        # 4.1. "If header is not a CORS-safelisted request-header, then append header's name to unsafeNames."
        elif not (extra and (known := extra.get(name)) and len(value) <= VALUE_LIMIT and known.fullmatch(value)):
            unsafe.add(name)
    # 5. "If safelistValueSize is greater than 1024, then for each name of potentiallyUnsafeNames"
    if total_limit is not None and size > total_limit:
        unsafe |= potentially_unsafe
    # 6. "Return the result of convert header names to a sorted-lowercase set with unsafeNames."
    return tuple(sorted(unsafe))
