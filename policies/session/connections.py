"""Client connections that carry either credentialed or uncredentialed requests, and so tell one request's mode by
another's.

Chromium keeps the two apart on every connection, Firefox on HTTP/1.1 (see `separate_connections` of their policies).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from corsight.policies.session.fetches import Fetch
from corsight.policies.session.memory import Memory

WAITING = 16
"""How many fetches a connection of unknown kind remembers."""


@dataclass(slots=True)
class Connection:
    """One client connection: whether it is a credentialed one (None while unknown), and the fetches waiting to know."""

    include: bool | None = None
    because: str = ""
    waiting: list[Fetch] = field(default_factory=list)


class Connections:
    """The connections of one browser."""

    __slots__ = ("_known",)

    def __init__(self, size: int) -> None:
        self._known: Memory[str, Connection] = Memory(size)

    def of(self, connection: str) -> Connection:
        """The connection of that name."""
        known = self._known.get(connection)
        if known is None:
            known = Connection()
            self._known.put(connection, known)
        return known

    def mark(self, connection: str, include: bool, because: str) -> list[Fetch]:
        """The connection is now known; the fetches that learned their mode from that."""
        known = self.of(connection)
        if known.include is not None:
            return []
        known.include, known.because = include, because
        waiting, known.waiting = known.waiting, []
        return [fetch for fetch in waiting if fetch.learn(include, _because(known))]

    def ask(self, connection: str, fetch: Fetch) -> bool:
        """Tell the fetch what its connection knows, now or once it does; whether it was told now."""
        known = self.of(connection)
        if known.include is not None:
            return fetch.learn(known.include, _because(known))
        if len(known.waiting) < WAITING:
            known.waiting.append(fetch)
        return False


def _because(connection: Connection) -> str:
    return (
        f"its connection is {'a credentialed' if connection.include else 'an uncredentialed'} one: {connection.because}"
    )
