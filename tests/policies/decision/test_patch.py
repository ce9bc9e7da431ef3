"""Patches: proven, least, honest; over the casebook and over whatever peers may send."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.decision.patch import NOT_STORED, Patch, answer_unasked, patch_by_answer
from corsight.policies.engines import ENGINES
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts
from corsight.policies.rules import RULES
from corsight.policies.server.model import Match, ServerPolicy
from corsight.policies.server.respond import respond
from corsight.policies.session import Session
from corsight.policies.verdict import EngineName, Outcome
from tests.cases import Case, cases
from tests.policies.decision.answered import find_hindrance, judge, mend, patch_by_fix

PAGE = "https://app.test"
MARKER = "X-Patched"
EDITABLE = {
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "cache-control",
    "cross-origin-embedder-policy",
    "cross-origin-resource-policy",
    "vary",
    MARKER.lower(),
}
BLOCKED = [
    pytest.param(case, engine, id=f"{case.name}-{engine}")
    for case in cases()
    for engine in ENGINES
    if judge(case.exchange, case.facts, engine).blocking
]


def exchange(
    *answered: tuple[str, str],
    method: str = "GET",
    status: int = 200,
    http2: bool = False,
    url: str = "https://api.test/",
) -> Exchange:
    request = Request(method, url, HeaderList.of(("Origin", PAGE)))
    return Exchange("id", "client", "connection", request, Response(status, HeaderList.of(*answered)), http2)


CORS = Facts(tainting="cors", origin=PAGE, page_origin=PAGE, mode="cors", credentials="not-include")
PREFLIGHT = replace(CORS, role="preflight", method="PUT", names=("x-a",))


def fields(response: Response) -> dict[str, str | None]:
    return {name: response.headers.get(name) for name in response.headers.names()}


# -- proven -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "engine"), BLOCKED)
def test_what_a_patch_makes_passes(case: Case, engine: EngineName) -> None:
    patch = patch_by_fix(case.exchange, case.facts, engine, MARKER)
    said = judge(case.exchange, case.facts, engine)
    if patch is None:
        rule = find_hindrance(case.exchange, case.facts, engine)
        assert said.outcome is not Outcome.BLOCKED or not RULES[rule or ""].mendable
        return
    patched = replace(case.exchange, response=patch.response)
    after = judge(patched, replace(case.facts, response=None), engine)
    assert after.outcome is not Outcome.BLOCKED
    left = {branch.ruling.rule for branch in after.branches if branch.outcome is Outcome.BLOCKED}
    assert not any(RULES[rule or ""].mendable for rule in left), "no branch is left that headers could mend"


@pytest.mark.parametrize(("case", "engine"), BLOCKED)
def test_a_patch_edits_nothing_else(case: Case, engine: EngineName) -> None:
    patch, before = patch_by_fix(case.exchange, case.facts, engine, MARKER), case.exchange.response
    if patch is None:
        return
    assert before is not None

    def kept(response: Response) -> list[tuple[bytes, bytes]]:
        return [field for field in response.headers.fields if field[0].decode().lower() not in EDITABLE]

    framing = {b"content-length", b"transfer-encoding"}
    left = [
        field for field in kept(before) if patch.response.status == before.status or field[0].lower() not in framing
    ]
    assert [field for field in kept(patch.response) if field in left] == left
    assert len(kept(patch.response)) in (len(left), len(kept(before)))
    if case.facts.role != "preflight" or 200 <= before.status <= 299:
        assert patch.response.status == before.status
    after = fields(patch.response)
    if after.get("access-control-allow-credentials") == "true" and case.facts.tainting == "cors":
        assert "*" not in (after.get("access-control-allow-origin"), after.get("access-control-allow-methods"))


def test_every_rule_that_headers_can_mend_is_patched() -> None:
    patched = {
        judge(case.exchange, case.facts, engine).ruling.rule
        for case, engine in (param.values for param in BLOCKED)
        if patch_by_fix(case.exchange, case.facts, engine, "") is not None  # type: ignore[arg-type]
    }
    mendable = {code for code, rule in RULES.items() if rule.kind == "decision" and rule.mendable}
    assert mendable - patched == set()


names = st.sampled_from(sorted(EDITABLE)).map(str.encode) | st.binary(max_size=8)
values = st.sampled_from([b"*", PAGE.encode(), b"null", b"true", b"PUT", b"x a", b"*, PUT", b"same-origin", b""])
answers = st.lists(st.tuples(names, values | st.binary(max_size=12)), max_size=6).map(lambda f: HeaderList(tuple(f)))
texts = st.text(st.characters(max_codepoint=0xFF), max_size=8)


@given(
    answers,
    st.sampled_from(list(ENGINES)),
    st.sampled_from(["preflight", "request", "redirect"]),
    st.sampled_from(["include", "not-include", "unknown"]),
    st.sampled_from([PAGE, "null", "chrome-extension://abc"]) | texts,
    st.sampled_from(["PUT", "patch"]) | texts,
    st.sampled_from([200, 204, 301, 304, 404, 503]),
    st.booleans(),
)
def test_no_header_is_too_odd_to_be_patched_or_left(
    answer: HeaderList,
    engine: EngineName,
    role: str,
    credentials: str,
    origin: str,
    method: str,
    status: int,
    http2: bool,
) -> None:
    asked = replace(exchange(status=status, http2=http2), response=Response(status, answer))
    facts = replace(PREFLIGHT, role=role, credentials=credentials, origin=origin, method=method)
    patch = patch_by_fix(asked, facts, engine, MARKER)
    if patch is None:
        return
    assert judge(replace(asked, response=patch.response), facts, engine).blocking is None
    before, after = answer.get("access-control-allow-origin"), patch.response.headers.get("access-control-allow-origin")
    assert after in (before, origin)


# -- honest -----------------------------------------------------------------------------------------------------------


def test_a_patch_is_the_least() -> None:
    made = patch_by_fix(exchange(("Content-Type", "text/plain"), ("Vary", "Accept")), CORS, "chromium", MARKER)
    assert made is not None
    assert fields(made.response) == {
        "content-type": "text/plain",
        "vary": "Accept, Origin",
        "access-control-allow-origin": PAGE,
        "cache-control": "no-store",
        "x-patched": "Access-Control-Allow-Origin, Vary, Cache-Control",
    }
    assert made.needed == (f"Access-Control-Allow-Origin: {PAGE}", "Vary: Accept, Origin")
    assert made.edits == (*made.needed, "Cache-Control: no-store")


def test_credentials_that_are_unknown_pass_either_way() -> None:
    unknown = replace(CORS, credentials="unknown")
    asked = exchange(("Access-Control-Allow-Origin", "*"))
    assert judge(asked, unknown, "chromium").outcome is Outcome.ALLOWED
    made = patch_by_fix(asked, unknown, "chromium", "")
    assert made is not None
    assert (made.needed[0], made.needed[-1]) == (
        f"Access-Control-Allow-Origin: {PAGE}",
        "Access-Control-Allow-Credentials: true",
    )
    assert patch_by_fix(asked, CORS, "chromium", "") is None, "nothing blocks it"


def test_credentials_are_allowed_only_where_they_are_needed() -> None:
    made = patch_by_fix(exchange(), CORS, "chromium", "")
    assert made is not None
    assert "access-control-allow-credentials" not in made.response.headers


@pytest.mark.parametrize("sent", [None, "600", "0", "-1", "soon"])
def test_no_patched_preflight_is_remembered(sent: str | None) -> None:
    answered = [] if sent is None else [("Access-Control-Max-Age", sent)]
    made = patch_by_fix(exchange(*answered, method="OPTIONS"), PREFLIGHT, "chromium", "")
    assert made is not None
    assert made.response.headers.lines("access-control-max-age") == ("0",)
    assert not any("Max-Age" in one for one in made.needed)


@pytest.mark.parametrize("sent", ["no-store", "private, NO-STORE"])
def test_a_response_that_is_not_stored_keeps_its_word(sent: str) -> None:
    made = patch_by_fix(exchange(("Cache-Control", sent)), CORS, "chromium", "")
    assert made is not None
    assert made.response.headers.get("cache-control") == sent
    made = patch_by_fix(exchange(("Cache-Control", "max-age=9")), CORS, "chromium", "")
    assert made is not None
    assert made.response.headers.get("cache-control") == NOT_STORED


@pytest.mark.parametrize(
    ("status", "becomes"),
    [(200, 200), (204, 204), (206, 206), (304, 204), (302, 200), (401, 200), (404, 200), (503, 200)],
)
def test_a_preflights_status_leaves_its_body_alone(status: int, becomes: int) -> None:
    asked = exchange(("Content-Length", "9"), ("Location", "/x"), method="OPTIONS", status=status)
    made = patch_by_fix(asked, PREFLIGHT, "chromium", "")
    assert made is not None
    assert made.response.status == becomes
    assert ("content-length" in made.response.headers) == (status != 304), "204 has no body, whatever 304 said of it"
    assert ("status: any from 200 to 299" in made.needed) == (status != becomes)


def test_the_status_of_a_request_stays() -> None:
    made = patch_by_fix(exchange(status=500), CORS, "chromium", "")
    assert made is not None
    assert made.response.status == 500


def test_names_stay_where_they_stood_and_are_lower_case_in_http2() -> None:
    answered = (("ACCESS-control-allow-ORIGIN", "*"), ("X-A", "1"), ("access-control-allow-origin", "x"))
    made = patch_by_fix(exchange(*answered), CORS, "standard", "")
    assert made is not None
    assert [name for name, _ in made.response.headers.fields] == [
        *(b"ACCESS-control-allow-ORIGIN", b"X-A", b"Vary", b"Cache-Control")
    ]
    made = patch_by_fix(exchange(("x-a", "1"), http2=True), CORS, "standard", MARKER)
    assert made is not None
    assert all(name.islower() for name, _ in made.response.headers.fields)


@pytest.mark.parametrize("role", ["request", "preflight"])
@pytest.mark.parametrize("wrong", ["https://app.test\r\nX: 1", "odd", "\x00", "https://app.test/"])
def test_what_no_browser_sends_is_not_repeated(role: str, wrong: str) -> None:
    facts = replace(PREFLIGHT, role=role)
    assert patch_by_fix(exchange(), replace(facts, origin=wrong), "chromium", "") is None
    assert mend(exchange(), replace(facts, names=("x", "a\nb")), "chromium") is None
    assert mend(exchange(), replace(facts, method="P T"), "chromium") is None


def test_an_opaque_origin_is_named() -> None:
    made = patch_by_fix(exchange(), replace(CORS, origin="null"), "chromium", "")
    assert made is not None
    assert fields(made.response) == {"access-control-allow-origin": "null", "cache-control": "no-store"}


def test_what_no_header_can_mend_is_not_patched() -> None:
    led = replace(CORS, role="redirect", target="http://api.test/", secure=True)
    asked = exchange(("Access-Control-Allow-Origin", PAGE), ("Location", "http://api.test/"), status=302)
    assert judge(asked, led, "chromium").ruling.rule == "mixed-content"
    assert patch_by_fix(asked, led, "chromium", "") is None


# -- by a policy ------------------------------------------------------------------------------------------------------

POLICY = ServerPolicy(
    name="api",
    match=Match(hosts=("api.test",)),
    origins=(PAGE,),
    methods=("GET", "PUT"),
    request_headers=("x-a",),
    max_age=600,
)


def by_policy(asked: Exchange, facts: Facts) -> Patch | None:
    return patch_by_answer(asked, facts, respond(POLICY, asked, asked.response), MARKER)


def test_a_policys_answer_stands_in_place_of_the_servers() -> None:
    wide = exchange(("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Credentials", "true"), ("X-A", "1"))
    made = by_policy(wide, CORS)
    assert made is not None
    assert fields(made.response) == {
        "access-control-allow-origin": PAGE,
        "x-a": "1",
        "vary": "Origin",
        "cache-control": "no-store",
        "x-patched": "Access-Control-Allow-Origin, Vary, Access-Control-Allow-Credentials, Cache-Control",
    }
    assert "-Access-Control-Allow-Credentials" in made.needed


def test_an_answer_that_is_right_is_not_touched() -> None:
    right = exchange(("access-control-allow-ORIGIN", PAGE), ("Vary", "Accept, origin"))
    assert by_policy(right, CORS) is None


def test_a_policy_refuses_too() -> None:
    asked = exchange(("Access-Control-Allow-Origin", "*"))
    asked = replace(asked, request=replace(asked.request, headers=HeaderList.of(("Origin", "https://other.test"))))
    facts = replace(CORS, origin="https://other.test")
    made = by_policy(asked, facts)
    assert made is not None
    assert judge(replace(asked, response=made.response), facts, "chromium").outcome is Outcome.BLOCKED


def test_a_preflight_that_nobody_is_asked_for() -> None:
    request = Request(
        "OPTIONS",
        "https://api.test/",
        HeaderList.of(
            ("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "x-a")
        ),
    )
    asked = Exchange("id", "client", "connection", request)
    for how in (respond(POLICY, asked, None), "firefox"):
        made = answer_unasked(asked, PREFLIGHT, how, MARKER)  # type: ignore[arg-type]
        assert made is not None
        assert made.response.status == 204
        assert made.response.headers.get("access-control-max-age") == "0"
        assert judge(replace(asked, response=made.response), PREFLIGHT, "firefox").outcome is Outcome.ALLOWED
        assert made.needed[0] == "status: any from 200 to 299"
    assert answer_unasked(asked, replace(PREFLIGHT, method="P T"), "firefox", MARKER) is None


# -- what the session says beforehand ---------------------------------------------------------------------------------


def test_a_preview_says_what_will_be_judged_and_remembers_nothing() -> None:
    asked = exchange(url="https://api.test/x")
    asked = replace(
        asked, request=replace(asked.request, headers=HeaderList.of(("Origin", PAGE), ("Sec-Fetch-Mode", "cors")))
    )
    session, other = Session("chromium"), Session("chromium")
    for one in (session, other):
        one.begin(replace(asked, response=None))
    known = session.preview(asked)
    assert known is not None
    assert known[1] == "chromium"
    first, second = session.observe(asked), other.observe(asked)
    assert known[0] == first[0].entry.facts == second[0].entry.facts
    assert [one.verdict for one in first] == [one.verdict for one in second]
    assert session.preview(asked) is None, "it is over"


def test_there_is_no_preview_where_cors_has_no_say() -> None:
    session = Session("chromium")
    home = exchange(url="https://app.test/x")
    session.begin(replace(home, response=None))
    assert session.preview(home) is None
    assert session.preview(exchange()) is None, "its request was not seen"
