"""The windows that show the live page, and what has not been sent to each yet. Without a window, this does nothing."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable

WAITING = 10_000
"""How many unsent exchanges a listener may have; the oldest are dropped, and counted."""
LISTENERS = 8
"""How many windows may be open at once."""
STREAMS = 32
"""How many streams may be open at once, including those that are about to end."""


class Listener:
    """One window.

    `fresh` tells that nothing was sent to it yet, `missed` how many exchanges it was never sent, `connected` how many
    streams are open for it, `latest` the number of the one that goes on: a window reads one, and earlier ones end.
    """

    def __init__(self) -> None:
        self.fresh = True
        self.missed = 0
        self.connected = 0
        self.latest = 0
        self.said: Hashable = None
        self.news = asyncio.Event()
        self._urgent: OrderedDict[str, None] = OrderedDict()
        self._other: OrderedDict[str, None] = OrderedDict()

    def begin(self) -> int:
        """Begin a stream, end the earlier ones, and return the new one's number."""
        self.connected += 1
        self.latest += 1
        self.news.set()
        return self.latest

    def note(self, id: str, *, urgent: bool) -> None:
        """Note that an exchange has news; urgent news is sent first."""
        waiting = self._urgent if urgent else self._other
        waiting[id] = None
        if len(waiting) > WAITING:
            waiting.popitem(last=False)
            self.missed += 1
        if not self.news.is_set():
            self.news.set()

    def take(self, most: int) -> list[str]:
        """Return at most this many exchanges to send, each once."""
        taken: list[str] = []
        for waiting in (self._urgent, self._other):
            for id in list(waiting)[: most - len(taken)]:
                del waiting[id]
                taken.append(id)
        if not (self._urgent or self._other):
            self.news.clear()
        return list(dict.fromkeys(taken))


class Feed:
    """All listeners, by the names that their windows chose."""

    def __init__(self) -> None:
        self._listeners: dict[str, Listener] = {}

    def __len__(self) -> int:
        return len(self._listeners)

    def tell(self, id: str, *, urgent: bool) -> None:
        """Tell every listener that an exchange has news."""
        for listener in self._listeners.values():
            listener.note(id, urgent=urgent)

    def wake(self) -> None:
        """Make every listener check whether anything else changed."""
        for listener in self._listeners.values():
            listener.news.set()

    def open(self, name: str) -> Listener | None:
        """Return the listener of this name, or a new one; None if there are too many."""
        if sum(one.connected for one in self._listeners.values()) >= STREAMS:
            return None
        listener = self._listeners.get(name)
        if listener is None:
            if len(self._listeners) >= LISTENERS:
                idle = next((name for name, one in self._listeners.items() if not one.connected), None)
                if idle is None:
                    return None
                del self._listeners[idle]
            listener = self._listeners[name] = Listener()
        return listener

    def leave(self, name: str) -> None:
        """Forget a listener unless it came back."""
        listener = self._listeners.get(name)
        if listener is not None and not listener.connected:
            del self._listeners[name]
