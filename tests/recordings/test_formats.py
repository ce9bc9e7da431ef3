"""What the browsers' own tools saved of drawn scenarios, held against what the pages saw.

`formats/` holds the HARs of DevTools and of Firefox's network panel and Chromium's NetLog, as `scripts/lab har`
recorded them (seeds 81 and 80), without bodies and without the events that are not read.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from tests.browser.lab.score import LINES, score_records
from tests.recordings.hars import unpack

FOLDER = Path(__file__).parent / "formats"
FIGURES = {
    ("chromium", "sanitized.har"): (223, 223, 210),
    ("chromium", "netlog.json"): (269, 270, 253),
    ("firefox", "firefox.har"): (272, 272, 241),
}
"""Steps right, steps, and certain ones. The step that is wrong is likely only: a cached answer's credentials."""


@pytest.mark.parametrize(("browser", "name"), FIGURES)
def test_what_is_said_of_a_browsers_own_file_is_what_its_pages_saw(tmp_path: Path, browser: str, name: str) -> None:
    folder = unpack(FOLDER / f"{browser}.tar.xz", tmp_path)
    recording = Recording(str(folder / name))
    records = [json.loads(LINES.line(judged)) for judged in judge_recording(recording, held=10**6)]
    scored = score_records(folder, records)
    assert recording.problem is None
    assert scored.certain_wrong == 0
    assert (scored.right, scored.steps, scored.certain) == FIGURES[browser, name]


@pytest.mark.parametrize("name", ["sanitized.har", "netlog.json"])
@pytest.mark.parametrize("part", [0.3, 0.7])
def test_a_part_of_such_a_file_says_nothing_that_is_certain_and_wrong(tmp_path: Path, name: str, part: float) -> None:
    folder = unpack(FOLDER / "chromium.tar.xz", tmp_path)
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(len(data) * part)])
    records = [json.loads(LINES.line(one)) for one in judge_recording(Recording(str(folder / name)), held=10**6)]
    assert len(records) > 20
    assert score_records(folder, records).certain_wrong == 0
