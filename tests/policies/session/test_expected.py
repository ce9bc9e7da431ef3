"""Which preflight a request follows, and which it does not: each test names the browser that taught it."""

from __future__ import annotations

import pytest

from corsight.policies.exchange import Exchange
from corsight.policies.session.expected import PATIENCE
from tests.policies.session.test_browser import (
    ALLOW,
    API,
    CHROMIUM,
    CORS,
    CREDENTIALS,
    FIREFOX,
    PAGE,
    STAR,
    TURNS,
    WEBKIT,
    Pairs,
    Recording,
)


@pytest.mark.parametrize(
    ("cache_control", "certainty"),
    [("max-age=600", "likely"), ("no-cache", "certain"), ("no-store", "certain"), ("private, no-store", "certain")],
)
def test_what_no_cache_may_answer_was_asked_for(cache_control: str, certainty: str) -> None:
    """Firefox asks a preflight before it looks into its HTTP cache: then no request follows, and nothing is blocked."""
    recording = Recording(agent=FIREFOX)
    recording.request("r", [*STAR, ("Cache-Control", cache_control)])
    recording.preflight("p", STAR, method="GET")
    recording.wait(PATIENCE + 1)
    assert recording.said("p") == ("blocked", certainty, "allow-origin-wildcard")


@pytest.mark.parametrize("agent", [CHROMIUM, WEBKIT])
def test_a_request_that_carries_more_than_was_asked_for_follows_no_preflight_that_failed(agent: str) -> None:
    """An extension may add a header behind the preflight's back; one that failed for certain has no request at all."""
    named = ("Access-Control-Allow-Headers", "x-a")
    for answer, follows in (([*ALLOW, named], True), ([named], False)):
        recording = Recording(agent=agent)
        recording.preflight("p", answer, names="x-a")
        recording.request("r", ALLOW, ("X-A", "1"), ("X-B", "2"), method="PUT")
        assert (recording.last["r"].entry.fetch is recording.last["p"].entry.fetch) is follows


def test_a_request_that_lacks_what_was_asked_for_is_another() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", [*ALLOW, ("Access-Control-Allow-Headers", "x-a,x-b")], names="x-a,x-b")
    recording.request("r", ALLOW, ("X-A", "1"), method="PUT")
    assert recording.last["r"].entry.fetch is not recording.last["p"].entry.fetch


@pytest.mark.parametrize(
    ("later", "method", "follows"),
    [
        (1.9, "PUT", True),
        (2.1, "PUT", True),
        (29.9, "PUT", True),
        (30.1, "PUT", False),
        # A plain GET sets out without a preflight too, and follows one only at once.
        (1.9, "GET", True),
        (2.1, "GET", False),
        # Two clocks differ by milliseconds; what set out well before the answer is none of its sequels.
        (-0.014, "PUT", True),
        (-0.02, "PUT", False),
    ],
)
def test_how_long_a_preflights_request_is_looked_for(later: float, method: str, follows: bool) -> None:
    """A page that is busy sends its request late: 30 seconds were never passed in any recording."""
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", STAR, method=method)
    recording.now += later
    recording.request("r", STAR, method=method)
    assert (recording.last["r"].entry.fetch is recording.last["p"].entry.fetch) is follows


def test_a_long_search_gives_up_every_fetch_but_its_last() -> None:
    """Chromium: each key sets out before the preflight of the one before is answered."""
    recording = Recording(agent=CHROMIUM)
    asked = [("Origin", "https://app.example"), ("Access-Control-Request-Method", "PUT")]
    urls = [f"https://api.test/v1?q={'corsight-and-more'[:length]}" for length in range(1, 13)]
    first = recording.ask(urls[0], "OPTIONS", urls[0], asked, connection=urls[0])
    for url in urls[1:]:
        following = recording.ask(url, "OPTIONS", url, asked, connection=url)
        recording.answer(first, 204, STAR)
        first = following
    recording.answer(first, 204, STAR)
    recording.request("r", STAR, method="PUT", url=urls[-1])
    recording.wait(PATIENCE + 1)
    assert {recording.said(url) for url in urls[:-1]} == {("allowed", "likely", None)}


