"""Cookie jars: when the cookie that a request lacks tells its credentials mode, and how surely."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from corsight.policies.session.jars import BUSY, Jars
from corsight.policies.session.keeping import Keeping
from corsight.policies.session.pace import Pace
from tests.policies.session.entries import PAGE, Pairs, make_entry, make_exchange


def know(*paces: float) -> tuple[Jars, Keeping]:
    """The jars of a client whose requests follow so soon, and its connections."""
    pace, keeping = Pace(), Keeping(8)
    for seconds in paces:
        pace.note(seconds)
    return Jars(4, keeping, pace), keeping


NAVIGATES: Pairs = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")]


def navigation(*headers: tuple[str, str], url: str = f"{PAGE}/", **how: Any) -> Any:
    return make_entry(make_exchange("d", *headers, url=url, origin=None, **how))


@pytest.mark.parametrize(
    ("document", "certainty"),
    [
        pytest.param(navigation(*NAVIGATES), "likely", id="from nowhere"),
        pytest.param(navigation(*NAVIGATES[:2], ("Sec-Fetch-Site", "same-origin")), "certain", id="from the page"),
        pytest.param(navigation(*NAVIGATES[:2], ("Sec-Fetch-Site", "same-site")), "likely", id="from another"),
        pytest.param(navigation(*NAVIGATES, ("Cache-Control", "max-age=0")), "certain", id="loaded anew"),
        pytest.param(navigation(*NAVIGATES, ("Cache-Control", "no-cache")), "certain", id="loaded anew, whole"),
        pytest.param(navigation(*NAVIGATES, url="https://b.test/"), "certain", id="of another origin"),
        pytest.param(navigation(NAVIGATES[0], ("Sec-Fetch-Dest", "iframe")), "certain", id="into a frame"),
        pytest.param(navigation(), "likely", id="without Sec-Fetch"),
        pytest.param(navigation(referrer=f"{PAGE}/a"), "certain", id="without Sec-Fetch, from the page"),
        pytest.param(navigation(referrer="https://b.test/"), "likely", id="without Sec-Fetch, from another"),
        pytest.param(navigation(*NAVIGATES, referrer=f"{PAGE}/a"), "likely", id="that hides where it is from"),
    ],
)
def test_a_page_that_is_loaded_again_may_be_in_another_window(document: Any, certainty: str) -> None:
    """A private window has a jar of its own, and so has another profile."""
    jars, _ = know()
    jars.note_page(PAGE)
    assert jars.weigh_absence(PAGE, 100.0, 101.0) == "certain"
    jars.note_document(document)
    assert jars.weigh_absence(PAGE, 100.0, 101.0) == certainty
    # That it sends cookies again changes nothing.
    jars.note_page(PAGE)
    assert jars.weigh_absence(PAGE, 100.0, 101.0) == certainty


def test_a_page_that_is_loaded_for_the_first_time_has_one_jar() -> None:
    jars, _ = know()
    jars.note_document(navigation(*NAVIGATES))
    assert jars.weigh_absence(PAGE, 100.0, 101.0) == "certain"
    jars.note_document(navigation(*NAVIGATES))
    assert jars.weigh_absence(PAGE, 100.0, 101.0) == "likely"


def test_two_jars_share_no_connection_and_the_markers_jar_is_known() -> None:
    jars, keeping = know()
    jars.note_page(PAGE)
    before, again = navigation(*NAVIGATES, connection="c7"), navigation(*NAVIGATES, connection="c7")
    keeping.begin(before.exchange, PAGE)
    again.exchange = replace(again.exchange, id="again")
    jars.note_document(again)
    assert jars.weigh_absence(PAGE, 100.0, 101.0) == "certain"
    marked = navigation(*NAVIGATES)
    marked.exchange = replace(marked.exchange, marker="carried")
    jars.note_document(marked)
    assert jars.weigh_absence(PAGE, 100.0, 101.0) == "certain"
    marked.exchange = replace(marked.exchange, marker="missing")
    jars.note_document(marked)
    assert jars.weigh_absence(PAGE, 100.0, 101.0) == "likely"


@pytest.mark.parametrize(
    ("under_way", "since", "certainty"),
    [
        pytest.param([(BUSY, 99.0)], 100.0, "likely", id="since before it was set"),
        pytest.param([(BUSY, 100.0)], 100.0, "likely", id="since just then"),
        pytest.param([(BUSY, 100.5)], 100.0, "certain", id="only since then"),
        pytest.param([(BUSY - 1, 99.0)], 100.0, "certain", id="three"),
        pytest.param([(BUSY, 99.0), (BUSY, 100.5)], 100.0, "likely", id="all the time"),
        pytest.param([(BUSY, 99.0), (0, 99.5)], 100.0, "certain", id="no longer"),
        pytest.param([(BUSY, 99.0), (0, 99.5), (9, 100.5)], 100.0, "certain", id="again, but only since then"),
    ],
)
def test_a_request_that_waited_for_a_connection_took_its_cookies_along_before(
    under_way: list[tuple[int, float]], since: float, certainty: str
) -> None:
    jars, _ = know()
    for others, now in under_way:
        jars.note_others(others, now)
    assert jars.weigh_absence(PAGE, since, 101.0) == certainty


@pytest.mark.parametrize(
    ("usual", "later", "certainty"),
    [(0.1, 0.3, "likely"), (0.1, 0.5, "certain"), (0.04, 0.01, "certain"), (None, 0.2, "certain")],
)
def test_on_a_slow_road_a_request_may_have_left_before_its_cookies_were_there(
    usual: float | None, later: float, certainty: str
) -> None:
    jars, _ = know(*([] if usual is None else [usual]))
    assert jars.weigh_absence(PAGE, 100.0, 100.0 + later) == certainty
