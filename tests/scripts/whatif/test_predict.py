"""What is typed is judged as traffic is: the casebook's exchanges come to the casebook's verdicts."""

from __future__ import annotations

from itertools import product

import pytest

from corsight.policies.exchange import HeaderList, Response
from corsight.policies.fetch.redirect import REDIRECT_STATUSES
from corsight.policies.verdict import EngineName, Outcome
from corsight.scripts.curl import Hop
from corsight.scripts.whatif.model import Mode, Prediction, Question, Responses
from corsight.scripts.whatif.predict import predict
from tests.cases import ENGINES, PAGE, Case, Said, cases

API = "https://api.test/data"


def hop(status: int, *fields: tuple[str, str]) -> Hop:
    return Hop(Response(status, HeaderList.of(*fields)))


ALLOWED = ("Access-Control-Allow-Origin", PAGE)
STAR = ("Access-Control-Allow-Origin", "*")
PUT = ("Access-Control-Allow-Methods", "PUT")
CREDENTIALS = ("Access-Control-Allow-Credentials", "true")


def typable(case: Case) -> bool:
    """Whether a person can type the case: one CORS exchange of the page, that went no way before. What a redirect mode
    makes of a redirect's status is not typed.
    """
    facts = case.facts
    return (
        case.exchange.response is not None
        and facts.tainting == "cors"
        and facts.tainting_too is None
        and facts.role in ("request", "preflight")
        and facts.origin == facts.page_origin == PAGE
        and facts.response is case.exchange.response
        and not facts.chain
        and facts.destination == "empty"
        and not facts.event_source
        and (facts.role == "preflight" or not (facts.names or case.exchange.response.status in REDIRECT_STATUSES))
        and case.exchange.request.url.startswith("https://api.test/")
    )


TYPABLE = [case for case in cases() if typable(case)]


def typed(case: Case) -> tuple[Question, Responses]:
    facts, response = case.facts, case.exchange.response
    assert response is not None
    include = None if facts.credentials == "unknown" else facts.credentials == "include"
    given = Hop(response, case.exchange.http2)
    headers = tuple((name, "application/json") for name in facts.names)
    question = Question(PAGE, case.exchange.request.url, facts.method, headers, include)
    return question, Responses((given,)) if facts.role == "preflight" else Responses((), (given,))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in TYPABLE])
def test_the_casebook_typed_is_judged_as_it_was_recorded(case: Case) -> None:
    question, responses = typed(case)
    for engine in ENGINES:
        prediction, expected = predict(question, responses, engine), case.expected[engine]
        judged = prediction.judged[0].verdict
        assert judged.certainty == expected.certainty
        if expected.branches:
            # Which branch is told turns on evidence, and what is typed has none.
            found = {branch.label: Said.of(branch.ruling) for branch in judged.branches}
            assert found == expected.branches
        else:
            assert Said.of(judged.ruling) == expected.said


def test_most_of_the_casebook_can_be_typed() -> None:
    assert len(TYPABLE) > 60
    assert {case.facts.credentials for case in TYPABLE} == {"include", "not-include", "unknown"}
    assert {case.facts.role for case in TYPABLE} == {"request", "preflight"}


def asked(
    method: str = "GET",
    include: bool | None = False,
    headers: tuple[tuple[str, str], ...] = (),
    mode: Mode = "cors",
) -> Question:
    return Question(PAGE, API, method, headers, include, mode)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_missing_is_named_in_order(engine: EngineName) -> None:
    question = asked("PUT", headers=(("Content-Type", "application/json"),))
    passing, refusing = hop(204, STAR, PUT, ("Access-Control-Allow-Headers", "content-type")), hop(403)
    assert missing(predict(question, Responses(), engine)) == ["preflight", "response"]
    assert missing(predict(question, Responses((passing,)), engine)) == ["response"]
    assert missing(predict(question, Responses((), (hop(200, STAR),)), engine)) == ["preflight"]
    assert missing(predict(question, Responses((refusing,)), engine)) == []
    prediction = predict(question, Responses((passing,), (hop(200, STAR),)), engine)
    assert (prediction.outcome, prediction.certain, missing(prediction)) == (Outcome.ALLOWED, True, [])


def missing(prediction: Prediction) -> list[str]:
    return [one.what for one in prediction.missing]


