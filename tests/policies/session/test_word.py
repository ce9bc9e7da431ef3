"""The browser's own word: what it settles, live and in a recording, and what it cannot overrule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corsight.policies.exchange import Word
from corsight.policies.record import record
from tests.policies.session.test_browser import CHROMIUM, CREDENTIALS, FIREFOX, PAGE, STAR, Pairs, Recording

API = "http://api.example:8000/v1"
ORIGIN = "http://app.example"
WILDCARD = Word(loaded=False, error="WildcardOriginNotAllowed", initiator="xhr", place=f"{ORIGIN}/a.js:3:7")


def attentive() -> Recording:
    recording = Recording(agent=CHROMIUM)
    recording.session.attend()
    return recording


def hear(recording: Recording, name: str, word: Word) -> None:
    recording._note(recording.session.heed(name, word))


@pytest.mark.parametrize(
    ("word", "said"),
    [
        (WILDCARD, ("blocked", "certain", "allow-origin-wildcard")),
        (Word(loaded=True), ("allowed", "certain", None)),
        (Word(loaded=None, credentials="include"), ("blocked", "certain", "allow-origin-wildcard")),
        (Word(loaded=None, credentials="not-include"), ("allowed", "certain", None)),
        (Word(loaded=None), ("allowed", "likely", None)),
    ],
)
def test_it_settles_what_the_wire_leaves_open(word: Word, said: tuple[str, str, str | None]) -> None:
    recording = attentive()
    recording.request("r", STAR, origin=ORIGIN, url=API)
    assert recording.said("r") == ("allowed", "likely", None)
    hear(recording, "r", word)
    assert recording.said("r") == said


def test_the_console_text_and_the_evidence_say_xmlhttprequest_where_it_was_one() -> None:
    recording = attentive()
    recording.request("r", [], origin=ORIGIN, url=API)
    assert recording.last["r"].verdict.ruling.message.startswith("Access to fetch at ")  # type: ignore[union-attr]
    hear(recording, "r", replace(WILDCARD, error="MissingAllowOriginHeader"))
    message = recording.last["r"].verdict.ruling.message or ""
    assert message.startswith("Access to XMLHttpRequest at ")
    told = [one for one in record(recording.last["r"])["evidence"] if one["fact"] == "initiator"]
    assert told == [
        {
            "fact": "initiator",
            "value": "xhr",
            "because": f"the browser says that {ORIGIN}/a.js:3:7 made the request",
            "certainty": "certain",
        }
    ]


def test_a_recording_that_holds_it_is_judged_by_it() -> None:
    recording = Recording(agent=CHROMIUM)
    asked = [("Origin", ORIGIN), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty")]
    exchange = replace(recording.ask("r", "GET", API, asked), word=WILDCARD)
    recording.answer(exchange, 200, STAR)
    assert recording.said("r") == ("blocked", "certain", "allow-origin-wildcard")
    assert recording.because("r", "credentials") == "the browser hid it from the page (WildcardOriginNotAllowed)"


def test_what_it_says_of_one_request_tells_of_others_on_its_connection() -> None:
    recording = attentive()
    recording.request("1", STAR, origin=ORIGIN, url=API)
    recording.request("2", STAR, origin=ORIGIN, url=API)
    hear(recording, "1", WILDCARD)
    assert recording.said("2") == ("blocked", "certain", "allow-origin-wildcard")


def test_a_blocked_preflight_is_settled_by_what_is_said_of_its_request() -> None:
    recording = attentive()
    recording.preflight("p", STAR, origin=ORIGIN, url=API)
    hear(recording, "p", replace(WILDCARD, error="PreflightWildcardOriginNotAllowed"))
    assert recording.said("p") == ("blocked", "certain", "allow-origin-wildcard")


def test_of_several_reasons_the_browser_names_its_own() -> None:
    recording = attentive()
    recording.preflight("p", [("Access-Control-Allow-Origin", "*")], origin=ORIGIN, url=API)
    assert recording.said("p")[0] == "blocked"
    hear(recording, "p", Word(loaded=False, error="MethodDisallowedByPreflightResponse"))
    assert recording.said("p") == ("blocked", "certain", "preflight-method-not-allowed")


def test_it_does_not_overrule_what_is_certain() -> None:
    recording = attentive()
    recording.request("r", [], origin=ORIGIN, url=API)
    hear(recording, "r", Word(loaded=True))
    assert recording.said("r") == ("blocked", "certain", "allow-origin-missing")


def test_a_word_on_what_is_not_remembered_changes_nothing() -> None:
    recording = Recording(agent=CHROMIUM)
    answer: Pairs = [("Access-Control-Allow-Origin", PAGE), CREDENTIALS]
    recording.request("r", answer)
    assert recording.session.heed("r", WILDCARD) == []
    assert recording.session.heed("nowhere", WILDCARD) == []


def test_where_both_modes_block_its_reason_tells_which_it_was() -> None:
    recording = attentive()
    recording.preflight("p", [("Access-Control-Allow-Origin", "*")], origin=ORIGIN, url=API)
    hear(recording, "p", Word(loaded=False, error="preflightwildcardoriginnotallowed"))
    assert recording.said("p") == ("blocked", "certain", "allow-origin-wildcard")
    assert recording.last["p"].entry.fetch.include is True


def test_over_http2_what_it_says_of_one_request_tells_of_no_other_in_firefox() -> None:
    """There both modes share a connection."""
    recording = Recording(agent=FIREFOX)
    recording.session.attend()
    for name in ("1", "2"):
        asked = [("Origin", ORIGIN), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty")]
        recording.answer(recording.ask(name, "GET", API, asked, http2=True), 200, STAR)
    hear(recording, "1", replace(WILDCARD, error="CORSNotSupportingCredentials"))
    assert recording.said("1") == ("blocked", "certain", "allow-origin-wildcard")
    assert recording.said("2") == ("allowed", "likely", None)


def test_that_a_response_was_loaded_says_nothing_of_its_type() -> None:
    """Chromium 156 loads a module of the wrong type, and refuses to run it after that."""
    recording = attentive()
    asked = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "script"), ("Sec-Fetch-Site", "same-origin")]
    page = [("Content-Type", "text/html")]
    recording.answer(recording.ask("r", "GET", f"{PAGE}/chunk.js", asked), 200, page)
    assert recording.said("r") == ("blocked", "likely", "mime-type-blocked")
    hear(recording, "r", Word(loaded=True))
    assert recording.said("r") == ("blocked", "likely", "mime-type-blocked")
