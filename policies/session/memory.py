"""A dictionary that forgets what was put there longest ago: it is bounded in entries and in bytes."""

from __future__ import annotations

import gc
from collections import OrderedDict
from typing import Any

from corsight.policies.exchange import Exchange, HeaderList, Request

TEXT = 512 * 1024
"""Bytes of what peers sent that one memory holds unless it is told otherwise."""
GIANT = 32 * 1024
"""Bytes of URL and headers from which an exchange is judged by itself: no memory keeps it."""

LARGE = 8192
"""Bytes from which an entry is a large one: of smaller ones so many are made that Python looks for the dead in time."""
FORGOTTEN = 8 * 1024 * 1024
"""Bytes of large entries that are forgotten for want of room before it is looked for what still holds them."""


class Memory[K, V](OrderedDict[K, V]):
    """At most `size` entries that weigh at most `limit` bytes together, the least recently put leaving first.

    Reading touches nothing, and so costs no more than any dictionary's: an exchange is looked up half a dozen times.
    The first key of a plain dict is looked for behind all that were deleted before it: to forget many costs a square.
    """

    __slots__ = ("_weights", "limit", "size", "weight")

    def __init__(self, size: int, limit: int = TEXT) -> None:
        super().__init__()
        self.size = size
        self.limit = limit
        self.weight = 0
        self._weights: OrderedDict[K, int] = OrderedDict()

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how it is made anew, for another process: an ordered dictionary alone would be made without a size."""
        weights = {"weight": self.weight, "_weights": self._weights.copy()}
        return type(self), (self.size, self.limit), (None, weights), None, iter(self.items())

    def put(self, key: K, value: V, weight: int = 0) -> None:
        """Remember `value`, which weighs so many bytes, as the newest; forget the oldest where there is no room.

        What weighs more than a quarter of the limit is not remembered.
        """
        if key in self:
            self.forget(key)
        if 4 * weight > self.limit:
            # It would push out everything else.
            return
        self[key] = value
        if weight:
            self._weights[key] = weight
            self.weight += weight
            if self.weight > self.limit:
                self._make_room()
        if len(self) > self.size:
            self.forget(next(iter(self)))

    def add_weight(self, key: K, weight: int) -> None:
        """Count what was added to the value of a key; forget the oldest, or that key itself, where it is too much."""
        self._weights[key] = self._weights.get(key, 0) + weight
        self.weight += weight
        if self.weight > self.limit:
            self._make_room()

    def _make_room(self) -> None:
        large = 0
        while self.weight > self.limit:
            key, weight = next(iter(self._weights.items()))
            if weight > LARGE:
                large += weight
            self.forget(key)
        if large:
            release(large)

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._weights.clear()
        self.weight = 0

    def forget(self, key: K) -> V | None:
        """Forget a key; return what it held, None where it held nothing."""
        if self._weights:
            self.weight -= self._weights.pop(key, 0)
        return self.pop(key, None)


_forgotten = 0


def release(weight: int) -> None:
    """Give back what large entries held that were forgotten for want of room, once it is much.

    Exchanges and fetches hold each other, and Python looks for dead circles after so many objects, however large.
    """
    global _forgotten
    _forgotten += weight
    if _forgotten > FORGOTTEN:
        _forgotten = 0
        gc.collect()


def weigh_headers(headers: HeaderList) -> int:
    """Return how many bytes the names and values of headers have, lines counted."""
    return headers.weight


def weigh_request(request: Request) -> int:
    """Return how many bytes the method, URL and headers of a request have."""
    return len(request.method) + len(request.url) + request.headers.weight


def weigh_exchange(exchange: Exchange) -> int:
    """Return how many bytes the URL and headers of an exchange have."""
    weight, response = weigh_request(exchange.request), exchange.response
    return weight if response is None else weight + response.headers.weight
