"""The credentials mode, told by habits and by what a browser leaves out: each test names the browser that taught it."""

from __future__ import annotations

from typing import Any

import pytest

from corsight.policies.engines import ENGINES
from corsight.policies.evidence import Certainty, Reason
from corsight.policies.session import Session
from corsight.policies.session.credentials import A_MOMENT, HABIT, Credentials, by_nature, from_own_store
from corsight.policies.session.reading import Reading, read
from corsight.policies.verdict import EngineName
from tests.policies.session.entries import make_entry, make_exchange, make_preflight
from tests.policies.session.test_browser import (
    ALLOW,
    API,
    BY_XHR,
    CHROMIUM,
    CORS,
    CREDENTIALS,
    FIREFOX,
    PAGE,
    SAFARI,
    STAR,
    TURNS,
    WEBKIT,
    Pairs,
    Recording,
)


@pytest.mark.parametrize(("requests", "outcome"), [(7, "blocked"), (8, "allowed")])
def test_a_habit_takes_eight_requests_alike(requests: int, outcome: str) -> None:
    """WebKit names its credentials mode nowhere, and its pages mix modes.

    In the recording wide-webkit a page asks twice with credentials and then without (scenario 50500213).
    """
    recording = Recording()
    for number in range(requests):
        recording.preflight(f"p{number}", STAR, url=f"{API}/{number}")
        recording.request(f"known {number}", STAR, method="PUT", url=f"{API}/{number}")
    # What allows credentials invites them.
    assert recording.preflight("p", [*STAR, CREDENTIALS]).verdict.outcome == outcome
    assert recording.said("p")[1] == "likely"


def test_one_request_of_the_other_mode_breaks_a_habit() -> None:
    recording = Recording()
    for number in range(HABIT):
        recording.preflight(f"p{number}", STAR, url=f"{API}/{number}")
        recording.request(f"known {number}", STAR, method="PUT", url=f"{API}/{number}")
    recording.request("with", TURNS, ("Cookie", "id=1"), url=f"{API}/other", connection="other")
    assert recording.preflight("p", [*STAR, CREDENTIALS]).verdict.outcome == "blocked"


def test_a_habit_of_credentials_tells_nothing_of_an_answer_that_fits_none() -> None:
    """On web-platform-tests Firefox asked a server 17 times with credentials, and then 23 times without."""
    recording = Recording()
    for number in range(HABIT):
        recording.request(f"known {number}", TURNS, ("Cookie", "id=1"), url=f"{API}/{number}")
    recording.request("r", STAR)
    assert recording.said("r") == ("allowed", "likely", None)


def test_what_no_worker_asks_for_is_certain_beside_workers() -> None:
    """Firefox leaves Sec-Fetch-Storage-Access out of all that a worker asks for; a worker asks for no images.

    Nor does it leave it out of an image for keepalive, which a missing Referer beside Priority may be a sign of.
    """
    recording = Recording(agent=FIREFOX)
    recording.embed()
    script = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Dest", "worker"), ("Sec-Fetch-Site", "same-origin")]
    recording.answer(recording.ask("worker", "GET", f"{PAGE}/worker.js", script), 200, [])
    image = [
        ("Origin", PAGE),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "image"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Priority", "u=5, i"),
    ]
    recording.answer(recording.ask("image", "GET", API, image, connection="image"), 200, TURNS)
    assert recording.said("image") == ("allowed", "certain", None)
    recording.answer(recording.ask("fetch", "GET", API, [("Origin", PAGE), *CORS], connection="fetch"), 200, TURNS)
    assert recording.said("fetch") == ("allowed", "likely", None)


def test_connections_that_are_used_again_make_no_habit() -> None:
    """WebKit on Linux closes the connection of a blocked response; one that it keeps only ever tells of passing."""
    recording = Recording()
    for number in range(HABIT + 1):
        recording.request(f"kept {number}", TURNS)
    assert recording.said("kept 0") == ("allowed", "certain", None)
    assert recording.said(f"kept {HABIT - 1}") == ("allowed", "certain", None)
    # The server's Access-Control-Allow-Credentials counts, not eight requests whose mode a connection told.
    assert recording.preflight("p", [*STAR, CREDENTIALS]).verdict.outcome == "blocked"
    assert recording.said("p") == ("blocked", "likely", "allow-origin-wildcard")


def test_an_absent_header_tells_once_this_browser_was_seen_to_send_it() -> None:
    """Firefox with third-party cookies blocked sends Sec-Fetch-Storage-Access with none of its 344 requests."""
    recording = Recording(agent=FIREFOX)
    recording.request("before", TURNS, BY_XHR)
    assert recording.said("before") == ("allowed", "likely", None)
    recording.embed()
    assert recording.said("before") == ("allowed", "certain", None)
    recording.request("after", TURNS, BY_XHR, connection="other")
    assert recording.said("after") == ("allowed", "certain", None)


def test_a_chromium_that_may_have_it_switched_on_tells_by_absence_as_soon_as_it_sent_the_header() -> None:
    """Chromium 133: a switch from the server brings the header, for Chrome only. From 134 on all send it."""
    recording = Recording(agent=CHROMIUM)
    recording.request("sure", TURNS)
    assert recording.said("sure") == ("allowed", "certain", None)
    recording = Recording(agent=CHROMIUM.replace("156", "133"))
    recording.request("before", TURNS)
    assert recording.said("before") == ("allowed", "likely", None)
    recording.embed()
    assert recording.said("before") == ("allowed", "likely", None)
    recording.request("after", TURNS, connection="other")
    assert recording.said("after") == ("allowed", "certain", None)


