"""Which test was running when: what a runner tells, a line of JSON each, in the file that CORSIGHT_TESTS names.

    {"test": "cart.spec.js > takes it out", "began": 1767225600.25, "lane": 0}
    {"test": "cart.spec.js > takes it out", "ended": 1767225601.5, "lane": 0, "outcome": "passed"}

Times are epoch seconds. A lane is one of several tests that run at a time, by its place in CORSIGHT_PROXIES: each has a
proxy's port of its own, so that its exchanges are told from those of the others. Without lanes only the time tells.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any, ClassVar

LARGEST = 50 * 1024 * 1024
"""Bytes of that file that are read."""
LONGEST = 300
"""Characters of a test's name."""


@dataclass(slots=True)
class Test:
    """One run of a test. `lane` is None where its runner has none, `ended` where it did not say."""

    name: str
    began: float
    lane: int | None = None
    ended: float | None = None
    outcome: str = ""
    """What became of it in its runner's words: passed, failed, and others."""
    allow: tuple[str, ...] = ()
    """Codes of what it expects to be blocked, or patterns of them."""
    __test__: ClassVar[bool] = False
    """Said to pytest, which takes every class of this name for a test of its own."""


@dataclass(slots=True)
class Tests:
    """All that were told. `broken` counts the lines that say nothing."""

    all: list[Test] = field(default_factory=list)
    broken: int = 0
    __test__: ClassVar[bool] = False
    _lanes: dict[int, list[Test]] = field(default_factory=lambda: defaultdict(list))

    def add(self, test: Test) -> None:
        """Take in one that begins."""
        self.all.append(test)
        if test.lane is not None:
            self._lanes[test.lane].append(test)
            self._lanes[test.lane].sort(key=lambda one: one.began)

    def end(self, name: str, lane: int | None, ended: float, outcome: str) -> None:
        """Take in the end of the one of this name that began last."""
        for test in reversed(self.all):
            if test.name == name and test.lane == lane and test.ended is None:
                test.ended, test.outcome = ended, outcome
                return
        self.broken += 1

    def find(self, lane: int | None, started: float) -> tuple[Test, ...]:
        """Return the test that a request was sent in. None where none ran; several where it was one of them.

        A lane runs one test after the other: what comes between two belongs to the first.
        """
        if lane is not None:
            tests = self._lanes.get(lane, [])
            place = bisect_right(tests, started, key=lambda test: test.began)
            return (tests[place - 1],) if place else ()
        return tuple(
            test for test in self.all if test.began <= started and (test.ended is None or started <= test.ended)
        )


def read_tests(path: Path) -> Tests:
    """Return what a runner told in a file; nothing where there is none."""
    try:
        with path.open("rb") as file:
            return parse_tests(file.read(LARGEST).decode("utf-8", "replace").split("\n"))
    except FileNotFoundError:
        return Tests()


def parse_tests(lines: Iterable[str]) -> Tests:
    """Return what these lines tell."""
    tests = Tests()
    for line in filter(str.strip, lines):
        try:
            _take(tests, json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
            tests.broken += 1
    return tests


def _take(tests: Tests, line: Mapping[str, Any]) -> None:
    name, lane = line["test"], line.get("lane")
    if not isinstance(name, str) or not (lane is None or type(lane) is int):
        raise TypeError
    name = name[:LONGEST]
    if "began" in line:
        tests.add(Test(name, _read_time(line["began"]), lane, allow=tuple(map(str, line.get("allow", ())))))
    else:
        tests.end(name, lane, _read_time(line["ended"]), str(line.get("outcome", ""))[:LONGEST])


def _read_time(said: Any) -> float:
    """Return epoch seconds. Raises ValueError or another for what is no time."""
    seconds = float(said)
    if not isfinite(seconds):
        raise ValueError
    return seconds
