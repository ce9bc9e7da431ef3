"""`corsight audit`: judges recorded traffic, and says what a browser blocked, why, and what would change it."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Literal, TextIO

import typer

from corsight.policies.verdict import Outcome
from corsight.scripts import auditing
from corsight.scripts.errors import CorsightError, stop_at
from corsight.scripts.options import Engine
from corsight.scripts.recordings import check_output, check_readable, list_recordings, list_remarks
from corsight.scripts.recordings.remote import is_url
from corsight.scripts.report.findings import Findings

if TYPE_CHECKING:
    from corsight.scripts.report.drift import Drifts
    from corsight.scripts.store.keeping import Keeping


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
    jobs: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Judge on so many cores: recordings, and the clients of large ones, side by side; 0 takes all cores.",
        ),
    ] = 1,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Keep the run for corsight history: a file (SQLite), or postgresql://user@host/database.",
        ),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Judge on a cluster of Dask, such as tcp://scheduler:8786."),
    ] = None,
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
    check_output(output, [*paths, *(policy or [])], "report")
    drifts = _read_drifts(policy)
    plan = auditing.Plan(
        engine,
        diagnose=format == "text" or fail_on == "advice" or store is not None,
        records=format == "jsonl",
        counts=store is not None,
    )
    keeping = _open_store(store, paths, engine, policy or [], follow)
    with (
        nullcontext(sys.stdout)
        if output is None
        else open(output, "w", encoding="utf-8", errors="backslashreplace") as stream
    ):
        if dask is not None:
            findings, audited = _spread(paths, plan, stream, dask, alone=follow or bool(policy) or jobs != 1)
        elif follow:
            findings, audited = _follow(paths, plan, stream, policy)
        else:
            findings, audited = auditing.audit(paths, plan, stream, jobs=jobs or os.cpu_count() or 1, drifts=drifts)
        if format == "text":
            from corsight.scripts.report.text import write

            read = [(one.name, one.exchanges) for one in audited]
            write(findings, read, engine, stream, list_remarks(audited))
        if drifts is not None:
            drifts.write(stream if format == "text" else sys.stderr)
        stream.flush()
    stop_at(one.problem for one in audited)
    if keeping is not None:
        keeping.keep(findings, drifts, sum(one.exchanges for one in audited))
    certain, likely = (0, 0) if drifts is None else (drifts.certain, drifts.likely)
    failures = {
        "certain": findings.blocked("certain") + certain,
        "blocked": findings.count(Outcome.BLOCKED) + certain + likely,
        "advice": len(findings.sorted()) + certain + likely,
        "never": 0,
    }
    if failures[fail_on]:
        raise typer.Exit(1)


def _open_store(store: str | None, paths: list[str], engine: str, policies: list[str], follow: bool) -> Keeping | None:
    if store is None:
        return None
    if follow:
        raise CorsightError("a recording that still grows is no run yet", where="--store", todo="leave --follow out")
    from corsight.scripts.store.keeping import Keeping

    return Keeping(store, paths, {"engine": engine}, policies)


def _spread(
    paths: list[str], plan: auditing.Plan, stream: TextIO, address: str, *, alone: bool
) -> tuple[Findings, list[auditing.Audited]]:
    if alone:
        raise CorsightError(
            "--policy, --follow and --jobs are for one machine", where="--dask", todo="leave them out, or --dask"
        )
    from corsight.scripts.spreading import audit_on_cluster

    return audit_on_cluster(paths, plan, stream, address)


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
