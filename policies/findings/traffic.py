"""What the traffic as a whole shows: how a server answers an origin, and what was answered for a URL before.

Every memory is bounded; what is forgotten is only evidence that is not given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from corsight.policies.evidence import Evidence
from corsight.policies.exchange import Exchange, Response
from corsight.policies.facts import Facts, Role
from corsight.policies.findings.makers import find_cache_sign
from corsight.policies.findings.sample import Answered, Granted, Sample
from corsight.policies.session.fetches import Entry
from corsight.policies.session.memory import Memory
from corsight.policies.verdict import Outcome, Verdict

STANDINGS = 2000
"""Pairs of a page's origin and a server whose standing is remembered."""
URLS = 4000
LIMIT = 2 * 1024 * 1024
"""Characters that each memory holds."""
VERSIONS = 4
"""Earlier answers that are remembered of one URL."""
VALUES = 16
LONGEST = 512
"""Characters of a value, and of an origin, that are remembered of one server."""
News = Literal["everybody", "origin"] | None
"""Whom something new about a server concerns: all that ask it, or those of the same origin."""
LATER = 2.0
"""Seconds after which a server would have written another Date: who repeats it hands on a stored reply."""


@dataclass(slots=True)
class Standing:
    """How one server answers the pages of one origin: how many replies and preflights passed, and the statuses of
    replies without Access-Control-Allow-Origin.
    """

    replies: int = 0
    preflights: int = 0
    bare: set[int] = field(default_factory=set)

    def count_passed(self, role: Role, times: int) -> bool:
        """Count an exchange that passed, or, less than 0 times, one that did not after all; a redirect counts as
        neither. Return whether this was the first of its kind, or the last.
        """
        if role == "preflight":
            before = self.preflights
            self.preflights = after = max(0, before + times)
        elif role == "request":
            before = self.replies
            self.replies = after = max(0, before + times)
        else:
            return False
        return (before > 0) != (after > 0)


@dataclass(slots=True)
class Server:
    """How one server answers, whoever asks: how many replies there were, the values of Access-Control-Allow-Origin, the
    origins that were answered by name, and the statuses of error replies that have the header.
    """

    replies: int = 0
    allow_origins: Counter[str] = field(default_factory=Counter)
    named: set[str] = field(default_factory=set)
    errors: set[int] = field(default_factory=set)


