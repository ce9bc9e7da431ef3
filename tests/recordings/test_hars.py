"""The recordings here as HARs: what a producer leaves out may leave a verdict open, and never turns it round."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from tests.browser.lab.score import LINES, judge, score_records
from tests.recordings.distorted import recordings
from tests.recordings.hars import SHAPES, flows_of, from_devtools, from_playwright, from_safari, unpack, write

type Har = dict[str, Any]
type Record = dict[str, Any]

NAMES = ("chromium", "chromium-h2", "firefox", "webkit")
FITTING = {
    "devtools": ("chromium", "chromium-h2"),
    "firefox": ("firefox",),
    "mitmproxy": NAMES,
    "charles": NAMES,
    "fiddler": NAMES,
}


class Visit:
    """A recording, unpacked: its folder, its flows, what is said of them, and which URLs failed for their page."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.flows = flows_of(folder)
        self.records = judge(folder)
        self.failed = {record["url"] for record in self.records if record["outcome"] == "blocked"}

    @cached_property
    def whole(self) -> str:
        """The HAR of DevTools, with all that is sensitive."""
        return json.dumps(from_devtools(self.flows, sanitized=False))


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Visit]:
    return {name: Visit(unpack(recordings()[name], tmp_path_factory.mktemp(name))) for name in NAMES}


def read(har: Har, path: Path) -> list[Record]:
    recording = Recording(str(write(har, path)))
    records = [json.loads(LINES.line(judged)) for judged in judge_recording(recording, held=10**6)]
    assert recording.problem is None
    return records


def contradictions(base: list[Record], records: list[Record]) -> Iterator[str]:
    """What is certain in both and not alike; of exchanges that are told apart by URL and method."""
    mine, theirs = _single(base), _single(records)
    for key in mine.keys() & theirs.keys():
        one, other = mine[key], theirs[key]
        if one["outcome"] != other["outcome"] and one["certainty"] == other["certainty"] == "certain":
            yield f"{key}: {one['outcome']} {one['rule']} became {other['outcome']} {other['rule']}"


def _single(records: list[Record]) -> dict[tuple[str, str], Record]:
    found: dict[tuple[str, str], list[Record]] = {}
    for record in records:
        found.setdefault((record["method"].upper(), record["url"]), []).append(record)
    return {key: one[0] for key, one in found.items() if len(one) == 1}


@pytest.mark.parametrize(("shape", "name"), [(shape, name) for shape, names in FITTING.items() for name in names])
def test_a_har_says_what_the_recording_says(visits: dict[str, Visit], tmp_path: Path, shape: str, name: str) -> None:
    visit = visits[name]
    records = read(SHAPES[shape](visit.flows), tmp_path / "a.har")
    assert len(records) == len(visit.records)
    assert list(contradictions(visit.records, records)) == []
    scored = score_records(visit.folder, records)
    assert scored.certain_wrong == 0
    assert scored.right == score_records(visit.folder, visit.records).right


def test_outcomes_make_more_steps_certain_and_none_wrong(visits: dict[str, Visit], tmp_path: Path) -> None:
    visit = visits["chromium"]
    outcomes = {record["flow"]: record["outcome"] for record in visit.records}
    har = from_devtools(
        visit.flows, lambda flow: "net::ERR_FAILED" if outcomes[flow.id] == "blocked" and flow.response else None
    )
    without = score_records(visit.folder, read(from_devtools(visit.flows), tmp_path / "a.har"))
    scored = score_records(visit.folder, read(har, tmp_path / "a.har"))
    assert (scored.right, scored.certain_wrong) == (scored.steps, 0)
    assert scored.certain > without.certain


@pytest.mark.parametrize("name", NAMES)
def test_playwrights_failures_are_blocked_and_never_certain(
    visits: dict[str, Visit], tmp_path: Path, name: str
) -> None:
    visit = visits[name]
    engine = name.partition("-")[0]
    records = read(from_playwright(visit.flows, engine, visit.failed), tmp_path / "a.har")
    assert list(contradictions(visit.records, records)) == []
    for record in records:
        if record["status"] is None and record["outcome"] == "blocked":
            assert record["certainty"] == "likely"


def test_safaris_file_holds_nothing_that_is_certainly_blocked(visits: dict[str, Visit], tmp_path: Path) -> None:
    visit = visits["webkit"]
    records = read(from_safari(visit.flows, visit.failed), tmp_path / "a.har")
    assert [record for record in records if record["outcome"] == "blocked"] == []


# -- what producers leave out -----------------------------------------------------------------------------------------


def without_header(*names: str) -> Callable[[Har], None]:
    """Leave headers out of every message."""

    def remove(entry: Har) -> None:
        for message in (entry["request"], entry["response"]):
            message["headers"] = [one for one in message["headers"] if one["name"].lower() not in names]

    return remove


def without(*names: str, inside: str | None = None) -> Callable[[Har], None]:
    """Leave fields out of every entry, or out of a part of it."""

    def remove(entry: Har) -> None:
        part = entry[inside] if inside else entry
        for name in names:
            part.pop(name, None)

    return remove


REMOVALS: dict[str, Callable[[Har], None]] = {
    "cookies": without_header("cookie"),
    "set cookies": without_header("set-cookie"),
    "authorization": without_header("authorization"),
    "connections": without("_connectionId", "connection"),
    "timings": without("timings", "time"),
    "addresses": without("serverIPAddress"),
    "sizes": without("bodySize", "headersSize", "content", inside="response"),
    "versions": without("httpVersion", inside="request"),
    "response versions": without("httpVersion", inside="response"),
}
PIECES = (b"", b"}", b"]", b"{", b"[", b'"', b"\\", b"null", b"\xff", b"NaN", b"7", b":")
CREATORS = ("WebInspector", "Some Tool")


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(("chromium", "chromium-h2")),
    removed=st.sets(st.sampled_from(sorted(REMOVALS)), min_size=1),
    preflights=st.booleans(),
    creator=st.sampled_from(CREATORS),
)
def test_what_is_left_out_never_turns_a_certain_verdict_round(
    visits: dict[str, Visit], tmp_path: Path, name: str, removed: set[str], preflights: bool, creator: str
) -> None:
    visit = visits[name]
    har = json.loads(visit.whole)
    har["log"]["creator"]["name"] = creator
    entries = har["log"]["entries"]
    for entry in entries:
        for one in removed:
            REMOVALS[one](entry)
    if not preflights:
        har["log"]["entries"] = [entry for entry in entries if entry["request"]["method"] != "OPTIONS"]
    assert list(contradictions(visit.records, read(har, tmp_path / "a.har"))) == []


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_damage_ends_in_a_traceback(visits: dict[str, Visit], tmp_path: Path, data: st.DataObject) -> None:
    har = from_devtools(visits["chromium"].flows[:12])
    text = bytearray(json.dumps(har).encode())
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(text) - 1))
        piece = data.draw(
            st.sampled_from((b"", b"}", b"]", b"{", b"[", b'"', b"\\", b"null", b"\xff", b"NaN", b"7", b":"))
        )
        text[at : at + data.draw(st.integers(0, 40))] = piece
    (tmp_path / "a.har").write_bytes(text)
    recording = Recording(str(tmp_path / "a.har"))
    list(judge_recording(recording))
    assert "please report it" not in str(recording.problem or "")