@pytest.mark.parametrize(("engine", "include"), [*product(ENGINES, (True, False))])
def test_what_is_said_to_be_needed_is_enough(engine: EngineName, include: bool) -> None:
    question = asked("PATCH", include, headers=(("X-A", "1"), ("Authorization", "Bearer x")))
    preflight, response = predict(question, Responses(), engine).missing
    assert preflight.needed is not None
    assert response.needed is not None
    given = [
        Hop(needed.apply(Response(status, HeaderList())))
        for needed, status in ((preflight.needed, 204), (response.needed, 200))
    ]
    prediction = predict(question, Responses((given[0],), (given[1],)), engine)
    assert (prediction.outcome, prediction.certain) == (Outcome.ALLOWED, True)


def test_unknown_credentials_are_judged_both_ways_though_the_response_is_given() -> None:
    # In traffic the request that follows proves that the preflight passed. What is typed proves nothing.
    question = asked("PUT", None)
    preflight = hop(204, STAR, PUT)
    prediction = predict(question, Responses((preflight,), (hop(200, STAR),)), "chromium")
    assert (prediction.outcome, prediction.certain) == (Outcome.ALLOWED, False)
    for judged in prediction.judged:
        rules = {branch.label: branch.ruling.rule for branch in judged.verdict.branches}
        assert rules["credentials=include"] == "allow-origin-wildcard"


def test_the_likelier_credentials_mode_is_the_same_for_every_engine() -> None:
    responses = Responses(
        (hop(204, ALLOWED, ("Access-Control-Allow-Methods", "*")),), (hop(200, ALLOWED, CREDENTIALS),)
    )
    for engine in ENGINES:
        prediction = predict(asked("PUT", None), responses, engine)
        assert prediction.judged[0].verdict.ruling.rule == "allow-credentials-not-true"


def test_what_lies_behind_a_refusal_is_never_reached() -> None:
    prediction = predict(asked("PUT"), Responses((hop(401),), (hop(500),)), "firefox")
    assert [one.entry.role for one in prediction.judged] == ["preflight"]
    assert [one.entry.role for one in prediction.unreached] == ["request"]
    assert prediction.stopped is prediction.judged[0]


def test_preflights_are_needed_for_what_each_engine_says() -> None:
    for engine in ENGINES:
        [preflight] = predict(asked(headers=(("DPR", "2"), ("X-A", "1"))), Responses(), engine).preflights
        assert preflight.names == (("x-a",) if engine == "chromium" else ("dpr", "x-a"))
        assert predict(asked("POST", headers=(("Content-Type", "text/plain"),)), Responses(), engine).preflights == ()
        assert predict(asked("patch"), Responses(), engine).preflights[0].because == (
            "the method patch: only GET, HEAD and POST need none",
        )


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("X-Api-Key", "1", "the header X-Api-Key: it is not CORS-safelisted"),
        ("Accept", "a" * 129, "the header Accept: its value is longer than 128 bytes"),
        ("Accept", "a{b", "Accept: a{b: this value needs one"),
        (
            "Content-Type",
            "application/json",
            "Content-Type: application/json: only application/x-www-form-urlencoded, multipart/form-data and "
            "text/plain need none",
        ),
    ],
)
def test_the_reasons_for_a_preflight(name: str, value: str, reason: str) -> None:
    assert predict(asked(headers=((name, value),)), Responses(), "webkit").preflights[0].because == (reason,)


def test_redirects_are_followed_as_a_browser_does() -> None:
    away = hop(302, ALLOWED, ("Location", "https://cdn.test/y"))
    prediction = predict(asked(), Responses((), (away, hop(200, ALLOWED))), "chromium")
    assert [one.entry.role for one in prediction.judged] == ["redirect", "request"]
    assert prediction.judged[1].entry.exchange.request.headers.get("origin") == "null"
    assert prediction.judged[1].verdict.ruling.rule == "allow-origin-mismatch"
    # The response after it is missing, where curl did not follow.
    [after] = predict(asked(), Responses((), (away,)), "chromium").missing
    assert (after.what, after.url) == ("response", "https://cdn.test/y")


def test_a_redirect_needs_a_preflight_of_its_own() -> None:
    passing = hop(204, STAR, ("Access-Control-Allow-Headers", "x-a"))
    question = asked(headers=(("X-A", "1"),))
    prediction = predict(
        question, Responses((passing,), (hop(307, STAR, ("Location", "/y")), hop(200, STAR))), "webkit"
    )
    assert [one.url for one in prediction.preflights] == [API, "https://api.test/y"]
    assert missing(prediction) == ["preflight"]
    both = Responses((passing, passing), (hop(307, STAR, ("Location", "/y")), hop(200, STAR)))
    assert predict(question, both, "webkit").outcome is Outcome.ALLOWED


