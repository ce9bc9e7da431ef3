"""The memory of all clients: whose browser an exchange is, and what is asked of it from outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corsight.policies.evidence import Reason
from corsight.policies.exchange import Exchange, HeaderList, Response, Told, Word
from corsight.policies.session import Session
from corsight.policies.session.memory import GIANT
from corsight.policies.session.sequels import PATIENCE
from corsight.policies.verdict import EngineName
from corsight.scripts.dev.cpu import count_steps
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

REFUSED = Word(loaded=False, error="WildcardOriginNotAllowed")
HOME: Pairs = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin")]


def respond(exchange: Exchange, status: int, *headers: tuple[str, str]) -> Exchange:
    return replace(exchange, response=Response(status, HeaderList.of(*headers), exchange.request.started + 0.01))


@pytest.mark.parametrize(("engine", "decides"), [(None, "chromium"), ("firefox", "firefox"), ("standard", "standard")])
def test_an_engine_that_is_given_decides_for_every_client(engine: EngineName | None, decides: str) -> None:
    recording = Recording(agent=CHROMIUM, session=Session(engine))
    assert recording.request("r", ALLOW).verdict.engine == decides


def test_what_is_under_way_is_seen_before_it_is_judged_and_leaves_no_trace() -> None:
    recording = Recording(agent=CHROMIUM)
    exchange = recording.ask("r", "GET", API, [("Origin", PAGE), *CORS])
    assert recording.session.preview(exchange) is None
    preview = recording.session.preview(respond(exchange, 302, ("Location", "/there"), *STAR))
    assert preview is not None
    facts, engine = preview
    assert (facts.role, facts.target, engine) == ("redirect", "https://api.test/there", "chromium")
    judged = recording.answer(exchange, 200, ALLOW)
    assert (judged.entry.role, judged.verdict.outcome.value) == ("request", "allowed")
    assert recording.session.preview(respond(exchange, 200, *ALLOW)) is None


def test_a_preview_is_of_what_cors_has_a_say_in() -> None:
    recording = Recording(agent=CHROMIUM)
    home = recording.ask("home", "GET", f"{PAGE}/data", HOME)
    assert recording.session.preview(respond(home, 200)) is None
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
    preview = recording.session.preview(respond(recording.ask("p", "OPTIONS", API, asked), 302, ("Location", "/")))
    assert preview is not None
    assert preview[0].role == "preflight"


def test_a_preview_of_a_304_is_of_the_response_it_confirms() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.request("first", [*ALLOW, ("ETag", '"1"')])
    asked = [("Origin", PAGE), *CORS, ("If-None-Match", '"1"')]
    preview = recording.session.preview(respond(recording.ask("again", "GET", API, asked), 304))
    assert preview is not None
    response = preview[0].response
    assert response is not None
    assert response.headers.get("access-control-allow-origin") == PAGE


@pytest.mark.parametrize("seen_before", [True, False])
def test_a_session_attends_to_browsers_that_it_has_seen_and_to_those_that_come(seen_before: bool) -> None:
    """`corsight browse` starts its browser after the proxy, and a second window may have been there before."""
    recording = Recording(agent=FIREFOX)
    if seen_before:
        recording.request("before", STAR)
    recording.session.attend()
    recording.request("r", STAR)
    assert recording.said("r")[0] == "allowed"
    recording._note(recording.session.heed("r", REFUSED))
    assert recording.said("r") == ("blocked", "certain", "allow-origin-wildcard")


def test_one_address_and_user_agent_is_one_browser() -> None:
    """A second User-Agent is another browser: a preflight of the one is none of the other's."""
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", STAR)
    recording.agent = FIREFOX
    recording.request("r", STAR, method="PUT", connection="c2")
    assert recording.last["p"].entry.fetch is not recording.last["r"].entry.fetch
    assert recording.last["r"].client.engine == "firefox"
    recording.agent = CHROMIUM
    recording.request("s", STAR, method="PUT", connection="c3")
    assert recording.last["p"].entry.fetch is recording.last["s"].entry.fetch


