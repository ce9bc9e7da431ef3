"""Drift, each way: looser, stricter, inconsistent; and none where the server answers as it should."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.exchange import Exchange, HeaderList, Response
from corsight.policies.server.compare import Comparison
from corsight.policies.server.model import Match, ServerPolicy
from corsight.policies.server.respond import respond
from corsight.policies.session.fetches import Patched
from tests.policies.server.traffic import API, COOKIE, PAGE, Pairs, allow, asks, judge, preflights

POLICY = ServerPolicy(
    name="api",
    match=Match(hosts=("api.shop.example",)),
    origins=(PAGE,),
    methods=("GET", "PUT"),
    request_headers=("Content-Type",),
    expose_headers=("X-Total",),
    credentials=True,
)
OPEN = POLICY.model_copy(update={"credentials": False})
EVIL = "https://evil.example"
METHODS, HEADERS = "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"
EXPOSE = "Access-Control-Expose-Headers"


def drifts(*exchanges: Exchange, policy: ServerPolicy = POLICY) -> list[tuple[str, str, str]]:
    comparison = Comparison([policy])
    found = [drift for judged in judge(*exchanges) for drift in comparison.compare(judged)]
    return [(drift.kind, drift.subject, drift.value) for drift in found]


@pytest.mark.parametrize(
    ("answered", "found"),
    [
        (allow(credentials=True), []),
        (allow(EVIL), [("origin", EVIL)]),
        (allow("null"), [("origin", "null")]),
        (allow("*"), [("origin", "*")]),
        (allow("shop.example"), []),
        (
            allow(PAGE, (EXPOSE, "X-Total, X-Secret, ETag, Cache-Control")),
            [
                ("exposed header", "X-Secret"),
                ("exposed header", "ETag"),
            ],
        ),
        (allow(PAGE, (EXPOSE, "*")), [("exposed header", "*")]),
        (allow(PAGE, (EXPOSE, "*"), credentials=True), []),
        ([(EXPOSE, "X-Secret"), (METHODS, "*")], []),
    ],
)
def test_a_request_is_answered_with_more_than_is_granted(answered: Pairs, found: list[tuple[str, str]]) -> None:
    origin = dict(answered).get("Access-Control-Allow-Origin", PAGE)
    asked = asks(origin=PAGE if origin in ("*", "shop.example") else origin, answered=answered, sends=[COOKIE])
    assert [one[1:] for one in drifts(asked) if one[0] == "looser"] == found


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ([(METHODS, "GET, PUT"), (HEADERS, "content-type, Accept, Origin")], []),
        ([(METHODS, "GET, PUT, DELETE")], [("method", "DELETE")]),
        ([(METHODS, "PUT"), (METHODS, "PATCH")], [("method", "PATCH")]),
        ([(METHODS, "*")], [("method", "*")]),
        ([(HEADERS, "Content-Type, Authorization")], [("request header", "Authorization")]),
        ([(HEADERS, "*")], [("request header", "*")]),
        ([(METHODS, "GET; DELETE")], []),
    ],
)
def test_a_preflight_is_answered_with_more_than_is_granted(more: Pairs, found: list[tuple[str, str]]) -> None:
    asked = preflights("PUT", answered=allow(PAGE, *more))
    assert [one[1:] for one in drifts(asked, policy=OPEN) if one[0] == "looser"] == found


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (
            f"{PAGE}:8443",
            f"the server allows origin {PAGE}:8443, but the policy names {PAGE}, which differs in the port",
        ),
        (PAGE.replace("://", "://www."), f", but the policy names {PAGE}, which differs in www."),
        (EVIL, f"the server allows origin {EVIL}, but the policy does not"),
    ],
)
def test_an_origin_that_is_granted_is_told_to_be_nearly_one_that_the_policy_names(answered: str, said: str) -> None:
    [judged] = judge(asks(origin=answered, answered=allow(answered)))
    assert [drift.text for drift in Comparison([OPEN]).compare(judged) if said in drift.text]


@pytest.mark.parametrize(
    ("answered", "said"),
    [
        (f"{PAGE}/", f"(allow-origin-mismatch): the server names {PAGE}/, which has a slash at the end"),
        (PAGE.replace("https", "http"), "which differs in the scheme"),
        (EVIL, "(allow-origin-mismatch)"),
    ],
)
def test_an_origin_that_is_refused_is_told_to_be_nearly_the_one_that_was_answered(answered: str, said: str) -> None:
    [judged] = judge(asks(answered=allow(answered)))
    [text] = [drift.text for drift in Comparison([OPEN]).compare(judged) if drift.kind == "stricter"]
    assert said in text
    assert text.endswith(said)


def test_a_preflight_that_fails_grants_nothing() -> None:
    assert ("looser", "origin", EVIL) not in drifts(preflights(origin=EVIL, answered=allow(EVIL), status=401))


def test_credentials_are_looser_where_none_are_granted() -> None:
    assert drifts(asks(answered=allow(credentials=True)), policy=OPEN) == [("looser", "credentials", "true")]


def test_reading_the_answer_to_a_method_that_is_not_granted_is_looser() -> None:
    assert drifts(asks("POST", answered=allow()), policy=OPEN) == [("looser", "method", "POST")]


@pytest.mark.parametrize(
    ("exchange", "found"),
    [
        (asks(), ("stricter", "origin", PAGE)),
        (asks(answered=allow("https://www.shop.example")), ("stricter", "origin", PAGE)),
        (asks(sends=[COOKIE], answered=allow()), ("stricter", "credentials", PAGE)),
        (preflights("PUT", answered=allow(PAGE, (METHODS, "GET"))), ("stricter", "method", "PUT")),
        (
            preflights("PUT", names="content-type", answered=allow(PAGE, (METHODS, "PUT"))),
            ("stricter", "request header", "content-type"),
        ),
        (
            preflights("PUT", answered=allow(PAGE, (METHODS, "PUT")), status=405),
            ("stricter", "preflight status", "405"),
        ),
        (
            asks(answered=[*allow(), ("X-Total", "7")]),
            ("stricter", "exposed header", "X-Total"),
        ),
    ],
)
def test_what_a_page_needs_and_the_policy_grants_is_refused(exchange: Exchange, found: tuple[str, str, str]) -> None:
    assert found in drifts(exchange)


@pytest.mark.parametrize(
    "exchange",
    [
        asks(origin=EVIL),
        asks("POST"),
        preflights("DELETE", answered=allow(PAGE, (METHODS, "GET"))),
        preflights("PUT", names="x-other", answered=allow(PAGE, (METHODS, "PUT"))),
    ],
)
def test_what_the_policy_does_not_grant_is_refused_rightly(exchange: Exchange) -> None:
    assert drifts(exchange) == []


def test_credentials_that_are_not_granted_are_refused_rightly() -> None:
    assert drifts(asks(sends=[COOKIE], answered=allow()), policy=OPEN) == []


def test_one_question_with_two_answers_is_inconsistent() -> None:
    found = Comparison([OPEN])
    good, bad = judge(asks(answered=allow()), asks(answered=(), status=500))
    assert found.compare(good) == ()
    [stricter, inconsistent] = found.compare(bad)
    assert (stricter.kind, inconsistent.kind) == ("stricter", "inconsistent")
    assert inconsistent.text == (
        f"the server answered GET {API} from {PAGE} allowing {PAGE} (status 200), "
        "then without CORS headers (status 500)"
    )


@pytest.mark.parametrize(
    "other",
    [
        asks(answered=allow(), status=500),
        asks(url=f"{API}/7"),
        asks(origin=EVIL),
        asks(answered=(), status=304),
        asks(answered=None),
    ],
)
def test_other_questions_and_equal_answers_are_consistent(other: Exchange) -> None:
    assert "inconsistent" not in [one[0] for one in drifts(asks(answered=allow()), other, policy=OPEN)]


def test_a_revised_exchange_is_not_held_against_itself() -> None:
    comparison = Comparison([OPEN])
    [judged] = judge(asks(answered=allow()))
    assert comparison.compare(judged) == comparison.compare(judged) == ()


def test_no_policy_is_for_it() -> None:
    assert drifts(asks(url="https://other.example/", answered=allow("*"))) == []


def test_the_servers_answer_counts_not_the_patched_one() -> None:
    [judged] = judge(asks(answered=allow(credentials=True)))
    exchange = judged.entry.exchange
    judged.entry.patched = Patched((), replace(exchange, response=Response(200, HeaderList())))
    assert [drift.kind for drift in Comparison([POLICY]).compare(judged)] == ["stricter"]
    judged.entry.patched = Patched((), None)
    assert Comparison([POLICY]).compare(judged) == ()


_origins = st.sampled_from([PAGE, EVIL, "null", "https://www.shop.example"])
_questions = st.one_of(
    st.builds(asks, st.sampled_from(["GET", "POST", "PUT"]), origin=_origins, sends=st.sampled_from([[], [COOKIE]])),
    st.builds(
        preflights,
        st.sampled_from(["PUT", "DELETE", "GET"]),
        names=st.sampled_from(["", "content-type", "x-other"]),
        origin=_origins,
    ),
)


@given(st.lists(_questions, max_size=4), st.sampled_from([POLICY, OPEN]))
def test_a_server_that_answers_as_it_should_never_drifts(questions: list[Exchange], policy: ServerPolicy) -> None:
    answered = [replace(one, response=respond(policy, one, one.response).apply(one.response)) for one in questions]
    assert drifts(*answered, policy=policy) == []


def test_what_is_remembered_is_small_however_long_the_answers_are() -> None:
    comparison = Comparison([POLICY])
    for number in range(20):
        long = f"x-{'a' * 50_000}{number}"
        names = preflights(names=long, url=f"{API}/{long}", answered=allow(PAGE, (METHODS, long), (HEADERS, long)))
        for judged in judge(names):
            comparison.compare(judged)
    assert len(comparison._answers) == 20
    assert len(repr(dict(comparison._answers))) < 20 * 1000


def test_long_answers_are_told_apart_by_their_ends() -> None:
    one, other = (allow(PAGE, (METHODS, ", ".join([*(f"M{n}" for n in range(200)), last]))) for last in ("A", "B"))
    kinds = [kind for kind, _, _ in drifts(preflights(answered=one), preflights(answered=other))]
    assert kinds.count("inconsistent") == 1
