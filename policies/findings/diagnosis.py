"""Diagnosis: takes in the last word on each exchange, and says the causes behind what was blocked.

1. Every blocked exchange belongs to one finding: that of a cause which the traffic shows, else that of the plain rule.
2. Decisions are taken as they are: nothing here judges an exchange anew.
3. Memory is bounded, while a finding's `count` stays exact.
"""

from __future__ import annotations

from collections.abc import Hashable

from corsight.policies.findings.advice import Advice
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes import explain, plain
from corsight.policies.findings.groups import GROUPS, Group, signature
from corsight.policies.findings.merge import merged
from corsight.policies.findings.model import Cause, Finding, Kind
from corsight.policies.findings.traffic import Traffic
from corsight.policies.session import Judged
from corsight.policies.verdict import Outcome

ORDER: tuple[Kind, ...] = ("blocked", "failed", "advice")


class Diagnosis:
    """What many exchanges say together."""

    def __init__(self) -> None:
        self._traffic = Traffic()
        self._groups: dict[Hashable, Group] = {}
        self._rest: dict[str, Group] = {}
        self._advice = Advice()

    def add(self, judged: Judged) -> None:
        """Take in the last word on an exchange: each exchange once, in the order of time."""
        if judged.verdict.outcome is Outcome.BLOCKED or _failed_with_cors(judged):
            case = Case(judged, self._traffic)
            self._group(case).add(case)
        self._traffic.add(judged)
        self._advice.add(judged)

    def _group(self, case: Case) -> Group:
        key = signature(case)
        group = self._groups.get(key)
        if group is not None:
            return group
        if len(self._groups) < GROUPS:
            return self._groups.setdefault(key, Group(case))
        # No room to tell it apart: only its rule is told.
        return self._rest.setdefault(case.rule, Group(case))

    def findings(self) -> list[Finding]:
        """The findings, most important first: what is blocked, what failed, advice; then by certainty and count."""
        explained = [(group, explain(group.case)) for group in self._groups.values()]
        explained += [(group, plain(group.case)) for group in self._rest.values()]
        together: dict[tuple[Kind, str, str, str], list[tuple[Group, Cause]]] = {}
        for group, cause in explained:
            kind: Kind = "blocked" if group.case.judged.verdict.outcome is Outcome.BLOCKED else "failed"
            together.setdefault((kind, cause.code, group.case.server, cause.title), []).append((group, cause))
        found = self._advice.findings()
        for (kind, *_), members in together.items():
            members.sort(key=lambda member: -member[0].count)
            groups, causes = zip(*members, strict=True)
            found.append(merged(groups, causes, kind))
        return sorted(found, key=lambda one: (ORDER.index(one.kind), not one.certain, -one.count, one.code))


def _failed_with_cors(judged: Judged) -> bool:
    """Whether a request got no answer for which the console may blame CORS. What else fails is nobody's question here:
    browsers ask their makers for things all the time.
    """
    facts = judged.facts
    return judged.verdict.ruling.rule is not None and "cors" in (facts.tainting, facts.tainting_too)
