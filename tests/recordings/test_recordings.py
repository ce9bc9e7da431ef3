"""The verdicts on recorded traffic, held against what the browsers did: no browser needed, and never by chance."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from corsight.policies.record import Lines
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from tests.browser.lab.score import score

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Floor:
    """The least shares that are let pass: of steps right and called certain, of error names and console texts right."""

    right: float
    certain: float
    names: float = 0.0
    texts: float = 0.0
    hidden: float = 0.99


FLOORS = {
    "chromium": Floor(0.995, 0.95, names=0.90, texts=0.92),
    "chromium-h2": Floor(0.995, 0.95, names=0.90, texts=0.92),
    "firefox": Floor(0.995, 0.95, names=0.96, texts=0.99),
    "firefox-h2": Floor(0.995, 0.95, names=0.96, texts=0.99),
    "webkit": Floor(0.98, 0.90, hidden=0.9),
    "wide-chromium": Floor(0.995, 0.97, names=0.95, texts=0.95),
    "wide-firefox-h2": Floor(0.99, 0.80, names=0.97, texts=0.97),
    "wide-webkit": Floor(0.98, 0.90, hidden=0.9),
}


@pytest.mark.parametrize("name", FLOORS)
def test_the_verdicts_are_what_the_browser_did(name: str, tmp_path: Path) -> None:
    with tarfile.open(HERE / f"{name}.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    log = tmp_path / "verdicts.jsonl"
    log.write_text("".join(judge(tmp_path / "flows.mitm")))
    result, floor = score(tmp_path, log), FLOORS[name]
    print(result)
    assert result.steps > 150
    assert result.right >= floor.right * result.steps
    assert result.certain >= floor.certain * result.steps
    assert result.certain_wrong == 0
    assert result.hidden_right >= floor.hidden * result.hidden
    assert result.names_right >= floor.names * result.names
    assert result.texts_right >= floor.texts * result.texts


def judge(flows: Path) -> list[str]:
    """The last log record of every exchange in a recording, a line each."""
    lines = Lines()
    return [lines.line(judged) + "\n" for judged in judge_recording(Recording(str(flows)))]