def test_redirects_without_end_stop() -> None:
    around = hop(302, STAR, ("Location", "/data"))
    prediction = predict(asked(), Responses((), (around,) * 40), "standard")
    assert prediction.outcome is Outcome.BLOCKED
    assert prediction.judged[-1].verdict.ruling.rule == "redirect-too-many"


def test_a_redirect_to_a_get_drops_the_body_and_its_headers() -> None:
    question = asked("PUT", headers=(("Content-Type", "application/json"), ("Authorization", "Bearer x")))
    passing = hop(204, STAR, PUT, ("Access-Control-Allow-Headers", "content-type, authorization"))
    away = hop(303, STAR, ("Location", "https://cdn.test/y"))
    prediction = predict(question, Responses((passing,), (away, hop(200, STAR))), "chromium")
    last = prediction.judged[-1].entry.exchange.request
    assert (last.method, last.headers.get("content-type"), last.headers.get("authorization")) == ("GET", None, None)
    assert prediction.outcome is Outcome.ALLOWED


@pytest.mark.parametrize(
    ("url", "blocked"),
    [
        ("http://api.test/", set(ENGINES)),
        ("http://localhost:8080/", {"webkit"}),
        ("http://192.168.1.1/", {"standard", "firefox", "webkit"}),
    ],
)
def test_insecure_urls_are_not_asked_by_secure_pages(url: str, blocked: set[str]) -> None:
    for engine in ENGINES:
        prediction = predict(Question(PAGE, url, "GET", include=False), Responses((), (hop(200, STAR),)), engine)
        assert (prediction.stopped is not None) == (engine in blocked)
        assert prediction.judged[0].verdict.ruling.rule == ("mixed-content" if engine in blocked else None)


def test_its_own_origin_and_no_cors() -> None:
    own = Question("https://api.test", API, "PUT", include=True)
    assert predict(own, Responses((), (hop(200),)), "firefox").outcome is Outcome.NOT_CORS
    assert predict(asked(mode="no-cors"), Responses((), (hop(200),)), "firefox").outcome is Outcome.OPAQUE
    refused = Responses((), (hop(200, ("Cross-Origin-Resource-Policy", "same-origin")),))
    assert predict(asked(mode="no-cors"), refused, "firefox").outcome is Outcome.BLOCKED


def test_no_response_is_no_verdict_of_cors() -> None:
    prediction = predict(asked(), Responses(failed=True), "chromium")
    assert prediction.judged[0].verdict.ruling.rule == "network-error"
    assert prediction.outcome is Outcome.NOT_CORS


# -- versions ----------------------------------------------------------------------------------------------------------


def asked_for(version: int, question: Question, *hops: Hop) -> list[tuple[str, tuple[str, ...]]]:
    """The preflights of a version of Chromium, each by its method and names."""
    passing = hop(204, ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "*, authorization"))
    prediction = predict(question, Responses((passing,) * 3, hops), "chromium", version)
    return [(preflight.method, preflight.names) for preflight in prediction.preflights]


def test_authorization_goes_along_to_another_origin_until_118() -> None:
    question = Question(PAGE, API, "GET", (("Authorization", "Bearer x"),), False)
    there = hop(302, STAR, ("Location", "https://b.test/")), hop(200, STAR)
    assert asked_for(118, question, *there) == [("GET", ("authorization",))] * 2
    assert asked_for(119, question, *there) == [("GET", ("authorization",))]


def test_a_dropped_content_type_is_asked_for_again_until_134() -> None:
    question = Question(PAGE, API, "POST", (("Content-Type", "application/json"),), False)
    there = hop(303, STAR, ("Location", "https://b.test/")), hop(200, STAR)
    assert asked_for(134, question, *there) == [("POST", ("content-type",)), ("GET", ("content-type",))]
    assert asked_for(137, question, *there) == [("POST", ("content-type",))]


@pytest.mark.parametrize(
    ("name", "value", "until"), [("Range", "bytes=1-", 98), ("Downlink", "1.2", 108), ("ECT", "4g", 108)]
)
def test_what_became_safelisted(name: str, value: str, until: int) -> None:
    question = Question(PAGE, API, "GET", ((name, value),), False)
    assert asked_for(until, question, hop(200, STAR)) == [("GET", (name.lower(),))]
    assert asked_for(until + 1, question, hop(200, STAR)) == []


def test_a_secure_page_asks_an_address_of_the_local_network() -> None:
    question = Question(PAGE, "http://192.168.0.9/", "GET", (), False)
    told = [predict(question, Responses(), "chromium", version).outcome for version in (141, 142)]
    assert told == [Outcome.BLOCKED, None]