def test_an_absent_header_tells_nothing_where_images_of_other_sites_lack_it_too() -> None:
    """Something on the way takes it out, or this build never sends it: 9 of 523 steps of Chromium were certain and
    wrong without it.
    """
    recording = Recording(agent=CHROMIUM)
    recording.request("before", TURNS, connection="before")
    recording.request("beside", TURNS, connection="before", url="http://plain.test/")
    assert recording.said("before") == recording.said("beside") == ("allowed", "certain", None)
    asked = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site")]
    image = recording.ask("image", "GET", "https://cdn.test/i.png", asked, connection="image")
    assert recording.said("before") == recording.said("beside") == ("allowed", "likely", None)
    recording.answer(image, 200, [])
    recording.request("after", TURNS, connection="after")
    assert recording.said("after") == ("allowed", "likely", None)
    # What was sent once is sent always: then a request that lacks it says so for itself alone.
    recording.embed()
    assert recording.said("after") == ("allowed", "likely", None)
    recording.answer(recording.ask("bare", "GET", "https://cdn.test/j.png", asked, connection="image"), 200, [])
    recording.request("last", TURNS, connection="last")
    assert recording.said("last") == ("allowed", "certain", None)


def test_a_font_marks_no_connection() -> None:
    """Chromium: a font preloaded with crossorigin=use-credentials shares its connection with credentialed requests."""
    recording = Recording(agent=CHROMIUM)
    font = [("Origin", "https://app.api.test"), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "font")]
    font.append(("Sec-Fetch-Site", "same-site"))
    recording.answer(recording.ask("font", "GET", f"{API}/f.woff2", font, connection="shared"), 200, TURNS)
    same_site = [("Origin", "https://app.api.test"), *CORS[:2], ("Sec-Fetch-Site", "same-site")]
    recording.answer(recording.ask("r", "GET", API, same_site, connection="shared"), 200, STAR)
    assert recording.said("r")[1] == "likely"
    recording.answer(recording.ask("c", "GET", API, [*same_site, ("Cookie", "a=1")], connection="shared"), 200, STAR)
    assert recording.said("r") == ("blocked", "certain", "allow-origin-wildcard")
    assert recording.because("font", "credentials").startswith("its connection is a credentialed one")


@pytest.mark.parametrize(
    ("path", "after", "answer", "said"),
    [
        pytest.param("/v1", 1.0, STAR, ("allowed", "certain", None), id="to the same place"),
        pytest.param("/v1/items?page=2", 1.0, STAR, ("allowed", "certain", None), id="to a place below it"),
        pytest.param("/v10", 1.0, STAR, ("allowed", "likely", None), id="beside it: the cookie may have a path"),
        pytest.param("/v1", 60.0, STAR, ("allowed", "likely", None), id="long after"),
        pytest.param("/v1", 1.0, [*STAR, ("Set-Cookie", "a=")], ("allowed", "likely", None), id="it was changed"),
    ],
)
def test_a_cookie_that_went_a_moment_ago_and_is_missing_now(
    path: str, after: float, answer: Pairs, said: tuple[str, str, str | None]
) -> None:
    """WebKit: nothing else on the wire tells that its page asked without credentials this time."""
    recording = Recording()
    recording.request("with", answer, ("Cookie", "a=1"))
    recording.now += after
    recording.request("without", STAR, url=f"https://api.test{path}", connection="other")
    assert recording.said("without") == said


def test_a_cookie_is_looked_for_from_the_last_time_on_that_it_went() -> None:
    recording = Recording()
    recording.request("first", STAR, ("Cookie", "a=1"))
    recording.now += 2 * A_MOMENT
    recording.request("again", STAR, ("Cookie", "a=1"))
    recording.now += A_MOMENT / 2
    recording.request("without", STAR, connection="other")
    assert recording.said("without") == ("allowed", "certain", None)


@pytest.mark.parametrize("connection", ["new", "page"])
def test_a_cookie_that_one_window_sent_is_missing_in_no_other(connection: str) -> None:
    """A private window beside a common one, both of the same page: who is not logged in there asks with credentials
    all the same. Two jars share no connection.
    """
    recording = Recording()
    recording.page(f"{PAGE}/")
    recording.page(f"{PAGE}/other", connection=connection)
    recording.request("with", STAR, ("Cookie", "a=1"))
    recording.now += 1
    recording.request("without", STAR, connection="other")
    assert recording.said("without") == ("allowed", "likely" if connection == "new" else "certain", None)


@pytest.mark.parametrize(("road", "certainty"), [(0.01, "certain"), (0.2, "likely")])
def test_a_request_on_a_slow_road_may_have_set_out_before_the_cookie_was_there(road: float, certainty: str) -> None:
    recording = Recording()
    recording.preflight("p", [*ALLOW, CREDENTIALS])
    recording.now += road
    recording.request("with", STAR, ("Cookie", "a=1"), method="PUT")
    recording.now += 0.3
    recording.request("without", STAR, connection="other")
    assert recording.said("without") == ("allowed", certainty, None)


def test_a_cookie_that_another_page_sent_is_missing_nowhere() -> None:
    recording = Recording()
    recording.request("with", STAR, ("Cookie", "a=1"), origin="https://other.example")
    recording.request("without", STAR, connection="other")
    assert recording.said("without")[1] == "likely"


CLASSIC: Pairs = [("Origin", "http://localhost:3000"), *CORS[:2], ("Sec-Fetch-Site", "same-site")]
ASKED: Pairs = [*CLASSIC, ("Access-Control-Request-Method", "PUT")]
LOCAL = "http://localhost:8000/v1"
GRANTS: Pairs = [
    *(("Access-Control-Allow-Origin", "http://localhost:3000"), ("Access-Control-Allow-Methods", "PUT"), CREDENTIALS),
    ("Content-Length", "0"),
]


def classic(agent: str, *, connection: str, http2: bool = False, status: int = 204, kept: bool = True) -> Recording:
    """A preflight on connection c0, and the request that follows it on the one named, whose answer is open to all."""
    recording = Recording(agent=agent)
    if kept:
        for name in ("k1", "k2"):
            recording.answer(recording.ask(name, "GET", LOCAL, [], connection="kept", http2=http2), 200, [])
    recording.answer(recording.ask("p", "OPTIONS", LOCAL, ASKED, connection="c0", http2=http2), status, GRANTS)
    recording.answer(recording.ask("r", "PUT", LOCAL, CLASSIC, connection=connection, http2=http2), 200, STAR)
    return recording


