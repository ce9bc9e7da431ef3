"""What the traffic as a whole shows: how a server answers an origin, and what was answered for a URL before.

Every memory is bounded; what is forgotten is only evidence that is not given.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from corsight.policies.exchange import Exchange, Response
from corsight.policies.fetch.origin import origin_of
from corsight.policies.findings.replies import cache_sign
from corsight.policies.session import Judged
from corsight.policies.session.memory import Memory
from corsight.policies.verdict import Outcome

STANDINGS = 2000
"""Pairs of a page's origin and a server whose standing is remembered."""
URLS = 4000
VERSIONS = 4
"""Earlier answers that are remembered of one URL."""
VALUES = 16
LATER = 2.0
"""Seconds after which a server would have written another Date: who repeats it hands on a stored reply."""


class Answered(NamedTuple):
    """An earlier answer for a URL: whose it was, and what a cache would have kept of it."""

    id: str
    origin: str | None
    mode: str
    destination: str
    status: int
    allow_origin: str | None
    vary: str | None
    etag: str | None
    modified: str | None
    date: str | None
    received: float
    outcome: Outcome


class Granted(NamedTuple):
    """An earlier preflight that passed, and what it said."""

    id: str
    allow_origin: str | None
    max_age: str | None


@dataclass(slots=True)
class Standing:
    """How one server answers the pages of one origin: what passed, by status, and what the replies were like."""

    passed: Counter[int] = field(default_factory=Counter)
    bare: Counter[int] = field(default_factory=Counter)
    """Replies without Access-Control-Allow-Origin, by status."""
    preflights: int = 0
    """Preflights that passed."""

    @property
    def replies(self) -> int:
        """How many replies passed."""
        return self.passed.total()


@dataclass(slots=True)
class Server:
    """How one server answers, whoever asks."""

    allow_origins: Counter[str] = field(default_factory=Counter)
    """The values of Access-Control-Allow-Origin in its replies."""
    named: dict[str, str] = field(default_factory=dict)
    """Origins that were answered with their own name, and an exchange each."""
    errors_with: Counter[int] = field(default_factory=Counter)
    """Error replies that carried Access-Control-Allow-Origin, by status."""
    errors_without: Counter[int] = field(default_factory=Counter)


class Traffic:
    """What was seen of all exchanges so far."""

    def __init__(self) -> None:
        self._standings: Memory[tuple[str, str], Standing] = Memory(STANDINGS)
        self._servers: Memory[str, Server] = Memory(STANDINGS)
        self._answers: Memory[str, list[Answered]] = Memory(URLS)
        self._granted: Memory[str, list[Granted]] = Memory(URLS)
        self._of_fetch: Memory[str, Granted] = Memory(URLS)

    def add(self, judged: Judged) -> None:
        """Take in an exchange that was judged."""
        entry, exchange = judged.entry, judged.entry.exchange
        facts, response = judged.facts, exchange.response
        if response is None or (facts.tainting == "basic" and facts.mode == "navigate"):
            return
        get = response.headers.get
        allow_origin = get("access-control-allow-origin")
        server = origin_of(exchange.request.url)
        if facts.tainting == "cors":
            self._add_cors(judged, response, server, allow_origin)
        if exchange.request.method == "GET" and entry.role != "preflight":
            answered = Answered(
                exchange.id,
                entry.reading.origin,
                facts.mode,
                facts.destination,
                response.status,
                allow_origin,
                get("vary"),
                get("etag"),
                get("last-modified"),
                get("date"),
                response.received,
                judged.verdict.outcome,
            )
            versions = self._answers.get(exchange.request.url) or []
            self._answers.put(exchange.request.url, [*versions[1 - VERSIONS :], answered])

    def _add_cors(self, judged: Judged, response: Response, server: str, allow_origin: str | None) -> None:
        facts, status = judged.facts, response.status
        origin = facts.origin or "null"
        standing = self._standing(origin, server)
        known = self.server(server)
        if allow_origin is None:
            standing.bare[status] += 1
        elif allow_origin in known.allow_origins or len(known.allow_origins) < VALUES:
            known.allow_origins[allow_origin] += 1
        if allow_origin == origin and len(known.named) < VALUES:
            known.named.setdefault(origin, judged.entry.exchange.id)
        if facts.role != "preflight" and status >= 400:
            (known.errors_without if allow_origin is None else known.errors_with)[status] += 1
        if judged.verdict.outcome is not Outcome.ALLOWED:
            return
        if facts.role == "preflight":
            standing.preflights += 1
            url = judged.entry.exchange.request.url
            granted = Granted(judged.entry.exchange.id, allow_origin, response.headers.get("access-control-max-age"))
            self._of_fetch.put(judged.entry.fetch.id, granted)
            self._granted.put(url, [*(self._granted.get(url) or [])[1 - VERSIONS :], granted])
        elif facts.role == "request":
            standing.passed[status] += 1

    def _standing(self, origin: str, server: str) -> Standing:
        found = self._standings.get((origin, server))
        if found is None:
            found = Standing()
            self._standings.put((origin, server), found)
        return found

    def standing(self, origin: str, server: str) -> Standing:
        """How this server answers pages of this origin."""
        return self._standings.get((origin, server)) or Standing()

    def server(self, server: str) -> Server:
        """How this server answers."""
        found = self._servers.get(server)
        if found is None:
            found = Server()
            self._servers.put(server, found)
        return found

    def answers(self, url: str) -> list[Answered]:
        """What was answered for this URL, oldest first, the last few."""
        return self._answers.get(url) or []

    def preflights(self, url: str) -> list[Granted]:
        """The preflights that passed for this URL, oldest first, the last few."""
        return self._granted.get(url) or []

    def preflight_of(self, fetch: str) -> Granted | None:
        """The preflight that passed for this fetch."""
        return self._of_fetch.get(fetch)

    def filled(self, exchange: Exchange, response: Response) -> Answered | None:
        """The earlier exchange whose answer this response is, served again by a cache; None when none was seen.

        Told by what a cache hands on unchanged: the moment it was made, or, where the response says that it comes from
        a cache, its version.
        """
        get = response.headers.get
        date, allow_origin = get("date"), get("access-control-allow-origin")
        etag, modified = get("etag"), get("last-modified")
        origin = exchange.request.headers.get("origin")
        cached = cache_sign(response) is not None
        for earlier in reversed(self.answers(exchange.request.url)):
            if earlier.id == exchange.id or earlier.allow_origin != allow_origin or earlier.origin == origin:
                continue
            moment = date is not None and earlier.date == date
            version = (etag is not None and etag == earlier.etag) or (
                modified is not None and modified == earlier.modified
            )
            if (moment and response.received - earlier.received > LATER) or (cached and (moment or version)):
                return earlier
        return None
