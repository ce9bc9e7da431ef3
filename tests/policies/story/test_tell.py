"""The story of a fetch: its exchanges in order, what was asked, why, what mends it, and what stays unknown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corsight.policies.evidence import Evidence, Reason
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts
from corsight.policies.session.fetches import Patched
from corsight.policies.story import Story, tell
from corsight.policies.verdict import Outcome
from tests.policies.story.told import FIREFOX, PAGE, exchange, judged, of_facts, preflight

ALLOW = [("Access-Control-Allow-Origin", PAGE)]
PUT = [*ALLOW, ("Access-Control-Allow-Methods", "PUT")]


def story(*exchanges: Exchange) -> Story:
    return tell(judged(*exchanges))


def test_a_preflight_and_its_request_are_one_story() -> None:
    told = story(preflight(1, answered=PUT), exchange(2, method="PUT", answered=ALLOW))
    assert [(part.role, part.method, part.status) for part in told.parts] == [
        ("preflight", "OPTIONS", 204),
        ("request", "PUT", 200),
    ]
    assert told.stopped is None
    assert told.outcome is Outcome.ALLOWED
    assert told.conclusion == "Chromium let the page read the response."
    assert told.asked.method == "PUT"
    assert told.asked.because == (
        "https://api.test is another origin than https://app.test: CORS applies.",
        "The method PUT is not GET, HEAD or POST: a preflight is needed first.",
    )
    assert told.end.remedy is None


def test_a_blocked_preflight_says_what_was_never_sent_and_what_mends_it() -> None:
    told = story(preflight(1, answered=ALLOW))
    assert told.stopped == 0
    assert told.conclusion == "Chromium blocked it at the preflight: The method PUT is not allowed."
    assert told.never_sent == "The request itself, PUT /v1, was never sent."
    assert told.end.rule == "preflight-method-not-allowed"
    assert told.end.error == "MethodDisallowedByPreflightResponse"
    assert told.end.message is not None
    remedy = told.end.remedy
    assert remedy is not None
    assert remedy.edits == ("Access-Control-Allow-Methods: PUT",)
    assert remedy.actor == "the server api.test"
    assert remedy.care


def test_a_fetch_that_is_blocked_after_a_redirect_stopped_there() -> None:
    there = [*ALLOW, ("Location", "https://cdn.test/x")]
    told = story(
        exchange(1, status=302, answered=there),
        exchange(2, "https://cdn.test/x", origin="null", answered=ALLOW),
    )
    assert [part.role for part in told.parts] == ["redirect", "request"]
    assert told.stopped == 1
    assert told.asked.url == "https://api.test/v1"
    assert told.asked.because == (
        "https://api.test is another origin than https://app.test: CORS applies.",
        "A redirect from one origin to another turned the Origin header of the next request into null.",
    )
    assert [step.rule for step in told.end.steps if step.outcome == "failed"] == [told.end.rule]


def test_what_no_header_mends_is_said_in_words() -> None:
    told = story(exchange(1, status=302, answered=[*ALLOW, ("Location", "http://api.test/")]))
    remedy = told.end.remedy
    assert told.end.rule == "mixed-content"
    assert remedy is not None
    assert (remedy.edits, remedy.care) == ((), ())
    assert remedy.advice
    assert told.never_sent == "The redirect was not followed."


def test_what_is_unknown_says_what_the_other_branch_would_be() -> None:
    facts = Facts(tainting="cors", origin=PAGE, page_origin=PAGE, mode="cors", destination="empty")
    asked = Request("GET", "https://api.test/v1", HeaderList())
    made = Exchange("1", "", "", asked, Response(200, HeaderList.of(("Access-Control-Allow-Origin", "*"))))
    told = tell([of_facts(made, facts, "standard")])
    assert (told.outcome, told.certainty) == (Outcome.ALLOWED, "likely")
    assert told.conclusion == (
        "Open: with credentials, the Fetch standard blocked it; otherwise it let the page read the response."
    )
    assert told.asked.credentials == "not known, assumed not sent"
    assert told.unknown == (
        "The request: likely without credentials; with credentials, it is blocked: "
        "Wildcard origin for a request with credentials.",
    )
    # The steps are those of the branch that is said.
    assert [step.outcome for step in told.end.steps] == ["passed", "passed"]


def test_the_steps_follow_a_branch_that_is_not_the_likelier_one() -> None:
    facts = Facts(tainting="cors", origin=PAGE, page_origin=PAGE, mode="cors", destination="empty")
    asked = Request("GET", "https://api.test/v1", HeaderList())
    made = Exchange("1", "", "", asked, Response(200, HeaderList.of(("Access-Control-Allow-Origin", "*"))))
    one = of_facts(made, facts, "standard")
    blocked = replace(one.verdict, branches=one.verdict.branches[1:])
    [part] = tell([replace(one, verdict=blocked)]).parts
    assert [step.rule for step in part.steps if step.outcome == "failed"] == ["allow-origin-wildcard"]
    assert part.remedy is not None
    assert "Access-Control-Allow-Credentials: true" in part.remedy.edits


def test_engines_that_decide_otherwise_are_told() -> None:
    told = story(exchange(1, status=302, answered=[*ALLOW, ("Location", "http://localhost/")]))
    assert {other.engine for other in told.end.elsewhere} == {"webkit"}
    assert all(other.label for other in told.end.elsewhere)


def test_evidence_says_what_is_taken_to_be_so_and_why() -> None:
    told = story(exchange(1, asked=[("Cookie", "a=1")], answered=ALLOW))
    [credentials] = told.evidence
    assert (credentials.value, credentials.because) == ("sent", "it carries a cookie")
    assert told.asked.credentials == "sent (mode include)"
    cached = Evidence("preflight", "cached", Reason.CACHED_PREFLIGHT, "certain", ("1", "5"))
    facts = Facts(tainting="cors", origin=PAGE, page_origin=PAGE, method="PUT", credentials="not-include")
    [part] = tell([of_facts(exchange(1, method="PUT", answered=ALLOW), facts, "firefox", cached)]).parts
    assert [one.fact for one in part.evidence] == ["preflight"]


def test_what_did_not_come_and_who_answered() -> None:
    told = story(exchange(1, answered=None, proxy_status=502))
    assert (told.end.status, told.end.proxy_answered) == (502, True)
    assert told.end.rule == "network-error"
    [step] = told.end.steps
    assert step.outcome == "failed"
    assert "the proxy answered 502" in step.compared
    silent = story(exchange(1, answered=None))
    assert (silent.end.status, silent.end.proxy_answered) == (None, False)


def test_what_is_no_cors_says_why() -> None:
    home = Facts(origin=PAGE, page_origin=PAGE, mode="cors")
    made = exchange(1, f"{PAGE}/x")
    assert tell([of_facts(made, home, "standard")]).asked.because == (
        "https://app.test is the page's own origin: CORS does not apply.",
    )
    navigation = tell([of_facts(made, Facts(mode="navigate"), "standard")])
    assert navigation.asked.because == ("It is a navigation: CORS does not apply.",)
    assert (navigation.asked.credentials, navigation.end.steps) == (None, ())


def test_a_patch_is_told_with_what_would_have_been() -> None:
    one = judged(exchange(1, answered=ALLOW))[0]
    one.entry.patched = Patched(("Access-Control-Allow-Origin: https://app.test",), exchange(1))
    [part] = tell([one]).parts
    assert part.patched == ("Access-Control-Allow-Origin: https://app.test",)
    assert part.before == "blocked: No Access-Control-Allow-Origin header"
    assert part.server_asked
    one.entry.patched = Patched(("status 204",), None)
    [part] = tell([one]).parts
    assert (part.server_asked, part.before) == (False, None)


def test_the_firefox_story_is_firefoxs() -> None:
    told = story(exchange(1, agent=FIREFOX))
    assert told.engine == "firefox"
    assert told.client == "Firefox 153"
    assert told.end.error == "CORSMissingAllowOrigin2"


def test_a_story_is_of_one_fetch() -> None:
    with pytest.raises(ValueError, match="one fetch"):
        tell([])
    with pytest.raises(ValueError, match="one fetch"):
        tell(judged(exchange(1, answered=ALLOW), exchange(9, "https://other.test/", answered=ALLOW)))


HOSTILE = "\x1b[2J\r\n[bold]\u202ex"


def test_nothing_from_the_wire_is_told_as_it_came() -> None:
    odd = HOSTILE.encode().decode("latin-1")
    made = preflight(
        1,
        f"https://me:hunter2@api.test/{odd}?token=hunter2",
        wants=f"P{odd}",
        asked=[("Access-Control-Request-Headers", f"x-{odd}")],
        answered=[("Access-Control-Allow-Origin", odd), ("Location", f"https://a:hunter2@b.test/?key=hunter2{odd}")],
        status=302,
        agent=odd,
        origin=f"https://a.test{odd}",
    )
    told = repr(story(made))
    assert told.isprintable()
    assert "hunter2" not in told
    for text in _texts(story(made)):
        assert text.isprintable()


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for one in value for text in _texts(one)]
    slots = getattr(type(value), "__slots__", ())
    return [text for name in slots for text in _texts(getattr(value, name))]
