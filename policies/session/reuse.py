"""What becomes of an HTTP/1.1 connection after a response, and what that tells.

WebKit on Linux (its network layer is libsoup) ends the connection of a load it cancels, and it cancels one whose
response fails the CORS check. So a connection that is used again shows that the response before passed. One that should
be idle, while a new one is opened to the same server, is gone: the response before hardly passed. Measured with
WebKitGTK 2.50.6; a 401 is read to its end whatever comes of it, and tells nothing. Nor does a server that was not seen
to keep its connections: where it closes them, 27 of 53 were wrong.
"""

from __future__ import annotations

from corsight.policies.exchange import Exchange
from corsight.policies.fetch.cors_check import CREDENTIALS, INVALID, MISMATCH, MISSING, MULTIPLE, WILDCARD
from corsight.policies.fetch.origin import origin_of
from corsight.policies.session.fetches import Entry
from corsight.policies.session.keeping import BODILESS, Keeping, says_close
from corsight.policies.session.memory import Memory
from corsight.policies.session.reading import Reading
from corsight.policies.verdict import Outcome, Verdict

IDLE = (0.1, 10.0)
"""Seconds after a response from which a connection is surely idle, and until which it surely would be kept."""
CORS_CHECK = frozenset({MISSING, WILDCARD, MULTIPLE, INVALID, MISMATCH, CREDENTIALS})
"""The rules of the CORS check."""
READ_BY_OTHERS = frozenset({"audio", "video"})
"""Destinations whose loads have connections of their own."""


class Reuse:
    """The connections of one browser, and the exchange that was last on each if something is still open about it, or if
    it certainly failed.
    """

    def __init__(self, size: int, keeping: Keeping) -> None:
        self._keeping = keeping
        self._last: Memory[str, Entry | None] = Memory(size)
        self._failed: Memory[str, None] = Memory(size)
        self._given_up: Memory[str, Entry] = Memory(size)
        self._servers: Memory[tuple[str, str | None], list[str]] = Memory(size)

    def begins(self, exchange: Exchange, reading: Reading, page: str | None) -> tuple[Entry | None, list[Entry]]:
        """Return the exchange that a page's new request shows to have passed, and those that it shows to have not."""
        connection, request = exchange.connection, exchange.request
        server = origin_of(request.url), page
        known = self._last.get(connection, _NEW)
        self._last.put(connection, None)
        given_up = self._given_up.forget(connection)
        if known is not _NEW:
            before = known or given_up
            # One whose body breaks off comes a second time.
            return None if before is not None and before.exchange.id == exchange.id else before, []
        others = self._servers.get(server) or []
        gone: list[Entry] = []
        if request.method in ("GET", "HEAD") and reading.destination not in READ_BY_OTHERS:
            # Other methods always open a new one.
            gone = [entry for other in others if (entry := self._idle(other, request.started)) is not None]
        self._servers.put(server, [*others[-7:], connection], len(server[0]) + len(page or ""))
        return None, gone

    def refutes(self, exchange: Exchange) -> bool:
        """Return whether a request takes the connection of one that certainly failed: then the connections are not the
        browser's own but of a proxy before this one, and tell nothing.
        """
        return exchange.connection in self._failed

    def ended(self, entry: Entry, verdict: Verdict) -> None:
        """An exchange of which something is still open, or that failed, was the last on its connection."""
        response = entry.exchange.response
        if response is None or response.status == 401 or entry.role != "request":
            return
        failing = {branch.ruling.rule for branch in verdict.branches if branch.outcome is Outcome.BLOCKED}
        if not failing <= CORS_CHECK:
            # What becomes of the connection where a type is refused was not measured.
            return
        if verdict.divided:
            self._last.put(entry.exchange.connection, entry, entry.fetch.weight)
        elif failing and verdict.certainty == "certain":
            self._failed.put(entry.exchange.connection, None)

    def _idle(self, connection: str, now: float) -> Entry | None:
        """Return the last exchange on a connection that should be idle now; told once, and taken back when it is used
        again after all.
        """
        entry = self._last.get(connection)
        if entry is None:
            return None
        exchange, response = entry.exchange, entry.exchange.response
        if response is None or exchange.request.method == "HEAD" or response.status in BODILESS or says_close(response):
            return None
        if response.headers.get("access-control-allow-origin") == "*":
            # Most that ask such a server ask without credentials, and are not blocked.
            return None
        if entry.reading.event_source or entry.destination in READ_BY_OTHERS:
            # Its page may have closed it.
            return None
        idle = now - response.received
        if not IDLE[0] < idle < IDLE[1] or not self._keeping.would_be_kept(exchange.request.url, idle):
            return None
        self._last.put(connection, None)
        self._given_up.put(connection, entry, entry.fetch.weight)
        return entry


_NEW: Entry | None = object()  # type: ignore[assignment]
