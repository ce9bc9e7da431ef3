"""What a recording says beside the wire: the browser's own decision goes before what its headers alone come to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request, Response, Told
from corsight.policies.session import Judged
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

IMAGE: Pairs = [
    ("Sec-Fetch-Mode", "no-cors"),
    ("Sec-Fetch-Dest", "image"),
    ("Sec-Fetch-Site", "cross-site"),
    ("Referer", f"{PAGE}/"),
]
HTML: Pairs = [("Content-Type", "text/html"), ("X-Content-Type-Options", "nosniff")]


def tell(
    told: Told,
    answer: Pairs | None,
    *,
    agent: str = CHROMIUM,
    headers: Pairs = CORS,
    origin: str | None = PAGE,
    method: str = "GET",
    status: int = 200,
    recording: Recording | None = None,
) -> Judged:
    """Judge an exchange as a recording holds it; `answer` is None where none was recorded."""
    recording = recording or Recording(agent=agent)
    recording.now += 0.01
    asked = [("User-Agent", agent), *headers, *([("Origin", origin)] if origin is not None else [])]
    request = Request(method, API, HeaderList.of(*asked), recording.now)
    exchange = Exchange("r", "127.0.0.1", "c1", request, told=told)
    recording._note(recording.session.begin(exchange))
    recording.now += 0.005
    if answer is not None:
        exchange = replace(exchange, response=Response(status, HeaderList.of(*answer), recording.now))
    recording._note(recording.session.observe(exchange))
    return recording.last["r"]


def said(judged: Judged) -> tuple[str, str, str | None]:
    verdict = judged.verdict
    return verdict.outcome.value, verdict.certainty, verdict.ruling.rule


def test_a_rule_that_the_browser_names_is_certain() -> None:
    """Chromium's NetLog and DevTools' HAR name the CORS error; the origin that a file lacks may be another."""
    told = Told(passed=False, rule="allow-origin-mismatch", error="AllowOriginMismatch", message="as the console says")
    for answer in (STAR, ALLOW, [], None):
        judged = tell(told, answer)
        assert said(judged) == ("blocked", "certain", "allow-origin-mismatch")
        assert len(judged.verdict.branches) == 1
        ruling = judged.verdict.ruling
        assert (ruling.error, ruling.message) == ("AllowOriginMismatch", "as the console says")
        assert (ruling.spec or "").endswith("#concept-cors-check")
        assert judged.entry.evidence["told"].details == ("AllowOriginMismatch",)


def test_where_the_headers_come_to_the_same_rule_its_own_words_and_steps_stay() -> None:
    judged = tell(Told(passed=False, rule="allow-origin-missing", error="Other"), [])
    assert judged.verdict.ruling.error == "MissingAllowOriginHeader"
    assert (judged.verdict.ruling.message or "").startswith("Access to ")
    assert judged.verdict.branch.steps[-1].rule == "allow-origin-missing"
    unnamed = tell(Told(passed=False, rule="allow-origin-mismatch"), STAR)
    assert unnamed.entry.evidence["told"].details == ("allow-origin-mismatch",)
    assert unnamed.verdict.branch.steps == ()


@pytest.mark.parametrize("told", [Told(passed=True), Told(passed=True, origin=PAGE)])
def test_what_passed_was_allowed_whatever_its_headers_seem_to_say(told: Told) -> None:
    """A HAR's headers may be another request's, as those of a cached answer are; its outcome is the page's."""
    assert said(tell(told, [])) == ("allowed", "certain", None)
    assert tell(told, []).verdict.branch.steps == ()
    assert said(tell(told, ALLOW)) == ("allowed", "certain", None)


def test_what_passed_with_a_guessed_origin_keeps_what_it_hides() -> None:
    answer = [*STAR, ("X-Hidden", "1")]
    judged = tell(Told(passed=True, origin=PAGE), answer)
    assert said(judged) == ("allowed", "certain", None)
    assert "x-hidden" in judged.verdict.hidden


def test_an_image_that_passed_is_opaque() -> None:
    judged = tell(Told(passed=True), [("Cross-Origin-Resource-Policy", "same-origin")], headers=IMAGE, origin=None)
    assert said(judged) == ("opaque", "certain", None)


def test_what_failed_though_its_headers_pass_failed_for_another_reason() -> None:
    """A connection that broke while the body came, a blocker, an abort: no CORS matter, and hardly certain."""
    judged = tell(Told(passed=False, error="net::ERR_FAILED"), [*ALLOW, ("X-Hidden", "1")])
    assert said(judged) == ("not-cors", "likely", "network-error")
    assert judged.verdict.ruling.error == "net::ERR_FAILED"
    assert judged.verdict.hidden == ()
    assert len(judged.verdict.branches) == 1


