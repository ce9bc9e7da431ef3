"""The casebook: every engine's verdict on every exchange in tests/cases/."""

from __future__ import annotations

import pytest

from corsight.policies.decision.judge import judge
from corsight.policies.rules import DECISIONS
from tests.cases import ENGINES, Case, Expected, cases, read

CASES = cases()


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_every_engine_says_what_the_case_says(case: Case) -> None:
    for engine in ENGINES:
        said, expected = Expected.of(judge(case.exchange, case.facts, engine)), case.expected[engine]
        assert said == expected, f"{case.title} ({engine})"


@pytest.mark.parametrize("rule", DECISIONS)
def test_every_rule_has_a_case_it_blocks_and_one_it_nearly_does(rule: str) -> None:
    mine = [case for case in CASES if case.rule == rule]
    assert any(case.blocks for case in mine), "no case is blocked by it"
    assert any(case.passes and not case.blocks for case in mine), "no case passes it in every engine"


def test_every_case_is_named_for_a_rule() -> None:
    assert [case.name for case in CASES if case.rule not in DECISIONS or not case.name.startswith(case.rule)] == []


def test_a_case_that_cannot_be_read_says_why() -> None:
    good = "# Title\nrule: network-error\n\nGET https://a.test/\n\n200\n\n*: allowed"
    assert read("good", good).expected["webkit"].said.outcome == "allowed"
    for old, new, why in (
        ("\n\n200", "", "four blocks"),
        ("rule:", "rule: x\nflavour:", "no such fact: flavour"),
        ("# Title", "Title", "no title"),
        ("allowed", "permitted", "cannot read the verdict"),
        ("*:", "standard:", "not every engine"),
    ):
        with pytest.raises(ValueError, match=why):
            read("bad", good.replace(old, new, 1))