@pytest.mark.parametrize(("engine", "one"), [("chromium", True), (None, False)])
def test_a_recording_that_names_its_browser_holds_one_whatever_its_pages_make_up(engine: str | None, one: bool) -> None:
    """DevTools' device emulation and pages' own headers change the User-Agent; the HAR's creator does not change."""
    session, entries = Session(), []
    for number, agent in enumerate((CHROMIUM, "Made up/1.0")):
        recording = Recording(agent=agent, session=session, now=1000.0 + number)
        told = Told(engine=engine)  # type: ignore[arg-type]
        if number:
            exchange = recording.ask("draft", "PUT", API, [("Origin", PAGE), *CORS], connection="")
        else:
            asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
            exchange = recording.ask("draft", "OPTIONS", API, asked, connection="")
        exchange = replace(exchange, id=f"e{number}", told=told, connection="")
        [judged, *_] = session.observe(respond(exchange, 204, *STAR))
        entries.append(judged.entry)
    assert (entries[0].fetch is entries[1].fetch) is one


def test_a_client_without_user_agent_is_one_too() -> None:
    session = Session()
    recording = Recording(session=session)
    exchange = recording.ask("r", "GET", API, [("Origin", PAGE)])
    bare = replace(exchange, id="bare", connection="", request=replace(exchange.request, headers=HeaderList()))
    [judged, *_] = session.observe(respond(bare, 200))
    assert not judged.client.browser


# -- what a browser makes of what comes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "answer", "awaits"),
    [
        (CHROMIUM, [("Content-Type", "text/html")], True),
        (FIREFOX, [("Content-Type", "text/html")], True),
        # WebKit has no opaque response blocking.
        (WEBKIT, [("Content-Type", "text/html")], False),
        (CHROMIUM, [("Content-Type", "text/html"), ("X-Content-Type-Options", "NoSniff")], False),
        (CHROMIUM, [("Content-Type", "text/html"), ("Content-Length", "0")], False),
        (CHROMIUM, [("Content-Type", "text/css")], False),
    ],
)
def test_a_body_is_waited_for_where_opaque_response_blocking_looks_into_it(
    agent: str, answer: Pairs, awaits: bool
) -> None:
    recording = Recording(agent=agent)
    asked = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site")]
    image = recording.ask("image", "GET", API, asked)
    fetched = recording.ask("r", "GET", API, [("Origin", PAGE), *CORS])
    observe = recording.session.observe
    assert observe(respond(fetched, 200, *answer), body_comes=True)
    assert observe(respond(replace(image, id="unseen"), 200, *answer), body_comes=True)
    assert bool(observe(respond(image, 200, *answer), body_comes=True)) is not awaits
    # It is still under way, and judged once the body is there; or without, where none comes.
    assert observe(respond(image, 200, *answer) if awaits else image)


@pytest.mark.parametrize(
    ("agent", "answer", "cached"),
    [(FIREFOX, [], False), (FIREFOX, ALLOW, True), (CHROMIUM, [], True), (WEBKIT, [], True)],
)
def test_firefox_forgets_a_preflight_once_its_request_is_blocked(agent: str, answer: Pairs, cached: bool) -> None:
    """Fetch, HTTP fetch: a failed CORS check clears the cache entries. Chromium and WebKit keep them."""
    recording = Recording(agent=agent)
    recording.preflight("p", [*ALLOW, ("Access-Control-Max-Age", "600")])
    recording.request("first", ALLOW, method="PUT")
    recording.request("second", answer, method="PUT")
    recording.request("third", ALLOW, method="PUT")
    value = recording.last["third"].entry.evidence["preflight"].value
    assert value == ("cached" if cached else "not seen")


