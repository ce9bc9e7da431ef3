"""The marker: a cookie of the proxy's own, which shows a request's credentials mode on the wire.

A browser stores it only from the answer to a credentialed request, and sends it only with such. So its presence is
proof. Its absence is proof only where this page's requests to that host are known to carry it: third-party cookies may
be kept out, and plain http across sites has none.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from corsight.policies.evidence import Certainty, Reason
from corsight.policies.exchange import Response
from corsight.policies.fetch.origin import origin_of
from corsight.policies.session.fetches import Entry
from corsight.policies.session.jars import BUSY, Jars
from corsight.policies.session.memory import Memory
from corsight.policies.session.reading import DOCUMENTS

KEPT = 1800.0
"""Seconds after it was last carried for which it is surely still in the browser's jar: it is set for an hour."""
CROWD = 100
"""How many cookies may be set since then: from 150 to a site on, browsers drop the one that was used longest ago."""
STRAGGLING = 2.0
"""Seconds after it was first carried in which a request may still come whose cookies were read before it was set: one
that waited for a connection, or for the browser's cache."""

type Place = tuple[str, str]
"""A page's origin, and the scheme and host, without port, that it asks."""


class Marker:
    """What the requests of one browser that carried the marker tell of those that do not."""

    def __init__(self, size: int) -> None:
        self._first: Memory[Place, float] = Memory(size)
        self._carried: Memory[Place, tuple[float, int]] = Memory(size)
        self._loaded: Memory[str, float] = Memory(size)
        self._framed: Memory[str, bool] = Memory(size)
        self._early: Memory[str, float] = Memory(size)
        self._busy = 0.0
        self._set = 0

    def tell(self, entry: Entry, under_way: int, jars: Jars) -> tuple[bool, Reason, Certainty] | None:
        """Return what the marker says of a cross-origin request's credentials mode: whether it is `include`, by what,
        and how surely. None where it does not tell. `under_way` is how many requests are, beside this one.
        """
        exchange, reading = entry.exchange, entry.reading
        if exchange.marker is None or reading.preflight:
            return None
        now, page, url = exchange.request.started, reading.origin, exchange.request.url
        if under_way >= BUSY:
            self._busy = now
        if page is None or page == "null":
            # Whose jar an opaque origin's requests take from cannot be told.
            return (True, Reason.MARKER, "certain") if exchange.marker == "carried" else None
        place = page, _host(url)
        weight = len(page) + len(place[1])
        if exchange.marker == "carried":
            if place not in self._first:
                self._first.put(place, now, weight)
            self._carried.put(place, (now, self._set), weight)
            return True, Reason.MARKER, "certain"
        known = self._carried.get(place)
        if place not in self._first:
            self._early.put(url, now, len(url))
        if known is None or entry.index or page in self._framed:
            return None
        since, set_before = known
        if since < self._loaded.get(page, since) or now - since > KEPT or self._set - set_before > CROWD:
            return None
        certainty = (
            "likely" if self._may_straggle(place, url, now) else jars.weigh_absence(page, self._first[place], now)
        )
        return False, Reason.NO_MARKER, certainty

    def _may_straggle(self, place: Place, url: str, now: float) -> bool:
        """Return whether the cookies of a request may have been read before the marker was set, long before it came."""
        first = self._first.get(place, now)
        if now - first > STRAGGLING:
            return False
        # A tunnel has to be built first. In the clear only those wait that find all connections taken, or the same URL
        # asked for.
        return place[1].startswith("https:") or self._busy > first - STRAGGLING or url in self._early

    def note_document(self, entry: Entry) -> None:
        """Note that a document was asked for. A page that is loaded anew may be in another window, with another jar.

        One that is loaded into a frame has a jar of its own for each site that it is framed by.
        """
        reading, request = entry.reading, entry.exchange.request
        if reading.cookie and self._carried and (request.headers.get("cookie") or "").count(";") >= CROWD:
            # Scripts may have set them: no answer told of it.
            self._carried.clear()
        if reading.mode != "navigate" or reading.destination not in DOCUMENTS:
            return
        origin = origin_of(request.url)
        self._loaded.put(origin, request.started, len(origin))
        across = reading.site == "cross-site"
        if not reading.metadata:
            # Nothing tells a frame from a window: one that a page of another host led to may be a frame.
            across = (led_by := reading.referrer_origin) is not None and _host(led_by) != _host(origin)
        if across and (reading.destination != "document" or not reading.metadata):
            self._framed.put(origin, True, len(origin))

    def note_response(self, response: Response) -> None:
        """Count what an answer puts into the jar, and forget what it takes out."""
        if not self._carried:
            return
        if "set-cookie" in response.headers:
            self._set += len(response.headers.lines("set-cookie"))
        cleared = response.headers.get("clear-site-data")
        if cleared is not None and ("cookies" in cleared or "*" in cleared):
            self._carried.clear()


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}"
