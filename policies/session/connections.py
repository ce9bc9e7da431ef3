"""Client connections that carry either credentialed or uncredentialed requests, and so tell one request's mode by
another's.

Chromium keeps the two apart on every connection, Firefox on HTTP/1.1 (see `separate_connections` of their policies).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from corsight.policies.evidence import Reason
from corsight.policies.session.fetches import Fetch
from corsight.policies.session.memory import Memory

WAITING = 16
"""How many fetches a connection of unknown kind remembers."""


@dataclass(slots=True)
class Connection:
    """One client connection: whether it is a credentialed one (None while unknown), and the fetches waiting to know."""

    include: bool | None = None
    reason: Reason = Reason.CONNECTION_OF_LIKE
    waiting: list[Fetch] = field(default_factory=list)


class Connections:
    """The connections of one browser."""

    __slots__ = ("_known",)

    def __init__(self, size: int) -> None:
        self._known: Memory[str, Connection] = Memory(size)

    def get(self, name: str) -> Connection:
        """Return the connection of that name."""
        connection = self._known.get(name)
        if connection is None:
            connection = Connection()
            self._known.put(name, connection)
        return connection

    def mark(self, name: str, include: bool, reason: Reason) -> list[Fetch]:
        """Take the kind of a connection to be known; return the fetches that learned their mode from that."""
        connection = self.get(name)
        if connection.include is not None:
            return []
        connection.include, connection.reason = include, reason
        waiting, connection.waiting = connection.waiting, []
        self._known.put(name, connection)
        return [fetch for fetch in waiting if _tell(connection, include, fetch)]

    def ask(self, name: str, fetch: Fetch) -> bool:
        """Tell the fetch what its connection shows, now or once it does; return whether it learned from that now."""
        connection = self.get(name)
        if connection.include is not None:
            return _tell(connection, connection.include, fetch)
        if len(connection.waiting) < WAITING:
            connection.waiting.append(fetch)
            self._known.add_weight(name, fetch.weight)
        return False


def _tell(connection: Connection, include: bool, fetch: Fetch) -> bool:
    return fetch.learn(include, connection.reason, details=("a credentialed" if include else "an uncredentialed",))
