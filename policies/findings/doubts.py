"""Doubts: why a verdict is only likely, in words. All that reads a verdict's branches is here."""

from __future__ import annotations

from corsight.policies.decision.judge import judge
from corsight.policies.facts import Facts
from corsight.policies.findings.model import Doubt
from corsight.policies.findings.sample import Sample
from corsight.policies.session import Judged
from corsight.policies.value import replace
from corsight.policies.verdict import Branch, Outcome, Unknown


def find_doubt(sample: Sample) -> Doubt:
    """Return why this verdict is only likely, counted once."""
    verdict, because = sample.verdict, _find_reason(sample, sample.verdict.branch)
    other = next((branch for branch in verdict.branches if branch.outcome is not verdict.outcome), None)
    if other is None:
        return Doubt("", because, "")
    ruling = other.ruling
    outcome = f"blocked by {ruling.rule}" if ruling.outcome is Outcome.BLOCKED else ruling.outcome.value
    return Doubt(verdict.branch.describe(other), because, f"{other.describe(verdict.branch)}, it is {outcome}")


def suppose_blocked(judged: Judged) -> Judged:
    """Return what is said of an open exchange if it is blocked: the branch that blocks comes first, and the facts are
    as it takes them.
    """
    branch, verdict = judged.verdict.blocking or judged.verdict.branch, judged.verdict
    others = tuple(one for one in verdict.branches if one is not branch)
    facts = _answer(judged, branch).settle(branch.premise)
    return replace(judged, facts=facts, verdict=replace(verdict, branches=(branch, *others)))


def _answer(judged: Judged, branch: Branch) -> Facts:
    """Return the facts with the stored response that a branch assumes a 304 to have confirmed."""
    if branch.assumed(Unknown.STORED) == "earlier":
        for response in judged.entry.stored_too:
            facts = judged.facts.answer(response)
            verdict = judge(judged.entry.exchange, facts, judged.verdict.engine)
            if any(one.ruling == branch.ruling for one in verdict.branches):
                return facts
    return judged.facts


def find_opening(sample: Sample) -> Doubt:
    """Return what an open exchange turns on, of what is said of it if it is blocked."""
    blocking, passing, *_ = sample.verdict.branches
    return Doubt(
        taken=blocking.describe(passing),
        because=_find_reason(sample, passing),
        otherwise=f"{passing.describe(blocking) or 'otherwise'}, it is {passing.outcome.value}",
        assumptions=list_assumed(blocking, passing),
    )


def list_assumed(branch: Branch, other: Branch) -> tuple[str, ...]:
    """Return what a branch assumes and another does not, as the log has it: `credentials=include`."""
    return tuple(f"{fact.value}={taken}" for fact, taken in branch.assumptions if other.assumed(fact) != taken)


def _find_reason(sample: Sample, taken: Branch) -> str:
    """Return why the facts are likelier as this branch has them."""
    entry = sample.entry
    evidence = [one for one in (*entry.fetch.evidence.values(), *entry.evidence.values()) if one.certainty == "likely"]
    if taken.assumed(Unknown.ANSWER) is not None:
        return "the browser reports no other failure"
    if evidence:
        return evidence[-1].because
    response = entry.stored or sample.exchange.response
    if taken.assumed(Unknown.CREDENTIALS) != "include":
        return "nothing suggests otherwise"
    if response is not None and response.headers.get("access-control-allow-credentials") == "true":
        return "the response allows them"
    return "the page's other requests to this server have them"
