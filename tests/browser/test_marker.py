"""The marker and the browser's own word in real browsers: neither lies, neither changes what a page gets, and both
settle the commonest mistake: a page on localhost that asks another port with credentials, against `*`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corsight.scripts.browse import session as sessions
from corsight.scripts.browse.plan import Plan
from corsight.scripts.browse.run import run
from corsight.scripts.browse.session import Session
from corsight.scripts.judging import judge_recording
from corsight.scripts.paths import ROOT
from corsight.scripts.processes.browsers import Engine as Browsed
from corsight.scripts.recordings import Recording
from tests.browser.lab.drive import Engine
from tests.browser.marker.record import FLOWS, SEEN, SERVER, last_words, read_lines, record
from tests.browser.marker.steps import Step, draw

COUNT = 16
KNOWN_BY_MARKER = {
    "chromium": {"localhost", "http-host", "https-host", "https-site"},
    "firefox": {"localhost", "http-host", "https-host", "https-site"},
    "webkit": {"localhost", "http-host", "https-host"},
}
"""Where each engine stores and sends it, and nothing else tells as much."""


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param("chromium", marks=pytest.mark.browser("chromium")),
        pytest.param("firefox", marks=pytest.mark.browser("firefox")),
        pytest.param("webkit", marks=pytest.mark.browser("webkit")),
    ],
)
def test_the_marker_settles_the_mode_and_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    steps = draw(1, COUNT)
    folders = {marker: tmp_path / f"marker-{marker}" for marker in (True, False)}
    results = {}
    for marker, folder in folders.items():
        folder.mkdir()
        results[marker] = record(engine, steps, folder, marker=marker)
    assert results[True] == results[False]
    assert results[True]["cookies"] == "", "no page sees it"
    assert "corsight-marker" not in (folders[True] / SEEN).read_text(), "no server sees it"
    assert b"corsight-marker" not in (folders[True] / FLOWS).read_bytes(), "no recording holds it"
    said = last_words(folders[True])
    assert [step["name"] for step in steps if is_wrong(step, said[step["name"]], results[True])] == []
    by_marker = [step for step in steps if "marker cookie" in evidence(said[step["name"]])]
    assert {step["pair"] for step in by_marker} >= KNOWN_BY_MARKER[engine]
    before = last_words(folders[False])
    requests = [step["name"] for step in steps if step["pair"] == "localhost"]
    unknown = [name for name in requests if before[name]["role"] == "request" and not evidence(before[name])]
    settled = [name for name in unknown if evidence(said[name])]
    assert len(settled) >= 0.8 * len(unknown) - 1, "all but what came before the first one that was credentialed"
    # The recording says the same, by what stands beside it.
    audited = {
        judged.entry.exchange.id: judged.verdict.outcome.value
        for judged in judge_recording(Recording(str(folders[True] / FLOWS)))
    }
    assert {one["flow"]: one["outcome"] for one in said.values()}.items() <= audited.items()


def is_wrong(step: Step, said: dict[str, Any], results: dict[str, str]) -> bool:
    """Whether what is certain is not so: the outcome, or the credentials mode."""
    if said["certainty"] == "certain" and (said["outcome"] == "blocked") != (results[step["name"]] == "error"):
        return True
    told = [one for one in said["evidence"] if one["fact"] == "credentials" and one["certainty"] == "certain"]
    return any((one["value"] == "include") != (step["credentials"] == "include") for one in told)


def evidence(said: dict[str, Any]) -> str:
    return " ".join(one["because"] for one in said["evidence"] if one["fact"] == "credentials")


# -- the browser's own word -------------------------------------------------------------------------------------------


def classic(name: str, **more: str) -> Step:
    """A page on localhost asks another port, which answers `*`."""
    page, url = "http://localhost:3000", f"http://localhost:8000/step/{name}"
    asked = {"via": "fetch", "method": "GET", "credentials": "include", "answer": "star"} | more
    return {"name": name, "page": page, "url": url, "wait": 0, **asked}


CLASSIC = [
    classic("fetch"),
    classic("xhr", via="xhr"),
    classic("without", credentials="same-origin"),
    classic("put", method="PUT"),
    classic("put-without", method="PUT", credentials="same-origin"),
]


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param("chromium", marks=pytest.mark.browser("chromium")),
        pytest.param("firefox", marks=pytest.mark.browser("firefox")),
    ],
)
def test_what_the_browser_says_settles_the_verdict_and_stays_in_the_recording(
    engine: Browsed, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "steps.json").write_text(json.dumps(CLASSIC))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{ROOT / '.corsight' / 'src'}")
    opened: list[Session] = []
    made = Session.__init__

    def make(session: Session, *arguments: Any) -> None:
        made(session, *arguments)
        opened.append(session)

    def heard_all() -> bool:
        """Whether each fetch was told of; nothing came of two of them but their preflights."""
        [session] = opened
        told = {row.url for row in session.rows if row.id in session.words}
        return told >= {step["url"] for step in CLASSIC}

    monkeypatch.setattr(Session, "__init__", make)
    monkeypatch.setattr(sessions.signals, "was_interrupted", heard_all)
    kept = tmp_path / "kept.mitm"
    plan = Plan(url="http://localhost:3000/", browser=engine, headless=True, save=kept, marker="")
    assert run(plan, scripts=[SERVER], options={"marker_folder": str(tmp_path)}) == 0
    [session] = opened
    live = {row.url.rpartition("/")[2]: row for row in session.rows if "/step/" in row.url and row.id in session.words}
    expected = {"fetch": "blocked", "xhr": "blocked", "without": "allowed", "put": "blocked", "put-without": "allowed"}
    assert {name: row.outcome for name, row in live.items()} == expected
    assert not any(row.disagrees for row in session.rows)
    judgeds = {judged.entry.exchange.id: judged for judged in judge_recording(Recording(str(kept)))}
    for name, row in live.items():
        verdict = judgeds[row.id].verdict
        assert (verdict.outcome.value, verdict.certainty) == (expected[name], "certain"), name
    xhr = judgeds[live["xhr"].id]
    assert xhr.entry.evidence["initiator"].value == "xhr"
    if engine == "chromium":
        assert (xhr.verdict.ruling.message or "").startswith("Access to XMLHttpRequest at ")
        assert "http://localhost:3000/:" in xhr.entry.evidence["initiator"].because
    # Nothing but the browser's word was there.
    assert read_lines(tmp_path / SEEN)
    assert "corsight-marker" not in (tmp_path / SEEN).read_text()
