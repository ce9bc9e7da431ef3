"""Which preflight a request follows, and which it does not: each test names the browser that taught it."""

from __future__ import annotations

from typing import Any, cast

import pytest

from corsight.policies.engines import ENGINES
from corsight.policies.evidence import Certainty, Reason
from corsight.policies.exchange import Exchange
from corsight.policies.fetch.preflight_cache import CacheEntry
from corsight.policies.session.expected import PATIENCE, Expected, overtook
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.reading import Reading, read
from tests.policies.session.entries import BLOCKED, make_entry, make_exchange, make_preflight
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


# -- one memory by itself ----------------------------------------------------------------------------------------------


def remember(*entries: Entry, size: int = 128) -> Expected:
    """What is remembered of preflights, and of redirects to where their Location says."""
    expected = Expected(size)
    for entry in entries:
        if entry.role == "preflight":
            expected.after_preflight(entry)
        else:
            expected.after_redirect(
                entry, str(entry.exchange.response and entry.exchange.response.headers.get("location"))
            )
    return expected


def never(_: Entry) -> bool:
    return False


def always(_: Entry) -> bool:
    return True


THERE = "https://api.test/there"


def make_redirect(name: str = "d", *, page: str | None = PAGE, **how: object) -> Entry:
    """A redirect of a page's request to THERE."""
    at, after = cast(float, how.pop("at", 99.0)), cast(float | None, how.pop("after", 0.1))
    fetch = Fetch(name, page)
    entry = make_entry(
        make_exchange(name, at=at, **how), ("Location", THERE), after=after, fetch=fetch, role="redirect"
    )  # type: ignore[arg-type]
    return entry


def then(**how: object) -> tuple[Exchange, Reading]:
    """What is asked for next."""
    exchange = make_exchange(**{"at": 99.2, **how})  # type: ignore[arg-type]
    return exchange, read(exchange.request.method, exchange.request.headers)


@pytest.mark.parametrize(
    ("method", "cache_control", "kept"),
    [("GET", "max-age=9", True), ("GET", "no-cache", False), ("HEAD", "max-age=9", False), ("PUT", "max-age=9", False)],
)
def test_the_http_cache_keeps_the_answers_to_get_alone(method: str, cache_control: str, kept: bool) -> None:
    expected = Expected(8)
    expected.note_kept(make_entry(make_exchange(method=method), ("Cache-Control", cache_control)).exchange)
    assert expected.is_kept(API) is kept


def test_what_was_not_answered_is_kept_by_no_cache() -> None:
    expected = Expected(8)
    expected.note_kept(make_exchange())
    assert not expected.is_kept(API)


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        pytest.param(make_preflight("q"), True, id="the same"),
        pytest.param(make_preflight("q", origin="https://b.test"), False, id="of another page"),
        pytest.param(make_preflight("q", asks="DELETE"), False, id="for another method"),
        pytest.param(make_preflight("q", names="x-a"), False, id="for another header"),
        pytest.param(make_preflight("q", url=THERE), False, id="for another URL"),
    ],
)
def test_which_preflights_ask_for_the_same(other: Entry, alike: bool) -> None:
    preflight = make_preflight()
    assert remember(preflight, other).list_alike(preflight) == [other] * alike


def test_what_is_no_preflight_is_like_none() -> None:
    preflight = make_preflight()
    assert remember(preflight).list_alike(make_entry(preflight.exchange)) == []


CACHED = CacheEntry("p", since=101.0, until=700.0, method="PUT", names=(), include=True)
RULES = ENGINES["chromium"].cache


def knowing(entry: Entry, *, include: bool, certainty: Certainty = "certain") -> Entry:
    entry.fetch.learn(include, Reason.COOKIE, certainty)
    return entry


def failing(entry: Entry) -> Entry:
    entry.verdict = BLOCKED
    return entry