@pytest.mark.parametrize("http2", [False, True])
def test_a_chromium_request_that_leaves_its_preflights_free_connection_has_credentials(http2: bool) -> None:
    """Chromium, HTTP/1.1: all of 85 requests without credentials took it, all of 58 with credentials another one.

    So the classic on localhost, where no Sec-Fetch-Storage-Access comes, is settled by its connections.
    """
    with_credentials = classic(CHROMIUM, connection="c1", http2=http2)
    assert with_credentials.said("r") == ("blocked", "certain", "allow-origin-wildcard")
    assert "although that connection was free" in with_credentials.because("r", "credentials")
    assert classic(CHROMIUM, connection="c0", http2=http2).said("r") == ("allowed", "certain", None)


@pytest.mark.parametrize(("http2", "certainty"), [(False, "likely"), (True, "certain")])
def test_an_older_connection_may_be_free_after_that_of_the_preflight(http2: bool, certainty: str) -> None:
    """QtWebEngine 6.8 on a busy machine: a request without credentials took the connection of an event stream."""
    assert classic(CHROMIUM, connection="kept", http2=http2).said("r") == (
        "blocked",
        certainty,
        "allow-origin-wildcard",
    )


@pytest.mark.parametrize(
    ("taken", "said"),
    [("new", ("blocked", "certain", "allow-origin-wildcard")), ("c0", ("allowed", "certain", None))],
)
def test_whichever_of_two_preflights_a_request_followed_it_left_both_connections(
    taken: str, said: tuple[str, str, str | None]
) -> None:
    recording = classic(CHROMIUM, connection="c0")
    for name in ("c0", "c2"):
        recording.answer(recording.ask(f"p {name}", "OPTIONS", LOCAL, ASKED, connection=name), 204, GRANTS)
    recording.answer(recording.ask("r2", "PUT", LOCAL, CLASSIC, connection=taken), 200, STAR)
    assert recording.said("r2") == said


@pytest.mark.parametrize(("many", "certainty"), [(4, "certain"), (16, "likely")])
def test_where_many_requests_are_under_way_a_free_connection_may_be_closed_for_another(
    many: int, certainty: str
) -> None:
    """Chromium has 32 connections behind a proxy, and closes an idle one for what waits."""
    recording = classic(CHROMIUM, connection="c0")
    for number in range(many):
        recording.ask(f"{number}", "GET", f"http://h{number}.test/", [], connection=f"h{number}")
    recording.answer(recording.ask("p2", "OPTIONS", LOCAL, ASKED, connection="c0"), 204, GRANTS)
    recording.answer(recording.ask("r2", "PUT", LOCAL, CLASSIC, connection="new"), 200, STAR)
    assert recording.said("r2") == ("blocked", certainty, "allow-origin-wildcard")


@pytest.mark.parametrize(("road", "certainty"), [(0.0, "certain"), (0.1, "likely")])
def test_a_request_that_may_have_gone_by_the_cache_left_no_connection(road: float, certainty: str) -> None:
    """Chromium: it set out while the answer to another's preflight was on its way, and that one's connection taken."""
    recording = Recording(agent=CHROMIUM)
    kept = [*GRANTS, ("Access-Control-Max-Age", "600")]
    recording.answer(recording.ask("p", "OPTIONS", LOCAL, ASKED, connection="c0"), 204, kept)
    recording.now += road
    recording.answer(recording.ask("r", "PUT", LOCAL, CLASSIC, connection="c0"), 200, STAR)
    recording.answer(recording.ask("p2", "OPTIONS", LOCAL, ASKED, connection="c0"), 204, kept)
    recording.answer(recording.ask("r2", "PUT", LOCAL, CLASSIC, connection="new"), 200, STAR)
    assert recording.said("r2") == ("blocked", certainty, "allow-origin-wildcard")


@pytest.mark.parametrize(
    ("agent", "more"),
    [
        pytest.param(CHROMIUM, {"kept": False}, id="a server that may close its connections"),
        pytest.param(FIREFOX, {"http2": True}, id="Firefox mixes the modes over HTTP/2"),
        pytest.param(WEBKIT, {}, id="WebKit mixes them always"),
    ],
)
def test_where_another_connection_than_the_preflights_tells_nothing(agent: str, more: dict[str, bool]) -> None:
    recording = classic(agent, connection="c1", **more)
    assert "credentials" not in recording.last["r"].entry.fetch.evidence


def test_a_firefox_request_that_leaves_its_preflights_connection_likely_has_credentials() -> None:
    """Firefox: 53 of 66."""
    assert classic(FIREFOX, connection="c1").said("r") == ("blocked", "likely", "allow-origin-wildcard")


CORS_OF_NULL: Pairs = [("Access-Control-Allow-Origin", "null")]


def test_an_opaque_origin_is_of_no_site_with_anybody() -> None:
    """Firefox leaves the header out where only the scheme differs; a sandboxed page has no host to compare."""
    recording = Recording(agent=FIREFOX)
    recording.embed()
    recording.request("r", CORS_OF_NULL, BY_XHR, origin="null")
    assert recording.said("r") == ("allowed", "certain", None)
    recording.request(
        "near", [("Access-Control-Allow-Origin", "http://www.api.test")], origin="http://www.api.test", connection="c5"
    )
    assert recording.said("near")[1] == "likely"


def test_an_opaque_origins_cookies_tell_nothing_of_the_next_request() -> None:
    """Two sandboxed frames both say `null`, and each may have a jar of its own."""
    recording = Recording()
    recording.request("with", CORS_OF_NULL, ("Cookie", "id=1"), origin="null")
    recording.request("without", CORS_OF_NULL, origin="null", connection="c2")
    assert "credentials" not in recording.last["without"].entry.fetch.evidence
    recording.request("with too", TURNS, ("Cookie", "id=1"))
    recording.request("without too", TURNS, connection="c3")
    assert recording.last["without too"].entry.fetch.include is False


def test_an_engine_that_is_given_makes_no_browser_tell_its_mode_by_absence() -> None:
    """Safari sends no Sec-Fetch-Storage-Access, whatever engine its requests are judged by."""
    recording = Recording(agent=SAFARI, session=Session("chromium"))
    assert recording.request("r", TURNS).verdict.certainty == "likely"
    recording = Recording(agent=CHROMIUM, session=Session("chromium"))
    assert recording.request("r", TURNS).verdict.certainty == "certain"


