"""What one request says by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.exchange import HeaderList, Told
from corsight.policies.session.reading import Reading, _complete, _read, read

PLAIN = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
"""What browsers accept of themselves where they navigate."""
ORIGIN = ("Origin", "https://app.test")


def reading(method: str, *headers: tuple[str, str]) -> Reading:
    return read(method, HeaderList.of(*headers))


def test_a_preflight_speaks_for_the_request_to_come() -> None:
    said = reading(
        "OPTIONS",
        ORIGIN,
        ("Access-Control-Request-Method", "PUT"),
        ("Access-Control-Request-Headers", "content-type, x-a,,x-b"),
        ("Sec-Fetch-Mode", "cors"),
    )
    assert (said.preflight, said.method, said.names) == (True, "PUT", ("content-type", "x-a", "x-b"))
    assert said.origin == "https://app.test"


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("OPTIONS", (ORIGIN,)),
        ("OPTIONS", (("Access-Control-Request-Method", "PUT"),)),
        ("GET", (ORIGIN, ("Access-Control-Request-Method", "PUT"))),
        ("options", (ORIGIN, ("Access-Control-Request-Method", "PUT"))),
    ],
)
def test_nothing_else_is_a_preflight(method: str, headers: tuple[tuple[str, str], ...]) -> None:
    assert not reading(method, *headers).preflight


@pytest.mark.parametrize(
    ("method", "headers", "needs", "names"),
    [
        ("GET", (), False, ()),
        ("POST", (("Content-Type", "text/plain"),), False, ()),
        ("POST", (("Content-Type", "application/json"),), True, ("content-type",)),
        ("GET", (("X-B", "1"), ("X-A", "1"), ("x-a", "2")), True, ("x-a", "x-b")),
        ("PUT", (), True, ()),
        ("get", (), True, ()),
        ("GET", (("Cookie", "a=b"), ("Sec-Fetch-Mode", "cors"), ("User-Agent", "x"), ("DNT", "1")), False, ()),
        ("GET", (("Authorization", "Bearer x"),), True, ("authorization",)),
    ],
)
def test_what_a_request_needs_a_preflight_for(
    method: str, headers: tuple[tuple[str, str], ...], needs: bool, names: tuple[str, ...]
) -> None:
    said = reading(method, *headers)
    assert (said.needs_preflight, said.names) == (needs, names)


@pytest.mark.parametrize(
    ("method", "headers", "mode"),
    [
        pytest.param("GET", (("Sec-Fetch-Mode", "no-cors"), ORIGIN), "no-cors", id="its own word"),
        pytest.param("GET", (("Sec-Fetch-Mode", "same-origin"),), "same-origin", id="same-origin"),
        pytest.param("GET", (("Sec-Fetch-Mode", "nonsense"), ORIGIN), "cors", id="a word that is none"),
        pytest.param("GET", (ORIGIN,), "cors", id="a GET with an Origin"),
        pytest.param("HEAD", (ORIGIN,), "cors", id="a HEAD with an Origin"),
        pytest.param("PUT", (ORIGIN,), "cors", id="a method that needs a preflight"),
        pytest.param("POST", (ORIGIN, ("X-A", "1")), "cors", id="a header that needs a preflight"),
        pytest.param("POST", (ORIGIN,), "unknown", id="a POST may be a form"),
        pytest.param("GET", (), "unknown", id="a GET may be anything"),
        pytest.param("GET", (("Accept", "text/html,application/xhtml+xml"),), "navigate", id="it wants a page"),
        pytest.param("GET", (("Upgrade", "WebSocket"), ORIGIN), "websocket", id="it wants a WebSocket"),
        pytest.param("GET", (("Sec-WebSocket-Key", "x"), ORIGIN), "websocket", id="a WebSocket behind a proxy"),
        pytest.param("POST", (("Content-Type", "text/ping"), ORIGIN), "no-cors", id="a ping"),
        pytest.param("POST", (("Content-Type", "application/csp-report"), ORIGIN), "no-cors", id="a report"),
    ],
)
def test_the_request_mode(method: str, headers: tuple[tuple[str, str], ...], mode: str) -> None:
    assert reading(method, *headers).mode == mode


@pytest.mark.parametrize(
    ("headers", "destination"),
    [
        ((("Sec-Fetch-Dest", "font"), ("Accept", "image/png")), "font"),
        ((("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),), "document"),
        ((("Accept", "text/html"),), "unknown"),
        ((("Accept", "text/css,*/*;q=0.1"),), "style"),
        ((("Accept", "image/avif,image/webp,*/*;q=0.8"),), "image"),
        ((("Accept", "*/*"), ("Origin", "https://app.example")), "empty"),
        ((("Accept", "*/*"),), "unknown"),
        ((("Accept", "text/event-stream"),), "empty"),
        ((("Accept", "application/json"),), "unknown"),
        ((), "unknown"),
    ],
)
def test_the_destination(headers: tuple[tuple[str, str], ...], destination: str) -> None:
    assert reading("GET", *headers).destination == destination


@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("Cookie", "", "cookie"),
        ("Authorization", "Basic eDp5", "authorization"),
        ("Sec-Fetch-Storage-Access", "none", "storage_access"),
        ("If-None-Match", '"1"', "revalidates"),
        ("If-Modified-Since", "Thu, 01 Jan 1970 00:00:00 GMT", "revalidates"),
        ("Accept", "text/event-stream", "event_source"),
        ("Sec-Fetch-Mode", "cors", "metadata"),
    ],
)
def test_a_header_and_what_it_tells(name: str, value: str, field: str) -> None:
    assert getattr(reading("GET", (name, value)), field) is True
    assert getattr(reading("GET"), field) is False


@pytest.mark.parametrize(
    ("referrer", "origin"),
    [
        ("https://app.test/page?x", "https://app.test"),
        ("http://app.test:8080/", "http://app.test:8080"),
        ("about:blank", None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_the_origin_that_a_referrer_tells(referrer: str | None, origin: str | None) -> None:
    headers = () if referrer is None else (("Referer", referrer),)
    assert reading("GET", *headers).referrer_origin == origin


OTHERS = (ORIGIN, ("Accept", "*/*"), ("Priority", "u=1"), ("Connection", "keep-alive"), ("Referer", "https://b.test/"))


@given(st.permutations(OTHERS), st.integers(0, 5), st.sampled_from(["https://a.test/1", "http://a.test:1/", "x", ""]))
def test_of_a_referrer_only_itself_and_its_place_matter(
    others: list[tuple[str, str]], count: int, referrer: str
) -> None:
    """What differs in the Referer only is read by what was read before; as if nothing had been."""
    named = [("Referer", "https://app.test/page"), *others[:count]]
    before = reading("GET", *named)
    named[0] = "Referer", referrer
    found, common = reading("GET", *named), before.common or before
    alone = _complete(_read("GET", HeaderList.of(*named), ordered=True), None)
    assert found == alone
    assert (found.referrer_origin, found.needs_preflight) == (alone.referrer_origin, alone.needs_preflight)
    repeated = any(name == "Referer" for name, _ in others[:count])
    assert (found.common is common) == (bool(referrer) and not repeated)


@given(st.text(max_size=8), st.lists(st.tuples(st.binary(max_size=30), st.binary(max_size=30)), max_size=6))
def test_no_header_raises(method: str, headers: list[tuple[bytes, bytes]]) -> None:
    said = read(method, HeaderList(tuple(headers)))
    assert list(said.names) == sorted(set(said.names)) or said.preflight


@pytest.mark.parametrize(
    ("headers", "told", "expected"),
    [
        ((), Told(destination="script", mode="no-cors"), ("script", "no-cors", None)),
        ((), Told(), ("unknown", "unknown", None)),
        ((), Told(origin="https://app.example"), ("unknown", "unknown", "https://app.example")),
        (
            (("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Mode", "cors"), ORIGIN),
            Told(destination="script", mode="no-cors", origin="https://other.test"),
            ("image", "cors", ORIGIN[1]),
        ),
    ],
)
def test_what_a_recording_says_counts_where_the_headers_are_silent(
    headers: tuple[tuple[str, str], ...], told: Told, expected: tuple[str, str, str | None]
) -> None:
    """DevTools' HAR has a resource type; over plain http no Sec-Fetch-* came."""
    said = read("GET", HeaderList.of(*headers), told=told)
    assert (said.destination, said.mode, said.origin) == expected


