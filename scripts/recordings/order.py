"""Brings the exchanges of a recording into the order of time."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import replace

from corsight.policies.exchange import Exchange

REORDERED = 1024
"""How many exchanges are held back to bring them into the order of time."""
SLACK = 0.005
"""Seconds by which a request's start may precede, by its clock, the response it follows."""


def in_time(exchanges: Iterable[Exchange], held: int = REORDERED) -> Iterator[tuple[bool, Exchange]]:
    """The moments of the exchanges in the order of time: True for a request that set out, False for what came of it.

    A recording holds exchanges in the order of their ends: what follows a preflight stands behind all that ended
    meanwhile, and would be missed there. `held` bounds how many are looked at together.
    """
    moments: list[tuple[float, int, bool, Exchange]] = []
    for number, exchange in enumerate(exchanges):
        start = exchange.request.started
        end = start if exchange.response is None else max(start, exchange.response.received - SLACK)
        heapq.heappush(moments, (start, 2 * number, True, replace(exchange, response=None, proxy_status=None)))
        heapq.heappush(moments, (end, 2 * number + 1, False, exchange))
        while len(moments) > 2 * held:
            yield heapq.heappop(moments)[2:]
    while moments:
        yield heapq.heappop(moments)[2:]
