"""Header values: tokens, lists of tokens, and values split at their commas.

https://fetch.spec.whatwg.org/#terminology-headers and https://fetch.spec.whatwg.org/#http-new-header-syntax
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache


class Failure(Enum):
    """The standard's `failure`: a header that is there and cannot be read. It is not None, which is absence."""

    FAILURE = "failure"


TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
"""https://httpwg.org/specs/rfc9110.html#tokens, as a pattern."""

LONG, LONGEST = 1024, 128 * 1024
"""Characters from which a list is remembered while its own exchange is judged, time and again, and up to which. Of
such a list each element is there once: nothing turns on how often, and everything goes through them."""

TAB_OR_SPACE = "\t "
"""https://fetch.spec.whatwg.org/#http-tab-or-space"""

_token = re.compile(TOKEN).fullmatch

# A list of tokens, or as much of one as there is; empty elements are no fault.
_TOKENS = re.compile(rf"[\t ]*+(?:{TOKEN}[\t ]*+)?+(?:,[\t ]*+(?:{TOKEN}[\t ]*+)?+)*+").match

# The elements of a list: anything but a comma, where a quoted string hides its commas. An unclosed one runs to the end.
_ELEMENTS = re.compile(r'((?:[^",]++|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z))*+)(,|\Z)', re.DOTALL).findall


def is_token(text: str) -> bool:
    """Return whether `text` is a token, as methods and header names must be.

    https://httpwg.org/specs/rfc9110.html#tokens
    """
    return _token(text) is not None


def decode_split(value: str) -> list[str]:
    """Return the elements of a header value: split at commas outside quoted strings, tabs and spaces around them gone.

    https://fetch.spec.whatwg.org/#header-value-get-decode-and-split
    """
    if '"' not in value:
        return [element.strip(TAB_OR_SPACE) for element in value.split(",")]
    # 5.1. "Append the result of collecting a sequence of code points that are not U+0022 (") or U+002C (,)"
    # 5.2.1. "Append the result of collecting an HTTP quoted string from input"
    elements = _ELEMENTS(value)
    # 5.6. "If position is past the end of input, then return values."
    if len(elements) > 1 and not elements[-2][1]:
        # The pattern finds nothing once more, behind the end.
        elements.pop()
    # 5.3. "Remove all HTTP tab or space from the start and end of temporaryValue."
    # 5.4. "Append temporaryValue to values."
    return [element.strip(TAB_OR_SPACE) for element, _ in elements]


def extract_header_list_values(value: str | None) -> tuple[str, ...] | Failure | None:
    """Return the elements of a header whose grammar is a list of tokens; None when absent, FAILURE when it breaks it.

    `value` is all of the header's lines, joined. Elements are as sent: neither their case nor their order changes, and
    duplicates stay, but for those of a long list. https://fetch.spec.whatwg.org/#extract-header-list-values
    """
    # 1. "If list does not contain name, then return null."
    if value is None:
        return None
    if len(value) <= LONG:
        return _extract_short(value)
    return _extract_long(value) if len(value) <= LONGEST else _extract_long.__wrapped__(value)


def _extract(value: str) -> tuple[str, ...] | Failure:
    """Return the elements of a list of tokens, FAILURE where it is none.

    https://fetch.spec.whatwg.org/#extract-header-list-values
    """
    # 4.2. "If extract is failure, then return failure."
    # A line breaks the grammar by an element that is not a token; so the joined lines tell the same as each by itself.
    if find_invalid_token(value) is not None:
        return Failure.FAILURE
    # 5. "Return values." In a token there is no tab and no space.
    return tuple(filter(None, value.replace("\t", "").replace(" ", "").split(",")))


_extract_short = lru_cache(maxsize=64)(_extract)


@lru_cache(maxsize=4)
def _extract_long(value: str) -> tuple[str, ...] | Failure:
    values = _extract(value)
    return tuple(dict.fromkeys(values)) if isinstance(values, tuple) else values


def read_list(value: str | None) -> tuple[str, ...]:
    """Return what a header lists, nothing where it is absent or no list of tokens."""
    listed = extract_header_list_values(value)
    return listed if isinstance(listed, tuple) else ()


def list_well_formed(value: str) -> list[str]:
    """Return the elements of a list that are tokens, each once: what is left of one that breaks its grammar."""
    parsed = extract_header_list_values(value)
    if isinstance(parsed, tuple):
        return list(parsed if len(value) > LONG else dict.fromkeys(parsed))
    return list((_filter_long if LONG < len(value) <= LONGEST else _filter_long.__wrapped__)(value))


@lru_cache(maxsize=2)
def _filter_long(value: str) -> tuple[str, ...]:
    return tuple(filter(is_token, dict.fromkeys(map(str.strip, filter(None, value.split(","))))))


def find_invalid_token(value: str) -> str | None:
    """Return the first element of a list that is not a token, None when all are.

    By RFC 9110's `#` rule: empty elements are passed over, quoting means nothing.
    """
    match = _TOKENS(value)
    end = match.end() if match is not None else 0
    if end == len(value):
        return None
    return value[value.rfind(",", 0, end) + 1 :].partition(",")[0].strip(TAB_OR_SPACE)


def has_directive(value: str | None, name: str) -> bool:
    """Return whether a Cache-Control value holds the directive `name` (lower case), with a value or without.

    https://httpwg.org/specs/rfc9111.html#field.cache-control. Commas in quotes separate nothing.
    """
    if not value or name not in value.lower():
        return False
    return any(part.partition("=")[0].strip().lower() == name for part in decode_split(value))
