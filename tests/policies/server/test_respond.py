"""respond(): a browser allows an exchange exactly when the policy grants it, whichever engine it has."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.decision.judge import judge
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.safelist import is_cors_safelisted_method
from corsight.policies.rules.placement import RESPONSE_HEADERS
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.respond import Answer, grants, respond
from corsight.policies.verdict import EngineName, Outcome

ENGINES: tuple[EngineName, ...] = get_args(EngineName)
API = "https://api.shop.example/v1/items"

ORIGINS = (
    "https://shop.example",
    "https://www.shop.example",
    "https://a.b.shop.example",
    "https://evilshop.example",
    "https://shop.example.evil.example",
    "https://shop.example:8443",
    "http://shop.example",
    "http://localhost:3000",
    "http://127.0.0.1:80",
    "http://[::1]:5173",
    "capacitor://localhost",
    "null",
)
PATTERNS = (
    "https://shop.example",
    "https://*.shop.example",
    "https://shop.example:8443",
    "http://shop.example",
    "http://localhost:*",
    "http://[::1]:*",
    "capacitor://localhost",
)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "patch", "DELETE", "OPTIONS", "QUERY")
NAMES = ("x-one", "x-two", "content-type", "authorization", "accept")


def _subset(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), unique=True).map(tuple)


@st.composite
def policies(draw: st.DrawFn) -> ServerPolicy:
    """Policies that load: no wildcard beside credentials."""
    credentials = draw(st.booleans())
    origins, methods, names, exposed = (
        draw(_subset(PATTERNS)),
        draw(_subset(METHODS)),
        draw(_subset(NAMES)),
        ("X-Total",),
    )
    if not credentials:
        origins = draw(st.sampled_from([origins, ("*",)]))
        methods = draw(st.sampled_from([methods, ("*",)]))
        names = draw(st.sampled_from([names, ("*",), ("*", "Authorization")]))
        exposed = draw(st.sampled_from([(), exposed, ("*",)]))
    return ServerPolicy(
        name="drawn",
        origins=origins,
        methods=methods,
        request_headers=names,
        expose_headers=exposed,
        credentials=credentials,
        max_age=draw(st.sampled_from([None, 0, 600])),
        preflight_status=draw(st.sampled_from([200, 204, 299])),
        dangerously_allow_null_origin=draw(st.booleans()),
        dangerously_allow_null_origin_with_credentials=credentials and draw(st.booleans()),
    )


fetches = st.tuples(st.sampled_from(ORIGINS), st.sampled_from(METHODS), _subset(NAMES), st.booleans())


def exchange(method: str, headers: list[tuple[str, str]], response: Response | None = None) -> Exchange:
    return Exchange("id", "192.0.2.1", "1", Request(method, API, HeaderList.of(*headers)), response)


def preflight(origin: str, method: str, names: tuple[str, ...] = ()) -> Exchange:
    headers = [("Origin", origin), ("Access-Control-Request-Method", method)]
    if names:
        headers.append(("Access-Control-Request-Headers", ",".join(sorted(names))))
    return exchange("OPTIONS", headers)


def passes(
    engine: EngineName, policy: ServerPolicy, fetch: tuple[str, str, tuple[str, ...], bool], status: int
) -> bool:
    """Whether `engine` lets the fetch through, its preflight included, when the server answers as it should."""
    origin, method, names, include = fetch

    def allowed(sent: Exchange, preflight: bool, received: Response | None) -> bool:
        answered = respond(policy, sent, received).apply(received)
        facts = Facts(
            role="preflight" if preflight else "request",
            tainting="cors",
            response=answered,
            origin=origin,
            page_origin=origin,
            mode="cors",
            method=method,
            names=tuple(sorted(names)),
            credentials="include" if include else "not-include",
        )
        verdict = judge(sent, facts, engine)
        assert verdict.certainty == "certain"
        return verdict.outcome is Outcome.ALLOWED

    if (names or not is_cors_safelisted_method(method)) and not allowed(
        preflight(origin, method, names), True, Response(405, HeaderList())
    ):
        return False
    headers = [("Origin", origin), *((name, "of a page") for name in names)]
    return allowed(exchange(method, headers), False, Response(status, HeaderList()))


@pytest.mark.parametrize("engine", ENGINES)
@given(policy=policies(), fetch=fetches, status=st.sampled_from([200, 404, 500]))
def test_a_browser_allows_what_the_policy_grants_and_nothing_else(
    engine: EngineName, policy: ServerPolicy, fetch: tuple[str, str, tuple[str, ...], bool], status: int
) -> None:
    origin, method, names, include = fetch
    assert passes(engine, policy, fetch, status) == grants(policy, origin, method, names, include=include)


@given(policy=policies(), fetch=fetches)
def test_an_answer_holds_every_cors_header_or_takes_it_away(
    policy: ServerPolicy, fetch: tuple[str, str, tuple[str, ...], bool]
) -> None:
    origin, method, names, _ = fetch
    of_server = HeaderList.of(*((name, "of the server") for name in RESPONSE_HEADERS), ("X-Kept", "as it was"))
    for sent in (preflight(origin, method, names), exchange(method, [("Origin", origin)])):
        answer = respond(policy, sent, Response(200, of_server))
        mended = answer.apply(Response(200, of_server))
        assert {edit.name for edit in answer.headers} - {"Vary"} | set(answer.absent) == set(RESPONSE_HEADERS)
        assert "of the server" not in [mended.headers.get(name.lower()) for name in RESPONSE_HEADERS]
        assert mended.headers.get("x-kept") == "as it was"


@given(policy=policies(), fetch=fetches, other=fetches)
def test_two_requests_with_equal_headers_where_vary_points_get_equal_answers(
    policy: ServerPolicy,
    fetch: tuple[str, str, tuple[str, ...], bool],
    other: tuple[str, str, tuple[str, ...], bool],
) -> None:
    """What a cache may hand out for the first, by Vary, is what the second is answered."""
    one, two = preflight(*fetch[:3]), preflight(*other[:3])
    answer = respond(policy, one, None)
    vary = (answer.apply(None).headers.get("vary") or "").lower().split(", ")
    if all(one.request.headers.get(name) == two.request.headers.get(name) for name in vary if name):
        assert respond(policy, two, None) == answer


SPA = ServerPolicy(
    name="spa",
    origins=("https://shop.example",),
    methods=("GET", "PUT"),
    request_headers=("Content-Type",),
    expose_headers=("X-Total",),
    credentials=True,
    max_age=600,
)


def fields(answer: Answer) -> list[str]:
    return [str(edit) for edit in answer.headers]


def test_a_preflight_is_answered_with_all_that_is_granted() -> None:
    answer = respond(SPA, preflight("https://shop.example", "PUT", ("content-type",)), None)
    assert answer.status == 204
    assert fields(answer) == [
        "Access-Control-Allow-Origin: https://shop.example",
        "Access-Control-Allow-Credentials: true",
        "Access-Control-Allow-Methods: GET, PUT",
        "Access-Control-Allow-Headers: Content-Type",
        "Access-Control-Max-Age: 600",
        "Vary: Origin, Access-Control-Request-Method",
    ]


def test_a_request_is_answered_with_what_a_response_needs() -> None:
    answer = respond(SPA, exchange("GET", [("Origin", "https://shop.example")]), None)
    assert answer.status is None
    assert fields(answer) == [
        "Access-Control-Allow-Origin: https://shop.example",
        "Access-Control-Allow-Credentials: true",
        "Access-Control-Expose-Headers: X-Total",
        "Vary: Origin",
    ]


@pytest.mark.parametrize("headers", [[("Origin", "https://evil.example")], [("Origin", "null")], []])
def test_a_stranger_gets_nothing_but_vary(headers: list[tuple[str, str]]) -> None:
    answer = respond(SPA, exchange("GET", headers), None)
    assert fields(answer) == ["Vary: Origin"]


def test_a_public_answer_is_the_same_for_everyone() -> None:
    policy = ServerPolicy(name="public", origins=("*",), methods=("GET",))
    for headers in ([("Origin", "https://evil.example")], [("Origin", "null")], []):
        assert fields(respond(policy, exchange("GET", headers), None)) == ["Access-Control-Allow-Origin: *"]


def test_a_wildcard_with_credentials_that_got_past_loading_grants_nobody() -> None:
    policy = ServerPolicy(name="unsafe", origins=("*",), methods=("GET",), credentials=True)
    assert fields(respond(policy, exchange("GET", [("Origin", "https://evil.example")]), None)) == ["Vary: Origin"]


@pytest.mark.parametrize(
    ("lines", "merged"),
    [
        ([], "Origin"),
        (["Accept-Encoding"], "Accept-Encoding, Origin"),
        (["Accept-Encoding", "Cookie"], "Accept-Encoding, Cookie, Origin"),
        (["accept, origin"], "accept, origin"),
        (["*"], "*"),
        ([", ,"], "Origin"),
    ],
)
def test_vary_is_merged(lines: list[str], merged: str) -> None:
    response = Response(200, HeaderList.of(*(("Vary", line) for line in lines)))
    answer = respond(SPA, exchange("GET", [("Origin", "https://shop.example")]), response)
    assert answer.apply(response).headers.get("vary") == merged


def test_options_that_asks_for_no_method_is_a_request() -> None:
    answer = respond(SPA, exchange("OPTIONS", [("Origin", "https://shop.example")]), None)
    assert answer.status is None


def test_authorization_is_named_or_refused_beside_a_wildcard() -> None:
    policy = ServerPolicy(name="open", origins=("*",), methods=("GET",), request_headers=("*",))
    asked = preflight("https://shop.example", "GET", ("authorization", "x-one"))
    assert "Access-Control-Allow-Headers: x-one" in fields(respond(policy, asked, None))
    named = policy.model_copy(update={"request_headers": ("*", "Authorization")})
    assert "Access-Control-Allow-Headers: *, Authorization" in fields(respond(named, asked, None))
