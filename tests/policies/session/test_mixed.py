"""What pages showed that ask the same URLs for much at once, by frames and workers: Chromium 156, Firefox ESR 153 and
WebKitGTK 2.50.6, drawn from seeds 31, 40 and 41.
"""

from __future__ import annotations

import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request
from corsight.policies.findings.doubts import suppose_blocked
from corsight.policies.session.loops import SAME_URL
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
    rulings,
)
from tests.policies.session.test_gather import facts_of

NO_CORS: Pairs = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "cross-site")]
REFERER, OTHER = ("Referer", f"{PAGE}/"), ("Referer", "https://other.test/")
TO_THERE: Pairs = [*ALLOW, CREDENTIALS, ("Location", "/there")]
THERE = "https://api.test/there"
ALL = ("Accept", "*/*")
EMBEDDER = "Cross-Origin-Embedder-Policy"


def ask(recording: Recording, name: str, method: str, url: str, headers: Pairs) -> Exchange:
    """A request sets out with just these headers, in this order, behind its User-Agent."""
    recording.now += 0.01
    fields = HeaderList.of(("User-Agent", recording.agent), *headers)
    exchange = Exchange(name, "127.0.0.1", "c1", Request(method, url, fields, recording.now))
    recording.session.begin(exchange)
    return exchange


# -- who asked ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "certainty"), [("https://www.api.test/", "likely"), (f"{PAGE}/", "certain")])
def test_a_data_urls_worker_of_the_servers_own_site_tells_no_credentials_mode(page: str, certainty: str) -> None:
    """Chromium takes it for cross-site, and its cookies for those of its page's site: with them, no header came."""
    recording = Recording(agent=CHROMIUM)
    recording.embed()
    recording.page(page)
    recording.request("r", STAR, origin="null")
    assert recording.said("r") == ("allowed", certainty, None)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([("Access-Control-Allow-Origin", "null")], ("allowed", "likely", None)),
        ([], ("blocked", "certain", "allow-origin-missing")),
    ],
)
def test_a_data_urls_worker_of_webkit_asks_its_pages_own_server_with_cors(
    answer: Pairs, said: tuple[str, str, str | None]
) -> None:
    recording = Recording(agent=WEBKIT)
    site = ("Sec-Fetch-Site", "same-origin")
    asked = recording.ask("r", "GET", API, [("Origin", "null"), *CORS[:2], site])
    recording.answer(asked, 200, answer)
    assert recording.said("r") == said


def test_a_page_that_is_not_known_may_have_the_strictest_policy_of_all_though_it_is_not_the_newest() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.page("https://one.test/", (EMBEDDER, "require-corp"))
    recording.page("https://two.test/", (EMBEDDER, "credentialless"))
    recording.answer(recording.ask("r", "GET", API, NO_CORS), 200, [("Content-Type", "text/plain")])
    assert recording.said("r") == ("opaque", "likely", None)
    assert "blocked" in [branch.outcome.value for branch in recording.last["r"].verdict.branches]


@pytest.mark.parametrize(("origin", "distance"), [([], None), ([("Origin", "null")], "cross-site")])
def test_what_is_told_to_be_farther_than_its_page_is_came_by_a_redirect_or_from_a_frame_without_origin(
    origin: Pairs, distance: str | None
) -> None:
    sent: Pairs = [*NO_CORS, *origin, ("Referer", "https://www.api.test/")]
    assert facts_of(sent, [("Cross-Origin-Resource-Policy", "same-site")]).distance == distance


