"""`corsight audit`: judges recorded traffic, and says what a browser blocked, why, and what would change it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from corsight.policies.report.names import FORMATS
from corsight.scripts import auditing, options
from corsight.scripts.errors import CorsightError, print_problem, stop_at
from corsight.scripts.gate.empty import find_emptiness
from corsight.scripts.gate.gate import read_gate
from corsight.scripts.gate.held import count_failures
from corsight.scripts.gate.settings import Settings, load_settings
from corsight.scripts.gate.sift import Sifted
from corsight.scripts.paths import name_command
from corsight.scripts.progress import Progress
from corsight.scripts.recordings import check_readable, list_recordings, list_remarks
from corsight.scripts.recordings.remote import is_url
from corsight.scripts.report.findings import Findings
from corsight.scripts.report.formats import Reports, list_found, read_formats
from corsight.scripts.report.text import Report, write

if TYPE_CHECKING:
    from corsight.scripts.store.keeping import Keeping

LONGEST_COMMAND = 400
"""Characters of what was typed up to which the next command is printed."""


def audit(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="Recordings by mitmproxy, HAR files and others, also compressed (.gz, .zst); folders, patterns and "
            "URLs; - is stdin.",
        ),
    ],
    format: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=FILE]",
            help=f"{', '.join(f'{name} ({what})' for name, what in FORMATS.items())}. Default: text. Repeatable: "
            "--format sarif=cors.sarif --format html=cors.html.",
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option(metavar="PATH", help="Write the format without a file name here instead of to stdout.")
    ] = None,
    verbose: options.Verbose = False,
    engine: options.MaybeEngine = None,
    fail_on: options.Fail = None,
    allow_empty: options.AllowEmpty = False,
    assume: options.Assume = None,
    policy: options.Policy = None,
    baseline: options.Baseline = None,
    save_baseline: options.WriteBaseline = False,
    select: options.Select = None,
    ignore: options.Ignore = None,
    host: options.Host = None,
    origin: options.Origin = None,
    config: options.Config = None,
    jobs: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Use this many cores, for several recordings or for the clients of a large one; 0 is all cores.",
        ),
    ] = 1,
    dask: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Judge on a cluster of Dask, such as tcp://scheduler:8786."),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Keep the run for corsight history, in a file (SQLite) or at postgresql://user@host/database.",
        ),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            help="Report what is blocked while the recording is being written; Ctrl-C ends it with the report.",
        ),
    ] = False,
) -> None:
    """Report what a browser blocked in recorded traffic, why, and how to fix it.

    Exit code: 0 if nothing was blocked; 1 if something was or may have been blocked (see --fail-on), or if a response
    differs from its policy; 2 if a file could not be read to its end, or if there was nothing to judge.
    """
    settings = load_settings(config).take(
        formats=format,
        engine=engine,
        fail_on=fail_on,
        allow_empty=allow_empty,
        assume=assume,
        policies=policy,
        baseline=baseline,
        select=select,
        ignore=ignore,
        hosts=host,
        origins=origin,
    )
    paths = list_recordings(files)
    for path in paths:
        check_readable(path)
    gate = read_gate(settings, write=save_baseline)
    outputs = read_formats(
        settings.texts("formats"),
        output,
        [*paths, *gate.policies],
        where="--format" if format else settings.values["formats"].where,
    )
    drifts, flips = gate.read_policies()
    judging = {
        "engine": gate.engine,
        **{name: " ".join(settings.texts(name)) for name in ("assume", "hosts", "origins")},
    }
    keeping = _open_store(store, paths, judging, gate.policies, follow)
    sifts = keeping is not None or gate.sieve.sifts or save_baseline or gate.fail_on == "advice"
    with Reports(outputs) as reports:
        plan = reports.plan(
            auditing.Plan(
                gate.engine,
                sifts,
                secrets=gate.secrets,
                assumptions=gate.assumptions,
                scope=gate.scope,
                counts=keeping is not None,
            )
        )
        if dask is not None:
            alone = bool(follow or gate.policies or gate.tried or jobs != 1)
            findings, audited = _spread(paths, plan, reports.records, dask, alone=alone)
        elif follow:
            if len(outputs) > 1 or not reports.names <= {"text", "jsonl"}:
                raise CorsightError("one report is followed, text or jsonl", where="--format")
            findings, audited = _follow(paths, plan, reports.records, gate.policies or gate.tried)
        else:
            jobs = jobs or os.cpu_count() or 1
            # Records on the same terminal show how far it is.
            progress = None if "jsonl" in reports.names and reports.records.isatty() else Progress(paths)
            findings, audited = auditing.audit(
                paths, plan, reports.records, jobs=jobs, drifts=drifts, flips=flips, progress=progress
            )
            if progress is not None:
                progress.end()
        sifted = gate.sift(findings.sorted())
        gate.keep(findings.sorted())
        left_out = sum(one.left_out for one in audited)
        sections = [section for section in (drifts, flips) if section is not None]

        def write_text(stream: TextIO) -> None:
            report = Report(
                counts=findings,
                sifted=sifted,
                recordings=[(one.name, one.exchanges) for one in audited],
                engine=gate.engine,
                remarks=list_remarks(audited),
                given=gate.given,
                left_out=left_out,
                next=[] if verbose else _list_next(files, settings, sifted),
            )
            write(report, stream, verbose=verbose)
            for section in sections:
                section.write(stream)

        reports.write(findings, list_found(findings, sifted), audited, gate.engine, write_text)
        if "text" not in reports.names:
            for note in sifted.notes:
                print_problem(note)
            for section in sections:
                section.write(sys.stderr)
    stop_at(one.problem for one in audited)
    if keeping is not None:
        keeping.keep(findings, drifts, sum(one.exchanges for one in audited))
    if not gate.allow_empty:
        unmatched = [] if drifts is None else drifts.unmatched
        names = [one.name for one in audited]
        proxied = any(one.proxied for one in audited)
        empty = find_emptiness(
            findings,
            names,
            gate.engine,
            left_out=left_out,
            unmatched=unmatched,
            proxied=proxied,
            passed_over=sum(one.passed_over for one in audited),
        )
        stop_at([empty])
    found = sifted.count_failures(gate.fail_on) if sifts else count_failures(findings, gate.fail_on)
    if gate.count_failures(found, sections):
        raise typer.Exit(1)


def _open_store(
    store: str | None, paths: list[str], judging: dict[str, str], policies: Sequence[str], follow: bool
) -> Keeping | None:
    if store is None:
        return None
    if follow:
        raise CorsightError("a recording that still grows is no run yet", where="--store", todo="leave --follow out")
    from corsight.scripts.store.keeping import Keeping

    return Keeping(store, paths, {name: one for name, one in judging.items() if one}, policies)


def _spread(
    paths: list[str], plan: auditing.Plan, stream: TextIO, address: str, *, alone: bool
) -> tuple[Findings, list[auditing.Audited]]:
    if alone:
        raise CorsightError(
            "--policy, --follow and --jobs are for one machine", where="--dask", todo="leave them out, or --dask"
        )
    from corsight.scripts.spreading import audit_on_cluster

    return audit_on_cluster(paths, plan, stream, address)


def _list_next(files: Sequence[str], settings: Settings, sifted: Sifted) -> list[str]:
    """Return the commands that tell more of what was audited, as they can be typed here."""
    if not sifted.findings or "-" in files:
        return []
    typed = settings.typed
    arguments = " ".join(map(shlex.quote, [*files, *typed]))
    if len(arguments) > LONGEST_COMMAND:
        return []
    command = name_command()
    return [
        f"{command} explain {arguments} --finding 1",
        f"{command} audit {arguments} -v",
    ]


def _follow(
    paths: list[str], plan: auditing.Plan, stream: TextIO, policy: Sequence[str]
) -> tuple[Findings, list[auditing.Audited]]:
    from corsight.scripts.following import follow

    if len(paths) != 1 or is_url(paths[0]) or policy:
        raise CorsightError(
            "one recording of this machine can be followed", where="--follow", todo="name one, without --policy"
        )
    audited = follow(paths[0], plan, stream)
    return audited.findings, [audited]
