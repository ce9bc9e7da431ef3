"""Requests that set out, until the session takes them in: several at once, in their order.

Between two events of the addon the proxy runs so much else that the processor has lost our code and data each time: to
take eight requests in at once costs half of what it costs one by one. Nothing turns on them before the next answer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from corsight.addons.adapter import Asked
from corsight.addons.guard import tell_failure

MANY = 64
"""How many wait at most."""
LONGEST_WAIT = 0.05
"""Seconds that they wait at most: a request shows that its preflight passed, also where its own answer takes long."""


class Begun:
    """The requests that set out and were not taken in yet. `begin` takes one in."""

    def __init__(self, begin: Callable[[Asked], None]) -> None:
        self._begin = begin
        self._waiting: deque[Asked] = deque()
        self._timed = False

    def put(self, asked: Asked, *, waits: bool) -> None:
        """Take in a request, and those before it; or let it wait, for as long as an event loop can end that."""
        waiting = self._waiting
        waiting.append(asked)
        if not waits or len(waiting) >= MANY:
            self.take_in()
        elif not self._timed:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self.take_in()
                return
            self._timed = True
            loop.call_later(LONGEST_WAIT, self._end_wait)

    def take_in(self) -> None:
        """Take in all that wait, in their order. Never raises: what fails is told, and the others are taken in."""
        waiting = self._waiting
        while waiting:
            asked = waiting.popleft()
            try:
                self._begin(asked)
            except Exception as error:
                tell_failure(asked[0].id, error)

    def _end_wait(self) -> None:
        self._timed = False
        self.take_in()
