"""The windows that show the live page, and what each has not been sent yet. Without a window, this does nothing."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable

WAITING = 10_000
"""How many exchanges a listener may be behind with; the oldest are left out, and counted."""
LISTENERS = 8
"""How many windows may look at once."""
STREAMS = 32
"""How many streams may be open at once, those that are about to end too."""


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
        """Begin a stream, and end those before it; return its number."""
        self.connected += 1
        self.latest += 1
        self.news.set()
        return self.latest

    def note(self, id: str, *, urgent: bool) -> None:
        """Note that there is news of an exchange; what is urgent is sent first."""
        waiting = self._urgent if urgent else self._other
        waiting[id] = None
        if len(waiting) > WAITING:
            waiting.popitem(last=False)
            self.missed += 1
        if not self.news.is_set():
            self.news.set()

    def take(self, most: int) -> list[str]:
        """Return at most so many exchanges to be sent, each once."""
        taken: list[str] = []
        for waiting in (self._urgent, self._other):
            for id in list(waiting)[: most - len(taken)]:
                del waiting[id]
                taken.append(id)
        if not (self._urgent or self._other):
            self.news.clear()
        return list(dict.fromkeys(taken))


class Feed:
    """All listeners, by the names that their windows gave themselves."""

    def __init__(self) -> None:
        self._listeners: dict[str, Listener] = {}

    def __len__(self) -> int:
        return len(self._listeners)

    def tell(self, id: str, *, urgent: bool) -> None:
        """Let every listener know that there is news of an exchange."""
        for listener in self._listeners.values():
            listener.note(id, urgent=urgent)

    def wake(self) -> None:
        """Let every listener look whether something else changed."""
        for listener in self._listeners.values():
            listener.news.set()

    def open(self, name: str) -> Listener | None:
        """Return the listener of this name, a new one where there is none; None where there are too many."""
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
