"""Groups judged exchanges into findings, by the cause behind what was blocked.

1. Every blocked exchange belongs to one finding: that of a cause which the traffic shows, else that of the plain rule.
2. Decisions are taken as they are: nothing here judges an exchange anew.
3. Memory is bounded, while a finding's `count` stays exact.
"""

from __future__ import annotations

from collections.abc import Hashable

from corsight.policies.fetch.origin import origin_of, same_site
from corsight.policies.findings.advisor import Advisor
from corsight.policies.findings.case import Case, read_case
from corsight.policies.findings.causes import explain, explain_rule
from corsight.policies.findings.diagnose import is_explained, shape_sample
from corsight.policies.findings.doubts import suppose_blocked
from corsight.policies.findings.groups import Group, merge
from corsight.policies.findings.mismatches import find_mismatch
from corsight.policies.findings.model import Cause, Finding, Kind, Mismatch
from corsight.policies.findings.quotes import fill_in
from corsight.policies.findings.sample import Sample
from corsight.policies.findings.traffic import Traffic
from corsight.policies.session import Judged
from corsight.policies.session.judging import Alike
from corsight.policies.session.memory import GIANT, Memory, weigh_exchange
from corsight.policies.value import replace
from corsight.policies.verdict import Outcome, Verdict

GROUPS, SHAPES = 500, 1024
ORDER: tuple[Kind, ...] = ("blocked", "open", "failed", "advice")


type _Place = tuple[Group, Mismatch, list[Verdict]]
"""Where exchanges of one shape belong, what they have and should have, and what other engines make of them."""


class Diagnosis:
    """Collects judged exchanges, and groups them into findings."""

    def __init__(self) -> None:
        self._traffic = Traffic()
        self._groups: dict[tuple[Kind, Case], Group] = {}
        self._rest: dict[tuple[Kind, str], tuple[Group, Case]] = {}
        self._advisor = Advisor()
        self._shapes: Memory[tuple[Kind, Hashable], _Place] = Memory(SHAPES)
        self._quiet: Memory[Alike, None] = Memory(SHAPES)

    def add(self, judged: Judged) -> None:
        """Take in the last word on an exchange: each exchange once, in the order of time."""
        entry, alike = judged.entry, judged.alike
        alone = entry.fetch.id == entry.exchange.id
        if alike is not None and alone and alike in self._quiet:
            self._traffic.add(entry, alike.facts, judged.verdict, alike.allow_origin)
            return
        sample, kind = Sample(judged), find_kind(judged)
        told = Sample(suppose_blocked(judged)) if kind == "open" else sample
        if weigh_exchange(sample.exchange) > GIANT:
            # Held like the others, a few hundred of them would fill the memory: only its rule is told.
            if kind is not None:
                self._traffic.look_up(told)
                self._add_rest(kind, told, read_case(told, self._traffic), find_mismatch(told))
            return
        if kind is not None:
            self._add(kind, told)
        response = sample.exchange.response
        allow_origin = None if response is None else response.headers.get("access-control-allow-origin")
        self._traffic.add(sample.entry, sample.facts, sample.verdict, allow_origin)
        if self._advisor.add(sample) and alike is not None and alone and alike not in self._quiet:
            self._quiet.put(alike, None, alike.weight)

    def _add(self, kind: Kind, sample: Sample) -> None:
        self._traffic.look_up(sample)
        shape = shape_sample(sample)
        place = None if shape is None else self._shapes.get((kind, shape))
        if place is not None:
            group, mismatch, sample.others = place
            group.add(sample, mismatch)
            return
        case, mismatch = read_case(sample, self._traffic), find_mismatch(sample)
        known = self._groups.get((kind, case))
        if known is None and len(self._groups) < GROUPS:
            known = self._groups[kind, case] = Group(kind, sample)
        if known is None:
            self._add_rest(kind, sample, case, mismatch)
            return
        known.add(sample, mismatch)
        if shape is not None:
            self._shapes.put((kind, shape), (known, mismatch, sample.others), weigh_exchange(sample.exchange))

    def _add_rest(self, kind: Kind, sample: Sample, case: Case, mismatch: Mismatch) -> None:
        """Count an exchange under its rule alone, since there is no room for more groups."""
        group, _ = self._rest.setdefault((kind, case.rule), (Group(kind, sample), case))
        group.add(sample, mismatch)

    def conclude(self) -> None:
        """Forget what only the next exchange would be held against: none comes any more."""
        self._shapes.clear()
        self._quiet.clear()
        self._traffic.conclude()
        self._advisor.conclude()

    def unite(self, other: Diagnosis) -> None:
        """Take in the diagnosis of other exchanges, of other clients or another recording; it is of no use then."""
        self._traffic.unite(other._traffic)
        for (kind, case), group in other._groups.items():
            known = self._groups.get((kind, case))
            if known is not None:
                known.unite(group)
            elif len(self._groups) < GROUPS:
                self._groups[kind, replace(case, traffic=self._traffic)] = group
            else:
                self._unite_rest(kind, case, group)
        for (kind, _), (group, case) in other._rest.items():
            self._unite_rest(kind, case, group)
        self._advisor.unite(other._advisor)

    def _unite_rest(self, kind: Kind, case: Case, group: Group) -> None:
        known = self._rest.get((kind, case.rule))
        if known is None:
            self._rest[kind, case.rule] = group, replace(case, traffic=self._traffic)
        else:
            known[0].unite(group)

    def list_findings(self) -> list[Finding]:
        """Return the findings: what is blocked, open, what failed, advice. Of each kind, certain ones come first, then
        those about servers of the page's own site, then those met most often.
        """
        return [finding for finding, _ in self.list_examples()]

    def list_examples(self) -> list[tuple[Finding, Judged]]:
        """Return the findings in that order, each with the first exchange that it was met with."""
        explained = [(case.server, group, explain(case)) for (_, case), group in self._groups.items()]
        explained += [(case.server, group, explain_rule(case)) for group, case in self._rest.values()]
        explained += self._advisor.list_groups()
        together: dict[tuple[Kind, str, str, str], list[tuple[Group, Cause]]] = {}
        for server, group, cause in sorted(explained, key=lambda one: one[1].first.moment):
            key = group.kind, cause.code, server, "" if cause.names else cause.title
            together.setdefault(key, []).append((group, fill_in(cause, group.first)))
        findings = [(merge(groups), groups[0][0].first.judged) for groups in together.values()]
        # What is alike in all of that stays in the order of time.
        return sorted(findings, key=lambda one: _rank(one[0]))


def is_foreign(finding: Finding) -> bool:
    """Return whether all that a finding is about are servers of other sites than their pages'."""
    return bool(finding.places) and all(
        place.origin not in (None, "null") and not same_site(place.origin or "", origin_of(place.url))
        for place in finding.places
    )


def _rank(finding: Finding) -> tuple[int, bool, bool, int, str]:
    return ORDER.index(finding.kind), not finding.certain, is_foreign(finding), -finding.count, finding.code


def find_kind(judged: Judged) -> Kind | None:
    """Return of which kind the finding is that an exchange belongs to; None where nothing is wrong with it."""
    if judged.verdict.outcome is Outcome.BLOCKED:
        return "blocked"
    if judged.verdict.open is not None:
        return "open"
    return "failed" if is_explained(judged) else None
