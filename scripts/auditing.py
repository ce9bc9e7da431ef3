"""Audits recordings, on as many cores as are given: what is found in each part is put together in the parts' order.

A part is a recording, or a share of a large one. Parts and their order turn on the recordings alone, so that a report
is the same, byte for byte, however many processes made it.
"""

from __future__ import annotations

import gc
import heapq
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple, Protocol, TextIO

from corsight.policies.engines import EngineChoice
from corsight.policies.record import Lines
from corsight.policies.verdict import Assumption
from corsight.scripts.errors import CorsightError
from corsight.scripts.explaining import explain
from corsight.scripts.gate.scope import EVERYWHERE, Scope
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from corsight.scripts.recordings.order import find_end
from corsight.scripts.recordings.shares import part
from corsight.scripts.report.findings import Findings

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

    from corsight.policies.session import Judged
    from corsight.scripts.progress import Progress
    from corsight.scripts.report.drift import Drifts
    from corsight.scripts.report.flips import Flips

LIVING = 200_000
"""How many objects are made before Python collects garbage cycles: exchanges rarely have any."""


class Section(Protocol):
    """Whatever else processes every exchange besides the findings, in turn."""

    def add(self, judged: Judged) -> None: ...


class Plan(NamedTuple):
    """How to audit: which engine judges, whether causes are looked for, whether records are written, and with secrets
    as they are. `assumptions` settle what is open; `scope` is what is reported of; `gather` tells whether what reports
    say beside the findings is gathered, `counts` whether verdicts are counted by endpoint.
    """

    engine: EngineChoice = "auto"
    diagnose: bool = True
    records: bool = False
    secrets: bool = False
    assumptions: tuple[Assumption, ...] = ()
    scope: Scope = Scope()
    gather: bool = False
    counts: bool = False


@dataclass(slots=True)
class Audited:
    """What came of one recording, or of a share of it; `left_out` counts the exchanges outside the scope, `proxied`
    tells whether mitmproxy recorded it, `passed_over` counts what is in it and no exchange.
    """

    name: str
    findings: Findings
    exchanges: int = 0
    problem: CorsightError | None = None
    remarks: list[str] = field(default_factory=list)
    left_out: int = 0
    proxied: bool = True
    passed_over: int = 0


def audit(
    paths: Sequence[str],
    plan: Plan,
    stream: TextIO,
    *,
    jobs: int = 1,
    drifts: Drifts | None = None,
    flips: Flips | None = None,
    progress: Progress | None = None,
) -> tuple[Findings, list[Audited]]:
    """Return what was found in all recordings, and what came of each. Records go to the stream.

    Policies are held against all answers in turn, since answers are also held against each other: that takes one
    process. Raises CorsightError where a process was ended.
    """
    gc.set_threshold(LIVING)
    # What was imported stays; whatever is looked through again and again is what was made since.
    gc.freeze()
    findings, audited = Findings(diagnose=plan.diagnose, gather=plan.gather), list[Audited]()
    sections: list[Section] = [section for section in (drifts, flips) if section is not None]
    jobs = 1 if sections else jobs
    with tempfile.TemporaryDirectory(prefix="corsight-") as folder, _start_workers(jobs) as workers:
        asked = (_ask(path, plan, folder, workers, sections, progress) for path in paths)
        for take in asked if workers is None else list(asked):
            result = take(stream)
            if progress is not None:
                progress.finish(paths[len(audited)], result.findings)
            findings.unite(result.findings)
            result.findings = Findings(diagnose=False)
            audited.append(result)
    return findings, audited


