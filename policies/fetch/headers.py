"""Header values: tokens, lists, and the grammar of every CORS header.

https://fetch.spec.whatwg.org/#terminology-headers and https://fetch.spec.whatwg.org/#http-new-header-syntax
"""

from __future__ import annotations

import re
from enum import Enum

from corsight.policies.exchange import HeaderList


class Failure(Enum):
    """The standard's `failure`: a header that is there and cannot be read. It is not None, which is absence."""

    FAILURE = "failure"


TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
"""https://httpwg.org/specs/rfc9110.html#tokens, as a pattern."""

TAB_OR_SPACE = "\t "
"""https://fetch.spec.whatwg.org/#http-tab-or-space"""

_token = re.compile(TOKEN).fullmatch

# One element of a list: anything but a comma, where a quoted string hides its commas. An unclosed one runs to the end.
_ELEMENT = re.compile(r'(?:[^",]++|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z))*+', re.DOTALL)

# origin-or-null / "*", where origin is a scheme, a host and a port as RFC 3986 spells them, and nothing else.
_HOST = r"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)"
_ALLOW_ORIGIN = rf"\*|null|[A-Za-z][A-Za-z0-9+.\-]*://{_HOST}(?::[0-9]*)?"

_LISTS = {
    "access-control-allow-headers": 0,
    "access-control-allow-methods": 0,
    "access-control-expose-headers": 0,
    "access-control-request-headers": 1,
}
"""Headers that are lists of tokens, and how many elements a line must hold at least (#token and 1#token)."""

_SINGLES = {
    "access-control-allow-credentials": re.compile("true"),
    "access-control-allow-origin": re.compile(_ALLOW_ORIGIN),
    "access-control-max-age": re.compile("[0-9]+"),
    "access-control-request-method": re.compile(TOKEN),
    "cross-origin-resource-policy": re.compile("same-origin|same-site|cross-origin"),
}
"""Headers that may come once, and what their value must be."""


def is_token(text: str) -> bool:
    """Whether `text` is a token (https://httpwg.org/specs/rfc9110.html#tokens), as methods and header names must be."""
    return _token(text) is not None


def decode_split(value: str) -> list[str]:
    """The elements of one header value, split at commas outside quoted strings, without surrounding tabs and spaces.

    https://fetch.spec.whatwg.org/#header-value-get-decode-and-split
    """
    if '"' not in value:
        return [element.strip(TAB_OR_SPACE) for element in value.split(",")]
    elements: list[str] = []
    position = 0
    while True:
        # Steps 4.1 and 4.2: up to the next comma that no quoted string hides.
        match = _ELEMENT.match(value, position)
        position = match.end() if match else len(value)
        # Steps 4.3 and 4.4.
        elements.append((match[0] if match else "").strip(TAB_OR_SPACE))
        # Step 4.6.
        if position >= len(value):
            return elements
        # Step 4.8.
        position += 1


def get_decode_split(headers: HeaderList, name: str) -> list[str] | None:
    """The elements of all values of `name` (lower case), or None when there is no such header.

    https://fetch.spec.whatwg.org/#concept-header-list-get-decode-split
    """
    value = headers.get(name)
    return None if value is None else decode_split(value)


def _list_elements(value: str) -> list[str]:
    """The elements of a list by RFC 9110's `#` rule: empty ones are passed over, quoting means nothing."""
    return [element for part in value.split(",") if (element := part.strip(TAB_OR_SPACE))]


def extract_header_list_values(headers: HeaderList, name: str) -> tuple[str, ...] | Failure | None:
    """The values of a CORS header by its grammar: None when absent, FAILURE when it breaks the grammar.

    `name` (lower case) is one of the standard's CORS headers; another name raises KeyError. Values are as sent: neither
    their case nor their order changes, and duplicates stay. https://fetch.spec.whatwg.org/#extract-header-list-values
    """
    lines = headers.lines(name)
    # Step 1.
    if not lines:
        return None
    least = _LISTS.get(name)
    if least is None:
        # Step 2: the grammar allows one header.
        if len(lines) > 1:
            return Failure.FAILURE
        # Steps 3 and 4.
        return (lines[0],) if _SINGLES[name].fullmatch(lines[0]) else Failure.FAILURE
    # Step 3.
    values: list[str] = []
    # Step 4: each line must match the grammar by itself.
    for line in lines:
        elements = _list_elements(line)
        if len(elements) < least or not all(map(_token, elements)):
            return Failure.FAILURE
        values += elements
    # Step 5.
    return tuple(values)


def list_values(value: str | None) -> tuple[str, ...] | Failure | None:
    """The elements of a `#token` header whose lines were joined already: None when absent, FAILURE for a broken one."""
    if value is None:
        return None
    elements = _list_elements(value)
    return tuple(elements) if all(map(_token, elements)) else Failure.FAILURE


def first_invalid_token(value: str) -> str | None:
    """The first element of a list that is not a token, None when all are. Empty elements are passed over."""
    return next((element for element in _list_elements(value) if not _token(element)), None)
