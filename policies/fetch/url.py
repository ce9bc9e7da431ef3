"""URLs, parsed as https://url.spec.whatwg.org/ has it.

The parser is Rust's. It is imported for the first URL that needs it, since that takes as long as half the rest of a
command's start: plain web URLs, which it would leave as they are, are read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, NamedTuple

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
"""The special schemes with a host and their ports (https://url.spec.whatwg.org/#special-scheme)."""

LONG, LONGEST = 4 * 1024, 2 * 1024 * 1024
"""Characters of a URL from which it is remembered as a whole, and up to which: Chromium takes no longer ones."""

# No upper case, Punycode, dot segment, nor percent sign, and no number for a host or its last label but an IPv4 address
# as it is serialized.
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PLAIN = re.compile(
    r"(https?)://((?:(?!xn--)[a-z0-9-]++\.)*+(?!xn--)[a-z][a-z0-9-]*+"
    rf"|(?:{_OCTET}\.){{3}}{_OCTET})(?::([1-9][0-9]{{0,4}}+))?"
    r"((?:/[A-Za-z0-9_-][A-Za-z0-9_.~-]*+)*+/?)(\?[A-Za-z0-9_.~=&-]*+)?"
)


class Url(NamedTuple):
    """A parsed URL: host and path as far as there are any, the port as written or the scheme's, and the whole text."""

    scheme: str
    host: str | None
    port: int | None
    path: str | None
    text: str


def parse(text: str) -> Url | None:
    """Return an absolute URL, None for failure; what is no Unicode fails too."""
    if len(text) > LONG:
        return _parse_long(text) if len(text) <= LONGEST else _parse(text)
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        scheme, host, digits, path, query = plain.groups()
        port = DEFAULT_PORTS[scheme] if digits is None else int(digits)
        if port < 65536 and (digits is None or port != DEFAULT_PORTS[scheme]):
            return Url(scheme, host, port, path or "/", text if path else f"{text[: plain.end(4)]}/{query or ''}")
    # No scheme, no absolute URL: a missing Access-Control-Allow-Origin comes here, and `*`.
    if ":" not in text:
        return None
    return _parse(text)


def _parse(text: str) -> Url | None:
    try:
        parsed = _load_parser()(text)
    except ValueError:
        return None
    return Url(parsed.scheme, parsed.host, parsed.port, parsed.path, str(parsed))


# A long one is remembered while its own exchange is judged, time and again.
_parse_long = lru_cache(maxsize=2)(_parse)


@cache
def _load_parser() -> Callable[[str], Any]:
    from pydantic_core import Url

    return Url