# -- what follows what -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("referers", [([REFERER], []), ([], [REFERER])])
def test_a_request_follows_the_preflight_of_its_own_page_though_that_is_the_older(
    referers: tuple[Pairs, Pairs],
) -> None:
    recording = Recording(agent=CHROMIUM)
    asked: Pairs = [("Origin", "null"), ("Access-Control-Request-Method", "DELETE"), *CORS]
    both = [
        recording.ask(name, "OPTIONS", API, [*asked, *referer], connection=name)
        for name, referer in zip(("old", "new"), referers, strict=True)
    ]
    for exchange in both:
        recording.answer(exchange, 204, [*STAR, ("Access-Control-Max-Age", "0")])
    recording.request("r", STAR, *referers[0], method="DELETE", origin="null")
    assert recording.last["r"].entry.fetch is recording.last["old"].entry.fetch
    assert not recording.last["old"].entry.rivals


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
@pytest.mark.parametrize(
    ("before", "after", "more", "led"),
    [
        ([REFERER], [REFERER], [], True),
        ([REFERER], [OTHER], [], False),
        ([REFERER], [], [], False),
        ([], [REFERER], [], False),
        # A page may send none from the redirect on.
        ([REFERER], [], [("Referrer-Policy", "no-referrer")], True),
        ([("Accept", "text/css"), REFERER], [("Accept", "text/css"), REFERER], [], True),
        ([("Accept", "text/css"), REFERER], [("Accept", "*/*"), REFERER], [], False),
    ],
)
def test_what_follows_a_redirect_names_the_same_page_and_accepts_the_same(
    agent: str, before: Pairs, after: Pairs, more: Pairs, led: bool
) -> None:
    recording = Recording(agent=agent)
    recording.request("r", [*TO_THERE, *more], *before, status="302")
    recording.request("there", STAR, *after, url=THERE)
    assert (recording.last["there"].entry.fetch is recording.last["r"].entry.fetch) is led


def test_of_two_redirects_the_one_of_the_same_page_is_followed() -> None:
    """Where the answer says what Referer is sent from there on, either may be."""
    recording = Recording(agent=CHROMIUM)
    policy = ("Referrer-Policy", "origin")
    both = [
        recording.ask(name, "GET", API, [("Origin", PAGE), *CORS, *referer], connection=name)
        for name, referer in (("mine", [REFERER]), ("other", []))
    ]
    for exchange in both:
        recording.answer(exchange, 302, [*TO_THERE, policy])
    recording.request("there", STAR, REFERER, url=THERE)
    assert recording.last["there"].entry.fetch is recording.last["mine"].entry.fetch


@pytest.mark.parametrize(("seconds", "certainty"), [(0.01, "certain"), (0.6, "likely")])
def test_what_comes_late_behind_a_redirect_proves_nothing_of_its_mode(seconds: float, certainty: str) -> None:
    """A POST over plain http, blocked for its resource policy; another fetch asked for where it led."""
    recording = Recording(agent=CHROMIUM)
    answer = [*ALLOW, ("Cross-Origin-Resource-Policy", "same-origin"), ("Location", THERE)]
    asked = recording.ask("r", "POST", "http://api.test/", [("Origin", PAGE), REFERER])
    recording.answer(asked, 303, answer)
    recording.now += seconds
    recording.request("there", STAR, REFERER, url=THERE, origin="null")
    assert recording.said("r")[:2] == ("allowed", certainty)


def test_a_preflight_that_nothing_follows_proves_nothing_where_fetches_go_round() -> None:
    """Nine fetches of Firefox went round at once, and none was told from another."""
    for round_about, certainty in ((False, "certain"), (True, "likely")):
        recording = Recording(agent=FIREFOX)
        if round_about:
            recording.request("loop", [*ALLOW, ("Location", API)], status="302", method="GET")
        recording.preflight("p", ALLOW)
        recording.wait(5)
        assert recording.said("p")[:2] == ("blocked", certainty)


AT_HOME = ("Referer", "http://app.test/")
LOOP: Pairs = [*ALLOW, CREDENTIALS, ("Location", API)]


def go_round(recording: Recording, names: list[str], *more: tuple[str, str]) -> None:
    """A fetch is redirected to its own URL so many times."""
    for name in names:
        recording.request(name, LOOP, *more, status="303")