@pytest.mark.parametrize("told", [True, False])
def test_a_preflight_for_the_other_credentials_mode_is_none_of_a_requests(told: bool) -> None:
    """Firefox says Sec-Fetch-Storage-Access on preflights too; both modes pass here."""
    access = [("Sec-Fetch-Storage-Access", "active")] if told else []
    recording = Recording(agent=FIREFOX)
    recording.embed()
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS, ("Sec-Fetch-Storage-Access", "none")]
    recording.answer(recording.ask("p", "OPTIONS", API, asked, connection="c0"), 204, [*ALLOW, CREDENTIALS])
    recording.request("r", [*ALLOW, CREDENTIALS], *access, method="PUT")
    assert (recording.last["r"].entry.fetch is recording.last["p"].entry.fetch) is told


def test_a_cached_preflight_tells_the_mode_that_it_was_asked_in() -> None:
    """An entry that was made without credentials serves only requests without."""
    recording = Recording()
    recording.preflight("p", [*STAR, ("Access-Control-Max-Age", "600")])
    recording.request("first", STAR, method="PUT", connection="c1")
    recording.request("second", STAR, method="PUT", connection="c2")
    assert recording.said("second") == ("allowed", "certain", None)
    assert recording.last["second"].entry.evidence["preflight"].value == "cached"


KEPT: Pairs = [("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Methods", "PUT")]
PLAIN = "http://api.test/v1"
"""Where no header shows the credentials mode."""


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
@pytest.mark.parametrize("order", ["one after the other", "answered in turn", "given up"])
def test_where_preflights_of_both_modes_may_be_cached_neither_tells_a_requests_mode(agent: str, order: str) -> None:
    """Firefox keeps one of each mode. Chromium and WebKit keep the later: which that is for the browser, neither the
    order of the requests behind them tells, nor, on a slow network, that of the answers.
    """
    recording = Recording(agent=agent)
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
    one, other = (recording.ask(name, "OPTIONS", PLAIN, asked, connection=name) for name in ("p1", "p2"))

    def answer(exchange: Exchange, *more: tuple[str, str]) -> None:
        recording.answer(exchange, 204, [*KEPT, ("Access-Control-Max-Age", "600"), *more])

    def follow(name: str, *more: tuple[str, str]) -> None:
        recording.request(name, TURNS, *more, method="PUT", url=PLAIN, connection=name)

    match order:
        case "one after the other":
            answer(one, CREDENTIALS)
            follow("r1", ("Cookie", "id=1"))
            answer(other)
            follow("r2")
        case "answered in turn":
            answer(other)
            answer(one, CREDENTIALS)
            follow("r1", ("Cookie", "id=1"))
            follow("r2")
        case _:
            answer(other)
            follow("r2")
            answer(one, CREDENTIALS)
    recording.now += 40
    follow("later")
    assert recording.last["later"].entry.evidence["preflight"].value == "cached"
    assert recording.said("later")[1] == "likely"


@pytest.mark.parametrize(("age", "certainty"), [("600", "likely"), ("1", "certain")])
def test_a_preflight_that_another_profile_cached_may_serve_its_own_requests(age: str, certainty: str) -> None:
    """Two Chromiums behind one address: one has the answer for both modes in its cache, the other one asked later."""
    recording = Recording(agent=CHROMIUM)
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
    for name, seconds, more in (("one", age, [CREDENTIALS]), ("other", "600", [])):
        preflight = recording.ask(f"p {name}", "OPTIONS", PLAIN, asked, connection=f"p {name}")
        recording.answer(preflight, 204, [*KEPT, ("Access-Control-Max-Age", seconds), *more])
        cookie = [("Cookie", "id=1")] if more else []
        recording.request(name, TURNS, *cookie, method="PUT", url=PLAIN, connection=name)
        recording.now += 12
    recording.request("later", TURNS, method="PUT", url=PLAIN, connection="later")
    assert recording.last["later"].entry.evidence["preflight"].value == "cached"
    assert recording.said("later")[1] == certainty


