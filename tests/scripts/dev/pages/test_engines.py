"""docs/engines.md lists every departure and every change, and the builds that were measured."""

from __future__ import annotations

import re

import pytest

from corsight.policies.engines import ENGINES
from corsight.policies.verdict import EngineName
from corsight.scripts.dev.pages import engines


def section(engine: EngineName) -> str:
    page = engines.render()[engines.FILE]
    return page.partition(f"\n## {ENGINES[engine].label}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("engine", engines.BROWSERS)
def test_every_departure_and_every_change_has_its_row(engine: EngineName) -> None:
    policy, rows = ENGINES[engine], section(engine).splitlines()
    for departure in policy.departures.values():
        assert sum(row.startswith(f"| {departure.what.replace('|', chr(92) + '|')} |") for row in rows) == 1
    for change in policy.changes:
        [row] = [
            one for one in rows if one.startswith(f"| {change.what.replace('|', chr(92) + '|')} | {change.until} |")
        ]
        assert f"| {change.since} |" in row
        assert row.endswith(f"| {change.source} |")


@pytest.mark.parametrize("engine", engines.BROWSERS)
def test_the_builds_named_reach_from_the_oldest_to_the_youngest_that_count_as_measured(engine: EngineName) -> None:
    named = engines.BUILDS[engine]
    numbers = [int(one) for one in re.findall(r"(?<![\d.])\d+(?![\d.]*\d)", named)]
    assert ENGINES[engine].measured == (min(numbers), max(numbers))


def test_only_browsers_are_listed() -> None:
    assert set(engines.BROWSERS) == set(ENGINES) - {"standard"}