def test_a_header_that_is_left_out_may_have_been_sent() -> None:
    said = read("GET", HeaderList.of(("Accept", "*/*")), told=Told(lost=frozenset({"cookie"})))
    assert said.sent == {"accept", "cookie"}
    assert not said.cookie


ANY, KEPT, PRIORITY = ("Accept", "*/*"), ("Connection", "keep-alive"), ("Priority", "u=4")
REFERER = ("Referer", "http://app.example/")


@pytest.mark.parametrize(
    ("headers", "destination"),
    [
        ((ANY, KEPT, REFERER, PRIORITY), "worker"),
        ((ANY, REFERER, KEPT, PRIORITY), "unknown"),
        ((ANY, KEPT, REFERER), "unknown"),
        ((ANY, KEPT, PRIORITY, REFERER), "unknown"),
        ((ANY, REFERER, PRIORITY), "unknown"),
        ((ANY, ("Origin", "http://app.example"), KEPT, REFERER, PRIORITY), "empty"),
        ((("Accept", "text/plain"), KEPT, REFERER, PRIORITY), "unknown"),
    ],
)
def test_firefox_writes_the_referrer_of_a_worker_behind_the_connection(
    headers: tuple[tuple[str, str], ...], destination: str
) -> None:
    """ESR 153, over plain http, where no Sec-Fetch-Dest says so."""
    assert reading("GET", *headers).destination == destination


