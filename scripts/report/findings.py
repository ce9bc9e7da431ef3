"""Counts what a report needs: outcomes, clients, and the findings of the diagnosis."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from corsight.policies.evidence import Certainty
from corsight.policies.findings import Diagnosis, Explanation, Finding
from corsight.policies.findings.fingerprint import fold_ids, fold_port
from corsight.policies.findings.to_send import ToSend, list_needed
from corsight.policies.redact import redact
from corsight.policies.rules.view import PLUMBING
from corsight.policies.session import Judged
from corsight.policies.verdict import EngineName, Outcome

if TYPE_CHECKING:
    from corsight.policies.report.gather import Gathered

CLIENTS = 50
ENDPOINTS = 20_000
"""How many kinds of verdicts are told apart by endpoint; the rest is counted under OTHERS."""
OTHERS = "others"

type Counted = tuple[str, str, str, str, str, str]
"""Endpoint, page's origin, engine, outcome, certainty, and the code of the cause; empty where there is none."""


class Findings:
    """All that was found.

    `outcomes` counts the exchanges by outcome, `open` those of which that is not known, `browsers` those that a browser
    sent. `diagnose` may be left out where only the counts are needed.
    """

    def __init__(self, *, diagnose: bool = True, gather: bool = False) -> None:
        self.outcomes: Counter[tuple[Outcome, Certainty]] = Counter()
        self.clients: Counter[str] = Counter()
        self.engines: Counter[EngineName] = Counter()
        self.open = 0
        self.browsers = 0
        self.unanswered = 0
        self.patched = 0
        self.to_send = ToSend()
        self.hides = 0
        self.endpoints: Counter[Counted] = Counter()
        self._diagnosis = Diagnosis() if diagnose else None
        self._found: list[Finding] | None = None
        self._gathered = _gather() if gather else None

    def add(self, judged: Judged) -> None:
        """Take in the last word on an exchange."""
        verdict, client, exchange = judged.verdict, judged.client, judged.entry.exchange
        outcome = verdict.outcome
        if verdict.open is not None:
            self.open += 1
        else:
            self.outcomes[outcome, verdict.certainty] += 1
        self.browsers += client.browser
        self.engines[verdict.engine] += 1
        if exchange.patched:
            self.patched += 1
            self.to_send.add(exchange.request.method, exchange.request.url, list_needed(judged))
        if verdict.hidden:
            self.hides += outcome is Outcome.ALLOWED and not PLUMBING.issuperset(verdict.hidden)
        label = client.label
        self.clients[label if label in self.clients or len(self.clients) < CLIENTS else "others"] += 1
        if self._gathered is not None:
            self._gathered.add(judged)
        if self._diagnosis is not None:
            self._diagnosis.add(judged)
            self._found = None
        if outcome is not Outcome.BLOCKED and verdict.ruling.rule is not None:
            self.unanswered += 1

    def count_endpoint(self, judged: Judged, explanation: Explanation | None) -> None:
        """Count a verdict by its endpoint, where that is asked for."""
        verdict, origin = judged.verdict, judged.facts.origin
        endpoint = fold_ids(judged.entry.exchange.request.url)
        page = fold_port(redact(origin)) if origin is not None else ""
        cause = explanation.code if explanation is not None else verdict.ruling.rule or ""
        self._count((endpoint, page, verdict.engine, verdict.outcome.value, verdict.certainty, cause), 1)

    def _count(self, one: Counted, times: int) -> None:
        if one not in self.endpoints and len(self.endpoints) >= ENDPOINTS:
            one = (OTHERS, "", *one[2:5], "")
        self.endpoints[one] += times

    def conclude(self) -> None:
        """Forget what only the next exchange would be held against: none comes any more. The rest may be handed on."""
        if self._gathered is not None:
            self._gathered.conclude()
        if self._diagnosis is not None:
            self._diagnosis.conclude()

    def unite(self, other: Findings) -> None:
        """Take in what was found of other exchanges, after these; `other` is of no use then."""
        self.outcomes.update(other.outcomes)
        self.engines.update(other.engines)
        self.open += other.open
        self.browsers += other.browsers
        self.hides += other.hides
        self.unanswered += other.unanswered
        self.patched += other.patched
        for one, count in other.endpoints.items():
            self._count(one, count)
        self.to_send.unite(other.to_send)
        for label, times in other.clients.items():
            self.clients[label if label in self.clients or len(self.clients) < CLIENTS else "others"] += times
        if self._gathered is not None and other._gathered is not None:
            self._gathered.unite(other._gathered)
        if self._diagnosis is not None and other._diagnosis is not None:
            self._diagnosis.unite(other._diagnosis)
            self._found = None

    def blocked(self, certainty: Certainty) -> int:
        """Return how many exchanges are blocked with that certainty."""
        return self.outcomes[Outcome.BLOCKED, certainty]

    def count(self, outcome: Outcome) -> int:
        """Return how many exchanges have this outcome, without those that are open."""
        return self.outcomes[outcome, "certain"] + self.outcomes[outcome, "likely"]

    def sorted(self) -> list[Finding]:
        """Return the findings, most important first."""
        if self._found is None:
            self._found = [] if self._diagnosis is None else self._diagnosis.list_findings()
        return self._found

    def list_examples(self) -> list[tuple[Finding, Judged]]:
        """Return the findings, each with the first exchange that it was met with."""
        return [] if self._diagnosis is None else self._diagnosis.list_examples()

    def get_gathered(self) -> Gathered:
        """Return what was gathered for a report; nothing where that was not asked for."""
        return self._gathered or _gather()

    @property
    def total(self) -> int:
        """How many exchanges there are."""
        return sum(self.outcomes.values()) + self.open


def _gather() -> Gathered:
    # Only reports take what it takes to gather.
    from corsight.policies.report.gather import Gathered

    return Gathered()
