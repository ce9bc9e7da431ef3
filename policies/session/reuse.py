"""What becomes of an HTTP/1.1 connection after a response, and what that tells.

WebKit on Linux (its network layer is libsoup) ends the connection of a load it cancels, and it cancels one whose
response fails the CORS check. So a connection that is used again shows that the response before passed. One that should
be idle, while a new one is opened to the same server, is gone: the response before hardly passed. Measured with
WebKitGTK 2.50.6; a 401 is read to its end whatever comes of it, and tells nothing. Nor does a server that was not seen
to keep its connections: where it closes them, 27 of 53 were wrong.
"""

from __future__ import annotations

from corsight.policies.exchange import Exchange
from corsight.policies.fetch.origin import origin_of
from corsight.policies.session.fetches import Entry
from corsight.policies.session.keeping import BODILESS, Keeping, says_close
from corsight.policies.session.memory import Memory
from corsight.policies.session.reading import Reading

IDLE = (0.1, 10.0)
"""Seconds after a response from which a connection is surely idle, and until which it surely would be kept."""
READ_BY_OTHERS = frozenset({"audio", "video"})
"""Destinations whose loads have connections of their own."""


class Reuse:
    """The connections of one browser, and the exchange that was last on each if something is still open about it."""

    __slots__ = ("_keeping", "_last", "_servers")

    def __init__(self, size: int, keeping: Keeping) -> None:
        self._keeping = keeping
        self._last: Memory[str, Entry | None] = Memory(size)
        self._servers: Memory[tuple[str, str | None], list[str]] = Memory(size)

    def begins(self, exchange: Exchange, reading: Reading, page: str | None) -> tuple[Entry | None, list[Entry]]:
        """Return the exchange that a page's new request shows to have passed, and those that it shows to have not."""
        connection, request = exchange.connection, exchange.request
        server = origin_of(request.url), page
        known = self._last.get(connection, _NEW)
        self._last.put(connection, None)
        if known is not _NEW:
            return known, []
        others = self._servers.get(server) or []
        gone: list[Entry] = []
        if request.method in ("GET", "HEAD") and reading.destination not in READ_BY_OTHERS:
            # Other methods always open a new one.
            gone = [entry for other in others if (entry := self._idle(other, request.started)) is not None]
        self._servers.put(server, [*others[-7:], connection], len(server[0]) + len(page or ""))
        return None, gone

    def ended(self, entry: Entry) -> None:
        """Remember that an exchange whose outcome is still open was the last on its connection."""
        response = entry.exchange.response
        if response is not None and response.status != 401 and entry.role == "request":
            self._last.put(entry.exchange.connection, entry, entry.fetch.weight)

    def _idle(self, connection: str, now: float) -> Entry | None:
        """Return the last exchange on a connection that should be idle now; told once."""
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
        return entry


_NEW: Entry | None = object()  # type: ignore[assignment]
