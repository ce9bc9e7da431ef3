"""What the order of headers tells over plain http: as Firefox ESR 153 and WebKitGTK 2.50.6 wrote them."""

from __future__ import annotations

import pytest

from corsight.policies.evidence import Evidence, Reason
from corsight.policies.exchange import Exchange, HeaderList, Request, Response, Told
from corsight.policies.session import Judged, Session
from corsight.policies.session.reading import Reading, read
from corsight.policies.story import tell
from tests.policies.session.test_browser import CHROMIUM, FIREFOX, SAFARI, WEBKIT, Pairs, Recording
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


def judge_post(agent: str, headers: Pairs, *before: Exchange) -> Judged:
    """A POST over plain http, and its answer."""
    session = Session()
    for exchange in before:
        session.observe(exchange)
    fields = HeaderList.of(*headers, ("User-Agent", agent), HOST)
    request = Request("POST", "http://api.test/v1", fields, 10.0)
    return session.observe(Exchange("post", "127.0.0.1", "c1", request, Response(200, HeaderList.of(), 10.1)))[0]


@pytest.mark.parametrize(
    ("agent", "headers", "evidence"),
    [
        (WEBKIT, BY_CORS["fetch"], Evidence("mode", "cors", Reason.ORIGIN_FIRST)),
        (WEBKIT, BY_CORS["fetch without a Referer"], Evidence("mode", "cors", Reason.ORIGIN_FIRST)),
        (WEBKIT, BY_NO_CORS["beacon"], Evidence("mode", "no-cors", Reason.ORIGIN_LAST)),
        # Where the order tells nothing, or something else tells the mode, it is no evidence.
        (CHROMIUM, BY_CORS["fetch"], None),
        (WEBKIT, [ACCEPT, ("Origin", "null")], None),
        (WEBKIT, [*BY_CORS["fetch"], ("Sec-Fetch-Mode", "cors")], None),
        (WEBKIT, [*BY_CORS["fetch"], ("Content-Type", "application/json")], None),
    ],
)
def test_a_mode_that_the_order_tells_has_that_for_its_evidence(
    agent: str, headers: Pairs, evidence: Evidence | None
) -> None:
    assert judge_post(agent, headers).entry.evidence.get("mode") == evidence


def test_a_story_says_by_what_order_a_mode_is_known() -> None:
    told = tell([judge_post(WEBKIT, BY_NO_CORS["beacon"])]).end.evidence
    assert [(one.fact, one.value, one.certainty) for one in told] == [("request mode", "no-cors", "certain")]
    assert "behind its Referer" in told[0].because


@pytest.mark.parametrize("mode", ["no-cors", None])
def test_behind_a_redirect_the_order_is_evidence_where_it_tells_the_fetchs_mode(mode: str | None) -> None:
    """What the first request says of itself stands; an Origin that only the redirect brought may tell the rest."""
    said = [("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", "empty")] if mode is not None else []
    fields = HeaderList.of(REFERER, ACCEPT, *said, ("User-Agent", WEBKIT), ("Host", "app.test"))
    answer = Response(307, HeaderList.of(("Location", "http://api.test/v1")), 9.95)
    first = Exchange("first", "127.0.0.1", "c0", Request("POST", "http://app.test/v1", fields, 9.9), answer)
    judged = judge_post(WEBKIT, BY_CORS["fetch"], first)
    assert judged.entry.fetch.id == "first"
    evidence = None if mode else Evidence("mode", "cors", Reason.ORIGIN_FIRST)
    assert judged.entry.evidence.get("mode") == evidence