class Traffic:
    """What was seen of all exchanges so far."""

    def __init__(self) -> None:
        self._standings: Memory[tuple[str, str], Standing] = Memory(STANDINGS, LIMIT)
        self._servers: Memory[str, Server] = Memory(STANDINGS, LIMIT)
        self._answers: Memory[str, list[Answered]] = Memory(URLS, LIMIT)
        self._preflights: Memory[str, list[Granted]] = Memory(URLS, LIMIT)
        self._of_fetches: Memory[str, Granted] = Memory(URLS, LIMIT)

    def add(self, entry: Entry, facts: Facts, verdict: Verdict, allow_origin: str | None) -> News:
        """Take in an exchange, by what is said of it now; return whether it shows something new of its server, and to
        whom. `allow_origin` is the response's Access-Control-Allow-Origin; that of the facts is not looked at.
        """
        exchange, response = entry.exchange, entry.exchange.response
        if response is None or (facts.tainting == "basic" and facts.mode == "navigate"):
            return None
        news: News = None
        if facts.tainting == "cors":
            news = self._add_cors(entry, facts, verdict, response, allow_origin)
        if exchange.request.method == "GET" and facts.role != "preflight":
            answered = Answered(
                exchange.id,
                entry.reading.origin,
                facts.mode,
                facts.destination,
                response.headers,
                response.received,
                entry.weight,
            )
            _append(self._answers, exchange.request.url, answered)
        return news

    def _add_cors(
        self, entry: Entry, facts: Facts, verdict: Verdict, response: Response, allow_origin: str | None
    ) -> News:
        exchange, status, name = entry.exchange, response.status, entry.server
        origin = facts.origin or "null"
        pair, length = (origin, name), len(name)
        standing = self._standings.get(pair) or _make(self._standings, pair, Standing(), len(origin) + length)
        server = self._servers.get(name) or _make(self._servers, name, Server(), length)
        preflight = facts.role == "preflight"
        server.replies += 1
        new, new_to_origin = False, False
        if allow_origin is None:
            if status not in standing.bare:
                standing.bare.add(status)
                new_to_origin = True
        else:
            values = server.allow_origins
            if allow_origin in values:
                values[allow_origin] += 1
            elif len(values) < VALUES and len(allow_origin) <= LONGEST:
                values[allow_origin], new = 1, True
            named = server.named
            if allow_origin == origin and origin not in named and len(named) < VALUES and len(origin) <= LONGEST:
                named.add(origin)
                new = True
            if status >= 400 and not preflight and status not in server.errors:
                server.errors.add(status)
                new = True
        if verdict.outcome is Outcome.ALLOWED:
            new_to_origin |= standing.count_passed(facts.role, 1)
            if preflight:
                max_age = response.headers.get("access-control-max-age")
                weight = len(allow_origin or "") + len(max_age or "")
                granted = Granted(exchange.id, allow_origin, max_age, len(exchange.id) + weight)
                self._of_fetches.put(entry.fetch.id, granted, weight)
                _append(self._preflights, exchange.request.url, granted)
        if new:
            return "everybody"
        return "origin" if new_to_origin else None

    def revise(self, entry: Entry, facts: Facts, verdict: Verdict, *, passed: bool) -> News:
        """Take in a new word on an exchange that was taken in; `passed` tells whether it was counted as passed."""
        passes = verdict.outcome is Outcome.ALLOWED
        if passes == passed or facts.tainting != "cors" or entry.exchange.response is None:
            return None
        origin, server = facts.origin or "null", entry.server
        pair, weight = (origin, server), len(origin) + len(server)
        standing = self._standings.get(pair) or _make(self._standings, pair, Standing(), weight)
        return "origin" if standing.count_passed(facts.role, 1 if passes else -1) else None

    def conclude(self) -> None:
        """Forget what only the next exchange would be held against: none comes any more."""
        for memory in (self._answers, self._preflights, self._of_fetches):
            memory.clear()

    def unite(self, other: Traffic) -> None:
        """Take in what was seen of other exchanges, after these."""
        for pair, standing in other._standings.items():
            own = self._standings.get(pair) or _make(self._standings, pair, Standing(), len(pair[0]) + len(pair[1]))
            own.replies += standing.replies
            own.preflights += standing.preflights
            own.bare |= standing.bare
        for name, server in other._servers.items():
            known = self._servers.get(name) or _make(self._servers, name, Server(), len(name))
            known.replies += server.replies
            for value, times in server.allow_origins.items():
                if value in known.allow_origins or len(known.allow_origins) < VALUES:
                    known.allow_origins[value] += times
            known.named.update(sorted(server.named - known.named)[: VALUES - len(known.named)])
            known.errors |= server.errors

    def find_standing(self, origin: str, server: str) -> Standing:
        """Return how this server answers pages of this origin."""
        return self._standings.get((origin, server)) or Standing()

    def find_server(self, server: str) -> Server:
        """Return how this server answers."""
        return self._servers.get(server) or Server()

    def look_up(self, sample: Sample) -> None:
        """Add to an exchange what was seen before it."""
        url, response = sample.url, sample.exchange.response
        sample.others = None
        stored, cached = sample.find_evidence("response", "stored"), sample.find_evidence("preflight", "cached")
        sample.stored = _find_named(stored, self._answers.get(url))
        sample.remembered = _find_named(cached, self._preflights.get(url))
        if sample.facts.role != "preflight":
            sample.preflight = self._of_fetches.get(sample.entry.fetch.id)
            sample.filler = None if response is None else self._find_filler(sample.exchange, response)

    def _find_filler(self, exchange: Exchange, response: Response) -> Answered | None:
        """Return the earlier answer that this response is, served again by a cache; None when none was seen.

        Told by what a cache hands on unchanged: the moment it was made, or, where the response says that it comes from
        a cache, its version.
        """
        answers = self._answers.get(exchange.request.url)
        if not answers:
            return None
        origin = exchange.request.headers.get("origin")
        allow_origin = response.headers.get("access-control-allow-origin")
        others = (
            earlier
            for earlier in reversed(answers)
            if earlier.origin != origin and earlier.id != exchange.id and earlier.allow_origin == allow_origin
        )
        return next((earlier for earlier in others if _is_handed_on(earlier, response)), None)


def _is_handed_on(earlier: Answered, response: Response) -> bool:
    """Return whether a response is an earlier answer, handed on by a cache."""
    get, was = response.headers.get, earlier.headers.get
    moment = get("date") is not None and get("date") == was("date")
    if moment and response.received - earlier.received > LATER:
        return True
    alike = moment or any(get(name) is not None and get(name) == was(name) for name in ("etag", "last-modified"))
    return alike and find_cache_sign(response) is not None


def _make[K, V](memory: Memory[K, V], key: K, value: V, weight: int) -> V:
    memory.put(key, value, weight)
    return value


def _append[T: Answered | Granted](memory: Memory[str, list[T]], url: str, record: T) -> None:
    records = memory.get(url)
    if records is None:
        memory.put(url, [record], len(url) + record.weight)
        return
    records.append(record)
    weight = record.weight
    if len(records) > VERSIONS:
        weight -= records.pop(0).weight
    if weight:
        memory.add_weight(url, weight)


def _find_named[T: (Answered, Granted)](evidence: Evidence | None, records: Iterable[T] | None) -> T | None:
    """Return the record of the exchange that the evidence names."""
    if evidence is None or not evidence.details:
        return None
    return next((record for record in records or () if record.id == evidence.details[0]), None)
