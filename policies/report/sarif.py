"""SARIF 2.1.0: what code scanning reads. A result is a finding; its rule is the cause by its code."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from corsight.policies.actor import name_actor
from corsight.policies.causes import CAUSES
from corsight.policies.decision.place import locate
from corsight.policies.report.model import Finding, Report
from corsight.policies.report.words import Level, find_level, list_fix, tell_place
from corsight.policies.rules import RULES

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "corsight/v1"


def render(report: Report) -> str:
    """Return the log with one run."""
    codes = list(dict.fromkeys(finding.code for finding in report.findings))
    levels = {finding.code: find_level(finding) for finding in reversed(report.findings)}
    run = {
        "tool": {
            "driver": {
                "name": "Corsight",
                "version": report.version,
                "rules": [_write_rule(code, levels[code]) for code in codes],
            }
        },
        "invocations": [_write_invocation(report)],
        "results": [_write_result(report, finding, codes.index(finding.code)) for finding in report.findings],
        "columnKind": "unicodeCodePoints",
        "properties": {"totals": report.totals.model_dump()},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _write_rule(code: str, level: Level) -> dict[str, Any]:
    cause, rule = CAUSES.get(code), RULES.get(code)
    known = cause or rule
    if known is None:
        return {"id": code, "shortDescription": {"text": code}}
    written: dict[str, Any] = {
        "id": code,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.why},
        "help": {
            "text": f"{known.why}\n\n{known.advice}\n\nWho has to act: {name_actor(known.actor)}.",
            "markdown": f"{known.why}\n\n**What to do.** {known.advice}\n\nWho has to act: {name_actor(known.actor)}.",
        },
        "defaultConfiguration": {"level": level},
        "properties": {"tags": ["cors", "cause" if cause is not None else "rule"]},
    }
    return written | ({"helpUri": locate(code).spec} if rule is not None else {})


def _write_invocation(report: Report) -> dict[str, Any]:
    problems = [one for one in report.recordings if one.problem is not None]
    notes = [(one.problem, "error") for one in problems] + [(remark, "note") for remark in report.remarks]
    return {
        "executionSuccessful": not problems,
        "toolExecutionNotifications": [{"level": level, "message": {"text": text}} for text, level in notes],
    }


def _write_result(report: Report, finding: Finding, index: int) -> dict[str, Any]:
    fix = list_fix(finding)
    text = f"{finding.title}: {finding.tally}. {finding.cause} What to do: {finding.action}"
    if fix:
        text += "\nSend: " + "\n".join(fix)
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": find_level(finding),
        "message": {"text": text},
        "locations": [_write_location(report, finding)],
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "occurrenceCount": max(1, finding.count),
        **({} if finding.baseline is None else {"baselineState": finding.baseline}),
        "suppressions": []
        if finding.suppressed is None
        else [{"kind": "external", "status": "accepted", "justification": finding.suppressed}],
        "properties": {
            "kind": finding.kind,
            "certainty": finding.certainty,
            "place": tell_place(finding),
            "fix": fix,
            "rules": [rule.code for rule in finding.rules],
        },
    }


def _write_location(report: Report, finding: Finding) -> dict[str, Any]:
    """Return the recording as the file, since viewers need one, and the endpoints by their names."""
    location: dict[str, Any] = {
        "logicalLocations": [
            {"fullyQualifiedName": f"{one.method} {one.url}", "kind": "resource"} for one in finding.endpoints[:20]
        ]
    }
    if report.recordings:
        name = report.recordings[0].name.replace("\\", "/")
        uri = quote(name if "://" in name else f"file://{name}" if name.startswith("/") else name, safe="/:%?&=")
        location["physicalLocation"] = {"artifactLocation": {"uri": uri}, "region": {"startLine": 1}}
    return location