def audit_one(
    recording: Recording,
    plan: Plan,
    stream: TextIO | None,
    *,
    sections: Sequence[Section] = (),
    timed: bool = False,
    progress: Progress | None = None,
) -> Audited:
    """Return the result of one recording. `timed` puts the time before each record, never less than that before it."""
    findings, latest, left_out = Findings(diagnose=plan.diagnose, gather=plan.gather), 0.0, 0
    lines = Lines(secrets=plan.secrets, ascii=True) if stream is not None and plan.records else None
    verdicts = judge_recording(recording, plan.engine, assumptions=plan.assumptions)
    told = explain(verdicts) if plan.records or plan.counts else zip(verdicts, repeat(None))
    # Most audits leave nothing out, and nobody watches them.
    takes = None if plan.scope == EVERYWHERE else plan.scope.takes
    tick = progress.tick if progress is not None and progress.live else None
    for judged, explanation in told:
        if takes is not None and not takes(judged):
            left_out += 1
            continue
        findings.add(judged)
        if plan.counts:
            findings.count_endpoint(judged, explanation)
        if tick is not None:
            tick(recording, findings)
        for section in sections:
            section.add(judged)
        if stream is None or lines is None:
            continue
        line = lines.line(judged, explanation)
        if timed:
            latest = max(latest, find_end(judged.entry.exchange))
            line = f"{latest!r} {line}"
        stream.write(line + "\n")
    return Audited(
        recording.name,
        findings,
        recording.exchanges,
        recording.problem,
        recording.remarks,
        left_out,
        recording.proxied,
        recording.passed_over,
    )


# -- many processes --------------------------------------------------------------------------------------------------


def _start_workers(jobs: int) -> ProcessPoolExecutor | nullcontext[None]:
    if jobs == 1:
        return nullcontext()
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    # A process that is forked needs nothing imported again; but none may be forked beside fsspec's thread.
    method = "fork" if sys.platform == "linux" and "fsspec" not in sys.modules else "spawn"
    return ProcessPoolExecutor(jobs, multiprocessing.get_context(method), gc.set_threshold, (LIVING,))


def _ask(
    path: str,
    plan: Plan,
    folder: str,
    workers: ProcessPoolExecutor | None,
    sections: Sequence[Section],
    progress: Progress | None,
) -> Callable[[TextIO], Audited]:
    """Start the audit of one recording; return a function that gives the result and writes the records to a stream."""
    shares = [] if sections else part(path)
    if workers is None and not shares:
        return partial(audit_one, Recording(path), plan, sections=sections, progress=progress)
    files, results = list[str](), list[Callable[[], Audited]]()
    recordings: Sequence[Recording] = shares or [Recording(path)]
    for recording in recordings:
        number, file = tempfile.mkstemp(dir=folder)
        os.close(number)
        files.append(file)
        work = partial(_audit_to_file, recording, plan, file, timed=bool(shares))
        results.append(work if workers is None else workers.submit(work).result)
    return partial(_put_together, path, plan, files, results, shared=bool(shares))


def _audit_to_file(recording: Recording, plan: Plan, file: str, *, timed: bool) -> Audited:
    with open(file, "w", encoding="ascii") as stream:
        audited = audit_one(recording, plan, stream, timed=timed)
    audited.findings.conclude()
    return audited


def _put_together(
    path: str, plan: Plan, files: list[str], results: list[Callable[[], Audited]], stream: TextIO, *, shared: bool
) -> Audited:
    try:
        whole, *others = [result() for result in results]
    except BrokenExecutor:
        raise CorsightError("the process that read it was ended", where=path, todo="try it with fewer --jobs") from None
    if shared and any(one.problem for one in (whole, *others)):
        # Where it ends too early, what came before that is judged, of all clients.
        return audit_one(Recording(path), plan, stream)
    unite_shares(whole, others)
    with ExitStack() as stack:
        parts = [stack.enter_context(open(file, encoding="ascii")) for file in files]
        stream.writelines(merge(parts) if shared else parts[0])
    for file in files:
        os.unlink(file)
    return whole


def unite_shares(whole: Audited, others: Iterable[Audited]) -> None:
    """Merge the other shares of a recording into its first; they are useless afterwards."""
    for one in others:
        whole.findings.unite(one.findings)
        whole.exchanges += one.exchanges
        whole.left_out += one.left_out


def merge(shares: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the records of shares in the order of time, without their times."""
    for line in heapq.merge(*shares, key=_read_time):
        yield line.partition(" ")[2]


def _read_time(line: str) -> float:
    return float(line.partition(" ")[0])