def test_over_http2_a_connection_that_is_used_again_shows_nothing() -> None:
    """WebKit on Linux ends a stream there, and no connection."""
    recording = Recording()
    for name in ("r", "next"):
        exchange = recording.ask(name, "GET", API, [("Origin", PAGE), *CORS], http2=True)
        recording.answer(exchange, 200, [("Access-Control-Allow-Origin", PAGE)])
    assert recording.said("r") == ("allowed", "likely", None)


@pytest.mark.parametrize(
    ("answer", "role"), [((302, ("Location", "/x")), "redirect"), ((200, ("X", "y")), "request"), (None, "request")]
)
def test_what_is_giant_is_judged_by_itself_as_what_it_is(answer: tuple[int, tuple[str, str]] | None, role: str) -> None:
    recording = Recording(agent=CHROMIUM)
    exchange = recording.ask("r", "GET", API, [("Origin", PAGE), *CORS, ("X-Giant", "x" * GIANT)])
    [judged] = recording.session.observe(exchange if answer is None else respond(exchange, answer[0], answer[1]))
    assert judged.entry.role == role
    asked = [("Origin", PAGE), *CORS, ("Access-Control-Request-Method", "PUT"), ("X-Giant", "x" * GIANT)]
    [judged] = recording.session.observe(respond(recording.ask("p", "OPTIONS", API, asked), 204))
    assert judged.entry.role == "preflight"
    assert judged.entry.fetch.entries == []


def test_what_is_giant_is_weighed_and_no_more_while_it_is_under_way() -> None:
    """It joins nothing, and is read when its response came: ten thousand lines were read twice."""
    recording = Recording(agent=CHROMIUM)
    recording.request("r", ALLOW)
    lines = [(f"X-{number}", "1") for number in range(10_000)]
    giant = recording.ask("giant", "GET", API, [("Origin", PAGE), *CORS, *lines])
    assert count_steps(lambda: recording.session.begin(giant)) < 3 * len(lines)


@pytest.mark.parametrize(
    ("destination", "status", "asks", "embedder"),
    [
        ("worker", 200, "empty", None),
        ("worker", 299, "empty", None),
        ("worker", 404, "empty", "unsafe-none"),
        # What a worker asks for is no image; what a service worker passes on may be anything.
        ("worker", 200, "image", "unsafe-none"),
        ("serviceworker", 200, "image", None),
        ("sharedworker", 200, "image", "unsafe-none"),
    ],
)
def test_a_workers_requests_may_be_under_its_own_embedder_policy(
    destination: str, status: int, asks: str, embedder: str | None
) -> None:
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/")
    script = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Dest", destination), ("Sec-Fetch-Site", "same-origin")]
    exchange = recording.ask("worker", "GET", f"{PAGE}/worker.js", script)
    recording.answer(exchange, status, [("Cross-Origin-Embedder-Policy", "require-corp")])
    asked = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", asks), ("Sec-Fetch-Site", "cross-site")]
    judged = recording.answer(recording.ask("r", "GET", API, [*asked, ("Referer", f"{PAGE}/")]), 200, [])
    assert judged.facts.embedder == embedder


def test_what_nothing_can_change_is_freed_unless_the_browser_may_still_speak_of_it() -> None:
    recording = Recording(agent=CHROMIUM)
    assert recording.request("r", ALLOW, ("Cookie", "id=1")).entry.fetch.entries == []
    recording.session.attend()
    assert len(recording.request("kept", ALLOW, ("Cookie", "id=1")).entry.fetch.entries) == 1
    # A redirect's sequel is still to come.
    assert len(recording.request("led", [*ALLOW, ("Location", "/x")], status="302").entry.fetch.entries) == 1


