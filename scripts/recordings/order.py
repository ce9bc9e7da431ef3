"""Brings the exchanges of a recording into the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from corsight.policies.exchange import Exchange, set_out
from corsight.policies.session.memory import weigh_exchange

REORDERED, HELD_BYTES = 1024, 32 * 1024 * 1024
"""How many exchanges, and bytes of their URLs and headers, are held back to bring them into the order of time."""
SLACK = 0.005
"""Seconds by which a request's start may precede, by its clock, the response it follows."""


FIELD = 128
"""Bytes that a header line takes when it is held, beside its text."""

type Moment = tuple[bool, Exchange]
"""A moment of an exchange: True with a request that set out, False with what came of it."""


class Moments:
    """The moments of exchanges, brought into the order of time. `held` bounds how many are looked at together."""

    __slots__ = ("_held", "_moments", "_number", "_weight")

    def __init__(self, held: int = REORDERED) -> None:
        self._held = 2 * held
        self._moments: list[tuple[float, int, int, Exchange]] = []
        self._number = 0
        self._weight = 0

    def put(self, exchange: Exchange) -> None:
        """Take in both moments of an exchange."""
        moments, number, weight = self._moments, self._number, weigh_held(exchange)
        begun = set_out(exchange)
        # What an exchange weighs goes with its end.
        heapq.heappush(moments, (exchange.request.started, number, -1, begun))
        heapq.heappush(moments, (find_end(exchange), number + 1, weight, exchange))
        self._number = number + 2
        self._weight += weight

    def take_over(self) -> Iterator[Moment]:
        """Yield the earliest moments, as long as more are held than may be."""
        moments = self._moments
        while len(moments) > self._held or (moments and self._weight > HELD_BYTES):
            yield self._take()

    def take_all(self) -> Iterator[Moment]:
        """Yield all moments that are held."""
        while self._moments:
            yield self._take()

    def _take(self) -> Moment:
        _, _, weight, exchange = heapq.heappop(self._moments)
        if weight < 0:
            return True, exchange
        self._weight -= weight
        return False, exchange


def weigh_held(exchange: Exchange) -> int:
    """Return about how many bytes an exchange takes: of many short header lines, the text is the least."""
    asked, response = exchange.request.headers.fields, exchange.response
    lines = len(asked) + (0 if response is None else len(response.headers.fields))
    return weigh_exchange(exchange) + FIELD * lines


def in_time(exchanges: Iterable[Exchange], held: int = REORDERED) -> Iterator[Moment]:
    """Yield the moments of the exchanges in the order of time.

    A recording holds exchanges in the order of their ends: what follows a preflight stands behind all that ended
    meanwhile, and would be missed there. `held` bounds how many are looked at together.
    """
    moments = Moments(held)
    for exchange in exchanges:
        moments.put(exchange)
        yield from moments.take_over()
    yield from moments.take_all()


def find_end(exchange: Exchange) -> float:
    """Return the moment at which an exchange is judged: when its response came."""
    start, response = exchange.request.started, exchange.response
    return start if response is None else max(start, response.received - SLACK)
