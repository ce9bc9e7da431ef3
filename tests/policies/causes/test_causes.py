"""The catalogue of causes: every one is whole, and its code is no rule's."""

from __future__ import annotations

import re

import pytest

from corsight.policies.causes import CAUSES, FAMILIES, KnownCause
from corsight.policies.console import SAYINGS
from corsight.policies.rules import RULES


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_every_cause_is_whole(cause: KnownCause) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", cause.code)
    assert cause.code not in RULES
    for text in (cause.title, cause.why, cause.advice):
        assert text.endswith(".")
        assert "!" not in text
        assert "  " not in text
    assert cause.title[0].isupper() or cause.title.startswith(("* ", "nginx"))
    assert cause.why != cause.advice


def test_codes_are_unique() -> None:
    assert sum(len(family.CAUSES) for family in FAMILIES.values()) == len(CAUSES)


def test_every_saying_has_a_code_that_can_be_looked_up() -> None:
    for sayings in SAYINGS.values():
        for one in sayings:
            assert one.code in CAUSES or one.code in RULES, one.text
            assert one.rule is None or one.rule in RULES
