"""docs/spec.md is what the code says, and every decision's step is in it."""

from __future__ import annotations

import pytest

from corsight.policies.decision.place import locate
from corsight.policies.rules import DECISIONS, RULES
from corsight.scripts.dev.pages import spec
from corsight.scripts.dev.steps import read_steps


@pytest.mark.parametrize("code", [code for code in DECISIONS if locate(code).number])
def test_the_step_that_a_decision_fails_at_is_quoted_in_the_code(code: str) -> None:
    place = locate(code)
    quoted = {(step.link, step.number) for step in read_steps() if step.words}
    assert (place.spec, place.number) in quoted, "put a step comment over the code, as scripts/dev/steps.py says"


def test_every_rule_is_on_the_page_once() -> None:
    text = spec.render()[spec.FILE]
    assert [code for code in RULES if text.count(f"[`{code}`](rules/{code}.md)") != 1] == []
    assert "| 12 cases of allow-credentials-not-true |" in text
