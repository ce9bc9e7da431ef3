"""How soon the requests of one browser follow what let them: the road between the browser and this proxy takes time.

On the browser's own machine that is next to nothing. On a slow network, or while the machine is busy, an answer is on
its way for so long: what the browser does meanwhile, it does without knowing the answer. And what reaches this proxy in
some order, need not have set out in it.
"""

from __future__ import annotations

from collections import deque

HELD_UP = 0.05
"""Seconds within which a request follows its preflight, unless something holds it up: all of 126 in the three engines.
"""
LONGEST = 2.0
"""Seconds after which a request was held up by something else than the road."""
MANY = 16
"""How many followers of late are looked at."""
TIMES = 4
"""How many times longer than usual the road may take: a connection has to be built first, a packet comes late."""
UNSEEN = 0.25
"""Seconds that the road may take, as long as nothing was seen of it."""


class Pace:
    """How long the requests of one browser took to follow, of late. `usual` is the middle of that; 0 while unseen."""

    def __init__(self) -> None:
        self._latest: deque[float] = deque(maxlen=MANY)
        self.usual = 0.0

    def note(self, seconds: float) -> None:
        """Note that a request followed what let it so many seconds after that was answered."""
        if 0.0 <= seconds <= LONGEST:
            self._latest.append(seconds)
            self.usual = sorted(self._latest)[len(self._latest) // 2]

    @property
    def is_slow(self) -> bool:
        """Whether the browser is far away, or held up: what it does may have been done before an answer came."""
        return self.usual > HELD_UP

    @property
    def slack(self) -> float:
        """Seconds by which the order of what comes by here may differ from its order in the browser."""
        if not self._latest:
            return UNSEEN
        return TIMES * self.usual if self.is_slow else self.usual
