"""The facts of an exchange, put together: what each is taken from, and where it stays unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request, Told, Word
from corsight.policies.facts import Facts
from corsight.policies.fetch.origin import Distance
from corsight.policies.session.clients import Client
from corsight.policies.session.gather import may_embed
from tests.policies.session.test_browser import ALLOW, API, BY_XHR, CHROMIUM, CORS, FIREFOX, PAGE, Pairs, Recording

COEP = ("Cross-Origin-Embedder-Policy", "require-corp")
CORP = ("Cross-Origin-Resource-Policy", "cross-origin")
AWAY: Pairs = [("Location", "http://cdn.test/there")]


def facts_of(
    headers: Pairs,
    answer: Pairs,
    *,
    status: int = 200,
    agent: str = CHROMIUM,
    page: bool = False,
    method: str = "GET",
    url: str = API,
) -> Facts:
    recording = Recording(agent=agent)
    if page:
        recording.page(f"{PAGE}/")
    return recording.answer(recording.ask("r", method, url, headers), status, answer).facts


def element(destination: str, *more: tuple[str, str], mode: str = "no-cors") -> Pairs:
    sent = [("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination), ("Sec-Fetch-Site", "cross-site")]
    return [*sent, ("Referer", f"{PAGE}/"), *more]


@pytest.mark.parametrize(
    ("destination", "more", "credentials"),
    [
        ("image", (), "include"),
        ("script", (), "include"),
        # A fetch() in mode no-cors says `omit` as it likes.
        ("empty", (), "not-include"),
        ("empty", (("Cookie", "id=1"),), "include"),
        ("empty", (("Sec-Fetch-Storage-Access", "active"),), "include"),
    ],
)
def test_elements_ask_with_credentials(destination: str, more: tuple[tuple[str, str], ...], credentials: str) -> None:
    assert facts_of(element(destination, *more), []).credentials == credentials


@pytest.mark.parametrize(("more", "credentials"), [((), "not-include"), ((("Cookie", "id=1"),), "include")])
def test_under_credentialless_elements_ask_without(more: tuple[tuple[str, str], ...], credentials: str) -> None:
    """HTML, "credentialless": no-cors requests to other origins leave without; Chromium and Firefox alike."""
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/", ("Cross-Origin-Embedder-Policy", "credentialless"))
    judged = recording.answer(recording.ask("r", "GET", API, element("image", *more)), 200, [])
    assert (judged.facts.credentials, judged.facts.embedder) == (credentials, "credentialless")


@pytest.mark.parametrize(("lost", "embedder"), [({"cookie"}, None), ({"authorization"}, "credentialless")])
def test_where_cookies_are_not_recorded_a_credentialless_page_may_be_none(lost: set[str], embedder: str | None) -> None:
    """DevTools leaves Cookie out of a sanitized HAR: that would tell a plain frame of the same origin."""
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/", ("Cross-Origin-Embedder-Policy", "credentialless"))
    exchange = recording.ask("r", "GET", API, element("image"))
    judged = recording.answer(replace(exchange, told=Told(lost=frozenset(lost))), 200, [])
    assert judged.facts.embedder == embedder


@pytest.mark.parametrize(
    ("headers", "page", "secure", "likelier"),
    [
        # The Referer may be a style sheet's: unless the page itself was seen, whose page it is stays open.
        (element("image"), False, None, True),
        (element("style"), False, None, True),
        (element("image"), True, True, True),
        # No style sheet asks for a script, and one that asks with CORS says whose page it is.
        (element("script"), False, True, True),
        (element("image", ("Origin", PAGE), mode="cors"), False, True, True),
        (element("image", ("Origin", "http://app.test"), mode="cors"), False, False, False),
    ],
)
def test_whether_a_redirects_page_is_secure(headers: Pairs, page: bool, secure: bool | None, likelier: bool) -> None:
    facts = facts_of(headers, AWAY, status=302, page=page)
    assert (facts.secure, facts.likelier_secure) == (secure, likelier)


@pytest.mark.parametrize(
    ("url", "secure"),
    [
        ("http://api.other.test/a", False),
        ("https://api.other.test/a", None),
        ("http://localhost:3000/a", None),
        ("http://192.168.1.1/a", None),
        ("http://printer.local/a", None),
    ],
)
def test_no_secure_page_asks_for_what_is_redirected_from_plain_http(url: str, secure: bool | None) -> None:
    recording = Recording(agent=CHROMIUM)
    exchange = recording.ask("r", "GET", url, [("Accept", "*/*")])
    judged = recording.answer(exchange, 302, [("Location", "http://next.other.test/")])
    assert judged.facts.secure is secure
    assert ("mixed-content" in {branch.ruling.rule for branch in judged.verdict.branches}) is (secure is None)


def test_what_leads_nowhere_asks_for_no_secure_page() -> None:
    assert facts_of(element("image"), []).secure is False


@pytest.mark.parametrize(("agent", "too"), [(CHROMIUM, "opaque"), ("curl/8.0", "opaque")])
def test_a_post_of_unknown_mode_may_be_a_forms(agent: str, too: str) -> None:
    asked = [("Origin", "http://app.test")]
    facts = facts_of(
        asked, [("Access-Control-Allow-Origin", "*")], agent=agent, method="POST", url="http://api.test/v1"
    )
    assert (facts.tainting, facts.tainting_too) == ("cors", too)


def test_a_browser_without_fetch_metadata_may_ask_others_and_say_no_page() -> None:
    """Safari before 16.4 and Firefox before 90, or what takes Sec-Fetch-* out on its way."""
    recording = Recording(agent=FIREFOX.replace("153.0", "88.0"))
    recording.answer(recording.ask("bare", "GET", API, []), 200, [("Cross-Origin-Resource-Policy", "same-origin")])
    assert recording.last["bare"].facts.tainting_too == "opaque"
    assert recording.said("bare") == ("not-cors", "likely", None)
    # Where such headers came, what has none of them is the browser's own.
    recording.page(PAGE + "/")
    recording.answer(recording.ask("own", "GET", API, []), 200, [("Cross-Origin-Resource-Policy", "same-origin")])
    assert recording.said("own") == ("not-cors", "certain", None)


def test_what_is_no_browser_and_says_no_page_is_asked_at_home() -> None:
    """curl has no page; a browser may have withheld it, over plain http."""
    assert facts_of([], [], agent="curl/8.0", url="http://api.test/v1").tainting_too is None
    assert facts_of([], [], agent=FIREFOX, url="http://api.test/v1").tainting_too == "opaque"


@pytest.mark.parametrize(
    ("told", "word", "xhr"),
    [
        (None, None, False),
        (Told(kind="xhr"), None, True),
        (Told(kind="fetch"), None, False),
        (None, Word(loaded=None, initiator="xhr"), True),
        (None, Word(loaded=None, initiator="fetch"), False),
    ],
)
def test_that_xmlhttprequest_asked_is_said_by_the_recording_or_the_browser(
    told: Told | None, word: Word | None, xhr: bool
) -> None:
    """Chromium's console texts name it, and a redirect with a user name passes for it alone."""
    recording = Recording(agent=CHROMIUM)
    exchange = replace(recording.ask("r", "GET", API, [("Origin", PAGE), *CORS]), told=told, word=word)
    assert recording.answer(exchange, 200, ALLOW).facts.xhr is xhr


