"""The story in plain text and its picture: what is said, in which width, in ASCII where that is asked for."""

from __future__ import annotations

import pytest

from corsight.policies.story import Story, tell
from corsight.policies.story.picture import picture
from corsight.policies.story.text import lines
from tests.cases import ENGINES, Case, cases
from tests.policies.story.told import PAGE, exchange, judged, of_facts, preflight

ALLOW = [("Access-Control-Allow-Origin", PAGE)]


def blocked() -> Story:
    return tell(judged(preflight(1, answered=ALLOW)))


def test_a_blocked_preflight_in_full() -> None:
    assert lines(blocked())[:3] == [
        "PUT https://api.test/v1",
        "Chromium blocked it at the preflight: The method PUT is not allowed.",
        "  fix       Access-Control-Allow-Methods: PUT",
    ]
    text = "\n".join(lines(blocked()))
    for said in (
        "page      https://app.test, in Chromium 156",
        "1. Preflight: OPTIONS https://api.test/v1 -> 204",
        "sent      Origin: https://app.test",
        "Access-Control-Request-Method: PUT",
        "answered  Access-Control-Allow-Origin: https://app.test",
        '✔  4   It names the requesting origin: "https://app.test"',
        "✘  7.5 The method PUT is allowed: the response has no",
        "outcome   certain: blocked: The method is not allowed",
        "console   (MethodDisallowedByPreflightResponse) Access to fetch at",
        "who       the server api.test",
        "The request itself, PUT /v1, was never sent.",
    ):
        assert said in text


def test_the_picture_of_a_blocked_preflight() -> None:
    assert picture(blocked(), ascii_only=True) == [
        " browser                          proxy                          api.test",
        "    |                               |                                |",
        "    | OPTIONS /v1                   |                                |",
        "    |-------------------------------|------------------------------->|",
        "    |                               |                 204 No Content |",
        "    |<------------------------------|--------------------------------|",
        "    X blocked: The method PUT is not allowed",
        "    | PUT /v1 is never sent",
    ]


def test_the_picture_names_the_hosts_where_there_are_several() -> None:
    there = [*ALLOW, ("Location", "https://cdn.test/x")]
    told = tell(judged(exchange(1, status=302, answered=there), exchange(2, "https://cdn.test/x", origin="null")))
    drawn = "\n".join(picture(told))
    assert "servers" in drawn
    assert "GET api.test/v1" in drawn
    assert "GET cdn.test/x" in drawn
    assert drawn.count("✘") == 1


def test_the_picture_shows_who_answered() -> None:
    drawn = picture(tell(judged(exchange(1, answered=None, proxy_status=502))), ascii_only=True)
    assert "    |               502 Bad Gateway |                                |" in drawn
    assert "    |<------------------------------|                                |" in drawn
    silent = picture(tell(judged(exchange(1, answered=None))), ascii_only=True)
    assert any("no response" in line for line in silent)
    assert not any("<" in line for line in silent)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in cases()])
def test_every_case_is_told_within_the_width(case: Case) -> None:
    for engine in ENGINES:
        told = tell([of_facts(case.exchange, case.facts, engine)])
        for line in lines(told):
            # A word that is longer than a line stays whole.
            assert len(line) <= 80 or len(max(line.split(), key=len)) > 40
        assert all(line.isascii() for line in lines(told, ascii_only=True))
        for drawn in (picture(told), picture(told, ascii_only=True)):
            assert max(map(len, drawn)) <= 76


def test_very_long_urls_stay_within_the_picture() -> None:
    told = tell(judged(exchange(1, f"https://{'a' * 90}.test/{'b' * 400}")))
    assert max(map(len, picture(told))) <= 76


def test_nothing_a_peer_sends_breaks_a_line() -> None:
    odd = "a\x1b[2Jb\nc\u0085d\x00"
    made = preflight(1, f"https://api.test/{odd}?api_key=hunter2", wants=odd, answered=[("Vary", odd)], origin=odd)
    for line in lines(tell(judged(made))) + picture(tell(judged(made))):
        assert line.isprintable()
        assert "hunter2" not in line