def test_where_a_hop_came_late_no_count_tells_which_redirect_is_the_last() -> None:
    """On a busy machine: the browser refused the 21st, which is the 20th of what follows at once."""
    recording = Recording(agent=FIREFOX)
    names = [f"r{number}" for number in range(21)]
    go_round(recording, names[:1])
    recording.now += 1
    go_round(recording, names[1:])
    assert [recording.said(name)[:2] for name in names[1:20]] == [("allowed", "certain")] * 19
    assert recording.said("r20") == ("allowed", "likely", None)
    assert "redirected in circles" in recording.because("r20", "redirects")


def test_of_two_fetches_that_go_round_at_once_neither_is_certain_to_be_at_its_end() -> None:
    recording = Recording(agent=CHROMIUM)
    pairs = [(f"a{number}", f"b{number}") for number in range(21)]
    for pair in pairs:
        both = [recording.ask(name, "GET", API, [("Origin", PAGE), *CORS, REFERER]) for name in pair]
        for exchange in both:
            recording.answer(exchange, 303, LOOP)
    said = [recording.said(name)[1] for pair in pairs for name in pair]
    assert said[:20] == ["certain"] * 20
    assert set(said[20:]) == {"likely"}


@pytest.mark.parametrize(("first", "second"), [([REFERER], [REFERER]), ([REFERER], [])])
def test_a_fetch_that_came_to_its_end_or_is_another_pages_is_not_counted(first: Pairs, second: Pairs) -> None:
    recording = Recording(agent=FIREFOX)
    ends = 21 if first == second else 20
    go_round(recording, [f"a{number}" for number in range(ends)], *first)
    recording.now += 1
    go_round(recording, [f"b{number}" for number in range(21)], *second)
    assert [recording.said(f"b{number}")[1] for number in range(21)] == ["certain"] * 21
    assert recording.said("b20")[2] == "redirect-too-many"


def test_of_more_fetches_that_go_round_than_are_remembered_none_is_counted() -> None:
    recording = Recording(agent=FIREFOX)
    for number in range(SAME_URL):
        recording.request(f"other {number}", [*STAR, LOOP[-1]], status="303", origin=f"https://page{number}.test")
    go_round(recording, ["r", "then"])
    assert recording.said("r")[:2] == ("allowed", "likely")
    assert recording.last["r"].entry.sequel == "followed"


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
def test_a_redirect_that_no_followed_fetch_passes_has_no_sequel(agent: str) -> None:
    """One to plain http from a secure page: what asked for that URL next was another page's frame."""
    there = "http://api.test/there"
    recording = Recording(agent=agent)
    recording.request("r", [*ALLOW, CREDENTIALS, ("Location", there)], REFERER, status="307")
    recording.answer(ask(recording, "other", "GET", there, [("Origin", "null"), ALL, REFERER]), 200, STAR)
    assert recording.said("r")[::2] == ("blocked", "mixed-content")
    assert recording.last["other"].entry.fetch is not recording.last["r"].entry.fetch


def test_a_workers_script_without_origin_does_not_follow_a_redirect_of_a_fetch_with_cors() -> None:
    """Both led to the same URL, over plain http; Chromium starts no worker from an image."""
    recording = Recording(agent=CHROMIUM)
    referer, moved = ("Referer", "http://app.test/p"), ("Location", "http://app.test/there")

    def load(name: str, url: str, status: int, answer: Pairs) -> None:
        recording.now += 0.01
        fields = HeaderList.of(ALL, referer, ("User-Agent", CHROMIUM))
        exchange = Exchange(name, "127.0.0.1", name, Request("GET", url, fields, recording.now))
        recording.session.begin(exchange)
        recording.answer(exchange, status, answer)

    load("script", "http://app.test/w.js", 301, [moved])
    asked = ask(recording, "fetch", "GET", "http://api.test/x", [("Origin", "http://app.test"), ALL, AT_HOME])
    recording.answer(asked, 301, [*STAR, moved])
    load("r", "http://app.test/there", 200, [("Content-Type", "image/png")])
    assert recording.last["r"].entry.fetch is recording.last["script"].entry.fetch
    assert recording.said("r") == ("blocked", "certain", "mime-type-blocked")


