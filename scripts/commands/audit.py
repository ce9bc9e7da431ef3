"""`corsight audit`: judges recorded traffic, and says what a browser blocked, why, and what would change it."""

from __future__ import annotations

import json
import sys
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Literal, TextIO

import typer

from corsight.scripts.errors import CorsightError, one_line

if TYPE_CHECKING:
    from corsight.policies.session import Judged
    from corsight.policies.verdict import EngineName
    from corsight.scripts.recordings import Recording
    from corsight.scripts.report.findings import Findings

HELD = 4096
"""How many exchanges a verdict is held back for, since what comes later may revise it."""


def audit(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Recordings of mitmproxy; - is stdin.")],
    format: Annotated[
        Literal["text", "jsonl"], typer.Option(help="text for people, jsonl for the records of the addon's log.")
    ] = "text",
    output: Annotated[str | None, typer.Option(metavar="PATH", help="Write the report there, not to stdout.")] = None,
    engine: Annotated[
        Literal["auto", "chromium", "firefox", "webkit", "standard"],
        typer.Option(help="The engine that judges; auto takes each client's own."),
    ] = "auto",
    fail_on: Annotated[
        Literal["certain", "blocked", "advice", "never"],
        typer.Option(
            help="Exit with 1 for what is certainly blocked, for all that is blocked, for advice too, or never."
        ),
    ] = "blocked",
    policy: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="A policy file to hold the servers against; give it again for more."),
    ] = None,
) -> None:
    """Say what a browser blocked in recorded traffic, why, and what would change it.

    Exits with 0 when nothing was blocked, 1 when something was or an answer drifts from its policy, 2 when a file could
    not be read to its end.
    """
    from corsight.policies.verdict import Outcome
    from corsight.scripts.commands.policy import read_policies
    from corsight.scripts.recordings import Recording, check_readable
    from corsight.scripts.report.drift import Drifts
    from corsight.scripts.report.findings import Findings

    for path in files:
        check_readable(path)
    _check_output(output, [*files, *(policy or [])])
    drifts = Drifts(read_policies(policy or []))
    findings = Findings(diagnose=format == "text" or fail_on == "advice")
    recordings = [Recording(path) for path in files]
    with nullcontext(sys.stdout) if output is None else open(output, "w", encoding="utf-8") as stream:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
        for recording in recordings:
            for judged in settled(judgements(recording, None if engine == "auto" else engine)):
                findings.add(judged)
                if policy:
                    drifts.add(judged)
                if format == "jsonl":
                    _write_record(judged, stream)
        if format == "text":
            _write_text(findings, recordings, engine, stream)
        if policy:
            drifts.write(stream if format == "text" else sys.stderr)
        stream.flush()
    problems = [recording.problem for recording in recordings if recording.problem is not None]
    for problem in problems:
        print(f"corsight: {one_line(str(problem))}", file=sys.stderr)
    if problems:
        raise typer.Exit(2)
    failures = {
        "certain": findings.blocked("certain") + drifts.certain,
        "blocked": findings.count(Outcome.BLOCKED) + drifts.certain + drifts.likely,
        "advice": len(findings.sorted()) + drifts.certain + drifts.likely,
        "never": 0,
    }
    if failures[fail_on]:
        raise typer.Exit(1)


def judgements(recording: Recording, engine: EngineName | None) -> Iterator[Judged]:
    """What is said of each exchange, and what that revises. Each recording is a session of its own."""
    from corsight.policies.session import Session
    from corsight.scripts.recordings import in_time

    session = Session(engine)
    for begins, exchange in in_time(recording):
        try:
            judged = session.begin(exchange) if begins else session.observe(exchange)
        except Exception as error:
            # No peer may keep the rest from being judged.
            recording.problem = CorsightError(
                f"exchange {exchange.id} could not be judged ({type(error).__name__}: {error})",
                where=recording.name,
                todo="this is a bug of ours, please report it",
            )
            continue
        yield from judged
    yield from session.finish()


def settled(judgements: Iterable[Judged], held: int = HELD) -> Iterator[Judged]:
    """The last word on each exchange, in the order of the first.

    A revision that comes more than `held` exchanges later is left out: the exchange stays what it was first said to be.
    """
    latest: OrderedDict[str, Judged] = OrderedDict()
    for judged in judgements:
        flow = judged.entry.exchange.id
        if flow in latest or not judged.revises:
            latest[flow] = judged
        if len(latest) > held:
            yield latest.popitem(last=False)[1]
    yield from latest.values()


def _check_output(output: str | None, files: list[str]) -> None:
    import os

    if output is None or not os.path.exists(output):
        return
    if any(os.path.exists(path) and os.path.samefile(output, path) for path in files):
        raise CorsightError("is a recording to read", where=output, todo="name another file for the report")


def _write_record(judged: Judged, stream: TextIO) -> None:
    from corsight.policies.record import record

    # ASCII: whatever a peer sent, nothing in it moves a terminal's cursor.
    stream.write(json.dumps(record(judged), check_circular=False, separators=(",", ":")) + "\n")


def _write_text(findings: Findings, recordings: list[Recording], engine: str, stream: TextIO) -> None:
    from corsight.scripts.report.text import write

    write(findings, [(recording.name, recording.exchanges) for recording in recordings], engine, stream)
