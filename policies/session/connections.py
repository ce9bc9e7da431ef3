"""Client connections that carry either credentialed or uncredentialed requests, and so tell one request's mode by
another's.

Chromium keeps the two apart on every connection, Firefox on HTTP/1.1 (see `separate_connections` of their policies).
A proxy or a load balancer between the browser and this one may share out connections of its own: both kinds on a single
one show that, and from then on connections tell nothing of this browser.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

from corsight.policies.evidence import Reason
from corsight.policies.session.fetches import Fetch
from corsight.policies.session.memory import Memory

WAITING = 16
"""How many fetches a connection of unknown kind remembers."""
TOLD = 256
"""How many fetches that learned their mode from a connection are remembered: it may turn out that they should not."""
BY_CONNECTION = (
    Reason.CONNECTION_OF_PREFLIGHT,
    Reason.CONNECTION_OF_CREDENTIALS,
    Reason.CONNECTION_OF_LIKE,
    Reason.CONNECTION_NOT_TAKEN,
)


@dataclass(slots=True)
class Connection:
    """One client connection: whether it is a credentialed one (None while unknown), and the fetches waiting to know."""

    include: bool | None = None
    reason: Reason = Reason.CONNECTION_OF_LIKE
    waiting: list[Fetch] = field(default_factory=list)


class Connections:
    """The connections of one browser. `trusted` tells whether they are its own, as far as was seen."""

    def __init__(self, size: int) -> None:
        self._known: Memory[str, Connection] = Memory(size)
        self._told: Memory[str, Fetch] = Memory(TOLD)
        self.trusted = True

    def get(self, name: str) -> Connection:
        """Return the connection of that name."""
        connection = self._known.get(name)
        if connection is None:
            connection = Connection()
            self._known.put(name, connection)
        return connection

    def add_weight(self, name: str, fetch: Fetch, weight: int) -> None:
        """Count what a fetch holds more, if it waits on the connection, or learned its mode from one."""
        if name in self._known and self._known[name].waiting:
            self._known.add_weight(name, weight)
        if fetch.id in self._told:
            self._told.put(fetch.id, fetch, fetch.weight)

    def mark(self, name: str, include: bool, reason: Reason) -> list[Fetch]:
        """Take the kind of a connection to be known.

        Return the fetches that learned their mode from that; or, where it was known to be of the other kind, those that
        had learned theirs from any connection, and now do not know it.
        """
        if not self.trusted:
            return []
        connection = self.get(name)
        if connection.include is not None:
            if connection.include == include:
                return []
            self.trusted = False
            return self.take_back()
        connection.include, connection.reason = include, reason
        waiting, connection.waiting = connection.waiting, []
        self._known.put(name, connection)
        return [fetch for fetch in waiting if self._tell(connection, include, fetch)]

    def take_back(self) -> list[Fetch]:
        """Forget all kinds; return the fetches that had learned their mode from one, and now do not know it."""
        told = list(self._told.values())
        for fetch, reason in product(told, BY_CONNECTION):
            fetch.doubt(reason)
        self._known.clear()
        self._told.clear()
        return told

    def ask(self, name: str, fetch: Fetch) -> bool:
        """Tell the fetch what its connection shows, now or once it does; return whether it learned from that now."""
        if not self.trusted:
            return False
        connection = self.get(name)
        if connection.include is not None:
            return self._tell(connection, connection.include, fetch)
        if len(connection.waiting) < WAITING:
            connection.waiting.append(fetch)
            self._known.add_weight(name, fetch.weight)
        return False

    def tell_bare(self, name: str, fetch: Fetch) -> None:
        """Tell a fetch that CORS has no say about that its connection carries no credentials, where that is known."""
        connection = self._known.get(name)
        if self.trusted and connection is not None and connection.include is False:
            self._tell(connection, False, fetch)

    def keep(self, fetch: Fetch) -> None:
        """Remember that a fetch learned its mode from connections."""
        self._told.put(fetch.id, fetch, fetch.weight)

    def _tell(self, connection: Connection, include: bool, fetch: Fetch) -> bool:
        kind = "a credentialed" if include else "an uncredentialed"
        learned = fetch.learn(include, connection.reason, details=(kind,))
        if learned:
            self.keep(fetch)
        return learned