# -- what was answered -------------------------------------------------------------------------------------------------


def test_what_an_eventsource_was_answered_is_not_stored() -> None:
    """Its cache mode is no-store: a 304 confirms what came before it."""
    recording = Recording(agent=CHROMIUM)
    tag = ("ETag", '"1"')
    recording.answer(recording.ask("image", "GET", API, [*NO_CORS, REFERER]), 200, [tag])
    stream = ask(recording, "stream", "GET", API, [("Origin", PAGE), ("Accept", "text/event-stream"), *CORS])
    recording.answer(stream, 200, [*ALLOW, tag])
    recording.request("r", [tag], ("If-None-Match", '"1"'), status="304")
    assert recording.said("r") == ("blocked", "certain", "allow-origin-missing")


TAGGED: Pairs = [("Vary", "Origin"), ("ETag", '"1"')]
GRANTED: Pairs = [*ALLOW, CREDENTIALS]


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX])
@pytest.mark.parametrize(
    ("first", "second", "confirmed", "said"),
    [
        ([], GRANTED, [], ("allowed", "likely", None)),
        (GRANTED, [], [], ("blocked", "likely", "allow-origin-missing")),
        ([], GRANTED, GRANTED, ("allowed", "certain", None)),
        ([("Date", "today")], [("Date", "tomorrow")], [], ("blocked", "certain", "allow-origin-missing")),
        ([*GRANTED, ("Date", "today")], [*GRANTED, ("Date", "tomorrow")], [], ("allowed", "certain", None)),
        ([], [("Access-Control-Allow-Origin", "https://b.test")], [], ("blocked", "certain", "allow-origin-mismatch")),
    ],
)
def test_a_304_may_confirm_any_stored_response_that_has_its_validator(
    agent: str, first: Pairs, second: Pairs, confirmed: Pairs, said: tuple[str, str, str | None]
) -> None:
    """Firefox keeps one for each credentials mode: the newest was that of an image with credentials."""
    recording = Recording(agent=agent)
    recording.answer(ask(recording, "fetch", "GET", API, [ALL, *NO_CORS]), 200, [*first, *TAGGED])
    recording.request("image", [*second, *TAGGED])
    recording.request("r", [*confirmed, *TAGGED], ("If-None-Match", '"1"'), status="304")
    assert recording.said("r") == said
    judged = recording.last["r"]
    if said[1] == "likely":
        others = {"allowed", "blocked"} - {said[0]}
        assert {rulings(judged)["stored=earlier"].outcome.value} == others
        supposed = suppose_blocked(judged)
        assert supposed.facts.response is not None
        assert "access-control-allow-origin" not in supposed.facts.response.headers
    evidence = judged.entry.evidence["response"]
    assert evidence.certainty == ("likely" if judged.verdict.divided else "certain")


@pytest.mark.parametrize(
    ("agent", "said"),
    [(FIREFOX, ("allowed", "certain", None)), (CHROMIUM, ("blocked", "likely", "allow-origin-wildcard"))],
)
def test_a_304_confirms_what_was_stored_for_its_own_credentials_mode(
    agent: str, said: tuple[str, str, str | None]
) -> None:
    """Firefox ESR 153 keeps the two apart in its cache, Chromium 156 does not."""
    recording = Recording(agent=agent)
    cookie = ("Cookie", "id=1")
    recording.request("first", [*GRANTED, *TAGGED], cookie)
    recording.request("other", [*STAR, *TAGGED])
    recording.request("r", TAGGED, cookie, ("If-None-Match", '"1"'), status="304")
    assert recording.said("r") == said