@pytest.mark.parametrize(
    ("headers", "keepalive"),
    [
        ((ANY, REFERER, ("X-A", "1"), ORIGIN, PRIORITY), False),
        ((ANY, ("X-A", "1"), REFERER, ORIGIN, PRIORITY), True),
        # Of a high priority.
        ((ANY, ("X-A", "1"), REFERER, ORIGIN), True),
        # By XMLHttpRequest.
        ((ANY, ("X-A", "1"), ORIGIN, KEPT, REFERER), False),
        # Without a header of its own, without a Referer, or with a referrerPolicy of unsafe-url.
        ((("Host", "a.test"), REFERER, ORIGIN, PRIORITY), None),
        ((ANY, REFERER, ORIGIN), None),
        ((ANY, ("X-A", "1"), ORIGIN, PRIORITY), None),
        ((ANY, ORIGIN, KEPT, REFERER, PRIORITY), None),
    ],
)
def test_firefox_writes_the_referrer_of_a_keepalive_fetch_behind_its_own_headers(
    headers: tuple[tuple[str, str], ...], keepalive: bool | None
) -> None:
    """ESR 153: 360 fetches of three modes, three priorities and four referrer policies."""
    assert reading("GET", *headers).keepalive is keepalive
    asked = (("Origin", "http://app.example"), ("Access-Control-Request-Method", "PUT"))
    assert not reading("OPTIONS", *headers, *asked).keepalive


@pytest.mark.parametrize(
    ("accept", "upgrades", "mode"),
    [("text/html, */*", True, "navigate"), ("text/html, */*", False, "cors"), ("*/*", True, "cors")],
)
def test_a_navigation_says_that_it_would_upgrade(accept: str, upgrades: bool, mode: str) -> None:
    """A page may ask for HTML, and may set Upgrade-Insecure-Requests, seldom both."""
    more = (("Upgrade-Insecure-Requests", "1"),) if upgrades else ()
    assert reading("GET", ("Accept", accept), ORIGIN, *more).mode == mode


@pytest.mark.parametrize(
    ("headers", "mode"),
    [
        ((ORIGIN,), "unknown"),
        ((ORIGIN, ("X-A", "1")), "cors"),
        ((ORIGIN, ("Sec-Fetch-Mode", "navigate")), "navigate"),
        ((), "navigate"),
    ],
)
def test_old_engines_keep_the_origin_of_a_form_behind_its_redirect(
    headers: tuple[tuple[str, str], ...], mode: str
) -> None:
    """Splash 3.0 with QtWebKit: a POST of a form, and the GET behind its 302."""
    accept = ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
    assert reading("GET", accept, *headers).mode == mode


@pytest.mark.parametrize(
    ("headers", "told", "expected"),
    [
        ((ORIGIN, ("Accept", "*/*")), "font", "font"),
        ((ORIGIN, ("Accept", "*/*")), "", "empty"),
        ((ORIGIN, ("Accept", PLAIN)), "empty", "empty"),
        ((ORIGIN, ("Accept", "*/*"), ("Sec-Fetch-Dest", "script")), "font", "script"),
        ((ORIGIN,), "script", "script"),
    ],
)
def test_a_destination_that_is_told_counts_more_than_an_accept(
    headers: tuple[tuple[str, str], ...], told: str, expected: str
) -> None:
    assert read("GET", HeaderList.of(*headers), Told(destination=told)).destination == expected


@pytest.mark.parametrize(
    ("method", "accept", "content_type", "mode"),
    [
        ("POST", PLAIN, "application/x-www-form-urlencoded", "navigate"),
        ("POST", PLAIN, "multipart/form-data; boundary=x", "navigate"),
        ("POST", PLAIN, None, "navigate"),
        ("POST", PLAIN, "application/json", "cors"),
        ("POST", "text/html, application/xhtml+xml", "application/x-www-form-urlencoded", "unknown"),
        ("POST", "*/*", "application/x-www-form-urlencoded", "unknown"),
        ("PUT", PLAIN, "application/x-www-form-urlencoded", "unknown"),
    ],
)
def test_a_form_that_is_posted_navigates(method: str, accept: str, content_type: str | None, mode: str) -> None:
    """WebKit over https says neither that it would upgrade nor, before Safari 16.4, what it is for."""
    more = (("Content-Type", content_type),) if content_type else ()
    assert reading(method, ("Accept", accept), ORIGIN, *more).mode == mode


@pytest.mark.parametrize(
    ("told", "headers", "expected"),
    [
        (Told(origin="https://app.test"), (), True),
        (Told(origin="https://app.test", destination="image"), (), True),
        (Told(origin="https://app.test", destination="empty"), (), False),
        (Told(origin="https://app.test", mode="cors"), (), False),
        (Told(), (ORIGIN, ("Sec-Fetch-Mode", "cors")), False),
    ],
)
def test_what_no_script_is_said_to_have_asked_for_usually_goes_without_cors(
    told: Told, headers: tuple[tuple[str, str], ...], expected: bool
) -> None:
    assert read("GET", HeaderList.of(*headers), told).likely_no_cors is expected
