"""How much there is of what makes a run fail, by the counts alone."""

from __future__ import annotations

from corsight.policies.verdict import Outcome
from corsight.scripts.gate.fail_on import FailOn
from corsight.scripts.report.findings import Findings


def count_failures(findings: Findings, fail_on: FailOn) -> int:
    """Return how many exchanges make a run fail; advice is not counted."""
    return {
        "certain": findings.blocked("certain"),
        "blocked": findings.count(Outcome.BLOCKED),
        "open": findings.count(Outcome.BLOCKED) + findings.open,
        "advice": findings.count(Outcome.BLOCKED) + findings.open + len(findings.sorted()),
        "never": 0,
    }[fail_on]
