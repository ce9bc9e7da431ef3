"""Whether a request is where a redirect led, or the page's own for the same URL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from corsight.policies.engines import ENGINES
from corsight.policies.session.leading import may_be_its_own, may_lead_to, was_led
from corsight.policies.session.reading import read
from tests.policies.session.entries import BLOCKED, make_entry, make_exchange
from tests.policies.session.test_browser import (
    ALLOW,
    API,
    CHROMIUM,
    CORS,
    CREDENTIALS,
    FIREFOX,
    PAGE,
    STAR,
    WEBKIT,
    Pairs,
    Recording,
)

THERE = "https://api.test/there"
AWAY = "https://b.test/there"
SAME_SITE = "https://app.api.test"
"""A page whose requests to the API carry no Sec-Fetch-Storage-Access, whatever their mode."""


def redirect(recording: Recording, *headers: tuple[str, str], to: str = "/there", **more: str) -> None:
    """A request that is answered by a redirect."""
    answer = [("Access-Control-Allow-Origin", more.pop("allow", PAGE)), CREDENTIALS, ("Location", to)]
    recording.request("r", answer, *headers, **{"status": "302", **more})


def follows(recording: Recording, name: str = "there") -> bool:
    return recording.last[name].entry.fetch is recording.last["r"].entry.fetch


@pytest.mark.parametrize(
    ("agent", "method", "status", "led"),
    [
        (CHROMIUM, "PUT", "302", False),
        (FIREFOX, "PUT", "302", False),
        (WEBKIT, "PUT", "302", False),
        (CHROMIUM, "DELETE", "307", False),
        (WEBKIT, "DELETE", "307", True),
        (CHROMIUM, "PUT", "303", True),
        (CHROMIUM, "POST", "302", True),
    ],
)
def test_a_pages_own_get_of_where_its_put_was_redirected_follows_nothing(
    agent: str, method: str, status: str, led: bool
) -> None:
    """A redirect of a PUT goes on as a PUT, but for a 303. WebKit's network layer turns a DELETE into a GET."""
    recording = Recording(agent=agent)
    redirect(recording, method=method, status=status)
    recording.request("there", STAR, url=THERE)
    assert follows(recording) is led


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
def test_nothing_follows_a_redirect_that_was_blocked_for_certain(agent: str) -> None:
    """Chromium and Firefox, 80000017 of the lab: the page asked by itself, and was told as blocked too."""
    recording = Recording(agent=agent)
    redirect(recording, allow="https://other.test")
    recording.request("there", STAR, url=THERE)
    assert not follows(recording)
    assert recording.said("there")[0] == "allowed"


def test_webkit_sends_the_preflight_of_an_insecure_url_after_all() -> None:
    recording = Recording(agent=WEBKIT)
    recording.page(f"{PAGE}/")
    redirect(recording, method="PUT", status="307")
    answer = [*ALLOW, CREDENTIALS, ("Location", "http://api.test/there")]
    recording.request("second", answer, url=THERE, method="PUT", status="307")
    assert recording.said("second") == ("blocked", "certain", "mixed-content")
    recording.preflight("there", STAR, url="http://api.test/there", origin="null")
    assert follows(recording)


@pytest.mark.parametrize(
    ("agent", "preflight", "origin", "led"),
    [
        (CHROMIUM, False, "null", True),
        (CHROMIUM, False, PAGE, False),
        (CHROMIUM, True, PAGE, False),
        (WEBKIT, True, "null", True),
        # Firefox's preflights say the page's own origin all the same.
        (FIREFOX, True, PAGE, True),
        (FIREFOX, False, PAGE, False),
    ],
)
def test_behind_two_hops_that_crossed_origins_the_origin_is_opaque(
    agent: str, preflight: bool, origin: str, led: bool
) -> None:
    recording = Recording(agent=agent)
    redirect(recording, to=AWAY, method="PUT" if preflight else "GET")
    if preflight:
        recording.preflight("there", STAR, url=AWAY, origin=origin)
    else:
        recording.request("there", STAR, url=AWAY, origin=origin)
    assert follows(recording) is led


def test_an_origin_that_became_opaque_outweighs_what_else_a_request_says() -> None:
    """No Sec-Fetch-Storage-Access, though its fetch has credentials: a report that was put together by hand."""
    recording = Recording(agent=CHROMIUM)
    recording.embed()
    redirect(recording, ("Cookie", "a=1"), to=AWAY)
    recording.request("there", STAR, url=AWAY, origin="null")
    assert follows(recording)


def test_an_element_does_not_follow_what_a_fetch_was_redirected_to() -> None:
    recording = Recording(agent=CHROMIUM)
    redirect(recording)
    asked = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site")]
    recording.answer(recording.ask("there", "GET", THERE, asked, connection="c5"), 200, [])
    assert not follows(recording)