FETCH: Pairs = [("Origin", PAGE), *CORS]
PRIORITY = ("Priority", "u=4")


@pytest.mark.parametrize(
    ("agent", "headers", "redirect"),
    [
        (CHROMIUM, FETCH, "unknown"),
        # Firefox from 132 on sends Priority with every request but those of XMLHttpRequest, which follows redirects.
        (FIREFOX, [*FETCH, PRIORITY], "unknown"),
        (FIREFOX, FETCH, "follow"),
        (FIREFOX, [FETCH[0], BY_XHR, *CORS], "follow"),
        # But a fetch() of a high priority has none either, and says its Referer before its Origin (ESR 153: 8 of 8
        # with `redirect: "manual"` were told as blocked for certain).
        (FIREFOX, [BY_XHR, *FETCH], "unknown"),
        (FIREFOX.replace("153.0", "132.0"), FETCH, "follow"),
        (FIREFOX.replace("153.0", "131.0"), FETCH, "unknown"),
        # Elements and EventSource follow, and what is no browser has no redirect mode.
        (CHROMIUM, element("image", ("Origin", PAGE), mode="cors"), "follow"),
        (CHROMIUM, [*FETCH, ("Accept", "text/event-stream")], "unknown"),
        ("curl/8.0", [("Origin", PAGE)], "follow"),
        ("my-app/1.0", FETCH, "unknown"),
    ],
)
def test_what_may_be_a_fetch_may_stay_where_it_is(agent: str, headers: Pairs, redirect: str) -> None:
    answer = [("Access-Control-Allow-Origin", "*"), ("Location", "/there")]
    assert facts_of(headers, answer, status=302, agent=agent).redirect == redirect