def test_what_a_patch_changed_is_judged_without_it_too() -> None:
    recording = Recording(agent=CHROMIUM)
    exchange = recording.ask("r", "GET", API, [("Origin", PAGE), *CORS])
    sent = Response(200, HeaderList.of(("X", "y")), recording.now)
    judged = recording.answer(replace(exchange, patched=True, sent=sent), 200, ALLOW)
    assert judged.verdict.outcome.value == "allowed"
    assert judged.before is not None
    assert judged.before.rule == "allow-origin-missing"
    assert judged.before is judged.before
    # What the server was not asked, it would have said nobody knows what to; and most is not patched.
    unasked = recording.ask("unasked", "GET", API, [("Origin", PAGE), *CORS])
    assert recording.answer(replace(unasked, patched=True), 200, ALLOW).before is None
    assert recording.request("plain", ALLOW).before is None


def test_every_connection_to_a_server_may_be_the_one_that_is_gone() -> None:
    """WebKit on Linux opens several at once; the one that a blocked response ended need not be the newest."""
    recording = Recording()
    for name in ("kept", "kept too"):
        recording.request(name, STAR, connection="kept")
    recording.request("r", ALLOW)
    recording.request("beside", STAR, url="https://api.test/beside", connection="c2")
    recording.now += 0.9
    recording.request("next", STAR, url="https://api.test/other", connection="c3")
    assert recording.said("r") == ("blocked", "likely", "allow-credentials-not-true")


@pytest.mark.parametrize("agent", [FIREFOX, WEBKIT])
def test_a_redirect_that_nothing_follows_once_may_have_been_left_alone(agent: str) -> None:
    """A page may ask with redirect mode "manual", or be left: only of preflights nothing else is known to end them."""
    recording = Recording(agent=agent)
    recording.request("r", [("Access-Control-Allow-Origin", PAGE), ("Location", "/there")], status="302")
    recording.wait(PATIENCE + 1)
    assert recording.said("r")[1] == "likely"


@pytest.mark.parametrize(
    ("status", "validator", "allow_origin"),
    [(304, True, PAGE), (200, True, "*"), (304, False, None), (200, False, "*")],
)
def test_a_304_confirms_what_the_browser_itself_asked_to_confirm(
    status: int, validator: bool, allow_origin: str | None
) -> None:
    """A page that sets If-None-Match itself asks with a preflight, and gets the 304 as it is."""
    recording = Recording(agent=CHROMIUM)
    recording.request("first", [*ALLOW, ("ETag", '"1"')])
    asked = [("Origin", PAGE), *CORS, *([("If-None-Match", '"1"')] if validator else [])]
    exchange = recording.ask("again", "GET", API, asked)
    answer: Pairs = STAR if status == 200 else [("X", "y")]
    preview = recording.session.preview(respond(exchange, status, *answer))
    response = recording.answer(exchange, status, answer).facts.response
    assert preview is not None
    for seen in (response, preview[0].response):
        assert seen is not None
        assert seen.headers.get("access-control-allow-origin") == allow_origin


@pytest.mark.parametrize(
    ("status", "embedder"), [(199, None), (200, "require-corp"), (299, "require-corp"), (300, None)]
)
def test_a_document_is_what_came_with_a_status_of_success(status: int, embedder: str | None) -> None:
    """An error page is a document too; but what a redirect or an error says seldom is what the page is under."""
    recording = Recording(agent=CHROMIUM)
    asked = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")]
    exchange = recording.ask("page", "GET", f"{PAGE}/", asked)
    recording.answer(exchange, status, [("Cross-Origin-Embedder-Policy", "require-corp")])
    image = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site")]
    judged = recording.answer(recording.ask("r", "GET", API, [*image, ("Referer", f"{PAGE}/")]), 200, [])
    assert judged.facts.embedder == embedder


def test_what_may_come_out_either_way_is_kept() -> None:
    """A POST over plain http may be a form's: its cookie tells the credentials mode, and not whether CORS has a say."""
    recording = Recording(agent=CHROMIUM)
    asked = [("Origin", "http://app.test"), ("Cookie", "id=1")]
    judged = recording.answer(recording.ask("r", "POST", "http://api.test/v1", asked), 200, [("X", "y")])
    assert judged.facts.credentials == "include"
    assert len(judged.verdict.branches) > 1
    assert len(judged.entry.fetch.entries) == 1