def test_what_failed_without_an_answer_was_blocked_or_got_none() -> None:
    """Playwright records a blocked response as a failure without a response."""
    judged = tell(Told(passed=False, untold=True), None)
    assert said(judged) == ("blocked", "likely", "network-error")
    assert [branch.outcome.value for branch in judged.verdict.branches] == ["blocked", "not-cors"]
    assert said(tell(Told(passed=False), None, headers=IMAGE, origin=None)) == ("not-cors", "likely", "network-error")
    assert said(tell(Told(passed=None, untold=True), None)) == ("not-cors", "likely", "network-error")
    assert said(tell(Told(), None)) == ("not-cors", "certain", "network-error")


def test_an_image_that_failed_with_an_answer_is_no_cors_matter() -> None:
    """Its bytes may be no image: the page sees the same."""
    answer: Pairs = [("Content-Type", "text/css")]
    recording = Recording(agent=CHROMIUM)
    recording.page(f"{PAGE}/")
    judged = tell(Told(passed=False), answer, headers=IMAGE, origin=None, recording=recording)
    assert said(judged) == ("opaque", "certain", None)


def test_an_outcome_that_one_branch_has_leaves_that_one() -> None:
    """The credentials mode is open, and `*` passes without: then the browser's outcome tells the mode."""
    answer = [*STAR, CREDENTIALS]
    assert said(tell(Told(), answer, agent=WEBKIT)) == ("allowed", "likely", None)
    assert said(tell(Told(passed=True), answer, agent=WEBKIT)) == ("allowed", "certain", None)
    refused = tell(Told(passed=False), answer, agent=WEBKIT)
    assert said(refused) == ("blocked", "certain", "allow-origin-wildcard")
    assert refused.entry.fetch.evidence["credentials"].details == ("without a reason",)
    assert tell(Told(passed=True), answer, agent=WEBKIT).entry.fetch.evidence["credentials"].details == ()


@pytest.mark.parametrize(
    ("agent", "outcome", "certainty"),
    [
        (CHROMIUM, "blocked", "certain"),
        (CHROMIUM.replace("156", "109"), "blocked", "certain"),
        (CHROMIUM.replace("156", "108"), "opaque", "likely"),
        (FIREFOX, "blocked", "certain"),
        (FIREFOX.replace("153.0", "127.0"), "opaque", "likely"),
    ],
)
def test_a_browser_that_may_lack_opaque_response_blocking_is_spared_it(
    agent: str, outcome: str, certainty: str
) -> None:
    """Chromium has it from 109 on, Firefox from 128; of a live browser its policy says so."""
    judged = tell(Told(), HTML, agent=agent, headers=IMAGE, origin=None)
    assert said(judged)[:2] == (outcome, certainty)


def test_over_an_error_status_opaque_response_blocking_changes_nothing() -> None:
    """The element fails either way: the page sees the same error event."""
    assert said(tell(Told(), HTML, headers=IMAGE, origin=None, status=399))[0] == "blocked"
    assert said(tell(Told(), HTML, headers=IMAGE, origin=None, status=400))[:2] == ("opaque", "likely")
    assert said(tell(Told(passed=False), HTML, headers=IMAGE, origin=None, status=404))[0] == "blocked"


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX])
@pytest.mark.parametrize(
    ("kind", "opened"),
    [
        *[("image/png", False), ("video/mp4", False), ("text/javascript", False), ("application/octet-stream", False)],
        *[("text/plain", True), ("x/y", True)],
    ],
)
def test_a_body_that_is_not_recorded_is_taken_for_what_its_type_says(agent: str, kind: str, opened: bool) -> None:
    """Else every image of a recording without bodies would be open."""
    answer = [("Content-Type", kind)]
    judged = tell(Told(), answer, agent=agent, headers=IMAGE, origin=None)
    assert said(judged)[:2] == ("opaque", "likely")
    assert ("opaque-response-blocked" in {branch.ruling.rule for branch in judged.verdict.branches}) is opened


def test_where_only_what_passed_is_kept_nothing_is_open_for_what_nobody_says_asked() -> None:
    """A style sheet as a script for importScripts(), asked for by headers that say nothing of the use."""
    kept = tell(Told(kept=True), [("Content-Type", "text/css")], headers=[("Referer", f"{PAGE}/")], origin=None)
    assert said(kept)[:2] == ("opaque", "likely")
    assert kept.verdict.open is None


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ("net::ERR_BLOCKED_BY_CLIENT", "Failed to load resource: net::ERR_BLOCKED_BY_CLIENT"),
        ("net::ERR_CONNECTION_REFUSED", "Failed to load resource: net::ERR_CONNECTION_REFUSED"),
        ("net::ERR_ABORTED", None),
        ("net::\x1b[1m", "Failed to load resource: net::ERR_FAILED"),
        (None, "Failed to load resource: net::ERR_FAILED"),
    ],
)
def test_the_console_names_the_networks_own_error(error: str | None, line: str | None) -> None:
    judged = tell(Told(error=error), None)
    assert said(judged) == ("not-cors", "certain", "network-error")
    assert judged.verdict.ruling.message == line


