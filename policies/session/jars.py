"""Cookie jars: what a request lacks that others of its page carried, and how surely that tells its credentials mode.

1. A page may be open with several jars: in a private window beside another, in two profiles, in two browsers of one
   kind behind one address. What one of them sends, tells nothing of what another one lacks.
2. A request takes its cookies along before it waits for a connection, and before a slow network: one that comes now may
   have left before they were set.
"""

from __future__ import annotations

from corsight.policies.evidence import Certainty
from corsight.policies.fetch.origin import origin_of
from corsight.policies.session.fetches import Entry
from corsight.policies.session.keeping import Keeping
from corsight.policies.session.memory import Memory
from corsight.policies.session.pace import Pace
from corsight.policies.session.reading import DOCUMENTS

BUSY = 4
"""Requests under way at once from which on others may wait for a connection."""
FRAMED = DOCUMENTS - {"document"}
RELOADS = ("max-age=0", "no-cache")
"""What Cache-Control says where a page is loaded anew in its own window."""


class Jars:
    """The pages of one client, by their origins, and whether each may have several jars."""

    def __init__(self, size: int, keeping: Keeping, pace: Pace) -> None:
        self._keeping = keeping
        self._pace = pace
        self._several: Memory[str, bool] = Memory(size)
        self._busy_since: float | None = None

    def note_others(self, under_way: int, now: float) -> None:
        """Note how many requests are under way as another one sets out."""
        if under_way < BUSY:
            self._busy_since = None
        elif self._busy_since is None:
            self._busy_since = now

    def note_page(self, origin: str) -> None:
        """Note that a page of this origin sent a cookie."""
        if origin not in self._several:
            self._several.put(origin, False, len(origin))

    def note_document(self, entry: Entry) -> None:
        """Note that a document was asked for."""
        if entry.reading.destination in FRAMED:
            return
        origin = origin_of(entry.exchange.request.url)
        if self._several.get(origin) is False and not self._is_known(entry, origin):
            self._several.put(origin, True, len(origin))
        self.note_page(origin)

    def weigh_absence(self, origin: str, since: float, now: float) -> Certainty:
        """Return how surely a page's request has no credentials that lacks what others have carried since then."""
        queued = self._busy_since is not None and self._busy_since <= since
        under_way = self._pace.is_slow and now - since <= self._pace.slack
        return "likely" if queued or under_way or self._several.get(origin) else "certain"

    def _is_known(self, entry: Entry, origin: str) -> bool:
        """Return whether it shows that a document is loaded with the jar of those before it."""
        exchange, reading = entry.exchange, entry.reading
        if exchange.marker == "carried" or not self._keeping.opens(exchange):
            # Two jars share no connection.
            return True
        by_itself = reading.site == "same-origin" if reading.metadata else reading.referrer_origin == origin
        return by_itself or exchange.request.headers.get("cache-control") in RELOADS
