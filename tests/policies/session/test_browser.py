"""The memory of one browser: what it makes of sequences of exchanges, told as a recording would tell them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.session import Judged, Session
from corsight.policies.session.sequels import PATIENCE
from corsight.policies.verdict import EngineName, Ruling

CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
WEBKIT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"
PAGE = "https://app.example"
API = "https://api.test/v1"
type Pairs = list[tuple[str, str]]


@dataclass
class Recording:
    """A session that exchanges are told to, and the last word on each of them."""

    agent: str = WEBKIT
    session: Session = field(default_factory=Session)
    now: float = 1000.0
    last: dict[str, Judged] = field(default_factory=dict)

    def ask(
        self, name: str, method: str, url: str, headers: Pairs, *, connection: str = "c1", http2: bool = False
    ) -> Exchange:
        """A request sets out."""
        self.now += 0.01
        fields = HeaderList.of(("User-Agent", self.agent), ("Accept", "*/*"), *headers)
        exchange = Exchange(name, "127.0.0.1", connection, Request(method, url, fields, self.now), http2=http2)
        self._note(self.session.begin(exchange))
        return exchange

    def answer(self, exchange: Exchange, status: int, headers: Pairs, body: str | None = None) -> Judged:
        """Its response comes, with such a body."""
        self.now += 0.005
        response = Response(status, HeaderList.of(*headers), self.now, body)
        self._note(self.session.observe(replace(exchange, response=response)))
        return self.last[exchange.id]

    def page(self, url: str, *headers: tuple[str, str], connection: str = "page") -> None:
        """A document is loaded."""
        asked = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")]
        self.answer(self.ask(f"page {url}", "GET", url, asked, connection=connection), 200, list(headers))

    def preflight(self, name: str, answer: Pairs, *, method: str = "PUT", names: str = "", **more: str) -> Judged:
        """A preflight and its answer."""
        asked = [("Origin", more.get("origin", PAGE)), ("Access-Control-Request-Method", method)]
        asked += [("Access-Control-Request-Headers", names)] if names else []
        exchange = self.ask(
            name, "OPTIONS", more.get("url", API), [*asked, *CORS], connection=more.get("connection", "c0")
        )
        return self.answer(exchange, int(more.get("status", "204")), answer)

    def request(self, name: str, answer: Pairs, *headers: tuple[str, str], method: str = "GET", **more: str) -> Judged:
        """A CORS request and its response."""
        asked = [("Origin", more.get("origin", PAGE)), *CORS, *headers]
        exchange = self.ask(name, method, more.get("url", API), asked, connection=more.get("connection", "c1"))
        return self.answer(exchange, int(more.get("status", "200")), answer)

    def embed(self, url: str = "https://cdn.test/i.png", connection: str = "embedded") -> None:
        """An image of another site is loaded, by a browser that sends Sec-Fetch-Storage-Access."""
        asked = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site")]
        asked += [("Referer", f"{PAGE}/"), ("Sec-Fetch-Storage-Access", "active")]
        self.answer(self.ask(url, "GET", url, asked, connection=connection), 200, [])

    def wait(self, seconds: float) -> None:
        """Time passes, and the browser is seen to live."""
        self.now += seconds
        self.page("https://elsewhere.test/", connection="later")

    def end(self) -> None:
        """The recording ends."""
        self._note(self.session.finish())

    def said(self, name: str) -> tuple[str, str, str | None]:
        """Outcome, certainty and rule: the last word on an exchange."""
        verdict = self.last[name].verdict
        return verdict.outcome.value, verdict.certainty, verdict.ruling.rule

    def because(self, name: str, fact: str) -> str:
        """The evidence for a fact."""
        entry = self.last[name].entry
        return {**entry.fetch.evidence, **entry.evidence}[fact].because

    def _note(self, verdicts: list[Judged]) -> None:
        self.last.update({judged.entry.exchange.id: judged for judged in verdicts})


def rulings(judged: Judged) -> dict[str, Ruling]:
    """What each branch comes to, by the branch's label."""
    return {branch.label: branch.ruling for branch in judged.verdict.branches}


CORS: Pairs = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "cross-site")]
ALLOW: Pairs = [("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Methods", "PUT")]
STAR: Pairs = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "*")]
TURNS_PREFLIGHT: Pairs = [*ALLOW, ("Access-Control-Max-Age", "0")]
"""Passes without credentials, fails with them."""
UNCACHED: Pairs = [*STAR, ("Access-Control-Max-Age", "0")]
CREDENTIALS = ("Access-Control-Allow-Credentials", "true")
BY_XHR = ("Referer", f"{PAGE}/")
"""Behind the Origin, and with no Priority beside it: so Firefox writes it for XMLHttpRequest alone."""


# -- preflights and what follows them ---------------------------------------------------------------------------------


def test_a_preflight_that_turns_on_credentials_is_likely_until_its_request_proves_it() -> None:
    recording = Recording()
    assert recording.preflight("p", STAR).verdict.certainty == "likely"
    recording.request("r", STAR, method="PUT")
    assert recording.said("p") == ("allowed", "certain", None)
    assert recording.said("r") == ("allowed", "certain", None)
    assert recording.last["p"].entry.fetch is recording.last["r"].entry.fetch


def test_a_preflight_whose_request_never_comes_was_blocked_or_its_page_gave_up() -> None:
    """Chromium finishes the preflight of an aborted fetch: 15 of 27."""
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", STAR)
    recording.wait(PATIENCE + 1)
    assert recording.said("p") == ("blocked", "likely", "allow-origin-wildcard")
    assert recording.because("p", "credentials") == "no request followed the preflight"
    assert rulings(recording.last["p"])["credentials=not-include"].outcome == "allowed"


@pytest.mark.parametrize("agent", [FIREFOX, WEBKIT])
def test_where_an_abort_ends_the_preflight_one_answered_in_vain_was_blocked(agent: str) -> None:
    """Firefox and WebKit: 39 of 42 aborted ones stayed unanswered, and 141 of 141 answered in vain were blocked."""
    recording = Recording(agent=agent)
    recording.preflight("p", STAR)
    recording.wait(PATIENCE + 1)
    assert recording.said("p") == ("blocked", "certain", "allow-origin-wildcard")


@pytest.mark.parametrize("agent", [FIREFOX, WEBKIT])
def test_where_a_preflight_that_passes_has_no_request_requests_are_missing_and_absence_proves_nothing(
    agent: str,
) -> None:
    """A recording that a filter thinned out: with 30% missing, 26 preflights were certainly blocked, and wrong."""
    recording = Recording(agent=agent)
    passes = [*TURNS_PREFLIGHT, CREDENTIALS]
    recording.preflight("doubted", TURNS_PREFLIGHT, origin=PAGE)
    recording.wait(PATIENCE + 1)
    assert recording.said("doubted") == ("blocked", "certain", "allow-credentials-not-true")
    recording.preflight("passes", passes, url="https://api.test/other")
    recording.wait(PATIENCE + 1)
    assert recording.said("passes") == ("allowed", "certain", None)
    assert recording.said("doubted") == ("blocked", "likely", "allow-credentials-not-true")
    recording.preflight("later", TURNS_PREFLIGHT, url="https://api.test/later")
    recording.wait(PATIENCE + 1)
    assert recording.said("later") == ("blocked", "likely", "allow-credentials-not-true")


def test_what_a_preflight_asked_for_may_have_come_out_of_the_http_cache() -> None:
    recording = Recording(agent=FIREFOX)
    recording.request("r", [*STAR, ("Cache-Control", "max-age=600")])
    recording.preflight("p", STAR, method="GET")
    recording.wait(PATIENCE + 1)
    assert recording.said("p") == ("blocked", "likely", "allow-origin-wildcard")


def test_preflights_alike_whose_requests_never_come_were_blocked() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p1", STAR, method="GET")
    recording.wait(PATIENCE + 1)
    recording.preflight("p2", STAR, method="GET")
    recording.wait(PATIENCE + 1)
    assert recording.said("p1") == recording.said("p2") == ("blocked", "certain", "allow-origin-wildcard")


def test_many_preflights_of_one_url_at_once_each_have_their_request() -> None:
    recording = Recording()
    for number in range(20):
        recording.preflight(f"p{number}", UNCACHED)
    for number in range(20):
        recording.request(f"r{number}", STAR, method="PUT")
    recording.wait(PATIENCE + 1)
    assert {recording.said(f"p{number}") for number in range(20)} == {("allowed", "certain", None)}


def test_a_recording_that_ends_at_once_leaves_the_absence_likely() -> None:
    recording = Recording()
    recording.preflight("p", STAR)
    recording.end()
    assert recording.said("p")[:2] == ("blocked", "likely")


def test_a_request_that_sets_out_counts_before_its_slow_response() -> None:
    recording = Recording()
    recording.preflight("p", STAR)
    slow = recording.ask("r", "PUT", API, [("Origin", PAGE), *CORS])
    recording.wait(PATIENCE + 5)
    assert recording.said("p") == ("allowed", "certain", None)
    assert recording.answer(slow, 200, STAR).verdict.outcome == "allowed"


def test_a_request_read_late_overrules_its_absence() -> None:
    recording = Recording()
    recording.preflight("p", STAR)
    began = recording.now
    recording.wait(PATIENCE + 1)
    assert recording.said("p")[0] == "blocked"
    # A dump holds flows in the order they ended: this one began right after its preflight.
    recording.now = began
    recording.request("r", STAR, method="PUT")
    assert recording.said("p") == ("allowed", "certain", None)