def test_what_is_said_of_the_servers_own_answer_follows_what_is_learned() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.session.attend()
    asked = [("Origin", "http://app.test"), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty")]
    exchange = recording.ask("r", "GET", "http://api.test/v1", asked)
    sent = Response(200, HeaderList.of(*STAR), recording.now)
    mended = [("Access-Control-Allow-Origin", "http://app.test"), ("Access-Control-Allow-Credentials", "true")]
    judged = recording.answer(replace(exchange, patched=True, sent=sent), 200, mended)
    assert judged.before is not None
    recording._note(recording.session.heed("r", Word(loaded=None, credentials="include")))
    judged = replace(judged, facts=judged.entry.facts)
    assert judged.before is not None
    assert judged.before.rule == "allow-origin-wildcard"


def test_what_is_under_way_is_not_judged_yet() -> None:
    recording = Recording()
    recording.preflight("p", STAR)
    recording.ask("r", "PUT", API, [("Origin", PAGE), *CORS])
    assert recording.said("p") == ("allowed", "certain", None)
    assert "r" not in recording.last


@pytest.mark.parametrize(
    ("origin", "vary", "reason"),
    [
        (PAGE, (), Reason.STORED_RESPONSE),
        ("https://other.example", (), Reason.STORED_FOR_ANOTHER),
        ("https://other.example", (("Vary", "Origin"),), Reason.STORED_RESPONSE),
    ],
)
def test_a_stored_response_may_be_another_pages(origin: str, vary: tuple[tuple[str, str], ...], reason: Reason) -> None:
    """RFC 9111, section 4.1: without Vary a cache answers every origin with what one was told."""
    recording = Recording(agent=CHROMIUM)
    recording.request("first", [("Access-Control-Allow-Origin", origin), ("ETag", '"1"'), *vary], origin=origin)
    recording.request("again", [], ("If-None-Match", '"1"'), status="304")
    assert recording.last["again"].entry.evidence["response"].reason is reason


@pytest.mark.parametrize(("agent", "certainty"), [(FIREFOX, "certain"), ("curl/8.0", "likely"), (CHROMIUM, "likely")])
def test_a_client_is_not_the_engine_that_it_is_judged_by(agent: str, certainty: str) -> None:
    """Firefox ends the preflight of a fetch that is given up; what is only judged as Firefox may not."""
    recording = Recording(agent=agent, session=Session("firefox"))
    recording.preflight("p", [])
    recording.preflight("q", STAR, url="https://api.test/other")
    recording.wait(PATIENCE + 1)
    assert recording.said("q")[1] == certainty


NOSNIFF = ("X-Content-Type-Options", "nosniff")
COEP = ("Cross-Origin-Embedder-Policy", "require-corp")
CREDENTIALS_NOT_TRUE = ("Access-Control-Allow-Credentials", "false")


@pytest.mark.parametrize(
    ("mode", "destination", "answer", "said"),
    [
        ("no-cors", "script", [NOSNIFF], ("not-cors", "likely", None)),
        ("no-cors", "style", [NOSNIFF], ("not-cors", "likely", None)),
        ("no-cors", "script", [], ("not-cors", "certain", None)),
        ("same-origin", "worker", [], ("not-cors", "likely", None)),
        ("same-origin", "sharedworker", [], ("not-cors", "certain", None)),
    ],
)
@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
def test_a_304_tells_neither_the_type_nor_the_policy_of_the_script_that_it_confirms(
    agent: str, mode: str, destination: str, answer: Pairs, said: tuple[str, str, str | None]
) -> None:
    """Servers send nosniff with every answer, and a Content-Type with none that has no body."""
    recording = Recording(agent=agent)
    recording.page(f"{PAGE}/", COEP)
    asked = [("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination), ("Sec-Fetch-Site", "same-origin")]
    asked += [("Referer", f"{PAGE}/"), ("If-None-Match", '"1"')]
    recording.answer(recording.ask("r", "GET", f"{PAGE}/own", asked), 304, answer)
    assert recording.said("r") == said


@pytest.mark.parametrize(
    ("answer", "told", "said"),
    [
        ([], None, ("blocked", "likely", "allow-origin-missing")),
        ([], Told(rule="allow-origin-missing"), ("blocked", "certain", "allow-origin-missing")),
        (
            [("Access-Control-Allow-Origin", "https://other.test")],
            None,
            ("blocked", "certain", "allow-origin-mismatch"),
        ),
        (ALLOW, None, ("blocked", "likely", "allow-credentials-not-true")),
        ([*ALLOW, CREDENTIALS_NOT_TRUE], None, ("blocked", "certain", "allow-credentials-not-true")),
        ([*ALLOW, CREDENTIALS], None, ("allowed", "certain", None)),
    ],
)
def test_a_304_that_is_silent_leaves_open_what_the_response_that_was_not_seen_allows(
    answer: Pairs, told: Told | None, said: tuple[str, str, str | None]
) -> None:
    """What a 304 says replaces what was stored; what it leaves out stays."""
    recording = Recording(agent=CHROMIUM)
    asked = [("Origin", PAGE), *CORS, ("Cookie", "a=b"), ("If-None-Match", '"1"')]
    recording.answer(replace(recording.ask("r", "GET", API, asked), told=told), 304, answer)
    assert recording.said("r") == said


@pytest.mark.parametrize(
    ("referrer", "said"),
    [
        (f"{PAGE}/", ("blocked", "certain", "worker-needs-coep")),
        (f"{PAGE}/seen", ("blocked", "certain", "worker-needs-coep")),
        (f"{PAGE}/unseen", ("blocked", "likely", "worker-needs-coep")),
    ],
)
def test_a_page_that_was_not_seen_may_isolate_itself_or_not(referrer: str, said: tuple[str, str, str]) -> None:
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/seen", COEP)
    asked = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Dest", "worker"), ("Sec-Fetch-Site", "same-origin")]
    recording.answer(recording.ask("w", "GET", f"{PAGE}/w.js", [*asked, ("Referer", referrer)]), 200, [])
    assert recording.said("w") == said


@pytest.mark.parametrize(
    ("first", "then", "embedder"),
    [
        ([COEP, ("ETag", '"1"')], [], "require-corp"),
        ([("ETag", '"1"')], [COEP], "require-corp"),
        (None, [COEP], "require-corp"),
        (None, [], None),
    ],
)
def test_a_304_brings_the_document_that_it_confirms(first: Pairs | None, then: Pairs, embedder: str | None) -> None:
    recording = Recording(agent=CHROMIUM)
    if first is not None:
        recording.page(f"{PAGE}/", *first)
    asked = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")]
    recording.answer(recording.ask("again", "GET", f"{PAGE}/", [*asked, ("If-None-Match", '"1"')]), 304, then)
    image = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site")]
    judged = recording.answer(recording.ask("r", "GET", API, [*image, ("Referer", f"{PAGE}/")]), 200, [])
    assert judged.facts.embedder == embedder


SCRIPT = ("Content-Type", "text/javascript")
PNG: Pairs = [("Content-Type", "image/png"), ("Content-Length", "0")]


@pytest.mark.parametrize(
    ("asked", "headers", "said"),
    [
        ("image", [*PNG], ("opaque", "likely", None)),
        (
            "image",
            [*PNG, ("Cross-Origin-Resource-Policy", "cross-origin")],
            ("opaque", "certain", None),
        ),
        ("worker", [SCRIPT], ("not-cors", "likely", None)),
        ("worker", [SCRIPT, COEP], ("not-cors", "certain", None)),
    ],
)
def test_a_document_out_of_a_cache_that_was_not_seen_may_isolate_itself(
    asked: str, headers: Pairs, said: tuple[str, str, str | None]
) -> None:
    """A 304 need not repeat what its document said; another one of its origin, seen, says nothing of it."""
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/other")
    navigation = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")]
    recording.answer(recording.ask("page", "GET", f"{PAGE}/", [*navigation, ("If-None-Match", '"1"')]), 304, [])
    at_home = asked == "worker"
    mode, site = ("same-origin", "same-origin") if at_home else ("no-cors", "cross-site")
    fields = [("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", asked), ("Sec-Fetch-Site", site), ("Referer", f"{PAGE}/")]
    recording.answer(recording.ask("r", "GET", f"{PAGE}/w.js" if at_home else API, fields), 200, headers)
    assert recording.said("r") == said


def test_a_worker_out_of_a_cache_that_was_not_seen_may_isolate_what_it_loads() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/")
    script = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Dest", "worker"), ("Sec-Fetch-Site", "same-origin")]
    recording.answer(recording.ask("w", "GET", f"{PAGE}/w.js", [*script, ("If-None-Match", '"1"')]), 304, [])
    fetched = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "cross-site")]
    recording.answer(recording.ask("r", "GET", API, [*fetched, ("Referer", f"{PAGE}/")]), 200, [])
    assert recording.said("r")[:2] == ("opaque", "likely")


def test_a_page_that_is_loaded_whole_again_is_known_again() -> None:
    recording = Recording(agent=CHROMIUM)
    navigation = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")]
    recording.answer(recording.ask("page", "GET", f"{PAGE}/", [*navigation, ("If-None-Match", '"1"')]), 304, [])
    recording.page(f"{PAGE}/")
    image = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site")]
    recording.answer(recording.ask("r", "GET", API, [*image, ("Referer", f"{PAGE}/")]), 200, PNG)
    assert recording.said("r") == ("opaque", "certain", None)


DATA: Pairs = [("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")]
IMAGE: Pairs = [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site")]
ACCEPT_OF_CHROMIUM = ("Accept", "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8")
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6"


def show_image(
    recording: Recording, name: str, *headers: tuple[str, str], **more: object
) -> tuple[str, str, str | None]:
    asked = [*IMAGE, ("Referer", f"{PAGE}/"), *headers]
    recording.answer(recording.ask(name, "GET", f"https://cdn.test/{name}", asked, **more), 200, DATA)  # type: ignore[arg-type]
    return recording.said(name)


def test_a_browser_that_emulates_a_phone_is_judged_as_what_it_is() -> None:
    """Chromium 156 with an iPhone's User-Agent: six of 796 were certain and wrong, taken for WebKit."""
    assert show_image(Recording(agent=PHONE), "a phone's own")[0] == "opaque"
    recording = Recording(agent=PHONE)
    assert show_image(recording, "emulated", ACCEPT_OF_CHROMIUM) == ("blocked", "certain", "opaque-response-blocked")
    # The others are of the same browser.
    assert show_image(recording, "silent", connection="c2") == ("blocked", "certain", "opaque-response-blocked")


def test_an_emulated_phone_may_show_itself_late() -> None:
    recording = Recording(agent=PHONE)
    assert show_image(recording, "before")[0] == "opaque"
    assert show_image(recording, "shown", ("TE", "trailers"), http2=True)[0] == "blocked"
    assert show_image(recording, "after")[0] == "blocked"


def test_a_client_that_is_no_browser_is_none_by_its_headers() -> None:
    """Clients of gRPC send TE as Firefox does."""
    recording = Recording(agent="grpc-java-okhttp/1.60")
    recording.answer(recording.ask("r", "POST", API, [("TE", "trailers")], http2=True), 200, [])
    assert not recording.session._browser(recording.last["r"].entry.exchange).client.browser
