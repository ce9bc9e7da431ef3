"""The facts of an exchange, put together: what each is taken from, and where it stays unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from corsight.policies.engines import ENGINES
from corsight.policies.exchange import Exchange, HeaderList, Request, Response, Told, Word
from corsight.policies.facts import Facts
from corsight.policies.fetch.origin import Distance
from corsight.policies.session.clients import Client
from corsight.policies.session.credentials import Credentials
from corsight.policies.session.documents import Documents
from corsight.policies.session.fetches import Entry
from corsight.policies.session.gather import find_tainting, find_target, gather_facts, may_embed
from tests.policies.session.entries import make_entry, make_exchange
from tests.policies.session.test_browser import (
    ALLOW,
    API,
    BY_XHR,
    CHROMIUM,
    CORS,
    FIREFOX,
    NO_CORS,
    PAGE,
    WEBKIT,
    Pairs,
    Recording,
)

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


@pytest.mark.parametrize(
    ("destination", "page", "target", "outcome"),
    [
        ("iframe", PAGE, "http://api.test/a", "blocked"),
        ("object", PAGE, "http://api.test/a", "blocked"),
        ("embed", PAGE, "http://api.test/a", "blocked"),
        ("iframe", PAGE, "https://api.test/b", "not-cors"),
        ("iframe", "http://app.test", "http://api.test/a", "not-cors"),
        ("document", PAGE, "http://api.test/a", "not-cors"),
    ],
)
def test_a_frame_of_a_secure_page_is_hardly_led_to_plain_http(
    destination: str, page: str, target: str, outcome: str
) -> None:
    """Chromium and Firefox blocked all of nine; another page may have led the frame there than the one around it."""
    headers = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", destination), ("Referer", f"{page}/")]
    recording = Recording(agent=CHROMIUM)
    judged = recording.answer(recording.ask("r", "GET", API, headers), 302, [("Location", target)])
    assert (judged.verdict.outcome, judged.verdict.certainty) == (
        outcome,
        "likely" if outcome == "blocked" else "certain",
    )


def test_a_frame_that_went_on_over_plain_http_was_let_through() -> None:
    """A browser may be told to allow a site insecure content."""
    always = [("Accept", "text/html"), ("Upgrade-Insecure-Requests", "1")]
    headers = [*always, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe"), ("Referer", f"{PAGE}/")]
    recording = Recording(agent=CHROMIUM)
    judged = recording.answer(recording.ask("r", "GET", API, headers), 302, [("Location", "http://api.test/a")])
    recording.answer(recording.ask("s", "GET", "http://api.test/a", always), 200, [])
    assert judged.entry.verdict is not None
    assert judged.entry.verdict.outcome == "not-cors"


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


# -- one fact by itself ------------------------------------------------------------------------------------------------

CLIENTS = {
    "chromium": Client("chromium", 156),
    "firefox": Client("firefox", 153),
    "webkit": Client("webkit", 26),
    "none": Client("standard", None, False),
}


def gather(entry: Entry, client: str = "chromium", documents: Documents | None = None) -> Facts:
    """The facts of an exchange that was made by hand, in a browser that loaded these documents."""
    policy = ENGINES[CLIENTS[client].engine]
    credentials = Credentials(policy, 8, known=True)
    entry.tainting, entry.tainting_too = find_tainting(entry, tells_metadata=True)
    documents = Documents.of(policy, 8) if documents is None else documents
    return gather_facts(entry, CLIENTS[client], policy, None, credentials, documents)


def served(*, through: str | None = PAGE) -> Documents:
    """What a browser knows once a service worker of a page's origin was loaded."""
    documents = Documents.of(ENGINES["chromium"], 8)
    if through is not None:
        documents.add_worker(f"{through}/sw.js", Response(200, HeaderList()), service=True)
    return documents