@pytest.mark.parametrize(
    ("other", "may"),
    [
        pytest.param(make_preflight("q", at=100.5), True, id="of a mode that is not known"),
        pytest.param(knowing(make_preflight("q", at=100.5), include=False), True, id="of the other mode"),
        pytest.param(knowing(make_preflight("q", at=100.5), include=True), False, id="of the same mode"),
        pytest.param(
            knowing(make_preflight("q", at=100.5), include=True, certainty="likely"), True, id="likely of the same"
        ),
        pytest.param(make_preflight("p", at=100.5), False, id="the one that was cached"),
        pytest.param(make_preflight("q", at=100.5, origin="https://b.test"), False, id="of another page"),
        pytest.param(make_preflight("q", at=100.5, url=THERE), False, id="for another URL"),
        pytest.param(failing(make_preflight("q", at=100.5)), False, id="one that failed"),
        pytest.param(make_preflight("q", at=100.5, after=None), False, id="one without an answer"),
        pytest.param(make_preflight("q", at=98.8), False, id="before, and for 5 seconds"),
        pytest.param(make_preflight("q", at=98.92), True, id="just before"),
        pytest.param(make_preflight("q", ("Access-Control-Max-Age", "100"), at=20.0), True, id="before, and lasting"),
        pytest.param(make_preflight("q", ("Access-Control-Max-Age", "80"), at=20.0), False, id="before, and over"),
        pytest.param(make_preflight("q", ("Access-Control-Max-Age", "79.9"), at=20.0), False, id="no number"),
    ],
)
def test_whether_another_preflight_may_serve_the_other_mode(other: Entry, may: bool) -> None:
    """Firefox has a cached answer for each mode; two profiles behind one address have one each as well."""
    exchange, reading = then(method="PUT", at=110.0)
    assert remember(other).may_have_passed(exchange, reading, CACHED, RULES) is may


def test_where_no_preflight_was_seen_none_serves_the_other_mode() -> None:
    assert not Expected(8).may_have_passed(*then(method="PUT"), CACHED, RULES)


FAR = {"at": 60.0, "after": 0.0}


@pytest.mark.parametrize(
    ("redirect", "asked", "found"),
    [
        pytest.param({}, {}, True, id="at once"),
        pytest.param({}, {"origin": "null"}, True, id="with an Origin that it made opaque"),
        pytest.param({}, {"origin": None}, True, id="without an Origin"),
        pytest.param({}, {"origin": "https://b.test"}, False, id="of another page"),
        pytest.param({"page": None}, {"origin": "https://b.test"}, True, id="of a page that is not known"),
        pytest.param({}, {"at": 99.095}, True, id="by a clock that differs"),
        pytest.param({}, {"at": 99.09}, False, id="before its answer"),
        pytest.param({}, {"at": 129.0}, True, id="within half a minute"),
        pytest.param({}, {"at": 129.2}, False, id="after half a minute"),
        pytest.param({"after": None}, {}, False, id="unanswered"),
        pytest.param({}, {"url": API}, False, id="for another URL"),
    ],
)
def test_which_redirect_leads_to_a_request(redirect: Pairs, asked: Pairs, found: bool) -> None:
    one = make_redirect(**dict(redirect))
    exchange, reading = then(**{"url": THERE, **dict(asked)})
    assert (remember(one).find_redirect(exchange, reading, never) is one) is found
    assert remember(one).find_redirect(exchange, reading, always) is None


def test_of_two_redirects_the_one_of_the_same_page_leads_to_a_request_or_else_the_later() -> None:
    """The Referer of all of 60 requests behind redirects named the page that the redirect's own named."""
    exchange, reading = then(url=THERE, referrer=f"{PAGE}/")
    same, other = make_redirect("same", referrer=f"{PAGE}/a"), make_redirect("other", at=99.05)
    assert remember(same, other).find_redirect(exchange, reading, never) is same
    later = make_redirect("later", at=99.06)
    assert remember(other, later).find_redirect(exchange, reading, never) is later


