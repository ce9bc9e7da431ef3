"""Doubts: why a verdict is only likely, in words. All that reads a verdict's branches is here."""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.findings.model import Doubt
from corsight.policies.findings.sample import Sample
from corsight.policies.verdict import Outcome, Ruling, Verdict

WORDS = {
    "credentials=include": "with credentials",
    "credentials=not-include": "without credentials",
    "mode=no-cors": "without CORS (mode no-cors)",
    "mode=cors": "with CORS",
    "mode=same-origin": "by its own origin",
    "page=secure": "by an https page",
    "page=insecure": "by an http page",
    "embedder-policy=unsafe-none": "by a page without Cross-Origin-Embedder-Policy",
    "embedder-policy=require-corp": "by a page with Cross-Origin-Embedder-Policy: require-corp",
}
"""How it was asked, by the branch's label."""


class Alternative(NamedTuple):
    """A branch that comes to something else: how the page asked in the branch that is taken, how in this one, and its
    ruling.
    """

    taken: str
    otherwise: str
    ruling: Ruling


def find_alternative(verdict: Verdict, outcome: Outcome | None = None) -> Alternative | None:
    """Return the first branch with this outcome, by default with any but the verdict's; None without one."""
    taken = _find_taken(verdict)
    for label, ruling in verdict.branches.items():
        if ruling.outcome is outcome or (outcome is None and ruling.outcome is not verdict.outcome):
            return Alternative(_describe(taken, label), _describe(label, taken), ruling)
    return None


def find_doubt(sample: Sample) -> Doubt:
    """Return why this verdict is only likely, counted once."""
    entry, other = sample.entry, find_alternative(sample.verdict)
    evidence = [one for one in (*entry.fetch.evidence.values(), *entry.evidence.values()) if one.certainty == "likely"]
    because = evidence[-1].because if evidence else _find_default(sample)
    if other is None:
        return Doubt("", because, "")
    ruling = other.ruling
    outcome = f"blocked by {ruling.rule}" if ruling.outcome is Outcome.BLOCKED else ruling.outcome.value
    return Doubt(other.taken, because, f"{other.otherwise}, it is {outcome}")


def _find_default(sample: Sample) -> str:
    response = sample.entry.stored or sample.exchange.response
    if "credentials=include" not in _find_taken(sample.verdict):
        return "nothing points to the contrary"
    if response is not None and response.headers.get("access-control-allow-credentials") == "true":
        return "the response allows them"
    return "the page's other requests to this server have them"


def _find_taken(verdict: Verdict) -> str:
    """Return the label of the branch that is taken."""
    return next((label for label, ruling in verdict.branches.items() if ruling == verdict.ruling), "")


def _describe(label: str, other: str) -> str:
    """Return a branch's label in words, as far as the other differs."""
    return ", ".join(WORDS.get(part, part) for part in label.split() if part not in other.split())
