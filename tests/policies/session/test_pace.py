"""Slow roads between a browser and this proxy: what comes by here in some order was not done in it."""

from __future__ import annotations

import pytest

from corsight.policies.exchange import Exchange
from corsight.policies.session.pace import MANY, TIMES, UNSEEN, Pace
from corsight.policies.session.sequels import PATIENCE, SETTLED
from tests.policies.session.test_browser import (
    ALLOW,
    API,
    CHROMIUM,
    CORS,
    CREDENTIALS,
    FIREFOX,
    PAGE,
    STAR,
    UNCACHED,
    WEBKIT,
    Recording,
)

ROAD = 0.2
"""Seconds that an answer and the request behind it take together."""
ASKED = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]


def test_what_is_usual_is_the_middle_of_what_came_of_late() -> None:
    pace = Pace()
    assert (pace.usual, pace.slack, pace.is_slow) == (0.0, UNSEEN, False)
    for seconds in (0.01, 0.3, 0.02, -1.0, 9.0):
        pace.note(seconds)
    assert (pace.usual, pace.slack, pace.is_slow) == (0.02, 0.02, False)
    for _ in range(MANY):
        pace.note(0.2)
    assert (pace.usual, pace.slack, pace.is_slow) == (0.2, TIMES * 0.2, True)


def far_away(agent: str, road: float = ROAD) -> Recording:
    """A browser whose requests follow their preflights late."""
    recording = Recording(agent=agent)
    for number in range(3):
        url = f"https://api.test/known/{number}"
        recording.preflight(f"known {number}", [*ALLOW, CREDENTIALS], url=url)
        recording.now += road
        recording.request(f"{number} known", STAR, method="PUT", url=url)
    return recording


@pytest.mark.parametrize("agent", [FIREFOX, WEBKIT])
@pytest.mark.parametrize(("road", "certainty"), [(0.0, "certain"), (ROAD, "likely")])
def test_an_answer_that_is_long_on_its_way_may_meet_its_pages_giving_up(
    agent: str, road: float, certainty: str
) -> None:
    """Firefox behind a road of 10 to 300 ms: of 33 preflights that were answered in vain, four were given up."""
    recording = far_away(agent, road)
    recording.preflight("p", STAR)
    recording.wait(PATIENCE + 1)
    assert recording.said("p") == ("blocked", certainty, "allow-origin-wildcard")


@pytest.mark.parametrize(("later", "certainty"), [(0.05, "likely"), (1.0, "certain")])
@pytest.mark.parametrize("url", [API, f"{API}?q=cors"])
def test_a_page_that_asks_on_just_then_may_have_given_up(url: str, later: float, certainty: str) -> None:
    recording = Recording(agent=FIREFOX)
    recording.preflight("p", STAR, url=url)
    recording.now += later
    recording.ask("on", "OPTIONS", f"{url}s" if "?" in url else url, ASKED, connection="on")
    recording.wait(PATIENCE + 1)
    assert recording.said("p") == ("blocked", certainty, "allow-origin-wildcard")


@pytest.mark.parametrize(("takes", "certainty"), [(0.2, "certain"), (1.2, "likely")])
def test_what_takes_its_time_a_page_may_give_up_each_time(takes: float, certainty: str) -> None:
    """Chromium finishes the preflight of a fetch() with AbortSignal.timeout(1000)."""
    recording = Recording(agent=CHROMIUM)
    for name in ("p1", "p2"):
        asked = recording.ask(name, "OPTIONS", API, ASKED, connection="c0", http2=True)
        recording.now += takes
        recording.answer(asked, 204, STAR)
        recording.wait(PATIENCE + 1)
    assert recording.said("p2") == ("blocked", certainty, "allow-origin-wildcard")