@pytest.mark.parametrize(("hops", "found"), [(19, True), (20, False)])
def test_a_redirect_leads_on_twenty_times(hops: int, found: bool) -> None:
    """https://fetch.spec.whatwg.org/#http-redirect-fetch: "If request's redirect count is 20, then return"."""
    redirect = make_redirect()
    redirect.index = hops
    assert (remember(redirect).find_redirect(*then(url=THERE), never) is redirect) is found


@pytest.mark.parametrize(("hops", "found"), [(63, True), (64, False)])
def test_a_fetch_of_64_exchanges_is_followed_no_longer(hops: int, found: bool) -> None:
    redirect = make_redirect()
    redirect.fetch.entries = [redirect] * hops
    assert (remember(redirect).find_redirect(*then(url=THERE), never) is redirect) is found


@pytest.mark.parametrize(("later", "found"), [(0.2, True), (0.3, False)])
def test_what_asks_for_a_url_that_redirects_to_itself_is_another_fetch_unless_at_once(
    later: float, found: bool
) -> None:
    redirect = make_redirect(url=THERE)
    expected = remember(redirect)
    assert THERE in expected.loops
    assert (expected.find_redirect(*then(url=THERE, at=99.1 + later), never) is redirect) is found


def test_a_redirect_to_plain_http_may_be_upgraded_and_a_user_name_is_never_sent() -> None:
    """Browsers upgrade what a secure page embeds, and what Strict-Transport-Security says."""
    redirect = make_redirect()
    expected = Expected(8)
    expected.after_redirect(redirect, "http://user:word@api.test/there")
    for url in ("http://api.test/there", THERE):
        assert expected.find_redirect(*then(url=url), never) is redirect
    assert expected.find_redirect(*then(url="https://user:word@api.test/there"), never) is None
    expected = Expected(8)
    expected.after_redirect(redirect, "https://u@api.test")
    assert list(expected.redirects) == ["https://api.test"]


@pytest.mark.parametrize(
    ("other", "asked", "listed"),
    [
        pytest.param(make_redirect("e"), {}, True, id="alike"),
        pytest.param(make_redirect("e", referrer=f"{PAGE}/"), {}, False, id="of a page that the request does not name"),
        pytest.param(make_redirect("e", page="https://b.test"), {}, False, id="of another page"),
        pytest.param(make_redirect("e", page=None), {}, True, id="of a page that is not known"),
        pytest.param(make_redirect("e", page="https://b.test"), {"origin": "null"}, True, id="whose Origin is opaque"),
        pytest.param(make_redirect("e", at=99.15), {}, False, id="answered later"),
    ],
)
def test_which_other_redirects_may_have_led_to_a_request(other: Entry, asked: Pairs, listed: bool) -> None:
    one = make_redirect()
    exchange, reading = then(**{"url": THERE, **dict(asked)})
    assert remember(one, other).list_other_redirects(one, exchange, reading) == [other] * listed


def test_where_neither_redirect_names_the_requests_page_either_may_have_led_to_it() -> None:
    one, other = make_redirect(), make_redirect("e", referrer="https://b.test/")
    exchange, reading = then(url=THERE, referrer=f"{PAGE}/")
    assert remember(one, other).list_other_redirects(one, exchange, reading) == [other]


@pytest.mark.parametrize(("strayed", "seconds", "listed"), [(True, 1.9, True), (True, 2.1, False), (False, 1.9, False)])
def test_a_redirect_whose_own_follower_may_be_anothers_may_be_a_requests(
    strayed: bool, seconds: float, listed: bool
) -> None:
    one, other = make_redirect(at=99.0), make_redirect("e", at=99.0)
    other.sequel = "followed"
    follower = make_entry(make_exchange("f", url=THERE, at=99.15), fetch=other.fetch)
    follower.strayed = strayed
    exchange, reading = then(url=THERE, at=99.1 + seconds)
    assert remember(one, other).list_other_redirects(one, exchange, reading) == [other] * listed


