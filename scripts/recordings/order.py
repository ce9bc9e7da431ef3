"""Brings the exchanges of a recording into the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import replace

from corsight.policies.exchange import Exchange
from corsight.policies.session.memory import weigh_exchange

REORDERED, HELD_BYTES = 1024, 32 * 1024 * 1024
"""How many exchanges, and bytes of their URLs and headers, are held back to bring them into the order of time."""
SLACK = 0.005
"""Seconds by which a request's start may precede, by its clock, the response it follows."""


def in_time(exchanges: Iterable[Exchange], held: int = REORDERED) -> Iterator[tuple[bool, Exchange]]:
    """The moments of the exchanges in the order of time: True for a request that set out, False for what came of it.

    A recording holds exchanges in the order of their ends: what follows a preflight stands behind all that ended
    meanwhile, and would be missed there. `held` bounds how many are looked at together.
    """
    moments: list[tuple[float, int, bool, Exchange]] = []
    weight = 0
    for number, exchange in enumerate(exchanges):
        start, end = exchange.request.started, find_end(exchange)
        heapq.heappush(moments, (start, 2 * number, True, replace(exchange, response=None, proxy_status=None)))
        heapq.heappush(moments, (end, 2 * number + 1, False, exchange))
        weight += weigh_exchange(exchange)
        while len(moments) > 2 * held or (moments and weight > HELD_BYTES):
            _, _, begins, first = heapq.heappop(moments)
            weight -= 0 if begins else weigh_exchange(first)
            yield begins, first
    while moments:
        yield heapq.heappop(moments)[2:]


def find_end(exchange: Exchange) -> float:
    """Return the moment at which an exchange is judged: when its response came."""
    start, response = exchange.request.started, exchange.response
    return start if response is None else max(start, response.received - SLACK)