def test_what_was_led_on_once_is_led_on() -> None:
    recording = Recording(agent=CHROMIUM)
    answer = [("Access-Control-Allow-Origin", "*")]
    recording.request("r", [*answer, ("Location", "/next")], status="302")
    recording.request("next", [*answer, ("Location", "/last")], status="302", url="https://api.test/next")
    assert recording.last["next"].entry.fetch is recording.last["r"].entry.fetch
    assert recording.last["next"].facts.redirect == "follow"


BODY = ("Content-Type", "text/plain")


@pytest.mark.parametrize(
    ("sent", "answer", "tainting"),
    [
        ([BODY], [], "opaque"),
        # A beacon seldom has no body, and none has an Accept of its own; and this server speaks of CORS.
        ([], [], "cors"),
        ([BODY], [("Access-Control-Allow-Origin", "https://other.test")], "cors"),
    ],
)
def test_a_post_that_nothing_speaks_of_cors_to_is_likelier_a_beacon(sent: Pairs, answer: Pairs, tainting: str) -> None:
    facts = facts_of([("Origin", "http://app.test"), *sent], answer, method="POST", url="http://api.test/v1")
    assert facts.tainting == tainting
    assert facts.tainting_too == ("cors" if tainting == "opaque" else "opaque")


def test_of_several_policies_the_newest_documents_is_the_likelier() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/")
    recording.page(f"{PAGE}/isolated", ("Cross-Origin-Embedder-Policy", "require-corp"))
    facts = recording.answer(recording.ask("r", "GET", API, element("image")), 200, []).facts
    assert (facts.embedder, facts.likelier_embedder) == (None, "require-corp")
    alone = facts_of(element("image"), [], page=True)
    assert (alone.embedder, alone.likelier_embedder) == ("unsafe-none", "unsafe-none")


@pytest.mark.parametrize(
    ("status", "method", "more", "loops"),
    [
        (301, "GET", (), True),
        (308, "GET", (), True),
        (302, "GET", (), False),
        (307, "GET", (), False),
        (301, "HEAD", (), False),
        (301, "GET", (("Cache-Control", "max-age=9"),), False),
        (301, "GET", (("Expires", "0"),), False),
        (308, "GET", (("Vary", "Origin"),), False),
    ],
)
def test_chromium_follows_a_permanent_redirect_to_itself_to_its_end(
    status: int, method: str, more: tuple[tuple[str, str], ...], loops: bool
) -> None:
    """Its cache answers all but the first: RFC 9111, section 4.2.2, lets it keep what nothing bounds."""
    answer = [("Access-Control-Allow-Origin", "*"), ("Location", API), *more]
    facts = facts_of([("Origin", PAGE), *CORS], answer, status=status, method=method)
    assert len(facts.chain) == (20 if loops else 0)


@pytest.mark.parametrize("site", ["same-origin", "same-site", "cross-site"])
def test_how_far_a_resource_is_that_a_style_sheet_asked_for_is_said_by_the_browser(site: Distance) -> None:
    """Its Referer is the style sheet's; Sec-Fetch-Site is of the page."""
    headers = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", site)]
    facts = facts_of(headers, [], page=True)
    assert facts.likelier_distance == site
    assert facts.distance == ("cross-site" if site == "same-origin" else site)