@pytest.mark.parametrize(
    ("other", "rival"),
    [
        pytest.param(make_preflight("q"), True, id="the same, at the same time"),
        pytest.param(make_preflight("q", asks="DELETE"), False, id="for another method"),
        pytest.param(make_preflight("q", origin="https://b.test"), False, id="of another page"),
        pytest.param(make_preflight("q", referrer=f"{PAGE}/"), False, id="of a page that the request does not name"),
        pytest.param(make_preflight("q", after=None), False, id="unanswered"),
        pytest.param(make_preflight("q", at=98.95), True, id="answered 50 ms before"),
        pytest.param(make_preflight("q", at=98.0), False, id="answered a second before"),
        pytest.param(make_preflight("q", at=99.5), False, id="answered later"),
    ],
)
def test_which_other_preflights_a_request_may_have_followed(other: Entry, rival: bool) -> None:
    """A request waits for 50 ms at most, unless something holds it up: all of 126 in the three engines."""
    one = make_preflight()
    exchange, reading = then(method="PUT", at=99.11)
    expected = remember(one, other)
    assert expected.list_rivals(one, exchange, reading, never) == (other,) * rival
    assert expected.list_rivals(one, exchange, reading, always) == ()
    other.sequel = "followed"
    assert expected.list_rivals(one, exchange, reading, never) == ()
    other.sequel = "unknown"


@pytest.mark.parametrize(
    ("waited", "usual", "before", "rival"),
    [
        (0.001, 0.0, 0.04, True),
        (0.001, 0.0, 0.06, False),
        # A road that takes its time holds up for four times as long, and a request that waited itself for eight times.
        (0.01, 0.1, 0.3, True),
        (0.01, 0.1, 0.5, False),
        (0.1, 0.0, 0.6, True),
        (0.1, 0.0, 0.8, False),
        (1.9, 0.0, 1.9, True),
        (1.9, 0.0, 2.1, False),
    ],
)
def test_how_much_earlier_a_rival_was_answered_turns_on_how_long_requests_wait(
    waited: float, usual: float, before: float, rival: bool
) -> None:
    one, other = make_preflight(at=99.0), make_preflight("q", at=99.0 - before)
    expected = remember(other, one)
    if usual:
        expected.pace.note(usual)
    found = expected.list_rivals(one, *then(method="PUT", at=99.1 + waited), never)
    assert found == (other,) * rival


@pytest.mark.parametrize(
    ("asks", "followed", "rival"), [("GET", True, True), ("GET", False, False), ("PUT", True, False)]
)
def test_behind_a_get_that_locks_the_http_cache_another_may_have_waited(asks: str, followed: bool, rival: bool) -> None:
    """Chromium locks a URL in its HTTP cache while it asks for it: the next GET waits, though its preflight passed."""
    one, other, third = (
        make_preflight(asks=asks),
        make_preflight("q", asks=asks, at=98.0),
        make_preflight("t", asks=asks),
    )
    third.sequel = "followed" if followed else "absent"
    third.reading = make_preflight("t", asks=asks, origin="https://b.test").reading
    found = remember(other, third, one).list_rivals(one, *then(method=asks, at=99.11), never)
    assert found == (other,) * rival


@pytest.mark.parametrize(
    ("better", "asked", "apart"),
    [
        pytest.param({}, {"at": 99.4}, False, id="the later answer"),
        pytest.param({"at": 98.9, "referrer": f"{PAGE}/"}, {"referrer": f"{PAGE}/a"}, False, id="its own page's"),
        pytest.param({"at": 98.9, "connection": "c1"}, {}, True, id="its own connection's"),
    ],
)
def test_of_preflights_that_asked_for_a_request_one_is_its_own(better: Pairs, asked: Pairs, apart: bool) -> None:
    worse, best = make_preflight("worse", at=98.95), make_preflight("best", **{"at": 99.0, **dict(better)})
    exchange, reading = then(**{"method": "PUT", **dict(asked)})
    for pair in ((worse, best), (best, worse)):
        assert remember(*pair).find_preflight(exchange, reading, never, apart=apart) is best


