"""What of a response a verdict, advice and a browser's memory can turn on, gathered in one pass.

Exchanges that agree in it, and in all else, are judged alike. Traffic repeats itself but for headers such as Date and
ETag, whose values nothing looks at.
"""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.exchange import Response
from corsight.policies.fetch.corp import DOCUMENT_ISOLATION, EMBEDDER_POLICY
from corsight.policies.rules.view import READ

VALUES = frozenset(READ) | {
    *("content-range", "content-type", "cross-origin-resource-policy", "location", "x-content-type-options"),
    *(EMBEDDER_POLICY, DOCUMENT_ISOLATION),
}
"""The response headers whose values a decision or advice looks at."""
SHAPES, LONGEST, OVERHEAD = 512, 8192, 64
"""How many lists of header names are remembered, up to how many bytes of one, and what each name takes beside them."""

VALUE, LENGTH = 1, 2
"""What of a header a decision looks at beside its name: its value, whether that is 0."""
COOKIES, VALIDATOR, CONNECTION = 8, 16, 32
"""What a browser remembers by: cookies set or cleared, a validator for a later 304, the connection's end."""
_MARKS = {
    **dict.fromkeys(VALUES, VALUE),
    "content-length": LENGTH,
    "set-cookie": COOKIES,
    "clear-site-data": COOKIES,
    "etag": VALIDATOR,
    "last-modified": VALIDATOR,
    "connection": CONNECTION,
}


type Digest = tuple[int, str | None, tuple[bytes, ...], tuple[bytes | bool, ...], int]
"""A response in short: status, kind of body, the names of its header lines in the order of the wire, what matters of
them beyond that, in the same order, and the marks that unite what a browser remembers by.

All names matter, since a page may not be able to read them. Of a Content-Length it matters whether it is 0.
"""


class _Shape(NamedTuple):
    """What to look at in responses whose header lines have these names: the places of values, and of lengths."""

    names: tuple[bytes, ...]
    values: tuple[int, ...]
    lengths: tuple[int, ...]
    marks: int


def digest(response: Response) -> Digest:
    """Return a response in short."""
    fields = response.headers.fields
    names = tuple([name for name, _ in fields])
    names, places, lengths, marks = _shapes.get(names) or _remember(names)
    values: list[bytes | bool] = [fields[place][1] for place in places]
    for place in lengths:
        values.append(fields[place][1].strip() == b"0")
    return response.status, response.body, names, tuple(values), marks


def _remember(names: tuple[bytes, ...]) -> _Shape:
    # All in lower case at once, which takes a fourth of the time that one by one does.
    lower = b"\n".join(names).decode("latin-1").lower().split("\n")
    if len(lower) != len(names):
        lower = [name.decode("latin-1").lower() for name in names]
    kinds = [_MARKS.get(name, 0) for name in lower]
    marks = 0
    for kind in set(kinds):
        marks |= kind
    shape = _Shape(names, _find_places(kinds, VALUE), _find_places(kinds, LENGTH), marks)
    if sum(map(len, names), OVERHEAD * len(names)) <= LONGEST:
        if len(_shapes) >= SHAPES:
            _shapes.clear()
        _shapes[names] = shape
    return shape


def _find_places(kinds: list[int], kind: int) -> tuple[int, ...]:
    return tuple([place for place, one in enumerate(kinds) if one == kind]) if kind in kinds else ()


# By the names as they were sent: a server sends the same lines again and again.
_shapes: dict[tuple[bytes, ...], _Shape] = {}