def test_what_federated_login_asks_for_is_the_browsers_own() -> None:
    """FedCM in Chromium 156: its JSON without CORS was told as blocked by opaque response blocking, for certain."""
    answer: Pairs = [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")]
    recording = Recording(agent=CHROMIUM)
    asked = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "webidentity"), ("Sec-Fetch-Site", "cross-site")]
    recording.answer(recording.ask("config", "GET", "https://idp.test/config.json", asked), 200, answer)
    assert recording.said("config") == ("not-cors", "certain", None)
    # The token is asked for with CORS.
    asked = [("Origin", PAGE), ("Sec-Fetch-Mode", "cors"), *asked[1:]]
    recording.answer(recording.ask("token", "POST", "https://idp.test/token", asked), 200, answer)
    assert recording.said("token") == ("blocked", "certain", "allow-origin-missing")


@pytest.mark.parametrize(
    ("destination", "said"),
    [
        ("serviceworker", ("blocked", "certain", "redirect-refused")),
        ("worker", ("not-cors", "certain", None)),
    ],
)
def test_a_service_worker_follows_no_redirect(destination: str, said: tuple[str, str, str | None]) -> None:
    """Chromium 156, Firefox ESR 153 and WebKitGTK 2.50.6 refuse to register it; a worker's script may be moved."""
    recording = Recording(agent=FIREFOX)
    asked = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Dest", destination), ("Sec-Fetch-Site", "same-origin")]
    recording.answer(recording.ask("r", "GET", f"{PAGE}/sw.js", asked), 302, [("Location", "/build/sw.js")])
    assert recording.said("r") == said


def test_the_page_of_what_a_foreign_style_sheet_asks_for_is_one_of_those_that_were_seen() -> None:
    """Chromium 156: the Referer is the style sheet's, of which no page was seen; 15 of 231 were only likely."""
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/")
    image: Pairs = [("Content-Type", "image/png")]
    asked = [*element("image")[:3], ("Referer", "https://cdn.test/")]
    recording.answer(recording.ask("before", "GET", API, asked), 200, image, "media")
    assert recording.said("before") == ("opaque", "likely", None)
    recording.answer(
        recording.ask("sheet", "GET", "https://cdn.test/a.css", element("style")), 200, [("Content-Type", "text/css")]
    )
    recording.answer(recording.ask("after", "GET", API, asked), 200, image, "media")
    assert recording.said("after") == ("opaque", "certain", None)
    # A page of the style sheet's origin may have asked as well.
    recording.page("https://cdn.test/frame", ("Cross-Origin-Embedder-Policy", "require-corp"))
    recording.answer(recording.ask("framed", "GET", API, asked), 200, image, "media")
    assert recording.said("framed") == ("blocked", "certain", "corp-required-by-coep")


def test_what_a_workers_module_imports_is_no_worker() -> None:
    """Firefox ESR 153 gives it the worker's own destination, with mode cors: no embedder policy is asked of it."""
    recording = Recording(agent=FIREFOX)
    recording.page(f"{PAGE}/", ("Cross-Origin-Embedder-Policy", "require-corp"))
    asked = [("Sec-Fetch-Dest", "worker"), ("Sec-Fetch-Site", "same-origin"), ("Referer", f"{PAGE}/")]
    script: Pairs = [("Content-Type", "text/javascript")]
    imported = recording.ask("imported", "GET", f"{PAGE}/lib.js", [("Sec-Fetch-Mode", "cors"), *asked])
    recording.answer(imported, 200, script)
    assert recording.said("imported") == ("not-cors", "certain", None)
    worker = recording.ask("worker", "GET", f"{PAGE}/worker.js", [("Sec-Fetch-Mode", "same-origin"), *asked])
    recording.answer(worker, 200, script)
    assert recording.said("worker") == ("blocked", "certain", "worker-needs-coep")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param((), ("blocked", "likely", "corp-required-by-coep"), id="neither"),
        pytest.param((CORP,), ("blocked", "likely", "worker-needs-coep"), id="no policy of its own"),
        pytest.param((COEP,), ("blocked", "likely", "corp-required-by-coep"), id="not for others to embed"),
        pytest.param((CORP, COEP), ("not-cors", "certain", None), id="both"),
    ],
)
def test_a_frame_on_a_page_with_an_embedder_policy_needs_one_too(
    answer: tuple[tuple[str, str], ...], said: tuple[str, str, str | None]
) -> None:
    """Chromium 156: told as not-cors, certain. An iframe that says `credentialless` is held to nothing."""
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/", COEP)
    asked = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "cross-site")]
    frame = recording.ask("frame", "GET", "https://other.test/", [*asked, ("Referer", f"{PAGE}/")])
    recording.answer(frame, 200, [("Content-Type", "text/html"), *answer])
    assert recording.said("frame") == said


