"""The catalogue as data: filled in from its examples, in the engines' own words."""

from __future__ import annotations

import pytest

from corsight.policies.actor import name_actor
from corsight.policies.decision.judge import judge
from corsight.policies.engines import ENGINES
from corsight.policies.rules import FAMILIES, RULES
from corsight.scripts.catalogue import data, family


@pytest.mark.parametrize("code", RULES)
def test_every_rule_can_be_told(code: str) -> None:
    rule, told = RULES[code], data(RULES[code])
    assert told["family"] in FAMILIES
    assert told["section"]
    assert name_actor(rule.actor)
    assert list(told["engines"]) == list(ENGINES)
    example = told["example"]
    assert len(example["exchanges"]) == len(rule.example.texts)
    assert "{" not in example["seen"] + example["needed"]
    assert "(none)" not in example["needed"]
    assert bool(example["edits"] or example["status"]) == rule.mendable


def test_the_words_are_the_engines_own() -> None:
    for code, rule in RULES.items():
        for name, said in data(rule)["engines"].items():
            assert said["label"] == ENGINES[name].label
            if rule.kind == "advice":
                assert "message" not in said
                continue
            ruling = judge(rule.example.exchange, rule.example.facts, name).ruling
            assert (said["rule"], said["error"], said["message"]) == (ruling.rule, ruling.error, ruling.message)
            assert said["says"] == (ruling.rule == code)


def test_a_family_is_found_by_any_of_its_rules() -> None:
    assert family("preflight-redirect") == family("preflight-status-not-ok") == "The preflight"