@pytest.mark.parametrize(
    ("before", "then", "led"),
    [
        ([("X-A", "1")], [("X-A", "1")], True),
        ([("X-A", "1")], [], False),
        ([], [("X-A", "1")], False),
        # Authorization does not leave the origin, and what describes a body goes with it.
        ([("Authorization", "Bearer t")], [], True),
        ([("Content-Type", "application/json")], [], True),
    ],
)
def test_what_a_page_set_is_sent_again_where_a_redirect_leads(before: Pairs, then: Pairs, led: bool) -> None:
    recording = Recording(agent=CHROMIUM)
    redirect(recording, *before, method="POST")
    recording.request("there", STAR, *then, url=THERE)
    assert follows(recording) is led


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
@pytest.mark.parametrize(("names", "led"), [("x-a", True), ("authorization,x-a", False)])
def test_a_preflight_that_names_an_authorization_which_its_fetch_had_not_is_another_ones(
    agent: str, names: str, led: bool
) -> None:
    """9420001 of a mixed run, in Chromium 156 over HTTP/2: it was told as one without credentials, for a redirect's."""
    recording = Recording(agent=agent)
    redirect(recording, ("X-A", "1"), method="PUT", status="307")
    recording.preflight("there", STAR, url=THERE, names=names)
    assert follows(recording) is led


def test_a_preflight_behind_two_redirects_may_name_what_the_first_request_had() -> None:
    """WebKit, 9300071 of the lab."""
    recording = Recording(agent=WEBKIT)
    redirect(recording, ("Content-Type", "application/json"), method="POST")
    recording.request("second", [*ALLOW, CREDENTIALS, ("Location", "/third")], url=THERE, status="303")
    recording.preflight("third", STAR, url="https://api.test/third", method="GET", names="content-type")
    assert follows(recording, "second")
    assert follows(recording, "third")


def test_a_request_with_credentials_does_not_follow_a_redirect_without() -> None:
    """Firefox, 80000052 of the lab: it followed 10 ms later, and was told as allowed."""
    recording = Recording(agent=FIREFOX)
    recording.embed()
    site = [("Referer", f"{PAGE}/"), ("Origin", PAGE), *CORS, ("Priority", "u=4")]
    recording.answer(recording.ask("r", "GET", API, site), 302, [*ALLOW, CREDENTIALS, ("Location", "/there")])
    recording.request("there", ALLOW, ("Priority", "u=4"), ("Sec-Fetch-Storage-Access", "none"), url=THERE)
    assert not follows(recording)
    assert recording.said("there")[0] == "blocked"


@pytest.mark.parametrize(("agent", "led"), [(FIREFOX, False), (CHROMIUM, True)])
def test_firefox_tells_an_xmlhttprequest_from_where_a_fetch_was_led(agent: str, led: bool) -> None:
    recording = Recording(agent=agent)
    redirect(recording, ("Priority", "u=4"))
    recording.request("there", ALLOW, url=THERE)
    assert follows(recording) is led


@pytest.mark.parametrize(
    ("later", "answer", "certainties"),
    [
        (0.0, STAR, ("certain", "certain")),
        (0.2, STAR, ("likely", "likely")),
        # Allowed with and without: whose it is makes no difference.
        (0.2, [("Access-Control-Allow-Origin", SAME_SITE), CREDENTIALS], ("certain", "certain")),
    ],
)
def test_what_came_late_may_be_the_pages_own(later: float, answer: Pairs, certainties: tuple[str, str]) -> None:
    """Nothing tells a plain GET from where a plain GET was led on one server: neither is certain by the other."""
    site = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-site")]
    recording = Recording(agent=WEBKIT)
    asked = recording.ask("r", "GET", "https://api.test/v1", [("Origin", SAME_SITE), *site])
    recording.answer(asked, 302, [*answer, ("Location", "/there")])
    recording.now += later
    recording.answer(recording.ask("there", "GET", THERE, [("Origin", SAME_SITE), *site]), 200, answer)
    assert (recording.said("r")[1], recording.said("there")[1]) == certainties
    assert recording.said("r")[0] == recording.said("there")[0] == "allowed"


# -- one redirect, and one request -------------------------------------------------------------------------------------

BY_FETCH: Pairs = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "cross-site")]
BY_IMAGE: Pairs = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site")]
LIKELY_BLOCKED = replace(BLOCKED, certainty="likely")