def test_a_frame_on_a_page_without_an_embedder_policy_needs_none() -> None:
    """Nor does Cross-Origin-Resource-Policy keep it from there."""
    recording = Recording(agent=CHROMIUM)
    recording.page("https://isolated.test/", COEP)
    recording.page(f"{PAGE}/")
    asked = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "cross-site")]
    frame = recording.ask("frame", "GET", "https://other.test/", [*asked, ("Referer", f"{PAGE}/")])
    recording.answer(frame, 200, [("Cross-Origin-Resource-Policy", "same-origin")])
    assert recording.said("frame") == ("not-cors", "certain", None)


def test_a_redirect_at_home_may_be_refused_by_the_page_until_it_is_followed() -> None:
    """`redirect: "error"` is told by nothing, and fails."""
    recording = Recording(agent=CHROMIUM)
    asked = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin")]
    recording.answer(recording.ask("r", "GET", f"{PAGE}/a", asked), 302, [("Location", "/b")])
    assert recording.said("r") == ("not-cors", "likely", None)
    recording.answer(recording.ask("s", "GET", f"{PAGE}/b", asked), 200, [])
    assert recording.said("r") == ("not-cors", "certain", None)


@pytest.mark.parametrize(
    ("client", "may"),
    [
        (Client("chromium", 82), False),
        (Client("chromium", 83), True),
        (Client("firefox", 78), False),
        (Client("firefox", 79), True),
        (Client("webkit", 14), False),
        (Client("webkit", 15), True),
        (Client("webkit"), True),
        (Client("standard", 1), True),
    ],
)
def test_from_which_version_on_a_browser_knows_embedder_policies(client: Client, may: bool) -> None:
    assert may_embed(client) is may


FRAME: Pairs = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")]


def isolated_page() -> Recording:
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/", COEP)
    return recording


def test_the_redirect_of_a_frame_is_held_against_the_embedder_policy_of_its_page() -> None:
    """web-platform-tests, require-corp.https.html, in Chromium 156: told as not-cors, certain."""
    recording = isolated_page()
    asked = [*FRAME, ("Sec-Fetch-Site", "cross-site"), ("Referer", f"{PAGE}/")]
    away: Pairs = [("Location", f"{PAGE}/there")]
    recording.answer(recording.ask("bare", "GET", API, asked), 302, away)
    assert recording.said("bare") == ("blocked", "likely", "corp-required-by-coep")
    recording.answer(recording.ask("said", "GET", f"{API}/said", asked), 302, [*away, CORP])
    assert recording.said("said") == ("not-cors", "certain", None)


def test_a_frame_that_navigates_itself_is_held_against_the_page_around_it() -> None:
    """web-platform-tests, require-corp.https.html, in Chromium 156: it asks for its own origin, as far as it tells, and
    its page is another; told as not-cors, certain.
    """
    recording = isolated_page()
    asked = [*FRAME, ("Sec-Fetch-Site", "cross-site"), ("Referer", f"{PAGE}/")]
    recording.answer(recording.ask("frame", "GET", f"{API}/frame", asked), 200, [COEP, CORP])
    asked = [*FRAME, ("Sec-Fetch-Site", "same-origin"), ("Referer", f"{API}/frame")]
    recording.answer(recording.ask("itself", "GET", f"{API}/next", asked), 200, [COEP])
    assert recording.said("itself") == ("not-cors", "likely", None)
    # What the page asks for, it asks for its own frames.
    asked = [*FRAME, ("Sec-Fetch-Site", "same-origin"), ("Referer", f"{PAGE}/index.html")]
    recording.page(f"{PAGE}/index.html", COEP)
    recording.answer(recording.ask("own", "GET", f"{PAGE}/own", asked), 200, [COEP])
    assert recording.said("own") == ("not-cors", "certain", None)


