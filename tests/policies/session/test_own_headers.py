"""Headers that no page has set, on requests that a preflight did not name them for."""

from __future__ import annotations

import pytest

from corsight.policies.session.sequels import PATIENCE
from tests.policies.session.test_browser import API, CHROMIUM, CORS, PAGE, STAR, WEBKIT, Pairs, Recording

EXTENSION = ("X-Extension", "1")
NAVIGATES: Pairs = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")]


@pytest.mark.parametrize(
    "added",
    [
        pytest.param(EXTENSION, id="an extension adds one to every request"),
        pytest.param(("DPR", "2"), id="a client hint that the page delegates"),
        pytest.param(("Accept-Language", "en-US@posix"), id="a headless build under the POSIX locale"),
    ],
)
@pytest.mark.parametrize("agent", [CHROMIUM, WEBKIT])
def test_a_header_that_the_preflight_did_not_name_does_not_unjoin_its_request(
    agent: str, added: tuple[str, str]
) -> None:
    """Chromium 108 and 156: told as blocked since nothing followed, certain from the second time on."""
    recording = Recording(agent=agent)
    recording.preflight("p", STAR)
    recording.request("r", STAR, added, method="PUT")
    recording.wait(PATIENCE + 1)
    assert recording.said("p") == recording.said("r") == ("allowed", "certain", None)
    assert recording.last["p"].entry.fetch is recording.last["r"].entry.fetch


def test_a_header_that_comes_with_navigations_needs_no_preflight() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.answer(recording.ask("page", "GET", f"{PAGE}/", [*NAVIGATES, EXTENSION]), 200, [])
    recording.request("r", STAR, EXTENSION)
    assert "preflight" not in recording.last["r"].entry.evidence
    recording.request("s", STAR, ("X-Page", "1"))
    assert "preflight" in recording.last["s"].entry.evidence


def test_a_header_that_the_preflight_itself_carries_is_not_the_pages() -> None:
    recording = Recording(agent=CHROMIUM)
    asked: Pairs = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS, EXTENSION]
    recording.answer(recording.ask("p", "OPTIONS", API, asked, connection="c0"), 204, STAR)
    recording.request("r", STAR, EXTENSION)
    assert "preflight" not in recording.last["r"].entry.evidence


def test_what_the_cache_lets_pass_follows_no_preflight_that_did_not_name_it() -> None:
    """Chromium: a fetch of another header goes by its cached preflight while this one is blocked."""
    recording = Recording(agent=CHROMIUM)
    grants: Pairs = [*STAR[:1], ("Access-Control-Allow-Headers", "x-a"), ("Access-Control-Max-Age", "600")]
    recording.preflight("cached", grants, method="GET", names="x-a")
    recording.request("first", STAR, ("X-A", "1"))
    recording.preflight("p", [*STAR[:1]], method="GET", names="x-b")
    recording.request("again", STAR, ("X-A", "1"))
    assert recording.last["p"].entry.sequel != "followed"


def test_a_preflight_that_was_blocked_for_certain_has_no_request() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", STAR, status="500")
    recording.request("r", STAR, EXTENSION, method="PUT")
    assert recording.last["p"].entry.fetch is not recording.last["r"].entry.fetch


@pytest.mark.parametrize(
    ("site", "carried"),
    [
        pytest.param("none", ("Authorization", "Bearer own"), id="for itself"),
        pytest.param("cross-site", ("Content-Type", "application/json"), id="with a body"),
    ],
)
def test_what_the_browser_sends_for_itself_tells_nothing_of_what_pages_set(site: str, carried: tuple[str, str]) -> None:
    """Chromium asks its maker's servers with JSON, in mode no-cors: then a page's JSON seemed to need no preflight, and
    its request was joined to one that had not named the Content-Type, while that was blocked.
    """
    recording = Recording(agent=CHROMIUM)
    itself = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", site), carried]
    recording.answer(recording.ask("itself", "POST", "https://maker.test/", itself), 200, [])
    recording.request("r", STAR, carried, method="POST")
    assert recording.last["r"].entry.reading.needs_preflight
