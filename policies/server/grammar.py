"""What the texts in a policy may be made of: hosts, paths, methods, header names.

Hosts are held to names that can resolve. The URL standard lets quotes, dollar signs and braces stand in them, and what
a policy says is written into configurations.
"""

from __future__ import annotations

import re

from corsight.policies.fetch.headers import is_token

ANY = "*"

LONGEST_HOST = 253
"""Characters of a name (RFC 1035, section 2.3.4)."""
LONGEST_ORIGIN = 300
LONGEST_PATH = 1000
LONGEST_TOKEN = 200
"""Characters of a method or a header name."""
LONGEST_NAME = 300
LONGEST_NOTE = 10_000

LABELS = "[0-9a-z_-]+"
"""One label of a name."""
HOST = rf"(?:{LABELS}(?:\.{LABELS})*+\.?|\[[0-9a-f:]+\])"
"""A name, or an address, as a URL is serialized (https://url.spec.whatwg.org/#host-serializing)."""

_HOST = re.compile(HOST)
_HOST_PATTERN = re.compile(rf"(\*|(?:\*\.)?{HOST})(?::([0-9]{{1,5}}))?")
_PATH = re.compile(r"(?:/(?:[0-9A-Za-z._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*+)++")


def is_host(text: str) -> bool:
    """Return whether `text` is a host name or an address that a policy may hold."""
    return len(text) <= LONGEST_HOST and _HOST.fullmatch(text) is not None


def split_host(pattern: str) -> tuple[str, int | None] | None:
    """Return a host pattern's host (`*`, `*.` and a name, or a name) and port; None when `pattern` is none."""
    if len(pattern) > LONGEST_ORIGIN:
        return None
    match = _HOST_PATTERN.fullmatch(pattern)
    if match is None or len(match[1].removeprefix("*.")) > LONGEST_HOST:
        return None
    return match[1], int(match[2]) if match[2] else None


def is_path(text: str) -> bool:
    """Return whether `text` is a path pattern: segments of RFC 3986 (section 3.3), `*` in one, `**` as a whole one."""
    return (
        len(text) <= LONGEST_PATH
        and _PATH.fullmatch(text) is not None
        and all(segment == "**" or "**" not in segment for segment in text.split("/"))
    )


def is_name(text: str) -> bool:
    """Return whether `text` is a method or a header name that a policy may hold; `*` is one too."""
    return len(text) <= LONGEST_TOKEN and is_token(text)
