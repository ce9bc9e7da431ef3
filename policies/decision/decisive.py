"""What of a response a verdict and advice can turn on: exchanges that agree in it, and in all else, are judged alike.

Traffic repeats itself but for headers such as Date and ETag, whose values nothing looks at.
"""

from __future__ import annotations

from corsight.policies.exchange import Response
from corsight.policies.fetch.corp import EMBEDDER_POLICY
from corsight.policies.rules.view import READ

VALUES = frozenset(READ) | {
    *("content-range", "content-type", "cross-origin-resource-policy", "location", "x-content-type-options"),
    EMBEDDER_POLICY,
}
"""The response headers whose values a decision or advice looks at."""
LENGTH = "content-length"
"""The one of whose value only matters whether it is 0."""
SHAPES = 8192
LONGEST_NAME = 128
"""Bytes of a header's name that is remembered, and how many names are."""

type Decisive = tuple[int, str | None, tuple[bytes | tuple[bytes, bytes], ...]]

NAME, VALUE, ZERO = 1, 2, 3
"""What of a header matters: that it is there, its value, whether that is 0."""
_kinds: dict[bytes, int] = {}


def list_decisive(response: Response) -> Decisive:
    """Return what a verdict and advice can turn on in a response: status, kind of body, and header lines in the order of
    the wire, bare names where only those matter (of all, since a page may not be able to read them).
    """
    kinds = _kinds.get
    lines = [
        field
        if (kind := kinds(field[0]) or _kind(field[0])) is VALUE or (kind is ZERO and field[1].strip() == b"0")
        else field[0]
        for field in response.headers.fields
    ]
    return response.status, response.body, tuple(lines)


def _kind(raw: bytes) -> int:
    name = raw.decode("latin-1").lower()
    kind = VALUE if name in VALUES else ZERO if name == LENGTH else NAME
    if len(raw) <= LONGEST_NAME:
        if len(_kinds) >= SHAPES:
            _kinds.clear()
        _kinds[raw] = kind
    return kind
