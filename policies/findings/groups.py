"""Blocked exchanges, put together while they are alike: a group is one line of a finding-to-be.

What is held grows with what differs, not with what repeats, and stops at a bound; counts never do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field

from corsight.policies.findings.case import Case
from corsight.policies.findings.model import LONGEST_MESSAGE, Elsewhere, Place, Said, Seen, Unsure, shown
from corsight.policies.findings.replies import cache_sign, maker_of, redirect_kind
from corsight.policies.findings.seen import place_of, seen_of, unsure_of
from corsight.policies.verdict import EngineName, Outcome

PLACES = 100
"""How many different places of one group are told apart; the rest is only counted."""
EXCHANGES = 20
GROUPS = 500
SEEN = 10
"""Different answers of one group that are shown as they came."""


def signature(case: Case) -> Hashable:
    """What two exchanges have to share to be alike: all that a family of causes may look at."""
    facts, response = case.facts, case.exchange.response
    wire = case.exchange.request.headers
    sign: tuple[object, ...] = ()
    if response is not None:
        get = response.headers.get
        sign = (
            get("access-control-allow-origin"),
            get("access-control-allow-credentials"),
            get("access-control-allow-headers"),
            get("access-control-allow-methods"),
            get("content-type"),
            "set-cookie" in response.headers,
            maker_of(response),
            cache_sign(response) is not None,
            redirect_kind(case.exchange.request.url, get("location")) if facts.role != "request" else None,
        )
    return (
        case.rule,
        facts.role,
        case.server,
        facts.origin,
        facts.page_origin,
        case.judged.verdict.engine,
        case.status or case.exchange.error,
        facts.method if facts.role == "preflight" else case.exchange.request.method,
        facts.names,
        facts.destination,
        case.filled is not None,
        case.entry.stored is not None,
        case.entry.evidence.get("preflight") is not None and case.entry.evidence["preflight"].value == "cached",
        bool(facts.chain),
        case.entry.differing,
        wire.get("access-control-request-private-network"),
        sign,
    )


@dataclass(slots=True)
class Group:
    """Blocked exchanges that are alike; `case` is the first of them."""

    case: Case
    certain: int = 0
    likely: int = 0
    more: int = 0
    seen: dict[Seen, Counter[Place]] = field(default_factory=dict)
    said: dict[EngineName, Said] = field(default_factory=dict)
    unsure: Counter[Unsure] = field(default_factory=Counter)
    elsewhere: Counter[tuple[EngineName, Outcome, str | None]] = field(default_factory=Counter)
    exchanges: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many exchanges it holds."""
        return self.certain + self.likely

    def add(self, case: Case) -> None:
        """Take in one more exchange."""
        judged = case.judged
        entry, verdict = judged.entry, judged.verdict
        if verdict.certainty == "certain":
            self.certain += 1
        else:
            self.likely += 1
            self.unsure[unsure_of(judged)] += 1
        for other in judged.others:
            self.elsewhere[other.engine, other.outcome, other.ruling.rule] += 1
        if len(self.exchanges) < EXCHANGES:
            self.exchanges.append(entry.exchange.id)
        if verdict.engine not in self.said and verdict.ruling.message is not None:
            message = shown(verdict.ruling.message, LONGEST_MESSAGE)
            self.said[verdict.engine] = Said(verdict.engine, verdict.ruling.error, message)
        seen, place = seen_of(judged), place_of(judged)
        places = self.seen.get(seen)
        if (places is None or place not in places) and (
            sum(map(len, self.seen.values())) >= PLACES or (places is None and len(self.seen) >= SEEN)
        ):
            self.more += 1
            return
        if places is None:
            places = self.seen[seen] = Counter()
        places[place] += 1

    def others(self) -> list[Elsewhere]:
        """What the other engines decide."""
        return [Elsewhere(*what, count) for what, count in sorted(self.elsewhere.items(), key=str)]
