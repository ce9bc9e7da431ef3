"""The advice that an exchange's fetch makes possible: what its preflight said, and when it is told."""

from __future__ import annotations

import json

from corsight.policies.record import Lines, record
from corsight.policies.session import Judged
from tests.policies.session.test_browser import API, CHROMIUM, CORS, FIREFOX, PAGE, Recording

GRANTED = [("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Methods", "PUT"), ("Vary", "Origin")]
EXPOSED = ("Access-Control-Expose-Headers", "X-Total")


def put(recording: Recording, *answer: tuple[str, str]) -> Judged:
    exchange = recording.ask("put", "PUT", API, [("Origin", PAGE), *CORS], connection="c0")
    return recording.answer(exchange, 200, [*GRANTED, *answer])


def test_a_request_knows_its_preflights_answer() -> None:
    recording = Recording(agent=CHROMIUM)
    assert recording.preflight("p", [*GRANTED, EXPOSED]).entry.preflight is None
    judged = put(recording, ("X-Total", "7"))
    assert judged.entry.fetch.id == "p"
    assert "expose-headers-on-preflight" in judged.entry.advice


def test_a_request_without_a_preflight_has_none() -> None:
    recording = Recording(agent=CHROMIUM)
    judged = put(recording, ("X-Total", "7"))
    assert judged.entry.preflight is None
    assert "expose-headers-on-preflight" not in judged.entry.advice


def test_a_redirect_is_no_preflight() -> None:
    recording = Recording(agent=CHROMIUM)
    asked = [("Origin", PAGE), *CORS]
    first = recording.ask("first", "GET", API, asked, connection="c0")
    recording.answer(first, 302, [*GRANTED, EXPOSED, ("Location", f"{API}/next")])
    second = recording.answer(recording.ask("second", "GET", f"{API}/next", asked, connection="c0"), 200, GRANTED)
    assert second.entry.fetch.id == "first"
    assert second.entry.preflight is None


def test_advice_that_turns_on_the_credentials_mode_comes_when_that_is_known() -> None:
    # Before 147 no header tells it; but a connection of HTTP/1.1 carries requests of one mode only.
    recording = Recording(agent=FIREFOX.replace("153", "140"))
    asked = [("Origin", PAGE), *CORS]
    answer = [("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Credentials", "true")]
    answer += [("Vary", "Origin"), ("Access-Control-Expose-Headers", "*"), ("X-Total", "7")]
    recording.answer(recording.ask("first", "GET", API, asked, connection="c0"), 200, answer)
    assert recording.last["first"].entry.advice == ()
    recording.answer(recording.ask("second", "GET", API, [*asked, ("Cookie", "id=7")], connection="c0"), 200, answer)
    assert recording.last["second"].entry.advice == ("expose-wildcard-with-credentials",)
    assert recording.last["first"].revises
    assert recording.last["first"].entry.advice == ("expose-wildcard-with-credentials",)


def test_the_log_says_what_is_advised_and_never_mixes_two_exchanges() -> None:
    lines = Lines()
    advised: dict[str, list[str]] = {}
    for turn in ("first", "second"):
        for name, value in (("good", PAGE), ("bad", f"{PAGE}/"), ("star", "*")):
            recording = Recording(agent=CHROMIUM)
            exchange = recording.ask(turn + name, "GET", API, [("Origin", PAGE), *CORS], connection="c0")
            answer = [("Access-Control-Allow-Origin", value), ("Access-Control-Allow-Methods", "GET")]
            judged = recording.answer(exchange, 200, answer if name != "good" else answer[:1])
            written = json.loads(lines.line(judged))
            assert written == record(judged)
            advised[turn + name] = written["advice"]
    for turn in ("first", "second"):
        assert advised[turn + "good"] == []
        assert advised[turn + "bad"] == ["allow-origin-trailing-slash", "allow-lists-on-response"]
        assert advised[turn + "star"] == ["allow-lists-on-response"]