def test_a_preflight_that_fails_in_either_mode_leaves_the_mode_as_it_was_told() -> None:
    """Firefox: only where a preflight would pass without credentials, its missing request speaks for them."""
    for answer, doubted in ((STAR, True), ([], False)):
        recording = Recording(agent=FIREFOX)
        recording.embed()
        recording.preflight("p", answer)
        recording.wait(PATIENCE + 1)
        assert recording.said("p")[:2] == ("blocked", "certain")
        absent = "Sec-Fetch-Storage-Access" in recording.because("p", "credentials")
        assert absent is not doubted


def test_a_preflight_under_way_hides_none_that_was_answered() -> None:
    """Chromium: a page asks twice, and the first request sets out while the second preflight is on its way."""
    recording = Recording(agent=CHROMIUM)
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
    waiting = recording.ask("waiting", "OPTIONS", API, asked, connection="c8")
    recording.preflight("p", STAR)
    recording.request("r", STAR, method="PUT")
    assert recording.last["r"].entry.fetch is recording.last["p"].entry.fetch
    recording.answer(waiting, 204, STAR)
    recording.request("second", STAR, method="PUT", connection="c9")
    assert recording.last["second"].entry.fetch is recording.last["waiting"].entry.fetch


@pytest.mark.parametrize(("later", "follows"), [(29.9, True), (30.1, False)])
def test_how_long_a_redirects_request_is_looked_for(later: float, follows: bool) -> None:
    recording = Recording(agent=CHROMIUM)
    recording.request("r", [*STAR, ("Location", "/there")], status="302")
    recording.now += later
    recording.request("there", STAR, url="https://api.test/there")
    assert (recording.last["there"].entry.fetch is recording.last["r"].entry.fetch) is follows


@pytest.mark.parametrize(
    ("status", "asked", "then", "follows"),
    [
        (302, "POST", "GET", True),
        (302, "POST", "POST", False),
        (302, "GET", "DELETE", False),
        (302, "DELETE", "DELETE", True),
        (302, "DELETE", "GET", True),
        (303, "DELETE", "GET", True),
        (307, "POST", "POST", True),
        (307, "DELETE", "GET", True),
        (307, "PATCH", "patch", True),
        (307, "POST", "PUT", False),
    ],
)
def test_a_redirect_leads_to_no_request_of_a_method_that_it_cannot_have(
    status: int, asked: str, then: str, follows: bool
) -> None:
    """WebKit asks with GET behind a 307 of a DELETE. What a page asks by itself shows no redirect to have passed."""
    recording = Recording(agent=WEBKIT)
    recording.request("r", [*STAR, ("Location", "/there")], method=asked, status=str(status))
    recording.request("there", STAR, method=then, url="https://api.test/there")
    assert (recording.last["there"].entry.fetch is recording.last["r"].entry.fetch) is follows


@pytest.mark.parametrize(
    ("method", "origin", "follows"),
    [("PUT", PAGE, True), ("DELETE", PAGE, False), ("PUT", "https://other.example", False), ("PUT", "null", False)],
)
def test_a_request_follows_a_preflight_that_asked_for_it(method: str, origin: str, follows: bool) -> None:
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", STAR)
    recording.request("r", STAR, method=method, origin=origin)
    assert (recording.last["r"].entry.fetch is recording.last["p"].entry.fetch) is follows


def test_preflights_for_different_methods_prove_nothing_together() -> None:
    """Chromium: a page that gave up one of each may have done so by chance."""
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", STAR)
    recording.wait(PATIENCE + 1)
    recording.preflight("q", STAR, method="DELETE")
    recording.wait(PATIENCE + 1)
    assert recording.said("p")[:2] == recording.said("q")[:2] == ("blocked", "likely")


