"""Which test was running when: what runners tell, and whose a request is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corsight.scripts.runs.tests import Tests, parse_tests, read_tests


def tell(*lines: dict[str, object]) -> Tests:
    return parse_tests(map(json.dumps, lines))


def names(tests: Tests, lane: int | None, started: float) -> list[str]:
    return [test.name for test in tests.find(lane, started)]


LANES = tell(
    {"test": "a", "began": 10, "lane": 0},
    {"test": "b", "began": 11, "lane": 1},
    {"test": "a", "ended": 14, "lane": 0, "outcome": "passed"},
    {"test": "c", "began": 15.5, "lane": 0},
    {"test": "b", "ended": 20, "lane": 1, "outcome": "timedOut"},
)


@pytest.mark.parametrize(
    ("lane", "started", "found"),
    [
        (0, 9.9, []),
        (0, 10, ["a"]),
        (0, 15, ["a"]),
        (0, 15.5, ["c"]),
        (0, 99, ["c"]),
        (1, 10.5, []),
        (1, 12, ["b"]),
        (2, 12, []),
        # Without a lane only the time tells, and what several tests may have sent is of one of them.
        (None, 10.5, ["a"]),
        (None, 12, ["a", "b"]),
        (None, 14.5, ["b"]),
        (None, 21, ["c"]),
        (None, 9, []),
    ],
)
def test_a_request_is_of_the_test_that_ran_in_its_lane(lane: int | None, started: float, found: list[str]) -> None:
    assert names(LANES, lane, started) == found


def test_the_outcome_is_its_runners_word() -> None:
    assert [(test.name, test.outcome) for test in LANES.all] == [("a", "passed"), ("b", "timedOut"), ("c", "")]


def test_a_test_that_runs_again_is_told_apart_by_time() -> None:
    tests = tell(
        {"test": "a", "began": 1},
        {"test": "a", "ended": 2, "outcome": "failed"},
        {"test": "a", "began": 3},
        {"test": "a", "ended": 4, "outcome": "passed"},
    )
    assert [(test.began, test.ended, test.outcome) for test in tests.all] == [(1, 2, "failed"), (3, 4, "passed")]


@pytest.mark.parametrize(
    "line",
    [
        "no JSON",
        "[]",
        "7",
        "{}",
        '{"test": 7, "began": 1}',
        '{"test": "a"}',
        '{"test": "a", "began": "x"}',
        '{"test": "a", "began": 1, "lane": "0"}',
        '{"test": "a", "began": 1, "lane": true}',
        '{"test": "a", "ended": 1}',
        '{"test": "a", "began": NaN}',
        '{"test": "a", "began": 1' + "0" * 400 + "}",
        "[" * 100_000,
    ],
)
def test_a_line_that_tells_of_no_test_is_counted(line: str) -> None:
    tests = parse_tests([line, "", '{"test": "b", "began": 1}'])
    assert tests.broken == 1
    assert [test.name for test in tests.all] == ["b"]


def test_a_runner_that_tells_nothing_has_no_tests(tmp_path: Path) -> None:
    assert read_tests(tmp_path / "tests.jsonl").all == []