@pytest.mark.parametrize(
    ("agent", "headers", "certainty"),
    [
        pytest.param(CHROMIUM, [ORIGIN, ACCEPT, REFERER], "likely", id="a module"),
        pytest.param(CHROMIUM, [ACCEPT, ORIGIN, REFERER], "certain", id="a fetch"),
        pytest.param(CHROMIUM, [("X-A", "1"), ORIGIN, ACCEPT], "certain", id="with a header of its own"),
        pytest.param(WEBKIT, [ORIGIN, ACCEPT, REFERER], "likely", id="a module in WebKit"),
        pytest.param(FIREFOX, [ACCEPT, ORIGIN, KEPT, REFERER], "likely", id="a module or XMLHttpRequest in Firefox"),
        pytest.param(FIREFOX, [ACCEPT, REFERER, ORIGIN, KEPT, FETCHED], "certain", id="a fetch in Firefox"),
    ],
)
@pytest.mark.parametrize("at_home", [True, False])
def test_what_may_be_a_module_is_not_certainly_of_the_right_type(
    agent: str, headers: Pairs, certainty: str, at_home: bool
) -> None:
    """Over plain http: modules of a wrong type were told as passed for certain in all three engines."""
    host = "app.test" if at_home else "api.test"
    if at_home and (agent == FIREFOX or certainty == "certain"):
        # There only elements say so in Chromium and WebKit, and in Firefox nothing does.
        headers = [header for header in headers if header != ORIGIN]
    for content_type, expected in (("text/html", certainty), ("text/javascript", "certain"), ("font/woff2", "certain")):
        asked = HeaderList.of(*headers, ("User-Agent", agent), ("Host", host), ("Cookie", "a=1"))
        request = Request("GET", f"http://{host}/a.mjs", asked, 1.0)
        answer = HeaderList.of(
            ("Content-Type", content_type),
            ("Access-Control-Allow-Origin", "http://app.test"),
            ("Access-Control-Allow-Credentials", "true"),
        )
        judged = Session().observe(Exchange("r", "::1", "c", request, Response(200, answer, 2.0)))[0]
        assert judged.verdict.outcome in ("allowed", "not-cors")
        assert judged.verdict.certainty == expected


def test_chromium_writes_the_accept_of_a_workers_script_before_its_user_agent() -> None:
    agent = ("User-Agent", CHROMIUM)
    asked: dict[str, Pairs] = {
        "worker": [ACCEPT, REFERER, agent],
        "fetch or script": [agent, ACCEPT, REFERER],
        "with an Origin": [ORIGIN, ACCEPT, REFERER, agent],
        "with an Accept of its own": [JSON, REFERER, agent],
        "of another engine": [ACCEPT, REFERER, ("User-Agent", WEBKIT)],
    }
    said = {name: read("GET", HeaderList.of(*headers)).destination for name, headers in asked.items()}
    assert [name for name, destination in said.items() if destination == "worker"] == ["worker"]


NULL, IMAGE = ("Origin", "null"), ("Accept", "image/avif,image/webp,*/*;q=0.8")
PAGE = ("Accept", "text/html,application/xhtml+xml"), ("Upgrade-Insecure-Requests", "1")


@pytest.mark.parametrize(
    ("agent", "headers", "certainty", "outcome"),
    [
        pytest.param(CHROMIUM, [IMAGE, NULL], "likely", "opaque", id="an image of a sandboxed frame"),
        pytest.param(CHROMIUM, [ACCEPT, NULL], "likely", "blocked", id="a script or a fetch of one"),
        pytest.param(CHROMIUM, [NULL, IMAGE], "certain", "blocked", id="an image with crossorigin"),
        pytest.param(CHROMIUM, [ACCEPT, NULL, REFERER], "certain", "blocked", id="behind a redirect"),
        pytest.param(CHROMIUM, [("X-A", "1"), ACCEPT, NULL], "certain", "blocked", id="with a header of its own"),
        pytest.param(FIREFOX, [IMAGE, NULL], "certain", "blocked", id="in Firefox"),
    ],
)
def test_chromiums_opaque_frames_give_what_they_ask_of_their_page_an_origin_in_any_mode(
    agent: str, headers: Pairs, certainty: str, outcome: str
) -> None:
    """web-platform-tests, dangling-markup-mitigation-data-url: such images were told as blocked for certain."""
    for loaded in (True, False):
        session = Session()
        if loaded:
            fields = HeaderList.of(*PAGE, ("User-Agent", agent), ("Host", "app.test"))
            html = Response(200, HeaderList.of(("Content-Type", "text/html")), 1.1)
            session.observe(Exchange("p", "::1", "c", Request("GET", "http://app.test/", fields, 1.0), html))
        asked = HeaderList.of(("User-Agent", agent), *headers, ("Host", "app.test"))
        answer = Response(200, HeaderList.of(("Content-Type", "image/png"), ("Content-Length", "9")), 2.1, body="media")
        request = Request("GET", "http://app.test/a", asked, 2.0)
        verdict = session.observe(Exchange("r", "::1", "c", request, answer))[0].verdict
        # What no page of that origin may have asked for is of another one.
        expected = (outcome, certainty) if loaded else ("blocked", "certain")
        assert (verdict.outcome, verdict.certainty) == expected