def test_of_two_preflights_alike_the_latest_has_the_request() -> None:
    recording = Recording()
    recording.preflight("p1", STAR)
    recording.preflight("p2", STAR)
    recording.request("r", STAR, method="PUT")
    recording.wait(PATIENCE + 1)
    assert recording.said("p1") == ("blocked", "likely", "allow-origin-wildcard")
    # The request may be the first one's all the same.
    assert recording.said("p2") == ("allowed", "likely", None)
    assert "may as well belong to exchange p1" in recording.because("p2", "sequel")


@pytest.mark.parametrize(
    ("seconds", "method", "http2", "certainty"),
    [(1.0, "POST", False, "likely"), (9.0, "POST", False, "likely"), (9.0, "POST", True, "certain")],
)
def test_a_stream_that_is_uploaded_over_http_1_is_followed_by_nothing(
    seconds: float, method: str, http2: bool, certainty: str
) -> None:
    """Chromium 156: fetch()es of a ReadableStream (duplex: "half") fail behind a preflight that passed, and those of
    two modes one after the other each have one of their own. Of 112 such, 88 were told as blocked by CORS for certain.
    Over HTTP/2 all of 312 were told as they were.
    """
    recording = Recording(agent=CHROMIUM)
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", method), *CORS]
    for name in ("p1", "p2"):
        recording.answer(recording.ask(name, "OPTIONS", API, asked, connection=name, http2=http2), 204, STAR)
        recording.now += seconds
    recording.wait(PATIENCE + 1)
    assert recording.said("p2") == ("blocked", certainty, "allow-origin-wildcard")


def test_a_page_that_asks_twice_at_once_gave_up_the_first() -> None:
    """Chromium, as when an effect runs twice, and aborts what it asked for first."""
    recording = Recording(agent=CHROMIUM)
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
    first, second = (recording.ask(name, "OPTIONS", API, asked, connection=name) for name in ("p1", "p2"))
    recording.answer(first, 204, STAR)
    recording.answer(second, 204, STAR)
    recording.request("r", STAR, method="PUT")
    recording.wait(PATIENCE + 1)
    assert recording.said("p1") == ("allowed", "likely", None)
    assert "p2, which asked the same at that time" in recording.because("p1", "sequel")
    assert recording.said("p2") == ("allowed", "likely", None)


def test_a_search_that_is_typed_gives_up_all_but_its_last_fetch() -> None:
    """Chromium: four of five preflights of a search field that aborts what it asked for before were told as blocked."""
    recording = Recording(agent=CHROMIUM)
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
    urls = [f"{API}?q={'corsight'[:length]}" for length in range(1, 6)]
    typed = [recording.ask(url, "OPTIONS", url, asked, connection=url) for url in urls]
    for exchange in typed:
        recording.answer(exchange, 204, STAR)
    recording.request("r", STAR, method="PUT", url=urls[-1])
    recording.wait(PATIENCE + 1)
    assert [recording.said(url) for url in urls[:-1]] == [("allowed", "likely", None)] * 4
    assert recording.said(urls[-1]) == ("allowed", "certain", None)


def test_preflights_that_overlap_and_that_nothing_follows_prove_nothing_together() -> None:
    """Chromium: whoever leaves a page while it asks leaves all of its preflights answered in vain."""
    recording = Recording(agent=CHROMIUM)
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
    both = [recording.ask(name, "OPTIONS", API, asked, connection=name) for name in ("p1", "p2")]
    for exchange in both:
        recording.answer(exchange, 204, STAR)
    recording.wait(PATIENCE + 1)
    assert recording.said("p1") == recording.said("p2") == ("blocked", "likely", "allow-origin-wildcard")


def test_concurrent_preflights_each_get_their_request() -> None:
    recording = Recording()
    for number in range(3):
        recording.preflight(f"p{number}", UNCACHED)
    for number in range(3):
        assert recording.said("p2")[1] == "likely"
        recording.request(f"r{number}", STAR, method="PUT", connection=f"c{number + 5}")
    recording.wait(PATIENCE + 1)
    assert {recording.said(f"p{number}") for number in range(3)} == {("allowed", "certain", None)}


def ask_alike(recording: Recording, answer: Pairs, method: str = "PUT") -> None:
    """Two preflights for the same, in flight at once."""
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", method), *CORS]
    both = [recording.ask(name, "OPTIONS", API, asked, connection=name) for name in ("p1", "p2")]
    for exchange in both:
        recording.answer(exchange, 204, answer)


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
def test_whose_request_came_of_two_preflights_alike_is_not_certain(agent: str) -> None:
    """A fetch with credentials and one without, at once: one preflight fails, and the request may be joined to it."""
    recording = Recording(agent=agent)
    ask_alike(recording, STAR)
    recording.request("r", STAR, method="PUT", connection="p1")
    recording.wait(PATIENCE + 1)
    assert recording.said("r") == ("allowed", "certain", None)
    assert recording.said("p1")[1] == recording.said("p2")[1] == "likely"


def test_a_request_that_came_late_may_have_gone_by_an_answer_cached_meanwhile() -> None:
    """Chromium 156, 70000040 of the lab: of two preflights the one with credentials failed, and a third fetch went by
    what the other had brought, 200 ms later.
    """
    recording = Recording(agent=CHROMIUM)
    ask_alike(recording, STAR)
    first = recording.ask("r1", "PUT", API, [("Origin", PAGE), *CORS], connection="p1")
    recording.now += 0.2
    recording.answer(first, 200, STAR)
    recording.request("r2", STAR, method="PUT", connection="p2")
    recording.wait(PATIENCE + 1)
    assert recording.said("r1") == recording.said("r2") == ("allowed", "certain", None)
    assert recording.said("p1") == ("allowed", "certain", None)
    assert recording.said("p2") == ("allowed", "likely", None)
    assert "may as well belong to exchange p1" in recording.because("p2", "sequel")


NO_CORS: Pairs = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "cross-site")]
TEXT, JSON = ("Content-Type", "text/plain;charset=UTF-8"), ("Content-Type", "application/json")


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
@pytest.mark.parametrize(
    ("names", "headers"), [("content-type", [TEXT]), ("content-type", [TEXT, *CORS]), ("", [TEXT, *NO_CORS])]
)
def test_a_beacon_follows_no_preflight(agent: str, names: str, headers: Pairs) -> None:
    """9400002 of a mixed run, in Chromium 156 and Firefox 153: a preflight for JSON failed, and a no-cors POST to the
    same URL came half a second later. It was taken for what followed, and its mode for that of its connection.
    """
    recording = Recording(agent=agent)
    recording.preflight("p", UNCACHED, method="POST", names=names, connection="c0")
    recording.wait(0.5)
    recording.answer(recording.ask("r", "POST", API, [("Origin", PAGE), *headers], connection="c1"), 200, STAR)
    assert recording.last["r"].entry.fetch.id == "r"
    recording.wait(PATIENCE + 1)
    assert recording.said("p")[0] == "blocked"


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
def test_json_follows_the_preflight_that_named_its_content_type(agent: str) -> None:
    recording = Recording(agent=agent)
    answer = [*UNCACHED, ("Access-Control-Allow-Headers", "*")]
    recording.preflight("p", answer, method="POST", names="content-type")
    recording.wait(0.5)
    recording.request("r", STAR, JSON, method="POST")
    assert recording.said("p") == ("allowed", "certain", None)


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
@pytest.mark.parametrize(("seconds", "certainty"), [(0.0, "certain"), (0.2, "likely")])
def test_what_needs_no_preflight_may_have_had_none(agent: str, seconds: float, certainty: str) -> None:
    """An upload with a listener looks like any POST: after a while it may be another fetch, of another mode."""
    recording = Recording(agent=agent)
    recording.preflight("p", UNCACHED, method="POST")
    recording.now += seconds
    same_site = [("Origin", PAGE), *CORS[:-1], ("Sec-Fetch-Site", "same-site"), TEXT]
    recording.answer(recording.ask("r", "POST", API, same_site, connection="c2"), 200, STAR)
    assert recording.said("p") == ("allowed", certainty, None)
    assert recording.said("r") == ("allowed", certainty, None)
    evidence = recording.last["p"].entry.evidence.get("sequel")
    assert (evidence is not None and "needs no preflight" in evidence.because) is (seconds > 0)


def test_where_both_answers_let_both_modes_pass_it_makes_no_difference_whose_request_came() -> None:
    recording = Recording(agent=CHROMIUM)
    ask_alike(recording, [*ALLOW, CREDENTIALS])
    recording.request("r", [*ALLOW, CREDENTIALS], method="PUT", connection="p1")
    assert recording.said("p1") == recording.said("p2") == ("allowed", "certain", None)


def test_a_connection_that_another_preflight_left_free_tells_nothing() -> None:
    """Chromium 156, 70000014 of the lab: two fetches without credentials. The second one's preflight took the first
    one's connection, whose request so took a new one.
    """
    recording = Recording(agent=CHROMIUM)
    bodiless = [*ALLOW, ("Content-Length", "0")]
    recording.request("before", ALLOW, connection="c0")
    recording.request("kept", ALLOW, connection="c0")
    recording.preflight("p1", bodiless, connection="c0")
    recording.preflight("p2", bodiless, connection="c0")
    recording.request("r", STAR, method="PUT", connection="c5")
    assert recording.said("r") == ("allowed", "certain", None)