def test_data_that_is_asked_for_over_plain_http_while_a_worker_works_is_likely_fetched() -> None:
    """web-platform-tests, fetch/orb, in Chromium 156: a worker has no elements, and a fetch() gets an empty answer."""
    recording = Recording(agent=CHROMIUM)
    page: Pairs = [("Referer", "http://app.test/")]
    answer: Pairs = [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")]
    recording.page("http://app.test/")
    recording.answer(recording.ask("page", "GET", "http://api.test/v1", page), 200, answer)
    assert recording.said("page") == ("blocked", "likely", "opaque-response-blocked")
    asked = HeaderList.of(("Accept", "*/*"), ("User-Agent", CHROMIUM), *page)
    worker = Request("GET", "http://app.test/worker.js", asked, recording.now)
    recording.answer(Exchange("worker", "127.0.0.1", "c1", worker), 200, [])
    recording.answer(recording.ask("work", "GET", "http://api.test/v1", page), 200, answer)
    assert recording.said("work") == ("opaque", "likely", None)


@pytest.mark.parametrize(
    ("path", "said"), [("there", ("opaque", "certain", None)), (None, ("blocked", "likely", "mixed-content"))]
)
def test_a_redirected_image_may_be_one_that_is_not_upgraded(
    path: str | None, said: tuple[str, str, str | None]
) -> None:
    """web-platform-tests, mixed-content, in Chromium 156: a picture element's image was blocked, told as opaque,
    certain. https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm
    """
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/")
    recording.answer(recording.ask("r", "GET", API, element("image")), 302, AWAY)
    assert recording.said("r") == ("opaque", "likely", None)
    if path is not None:
        recording.answer(recording.ask("next", "GET", f"https://cdn.test/{path}", element("image")), 200, [])
    recording.wait(10)
    assert recording.said("r") == said


def test_a_frame_whose_document_asks_for_more_was_likely_let_in() -> None:
    """web-platform-tests, credentialless/iframe-coep-none.https.window.html: another page is around the frame."""
    recording = isolated_page()
    asked = [*FRAME, ("Sec-Fetch-Site", "cross-site"), ("Referer", f"{PAGE}/")]
    recording.answer(recording.ask("frame", "GET", f"{API}/frame", asked), 200, [])
    recording.answer(recording.ask("other", "GET", f"{API}/other", asked), 200, [])
    script = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "script"), ("Sec-Fetch-Site", "same-origin")]
    for name in ("first", "second"):
        own = [*script, ("Referer", f"{API}/frame")]
        recording.answer(recording.ask(name, "GET", f"{API}/{name}.js", own), 200, [])
    assert recording.said("frame") == ("not-cors", "likely", None)
    assert recording.because("frame", "sequel") == "a request came whose Referer is its URL, so a page was made of it"
    assert recording.said("other") == ("blocked", "likely", "corp-required-by-coep")


def test_what_follows_one_redirect_does_not_show_that_one_to_a_user_name_passed() -> None:
    """web-platform-tests, xhr/access-control-and-redirects-async.any.worker.html, in Chromium 156: both lead to one URL
    on the wire, and the second is blocked; it was told as allowed, certain.
    """
    recording = Recording(agent=CHROMIUM)
    asked: Pairs = [("Origin", "http://app.test"), ("Referer", "http://app.test/")]
    allow = ("Access-Control-Allow-Origin", "*")
    first = recording.ask("first", "GET", "http://api.test/1", asked)
    second = recording.ask("second", "GET", "http://api.test/2", asked, connection="c2")
    recording.answer(first, 302, [allow, ("Location", "http://api.test/there")])
    recording.answer(second, 302, [allow, ("Location", "http://name:word@api.test/there")])
    recording.answer(recording.ask("there", "GET", "http://api.test/there", asked), 200, [allow])
    recording.wait(10)
    assert recording.said("first")[:2] == ("allowed", "certain")
    assert recording.said("second")[0] == "blocked"
