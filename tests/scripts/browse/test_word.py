"""What a browser said, joined to exchanges beyond doubt or not at all, and kept in the recording."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mitmproxy.io import FlowWriter

from corsight.addons.adapter import exchange_of
from corsight.addons.wire import read_word, write_word
from corsight.policies.exchange import Word
from corsight.scripts.browse.rows import Row, Rows
from corsight.scripts.browse.watch import Requests, Sighting
from corsight.scripts.browse.word import Told, copy_told, word_on
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from tests.addons.mitm import STAR, cors

URL = "http://api.example:8000/v1"
SEEN = Sighting("refused", URL, "GET", 10.0, error="WildcardOriginNotAllowed", initiator="xhr", place="a.js:1:2")
WORD = Word(loaded=False, error="WildcardOriginNotAllowed", initiator="xhr", place="a.js:1:2")


def rows(*added: tuple[str, float, dict[str, Any]]) -> Rows:
    made = Rows()
    for id, started, more in added:
        made.add(Row(id, started, "GET", URL, **({"outcome": "allowed"} | more)))
    return made


def row(of: Rows, id: str) -> Row:
    found = of.get(id)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("others", "sighting", "word"),
    [
        pytest.param([], SEEN, WORD, id="alone"),
        pytest.param([], replace(SEEN, kind="loaded", error=""), replace(WORD, loaded=True, error=""), id="loaded"),
        pytest.param([("2", 12.0, {})], SEEN, WORD, id="another much later"),
        pytest.param([("2", 10.03, {})], SEEN, None, id="another at the same time"),
        pytest.param([("2", 10.03, {"seen": "loaded"})], SEEN, None, id="another that was told of before"),
        pytest.param([("2", 10.02, {"role": "preflight"})], SEEN, WORD, id="its preflight"),
        pytest.param([], replace(SEEN, started=12.0), None, id="too long before"),
        pytest.param([], replace(SEEN, kind="unsent"), None, id="never sent"),
    ],
)
def test_a_word_is_taken_where_there_is_no_doubt_whose_it_is(
    others: list[Any], sighting: Sighting, word: Word | None
) -> None:
    made = rows(("1", 10.01, {}), *others)
    assert word_on(made, row(made, "1"), sighting) == word


def test_where_cors_has_no_say_there_is_nothing_to_tell() -> None:
    made = rows(("1", 10.01, {"outcome": "not-cors"}))
    assert word_on(made, row(made, "1"), SEEN) is None


def test_a_word_stands_in_a_flows_metadata_as_plain_values() -> None:
    metadata: dict[str, Any] = {}
    assert read_word(metadata) is None
    write_word(metadata, replace(WORD, credentials="include"))
    assert read_word(metadata) == replace(WORD, credentials="include")
    assert metadata["cors.browser.loaded"] is False
    assert all(type(value) in (bool, str) for value in metadata.values())
    metadata |= {"cors.browser.initiator": "\x1b[2J", "cors.browser.credentials": 7, "cors.browser.place": "x" * 9999}
    said = read_word(metadata)
    assert said is not None
    assert (said.initiator, said.credentials, len(said.place)) == (None, None, 1024)


def test_the_recording_that_is_saved_knows_what_the_browser_said(tmp_path: Path) -> None:
    flow, other = cors(url=URL, answered=STAR, origin="http://app.example"), cors()
    source, kept = tmp_path / "source.mitm", tmp_path / "kept.mitm"
    with source.open("wb") as file:
        for one in (flow, other):
            FlowWriter(file).add(one)  # type: ignore[no-untyped-call]
        file.write(b"999:cut off")
    copy_told(source, kept, {flow.id: WORD})
    said = {one.entry.exchange.id: one.verdict for one in judge_recording(Recording(str(kept)))}
    assert (said[flow.id].certainty, said[flow.id].ruling.rule) == ("certain", "allow-origin-wildcard")
    assert (said[flow.id].ruling.message or "").startswith("Access to XMLHttpRequest at ")
    assert [one.word for one in Told(str(source), {flow.id: WORD})] == [WORD, None]
    assert exchange_of(other).word is None


BEGUN = {
    "requestId": "1",
    "request": {"url": URL, "method": "GET"},
    "wallTime": 5.0,
    "type": "XHR",
    "documentURL": "http://app.example/",
    "initiator": {
        "type": "script",
        "stack": {"callFrames": [], "parent": {"callFrames": [{"url": "a.js", "lineNumber": 0, "columnNumber": 1}]}},
    },
}
COOKIES = {"requestId": "1", "associatedCookies": [{"blockedReasons": ["ThirdPartyBlockedInFirstPartySet"]}]}
ENDED = {"requestId": "1", "corsErrorStatus": {"corsError": "WildcardOriginNotAllowed"}}


@pytest.mark.parametrize(
    ("begun", "cookies", "credentials"),
    [
        ([BEGUN], [COOKIES], "include"),
        ([BEGUN], [COOKIES | {"associatedCookies": []}], None),
        ([BEGUN | {"documentURL": "http://api.example:8000/x"}], [COOKIES], None),
        ([BEGUN, BEGUN], [COOKIES], None),
    ],
    ids=["cookies were looked up", "no cookies", "of its own origin", "after a redirect"],
)
def test_devtools_tells_what_asked_and_where_and_with_what(
    begun: list[dict[str, Any]], cookies: list[dict[str, Any]], credentials: str | None
) -> None:
    requests = Requests()
    events = [("requestWillBeSentExtraInfo", one) for one in cookies]
    events += [("requestWillBeSent", one) for one in begun]
    assert [requests.take(f"Network.{name}", params) for name, params in events] == [None] * len(events)
    said = requests.take("Network.loadingFailed", ENDED)
    assert said is not None
    assert (said.initiator, said.place, said.credentials) == ("xhr", "a.js:1:2", credentials)
