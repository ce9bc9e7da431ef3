"""Progress: said on a terminal, now and then, and taken away at the end."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from corsight.policies.verdict import Outcome
from corsight.scripts import progress
from corsight.scripts.progress import CLEAR, Progress
from corsight.scripts.recordings import Recording
from corsight.scripts.report.findings import Findings


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Half(Recording):
    """A recording of which half was read."""

    position = 1_000_000  # type: ignore[assignment]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "rec.mitm"
    path.write_bytes(bytes(2_000_000))
    return str(path)


def found() -> Findings:
    findings = Findings(diagnose=False)
    findings.outcomes[Outcome.BLOCKED, "certain"] = 3
    findings.outcomes[Outcome.ALLOWED, "certain"] = 1500
    findings.open = 2
    return findings


def say(file: str, stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Progress:
    monkeypatch.setattr(progress, "EVERY", 1)
    moments = iter([0.0, 0.5, 10.0, 10.1, 20.0])
    told = Progress([file], stream, lambda: next(moments))
    for _ in range(3):
        told.tick(Half(file), found())
    return told


def test_bytes_exchanges_and_the_time_left_are_said(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    told = say(file, stream, monkeypatch)
    line = f"{CLEAR}1.0 of 2.0 MB, 1,505 exchanges, 5 blocked or open, about 10 s left"
    assert stream.getvalue() == line
    told.finish(file, found())
    told.end()
    assert stream.getvalue() == f"{line}{CLEAR}2.0 of 2.0 MB, 1,505 exchanges, 5 blocked or open{CLEAR}"


def test_nothing_is_said_where_nobody_looks(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    told = say(file, stream, monkeypatch)
    told.finish(file, found())
    told.end()
    assert stream.getvalue() == ""