DATA_TYPE = ("Content-Type", "application/json")
LATE = ("Accept-Encoding", "gzip, deflate")


@pytest.mark.parametrize(
    ("agent", "headers", "outcome"),
    [
        pytest.param(FIREFOX, [ACCEPT, LATE, REFERER, KEPT, FETCHED], "opaque", id="a fetch in Firefox"),
        pytest.param(FIREFOX, [ACCEPT, LATE, KEPT, REFERER], "blocked", id="a script in Firefox"),
        pytest.param(CHROMIUM, [ACCEPT, REFERER, LATE], "blocked", id="either in Chromium"),
    ],
)
def test_what_the_order_shows_to_be_a_fetch_without_cors_is_likely_no_script(
    agent: str, headers: Pairs, outcome: str
) -> None:
    """web-platform-tests, fetch/orb over plain http: to a fetch() what is blocked comes empty, and is no error."""
    fields = HeaderList.of(("Host", "api.test"), ("User-Agent", agent), *headers)
    response = Response(200, HeaderList.of(DATA_TYPE), 1.1, body="data")
    exchange = Exchange("r", "::1", "c", Request("GET", "http://api.test/data", fields, 1.0), response)
    verdict = Session().observe(exchange)[0].verdict
    assert (verdict.outcome, verdict.certainty) == (outcome, "likely")
    assert {branch.outcome for branch in verdict.branches} == {"opaque", "blocked"}


@pytest.mark.parametrize(
    ("agent", "headers", "fetched"),
    [
        (WEBKIT, [REFERER, ACCEPT], True),
        (WEBKIT, [ACCEPT, REFERER], False),
        (SAFARI, [REFERER, ACCEPT], False),
        (WEBKIT, [REFERER, JSON], False),
        (WEBKIT, [ORIGIN, REFERER, ACCEPT], False),
        (WEBKIT, [ACCEPT], False),
    ],
)
def test_webkit_on_linux_writes_the_referer_of_a_fetch_before_its_accept(
    agent: str, headers: Pairs, fetched: bool
) -> None:
    assert reading(agent, *headers, method="GET").fetched is fetched
    assert not reading(agent, *headers, ("Sec-Fetch-Mode", "no-cors"), method="GET").fetched


@pytest.mark.parametrize(("connection", "outcome"), [("bare", "opaque"), ("other", "blocked")])
def test_what_comes_over_an_uncredentialed_connection_is_likely_no_scripts(connection: str, outcome: str) -> None:
    """Elements ask with credentials where they ask without CORS, and Chromium keeps the two apart."""
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", [], url="http://api.test/put", origin="http://app.test", connection="bare")
    asked = recording.ask("r", "GET", "http://api.test/data", [REFERER], connection=connection)
    verdict = recording.answer(asked, 200, [DATA_TYPE], "data").verdict
    assert (verdict.outcome, verdict.certainty) == (outcome, "likely")
