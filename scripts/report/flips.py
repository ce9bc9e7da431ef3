"""Finds recorded exchanges whose verdict would change if the servers answered by a policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TextIO

from corsight.policies.decision.judge import judge
from corsight.policies.redact import shown
from corsight.policies.server.match import Index
from corsight.policies.server.respond import respond
from corsight.policies.verdict import Outcome, Verdict
from corsight.scripts.report.lines import pluralize

if TYPE_CHECKING:
    from corsight.policies.server.model import ServerPolicy
    from corsight.policies.session import Judged

State = Literal["blocked", "open", "allowed"]
KINDS = 1000
"""How many different flips are told apart; the rest is only counted."""
SHOWN = 20
"""How many are shown of each way."""


class Flip(NamedTuple):
    """An exchange whose verdict would change: what it is now, what it would be, the rule that blocks now or then, and
    where.
    """

    before: State
    after: State
    rule: str
    policy: str
    place: str


class Flips:
    """The verdicts that would change among the audited exchanges."""

    def __init__(self, policies: Sequence[ServerPolicy]) -> None:
        self._policies = Index(tuple(policies))
        self._found: Counter[Flip] = Counter()
        self._tried = 0
        self.certain = 0
        self.likely = 0
        self.uncounted = 0

    def add(self, judged: Judged) -> None:
        """Judge one exchange again, with the answer that its policy gives."""
        exchange, facts, before = judged.entry.exchange, judged.facts, judged.verdict
        policy = self._policies.find(exchange.request.url)
        if policy is None or facts.response is None or facts.tainting != "cors":
            return
        self._tried += 1
        answered = respond(policy, exchange, facts.response).apply(facts.response)
        after = judge(replace(exchange, response=answered), replace(facts, response=answered), before.engine)
        states = _read_state(before), _read_state(after)
        if states[0] == states[1]:
            return
        if states[1] == "blocked" and after.certainty == "certain":
            self.certain += 1
        elif states[1] != "allowed":
            self.likely += 1
        told = after.blocking if states[1] != "allowed" else before.blocking
        rule = "" if told is None or told.ruling.rule is None else told.ruling.rule
        page = f" from {facts.origin}" if facts.origin else ""
        url = exchange.request.url.partition("?")[0]
        flip = Flip(*states, rule, policy.name, shown(f"{exchange.request.method} {url}{page}"))
        if flip in self._found or len(self._found) < KINDS:
            self._found[flip] += 1
        else:
            self.uncounted += 1

    def write(self, stream: TextIO) -> None:
        """Write the section for people."""
        stream.write("\nIf the servers answered by the policy\n")
        if not self._tried:
            stream.write("  nothing would change: no CORS exchange matches it\n")
            return
        if not self._found:
            stream.write(f"  nothing would change in {pluralize(self._tried, 'exchange')} that it is for\n")
            return
        for before, after in dict.fromkeys((flip.before, flip.after) for flip in self._found):
            flips = [
                (flip, count) for flip, count in self._found.items() if (flip.before, flip.after) == (before, after)
            ]
            total = sum(count for _, count in flips)
            stream.write(f"\n  {before} now, {after} then: {pluralize(total, 'exchange')}\n")
            for flip, count in flips[:SHOWN]:
                times = f" ({count} times)" if count > 1 else ""
                stream.write(f"    {flip.place}{times} [{flip.rule}, policy {shown(flip.policy)}]\n")
            if len(flips) > SHOWN:
                stream.write(f"    and {len(flips) - SHOWN} more\n")
        if self.uncounted:
            stream.write(f"\n  and {self.uncounted} more that are not listed\n")


def _read_state(verdict: Verdict) -> State:
    if verdict.outcome is Outcome.BLOCKED:
        return "blocked"
    return "open" if verdict.open is not None else "allowed"
