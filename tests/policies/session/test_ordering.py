"""What the order of headers tells over plain http: as Firefox ESR 153 and WebKitGTK 2.50.6 wrote them."""

from __future__ import annotations

import pytest

from corsight.policies.exchange import HeaderList, Told
from corsight.policies.session.reading import Reading, read
from tests.policies.session.test_browser import CHROMIUM, FIREFOX, SAFARI, WEBKIT, Pairs
from tests.policies.session.test_gather import facts_of

ORIGIN, REFERER, ACCEPT = ("Origin", "http://app.test"), ("Referer", "http://app.test/"), ("Accept", "*/*")
TYPE, KEPT, HOST = ("Content-Type", "text/plain;charset=UTF-8"), ("Connection", "keep-alive"), ("Host", "api.test")
BACKGROUND, FETCHED = ("Priority", "u=6"), ("Priority", "u=4")
JSON = ("Accept", "application/json")

BY_CORS: dict[str, Pairs] = {
    "fetch": [ORIGIN, REFERER, ACCEPT],
    "fetch with a body": [TYPE, ORIGIN, REFERER, ACCEPT],
    "fetch with an Accept of its own": [JSON, ORIGIN, REFERER],
    "fetch without a Referer": [ORIGIN, ACCEPT],
    "XMLHttpRequest": [ORIGIN, ACCEPT, REFERER],
}
BY_NO_CORS: dict[str, Pairs] = {
    "fetch": [REFERER, ACCEPT, ORIGIN],
    "fetch with a body": [TYPE, REFERER, ACCEPT, ORIGIN],
    "fetch with an Accept of its own": [JSON, REFERER, ORIGIN],
    "beacon": [ACCEPT, REFERER, ORIGIN],
    "beacon with a body": [TYPE, ACCEPT, REFERER, ORIGIN],
}


def reading(agent: str, *headers: tuple[str, str], method: str = "POST", told: Told | None = None) -> Reading:
    return read(method, HeaderList.of(*headers, ("User-Agent", agent), HOST), told=told)


@pytest.mark.parametrize("headers", BY_CORS.values(), ids=BY_CORS)
def test_webkit_on_linux_writes_an_origin_for_cors_first(headers: Pairs) -> None:
    assert reading(WEBKIT, *headers).mode == "cors"


@pytest.mark.parametrize("headers", BY_NO_CORS.values(), ids=BY_NO_CORS)
def test_webkit_on_linux_writes_any_other_origin_behind_the_referer(headers: Pairs) -> None:
    assert reading(WEBKIT, *headers).mode == "no-cors"


@pytest.mark.parametrize("headers", [*BY_CORS.values(), *BY_NO_CORS.values()])
@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, SAFARI, WEBKIT.replace("605.1.15", "538.1")])
def test_others_write_them_alike_or_in_an_order_that_is_not_known(agent: str, headers: Pairs) -> None:
    assert reading(agent, *headers).mode == "unknown"


def test_what_is_asked_at_home_has_its_origin_late_in_any_mode() -> None:
    """Where that is redirected to, the mode counts."""
    home = ("Origin", "http://api.test")
    assert reading(WEBKIT, REFERER, ACCEPT, home).mode == "unknown"


def test_a_page_may_have_set_the_accept_that_stands_before_an_origin() -> None:
    said = reading(WEBKIT, ACCEPT, ("Origin", "null"))
    assert (said.mode, said.likely_no_cors) == ("unknown", True)
    said = reading(WEBKIT, JSON, ("Origin", "null"))
    assert (said.mode, said.likely_no_cors) == ("unknown", False)
    assert not reading(CHROMIUM, ACCEPT, ("Origin", "null")).likely_no_cors


def test_other_programs_write_headers_in_an_order_of_their_own() -> None:
    """A HAR's may be sorted."""
    told = Told()
    assert reading(WEBKIT, *BY_CORS["fetch"], told=told).mode == "unknown"
    assert not reading(FIREFOX, ORIGIN, KEPT, REFERER, BACKGROUND, told=told).likely_no_cors


@pytest.mark.parametrize(
    ("headers", "beacon"),
    [
        ([ACCEPT, ORIGIN, KEPT, REFERER, BACKGROUND], True),
        ([ACCEPT, TYPE, ORIGIN, KEPT, REFERER, BACKGROUND], True),
        # fetch(), with a referrerPolicy of unsafe-url too, or of a script that tracks.
        ([ACCEPT, REFERER, ORIGIN, KEPT, FETCHED], False),
        ([ACCEPT, ORIGIN, KEPT, REFERER, FETCHED], False),
        ([ACCEPT, REFERER, ORIGIN, KEPT, BACKGROUND], False),
        # XMLHttpRequest, which may set a Priority.
        ([ACCEPT, ORIGIN, KEPT, REFERER], False),
        ([ACCEPT, BACKGROUND, ORIGIN, KEPT, REFERER], False),
        ([ACCEPT, ORIGIN, KEPT, BACKGROUND], False),
        ([ACCEPT, REFERER, BACKGROUND], False),
    ],
)
def test_firefox_sends_beacons_in_the_background(headers: Pairs, beacon: bool) -> None:
    assert reading(FIREFOX, *headers).likely_no_cors is beacon


@pytest.mark.parametrize(
    ("agent", "headers", "said"),
    [
        # A beacon is likely one, with a body or without, whatever the server says of CORS.
        (FIREFOX, [ORIGIN, KEPT, REFERER, BACKGROUND], ("opaque", "cors")),
        (FIREFOX, [TYPE, REFERER, ORIGIN, KEPT, FETCHED], ("opaque", "cors")),
        # XMLHttpRequest knows no other mode than cors.
        (FIREFOX, [TYPE, ORIGIN, KEPT, REFERER], ("cors", "opaque")),
        (CHROMIUM, [TYPE, ORIGIN, REFERER], ("opaque", "cors")),
        (WEBKIT, [TYPE, ORIGIN, REFERER], ("cors", None)),
        (WEBKIT, [REFERER, ORIGIN], ("opaque", None)),
    ],
)
def test_the_likelier_of_two_modes_is_said(agent: str, headers: Pairs, said: tuple[str, str | None]) -> None:
    facts = facts_of([*headers, HOST], [], agent=agent, method="POST", url="http://api.test/v1")
    assert (facts.tainting, facts.tainting_too) == said