@pytest.mark.parametrize(
    ("mode", "destination", "outcome"),
    [
        ("no-cors", "image", "blocked"),
        ("no-cors", "script", "blocked"),
        # A fetch() in mode no-cors may be without, and crossorigin makes an element's request one with CORS.
        ("no-cors", "empty", "allowed"),
        ("same-origin", "image", "allowed"),
    ],
)
def test_an_elements_request_makes_its_connection_a_credentialed_one(mode: str, destination: str, outcome: str) -> None:
    """Chromium keeps requests with credentials and without apart, on every connection."""
    url = "http://api.test/v1"
    recording = Recording(agent=CHROMIUM)
    asked = [("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination), ("Sec-Fetch-Site", "cross-site")]
    recording.answer(recording.ask("element", "GET", url, asked, connection="c1"), 200, [])
    assert recording.request("r", TURNS, url=url).verdict.outcome == outcome
    assert recording.said("r")[1] == ("certain" if outcome == "blocked" else "likely")


@pytest.mark.parametrize(
    ("more", "said"), [((), ("allowed", "likely")), ((("Cookie", "id=1"),), ("blocked", "certain"))]
)
def test_a_credentialless_pages_image_tells_of_its_connection_by_its_cookie_alone(
    more: tuple[tuple[str, str], ...], said: tuple[str, str]
) -> None:
    """HTML, "credentialless": what it embeds of others is asked for without credentials, in Chromium too."""
    url = "http://api.test/v1"
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/", ("Cross-Origin-Embedder-Policy", "credentialless"))
    asked = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site"), *more]
    recording.answer(recording.ask("element", "GET", url, asked, connection="c1"), 200, [])
    recording.request("r", TURNS, url=url)
    assert recording.said("r")[:2] == said


@pytest.mark.parametrize(("http2", "certainty"), [(False, "certain"), (True, "likely")])
def test_an_absence_that_is_believed_late_tells_of_its_connection(http2: bool, certainty: str) -> None:
    """Firefox keeps the two modes apart on HTTP/1.1 alone, and shows only later that it sends the header at all."""
    recording = Recording(agent=FIREFOX)
    near = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-site")]
    for name, origin, asked in (("tells", PAGE, CORS), ("does not", "https://www.api.test", near)):
        exchange = recording.ask(name, "GET", API, [("Origin", origin), *asked, BY_XHR], http2=http2)
        recording.answer(exchange, 200, [("Access-Control-Allow-Origin", origin)])
    assert recording.said("tells")[1] == recording.said("does not")[1] == "likely"
    recording.embed()
    assert recording.said("tells") == ("allowed", "certain", None)
    assert recording.said("does not")[1] == certainty


def test_a_habit_is_of_one_mode_alone() -> None:
    """WebKit: a page that asks in both modes has none, however often it asked in one."""
    recording = Recording()
    recording.preflight("p", STAR)
    recording.request("without", STAR, method="PUT")
    for number in range(HABIT + 1):
        recording.request(f"with {number}", STAR, ("Cookie", "id=1"), url=f"{API}/{number}")
    assert recording.request("r", STAR).verdict.outcome == "allowed"


KEEPALIVE: Pairs = [
    ("Content-Type", "text/plain"),
    ("Referer", f"{PAGE}/"),
    ("Priority", "u=4"),
    ("Origin", PAGE),
    *CORS,
]


@pytest.mark.parametrize(("agent", "certainty"), [(FIREFOX, "likely"), (CHROMIUM, "certain")])
def test_firefox_leaves_the_header_out_for_keepalive(agent: str, certainty: str) -> None:
    """So its absence tells nothing there, and overrules what the preflight's absence told."""
    recording = Recording(agent=agent)
    recording.embed()
    recording.answer(recording.ask("plain", "POST", API, KEEPALIVE, connection="c7"), 200, TURNS)
    assert recording.said("plain")[1] == certainty
    recording.preflight("p", STAR, connection="c8")
    assert recording.said("p")[1] == "certain" or agent == CHROMIUM
    recording.answer(recording.ask("r", "PUT", API, KEEPALIVE, connection="c9", http2=True), 200, TURNS)
    assert recording.said("r")[1] == certainty


BARE: Pairs = [("Referer", f"{PAGE}/"), ("Origin", PAGE), ("Priority", "u=4"), *CORS]
XHR: Pairs = [("Origin", PAGE), ("Referer", f"{PAGE}/"), *CORS]


@pytest.mark.parametrize(
    ("agent", "kept", "headers", "certainty"),
    [
        (FIREFOX, True, BARE, "likely"),
        (FIREFOX, False, BARE, "certain"),
        # What has headers of its own, or is XMLHttpRequest's, shows that it is not kept alive.
        (FIREFOX, True, [*BARE[:1], ("X-A", "1"), *BARE[1:]], "certain"),
        (FIREFOX, True, XHR, "certain"),
        (CHROMIUM, True, BARE, "certain"),
    ],
)
def test_where_a_page_keeps_fetches_alive_others_may_be_kept_alive_too(
    agent: str, kept: bool, headers: Pairs, certainty: str
) -> None:
    """Firefox ESR 153 over HTTP/2, of a mixed run: a GET with keepalive and credentials, and no header of its own, was
    told as one without, for certain.
    """
    recording = Recording(agent=agent)
    recording.embed()
    answer = [*TURNS, ("Access-Control-Allow-Headers", "*")]
    if kept:
        other = "https://log.test/v1"
        recording.answer(recording.ask("kept", "POST", other, KEEPALIVE, connection="c8", http2=True), 200, answer)
    recording.answer(recording.ask("r", "GET", API, headers, connection="c9", http2=True), 200, answer)
    assert recording.said("r")[:2] == ("allowed", certainty)


AT_HOME: Pairs = [
    ("Content-Type", "text/plain"),
    ("Referer", f"{PAGE}/"),
    *CORS[:-1],
    ("Sec-Fetch-Site", "same-origin"),
]
THEIRS: Pairs = [("Content-Type", "text/plain"), ("Referer", "https://b.test/"), ("Origin", "https://b.test"), *CORS]


@pytest.mark.parametrize(
    ("headers", "certainty"),
    [
        ([*AT_HOME, ("Priority", "u=4")], "likely"),
        # XMLHttpRequest's at home, and another page's.
        (AT_HOME, "certain"),
        ([*THEIRS, ("Priority", "u=4")], "certain"),
    ],
)
def test_whether_a_page_keeps_fetches_alive_its_own_fetches_tell(headers: Pairs, certainty: str) -> None:
    recording = Recording(agent=FIREFOX)
    recording.embed()
    url = f"{PAGE}/v1" if "Origin" not in dict(headers) else API
    recording.answer(recording.ask("kept", "POST", url, headers, connection="c8", http2=True), 200, TURNS)
    recording.answer(recording.ask("r", "GET", API, BARE, connection="c9", http2=True), 200, TURNS)
    assert recording.said("r")[:2] == ("allowed", certainty)


def test_a_request_that_lacks_the_header_does_not_follow_a_preflight_that_has_it() -> None:
    """Firefox ESR 153, where a worker hides what the absence tells: a PUT without credentials went by what was cached,
    was joined to the preflight of one with them, and made its whole connection a credentialed one, 25 steps long.
    """
    recording = Recording(agent=FIREFOX)
    recording.embed()
    script = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Dest", "worker"), ("Sec-Fetch-Site", "same-origin")]
    recording.answer(recording.ask("worker", "GET", f"{PAGE}/worker.js", script), 200, [])
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS, ("Sec-Fetch-Storage-Access", "none")]
    recording.answer(recording.ask("p", "OPTIONS", API, asked, connection="p"), 204, ALLOW)
    assert recording.said("p") == ("blocked", "certain", "allow-credentials-not-true")
    recording.request("r", TURNS, method="PUT", connection="r")
    assert recording.last["r"].entry.fetch is not recording.last["p"].entry.fetch
    assert recording.said("r") == ("allowed", "likely", None)


@pytest.mark.parametrize(("mode", "tells"), [("cors", True), ("same-origin", False)])
def test_a_font_is_asked_for_without_credentials(mode: str, tells: bool) -> None:
    """CSS Fonts, section 4.9: mode "cors", credentials "same-origin"; a preload may say otherwise."""
    recording = Recording(agent=FIREFOX)
    font = [("Origin", PAGE), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", "font"), ("Sec-Fetch-Site", "same-site")]
    recording.answer(recording.ask("font", "GET", API, font), 200, TURNS)
    evidence = recording.last["font"].entry.fetch.evidence
    assert ("credentials" in evidence) is tells


@pytest.mark.parametrize(("asked", "outcome"), [("authorization", "allowed"), ("x-a", "blocked")])
def test_an_authorization_that_its_preflight_asked_for_is_the_pages_own(asked: str, outcome: str) -> None:
    """Browsers add the one out of their own store behind the preflight's back, and only with credentials."""
    recording = Recording()
    allowed = [*TURNS, ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Headers", "authorization,x-a")]
    recording.preflight("p", [*allowed, CREDENTIALS], names=asked)
    more = [("X-A", "1")] if asked == "x-a" else []
    recording.request("r", TURNS, ("Authorization", "Basic eDp5"), *more, method="PUT")
    assert recording.last["r"].entry.fetch is recording.last["p"].entry.fetch
    assert recording.said("r")[0] == outcome


@pytest.mark.parametrize(("http2", "kept", "tells"), [(True, True, True), (True, False, False), (False, True, False)])
def test_a_connection_of_http2_is_always_free_for_a_request(http2: bool, kept: bool, tells: bool) -> None:
    """Chromium: one that leaves its preflight's connection alone has credentials; over HTTP/1.1 it may be in use.

    Where no connection was ever used again, each may be for one exchange.
    """
    url = "http://api.test/v1"
    recording = Recording(agent=CHROMIUM)
    for number in range(2 * kept):
        image = recording.ask(f"i{number}", "GET", "http://api.test/i.png", [], connection="kept", http2=http2)
        recording.answer(image, 200, [])
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
    answer = [*TURNS, ("Access-Control-Allow-Methods", "PUT"), CREDENTIALS]
    recording.answer(recording.ask("p", "OPTIONS", url, asked, connection="c0", http2=http2), 200, answer)
    exchange = recording.ask("r", "PUT", url, [("Origin", PAGE), *CORS], connection="c1", http2=http2)
    recording.answer(exchange, 200, TURNS)
    assert (recording.last["r"].entry.fetch.include is True) is tells


@pytest.mark.parametrize(("agent", "certainty"), [(CHROMIUM, "certain"), (FIREFOX, "likely")])
def test_a_page_that_hides_its_referrer_may_be_firefoxs_keepalive(agent: str, certainty: str) -> None:
    """Only the place of the Referer shows it there; Chromium sends the header with keepalive too."""
    recording = Recording(agent=agent)
    recording.embed()
    recording.request("r", TURNS, ("Priority", "u=4"))
    assert recording.said("r") == ("allowed", certainty, None)


def test_a_preflight_lacks_the_cookie_whatever_its_request_has() -> None:
    """Fetch: a CORS-preflight request has no credentials."""
    recording = Recording()
    recording.request("with", TURNS, ("Cookie", "id=1"))
    recording.preflight("p", STAR)
    assert recording.said("p") == ("allowed", "likely", None)


def test_what_a_workers_module_imports_hides_the_credentials_mode_as_all_that_a_worker_asks_for() -> None:
    """Firefox ESR 153 gives it the worker's own destination: a module worker with credentials "include" was told as
    asking without, for certain.
    """
    recording = Recording(agent=FIREFOX)
    recording.embed()
    script = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Dest", "worker"), ("Sec-Fetch-Site", "same-origin")]
    recording.answer(
        recording.ask("worker", "GET", f"{PAGE}/worker.js", script), 200, [("Content-Type", "text/javascript")]
    )
    asked = [
        ("Origin", PAGE),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "worker"),
        ("Sec-Fetch-Site", "cross-site"),
    ]
    imported = recording.ask("imported", "GET", "https://cdn.test/lib.js", asked)
    recording.answer(imported, 200, [("Access-Control-Allow-Origin", "*"), ("Content-Type", "text/javascript")])
    assert recording.said("imported")[1] == "likely"


def test_an_absent_header_tells_nothing_where_a_redirect_leads_back_to_the_pages_own_site() -> None:
    """Chromium 156, 700100061 of the lab: by another site back home, a request is cross-site, and sends first-party
    cookies: Sec-Fetch-Storage-Access is told of third parties alone. Its fetch had credentials.
    """
    recording = Recording(agent=CHROMIUM)
    home, referrer = f"{PAGE}/data", ("Referer", f"{PAGE}/")
    there = [("Access-Control-Allow-Origin", PAGE), CREDENTIALS, ("Location", "https://b.test/")]
    back = [("Access-Control-Allow-Origin", "null"), CREDENTIALS, ("Location", home)]
    told = "Sec-Fetch-Storage-Access", "active"
    recording.request("there", there, referrer, told, status="308")
    recording.request("back", back, referrer, told, url="https://b.test/", status="308", origin="null", connection="b")
    recording.request("home", STAR, referrer, url=home, origin="null", connection="home")
    assert recording.last["home"].entry.fetch is recording.last["there"].entry.fetch
    assert recording.said("home") == ("blocked", "certain", "allow-origin-wildcard")


def test_an_absent_header_tells_where_a_redirect_leads_to_a_third_site() -> None:
    """Its page's own site is another one: the first request, to that, would carry the header in no mode."""
    recording = Recording(agent=CHROMIUM)
    recording.request("seen", TURNS, ("Sec-Fetch-Storage-Access", "active"), url="https://b.test/")
    referrer = "Referer", f"{PAGE}/"
    asked = [("Origin", PAGE), *CORS[:2], ("Sec-Fetch-Site", "same-site"), referrer]
    away = [("Access-Control-Allow-Origin", PAGE), CREDENTIALS, ("Location", "https://c.test/")]
    recording.answer(recording.ask("near", "GET", "https://api.app.example/", asked, connection="near"), 308, away)
    recording.request("far", STAR, referrer, url="https://c.test/", origin="null", connection="far")
    assert recording.last["far"].entry.fetch is recording.last["near"].entry.fetch
    assert recording.said("far") == ("allowed", "certain", None)


# -- one memory by itself ----------------------------------------------------------------------------------------------


def know(engine: EngineName, *, known: bool = True) -> Credentials:
    """What is known of a browser in its latest version, before it asked for anything."""
    return Credentials(ENGINES[engine], 8, known=known)


def reading_of(*headers: tuple[str, str], **how: Any) -> Reading:
    request = make_exchange("r", *headers, **{"origin": None if "Origin" in dict(headers) else PAGE, **how}).request
    return read(request.method, request.headers)


def site(distance: str, destination: str = "empty", mode: str = "cors") -> Pairs:
    return [("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination), ("Sec-Fetch-Site", distance)]


@pytest.mark.parametrize(
    ("engine", "headers", "url", "first", "told"),
    [
        ("chromium", CORS, API, True, Reason.NO_STORAGE_ACCESS),
        ("chromium", CORS, API, False, Reason.NO_STORAGE_ACCESS),
        ("chromium", [*CORS, ("Sec-Fetch-Storage-Access", "none")], API, True, Reason.STORAGE_ACCESS),
        ("chromium", [*CORS, ("Cookie", "a=1")], API, True, Reason.COOKIE),
        # Only trustworthy servers of other sites are told.
        ("chromium", site("same-site"), API, True, None),
        ("chromium", CORS, "http://api.test/", True, None),
        ("chromium", CORS, "http://localhost/", True, Reason.NO_STORAGE_ACCESS),
        ("firefox", CORS, API, True, Reason.NO_STORAGE_ACCESS),
        # Firefox does not say it behind a redirect, nor for what is kept alive, nor to its own site by another scheme.
        ("firefox", CORS, API, False, None),
        ("firefox", CORS, "https://b.app.example/", True, None),
        ("firefox", KEEPALIVE, API, True, None),
        ("webkit", CORS, API, True, None),
        ("standard", CORS, API, True, None),
        # A font is asked for without, unless an engine asks for it in another way.
        ("chromium", site("same-site", "font"), API, True, Reason.FONT),
        ("firefox", site("same-site", "font"), API, True, Reason.FONT),
        ("chromium", site("same-site", "font", "no-cors"), API, True, None),
        ("chromium", site("same-site", "image"), API, True, None),
        ("webkit", site("same-site", "font"), API, True, None),
    ],
)
def test_what_a_request_states_of_its_credentials_mode(
    engine: EngineName, headers: Pairs, url: str, first: bool, told: Reason | None
) -> None:
    stated = know(engine).stated(reading_of(*headers), url, first=first)
    assert stated == (None if told is None else (told in (Reason.COOKIE, Reason.STORAGE_ACCESS), told))
    assert know(engine, known=False).stated(reading_of(*CORS), API, first=True) is None


@pytest.mark.parametrize(("engine", "tells"), [("chromium", False), ("firefox", True)])
def test_only_firefox_says_it_on_preflights_too(engine: EngineName, tells: bool) -> None:
    preflight = reading_of(("Access-Control-Request-Method", "PUT"), *CORS, method="OPTIONS")
    assert (know(engine).stated(preflight, API, first=True) is not None) is tells


@pytest.mark.parametrize(
    ("referrer", "page", "url", "first", "tells"),
    [
        # A data: URL's worker has its page's site for cookies, and names no page.
        (None, "https://www.api.test/", API, True, False),
        (None, "https://app.test/", API, True, True),
        (None, "https://b.deep.api.test/", API, True, False),
        # Where the page is named, only a redirect leads home.
        (f"{PAGE}/", PAGE, f"{PAGE}/a", True, True),
        (f"{PAGE}/", PAGE, f"{PAGE}/a", False, False),
        (f"{PAGE}/", PAGE, API, False, True),
    ],
)
def test_an_opaque_origin_may_ask_its_pages_own_site(
    referrer: str | None, page: str, url: str, first: bool, tells: bool
) -> None:
    credentials = know("chromium")
    credentials.note_page(page)
    stated = credentials.stated(reading_of(*CORS, origin="null", referrer=referrer), url, first=first)
    assert (stated is not None) is tells


@pytest.mark.parametrize(("engine", "news"), [("chromium", True), ("firefox", True), ("webkit", False)])
def test_that_a_browser_sends_the_header_is_news_once(engine: EngineName, news: bool) -> None:
    credentials = know(engine, known=False)
    assert credentials.storage_access_unseen
    assert [credentials.note_storage_access(), credentials.note_storage_access()] == [news, False]
    assert credentials.storage_access_unseen is not news
    assert (credentials.stated(reading_of(*CORS), API, first=True) is not None) is news


IMAGE = site("cross-site", "image", "no-cors")


@pytest.mark.parametrize(
    ("headers", "url", "shows"),
    [
        (IMAGE, API, True),
        (site("cross-site", "script", "no-cors"), API, True),
        ([*IMAGE, ("Sec-Fetch-Storage-Access", "none")], API, False),
        (site("same-site", "image", "no-cors"), API, False),
        (IMAGE, "http://api.test/", False),
        # A frame may be one that says `credentialless`, and a fetch() has what its page says.
        (site("cross-site", "iframe", "navigate"), API, False),
        (site("cross-site", "empty", "no-cors"), API, False),
    ],
)
def test_what_always_has_credentials_shows_a_browser_that_never_sends_the_header(
    headers: Pairs, url: str, shows: bool
) -> None:
    credentials = know("chromium")
    asked = reading_of(*headers, origin=None)
    assert credentials.note_no_storage_access(asked, url, first=True) is shows
    assert (credentials.stated(reading_of(*CORS), API, first=True) is None) is shows
    # It is no news a second time, nor where the header was seen, nor of a browser that is not expected to send it.
    assert not credentials.note_no_storage_access(asked, url, first=True)
    seen = know("chromium")
    seen.note_storage_access()
    assert not seen.note_no_storage_access(asked, url, first=True)
    assert not know("webkit").note_no_storage_access(asked, url, first=True)


COOKIE = ("Cookie", "a=1")
SERVER = "https://api.test"


@pytest.mark.parametrize(
    ("how", "since"),
    [
        pytest.param({}, 100.0, id="to the same place"),
        pytest.param({"url": f"{API}/items/?page=2"}, 100.0, id="below it"),
        pytest.param({"url": f"{API}/?page=2"}, 100.0, id="with another query"),
        pytest.param({"url": f"{API}0"}, None, id="beside it"),
        pytest.param({"url": "https://api.test/"}, None, id="above it"),
        pytest.param({"at": 115.0}, 100.0, id="ten seconds later"),
        pytest.param({"at": 115.1}, None, id="more than ten seconds later"),
        pytest.param({"at": 104.9}, None, id="before it, of what is read out of order"),
        pytest.param({"origin": "https://b.test"}, None, id="of another page"),
        pytest.param({"origin": "null"}, None, id="of an opaque origin"),
        pytest.param({"origin": None}, None, id="without an Origin"),
    ],
)
def test_since_when_a_cookie_that_a_request_lacks_was_sent(how: dict[str, Any], since: float | None) -> None:
    """It is missing since the first time that it went, as long as it went at all of late."""
    credentials = know("webkit")
    for at in (100.0, 105.0):
        sent = make_exchange("s", COOKIE, at=at)
        assert credentials.lacks_cookie(read("GET", sent.request.headers), sent.request, SERVER) is None
    asked = make_exchange("r", **{"at": 106.0, **how})
    reading = read("GET", asked.request.headers)
    # What has no Origin is no CORS request, and tells of none.
    bare = make_exchange("b", COOKIE, origin=None)
    assert credentials.lacks_cookie(read("GET", bare.request.headers), bare.request, SERVER) is None
    assert credentials.lacks_cookie(reading, asked.request, SERVER) == since
    assert credentials.lacks_cookie(reading, asked.request, "https://b.test") is None
    credentials.forget_cookies()
    assert credentials.lacks_cookie(reading, asked.request, SERVER) is None


def test_cookies_of_as_many_places_are_remembered_as_there_is_room_for() -> None:
    credentials = know("webkit")
    for number in range(9):
        sent = make_exchange("s", COOKIE, url=f"https://{number}.test/")
        credentials.lacks_cookie(read("GET", sent.request.headers), sent.request, f"https://{number}.test")
    bare = make_exchange("r", url="https://0.test/"), make_exchange("r", url="https://1.test/")
    known = [
        credentials.lacks_cookie(read("GET", one.request.headers), one.request, one.request.url[:-1]) for one in bare
    ]
    assert known == [None, 100.0]


XHRS: Pairs = [("Referer", f"{PAGE}/"), *CORS]
"""Behind the Origin and without a Priority: not kept alive."""
HIDING: Pairs = [("Priority", "u=4"), *CORS]


@pytest.mark.parametrize(
    ("engine", "reason", "headers", "http2", "certainty"),
    [
        ("firefox", Reason.FONT, CORS, False, "likely"),
        ("firefox", Reason.COOKIE, HIDING, False, "certain"),
        ("chromium", Reason.NO_STORAGE_ACCESS, HIDING, False, "certain"),
        ("firefox", Reason.NO_STORAGE_ACCESS, XHRS, False, "certain"),
        ("firefox", Reason.NO_STORAGE_ACCESS, HIDING, False, "likely"),
        ("firefox", Reason.NO_STORAGE_ACCESS, HIDING, True, "likely"),
        ("firefox", Reason.NO_STORAGE_ACCESS, CORS, True, "likely"),
        ("firefox", Reason.NO_STORAGE_ACCESS, XHRS, True, "certain"),
        ("firefox", Reason.NO_STORAGE_ACCESS, [*HIDING, ("Referer", f"{PAGE}/")], True, "certain"),
        ("firefox", Reason.NO_STORAGE_ACCESS, [*HIDING, ("Referer", f"{PAGE}/")], False, "likely"),
        ("firefox", Reason.NO_STORAGE_ACCESS, site("cross-site", "image"), False, "certain"),
    ],
)
def test_how_sure_it_is_what_a_request_states(
    engine: EngineName, reason: Reason, headers: Pairs, http2: bool, certainty: str
) -> None:
    credentials = know(engine)
    credentials.note_storage_access()
    assert credentials.certainty(reason, reading_of(*headers), http2=http2) == certainty


@pytest.mark.parametrize(
    ("engine", "seen", "certainty"),
    [("chromium", False, "certain"), ("firefox", False, "likely"), ("firefox", True, "certain")],
)
def test_an_absence_is_certain_where_this_browser_surely_sends_the_header(
    engine: EngineName, seen: bool, certainty: str
) -> None:
    """Firefox sends none where the user blocks third-party cookies."""
    credentials = know(engine)
    if seen:
        credentials.note_storage_access()
    assert credentials.certainty(Reason.NO_STORAGE_ACCESS, reading_of(*XHRS), http2=False) == certainty


@pytest.mark.parametrize(
    ("headers", "certainty"),
    [
        ([*CORS], "certain"),
        ([("Referer", f"{PAGE}/"), *CORS], "certain"),
        ([("Priority", "u=4"), *CORS], "likely"),
    ],
)
def test_a_preflight_that_hides_its_page_may_go_before_what_is_kept_alive(headers: Pairs, certainty: str) -> None:
    credentials = know("firefox")
    credentials.note_storage_access()
    asked = reading_of(("Access-Control-Request-Method", "PUT"), *headers, method="OPTIONS")
    assert credentials.certainty(Reason.NO_STORAGE_ACCESS, asked, http2=False) == certainty


@pytest.mark.parametrize(("engine", "shows"), [("firefox", True), ("chromium", False)])
def test_only_what_firefox_keeps_alive_overrules_its_preflights_absence(engine: EngineName, shows: bool) -> None:
    assert know(engine).overrules_absence(reading_of(*KEEPALIVE)) is shows
    assert not know(engine).overrules_absence(reading_of(*XHRS))
    assert not know(engine).overrules_absence(reading_of(("Accept", "*/*"), *BARE))


@pytest.mark.parametrize(
    ("engine", "http2", "separates", "mixes"),
    [
        ("chromium", False, True, False),
        ("chromium", True, True, False),
        ("firefox", False, True, False),
        ("firefox", True, False, True),
        ("webkit", False, False, False),
        ("webkit", True, False, False),
    ],
)
def test_which_connections_are_of_one_mode(engine: EngineName, http2: bool, separates: bool, mixes: bool) -> None:
    """Chromium keeps the modes apart on all connections, Firefox over HTTP/1.1, WebKit on none."""
    credentials = know(engine)
    exchange = make_exchange(http2=http2)
    assert (credentials.separates(exchange), credentials.mixes(exchange)) == (separates, mixes)
    untold = make_exchange(http2=http2, connection="")
    assert (credentials.separates(untold), credentials.mixes(untold)) == (False, False)


@pytest.mark.parametrize(
    ("habit", "answer", "likelier"),
    [
        pytest.param([], [], False, id="nothing is known"),
        pytest.param([], [CREDENTIALS], True, id="the server allows credentials"),
        pytest.param([], [("Access-Control-Allow-Credentials", "True")], False, id="the server means to"),
        pytest.param([], [*STAR, CREDENTIALS], False, id="it allows them to everyone"),
        pytest.param([(False, "certain")] * 8, [CREDENTIALS], False, id="eight without"),
        pytest.param([(False, "certain")] * 7, [CREDENTIALS], True, id="seven without"),
        pytest.param([(False, "certain")] * 8 + [(True, "certain")], [CREDENTIALS], True, id="one with"),
        pytest.param([(False, "likely")] * 8, [CREDENTIALS], True, id="eight that are likely without"),
        pytest.param([(False, "certain")] * 8 + [(True, "likely")], [CREDENTIALS], False, id="one that is likely with"),
        pytest.param([(True, "certain")] * 9, [], False, id="nine with"),
    ],
)
def test_which_mode_is_the_likelier(habit: list[tuple[bool, Certainty]], answer: Pairs, likelier: bool) -> None:
    credentials = know("webkit")
    for include, certainty in habit:
        known = make_entry(make_exchange())
        known.fetch.learn(include, Reason.COOKIE, certainty)
        credentials.remember(known.fetch)
    credentials.remember(make_entry(make_exchange()).fetch)
    entry = make_entry(make_exchange(), *answer)
    assert credentials.likelier(entry, entry.exchange.response) is likelier
    assert not credentials.likelier(entry, None)
    entry.fetch.learn(True, Reason.COOKIE, "likely")
    assert credentials.likelier(entry, None)


def test_what_allows_credentials_to_everyone_counts_where_a_preflight_went_before() -> None:
    preflight = make_preflight("p")
    entry = make_entry(make_exchange(), *STAR, CREDENTIALS, fetch=preflight.fetch)
    assert know("webkit").likelier(entry, entry.exchange.response)


@pytest.mark.parametrize(
    ("headers", "always"),
    [
        (site("none", "document", "navigate"), True),
        (site("cross-site", "iframe", "navigate"), True),
        (IMAGE, True),
        (site("cross-site", "empty", "no-cors"), False),
        (site("cross-site", "font", "no-cors"), False),
        (site("cross-site", "image"), False),
        ([*CORS, COOKIE], True),
        # Over plain http the Accept tells what elements ask for.
        ([("Accept", "image/avif,*/*")], True),
        ([("Accept", "text/css,*/*")], True),
        ([("Accept", "*/*")], False),
    ],
)
def test_what_always_has_credentials(headers: Pairs, always: bool) -> None:
    assert by_nature(reading_of(*headers, origin=None)) is always
    if not headers[0][0].startswith("Sec-"):
        assert not by_nature(reading_of(*headers))


@pytest.mark.parametrize(
    ("names", "own"), [("", True), ("x-a", True), ("authorization", False), ("x-a,authorization", False)]
)
def test_an_authorization_that_no_preflight_named_is_the_browsers(names: str, own: bool) -> None:
    preflight = make_preflight(names=names)
    assert from_own_store(make_entry(make_exchange(), fetch=preflight.fetch)) is own
    assert not from_own_store(make_entry(make_exchange()))
