"""Gathers, while exchanges are judged, what a report says beside the findings: counts, endpoints, what to configure.

What it holds is bounded; what is beyond that is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from corsight.policies.evidence import Certainty
from corsight.policies.fetch.origin import origin_of
from corsight.policies.findings.fingerprint import fold_ids
from corsight.policies.server.needs import find_endpoint
from corsight.policies.session import Judged
from corsight.policies.session.memory import GIANT, Memory, weigh_exchange
from corsight.policies.verdict import Outcome

ENDPOINTS = 2000
"""How many endpoints are told apart."""
NEEDS = 5000
"""How many different requests configurations are made from."""
CLIENTS = 50
FETCHES, LIKE = 2000, 2
"""How many fetches in which something went wrong are kept to be told, and how many of a kind."""
EXCHANGES = 20
"""How many exchanges of a fetch are kept."""
RECENT, RECENT_BYTES = 2048, 8 * 1024 * 1024
"""How many fetches wait for something to go wrong, and bytes of the URLs and headers in them."""

type Ending = str
"""What became of an exchange: blocked, open, failed or passed."""


@dataclass(slots=True)
class Gathered:
    """Of all exchanges: what they came to, whose they were, their endpoints, and those that need different grants."""

    outcomes: Counter[tuple[Outcome, Certainty]] = field(default_factory=Counter)
    endings: Counter[Ending] = field(default_factory=Counter)
    clients: Counter[str] = field(default_factory=Counter)
    endpoints: dict[tuple[str, str], Counter[Ending]] = field(default_factory=dict)
    needs: dict[Hashable, Judged] = field(default_factory=dict)
    fetches: dict[str, list[Judged]] = field(default_factory=dict)
    patched: int = 0
    more_endpoints: int = 0
    more_needs: int = 0
    _recent: Memory[str, list[Judged]] = field(default_factory=lambda: Memory(RECENT, RECENT_BYTES))
    _kinds: Counter[Hashable] = field(default_factory=Counter)

    def add(self, judged: Judged) -> None:
        """Take in the last word on an exchange."""
        verdict, request = judged.verdict, judged.entry.exchange.request
        if verdict.open is None:
            self.outcomes[verdict.outcome, verdict.certainty] += 1
        self.patched += judged.entry.exchange.patched
        self._count_client(judged.client.label, 1)
        ending = find_ending(judged)
        self.endings[ending] += 1
        if verdict.outcome is not Outcome.NOT_CORS or ending != "passed":
            self._count_endpoint((judged.facts.method, fold_ids(request.url)), Counter({ending: 1}))
        if judged.facts.tainting == "cors":
            self._need(_key(judged), judged)
        self._keep(judged, ending)

    def conclude(self) -> None:
        """Forget the fetches in which nothing went wrong: none of their exchanges comes any more."""
        self._recent.clear()

    def unite(self, other: Gathered) -> None:
        """Take in what was gathered of other exchanges."""
        self.outcomes.update(other.outcomes)
        self.endings.update(other.endings)
        self.patched += other.patched
        self.more_endpoints += other.more_endpoints
        self.more_needs += other.more_needs
        for label, times in other.clients.items():
            self._count_client(label, times)
        for endpoint, endings in other.endpoints.items():
            self._count_endpoint(endpoint, endings)
        for key, judged in other.needs.items():
            self._need(key, judged)
        for fetch, judgeds in other.fetches.items():
            if len(self.fetches) < FETCHES:
                self.fetches.setdefault(fetch, judgeds)

    def _keep(self, judged: Judged, ending: Ending) -> None:
        """Keep the exchanges of its fetch together: for good where something went wrong."""
        exchange, fetch = judged.entry.exchange, judged.entry.fetch.id
        weight = weigh_exchange(exchange)
        if weight > GIANT:
            return
        together = self.fetches.get(fetch)
        if together is not None:
            if len(together) < EXCHANGES:
                together.append(judged)
            return
        together = self._recent.get(fetch, [])
        if len(together) >= EXCHANGES:
            return
        together.append(judged)
        if len(together) == 1:
            self._recent.put(fetch, together, weight)
        else:
            self._recent.add_weight(fetch, weight)
        kind = ending, judged.verdict.ruling.rule, origin_of(exchange.request.url), judged.facts.origin
        if (ending != "passed" or judged.entry.advice) and self._kinds[kind] < LIKE and len(self.fetches) < FETCHES:
            self._kinds[kind] += 1
            self.fetches[fetch] = together

    def _count_client(self, label: str, times: int) -> None:
        self.clients[label if label in self.clients or len(self.clients) < CLIENTS else "others"] += times

    def _count_endpoint(self, endpoint: tuple[str, str], endings: Counter[Ending]) -> None:
        known = self.endpoints.get(endpoint)
        if known is not None:
            known.update(endings)
        elif len(self.endpoints) < ENDPOINTS:
            self.endpoints[endpoint] = Counter(endings)
        else:
            self.more_endpoints += endings.total()

    def _need(self, key: Hashable, judged: Judged) -> None:
        if key in self.needs:
            return
        if len(self.needs) < NEEDS:
            self.needs[key] = judged
        else:
            self.more_needs += 1


def find_ending(judged: Judged) -> Ending:
    """Return what became of an exchange: blocked, open, failed or passed."""
    verdict = judged.verdict
    if verdict.outcome is Outcome.BLOCKED:
        return "blocked"
    if verdict.open is not None:
        return "open"
    return "failed" if verdict.ruling.rule is not None else "passed"


def _key(judged: Judged) -> Hashable:
    """Return all of an exchange that a policy inferred from it turns on."""
    facts, exchange = judged.facts, judged.entry.exchange
    exposed = None if exchange.response is None else exchange.response.headers.get("access-control-expose-headers")
    return (
        find_endpoint(exchange.request.url),
        *(facts.origin, facts.method, facts.names, facts.role, facts.credentials, facts.likelier),
        *(judged.verdict.outcome, judged.entry.preflight is not None, exposed),
    )