@pytest.mark.parametrize(("road", "certainty"), [(0.0, "certain"), (ROAD, "likely")])
def test_what_was_asked_anew_before_the_answer_can_have_come_was_given_up(road: float, certainty: str) -> None:
    recording = far_away(CHROMIUM, road)
    for name in ("p1", "p2"):
        asked = recording.ask(name, "OPTIONS", API, ASKED, connection=name, http2=True)
        recording.answer(asked, 204, STAR)
        recording.now += 0.1
    recording.wait(PATIENCE + 1)
    assert recording.said("p1")[:2] == recording.said("p2")[:2] == ("blocked", certainty)


@pytest.mark.parametrize(("road", "outcome"), [(0.0, "blocked"), (ROAD, "allowed")])
def test_on_a_slow_road_a_key_is_typed_before_the_answer_is_there(road: float, outcome: str) -> None:
    recording = far_away(CHROMIUM, road)
    urls = [f"{API}?q={typed}" for typed in ("c", "co", "cor")]
    for url in urls:
        recording.preflight(url, STAR, url=url, connection=url)
        recording.now += 0.1
    recording.request("r", STAR, method="PUT", url=urls[-1])
    recording.wait(PATIENCE + 1)
    assert [recording.said(url)[:2] for url in urls[:-1]] == [(outcome, "likely")] * 2


def test_one_that_is_followed_late_leaves_the_others_absence_likely() -> None:
    """A browser that was held up for longer than requests are waited for."""
    recording = Recording(agent=CHROMIUM)
    for name in ("p1", "p2"):
        recording.answer(recording.ask(name, "OPTIONS", API, ASKED, connection=name, http2=True), 204, UNCACHED)
        recording.wait(PATIENCE + 1)
    assert recording.said("p1")[:2] == recording.said("p2")[:2] == ("blocked", "certain")
    recording.request("r", STAR, method="PUT")
    assert recording.said("p2")[0] == "allowed"
    assert recording.said("p1") == ("blocked", "likely", "allow-origin-wildcard")


@pytest.mark.parametrize(("road", "certainty"), [(0.0, "certain"), (ROAD, "likely")])
def test_how_long_a_recording_goes_on_after_an_absence_is_held_against_the_road(road: float, certainty: str) -> None:
    recording = far_away(CHROMIUM, road)
    recording.answer(recording.ask("p1", "OPTIONS", API, ASKED, http2=True), 204, STAR)
    recording.wait(PATIENCE + 1)
    recording.answer(recording.ask("p2", "OPTIONS", API, ASKED, http2=True), 204, STAR)
    recording.wait(SETTLED + 0.1)
    recording.end()
    assert recording.said("p2") == ("blocked", certainty, "allow-origin-wildcard")


@pytest.mark.parametrize(("road", "certainty"), [(0.0, "certain"), (ROAD, "likely")])
def test_a_request_may_have_followed_an_earlier_preflight_whose_road_was_longer(road: float, certainty: str) -> None:
    """Both answers are still on their way when the first request comes."""
    recording = far_away(WEBKIT, road)
    both: list[Exchange] = [recording.ask(name, "OPTIONS", API, ASKED, connection=name) for name in ("p1", "p2")]
    recording.answer(both[0], 204, UNCACHED)
    recording.now += 0.2
    recording.answer(both[1], 204, UNCACHED)
    recording.request("r", STAR, method="PUT", connection="r")
    assert recording.said("p2") == ("allowed", certainty, None)


@pytest.mark.parametrize(("road", "certainty"), [(0.0, "certain"), (ROAD, "likely")])
def test_what_comes_sooner_than_it_can_have_followed_may_have_gone_by_the_cache(road: float, certainty: str) -> None:
    """Chromium: the request behind a cached preflight set out while the answer of another was on its way."""
    recording = far_away(WEBKIT, road)
    kept = [*STAR, ("Access-Control-Max-Age", "600")]
    asked = recording.ask("p", "OPTIONS", API, ASKED, connection="p")
    recording.preflight("cached", kept)
    recording.now += road
    recording.request("before", STAR, method="PUT", connection="before")
    recording.answer(asked, 204, kept)
    recording.request("r", STAR, method="PUT", connection="r")
    assert recording.said("p") == ("allowed", certainty, None)
