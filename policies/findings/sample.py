"""Samples: one judged exchange with what the traffic before it tells of it. All that is read of a session is read here.

A sample is what cases are read from and what texts quote; causes never see one.
"""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.evidence import Evidence, Reason
from corsight.policies.exchange import HeaderList, Response
from corsight.policies.session import Judged
from corsight.policies.verdict import Verdict


class Answered(NamedTuple):
    """An earlier answer for a URL: who asked and how, and the headers of it, of which a cache keeps some.

    `weight` is how many bytes they have, and the request with them.
    """

    id: str
    origin: str | None
    mode: str
    destination: str
    headers: HeaderList
    received: float
    weight: int

    @property
    def allow_origin(self) -> str | None:
        """Its Access-Control-Allow-Origin."""
        return self.headers.get("access-control-allow-origin")


class Granted(NamedTuple):
    """An earlier preflight that passed, and what its answer said; `weight` is how many bytes that has."""

    id: str
    allow_origin: str | None
    max_age: str | None
    weight: int


class Sample:
    """One judged exchange, and what was seen before it.

    `response` is the one that was judged, after a 304 the stored one; None where no answer came. `server` is the URL's
    origin, `method` the request's (of a preflight, the one that it asks for), `moment` when it set out and its id.
    What `Traffic.look_up` adds: `others` are the verdicts of the engines that decide otherwise, `filler` is the earlier
    answer that a cache seems to have served again, `stored` the one that a 304 confirmed, `remembered` the cached
    preflight that the request went by, and `preflight` the one that its fetch sent.
    """

    __slots__ = (
        *("entry", "exchange", "facts", "judged", "method", "moment", "response", "rule", "server", "url", "verdict"),
        *("_others", "filler", "preflight", "remembered", "stored"),
    )

    def __init__(self, judged: Judged) -> None:
        entry, exchange, facts = judged.entry, judged.entry.exchange, judged.facts
        self.judged, self.entry, self.exchange, self.facts = judged, entry, exchange, facts
        self.verdict, self.rule = judged.verdict, judged.verdict.ruling.rule or ""
        self.response: Response | None = facts.response
        self.url = exchange.request.url
        self.server = entry.server
        self.method = facts.method if facts.role == "preflight" else exchange.request.method
        self.moment = exchange.request.started, exchange.id
        self._others: list[Verdict] | None = []
        self.filler: Answered | None = None
        self.stored: Answered | None = None
        self.remembered: Granted | None = None
        self.preflight: Granted | None = None

    @property
    def others(self) -> list[Verdict]:
        """The verdicts of the engines that decide otherwise; None was set where they are to be worked out."""
        if self._others is None:
            self._others = self.judged.others
        return self._others

    @others.setter
    def others(self, verdicts: list[Verdict] | None) -> None:
        self._others = verdicts

    def find_evidence(self, fact: str, value: str | None = None) -> Evidence | None:
        """Return the evidence for this fact, where it says that the fact has this value; None without."""
        evidence = self.entry.evidence.get(fact) or self.entry.fetch.evidence.get(fact)
        return evidence if evidence is not None and value in (None, evidence.value) else None

    def is_unfollowed(self) -> bool:
        """Return whether it is a preflight that is only likely to be blocked, since no request followed it."""
        unfollowed, evidence = Reason.PREFLIGHT_UNFOLLOWED, self.entry.evidence.values()
        return self.verdict.certainty != "certain" and (
            self.entry.fetch.rests_on(unfollowed) or any(one.reason is unfollowed for one in evidence)
        )