@pytest.mark.parametrize(("agent", "followed"), [(WEBKIT, "later"), (CHROMIUM, "earlier")])
def test_where_the_modes_share_no_connection_the_preflight_on_the_requests_own_goes_first(
    agent: str, followed: str
) -> None:
    """Chromium, HTTP/1.1: all of 85 requests without credentials took their preflight's connection."""
    recording = Recording(agent=agent)
    recording.preflight("earlier", [*ALLOW, CREDENTIALS], connection="c1")
    recording.preflight("later", [*ALLOW, CREDENTIALS], connection="c2")
    recording.request("r", [*ALLOW, CREDENTIALS], method="PUT", connection="c1")
    assert recording.last["r"].entry.fetch is recording.last[followed].entry.fetch


def test_a_preflight_that_likely_failed_may_have_been_followed_all_the_same() -> None:
    """That the server invites credentials is a guess; what follows on the wire is stronger."""
    recording = Recording()
    recording.preflight("p", [*STAR, CREDENTIALS, ("Access-Control-Allow-Headers", "x-a")], names="x-a")
    assert recording.said("p")[:2] == ("blocked", "likely")
    recording.request("r", STAR, ("X-A", "1"), ("X-B", "2"), method="PUT")
    assert recording.last["r"].entry.fetch is recording.last["p"].entry.fetch
    assert recording.said("p") == ("allowed", "certain", None)


def test_the_preflight_that_named_all_goes_before_a_later_one_that_did_not() -> None:
    recording = Recording(agent=CHROMIUM)
    answer = [*ALLOW, ("Access-Control-Allow-Headers", "x-a,x-b")]
    recording.preflight("all", answer, names="x-a,x-b")
    recording.preflight("less", answer, names="x-a")
    recording.request("r", ALLOW, ("X-A", "1"), ("X-B", "2"), method="PUT")
    assert recording.last["r"].entry.fetch is recording.last["all"].entry.fetch


NAMED: Pairs = [*ALLOW, ("Access-Control-Allow-Headers", "authorization,x-a,x-b"), ("Access-Control-Max-Age", "0")]
"""Passes without credentials, fails with them."""


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
def test_a_request_that_was_freed_of_its_secrets_follows_its_preflight(agent: str) -> None:
    """Tools that clean recordings take Authorization out of requests, and leave what the preflight named."""
    recording = Recording(agent=agent)
    recording.preflight("p", NAMED, names="authorization,x-a")
    recording.request("r", ALLOW, ("X-A", "1"), method="PUT")
    recording.preflight("q", NAMED, names="authorization", method="GET", url=f"{API}/2")
    recording.request("s", ALLOW, url=f"{API}/2")
    recording.wait(PATIENCE + 1)
    assert recording.said("p") == ("allowed", "certain", None)
    # A page may have asked again without what is blocked.
    assert recording.said("q") == ("allowed", "likely", None)


@pytest.mark.parametrize("agent", [FIREFOX, WEBKIT])
def test_where_secrets_were_seen_a_request_without_follows_no_preflight_that_named_one(agent: str) -> None:
    recording = Recording(agent=agent)
    recording.preflight("before", NAMED, names="authorization", url=f"{API}/2")
    recording.request("seen", ALLOW, ("Authorization", "Bearer t"), method="PUT", url=f"{API}/2")
    recording.preflight("p", NAMED, names="authorization")
    recording.request("again", ALLOW, method="PUT")
    recording.wait(PATIENCE + 1)
    assert recording.said("p") == ("blocked", "certain", "allow-credentials-not-true")


def test_a_request_follows_the_preflight_that_named_its_authorization() -> None:
    """Chromium, by a service worker: one that named less was answered later, and not blocked."""
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", NAMED, names="authorization,x-a", method="GET")
    recording.preflight("later", NAMED, names="x-a", method="GET")
    recording.request("r", ALLOW, ("X-A", "1"), ("Authorization", "Bearer t"))
    assert recording.last["r"].entry.fetch is recording.last["p"].entry.fetch
