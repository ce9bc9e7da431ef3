"""`corsight audit`: judges recorded traffic, and says what a browser blocked, why, and what would change it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Literal, TextIO

import typer

from corsight.policies.report.names import FORMATS
from corsight.policies.verdict import Outcome
from corsight.scripts import auditing
from corsight.scripts.errors import CorsightError, stop_at
from corsight.scripts.options import Engine
from corsight.scripts.recordings import check_readable, list_recordings, list_remarks
from corsight.scripts.recordings.remote import is_url
from corsight.scripts.report.findings import Findings
from corsight.scripts.report.formats import Reports, read_formats

if TYPE_CHECKING:
    from corsight.scripts.report.drift import Drifts


def audit(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="Recordings of mitmproxy, HAR files and others, also packed (.gz, .zst); folders, patterns and URLs "
            "of them; - is stdin.",
        ),
    ],
    format: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=FILE]",
            help=f"{', '.join(f'{name} ({what})' for name, what in FORMATS.items())}; text if left out. Repeatable: "
            "--format sarif=cors.sarif --format html=cors.html.",
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option(metavar="PATH", help="Write the format that names no file here instead of to stdout.")
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
    jobs: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Judge on so many cores: recordings, and the clients of large ones, side by side; 0 takes all cores.",
        ),
    ] = 1,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", help="Tell what is blocked while the recording is written; Ctrl-C ends that with the report."
        ),
    ] = False,
) -> None:
    """Report what a browser blocked in recorded traffic, why, and what would change it.

    Exit code: 0 when nothing was blocked, 1 when something was or a response differs from its policy, 2 when a file
    could not be read to its end.
    """
    paths = list_recordings(files)
    for path in paths:
        check_readable(path)
    outputs = read_formats(format or ["text"], output, [*paths, *(policy or [])])
    drifts = _read_drifts(policy)
    with Reports(outputs) as reports:
        plan = reports.plan(engine, diagnose=fail_on == "advice")
        if follow:
            if len(outputs) > 1 or not reports.names <= {"text", "jsonl"}:
                raise CorsightError("one report is followed, text or jsonl", where="--format")
            findings, audited = _follow(paths, plan, reports.records, policy)
        else:
            findings, audited = auditing.audit(
                paths, plan, reports.records, jobs=jobs or os.cpu_count() or 1, drifts=drifts
            )

        def write_text(stream: TextIO) -> None:
            from corsight.scripts.report.text import write

            write(findings, [(one.name, one.exchanges) for one in audited], engine, stream, list_remarks(audited))
            if drifts is not None:
                drifts.write(stream)

        reports.write(findings, audited, engine, write_text)
        if drifts is not None and "text" not in reports.names:
            drifts.write(sys.stderr)
    stop_at(one.problem for one in audited)
    certain, likely = (0, 0) if drifts is None else (drifts.certain, drifts.likely)
    failures = {
        "certain": findings.blocked("certain") + certain,
        "blocked": findings.count(Outcome.BLOCKED) + certain + likely,
        "advice": len(findings.sorted()) + certain + likely,
        "never": 0,
    }
    if failures[fail_on]:
        raise typer.Exit(1)


def _follow(
    paths: list[str], plan: auditing.Plan, stream: TextIO, policy: list[str] | None
) -> tuple[Findings, list[auditing.Audited]]:
    from corsight.scripts.following import follow

    if len(paths) != 1 or is_url(paths[0]) or policy:
        raise CorsightError(
            "one recording of this machine can be followed", where="--follow", todo="name one, without --policy"
        )
    audited = follow(paths[0], plan, stream)
    return audited.findings, [audited]


def _read_drifts(policy: list[str] | None) -> Drifts | None:
    if not policy:
        return None
    from corsight.scripts.policy_files import read_policies
    from corsight.scripts.report.drift import Drifts

    return Drifts(read_policies(policy))