def test_what_a_request_says_itself_outweighs_the_connection_it_did_not_take() -> None:
    """Chromium 138 on a busy machine, 60200038 of the lab: a request without credentials took another one."""
    recording = Recording(agent=CHROMIUM)
    bodiless = [*ALLOW, CREDENTIALS, ("Content-Length", "0")]
    recording.request("before", ALLOW, connection="c0")
    recording.request("kept", ALLOW, connection="c0")
    recording.preflight("p", bodiless, connection="c0")
    recording.request("r", STAR, method="PUT", connection="c5")
    assert recording.said("r") == ("allowed", "certain", None)
    assert "Sec-Fetch-Storage-Access" in recording.because("r", "credentials")


def test_streams_in_flight_at_once_may_be_of_two_modes() -> None:
    """Chromium, HTTP/1.1: none is followed by its request, and yet one of the first two may have passed."""
    recording = Recording(agent=CHROMIUM)
    ask_alike(recording, STAR, "POST")
    recording.now += 1
    recording.preflight("p3", STAR, method="POST")
    recording.wait(PATIENCE + 1)
    assert {recording.said(name) for name in ("p1", "p2", "p3")} == {("blocked", "likely", "allow-origin-wildcard")}


def test_a_preflight_and_its_request_need_not_share_a_connection_but_do_share_headers() -> None:
    recording = Recording()
    recording.preflight("p", [*ALLOW, ("Access-Control-Allow-Headers", "x-a")], names="x-a")
    recording.request("other", ALLOW, method="PUT", connection="c8")
    recording.request("own", ALLOW, ("X-A", "1"), method="PUT", connection="c9")
    fetches = {name: recording.last[name].entry.fetch.id for name in ("p", "other", "own")}
    assert fetches == {"p": "p", "other": "other", "own": "p"}


def test_lower_case_patch_is_another_method() -> None:
    recording = Recording()
    answer = [("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Methods", "PATCH")]
    assert recording.preflight("p", answer, method="patch").verdict.ruling.rule == "preflight-method-not-allowed"


def test_an_authorization_that_no_preflight_asked_for_comes_with_credentials() -> None:
    recording = Recording()
    recording.preflight("p", [*ALLOW, CREDENTIALS])
    recording.request("r", ALLOW, ("Authorization", "Basic YTpi"), method="PUT")
    assert recording.said("r") == ("blocked", "certain", "allow-credentials-not-true")


# -- the preflight cache -----------------------------------------------------------------------------------------------


def test_a_request_without_preflight_names_the_cached_answer_it_went_by() -> None:
    recording = Recording()
    recording.preflight("p", [*ALLOW, ("Access-Control-Max-Age", "60")])
    recording.request("r1", ALLOW, method="PUT")
    recording.request("r2", ALLOW, method="PUT")
    assert recording.because("r2", "preflight").startswith("answered by the preflight of exchange p, cached for ")


def test_a_request_without_preflight_nor_cache_was_recorded_too_late() -> None:
    recording = Recording()
    recording.request("r", ALLOW, method="PUT")
    assert recording.because("r", "preflight") == "its preflight was answered before the recording began"


def test_a_cached_answer_ends_with_its_max_age() -> None:
    recording = Recording()
    recording.preflight("p", [*ALLOW, ("Access-Control-Max-Age", "7")])
    recording.request("r1", ALLOW, method="PUT")
    recording.wait(8)
    recording.request("r2", ALLOW, method="PUT")
    assert "before the recording" in recording.because("r2", "preflight")


# -- redirects ---------------------------------------------------------------------------------------------------------


def test_a_chain_of_redirects_is_one_fetch_judged_hop_by_hop() -> None:
    recording = Recording()
    recording.page(PAGE + "/")
    first = recording.request("r1", [*ALLOW, ("Location", "https://b.test/x")], status="302")
    second = recording.request("r2", [("Access-Control-Allow-Origin", PAGE)], url="https://b.test/x", origin="null")
    assert (first.entry.role, first.verdict.outcome) == ("redirect", "allowed")
    assert recording.said("r2") == ("blocked", "certain", "allow-origin-mismatch")
    facts = second.entry.facts
    assert facts is not None
    assert (facts.origin, facts.page_origin, facts.chain) == ("null", PAGE, (API,))
    assert first.entry.fetch is second.entry.fetch


def test_a_redirect_without_cors_headers_is_the_hop_that_is_blocked() -> None:
    recording = Recording()
    judged = recording.request("r", [("Location", "https://b.test/x")], status="302")
    assert (judged.entry.role, judged.verdict.ruling.rule) == ("redirect", "allow-origin-missing")


def test_a_redirect_from_the_pages_own_origin_is_not_checked_before_it_crosses() -> None:
    recording = Recording(agent=CHROMIUM)
    own = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin"), ("Origin", PAGE)]
    hop = recording.ask("r1", "POST", PAGE + "/a", own)
    assert recording.answer(hop, 307, [("Location", API)]).verdict.outcome == "not-cors"
    recording.request("r2", ALLOW, method="POST")
    assert recording.said("r1")[0] == "not-cors"
    assert recording.said("r2")[0] == "allowed"


def test_what_comes_back_to_its_own_origin_stays_a_cors_fetch() -> None:
    recording = Recording()
    recording.request("r1", [*ALLOW, ("Location", PAGE + "/back")], status="302")
    back = [
        ("Origin", "null"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "empty"),
        ("Sec-Fetch-Site", "same-origin"),
    ]
    recording.answer(recording.ask("r2", "GET", PAGE + "/back", back), 200, [])
    assert recording.said("r2") == ("blocked", "certain", "allow-origin-missing")


def test_a_request_that_webkit_sends_bare_after_a_redirect_keeps_its_mode() -> None:
    recording = Recording()
    recording.request("r1", [*ALLOW, ("Location", PAGE + "/back")], method="POST", status="308")
    recording.answer(recording.ask("r2", "POST", PAGE + "/back", [("Origin", "null")]), 200, [])
    assert recording.said("r2") == ("blocked", "certain", "allow-origin-missing")


@pytest.mark.parametrize(
    ("page", "target", "rule"),
    [
        ("https://app.example", "http://api.test/x", "mixed-content"),
        ("http://app.example", "http://api.test/x", None),
        ("https://app.example", "http://127.0.0.1/x", None),
        ("https://app.example", "https://u:p@api.test/x", "redirect-userinfo"),
        ("https://app.example", "ftp://api.test/x", "redirect-scheme"),
    ],
)
def test_where_a_redirect_may_not_lead(page: str, target: str, rule: str | None) -> None:
    recording = Recording(agent=CHROMIUM)
    answer = [("Access-Control-Allow-Origin", page), ("Location", target)]
    assert recording.request("r", answer, status="302", origin=page).verdict.ruling.rule == rule


def test_the_page_of_an_opaque_origin_is_told_secure_by_what_was_loaded() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.page("https://app.example/")
    answer = [("Access-Control-Allow-Origin", "null"), ("Location", "http://api.test/x")]
    assert recording.request("r", answer, status="302", origin="null").verdict.ruling.rule == "mixed-content"


def test_the_twenty_first_redirect_is_one_too_many() -> None:
    recording = Recording()
    for number in range(21):
        answer = [("Access-Control-Allow-Origin", "*"), ("Location", f"https://api.test/{number + 1}")]
        recording.request(str(number), answer, url=f"https://api.test/{number}", status="302")
    assert recording.said("19")[0] == "allowed"
    assert recording.said("20")[2] == "redirect-too-many"


# -- credentials -------------------------------------------------------------------------------------------------------


def test_a_cookie_tells_credentials() -> None:
    recording = Recording()
    assert recording.request("r", STAR, ("Cookie", "id=1")).verdict.ruling.rule == "allow-origin-wildcard"
    assert recording.said("r")[1] == "certain"


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX])
def test_storage_access_tells_credentials_by_being_there_and_by_being_absent(agent: str) -> None:
    recording = Recording(agent=agent)
    recording.request("with", STAR, ("Sec-Fetch-Storage-Access", "none"), connection="a")
    recording.request("without", STAR, BY_XHR, connection="b")
    assert recording.said("with") == ("blocked", "certain", "allow-origin-wildcard")
    assert recording.said("without") == ("allowed", "certain", None)


def test_an_older_chromium_does_not_tell_by_absence() -> None:
    recording = Recording(agent=CHROMIUM.replace("156", "120"))
    recording.request("r", STAR)
    assert recording.said("r") == ("allowed", "likely", None)
    assert set(rulings(recording.last["r"])) == {"credentials=include", "credentials=not-include"}


def test_firefox_does_not_tell_across_schemes_of_one_site() -> None:
    recording = Recording(agent=FIREFOX)
    recording.request("r", STAR, origin="http://app.test", url="https://api.app.test/")
    assert recording.said("r")[1] == "likely"


def test_a_firefox_preflight_that_nothing_follows_overrules_the_absent_header() -> None:
    recording = Recording(agent=FIREFOX)
    recording.embed()
    recording.preflight("p", STAR)
    assert recording.said("p") == ("allowed", "certain", None)
    recording.wait(PATIENCE + 1)
    assert recording.said("p") == ("blocked", "certain", "allow-origin-wildcard")


def test_a_chromium_connection_that_carried_a_preflight_is_uncredentialed_also_in_hindsight() -> None:
    recording = Recording(agent=CHROMIUM)
    same_site = {"origin": "https://app.api.test"}
    site = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-site")]
    early = recording.ask("r", "GET", API, [("Origin", same_site["origin"]), *site], connection="shared")
    recording.answer(early, 200, STAR)
    assert recording.said("r")[1] == "likely"
    recording.preflight("p", ALLOW, connection="shared", **same_site)
    assert recording.said("r") == ("allowed", "certain", None)
    assert "carried a preflight" in recording.because("r", "credentials")


