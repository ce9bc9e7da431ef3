"""`corsight audit`: judges recorded traffic, and says what a browser blocked, why, and what would change it."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from typing import Annotated, Literal

import typer

from corsight.policies.record import record
from corsight.policies.verdict import Outcome
from corsight.scripts.errors import stop_at
from corsight.scripts.judging import explain, judge_recording
from corsight.scripts.options import Engine
from corsight.scripts.policy_files import read_policies
from corsight.scripts.recordings import Recording, check_output, check_readable, list_remarks
from corsight.scripts.report.drift import Drifts
from corsight.scripts.report.findings import Findings
from corsight.scripts.report.text import write


def audit(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE", help="Recordings of mitmproxy, HAR files and others; - is stdin.")
    ],
    format: Annotated[
        Literal["text", "jsonl"], typer.Option(help="text for people, jsonl for the records of the addon's log.")
    ] = "text",
    output: Annotated[
        str | None, typer.Option(metavar="PATH", help="Write the report to this file instead of stdout.")
    ] = None,
    engine: Engine = "auto",
    fail_on: Annotated[
        Literal["certain", "blocked", "advice", "never"],
        typer.Option(
            help="What makes the exit code 1: what is certainly blocked; also what is likely blocked; also advice; or "
            "nothing."
        ),
    ] = "blocked",
    policy: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Compare the responses with this policy file; repeatable."),
    ] = None,
) -> None:
    """Report what a browser blocked in recorded traffic, why, and what would change it.

    Exit code: 0 when nothing was blocked, 1 when something was or a response differs from its policy, 2 when a file
    could not be read to its end.
    """
    for path in files:
        check_readable(path)
    check_output(output, [*files, *(policy or [])], "report")
    drifts = Drifts(read_policies(policy or []))
    findings = Findings(diagnose=format == "text" or fail_on == "advice")
    recordings = [Recording(path) for path in files]
    with (
        nullcontext(sys.stdout)
        if output is None
        else open(output, "w", encoding="utf-8", errors="backslashreplace") as stream
    ):
        for recording in recordings:
            verdicts = judge_recording(recording, engine)
            for judged, explanation in explain(verdicts) if format == "jsonl" else ((one, None) for one in verdicts):
                findings.add(judged)
                if policy:
                    drifts.add(judged)
                if format == "jsonl":
                    # ASCII: whatever a peer sent, nothing in it moves a terminal's cursor.
                    line = json.dumps(record(judged, explanation), check_circular=False, separators=(",", ":"))
                    stream.write(line + "\n")
        if format == "text":
            read = [(recording.name, recording.exchanges) for recording in recordings]
            write(findings, read, engine, stream, list_remarks(recordings))
        if policy:
            drifts.write(stream if format == "text" else sys.stderr)
        stream.flush()
    stop_at(recording.problem for recording in recordings)
    failures = {
        "certain": findings.blocked("certain") + drifts.certain,
        "blocked": findings.count(Outcome.BLOCKED) + drifts.certain + drifts.likely,
        "advice": len(findings.sorted()) + drifts.certain + drifts.likely,
        "never": 0,
    }
    if failures[fail_on]:
        raise typer.Exit(1)
