"""What each test met: a section beside the findings that takes in every exchange, and tells it to its test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from corsight.policies.findings import Finding
from corsight.policies.findings.fingerprint import Trace
from corsight.policies.redact import printable, redact
from corsight.policies.report import model
from corsight.policies.report.gather import find_ending
from corsight.policies.session import Judged
from corsight.scripts.gate.codes import names_code
from corsight.scripts.gate.suppressions import Expected
from corsight.scripts.report.findings import Findings
from corsight.scripts.report.lines import pluralize
from corsight.scripts.runs.tests import Test, Tests

OUTSIDE = "outside of all tests"
NAMED = 100
"""How many tests the text names."""

type Key = tuple[str, ...]
"""The names of the tests that an exchange may belong to: mostly one, none outside of all tests."""


@dataclass(slots=True)
class Met:
    """What a test met: how many exchanges, how many of them were blocked or are open, and the findings."""

    name: str
    outcome: str = ""
    exchanges: int = 0
    blocked: int = 0
    open: int = 0
    findings: list[Finding] = field(default_factory=list)


class ByTest:
    """The exchanges of all tests. `lanes` are those of exchanges by the ids of their flows."""

    def __init__(self, tests: Tests, lanes: Mapping[str, int]) -> None:
        self._tests = tests
        self._lanes = lanes
        self._met: dict[Key, Met] = {}
        self._open: dict[int | None, tuple[Key, Findings]] = {}
        self._allow: dict[Key, tuple[str, ...]] = {}
        for test in tests.all:
            met = self._met.setdefault((test.name,), Met(test.name))
            met.outcome = test.outcome
            self._allow[test.name,] = tuple(dict.fromkeys((*self._allow.get((test.name,), ()), *test.allow)))

    def add(self, judged: Judged) -> None:
        """Take in the last word on an exchange, in the order of time."""
        lane = self._lanes.get(judged.entry.exchange.id)
        key = _name(self._tests.find(lane, judged.entry.exchange.request.started))
        met = self._met.setdefault(key, Met(" or ".join(key) or OUTSIDE))
        met.exchanges += 1
        ending = find_ending(judged)
        met.blocked += ending == "blocked"
        met.open += ending == "open"
        # Of each lane only the test that runs is held in full.
        known = self._open.get(lane)
        if known is None or known[0] != key:
            self._close(lane)
            self._open[lane] = known = key, Findings()
        known[1].add(judged)

    def _close(self, lane: int | None) -> None:
        if (known := self._open.pop(lane, None)) is not None:
            self._met[known[0]].findings += known[1].sorted()

    def list_met(self) -> list[Met]:
        """Return what each test met, in the order they began; what is of no single test comes last."""
        for lane in list(self._open):
            self._close(lane)
        return list(self._met.values())

    def list_expected(self) -> list[Expected]:
        """Return what tests expect to be blocked, and no other test met."""
        expected: dict[tuple[str, str, str], str] = {}
        others = set[tuple[str, str, str]]()
        for key, met in self._met.items():
            for trace in (trace for finding in met.findings for trace in finding.traces):
                place = trace.cause, trace.method, trace.endpoint
                if any(names_code(code, trace.cause, trace.rule) for code in self._allow.get(key, ())):
                    expected.setdefault(place, met.name)
                else:
                    others.add(place)
        places = defaultdict[str, set[tuple[str, str, str]]](set)
        for place, name in expected.items():
            if place not in others:
                places[name].add(place)
        return [Expected(frozenset(one), f"expected in {_show(name)}") for name, one in places.items()]


def _name(tests: Sequence[Test]) -> Key:
    return tuple(dict.fromkeys(test.name for test in tests))


def match(met: Met, findings: Sequence[Finding]) -> list[tuple[int, Trace]]:
    """Return the findings, over all exchanges, that a test's own are part of: each by its place, with the endpoint.

    What is known of a server over all tests may tell more of a cause than one test does.
    """
    found: dict[tuple[int, Trace], None] = {}
    for own in met.findings:
        for trace in own.traces:
            alike = [
                (other.cause != trace.cause, place, other)
                for place, finding in enumerate(findings)
                if finding.kind == own.kind
                for other in finding.traces
                if other[1:5] == trace[1:5]
            ]
            if alike:
                found[min(alike)[1:]] = None
    return list(found)


def list_tests(met: Sequence[Met], findings: Sequence[Finding]) -> list[model.Test]:
    """Return the tests as the report has them."""
    return [
        model.Test(
            name=_show(one.name),
            outcome=_show(one.outcome),
            exchanges=one.exchanges,
            blocked=one.blocked,
            open=one.open,
            endpoints=sorted({trace.fingerprint for _, trace in match(one, findings)}),
        )
        for one in met
    ]


def write_tests(met: Sequence[Met], numbered: Sequence[Finding], stream: TextIO) -> None:
    """Write which tests met which of the findings, by their numbers in the report."""
    rows = [(numbers, one) for one in met if (numbers := sorted({place + 1 for place, _ in match(one, numbered)}))]
    if not met:
        return
    stream.write(f"\n{len(rows)} of {pluralize(len(met), 'test')} met a finding above")
    stream.write("; the numbers are those of the findings:\n" if rows else ".\n")
    texts = [(", ".join(map(str, numbers)), one) for numbers, one in rows]
    width = max((len(text) for text, _ in texts), default=0)
    for text, one in texts[:NAMED]:
        outcome = f" ({_show(one.outcome)})" if one.outcome else ""
        stream.write(f"  {text:<{width}}  {_show(one.name)}{outcome}\n")
    if len(texts) > NAMED:
        stream.write(f"  and {pluralize(len(texts) - NAMED, 'more test')}\n")


def _show(text: str) -> str:
    return printable(redact(text))