def test_a_chromium_connection_that_carried_a_navigation_is_credentialed() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.page("https://api.test/", connection="shared")
    site = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-site")]
    asked = recording.ask("r", "GET", API, [("Origin", "https://app.api.test"), *site], connection="shared")
    recording.answer(asked, 200, STAR)
    assert recording.said("r") == ("blocked", "certain", "allow-origin-wildcard")


def test_firefox_and_http2_share_connections_and_tell_nothing_by_them() -> None:
    recording = Recording(agent=FIREFOX)
    site = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-site")]
    asked = [("Origin", "https://app.api.test"), *site]
    ask = [("Access-Control-Request-Method", "PUT"), *asked]
    recording.answer(recording.ask("p", "OPTIONS", API, ask, http2=True), 204, ALLOW)
    recording.answer(recording.ask("r", "GET", API, asked, http2=True), 200, STAR)
    assert recording.said("r")[1] == "likely"


def test_fonts_usually_come_without_credentials_where_stylesheets_ask_with_cors() -> None:
    """Chromium and Firefox: a preload may say crossorigin=use-credentials, and nothing on the wire tells it apart."""
    font = [("Origin", PAGE), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "font"), ("Sec-Fetch-Site", "same-site")]
    recording = Recording(agent=FIREFOX)
    recording.answer(recording.ask("r", "GET", API, font), 200, [*STAR, CREDENTIALS])
    assert recording.said("r") == ("allowed", "likely", None)
    # WebKit's stylesheets ask without CORS: this is a preload, which may say use-credentials.
    recording = Recording(agent=WEBKIT)
    recording.answer(recording.ask("r", "GET", API, font), 200, STAR)
    assert recording.said("r") == ("allowed", "likely", None)


def test_an_unknown_mode_goes_with_the_habit_of_the_page() -> None:
    recording = Recording()
    for number in range(8):
        recording.preflight(f"p{number}", STAR, url=f"{API}/{number}")
        recording.request(f"known {number}", STAR, method="PUT", url=f"{API}/{number}")
    recording.preflight("p", [*STAR, CREDENTIALS])
    assert recording.said("p") == ("allowed", "likely", None)


