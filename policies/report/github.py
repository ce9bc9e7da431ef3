"""Workflow commands of GitHub Actions: an annotation for each of the worst findings."""

from __future__ import annotations

from corsight.policies.findings.words import count
from corsight.policies.report.model import Finding, Report
from corsight.policies.report.words import Level, find_level, list_fix, sum_up, tell_place

MOST = 10
"""How many annotations of a level GitHub shows of one step."""
COMMANDS: dict[Level, str] = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report) -> str:
    """Return the commands, one a line. What is not annotated is counted, and in the job's summary."""
    lines: list[str] = []
    counting = [finding for finding in report.findings if finding.suppressed is None]
    for level, name in COMMANDS.items():
        findings = [finding for finding in counting if find_level(finding) == level]
        room = MOST - (level == "note")
        lines += [_write(name, finding.title, _describe(finding)) for finding in findings[:room]]
    left = len(counting) - len(lines)
    more = f" {count(left, 'more finding')} in the report." if left else ""
    return "\n".join([*lines, _write("notice", "Corsight", sum_up(report) + more)]) + "\n"


def _describe(finding: Finding) -> str:
    lines = [f"{finding.tally}: {tell_place(finding)}", finding.action, *list_fix(finding)]
    return "\n".join([*lines, f"[{finding.code}]"])


def _write(name: str, title: str, text: str) -> str:
    return f"::{name} title={escape_property(title)}::{escape_data(text)}"


def escape_data(text: str) -> str:
    """Return text that stays in its command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escape_property(text: str) -> str:
    """Return text that stays in its property."""
    return escape_data(text).replace(":", "%3A").replace(",", "%2C")