def test_one_that_failed_is_a_requests_own_only_where_no_other_is() -> None:
    failed, older = failing(make_preflight("failed", at=99.0)), make_preflight("older", at=98.9)
    request = then(method="PUT")
    assert remember(older, failed).find_preflight(*request, never) is older
    assert remember(failed).find_preflight(*request, never) is failed
    assert remember(failed).find_preflight(*request, always) is None


@pytest.mark.parametrize(
    ("asked", "names", "unnamed", "found"),
    [
        pytest.param({}, "", False, True, id="just what was asked for"),
        pytest.param({"method": "DELETE"}, "", False, False, id="another method"),
        pytest.param({"origin": "null"}, "", False, False, id="another Origin"),
        pytest.param({}, "x-a", False, False, id="less than was asked for"),
        pytest.param({"more": [("X-A", "1")]}, "x-a", False, True, id="the header that was asked for"),
        pytest.param({"more": [("X-A", "1")]}, "", False, False, id="more than was asked for"),
        pytest.param({"more": [("X-A", "1")]}, "", True, True, id="more, where something else may have added it"),
        pytest.param({"more": [("Authorization", "a")]}, "", False, True, id="the browser's own Authorization"),
        pytest.param({"more": [("Accept", "a/b")]}, "accept", False, True, id="what browsers send too"),
        pytest.param({"more": [("Content-Type", "a/b")]}, "content-type", False, True, id="a type that was asked for"),
        pytest.param({"more": [("Content-Type", "text/plain")]}, "content-type", False, False, id="a beacon's type"),
        pytest.param({"more": [("Sec-Fetch-Mode", "no-cors")]}, "", False, False, id="no CORS request"),
        pytest.param({"more": [("Sec-Fetch-Mode", "cors")]}, "", False, True, id="a CORS request"),
    ],
)
def test_what_a_preflight_asked_for_is_its_request(
    asked: dict[str, Any], names: str, unnamed: bool, found: bool
) -> None:
    preflight = make_preflight(names=names)
    how = {"method": "PUT", "at": 99.2, **asked}
    exchange = make_exchange("r", *how.pop("more", []), **how)
    reading = read(exchange.request.method, exchange.request.headers)
    assert (remember(preflight).find_preflight(exchange, reading, never, unnamed=unnamed) is preflight) is found


def test_behind_a_redirect_a_request_may_lack_what_its_preflight_asked_for_and_its_origin() -> None:
    """WebKit's preflight names what the redirect dropped; Firefox's has the page's Origin, the request none."""
    fetch = make_redirect().fetch
    preflight = make_preflight(names="x-a")
    preflight.fetch = fetch
    fetch.urls.append(API)
    assert remember(preflight).find_preflight(*then(method="PUT"), never) is preflight
    assert remember(preflight).find_preflight(*then(method="PUT", origin="null"), never) is preflight
    assert remember(preflight).find_preflight(*then(method="PUT", origin="https://b.test"), never) is None


@pytest.mark.parametrize(
    ("started", "on"),
    [(99.095, False), (99.1, True), (99.34, True), (99.36, False)],
)
@pytest.mark.parametrize("query", ["", "?q=a"])
def test_a_page_that_asks_on_while_an_answer_comes_may_have_given_up(started: float, on: bool, query: str) -> None:
    """As long as nothing was seen of the road, it may take a quarter of a second."""
    preflight = make_preflight(url=f"{API}{query}")
    other = make_preflight("q", url=f"{API}{query and '?q=ab'}", at=started)
    assert remember(preflight, other).asked_on(preflight) is on
    assert not remember(preflight).asked_on(preflight)
    assert not Expected(8).asked_on(preflight)


def test_a_road_that_takes_its_time_widens_what_is_at_the_same_time() -> None:
    preflight = make_preflight()
    for started, on in ((98.99, False), (99.05, True), (99.45, True), (99.55, False)):
        expected = remember(preflight, make_preflight("q", at=started))
        expected.pace.note(0.1)
        assert expected.asked_on(preflight) is on