def test_of_many_stored_responses_one_that_ends_otherwise_is_a_branch_and_no_two_branches_have_one_name() -> None:
    recording = Recording(agent=FIREFOX)
    others: list[Pairs] = [STAR, [("Access-Control-Allow-Origin", "https://b.test")], []]
    for number, answer in enumerate([*others, GRANTED]):
        recording.request(str(number), [*answer, *TAGGED], origin="https://b.test")
    recording.request("r", TAGGED, ("If-None-Match", '"1"'), status="304")
    assert recording.said("r") == ("allowed", "likely", None)
    judged = recording.last["r"]
    assert {name: ruling.rule for name, ruling in rulings(judged).items()} == {
        "stored=newest": None,
        "stored=earlier": "allow-origin-missing",
    }
    assert len(judged.verdict.branches) == 2


@pytest.mark.parametrize("agent", [CHROMIUM, WEBKIT])
@pytest.mark.parametrize(
    ("sent", "kind", "certainty"),
    [
        ([ALL, AT_HOME], "image/png", "likely"),
        ([ALL, AT_HOME], "text/csv", "likely"),
        ([ALL, AT_HOME], "application/json", "certain"),
        ([ALL, AT_HOME, ("X-A", "1")], "image/png", "certain"),
        ([ALL, AT_HOME, ("Range", "bytes=0-")], "image/png", "certain"),
        ([("Accept", "application/json"), AT_HOME], "image/png", "certain"),
    ],
)
def test_over_plain_http_a_script_at_home_looks_like_a_fetch_and_may_not_be_an_image(
    agent: str, sent: Pairs, kind: str, certainty: str
) -> None:
    """Firefox tells them apart: scripts have no Priority."""
    recording = Recording(agent=agent)
    asked = ask(recording, "r", "GET", "http://app.test/x", sent)
    recording.answer(asked, 200, [("Content-Type", kind)])
    assert recording.said("r") == ("not-cors", certainty, None)
    rules = {ruling.rule for ruling in rulings(recording.last["r"]).values()}
    assert rules == ({None, "mime-type-blocked"} if certainty == "likely" else {None})


@pytest.mark.parametrize(
    ("answer", "said"),
    [(STAR, ("allowed", "certain", None)), ([], ("blocked", "certain", "allow-origin-missing"))],
)
def test_chromium_takes_an_empty_location_for_no_redirect(answer: Pairs, said: tuple[str, str, str | None]) -> None:
    recording = Recording(agent=CHROMIUM)
    recording.embed()
    recording.request("r", [*answer, ("Location", "")], status="308")
    assert recording.said("r") == said
    assert recording.last["r"].entry.role == "request"


# -- what a service worker passes on -----------------------------------------------------------------------------------

OWN = f"{PAGE}/x"
HTML: Pairs = [("Content-Type", "text/html")]


def load(recording: Recording, *, service: bool) -> None:
    """A page is loaded, and perhaps a service worker of it."""
    recording.page(f"{PAGE}/")
    if service:
        asked: Pairs = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Dest", "serviceworker"), REFERER]
        script = recording.ask("sw", "GET", f"{PAGE}/sw.js", [*asked, ("Sec-Fetch-Site", "same-origin")])
        recording.answer(script, 200, [("Content-Type", "text/javascript")])


