"""One engine is alone with its decision."""

from __future__ import annotations

from corsight.policies.engines import ENGINES
from corsight.policies.findings.case import Case, in_sentence, listed
from corsight.policies.findings.causes.plain import answered
from corsight.policies.findings.model import Cause
from corsight.policies.rules import RULES
from corsight.policies.verdict import Outcome

BROWSERS = ("chromium", "firefox", "webkit")


def one_engine(case: Case) -> Cause | None:
    """Every other browser lets it pass."""
    engine = case.judged.verdict.engine
    others = [name for name in BROWSERS if name != engine]
    if engine not in BROWSERS or not set(others) <= set(case.entry.differing):
        return None
    outcomes = {one.engine: one.outcome for one in case.judged.others}
    if any(outcomes[name] is Outcome.BLOCKED for name in others):  # type: ignore[index]
        return None
    rule = RULES[case.rule]
    names = listed([ENGINES[name].label for name in others])  # type: ignore[index]
    return Cause(
        "blocked-in-one-engine",
        f"Only {case.browser} blocks this: {in_sentence(rule.title)}",
        f"{answered(case)} {rule.why} {names} would let it pass, so it is easily missed in tests.",
        rule.advice,
        rule.actor,
        (f"Judged by the rules of {names}, the same exchange passes.",),
    )
