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
"""How many requests wait at most."""
LONGEST_WAIT = 0.05
"""How many seconds they wait at most. A request shows that its preflight passed, even if its own response takes long.
"""


class Begun:
    """The requests that began and were not passed to the session yet. `begin` passes one on."""

    def __init__(self, begin: Callable[[Asked], None]) -> None:
        self._begin = begin
        self._waiting: deque[Asked] = deque()
        self._timed = False

    def put(self, asked: Asked, *, waits: bool) -> None:
        """Pass a request and those before it to the session; or let it wait, if an event loop can end the wait."""
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
        """Pass all waiting requests to the session, in their order. Never raises: an error is logged, and the others
        are passed on.
        """
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
