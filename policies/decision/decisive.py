"""What of a response a verdict, advice and a browser's memory can turn on, gathered in one pass.

Exchanges that agree in it, and in all else, are judged alike. Traffic repeats itself but for headers such as Date and
ETag, whose values nothing looks at.
"""

from __future__ import annotations

from functools import reduce
from operator import itemgetter, or_
from typing import NamedTuple

from corsight.policies.exchange import Response
from corsight.policies.fetch.corp import EMBEDDER_POLICY
from corsight.policies.rules.view import READ

VALUES = frozenset(READ) | {
    *("content-range", "content-type", "cross-origin-resource-policy", "location", "x-content-type-options"),
    EMBEDDER_POLICY,
}
"""The response headers whose values a decision or advice looks at."""
NAMES, LONGEST = 8192, 128
"""How many header names are remembered, and up to how many bytes of one."""

NAME, VALUE, LENGTH = 1, 2, 4
"""What of a header a decision looks at: that it is there, its value, whether that is 0."""
COOKIES, VALIDATOR, CONNECTION = 8, 16, 32
"""What a browser remembers by: cookies set or cleared, a validator for a later 304, the connection's end."""
_REMEMBERED = {
    "set-cookie": COOKIES,
    "clear-site-data": COOKIES,
    "etag": VALIDATOR,
    "last-modified": VALIDATOR,
    "connection": CONNECTION,
}


class Digest(NamedTuple):
    """A response in short: status, kind of body, and its header lines in the order of the wire.

    They are bare names where only those matter: of all, since a page may not be able to read them. Behind them stands a
    Content-Length of 0. `marks` unites what a browser remembers by.
    """

    status: int
    body: str | None
    lines: tuple[bytes | tuple[bytes, bytes], ...]
    marks: int


def digest(response: Response) -> Digest:
    """Return a response in short."""
    fields, kinds = response.headers.fields, _kinds
    marks = reduce(or_, map(kinds.__getitem__, map(_get_name, fields)), 0)
    lines = [field if kinds[field[0]] & VALUE else field[0] for field in fields]
    if marks & LENGTH:
        lines += [field for field in fields if kinds[field[0]] & LENGTH and field[1].strip() == b"0"]
    return Digest(response.status, response.body, tuple(lines), marks)


class _Kinds(dict[bytes, int]):
    """What matters of each header, by its name as it was sent."""

    def __missing__(self, raw: bytes) -> int:
        name = raw.decode("latin-1").lower()
        kind = VALUE if name in VALUES else LENGTH if name == "content-length" else NAME
        kind |= _REMEMBERED.get(name, 0)
        if len(raw) <= LONGEST:
            if len(self) >= NAMES:
                self.clear()
            self[raw] = kind
        return kind


_kinds = _Kinds()
_get_name = itemgetter(0)