def test_a_search_that_is_typed_gives_up_for_what_followed_it() -> None:
    """Each sets out before the one before it was answered; the last of them is followed."""
    typed = [make_preflight(f"{number}", url=f"{API}?q={number}", at=99.0 + number / 20) for number in range(6)]
    typed[-1].sequel = "followed"
    expected = remember(*typed)
    assert [expected.find_typed_over(one) for one in typed] == [typed[-1]] * 5 + [None]
    assert remember(*typed[:-1]).find_typed_over(typed[0]) is None
    # One gap in between, and it is another search.
    late = [*typed[:2], *(make_preflight(one.fetch.id, url=one.exchange.request.url, at=105.0) for one in typed[2:])]
    late[-1].sequel = "followed"
    assert remember(*late).find_typed_over(late[0]) is None


@pytest.mark.parametrize(
    ("started", "over"), [(98.9, False), (99.0, True), (99.1, True), (99.104, True), (99.11, False)]
)
def test_what_sets_out_before_the_answer_overtakes(started: float, over: bool) -> None:
    earlier = make_preflight()
    assert overtook(make_preflight("q", at=started), earlier) is over
    assert not overtook(make_preflight("q", at=started), make_preflight(after=None))


def test_32_preflights_of_one_url_are_remembered_for_half_a_minute() -> None:
    entries = [make_preflight(f"{number}", at=99.0) for number in range(33)]
    expected = remember(*entries)
    assert expected.preflights[API] == entries[1:]
    assert len(remember(*entries[:32]).preflights[API]) == 32
    new = make_preflight("new", at=129.0)
    expected.after_preflight(new)
    assert expected.preflights[API] == [new]
    almost = make_preflight("almost", at=158.9)
    expected.after_preflight(almost)
    assert expected.preflights[API] == [new, almost]


def test_of_as_many_urls_as_are_asked_for_the_last_are_remembered() -> None:
    entries = [make_preflight(f"{number}", url=f"{API}/{number}?a") for number in range(5)]
    expected = remember(*entries, size=4)
    assert list(expected.preflights) == [entry.exchange.request.url for entry in entries[1:]]


def test_what_is_remembered_weighs_what_its_url_and_headers_have() -> None:
    preflight = make_preflight(url=f"{API}?a")
    preflight.fetch.weight = 100
    expected = remember(preflight)
    assert expected.preflights.weight == len(API) + 2 + 100
    preflight.fetch.weight += 1000
    expected.add_weight(preflight, 1000)
    expected.add_weight(make_entry(make_exchange(url=f"{API}?a")), 1000)
    assert expected.preflights.weight == len(API) + 2 + 1100
    again = make_preflight("q", url=f"{API}?a")
    again.fetch.weight = 10
    expected.after_preflight(again)
    assert expected.preflights.weight == len(API) + 2 + 1110
    expected.forget(make_preflight("other", url=f"{API}?a"))
    expected.forget(make_preflight("nowhere", url=THERE))
    assert f"{API}?a" in expected.preflights
    expected.forget(preflight)
    assert (list(expected.preflights), expected.find_typed_over(again)) == ([], None)


def test_an_endpoint_that_is_asked_again_and_again_is_not_the_oldest() -> None:
    """WebKitGTK 2.50.6: a redirect was forgotten as it came, since its URL had been asked for first of all."""
    recording, polled, lost = Recording(agent=FIREFOX), f"{API}?{'y' * 6000}", []
    for number in range(100):
        recording.preflight("other", STAR, url=f"{API}/{number}?{'x' * 5000}")
        recording.preflight("p", ALLOW, url=polled)
        recording.request("r", ALLOW, method="PUT", url=polled)
        if recording.last["r"].entry.fetch is not recording.last["p"].entry.fetch:
            lost.append(number)
        recording.now += 1
    assert lost == []


def test_what_one_url_holds_does_not_grow() -> None:
    expected = Expected(64)
    for number in range(500):
        entry = make_preflight(str(number), at=100.0 + number)
        entry.fetch.weight = 2000
        expected.after_preflight(entry)
    assert expected.preflights.weight < 64 * 2000
    assert len(expected.preflights) == 1