@pytest.mark.parametrize(
    ("before", "then", "leads"),
    [
        pytest.param({}, {}, True, id="the same"),
        pytest.param({}, {"origin": "https://b.test"}, False, id="of another page"),
        pytest.param({}, {"origin": "null"}, False, id="with an opaque Origin within one origin"),
        pytest.param({}, {"origin": "null", "url": AWAY}, True, id="with an opaque Origin across two"),
        pytest.param({}, {"url": AWAY}, False, id="with the page's Origin across two"),
        pytest.param({}, {"origin": None}, False, id="without the Origin of a CORS request"),
        pytest.param({"tainting": ("cors", "opaque")}, {"origin": None}, True, id="without one that it need not have"),
        pytest.param({"origin": None, "tainting": ("opaque", None)}, {"origin": None}, True, id="neither has one"),
        pytest.param({"method": "POST", "status": 302}, {"method": "GET"}, True, id="a POST that became a GET"),
        pytest.param({"method": "POST", "status": 307}, {"method": "GET"}, False, id="a POST that stays one"),
        pytest.param({"method": "patch", "status": 307}, {"method": "PATCH"}, True, id="its method in capitals"),
        pytest.param({"headers": BY_FETCH}, {"headers": BY_IMAGE}, False, id="another destination"),
        pytest.param({"headers": BY_FETCH}, {"headers": [("Sec-Fetch-Mode", "no-cors")]}, False, id="another mode"),
        pytest.param({"headers": BY_FETCH}, {}, True, id="to where no destination is told"),
        pytest.param({"headers": [("Accept", "a/b")]}, {"headers": [("Accept", "c/d")]}, False, id="another Accept"),
        pytest.param({"headers": [("X-A", "1")]}, {}, False, id="without what its page set"),
        pytest.param({"headers": [("X-A", "1")]}, {"headers": [("X-A", "1")]}, True, id="with what its page set"),
        pytest.param({}, {"headers": [("X-A", "1")]}, False, id="with what the first had not"),
        pytest.param({"headers": [("Authorization", "a")]}, {}, True, id="without an Authorization that was dropped"),
        pytest.param({}, {"headers": [("Authorization", "a")]}, True, id="with the browser's own Authorization"),
        pytest.param(
            {"method": "POST", "headers": [("Content-Type", "a/b")]}, {"method": "GET"}, True, id="without its body"
        ),
        pytest.param(
            {"method": "PUT", "status": 307, "headers": [("Content-Type", "a/b")]},
            {"method": "PUT"},
            False,
            id="without the type of a body that stays",
        ),
        pytest.param({"referrer": f"{PAGE}/"}, {"referrer": f"{PAGE}/a"}, True, id="of the same page"),
        pytest.param({"referrer": f"{PAGE}/"}, {"referrer": "https://b.test/"}, False, id="that names another page"),
        pytest.param({"referrer": f"{PAGE}/"}, {}, False, id="that names none, though the first named one there too"),
        pytest.param(
            {"url": f"{PAGE}/a", "origin": None, "referrer": f"{PAGE}/", "tainting": ("basic", None)},
            {},
            True,
            id="that names none, being away from home",
        ),
        pytest.param(
            {"answer": [("Referrer-Policy", "origin")], "referrer": f"{PAGE}/"},
            {"referrer": "https://b.test/"},
            True,
            id="hidden by the redirect's policy",
        ),
        pytest.param(
            {"referrer": f"{PAGE}/"},
            {"origin": "null", "referrer": "https://b.test/", "url": "http://api.test/there"},
            True,
            id="over plain http it names itself otherwise",
        ),
        pytest.param({"after": None}, {}, False, id="unanswered"),
        pytest.param({"verdict": BLOCKED}, {}, False, id="blocked for certain"),
        pytest.param({"verdict": LIKELY_BLOCKED}, {}, True, id="likely blocked"),
    ],
)
def test_what_follows_a_redirect_is_the_same_fetch(before: dict[str, Any], then: dict[str, Any], leads: bool) -> None:
    """Its mode, destination, page, headers and method are those of the first, as far as a redirect leaves them."""
    how = {"answer": [], "status": 302, "after": 0.1, "tainting": ("cors", None), "verdict": None, **before}
    made = {name: how.pop(name) for name in ("answer", "status", "after", "tainting", "verdict")}
    exchange = make_exchange("d", *how.pop("headers", []), **how)
    redirect = make_entry(
        exchange, ("Location", THERE), *made["answer"], status=made["status"], after=made["after"], role="redirect"
    )
    redirect.tainting, redirect.tainting_too = made["tainting"]
    redirect.verdict = made["verdict"]
    asked = {"url": THERE, **then}
    follower = make_exchange("r", *asked.pop("headers", []), **asked)
    reading = read(follower.request.method, follower.request.headers)
    assert may_lead_to(redirect, follower, reading, ENGINES["standard"]) is leads


@pytest.mark.parametrize(
    ("later", "origin", "own"),
    [(0.1, PAGE, False), (0.11, PAGE, True), (0.5, "null", False), (0.51, "null", True)],
)
def test_what_does_not_come_at_once_may_be_the_pages_own(later: float, origin: str, own: bool) -> None:
    """All of 53 followers came within 100 ms; one whose Origin became opaque was led by some redirect, on a busy
    machine within half a second.
    """
    redirect = make_entry(make_exchange("d", at=0.0), after=0.0, role="redirect")
    follower = make_exchange("r", origin=origin, at=later)
    reading = read("GET", follower.request.headers)
    assert may_be_its_own(redirect, follower, reading) is own
    assert was_led(redirect, reading) is (origin == "null")
    assert not may_be_its_own(make_entry(make_exchange("d"), after=None), follower, reading)


def test_an_origin_that_was_opaque_before_was_made_so_by_no_redirect() -> None:
    reading = read("GET", make_exchange("r", origin="null").request.headers)
    for origin in ("null", None):
        assert not was_led(make_entry(make_exchange("d", origin=origin), role="redirect"), reading)