def of_own(mode: str, *more: tuple[str, str]) -> Pairs:
    return [*more, REFERER, ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin")]


@pytest.mark.parametrize(
    ("agent", "sent", "outcome"),
    [
        # A classic worker's script may have any type in Chromium, a module worker's may not.
        (CHROMIUM, of_own("same-origin", ALL), "not-cors"),
        (FIREFOX, of_own("same-origin", ALL), "blocked"),
        (WEBKIT, of_own("same-origin", ALL), "blocked"),
        (CHROMIUM, of_own("cors", ("Origin", PAGE), ALL), "blocked"),
        (FIREFOX, of_own("cors", ALL), "not-cors"),
        (CHROMIUM, of_own("no-cors", ("Accept", "text/css,*/*;q=0.1")), "blocked"),
        (CHROMIUM, of_own("cors", ("Origin", PAGE), ("Accept", "application/json,*/*;q=0.5")), "blocked"),
    ],
)
def test_what_a_service_worker_passes_on_may_be_used_as_what_needs_a_type(
    agent: str, sent: Pairs, outcome: str
) -> None:
    """A worker's script, a module, a style sheet, a JSON module: the request says `empty` of each, in all three."""
    for service, said in ((False, ("not-cors", "certain")), (True, (outcome, "likely"))):
        recording = Recording(agent=agent)
        load(recording, service=service)
        recording.answer(ask(recording, "r", "GET", OWN, sent), 200, HTML)
        assert recording.said("r")[:2] == said


@pytest.mark.parametrize(
    ("method", "sent"),
    [
        # fetch() and XMLHttpRequest: no Origin at home, and another order elsewhere.
        ("GET", of_own("cors", ALL)),
        ("GET", of_own("cors", ALL, ("Origin", PAGE))),
        ("GET", of_own("cors", ("Origin", PAGE), ("Accept", "application/json"))),
        ("GET", of_own("cors", ("Origin", PAGE), ALL, ("X-A", "1"))),
        ("POST", of_own("cors", ("Origin", PAGE), ALL)),
    ],
)
def test_a_fetch_of_a_page_with_a_service_worker_is_told_by_its_own_headers(method: str, sent: Pairs) -> None:
    recording = Recording(agent=CHROMIUM)
    load(recording, service=True)
    recording.answer(ask(recording, "r", method, OWN, sent), 200, HTML)
    assert recording.said("r")[:2] == ("not-cors", "certain")


def test_a_page_that_asks_for_a_script_by_itself_has_none_passed_on_until_it_is_loaded_anew() -> None:
    recording = Recording(agent=FIREFOX)
    load(recording, service=True)
    script: Pairs = [ALL, REFERER, *CORS[:1], ("Sec-Fetch-Dest", "script"), ("Sec-Fetch-Site", "same-origin")]
    recording.answer(
        ask(recording, "script", "GET", f"{PAGE}/s.js", script), 200, [("Content-Type", "text/javascript")]
    )
    recording.answer(ask(recording, "r", "GET", OWN, of_own("cors", ALL)), 200, HTML)
    assert recording.said("r")[:2] == ("not-cors", "certain")
    recording.page(f"{PAGE}/")
    recording.answer(ask(recording, "again", "GET", OWN, of_own("cors", ALL)), 200, HTML)
    assert recording.said("again")[:2] == ("not-cors", "likely")


def test_a_post_that_names_no_page_may_be_one_of_its_own_servers() -> None:
    """Firefox's beacon of a page with the policy no-referrer, over plain http: its Origin is null at home too."""
    sent: Pairs = [("Origin", "null"), ("Content-Type", "text/plain;charset=UTF-8")]
    answer: Pairs = [("Cross-Origin-Resource-Policy", "same-origin"), ("Content-Type", "text/html")]
    facts = facts_of(sent, answer, agent=FIREFOX, method="POST", url="http://api.test/")
    assert facts.distance is None


@pytest.mark.parametrize(("priority", "certainty"), [([("Priority", "u=4")], "certain"), ([], "likely")])
def test_firefox_tells_a_fetch_at_home_by_its_priority(priority: Pairs, certainty: str) -> None:
    recording = Recording(agent=FIREFOX)
    asked = ask(recording, "r", "GET", "http://app.test/x", [ALL, AT_HOME, *priority])
    recording.answer(asked, 200, [("Content-Type", "image/png")])
    assert recording.said("r") == ("not-cors", certainty, None)
