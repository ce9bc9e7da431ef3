"""`corsight audit`: judges recorded traffic, and says what a browser blocked, why, and what would change it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from corsight.policies.report.names import FORMATS
from corsight.scripts import auditing
from corsight.scripts.errors import CorsightError, print_problem, stop_at
from corsight.scripts.gate.baseline import read_baseline, write_baseline
from corsight.scripts.gate.empty import find_emptiness
from corsight.scripts.gate.held import count_failures
from corsight.scripts.gate.scope import Scope
from corsight.scripts.gate.settings import Settings, load_settings
from corsight.scripts.gate.sift import Sieve, Sifted, sift
from corsight.scripts.options import (
    Assume,
    Config,
    Fail,
    Host,
    Ignore,
    MaybeEngine,
    Origin,
    Select,
    Verbose,
    read_assumptions,
)
from corsight.scripts.paths import name_command
from corsight.scripts.progress import Progress
from corsight.scripts.recordings import check_readable, list_recordings, list_remarks
from corsight.scripts.recordings.remote import is_url
from corsight.scripts.report.findings import Findings
from corsight.scripts.report.formats import Reports, list_found, read_formats
from corsight.scripts.report.text import Report, write

if TYPE_CHECKING:
    from corsight.scripts.report.drift import Drifts
    from corsight.scripts.report.flips import Flips
    from corsight.scripts.store.keeping import Keeping

LONGEST_COMMAND = 400
"""Characters of what was typed up to which the next command is printed."""


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
    verbose: Verbose = False,
    engine: MaybeEngine = None,
    fail_on: Fail = None,
    allow_empty: Annotated[
        bool,
        typer.Option(
            "--allow-empty", help="Do not fail where nothing was judged: no exchange, no browser, no match of a policy."
        ),
    ] = False,
    assume: Assume = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Compare the responses with this policy file; repeatable."),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Fail only for what this file does not have; say what is new and what gone."),
    ] = None,
    save_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Write what is found now to the file of --baseline.")
    ] = False,
    select: Select = None,
    ignore: Ignore = None,
    host: Host = None,
    origin: Origin = None,
    config: Config = None,
    jobs: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="Judge on so many cores: recordings, and the clients of large ones, side by side; 0 takes all cores.",
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
            help="Keep the run for corsight history: a file (SQLite), or postgresql://user@host/database.",
        ),
    ] = None,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow", help="Tell what is blocked while the recording is written; Ctrl-C ends that with the report."
        ),
    ] = False,
) -> None:
    """Report what a browser blocked in recorded traffic, why, and what would change it.

    Exit code: 0 when nothing was blocked and nothing is open, 1 when something was or is (see --fail-on) or a response
    differs from its policy, 2 when a file could not be read to its end or there was nothing to judge.
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
    policies, known = settings.texts("policies"), settings.text("baseline")
    outputs = read_formats(
        settings.texts("formats"),
        output,
        [*paths, *policies],
        where="--format" if format else settings.values["formats"].where,
    )
    if save_baseline and not known:
        raise CorsightError("--write-baseline needs a file to write", todo="name it with --baseline FILE")
    failing, select_codes, judged_as = settings.fail_on, settings.codes, settings.engine
    assumptions, tried = read_assumptions(settings.texts("assume"))
    drifts, flips = _read_drifts(policies), _read_flips(tried)
    sieve = Sieve(*select_codes, settings.suppressions, read_baseline(known) if known and not save_baseline else None)
    judging = {"engine": judged_as, **{name: " ".join(settings.texts(name)) for name in ("assume", "hosts", "origins")}}
    keeping = _open_store(store, paths, judging, policies, follow)
    sifts = keeping is not None or sieve.sifts or save_baseline or failing == "advice"
    with Reports(outputs) as reports:
        plan = reports.plan(
            auditing.Plan(
                judged_as,
                sifts,
                secrets=settings.truth("secrets"),
                assumptions=assumptions,
                scope=Scope(settings.texts("hosts"), settings.texts("origins")),
                counts=keeping is not None,
            )
        )
        if dask is not None:
            alone = bool(follow or policies or tried or jobs != 1)
            findings, audited = _spread(paths, plan, reports.records, dask, alone=alone)
        elif follow:
            if len(outputs) > 1 or not reports.names <= {"text", "jsonl"}:
                raise CorsightError("one report is followed, text or jsonl", where="--format")
            findings, audited = _follow(paths, plan, reports.records, policies or tried)
        else:
            jobs = jobs or os.cpu_count() or 1
            # Records on the same terminal show how far it is.
            progress = None if "jsonl" in reports.names and reports.records.isatty() else Progress(paths)
            findings, audited = auditing.audit(
                paths, plan, reports.records, jobs=jobs, drifts=drifts, flips=flips, progress=progress
            )
            if progress is not None:
                progress.end()
        sifted = sift(findings.sorted(), sieve, date.today())
        if save_baseline:
            endpoints = write_baseline(known, findings.sorted())
            print_problem(f"{known}: written, with {endpoints} endpoint{'' if endpoints == 1 else 's'}")
        left_out = sum(one.left_out for one in audited)
        sections = [section for section in (drifts, flips) if section is not None]

        def write_text(stream: TextIO) -> None:
            report = Report(
                counts=findings,
                sifted=sifted,
                recordings=[(one.name, one.exchanges) for one in audited],
                engine=judged_as,
                remarks=list_remarks(audited),
                given=[one for one in settings.texts("assume") if "policy=" not in one],
                left_out=left_out,
                next=[] if verbose else _list_next(files, settings, sifted),
            )
            write(report, stream, verbose=verbose)
            for section in sections:
                section.write(stream)

        reports.write(findings, list_found(findings, sifted), audited, judged_as, write_text)
        if "text" not in reports.names:
            for note in sifted.notes:
                print_problem(note)
            for section in sections:
                section.write(sys.stderr)
    stop_at(one.problem for one in audited)
    if keeping is not None:
        keeping.keep(findings, drifts, sum(one.exchanges for one in audited))
    if not settings.truth("allow-empty"):
        unmatched = [] if drifts is None else drifts.unmatched
        names = [one.name for one in audited]
        stop_at([find_emptiness(findings, names, judged_as, left_out=left_out, unmatched=unmatched)])
    if save_baseline:
        return
    failures = sifted.count_failures(failing) if sifts else count_failures(findings, failing)
    for section in sections:
        if failing != "never":
            failures += section.certain + (0 if failing == "certain" else section.likely)
    if failures:
        raise typer.Exit(1)


def _open_store(
    store: str | None, paths: list[str], options: dict[str, str], policies: Sequence[str], follow: bool
) -> Keeping | None:
    if store is None:
        return None
    if follow:
        raise CorsightError("a recording that still grows is no run yet", where="--store", todo="leave --follow out")
    from corsight.scripts.store.keeping import Keeping

    return Keeping(store, paths, {name: one for name, one in options.items() if one}, policies)


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


def _read_drifts(policy: Sequence[str]) -> Drifts | None:
    if not policy:
        return None
    from corsight.scripts.policy_files import read_policies
    from corsight.scripts.report.drift import Drifts

    return Drifts(read_policies(policy))


def _read_flips(policy: Sequence[str]) -> Flips | None:
    if not policy:
        return None
    from corsight.scripts.policy_files import read_policies
    from corsight.scripts.report.flips import Flips

    return Flips(read_policies(policy))
