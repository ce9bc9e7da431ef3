"""Corsight from Python: read a recording, judge the exchanges in it, get the findings. docs/api.md shows how.

Where a file is missing, no recording, or damaged, a function here raises CorsightError: what, where, what to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from os import PathLike, fspath

from corsight.policies.decision.judge import judge as decide
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import CredentialsMode
from corsight.policies.findings import Diagnosis, Finding
from corsight.policies.session import Judged
from corsight.policies.verdict import Outcome, Verdict
from corsight.scripts import judging
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings import Recording, check_readable

__all__ = [
    "CorsightError",
    "Exchange",
    "Finding",
    "HeaderList",
    "Judged",
    "Outcome",
    "Request",
    "Response",
    "Verdict",
    "audit",
    "judge",
    "judge_recording",
    "read",
]


def read(path: str | PathLike[str]) -> Iterator[Exchange]:
    """Yield the exchanges of a recording, in its order. What is good in a damaged file comes before the error."""
    recording = _open(path)
    yield from recording
    _raise_problem(recording)


def judge(exchange: Exchange, *, engine: str | None = None, credentials: CredentialsMode = "unknown") -> Verdict:
    """Return the verdict on one exchange, judged by itself.

    `engine` is by default the one that the request's User-Agent names. `credentials` is the request's credentials mode:
    where it is unknown and matters, the verdict is likely, not certain.
    """
    judged = judging.open_session(engine or "auto").observe(exchange)[0]
    if credentials == "unknown":
        return judged.verdict
    return decide(exchange, replace(judged.facts, credentials=credentials), judged.verdict.engine)


def judge_recording(path: str | PathLike[str], *, engine: str | None = None) -> Iterator[Judged]:
    """Yield each exchange of a recording with the last verdict on it: `judged.entry.exchange`, `judged.verdict`.

    The exchanges are judged together, as `corsight audit` does: preflights with their requests, redirects, caches.
    """
    recording = _open(path)
    yield from judging.judge_recording(recording, engine or "auto")
    _raise_problem(recording)


def audit(path: str | PathLike[str], *, engine: str | None = None) -> list[Finding]:
    """Return the findings of `corsight audit` on a recording, the most important first."""
    diagnosis = Diagnosis()
    for judged in judge_recording(path, engine=engine):
        diagnosis.add(judged)
    return diagnosis.list_findings()


def _open(path: str | PathLike[str]) -> Recording:
    check_readable(fspath(path))
    return Recording(fspath(path))


def _raise_problem(recording: Recording) -> None:
    if recording.problem is not None:
        raise recording.problem
