"""The verdicts on recorded traffic, held against what the browsers did: no browser needed, and never by chance."""

from __future__ import annotations

import pytest

from tests.recordings.distorted import recordings
from tests.recordings.expected import compare, read, sources

MEANT = "If this is meant, run `scripts/lab expect` and commit tests/recordings/expected.json with the reason."


@pytest.mark.parametrize("name", sources())
def test_the_verdicts_on_a_recording_come_to_what_is_expected(name: str) -> None:
    moved = compare(read().get(name), sources()[name]())
    assert not moved, "\n".join([f"{name}:", *moved, MEANT])


@pytest.mark.parametrize("name", recordings())
def test_no_certain_verdict_on_a_recording_is_expected_to_be_wrong(name: str) -> None:
    assert read()[name]["certain_wrong"] == 0


def test_every_expected_recording_is_there() -> None:
    assert list(read()) == list(sources())


def test_a_figure_that_moved_is_told_with_what_was_expected() -> None:
    expected = {"right": 165, "wrong": ["7/0"]}
    assert compare(expected, expected) == []
    assert compare(expected, {"right": 164, "wrong": ["7/0", "8/1"]}) == [
        "right: 164, expected 165",
        "wrong: ['7/0', '8/1'], expected ['7/0']",
    ]
    assert compare(None, expected) == ["no figures are expected yet"]
