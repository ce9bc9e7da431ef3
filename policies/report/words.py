"""What several formats say in the same way: levels, places, fixes."""

from __future__ import annotations

from typing import Literal

from corsight.policies.findings.words import count
from corsight.policies.report.model import Finding, Report

Level = Literal["error", "warning", "note"]


def find_level(finding: Finding) -> Level:
    """Return how bad a finding is: an error is certainly blocked, a note is advice."""
    if finding.kind == "advice":
        return "note"
    return "error" if finding.kind == "blocked" and finding.certain else "warning"


def list_fix(finding: Finding) -> list[str]:
    """Return the header lines that mend most of the finding; none where the actor cannot send one that does."""
    return next((one.fix for one in finding.mismatches if one.fix), [])


def tell_place(finding: Finding) -> str:
    """Return the place where the finding was met most often, and the page."""
    if not finding.places:
        return "no one place"
    first = finding.places[0]
    page = "" if first.origin is None else f" from {first.origin}"
    more = len(finding.places) - 1 + finding.more
    return f"{first.method} {first.url}{page}" + (f" and {count(more, 'more place')}" if more else "")


def sum_up(report: Report) -> str:
    """Return the totals in one line, without more than is known."""
    totals = report.totals
    if not totals.exchanges:
        return "There is no HTTP exchange in it to judge."
    blocked = len(report.of("blocked"))
    parts = [f"{totals.blocked} blocked, for {count(blocked, 'cause')}"] if totals.blocked else []
    if totals.open:
        parts.append(f"{totals.open} open (may have been blocked)")
    if totals.unanswered:
        parts.append(f"{totals.unanswered} without an answer")
    parts = parts or ["nothing was blocked"]
    return f"{count(totals.exchanges, 'exchange')}: {'; '.join(parts)}."