def test_what_a_recording_says_is_evidence_where_cors_has_a_say() -> None:
    judged = tell(Told(kind="xhr", cached=True), ALLOW)
    assert judged.entry.evidence["initiator"].value == "xhr"
    assert judged.entry.evidence["response"].value == "cached"
    assert "told" not in judged.entry.evidence
    assert tell(Told(kind="fetch"), ALLOW).entry.evidence["initiator"].value == "fetch"
    assert "initiator" not in tell(Told(kind="script"), ALLOW).entry.evidence
    home: Pairs = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin")]
    assert tell(Told(kind="xhr", cached=True), ALLOW, headers=home, origin=None).entry.evidence == {}


def test_nobody_asks_for_a_preflight() -> None:
    asked = [*CORS, ("Access-Control-Request-Method", "PUT")]
    told = Told(kind="fetch", lost=frozenset({"cookie"}))
    judged = tell(told, ALLOW, headers=asked, method="OPTIONS", status=204)
    assert judged.entry.role == "preflight"
    assert judged.entry.evidence == {}


@pytest.mark.parametrize(
    ("lost", "details"),
    [
        ({"cookie"}, ("Cookie",)),
        ({"cookie", "authorization"}, ("Cookie and Authorization",)),
        ({"authorization"}, ("Authorization",)),
        ({"set-cookie"}, None),
    ],
)
def test_headers_that_a_producer_leaves_out_leave_the_credentials_mode_open(
    lost: set[str], details: tuple[str, ...] | None
) -> None:
    """DevTools leaves Cookie and Authorization out of a sanitized HAR; their absence tells nothing."""
    judged = tell(Told(lost=frozenset(lost)), ALLOW, agent=WEBKIT)
    evidence = judged.entry.evidence.get("headers")
    assert (None if evidence is None else evidence.details) == details
    assert "headers" not in tell(Told(lost=frozenset(lost)), [], headers=IMAGE, origin=None).entry.evidence


def test_a_mode_that_is_known_needs_no_lost_header() -> None:
    told = Told(lost=frozenset({"authorization"}))
    judged = tell(told, ALLOW, agent=WEBKIT, headers=[*CORS, ("Cookie", "id=1")])
    assert "headers" not in judged.entry.evidence


@pytest.mark.parametrize(("untold", "followed"), [(True, False), (False, True)])
def test_what_failed_without_an_answer_may_never_have_been_sent(untold: bool, followed: bool) -> None:
    """DevTools' HAR holds the request of a preflight that was blocked, as one that failed."""
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p", STAR)
    told = Told(passed=False if untold else None, untold=untold)
    judged = tell(told, None if untold else ALLOW, method="PUT", recording=recording)
    assert (judged.entry.fetch is recording.last["p"].entry.fetch) is followed


@pytest.mark.parametrize(
    ("credentials", "outcome"),
    [(True, ("blocked", "certain", "allow-origin-wildcard")), (False, ("allowed", "certain", None))],
)
def test_a_mode_that_is_recorded_is_known(credentials: bool, outcome: tuple[str, str, str | None]) -> None:
    """Chromium's NetLog says whether a request was sent with cookies."""
    assert said(tell(Told(credentials=credentials), STAR, agent=WEBKIT)) == outcome
    # What is on the wire goes before.
    carried = tell(Told(credentials=False), STAR, agent=WEBKIT, headers=[*CORS, ("Cookie", "id=1")])
    assert said(carried) == ("blocked", "certain", "allow-origin-wildcard")


MODULE: Pairs = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "script"), ("Sec-Fetch-Site", "cross-site")]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ([*STAR, ("Content-Type", "text/html")], ("blocked", "likely", "mime-type-blocked")),
        ([*STAR, ("Content-Type", "image/png")], ("blocked", "certain", "mime-type-blocked")),
        # Some recordings hold no header at all of what came.
        (STAR, ("allowed", "certain", None)),
    ],
)
def test_that_a_module_passed_says_nothing_of_its_type(answer: Pairs, expected: tuple[str, str, str | None]) -> None:
    """Chromium 156 tells of a module that it refused as of any other response: status 200, no error."""
    for told in (Told(passed=True), Told(passed=True, origin=PAGE)):
        assert said(tell(told, answer, headers=MODULE)) == expected