# -- modes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "headers", "outcome"),
    [
        ("GET", [("Origin", "http://app.test")], "blocked"),
        ("GET", [("Referer", "http://app.test/")], "opaque"),
        ("GET", [("Referer", "http://api.test/")], "not-cors"),
        ("GET", [], "not-cors"),
        ("POST", [("Origin", "http://api.test")], "not-cors"),
        ("PUT", [("Origin", "http://app.test")], "blocked"),
        ("POST", [("Origin", "http://app.test"), ("Content-Type", "application/json")], "blocked"),
        ("GET", [("Origin", "http://app.test"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", "x")], "not-cors"),
        ("POST", [("Origin", "http://app.test"), ("Content-Type", "text/ping")], "opaque"),
    ],
)
def test_what_is_asked_is_recognised_without_fetch_metadata(method: str, headers: Pairs, outcome: str) -> None:
    recording = Recording()
    judged = recording.answer(recording.ask("r", method, "http://api.test/", headers), 200, [])
    assert judged.verdict.outcome == outcome


def test_a_plain_post_without_metadata_may_be_a_beacon() -> None:
    recording = Recording()
    judged = recording.answer(recording.ask("r", "POST", "http://api.test/", [("Origin", "http://app.test")]), 200, [])
    assert judged.verdict.certainty == "likely"
    assert {part for label in rulings(judged) for part in label.split()} >= {"mode=cors", "mode=no-cors"}


@pytest.mark.parametrize("mode", ["navigate", "websocket", "same-origin"])
def test_navigations_websockets_and_same_origin_requests_are_no_cors_matter(mode: str) -> None:
    recording = Recording()
    asked = [("Origin", PAGE), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "cross-site")]
    assert recording.answer(recording.ask("r", "GET", API, asked), 200, []).verdict.outcome == "not-cors"


def test_what_the_user_or_the_browser_itself_asks_for_is_no_cors_matter() -> None:
    recording = Recording(agent=CHROMIUM)
    asked = [("Origin", PAGE), ("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "none")]
    assert recording.answer(recording.ask("r", "POST", API, asked), 404, []).verdict.outcome == "not-cors"


# -- isolation ---------------------------------------------------------------------------------------------------------

IMAGE: Pairs = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site")]


def test_a_page_that_isolates_itself_needs_an_opt_in() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.page(PAGE + "/", ("Cross-Origin-Embedder-Policy", "require-corp"))
    asked = recording.ask("r", "GET", API, [("Referer", PAGE + "/"), *IMAGE])
    assert recording.answer(asked, 200, [("Content-Type", "image/png")]).verdict.ruling.rule == "corp-required-by-coep"
    asked = recording.ask("s", "GET", API, [("Referer", PAGE + "/"), *IMAGE])
    answer = [("Content-Type", "image/png"), ("Cross-Origin-Resource-Policy", "cross-origin")]
    assert recording.answer(asked, 200, answer).verdict.outcome == "opaque"


WORKER: Pairs = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Dest", "worker"), ("Sec-Fetch-Site", "same-origin")]


@pytest.mark.parametrize(
    ("agent", "page", "worker", "outcome"),
    [
        (CHROMIUM, "require-corp", "", "blocked"),
        (CHROMIUM, "credentialless", "", "blocked"),
        (CHROMIUM, "require-corp", "credentialless", "not-cors"),
        (WEBKIT, "require-corp", "credentialless", "blocked"),
        (WEBKIT, "credentialless", "", "not-cors"),
        (CHROMIUM, "unsafe-none", "", "not-cors"),
    ],
)
def test_an_isolated_page_starts_no_worker_that_is_not(agent: str, page: str, worker: str, outcome: str) -> None:
    """Chromium 156, Firefox 153 and WebKitGTK 2.50.6: the worker has an error event, its script came."""
    recording = Recording(agent=agent)
    recording.page(PAGE + "/", ("Cross-Origin-Embedder-Policy", page))
    asked = recording.ask("r", "GET", PAGE + "/worker.js", [("Referer", PAGE + "/"), *WORKER])
    answer = [("Content-Type", "text/javascript"), ("Cross-Origin-Embedder-Policy", worker)]
    assert recording.answer(asked, 200, answer).verdict.outcome == outcome


def test_a_worker_of_a_page_that_was_not_seen_is_no_open_question() -> None:
    recording = Recording(agent=CHROMIUM)
    asked = recording.ask("r", "GET", PAGE + "/worker.js", WORKER)
    verdict = recording.answer(asked, 200, [("Content-Type", "text/javascript")]).verdict
    assert (verdict.outcome, verdict.certainty) == ("not-cors", "certain")


def test_the_policy_of_a_page_that_was_not_seen_is_unknown() -> None:
    recording = Recording(agent=CHROMIUM)
    asked = recording.ask("r", "GET", API, [("Referer", PAGE + "/"), *IMAGE])
    verdict = recording.answer(asked, 200, [("Content-Type", "image/png")]).verdict
    assert (verdict.outcome, verdict.certainty) == ("opaque", "likely")


# -- stored responses --------------------------------------------------------------------------------------------------


def test_a_304_is_judged_with_the_response_it_confirmed() -> None:
    recording = Recording(agent=FIREFOX)
    recording.embed()
    recording.request("first", [*ALLOW, ("ETag", '"1"'), ("Vary", "Origin")], BY_XHR)
    recording.request("again", [("ETag", '"1"')], BY_XHR, ("If-None-Match", '"1"'), status="304")
    assert recording.said("again") == ("allowed", "certain", None)
    assert recording.because("again", "response") == "it confirmed the response stored from exchange first"


def test_a_304_replaces_headers_of_the_stored_response() -> None:
    recording = Recording(agent=FIREFOX)
    recording.request("first", [*ALLOW, ("ETag", '"1"')])
    answer = [("ETag", '"1"'), ("Access-Control-Allow-Origin", "https://other.test")]
    recording.request("again", answer, ("If-None-Match", '"1"'), status="304")
    assert recording.said("again")[2] == "allow-origin-mismatch"


def test_a_response_stored_for_another_origin_without_vary_is_named() -> None:
    recording = Recording(agent=FIREFOX)
    stored = [("Access-Control-Allow-Origin", "https://other.test"), ("ETag", '"1"')]
    recording.request("first", stored, origin="https://other.test")
    recording.request("again", [], ("If-None-Match", '"1"'), status="304")
    assert recording.said("again")[2] == "allow-origin-mismatch"
    assert "https://other.test and lacks Vary: Origin" in recording.because("again", "response")


# -- clients and ends --------------------------------------------------------------------------------------------------


def test_no_browser_is_judged_by_the_standard() -> None:
    recording = Recording(agent="curl/8.5.0")
    judged = recording.answer(recording.ask("r", "GET", API, [("Origin", PAGE)]), 200, STAR)
    engine: EngineName = judged.verdict.engine
    assert (engine, judged.client.browser) == ("standard", False)
    # So the fetch() of Node.js says it, without a site and a destination.
    recording = Recording(agent="node")
    sent = [("Origin", PAGE), ("Sec-Fetch-Mode", "cors")]
    judged = recording.answer(recording.ask("r", "GET", API, sent), 200, STAR)
    assert not judged.client.browser


def test_an_app_that_gives_its_web_view_a_name_of_its_own_is_a_browser_nobody_knows() -> None:
    """By the standard `*` does not cover Authorization; in all three engines it does."""
    recording = Recording(agent="my-app/1.0")
    recording.answer(recording.ask("plain", "GET", "http://plain.test/", [], connection="plain"), 200, [])
    assert not recording.last["plain"].client.browser
    star = [*STAR, ("Access-Control-Allow-Headers", "*")]
    judged = recording.preflight("p", star, names="authorization")
    assert (judged.verdict.engine, judged.client.browser) == ("standard", True)
    assert recording.said("p") == ("blocked", "likely", "preflight-header-not-allowed")
    recording.request("missing", [], connection="own")
    assert recording.said("missing") == ("blocked", "certain", "allow-origin-missing")


def test_a_page_that_makes_up_a_user_agent_stays_in_its_browser() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.page(PAGE + "/", connection="shared")
    recording.agent = "my-app/1.0"
    assert recording.request("r", STAR, connection="shared").verdict.engine == "chromium"


def test_an_answer_of_the_proxy_in_the_servers_place_is_what_the_browser_saw() -> None:
    recording = Recording(agent=FIREFOX)
    asked = recording.ask("r", "GET", API, [("Origin", PAGE), *CORS])
    judged = recording.session.observe(replace(asked, proxy_status=502))[0]
    ruling = judged.verdict.ruling
    assert (ruling.outcome, ruling.rule, ruling.error) == ("blocked", "network-error", "CORSMissingAllowOrigin2")
    assert ruling.message is not None
    assert ruling.message.endswith("Status code: 502.")


def test_no_answer_at_all_is_no_cors_matter() -> None:
    recording = Recording(agent=FIREFOX)
    asked = recording.ask("r", "GET", API, [("Origin", PAGE), *CORS])
    ruling = recording.session.observe(asked)[0].verdict.ruling
    assert (ruling.outcome, ruling.rule, ruling.error) == ("not-cors", "network-error", "CORSDidNotSucceed2")


def test_judging_the_same_recording_twice_says_the_same() -> None:
    def tell() -> list[tuple[str, str, str | None]]:
        recording = Recording(agent=CHROMIUM)
        recording.page(PAGE + "/")
        recording.preflight("p", STAR)
        recording.request("r", STAR, method="PUT")
        recording.preflight("q", STAR)
        recording.wait(PATIENCE + 1)
        recording.end()
        return [recording.said(name) for name in ("p", "r", "q")]

    assert tell() == tell()


# -- what only real pages showed --------------------------------------------------------------------------------------


NO_CORS: Pairs = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")]
CORP = ("Cross-Origin-Resource-Policy", "same-origin")
PNG = ("Content-Type", "image/png")


def test_a_resource_policy_looks_at_the_last_url_not_at_the_chain() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/")
    cross_site = [*NO_CORS, ("Sec-Fetch-Site", "cross-site"), ("Referer", f"{PAGE}/")]
    away = recording.ask("away", "GET", "https://cdn.test/i", cross_site)
    recording.answer(away, 302, [("Location", f"{PAGE}/i")])
    recording.answer(recording.ask("home", "GET", f"{PAGE}/i", cross_site), 200, [PNG, CORP])
    assert recording.said("home") == ("opaque", "certain", None)


def test_a_credentialless_page_asks_without_credentials_and_needs_no_opt_in() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/", ("Cross-Origin-Embedder-Policy", "credentialless"))
    # The header comes all the same.
    asked = [*NO_CORS, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Storage-Access", "none"), ("Referer", f"{PAGE}/")]
    recording.answer(recording.ask("r", "GET", "https://cdn.test/i", asked), 200, [PNG], "media")
    assert recording.said("r") == ("opaque", "certain", None)


def test_a_page_over_http_has_no_embedder_policy() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.page("http://app.test/", ("Cross-Origin-Embedder-Policy", "require-corp"))
    image = [("Accept", "image/png"), ("Referer", "http://app.test/")]
    script: Pairs = [("Content-Type", "text/javascript")]
    recording.answer(recording.ask("r", "GET", "http://cdn.test/i", image), 200, script, "other")
    assert recording.said("r") == ("opaque", "certain", None)


def test_a_plain_http_image_makes_its_connection_a_credentialed_one() -> None:
    recording = Recording(agent=CHROMIUM)
    page, url = "http://app.test", "http://cdn.test/i"
    image = Exchange("i", "127.0.0.1", "shared", Request("GET", url, plain("image/png", ("Referer", page)), 1000.5))
    recording.answer(image, 200, [PNG])
    anonymous = Request("GET", url, plain("image/png", ("Origin", page)), 1000.6)
    recording.answer(Exchange("r", "127.0.0.1", "shared", anonymous), 200, [PNG, ("Access-Control-Allow-Origin", "*")])
    assert recording.said("r") == ("blocked", "certain", "allow-origin-wildcard")


def test_a_page_may_fetch_html() -> None:
    recording = Recording(agent=CHROMIUM)
    page = "http://app.test"
    fetched = Request("GET", "http://api.test/", plain("text/html", ("Origin", page)), 1000.5)
    recording.answer(Exchange("r", "127.0.0.1", "c", fetched), 200, [])
    assert recording.said("r") == ("blocked", "certain", "allow-origin-missing")
    form = plain("text/html,*/*;q=0.8", ("Origin", page), ("Upgrade-Insecure-Requests", "1"))
    recording.answer(Exchange("f", "127.0.0.1", "c", Request("POST", "http://api.test/", form, 1000.6)), 200, [])
    assert recording.said("f") == ("not-cors", "certain", None)


def test_where_a_page_withholds_its_referer_a_plain_http_image_may_be_another_origins() -> None:
    recording = Recording(agent=CHROMIUM)
    request = Request("GET", "http://cdn.test/i", plain("image/png"), 1000.5)
    recording.answer(Exchange("r", "127.0.0.1", "c", request), 200, [PNG, CORP])
    assert recording.said("r") == ("not-cors", "likely", None)
    assert rulings(recording.last["r"])["mode=no-cors site=cross-site"].rule == "corp-same-origin"


ORB = "opaque-response-blocked"


@pytest.mark.parametrize(
    ("agent", "kind", "body", "headers", "said"),
    [
        (CHROMIUM, "text/html", None, [], ("blocked", "likely", ORB)),
        (FIREFOX, "application/json", None, [], ("blocked", "likely", ORB)),
        (CHROMIUM, "text/html", None, [("Content-Length", "0")], ("opaque", "certain", None)),
        (CHROMIUM, "image/png", None, [], ("opaque", "likely", None)),
        (WEBKIT, "text/html", None, [], ("opaque", "certain", None)),
        # JSON and HTML under the types of images are blocked, real images under theirs are not.
        (CHROMIUM, "image/png", "data", [], ("blocked", "certain", ORB)),
        (CHROMIUM, "text/html", "media", [], ("opaque", "certain", None)),
        (FIREFOX, "application/json", "media", [], ("opaque", "certain", None)),
        # A list of numbers is a script to Chromium; Firefox parses it, and it is JSON.
        (CHROMIUM, "application/json", "json", [], ("opaque", "certain", None)),
        (FIREFOX, "application/json", "json", [], ("blocked", "certain", ORB)),
        # JSONP: a script that Firefox would have to parse.
        (CHROMIUM, "application/json", "other", [], ("opaque", "certain", None)),
        (FIREFOX, "text/html", "other", [], ("opaque", "likely", None)),
        (FIREFOX, "image/png", "other", [], ("blocked", "certain", ORB)),
        (CHROMIUM, "text/plain", "loop", [], ("blocked", "certain", ORB)),
        (WEBKIT, "text/html", "data", [], ("opaque", "certain", None)),
    ],
)
def test_where_its_body_decides_an_opaque_response_is_likely_until_that_is_seen(
    agent: str, kind: str, body: str | None, headers: Pairs, said: tuple[str, str, str | None]
) -> None:
    recording = Recording(agent=agent)
    recording.page(f"{PAGE}/")
    asked = [*NO_CORS, ("Sec-Fetch-Site", "cross-site"), ("Referer", f"{PAGE}/")]
    answer: Pairs = [("Content-Type", kind), *headers]
    recording.answer(recording.ask("r", "GET", "https://cdn.test/i", asked), 200, answer, body)
    assert recording.said("r") == said


def test_what_accepts_everything_without_origin_is_likelier_a_script_than_a_fetch() -> None:
    recording = Recording(agent=CHROMIUM)
    request = Request("GET", "http://cdn.test/s", plain("*/*", ("Referer", "http://app.test/")), 1000.5)
    nosniff = [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")]
    recording.answer(Exchange("r", "127.0.0.1", "c", request), 200, nosniff)
    assert recording.said("r") == ("blocked", "likely", "opaque-response-blocked")
    assert rulings(recording.last["r"])["destination=empty"].outcome == "opaque"


@pytest.mark.parametrize(
    ("kind", "body", "outcome"),
    [("image/png", None, "opaque"), ("image/png", "data", "blocked"), ("image/svg+xml", "data", "opaque")],
)
def test_a_type_that_its_body_belies_tells_nothing_of_who_asked(kind: str, body: str | None, outcome: str) -> None:
    recording = Recording(agent=CHROMIUM)
    request = Request("GET", "http://cdn.test/s", plain("*/*", ("Referer", "http://app.test/")), 1000.5)
    recording.answer(Exchange("r", "127.0.0.1", "c", request), 200, [("Content-Type", kind)], body)
    assert recording.said("r")[0] == outcome


def test_a_redirect_to_its_own_url_counts() -> None:
    recording = Recording(agent=FIREFOX)
    for number in range(21):
        recording.request(f"r{number}", [*STAR, ("Location", API)], status="302")
    assert recording.said("r19") == ("allowed", "certain", None)
    assert recording.said("r20") == ("blocked", "certain", "redirect-too-many")


def test_what_asks_for_a_loop_again_is_a_fetch_of_its_own() -> None:
    recording = Recording(agent=FIREFOX)
    for number in range(42):
        recording.request(f"r{number}", [*STAR, ("Location", API)], status="302")
    assert [number for number in range(42) if recording.said(f"r{number}")[0] == "blocked"] == [20, 41]
    assert recording.last["r21"].entry.fetch is not recording.last["r20"].entry.fetch


def test_a_redirect_leads_to_a_request_of_its_own_method() -> None:
    recording = Recording()
    for name, method in (("r1", "POST"), ("r2", "GET")):
        recording.request(name, [*STAR, ("Location", "https://b.test/x")], method=method, status="307")
    recording.request("r3", STAR, url="https://b.test/x", method="POST", origin="null")
    recording.request("r4", STAR, url="https://b.test/x", origin="null")
    assert recording.last["r3"].entry.fetch is recording.last["r1"].entry.fetch
    assert recording.last["r4"].entry.fetch is recording.last["r2"].entry.fetch


def test_where_firefox_has_workers_an_absent_header_is_no_proof() -> None:
    recording = Recording(agent=FIREFOX)
    recording.embed()
    recording.request("before", STAR, BY_XHR)
    assert recording.said("before") == ("allowed", "certain", None)
    asked = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Dest", "worker"), ("Sec-Fetch-Site", "same-origin")]
    recording.answer(recording.ask("worker", "GET", f"{PAGE}/worker.js", asked), 200, [])
    recording.request("r", STAR, connection="other")
    assert recording.said("r") == ("allowed", "likely", None)
    assert rulings(recording.last["r"])["credentials=include"].rule == "allow-origin-wildcard"


def test_a_credentialless_page_tells_nothing_by_its_connections() -> None:
    recording = Recording(agent=FIREFOX)
    recording.page(f"{PAGE}/", ("Cross-Origin-Embedder-Policy", "credentialless"))
    asked = [*NO_CORS, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Storage-Access", "none"), ("Referer", f"{PAGE}/")]
    recording.answer(recording.ask("i", "GET", "https://cdn.test/i", asked, connection="shared"), 200, [PNG])
    recording.request("r", STAR, BY_XHR, connection="shared")
    assert recording.said("r") == ("allowed", "certain", None)


def plain(accept: str, *headers: tuple[str, str]) -> HeaderList:
    """A request of Chromium's over plain http, which carries no fetch metadata."""
    return HeaderList.of(("User-Agent", CHROMIUM), ("Accept", accept), *headers)


# -- what the browser lab found ----------------------------------------------------------------------------------------

TURNS: Pairs = [("Access-Control-Allow-Origin", PAGE)]
"""Passes without credentials, fails with them."""
SAFARI = WEBKIT.replace("X11; Linux x86_64", "Macintosh; Intel Mac OS X 10_15_7")


def test_a_connection_of_webkit_on_linux_that_is_used_again_shows_the_response_before_to_have_passed() -> None:
    recording = Recording()
    recording.request("r", TURNS)
    assert recording.said("r") == ("allowed", "likely", None)
    recording.request("next", STAR, url="https://api.test/other")
    assert recording.said("r") == ("allowed", "certain", None)
    assert "used again" in recording.because("r", "credentials")


def test_a_connection_that_is_used_again_after_a_blocked_response_is_not_the_browsers_own() -> None:
    """A proxy in front of this one keeps them, whatever the browser does: 6 of 402 steps were certain and wrong."""
    recording = Recording()
    recording.request("r", TURNS)
    recording.request("blocked", [], url="https://api.test/other")
    assert recording.said("r") == ("allowed", "certain", None)
    recording.request("next", TURNS, url="https://api.test/next")
    assert recording.said("r") == ("allowed", "likely", None)
    recording.request("last", STAR, url="https://api.test/last")
    assert recording.said("next") == ("allowed", "likely", None)


def test_a_401_is_read_to_its_end_and_refutes_nothing() -> None:
    recording = Recording()
    recording.request("r", TURNS)
    recording.request("blocked", [], url="https://api.test/other", status="401")
    recording.request("next", STAR, url="https://api.test/next")
    assert recording.said("r") == ("allowed", "certain", None)


def keeping(recording: Recording, url: str = API) -> None:
    """The server is seen to keep a connection."""
    for name in ("kept", "kept too"):
        recording.request(name, STAR, url=url, connection="kept")


def test_a_connection_that_is_left_for_a_new_one_speaks_for_a_blocked_response() -> None:
    recording = Recording()
    keeping(recording)
    recording.request("r", TURNS)
    recording.now += 0.9
    recording.request("next", TURNS, url="https://api.test/other", connection="c2")
    assert recording.said("r") == ("blocked", "likely", "allow-credentials-not-true")
    assert "a new one was opened" in recording.because("r", "credentials")


def test_a_connection_that_is_used_again_after_all_shows_the_response_to_have_passed() -> None:
    """WebKitGTK 2.50.6 on a busy machine: 3 of 244 were told as blocked, and one of these connections went on."""
    recording = Recording()
    keeping(recording)
    recording.request("r", TURNS)
    recording.now += 0.9
    recording.request("next", TURNS, url="https://api.test/other", connection="c2")
    assert recording.said("r") == ("blocked", "likely", "allow-credentials-not-true")
    recording.request("third", STAR, url="https://api.test/third")
    assert recording.said("r") == ("allowed", "certain", None)
    assert "used again" in recording.because("r", "credentials")


def test_a_connection_says_nothing_of_a_server_that_was_not_seen_to_keep_any() -> None:
    """WebKit told 52 allowed responses as blocked in one run of the web platform tests, whose server closes."""
    recording = Recording()
    recording.request("r", TURNS)
    recording.now += 0.9
    recording.request("next", TURNS, url="https://api.test/other", connection="c2")
    assert recording.said("r") == ("allowed", "likely", None)


@pytest.mark.parametrize(
    ("answer", "idle"),
    [
        pytest.param([*TURNS, ("Connection", "keep-alive, Close")], 0.9, id="it says that it closes"),
        pytest.param([*STAR, CREDENTIALS], 0.9, id="anybody may ask it"),
        pytest.param(TURNS, 5.0, id="longer than it was seen to keep one"),
    ],
)
def test_a_connection_that_may_have_been_closed_anyway_tells_nothing(answer: Pairs, idle: float) -> None:
    """WebKit: with `Connection: close` and where limits end them, 27 of 53 were told wrong."""
    recording = Recording()
    keeping(recording)
    recording.request("r", answer)
    recording.now += idle
    recording.request("next", TURNS, url="https://api.test/other", connection="c2")
    assert "credentials" not in recording.last["r"].entry.fetch.evidence


@pytest.mark.parametrize(
    ("agent", "status", "method", "url"),
    [
        pytest.param(SAFARI, "200", "GET", "https://api.test/other", id="another WebKit"),
        pytest.param(WEBKIT, "401", "GET", "https://api.test/other", id="a 401 is read to its end"),
        pytest.param(WEBKIT, "200", "POST", "https://api.test/other", id="a POST always opens one"),
        pytest.param(WEBKIT, "204", "GET", "https://api.test/other", id="nothing to read"),
        pytest.param(WEBKIT, "200", "GET", "https://b.test/", id="another server"),
    ],
)
def test_where_a_new_connection_tells_nothing(agent: str, status: str, method: str, url: str) -> None:
    recording = Recording(agent=agent)
    keeping(recording)
    recording.request("r", TURNS, status=status)
    recording.now += 0.9
    recording.request("next", STAR, url=url, method=method, connection="c2")
    assert recording.said("r") == ("allowed", "likely", None)


def test_a_redirect_that_is_upgraded_to_https_is_still_followed() -> None:
    recording = Recording()
    image = ("Sec-Fetch-Dest", "image")
    moved: Pairs = [*STAR, ("Location", "http://api.test/moved")]
    asked = [("Origin", PAGE), ("Sec-Fetch-Mode", "cors"), image]
    recording.answer(recording.ask("a", "GET", API, asked), 302, moved)
    recording.answer(recording.ask("b", "GET", "https://api.test/moved", asked), 200, STAR)
    assert recording.last["b"].entry.fetch is recording.last["a"].entry.fetch


def test_chromium_follows_a_permanent_redirect_to_itself_out_of_its_cache() -> None:
    loop: Pairs = [*TURNS, ("Location", API)]
    recording = Recording(agent=CHROMIUM)
    recording.request("r", loop, status="301")
    assert recording.said("r") == ("blocked", "likely", "redirect-too-many")
    assert rulings(recording.last["r"])["redirect=manual"].outcome == "allowed"
    recording.request("again", [*loop, ("Cache-Control", "no-store")], status="301")
    assert recording.said("again")[0] == "allowed"
    assert Recording(agent=FIREFOX).request("r", loop, status="301").verdict.outcome == "allowed"


def test_webkit_fails_an_empty_location() -> None:
    empty: Pairs = [*STAR, ("Location", "")]
    assert Recording().request("r", empty, status="302").verdict.ruling.rule == "redirect-location-invalid"
    assert Recording(agent=CHROMIUM).request("r", empty, status="302").verdict.outcome == "allowed"


def test_a_request_without_cors_stays_opaque_when_it_is_led_back_home() -> None:
    recording = Recording(agent=FIREFOX)
    script: Pairs = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "script"), ("Referer", f"{PAGE}/")]
    away = recording.ask("a", "GET", API, [*script, ("Sec-Fetch-Site", "cross-site")])
    recording.answer(away, 302, [("Location", f"{PAGE}/data")])
    home = recording.ask("b", "GET", f"{PAGE}/data", [*script, ("Sec-Fetch-Site", "cross-site")])
    assert recording.answer(home, 200, [("Content-Type", "text/javascript")]).verdict.outcome == "opaque"


def test_a_request_that_names_no_page_but_says_it_is_at_home_may_not_be_led_away() -> None:
    recording = Recording(agent=FIREFOX)
    asked: Pairs = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin")]
    judged = recording.answer(recording.ask("r", "GET", f"{PAGE}/x", asked), 301, [("Location", "https://b.test/")])
    assert judged.verdict.ruling.rule == "redirect-cross-origin"


def test_firefox_fetches_that_hide_their_referrer_may_be_kept_alive_and_tell_nothing_for_certain() -> None:
    recording = Recording(agent=FIREFOX)
    recording.embed()
    fetched = recording.request("fetch", TURNS, ("Priority", "u=4"))
    assert (fetched.verdict.outcome, fetched.verdict.certainty) == ("allowed", "likely")
    hidden = recording.request("high priority", TURNS, connection="c2")
    assert (hidden.verdict.outcome, hidden.verdict.certainty) == ("allowed", "likely")
    assert recording.request("xhr", TURNS, BY_XHR, connection="c3").verdict.certainty == "certain"


def test_a_worker_of_a_firefox_page_over_plain_http_is_seen_too() -> None:
    recording = Recording(agent=FIREFOX)
    page, referrer = "http://app.test", ("Referer", "http://app.test/page")
    script: Pairs = [("Accept-Encoding", "gzip"), ("Connection", "keep-alive"), referrer, ("Priority", "u=4")]
    recording.answer(recording.ask("w", "GET", f"{page}/worker.js", script), 200, [])
    answer: Pairs = [("Access-Control-Allow-Origin", page)]
    asked = recording.request("r", answer, ("Referer", f"{page}/"), ("Priority", "u=4"), origin=page)
    assert asked.verdict.certainty == "likely"


def test_what_changes_when_an_absence_is_doubted_is_told() -> None:
    recording = Recording(agent=FIREFOX)
    for number in range(10):
        recording.request(f"h{number}", [*TURNS, CREDENTIALS], ("Sec-Fetch-Storage-Access", "none"))
    recording.preflight("p", ALLOW)
    recording.wait(PATIENCE + 1)
    assert recording.said("p") == ("blocked", "certain", "allow-credentials-not-true")


def test_an_interim_response_is_none() -> None:
    """Chromium, Firefox and WebKit wait on after 103 Early Hints, which mitmproxy takes for the answer: 27 of 27."""
    recording = Recording(agent=CHROMIUM)
    recording.request("r", [("Link", "</a.css>; rel=preload")], status="103")
    assert recording.said("r") == ("not-cors", "certain", "network-error")
    assert recording.last["r"].entry.exchange.response is None


@pytest.mark.parametrize(("answer", "outcome"), [(STAR, "allowed"), ([], "blocked")])
def test_a_mask_in_a_style_sheet_of_another_origin_is_asked_for_with_cors(answer: Pairs, outcome: str) -> None:
    """Firefox: masks and shapes carry the page's Origin, and a Sec-Fetch-Site measured from the style sheet."""
    recording = Recording(agent=FIREFOX)
    asked = [("Origin", PAGE), ("Referer", "https://cdn.test/a.css"), ("Sec-Fetch-Mode", "cors")]
    asked += [("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "same-origin")]
    recording.answer(recording.ask("r", "GET", "https://cdn.test/mask.svg", asked), 200, answer)
    assert recording.said("r")[0] == outcome


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
def test_a_redirect_with_a_user_name_over_plain_http_is_open_until_it_is_followed(agent: str) -> None:
    """Firefox and WebKit: 20 of 20 by fetch() and XMLHttpRequest were blocked, told as not-cors and certain."""
    recording = Recording(agent=agent)
    page, away = "http://app.test", "http://u:p@b.test/x"
    asked = [("Referer", f"{page}/")]
    first = recording.ask("r", "GET", f"{page}/x", asked)
    recording.answer(first, 302, [("Location", away)])
    assert recording.said("r") == ("blocked", "likely", "redirect-userinfo")


def test_chromiums_xhr_follows_a_redirect_to_its_own_origin_with_a_user_name() -> None:
    """Chromium: its fetch() does not; what follows on the wire revises the verdict."""
    recording = Recording(agent=CHROMIUM)
    asked = [*CORS[:2], ("Sec-Fetch-Site", "same-origin"), ("Referer", f"{PAGE}/")]
    first = recording.ask("r", "GET", f"{PAGE}/x", asked)
    recording.answer(first, 302, [("Location", PAGE.replace("://", "://u:p@") + "/y")])
    assert recording.said("r") == ("blocked", "likely", "redirect-userinfo")
    recording.answer(recording.ask("then", "GET", f"{PAGE}/y", asked), 200, [])
    assert recording.said("r") == ("not-cors", "certain", None)


def test_a_post_over_plain_http_that_nothing_speaks_of_cors_to_is_likelier_a_beacon() -> None:
    """Chromium and Firefox: beacons and no-cors POSTs without a grant were told as blocked."""
    recording = Recording(agent=CHROMIUM)
    page, url = "http://app.test", "http://log.test/"
    for name, accept, outcome in (("beacon", "*/*", "opaque"), ("api", "application/json", "blocked")):
        posted = plain(accept, ("Origin", page), ("Content-Type", "text/plain;charset=UTF-8"))
        recording.answer(Exchange(name, "127.0.0.1", "c", Request("POST", url, posted, 1000.5)), 204, [])
        assert recording.said(name)[:2] == (outcome, "likely")


# -- versions ----------------------------------------------------------------------------------------------------------


def of_version(version: int) -> str:
    return CHROMIUM.replace("156", str(version))


def test_a_private_network_preflight_proves_nothing() -> None:
    """Whatever answers it, the request follows: that tells neither the mode nor that it passed."""
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
    for version, credentials in ((138, "unknown"), (156, "not-include")):
        recording = Recording(of_version(version))
        private = ("Access-Control-Request-Private-Network", "true")
        url = "http://api.test/v1"
        told = [one for one in (*asked, private) if not one[0].startswith("Sec-")]
        recording.answer(
            recording.ask("p", "OPTIONS", url, told), 204, [*STAR, ("Access-Control-Allow-Methods", "PUT")]
        )
        recording.answer(recording.ask("r", "PUT", url, [("Origin", PAGE)], connection="c2"), 200, STAR)
        assert recording.last["r"].facts.credentials == credentials


def test_the_private_network_preflight_of_a_plain_request_blocks_nothing() -> None:
    recording = Recording(of_version(120))
    asked = [
        ("Origin", PAGE),
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Private-Network", "true"),
    ]
    recording.answer(recording.ask("p", "OPTIONS", API, [*asked, *CORS]), 404, [])
    assert recording.said("p") == ("allowed", "certain", None)


def test_absence_tells_from_134_on_or_once_it_was_sent() -> None:
    cross = [("Origin", PAGE), *CORS]
    for version, credentials in ((133, "unknown"), (134, "not-include"), (157, "unknown")):
        recording = Recording(of_version(version))
        recording.answer(recording.ask("r", "GET", API, cross), 200, STAR)
        assert recording.last["r"].facts.credentials == credentials
    sent = [*cross, ("Sec-Fetch-Storage-Access", "active")]
    recording.answer(recording.ask("s", "GET", API, sent, connection="c2"), 200, STAR)
    recording.answer(recording.ask("t", "GET", API, cross, connection="c3"), 200, STAR)
    assert recording.last["t"].facts.credentials == "not-include"


def test_a_version_that_is_given_overrules_the_clients_own() -> None:
    lower = [("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Methods", "PATCH")]
    for session, outcome in (
        (Session(), "blocked"),
        (Session("chromium"), "blocked"),
        (Session("chromium", 108), "allowed"),
        (Session("firefox", 140), "blocked"),
    ):
        recording = Recording(CHROMIUM, session)
        recording.preflight("p", lower, method="patch")
        assert recording.said("p")[0] == outcome


def test_the_language_of_a_posix_locale_is_the_browsers_own() -> None:
    recording = Recording(of_version(108))
    posix = ("Accept-Language", "en-US@posix")
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), posix, *CORS]
    allowed = [("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Methods", "PUT")]
    recording.answer(recording.ask("p", "OPTIONS", API, asked), 204, allowed)
    recording.request("r", allowed, posix, method="PUT", connection="c2")
    assert recording.last["p"].entry.fetch is recording.last["r"].entry.fetch


# -- several at once, of different credentials modes ------------------------------------------------------------------

STORAGE = ("Sec-Fetch-Storage-Access", "none")
TO_V2 = [*ALLOW, CREDENTIALS, ("Location", "/v2"), ("Access-Control-Max-Age", "60")]


def redirect_two(recording: Recording, *marks: Pairs) -> None:
    """Two fetches at once that are led to the same URL, where each needs a preflight that fails with credentials."""
    recording.embed()
    recording.preflight("p", TO_V2)
    sent = [
        recording.ask(f"r{number}", "PUT", API, [("Origin", PAGE), *CORS, BY_XHR, *mark])
        for number, mark in enumerate(marks)
    ]
    for exchange in sent:
        recording.answer(exchange, 307, TO_V2)
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS, BY_XHR]
    url = "https://api.test/v2"
    both = [recording.ask(name, "OPTIONS", url, asked, connection=name) for name in ("q0", "q1")]
    for exchange in both:
        recording.answer(exchange, 204, [*ALLOW, ("Access-Control-Max-Age", "0")])


@pytest.mark.parametrize(("other", "certainty"), [([STORAGE], "likely"), ([], "certain")])
def test_which_of_two_redirects_a_preflight_follows_is_not_certain(other: Pairs, certainty: str) -> None:
    """9410003 of a mixed run, in Chromium 156: of two fetches that were redirected to one URL, each preflight was told
    as the other's.
    """
    recording = Recording(agent=CHROMIUM)
    redirect_two(recording, other, [])
    assert recording.said("q0")[1] == recording.said("q1")[1] == certainty
    if other:
        assert "with other credentials" in recording.because("q1", "redirect")
    recording.request("w", ALLOW, method="PUT", url="https://api.test/v2", connection="q0")
    assert recording.said("w") == ("allowed", "certain", None)
    assert recording.said("q0")[1] == recording.said("q1")[1] == certainty
    # Whose redirect's it is, is open; no other preflight is named.
    sequels = [recording.last[name].entry.evidence.get("sequel") for name in ("q0", "q1")]
    assert not any(sequel.details for sequel in sequels if sequel is not None)


def test_redirects_of_unknown_modes_bring_none_to_what_follows_them() -> None:
    recording = Recording(agent=WEBKIT)
    redirect_two(recording, [], [])
    assert [recording.last[name].entry.index for name in ("q0", "q1")] == [1, 1]
    assert not recording.last["q0"].entry.strayed
    assert not recording.last["q1"].entry.strayed


def test_what_follows_a_preflight_of_either_redirect_is_not_certain_either() -> None:
    """9410004 of a mixed run, in Firefox 153, which says nothing of credentials behind a redirect."""
    recording = Recording(agent=FIREFOX)
    redirect_two(recording, [STORAGE], [])
    recording.request("w", ALLOW, method="PUT", url="https://api.test/v2", connection="w")
    assert recording.last["w"].entry.strayed
    assert recording.said("w")[1] == "likely"
    # Nor does it tell of its connection.
    sibling = "https://www.api.test"
    asked = [("Origin", sibling), *CORS[:-1], ("Sec-Fetch-Site", "same-site")]
    next_one = recording.ask("next", "GET", API, asked, connection="w")
    recording.answer(next_one, 200, [("Access-Control-Allow-Origin", sibling)])
    assert recording.said("next")[1] == "likely"


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
def test_a_request_follows_the_preflight_that_did_not_fail_though_it_is_the_older(agent: str) -> None:
    """9410004 of a mixed run, in Firefox 153 over HTTP/2: the later one was that of a fetch with credentials."""
    recording = Recording(agent=agent)
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
    both = [recording.ask(name, "OPTIONS", API, asked, connection=name) for name in ("p1", "p2")]
    recording.answer(both[0], 204, UNCACHED)
    recording.answer(both[1], 204, [])
    recording.request("r", STAR, method="PUT", connection="p3")
    assert recording.last["r"].entry.fetch is recording.last["p1"].entry.fetch
    assert recording.said("p2") == ("blocked", "certain", "allow-origin-missing")


# -- one client beside others, and what is remembered of it ------------------------------------------------------------


def test_what_is_no_browser_is_one_client_all_the_same() -> None:
    """A program that follows redirects: what it asks for next is of the same fetch."""
    recording = Recording(agent="my-app/1.0")
    exchange = recording.ask("r", "GET", API, [("Origin", PAGE)])
    recording.answer(exchange, 302, [*ALLOW, ("Location", "/there")])
    exchange = recording.ask("there", "GET", "https://api.test/there", [("Origin", PAGE)])
    recording.answer(exchange, 200, ALLOW)
    assert recording.last["there"].entry.fetch is recording.last["r"].entry.fetch


@pytest.mark.parametrize(
    ("method", "headers", "agent", "waits"),
    [
        pytest.param("GET", [("Referer", f"{PAGE}/"), *NO_CORS], CHROMIUM, True, id="opaque"),
        pytest.param("POST", [("Origin", "http://app.test"), ("Accept", "a/b")], CHROMIUM, True, id="may be opaque"),
        pytest.param("GET", [("Origin", PAGE), *CORS], CHROMIUM, False, id="with CORS"),
        pytest.param("GET", [("Referer", f"{PAGE}/"), *NO_CORS], WEBKIT, False, id="an engine that looks at no body"),
    ],
)
@pytest.mark.parametrize("content_type", ["application/x-unknown", "text/css"])
def test_what_its_body_decides_is_judged_once_that_is_there(
    method: str, headers: Pairs, agent: str, waits: bool, content_type: str
) -> None:
    """Opaque response blocking: step 6 waits for 1024 bytes, unless the type decides."""
    recording = Recording(agent=agent)
    exchange = recording.ask("r", method, "http://api.test/v1", headers)
    response = Response(200, HeaderList.of(("Content-Type", content_type)), recording.now)
    early = recording.session.observe(replace(exchange, response=response), body_comes=True)
    assert (early == []) is (waits and content_type != "text/css")
    if not early:
        assert recording.session.observe(replace(exchange, response=replace(response, body="media")))


def test_a_request_that_says_it_is_at_home_and_names_no_page_is_of_the_servers_origin() -> None:
    recording = Recording(agent=CHROMIUM)
    at_home = [*CORS[:2], ("Sec-Fetch-Site", "same-origin")]
    for name, headers, origin in (
        ("silent", at_home, "https://api.test"),
        ("away", CORS, None),
        ("named", [("Referer", f"{PAGE}/"), *at_home], PAGE),
        ("asked", [("Origin", PAGE), ("Referer", "https://b.test/"), *at_home], PAGE),
    ):
        recording.answer(recording.ask(name, "GET", API, headers), 200, [])
        assert recording.last[name].facts.page_origin == origin


def test_a_redirect_back_to_its_own_url_is_another_hop_and_a_preflights_request_is_none() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", UNCACHED)
    recording.request("r", [*STAR, ("Location", API)], method="PUT", status="307")
    recording.preflight("p2", UNCACHED)
    recording.request("r2", [*STAR, ("Location", "/there")], method="PUT", status="307")
    recording.preflight("p3", UNCACHED, url="https://api.test/there")
    recording.request("r3", STAR, method="PUT", url="https://api.test/there")
    assert [recording.last[name].entry.index for name in ("p", "r", "p2", "r2", "p3", "r3")] == [0, 0, 1, 1, 2, 2]
    assert recording.last["r3"].facts.chain == (API, API)
    assert {recording.last[name].entry.fetch.id for name in ("p", "r", "p2", "r2", "p3", "r3")} == {"p"}


@pytest.mark.parametrize(("between", "known"), [(126, True), (128, False)])
def test_as_many_urls_are_waited_for_as_there_is_room_for(between: int, known: bool) -> None:
    """128 of each kind: a page that asks for more at once is no page."""
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", UNCACHED)
    for number in range(between):
        recording.preflight(f"p{number}", UNCACHED, url=f"{API}/{number}")
    recording.request("r", STAR, method="PUT")
    assert (recording.last["r"].entry.fetch.id == "p") is known


def test_a_giant_is_judged_by_itself_and_nothing_of_it_stays() -> None:
    recording = Recording(agent=CHROMIUM)
    huge = ("X-Huge", "a" * 40_000)
    exchange = recording.ask("r", "GET", API, [("Origin", PAGE), *CORS, huge])
    judged = recording.answer(exchange, 302, [*ALLOW, ("Location", "/there")])
    assert (judged.entry.role, judged.entry.fetch.entries) == ("redirect", [])
    recording.request("there", STAR, url="https://api.test/there")
    assert recording.last["there"].entry.fetch.id == "there"
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS, huge]
    assert recording.answer(recording.ask("p", "OPTIONS", API, asked), 204, STAR).entry.role == "preflight"
    assert (
        recording.answer(recording.ask("q", "GET", API, [("Origin", PAGE), *CORS, huge]), 200, STAR).entry.role
        == "request"
    )


def test_an_answer_that_is_a_giant_lets_no_request_follow() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", [*STAR, ("X-Huge", "a" * 40_000)])
    recording.request("r", STAR, method="PUT")
    assert recording.last["r"].entry.fetch.id == "r"


def test_a_redirect_to_nowhere_may_fail_a_fetch_that_allows_none() -> None:
    """fetch() with redirect: "error": Firefox ESR 153 fails it, Chromium 156 hands the response over."""
    granted: Pairs = [*TURNS, CREDENTIALS]
    said = {}
    for agent in (CHROMIUM, FIREFOX):
        recording = Recording(agent=agent)
        priority = [("Priority", "u=4")] if agent == FIREFOX else []
        asked = [("Origin", PAGE), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), *priority]
        recording.answer(recording.ask("r", "GET", API, asked), 302, granted)
        verdict = recording.last["r"].verdict
        said[agent] = verdict.certainty, {ruling.rule for ruling in rulings(recording.last["r"]).values()}
        assert verdict.outcome == "allowed"
    assert said == {CHROMIUM: ("certain", {None}), FIREFOX: ("likely", {None, "redirect-refused"})}
