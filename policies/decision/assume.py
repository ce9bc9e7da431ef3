"""Assumptions: what a person says of facts that the wire leaves open. What it tells stays as it is."""

from __future__ import annotations

from collections.abc import Sequence

from corsight.policies.decision.judge import unite
from corsight.policies.verdict import ASSUMPTIONS, Assumption, Unknown, Verdict

ALIKE = {(Unknown.CREDENTIALS, "omit"): "not-include", (Unknown.CREDENTIALS, "same-origin"): "not-include"}
"""Values that behave alike where they matter, and the one that stands for them."""


def read_assumption(text: str) -> Assumption | None:
    """Return what `credentials=include` says, None where that says nothing that a verdict can turn on."""
    name, _, taken = text.partition("=")
    fact = next((fact for fact in Unknown if fact.value == name), None)
    if fact is None:
        return None
    taken = ALIKE.get((fact, taken), taken)
    return (fact, taken) if (fact, taken) in ASSUMPTIONS else None


def list_assumptions() -> list[str]:
    """Return all that can be assumed, as it is written."""
    return [f"{fact.value}={taken}" for fact, taken in ASSUMPTIONS]


def assume(verdict: Verdict, assumptions: Sequence[Assumption]) -> Verdict:
    """Return the verdict without the branches that assume otherwise, where there are others."""
    taken = dict(assumptions)
    kept = [
        branch for branch in verdict.branches if all(taken.get(fact, one) == one for fact, one in branch.assumptions)
    ]
    if not kept or len(kept) == len(verdict.branches):
        return verdict
    return unite(verdict.engine, kept, verdict.hidden)
