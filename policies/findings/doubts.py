"""Doubts: why a verdict is only likely, in words. All that reads a verdict's branches is here."""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.findings.model import Doubt
from corsight.policies.findings.sample import Sample
from corsight.policies.verdict import Outcome, Ruling, Unknown, Verdict


class Alternative(NamedTuple):
    """A branch that comes to something else: how the page asked in the branch that is taken, how in this one, and its
    ruling.
    """

    taken: str
    otherwise: str
    ruling: Ruling


def find_alternative(verdict: Verdict, outcome: Outcome | None = None) -> Alternative | None:
    """Return the first branch with this outcome, by default with any but the verdict's; None without one."""
    for branch in verdict.branches:
        if branch.outcome is outcome or (outcome is None and branch.outcome is not verdict.outcome):
            return Alternative(verdict.branch.describe(branch), branch.describe(verdict.branch), branch.ruling)
    return None


def find_doubt(sample: Sample) -> Doubt:
    """Return why this verdict is only likely, counted once."""
    entry, other = sample.entry, find_alternative(sample.verdict)
    evidence = [one for one in (*entry.fetch.evidence.values(), *entry.evidence.values()) if one.certainty == "likely"]
    untold = sample.verdict.branch.assumed(Unknown.ANSWER) is not None
    because = evidence[-1].because if evidence and not untold else _find_default(sample)
    if other is None:
        return Doubt("", because, "")
    ruling = other.ruling
    outcome = f"blocked by {ruling.rule}" if ruling.outcome is Outcome.BLOCKED else ruling.outcome.value
    return Doubt(other.taken, because, f"{other.otherwise}, it is {outcome}")


def _find_default(sample: Sample) -> str:
    response = sample.entry.stored or sample.exchange.response
    if sample.verdict.branch.assumed(Unknown.ANSWER) is not None:
        return "the browser names no other failure"
    if sample.verdict.branch.assumed(Unknown.CREDENTIALS) != "include":
        return "nothing points to the contrary"
    if response is not None and response.headers.get("access-control-allow-credentials") == "true":
        return "the response allows them"
    return "the page's other requests to this server have them"