def home(mode: str, destination: str = "empty") -> Pairs:
    return [("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination), ("Sec-Fetch-Site", "same-origin")]


@pytest.mark.parametrize(
    ("headers", "how", "destinations"),
    [
        pytest.param([*home("same-origin"), ("Accept", "*/*")], {}, ("worker", "empty"), id="a worker's script"),
        pytest.param([*home("no-cors"), ("Accept", "*/*")], {}, ("script", "empty"), id="a script"),
        pytest.param([*home("cors"), ("Accept", "text/css,*/*")], {}, ("style", "empty"), id="a style sheet"),
        pytest.param([*home("cors"), ("Accept", "application/json,*/*;q=0.5")], {}, ("json", "empty"), id="JSON"),
        pytest.param([*home("cors"), ("Accept", "image/avif,*/*")], {}, (), id="an image"),
        pytest.param([("Origin", PAGE), *home("cors"), ("Accept", "*/*")], {}, ("script", "empty"), id="a module"),
        pytest.param([*home("cors"), ("Accept", "*/*"), ("Origin", PAGE)], {}, (), id="a fetch() that says its origin"),
        pytest.param([*home("cors"), ("Accept", "*/*")], {}, (), id="a fetch()"),
        pytest.param([*home("no-cors"), ("Accept", "*/*")], {"method": "POST"}, (), id="no GET"),
        pytest.param([*home("no-cors"), ("Accept", "*/*"), ("X-A", "1")], {}, (), id="with a header of the page's own"),
        pytest.param([*home("no-cors", "script"), ("Accept", "*/*")], {}, (), id="with its destination told"),
        pytest.param([*CORS[:1], *home("no-cors")[1:2], CORS[2], ("Accept", "*/*")], {"url": API}, (), id="away"),
    ],
)
def test_what_a_service_worker_may_have_passed_on(
    headers: Pairs, how: dict[str, Any], destinations: tuple[str, ...]
) -> None:
    """Chromium: what it passes on has an empty destination, and keeps the Accept and the mode of what was asked for."""
    exchange = make_exchange("r", *headers, **{"url": f"{PAGE}/a", "origin": None, "referrer": f"{PAGE}/", **how})
    assert gather(make_entry(exchange), documents=served()).destinations == destinations
    assert gather(make_entry(exchange), documents=served(through=None)).destinations == ()
    assert gather(make_entry(exchange), documents=served(through="https://b.test")).destinations == ()


def test_what_tells_no_mode_to_a_service_worker_of_another_engine_may_be_a_module() -> None:
    """Firefox and WebKit give modules and fetch() alike an Origin, or none."""
    exchange = make_exchange("r", *home("cors"), ("Accept", "*/*"), url=f"{PAGE}/a", origin=None, referrer=f"{PAGE}/")
    documents = served()
    assert gather(make_entry(exchange), "firefox", documents).destinations == ("empty", "script")
    assert gather(make_entry(exchange), "none", documents).destinations == ()


PLAIN_PAGE = "http://app.test"


@pytest.mark.parametrize(
    ("client", "content_type", "how", "destinations"),
    [
        pytest.param("chromium", "image/png", {}, ("empty", "script"), id="an image"),
        pytest.param("webkit", "text/csv", {}, ("empty", "script"), id="a table"),
        pytest.param("chromium", "text/html", {}, (), id="a page, which only nosniff would block"),
        pytest.param("chromium", "text/javascript", {}, (), id="a script"),
        pytest.param("chromium", "", {}, (), id="no type"),
        pytest.param("chromium", "font/woff2", {}, (), id="a font"),
        pytest.param("chromium", "audio/mpeg", {}, (), id="sound"),
        pytest.param("chromium", "video/mp4", {}, (), id="a film"),
        pytest.param("chromium", "text/vtt", {}, (), id="subtitles"),
        pytest.param("firefox", "text/csv", {}, (), id="Firefox tells them apart"),
        pytest.param("none", "text/csv", {}, (), id="no browser"),
        pytest.param("chromium", "text/csv", {"method": "POST"}, (), id="a POST"),
        pytest.param("chromium", "text/csv", {"more": [("X-A", "1")]}, (), id="a header of the page's own"),
        pytest.param("chromium", "text/csv", {"more": [("Accept", "a/b")]}, (), id="another Accept"),
        pytest.param("chromium", "text/csv", {"more": [("Range", "bytes=0-")]}, (), id="a part"),
        pytest.param("chromium", "text/csv", {"url": "http://b.test/"}, (), id="away"),
        pytest.param("chromium", "text/csv", {"role": "redirect"}, (), id="a redirect"),
    ],
)
def test_what_is_asked_for_at_home_over_plain_http_may_be_a_script(
    client: str, content_type: str, how: dict[str, Any], destinations: tuple[str, ...]
) -> None:
    """There a classic script has the headers of a fetch(), but for Firefox; and its type would block it."""
    asked, role = dict(how), how.get("role", "request")
    asked.pop("role", None)
    more = asked.pop("more", [])
    accept = [] if any(name == "Accept" for name, _ in more) else [("Accept", "*/*")]
    asked = {"url": f"{PLAIN_PAGE}/a", "origin": None, "referrer": f"{PLAIN_PAGE}/", **asked}
    exchange = make_exchange("r", *accept, *more, **asked)
    entry = make_entry(exchange, ("Content-Type", content_type), role=role)
    assert gather(entry, client).destinations == destinations


@pytest.mark.parametrize(
    ("client", "headers", "how", "redirect"),
    [
        pytest.param("chromium", CORS, {}, "unknown", id="a fetch()"),
        pytest.param("none", CORS, {}, "follow", id="no browser"),
        pytest.param("chromium", home("same-origin"), {"url": f"{PAGE}/a"}, "unknown", id="a fetch() at home"),
        pytest.param("chromium", NO_CORS, {}, "follow", id="without CORS: it may not stay"),
        pytest.param("chromium", [*CORS[:1], ("Sec-Fetch-Dest", "image"), CORS[2]], {}, "follow", id="an element"),
        pytest.param("chromium", [*CORS, ("Accept", "text/event-stream")], {}, "follow", id="an EventSource"),
        pytest.param("firefox", CORS, {}, "follow", id="XMLHttpRequest in Firefox"),
        pytest.param("firefox", [*CORS, PRIORITY], {}, "unknown", id="a fetch() in Firefox"),
        pytest.param("webkit", CORS, {}, "unknown", id="either in WebKit"),
        pytest.param("chromium", CORS, {"index": 1}, "follow", id="what was led on before"),
        pytest.param("chromium", CORS, {"to": None}, "unknown", id="a redirect to nowhere"),
        pytest.param("chromium", CORS, {"to": None, "status": 200}, "follow", id="no redirect"),
        pytest.param(
            "chromium", home("same-origin", "serviceworker"), {"url": f"{PAGE}/a"}, "error", id="a service worker"
        ),
    ],
)
def test_which_redirect_modes_a_request_may_have(
    client: str, headers: Pairs, how: dict[str, Any], redirect: str
) -> None:
    to = how.get("to", "/there")
    exchange = make_exchange("r", *headers, url=how.get("url", API))
    answer = [] if to is None else [("Location", to)]
    role = "redirect" if to is not None else "request"
    entry = make_entry(exchange, *answer, status=how.get("status", 302), role=role)
    entry.index = how.get("index", 0)
    assert gather(entry, client).redirect == redirect


@pytest.mark.parametrize(
    ("site", "how", "distance"),
    [
        pytest.param("same-site", {}, "same-site", id="as it is told"),
        pytest.param(None, {}, "cross-site", id="as its page is, where nothing tells it"),
        pytest.param(None, {"referrer": None}, None, id="where neither tells it"),
        pytest.param("cross-site", {"url": "https://api.app.example/"}, None, id="farther than its page is"),
        pytest.param(
            "cross-site", {"url": "https://api.app.example/", "dest": "image"}, "cross-site", id="a style sheet's"
        ),
        pytest.param(
            "cross-site", {"url": "https://api.app.example/", "origin": "null"}, "cross-site", id="a sandbox's"
        ),
        pytest.param("same-site", {"index": 1}, "cross-site", id="behind a redirect its last URL counts"),
    ],
)
def test_how_far_a_resource_is_from_its_page(site: str | None, how: dict[str, Any], distance: str | None) -> None:
    """Sec-Fetch-Site speaks of the whole chain, Cross-Origin-Resource-Policy of the last URL alone."""
    told = [] if site is None else [("Sec-Fetch-Site", site)]
    headers = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", how.get("dest", "script")), *told]
    exchange = make_exchange(
        "r", *headers, url=how.get("url", API), origin=how.get("origin"), referrer=how.get("referrer", f"{PAGE}/")
    )
    entry = make_entry(exchange)
    entry.index = how.get("index", 0)
    facts = gather(entry)
    assert facts.distance == distance
    assert facts.likelier_distance == (site or "cross-site")


@pytest.mark.parametrize(
    ("kind", "credentials"),
    [("image", "include"), ("script", "include"), ("empty", "not-include"), ("manifest", "not-include")],
)
@pytest.mark.parametrize("cookie", [False, True])
@pytest.mark.parametrize("bare", [False, True])
def test_what_asks_without_cors_has_credentials_by_what_it_is(
    kind: str, credentials: str, cookie: bool, bare: bool
) -> None:
    """HTML: elements ask so with "include"; a page that is `credentialless` asks others without."""
    documents = Documents.of(ENGINES["chromium"], 8)
    policy = "credentialless" if bare else "unsafe-none"
    documents.add(f"{PAGE}/", Response(200, HeaderList.of(("Cross-Origin-Embedder-Policy", policy))), top=True)
    more = [("Cookie", "a=1")] if cookie else []
    facts = gather(make_entry(make_exchange("r", *element(kind), *more, origin=None)), documents=documents)
    assert facts.credentials == ("include" if cookie else "not-include" if bare else credentials)
    assert facts.embedder == policy


@pytest.mark.parametrize(
    ("status", "location", "target"),
    [
        (302, "/there", "https://api.test/there"),
        (302, "https://u@/:", ""),
        (302, "http://[", ""),
        (302, None, None),
        (200, "/there", None),
        (304, "/there", None),
        (302, "", API),
    ],
)
def test_where_a_response_leads(status: int, location: str | None, target: str | None) -> None:
    """https://fetch.spec.whatwg.org/#concept-response-location-url"""
    answer = HeaderList.of(*([] if location is None else [("Location", location)]))
    assert find_target(Response(status, answer), API, ENGINES["standard"]) == target
    assert find_target(None, API, ENGINES["standard"]) is None


@pytest.mark.parametrize(("status", "target"), [(302, ""), (200, None)])
def test_an_empty_location_leads_webkit_nowhere(status: int, target: str | None) -> None:
    response = Response(status, HeaderList.of(("Location", "")))
    assert ENGINES["webkit"].empty_location == "fails"
    assert find_target(response, API, ENGINES["webkit"]) == target


@pytest.mark.parametrize(
    ("headers", "answer", "include", "tainting"),
    [
        pytest.param([BODY], [], None, "opaque", id="nothing speaks of CORS"),
        pytest.param([BODY], [("Access-Control-Allow-Origin", "*")], None, "cors", id="the server does"),
        pytest.param([BODY], [], False, "cors", id="it has no credentials, as every beacon has"),
        pytest.param([BODY], [], True, "opaque", id="it has credentials"),
        pytest.param([], [], None, "cors", id="it has no body"),
        pytest.param([BODY, ("Accept", "a/b")], [], None, "cors", id="it has an Accept of its page's"),
    ],
)
def test_whether_a_post_of_unknown_mode_is_likelier_a_beacon(
    headers: Pairs, answer: Pairs, include: bool | None, tainting: str
) -> None:
    accept = [] if any(name == "Accept" for name, _ in headers) else [("Accept", "*/*")]
    exchange = make_exchange("r", *accept, *headers, method="POST", url="http://api.test/v1", origin=PLAIN_PAGE)
    entry = make_entry(exchange, *answer)
    entry.fetch.include = include
    assert gather(entry).tainting == tainting
    assert gather(make_entry(exchange, after=None)).tainting == "cors"


@pytest.mark.parametrize(("destination", "embedder"), [("image", "require-corp"), ("script", None)])
def test_only_what_a_style_sheet_may_ask_for_has_a_style_sheets_referer(destination: str, embedder: str | None) -> None:
    """Of a script whose Referer is the style sheet's server no page was seen."""
    documents = Documents.of(ENGINES["chromium"], 8)
    policy = HeaderList.of(("Cross-Origin-Embedder-Policy", "require-corp"))
    documents.add(f"{PAGE}/", Response(200, policy), top=True)
    documents.add_sheet("https://cdn.test/a.css")
    asked = [*element(destination)[:3]]
    exchange = make_exchange("r", *asked, origin=None, referrer="https://cdn.test/a.css")
    assert gather(make_entry(exchange), documents=documents).embedder == embedder


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


@pytest.mark.parametrize(
    ("agent", "policy", "own", "certainty"),
    [
        pytest.param(WEBKIT, COEP, (), "likely", id="its own says nothing"),
        pytest.param(WEBKIT, COEP, (CORP,), "certain", id="its own allows it"),
        pytest.param(WEBKIT, ("X", "1"), (), "certain", id="no embedder policy"),
    ],
)
def test_webkit_may_hold_a_304_itself_against_the_embedder_policy(
    agent: str, policy: tuple[str, str], own: tuple[tuple[str, str], ...], certainty: str
) -> None:
    """web-platform-tests, require-corp-revalidated-images: WebKitGTK 2.50.6 blocked it, told as opaque, certain."""
    recording = Recording(agent=agent)
    recording.page(f"{PAGE}/", policy)
    image: Pairs = [("Content-Type", "image/png"), ("ETag", "x"), CORP]
    recording.answer(recording.ask("first", "GET", API, element("image")), 200, image, "media")
    asked = recording.ask("again", "GET", API, element("image", ("If-None-Match", "x")))
    recording.answer(asked, 304, [*own])
    assert recording.said("first") == ("opaque", "certain", None)
    assert recording.said("again") == ("opaque", certainty, None)


def test_what_a_service_worker_asks_for_by_itself_is_likely_no_script() -> None:
    """web-platform-tests, require-corp-load-from-cache-storage: Firefox ESR 153 loaded 12 of 12, told as blocked."""
    recording = Recording(agent=FIREFOX)
    recording.page(f"{PAGE}/")
    worker: Pairs = [
        *(("Sec-Fetch-Dest", "serviceworker"), ("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Site", "same-origin")),
        ("Referer", f"{PAGE}/"),
    ]
    recording.answer(
        recording.ask("worker", "GET", f"{PAGE}/sw.js", worker), 200, [("Content-Type", "text/javascript")]
    )
    for name, referrer in (("passed on", f"{PAGE}/"), ("its own", f"{PAGE}/sw.js")):
        asked = recording.ask(name, "GET", f"{PAGE}/a.png", [*home("no-cors"), ("Referer", referrer)])
        recording.answer(asked, 200, [("Content-Type", "image/png")])
    assert recording.said("passed on") == ("blocked", "likely", "mime-type-blocked")
    assert recording.said("its own") == ("not-cors", "likely", None)
