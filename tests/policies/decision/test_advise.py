"""advise(): what it says, what it keeps quiet about, and that nothing a peer sends makes it raise."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.decision import advise as module
from corsight.policies.decision.advise import advice, advise
from corsight.policies.engines import ENGINES
from corsight.policies.exchange import Exchange, HeaderList, Response
from corsight.policies.facts import Facts
from corsight.policies.rules import ADVICE, Example
from corsight.policies.rules.view import LONG
from corsight.policies.verdict import EngineName
from tests.examples import examples
from tests.policies.decision.test_judge import all_facts, exchanges, header_lists, responses

ENGINE_NAMES: tuple[EngineName, ...] = tuple(ENGINES)
ASKED = "GET https://api.example/orders\nOrigin: https://app.example"
PREFLIGHT = (
    "OPTIONS https://api.example/orders\nOrigin: https://app.example\nAccess-Control-Request-Method: PUT\n"
    "Access-Control-Request-Headers: authorization,x-a\n\n204\nAccess-Control-Allow-Origin: https://app.example"
)
NAMED = "Access-Control-Allow-Origin: https://app.example"


def said(text: str, engine: EngineName = "chromium", preflight: str | None = None, **facts: object) -> tuple[str, ...]:
    example = Example(*([preflight] if preflight is not None else []), text, **facts)  # type: ignore[arg-type]
    return advise(example.exchange, example.facts, engine, example.preflight)


# -- what holds for every exchange -----------------------------------------------------------------------------------

odd_headers = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *(b"Access-Control-Allow-Origin", b"Access-Control-Max-Age", b"Access-Control-Allow-Header", b"Vary"),
                *(b"Access-Control-Expose-Headers", b"Access-Control-Allow-Headers", b"Cache-Control", b"X-Total"),
                *(b"Access-Control-Allow-Credentials", b"Access-Control-Request-Method", b"Last-Modified"),
            ]
        )
        | st.binary(max_size=40),
        st.sampled_from(
            [
                *(
                    b"*",
                    b"null",
                    b"https://app.test",
                    b"https://app.test/",
                    b"HTTPS://[::1",
                    b"9" * 6000,
                    b"-1",
                    b"true",
                ),
                *(b"http://app.test", b"*, *", b"Origin", b"max-age=60", b"x-total", b"\xff, \xfe", b"https://*.test"),
            ]
        )
        | st.binary(max_size=40),
    ),
    max_size=8,
).map(lambda pairs: HeaderList(tuple(pairs)))
odd_responses = st.builds(Response, st.integers(100, 599), odd_headers | header_lists)


@given(exchanges, all_facts(), st.sampled_from(ENGINE_NAMES), st.none() | odd_responses, st.none() | responses)
@examples(4)
def test_no_exchange_raises_and_every_code_is_advice(
    exchange: Exchange, facts: Facts, engine: EngineName, response: Response | None, preflight: Response | None
) -> None:
    facts = replace(facts, response=response or exchange.response)
    codes = advise(exchange, facts, engine, preflight)
    assert set(codes) <= {code for code, rule in ADVICE.items() if not rule.many}
    assert len(set(codes)) == len(codes)
    told = advice(exchange, facts, engine, preflight)
    assert tuple(dict.fromkeys(one.code for one in told)) == codes
    if facts.tainting != "cors":
        assert codes == ()


@given(all_facts(tainting="cors", response=None), st.sampled_from(ENGINE_NAMES), odd_responses)
@examples(3)
def test_what_is_remembered_is_what_would_be_said_anew(facts: Facts, engine: EngineName, response: Response) -> None:
    exchange = Example(f"{ASKED}\n\n200").exchange
    first = advise(exchange, replace(facts, response=response), engine, None)
    dated = (*response.headers.fields, (b"Date", b"Sun, 22 Nov 2026 12:00:00 GMT"), (b"ETag", b'"7"'))
    later = replace(facts, response=Response(response.status, HeaderList(dated)))
    assert advise(exchange, later, engine, None) == first
    module._codes.clear()
    module._kinds.clear()
    assert advise(exchange, later, engine, None) == first


def test_exchanges_that_differ_by_date_and_etag_only_are_looked_at_once() -> None:
    module._codes.clear()
    for number in range(50):
        assert said(f'{ASKED}\n\n200\n{NAMED}\nDate: {number}\nETag: "{number}"\nContent-Length: {number}') == ()
    assert len(module._codes) == 1


def test_what_is_remembered_is_bounded() -> None:
    for number in range(module.SHAPES + 100):
        example = Example(f"{ASKED}\n\n200")
        answer = Response(200, HeaderList.of((f"X-{number}", "1"), ("Vary", f"X-{number}")))
        advise(example.exchange, replace(example.facts, response=answer), "chromium", None)
    assert len(module._codes) <= module.SHAPES
    assert len(module._kinds) <= module.SHAPES


# -- what nobody is told ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tainting", ["basic", "opaque"])
def test_responses_that_are_not_cors_are_let_be(tainting: str) -> None:
    headers = "Access-Control-Allow-Origin: *\nAccess-Control-Allow-Credentials: true\nAccess-Control-Allow-Header: x"
    assert said(f"{ASKED}\n\n200\n{headers}", tainting=tainting) == ()
    assert said(f"{ASKED}\n\n200\n{headers}") != ()


@pytest.mark.parametrize(
    "answer",
    [
        "200",
        "200\nContent-Type: text/html",
        "200\nAccess-Control-Allow-Origin: *",
        "200\nAccess-Control-Allow-Origin: *\nCache-Control: max-age=60\nAccess-Control-Expose-Headers: *\nX-Total: 1",
        f"200\n{NAMED}\nVary: Origin",
        f"200\n{NAMED}\nVary: Accept-Encoding, origin\nCache-Control: max-age=60",
        f"200\n{NAMED}\nVary: *\nCache-Control: max-age=60",
        # No cache hands these out without asking the server.
        f"200\n{NAMED}",
        f'200\n{NAMED}\nETag: "7"',
        f"200\n{NAMED}\nLast-Modified: x\nCache-Control: no-store",
        f"200\n{NAMED}\nLast-Modified: x\nCache-Control: private, no-cache",
        f"200\n{NAMED}\nLast-Modified: x\nCache-Control: max-age=0, must-revalidate",
        f"304\n{NAMED}\nCache-Control: max-age=60",
        # The answer to another origin's page is blocked, which is said otherwise.
        "200\nAccess-Control-Allow-Origin: https://other.example\nCache-Control: max-age=60",
        "200\nAccess-Control-Allow-Origin: app.example",
        f"200\n{NAMED}\nAccess-Control-Allow-Private-Network: true",
        f"200\n{NAMED}\nTiming-Allow-Origin: *\nCross-Origin-Resource-Policy: cross-origin",
        f"200\n{NAMED}\nAccess-Control-Expose-Headers: X-Total, , X-Page\nX-Total: 1",
    ],
)
@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_what_is_well_or_none_of_our_business_is_not_mentioned(answer: str, engine: EngineName) -> None:
    assert said(f"{ASKED}\n\n{answer}", engine) == ()


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "\nAccess-Control-Max-Age: 600",
        "\nAccess-Control-Max-Age: 0",
        "\nAccess-Control-Max-Age: ",
        "\nAccess-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: Authorization, X-A",
        "\nAccess-Control-Expose-Headers: X-Total",
        "\nAccess-Control-Allow-Methods: PUT, *\nAccess-Control-Allow-Headers: *, Authorization, X-A"
        "\nAccess-Control-Max-Age: 600",
    ],
)
@pytest.mark.parametrize("engine", ENGINE_NAMES)
def test_a_good_preflight_is_not_mentioned(answer: str, engine: EngineName) -> None:
    assert said(PREFLIGHT + answer, engine) == ()


def test_a_wildcard_under_credentials_is_the_verdicts_business() -> None:
    answer = "\nAccess-Control-Allow-Headers: *\nAccess-Control-Allow-Methods: *\nAccess-Control-Max-Age: 60"
    for credentials in ("include", "unknown"):
        assert said(PREFLIGHT + answer, "firefox", credentials=credentials) == ()


# -- what depends on more than one header ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("engine", "seconds", "codes"),
    [
        ("chromium", 7200, ()),
        ("chromium", 7201, ("max-age-capped",)),
        ("webkit", 600, ()),
        ("webkit", 601, ("max-age-capped",)),
        ("firefox", 86400, ()),
        ("firefox", 86401, ("max-age-capped",)),
        ("standard", 86401, ("max-age-capped",)),
        ("firefox", int("9" * 400), ("max-age-capped",)),
        ("firefox", "000000000000600", ()),
        ("firefox", "600s", ("max-age-invalid",)),
        ("firefox", "600.5", ("max-age-invalid",)),
        ("firefox", '"600"', ("max-age-invalid",)),
        ("firefox", "-600", ("max-age-negative",)),
        ("chromium", "600, 600", ("max-age-invalid",)),
    ],
)
def test_a_max_age_is_held_against_the_engines_cap(
    engine: EngineName, seconds: int | str, codes: tuple[str, ...]
) -> None:
    assert said(f"{PREFLIGHT}\nAccess-Control-Max-Age: {seconds}", engine) == codes


@pytest.mark.parametrize(
    ("engine", "codes"),
    [
        ("standard", ()),
        ("chromium", ("authorization-by-wildcard", "preflight-never-cached")),
        ("firefox", ("authorization-by-wildcard", "preflight-never-cached")),
        ("webkit", ("authorization-by-wildcard",)),
    ],
)
def test_authorization_by_a_wildcard_passes_in_browsers_and_is_kept_in_webkit_only(
    engine: EngineName, codes: tuple[str, ...]
) -> None:
    answer = "\nAccess-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: *\nAccess-Control-Max-Age: 60"
    assert said(PREFLIGHT + answer, engine) == codes


def test_a_preflight_that_is_not_to_be_kept_is_not_said_to_be_lost() -> None:
    for max_age in ("", "\nAccess-Control-Max-Age: 0"):
        answer = f"\nAccess-Control-Allow-Methods: *\nAccess-Control-Allow-Headers: X-A, Authorization{max_age}"
        assert said(PREFLIGHT + answer, "firefox") == ()


def test_nothing_is_said_of_the_time_of_a_preflight_that_failed() -> None:
    failed = PREFLIGHT.replace("\n\n204", "\n\n404")
    assert said(failed + "\nAccess-Control-Max-Age: never") == ()


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        ([NAMED, NAMED], ("cors-headers-twice",)),
        ([NAMED, "access-control-allow-origin: *"], ("cors-headers-twice",)),
        (["Access-Control-Allow-Origin: *, *"], ("cors-headers-twice",)),
        (["Access-Control-Allow-Origin: *, https://app.example"], ("cors-headers-twice",)),
        (["Access-Control-Allow-Origin: https://app.example,https://app.example"], ("cors-headers-twice",)),
        ([NAMED, *["Access-Control-Allow-Credentials: true"] * 2], ("cors-headers-twice",)),
        ([NAMED, *["Access-Control-Expose-Headers: X-A"] * 2, *["Vary: Origin"] * 2], ()),
        (["Access-Control-Allow-Origin: https://app.example, https://b.example"], ("allow-origin-list",)),
    ],
)
def test_two_layers_are_told_from_a_list(lines: list[str], codes: tuple[str, ...]) -> None:
    assert said("\n".join([f"{ASKED}\n\n200", *lines])) == codes


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:3000", "http://app.localhost"])
def test_a_local_origin_may_be_insecure(origin: str) -> None:
    granted = f"200\nAccess-Control-Allow-Origin: {origin}\nAccess-Control-Allow-Credentials: true\nVary: Origin"
    assert said(f"GET https://api.example/\nOrigin: {origin}\n\n{granted}") == ()


def test_an_insecure_api_may_trust_an_insecure_origin() -> None:
    granted = "200\nAccess-Control-Allow-Origin: http://app.example\nAccess-Control-Allow-Credentials: true"
    asked = "GET {}://api.example/\nOrigin: http://app.example\n\n"
    assert said(asked.format("http") + granted) == ()
    assert said(asked.format("https") + granted) == ("insecure-origin-with-credentials",)


def test_headers_exposed_on_the_preflight_matter_only_where_the_response_has_them_and_hides_them() -> None:
    asked = "PUT https://api.example/orders\nOrigin: https://app.example\n\n200\n" + NAMED
    exposing = PREFLIGHT + "\nAccess-Control-Expose-Headers: X-Total, X-Page"
    assert said(asked, preflight=exposing) == ()
    assert said(f"{asked}\nX-Total: 1", preflight=PREFLIGHT) == ()
    assert said(f"{asked}\nX-Total: 1\nAccess-Control-Expose-Headers: X-Total", preflight=exposing) == ()
    assert said(f"{asked}\nX-Total: 1", preflight=exposing) == ("expose-headers-on-preflight",)
    example = Example(exposing, f"{asked}\nX-Total: 1")
    [found] = advice(example.exchange, example.facts, "chromium", example.preflight)
    assert found.value == "X-Total"


def test_a_wildcard_hides_only_what_a_script_might_want() -> None:
    answer = f"200\n{NAMED}\nAccess-Control-Expose-Headers: *\nDate: x\nServer: y\nVary: Origin"
    assert said(f"{ASKED}\n\n{answer}", credentials="include") == ()
    assert said(f"{ASKED}\n\n{answer}\nX-Total: 1", credentials="include") == ("expose-wildcard-with-credentials",)
    assert said(f"{ASKED}\n\n{answer}\nX-Total: 1", credentials="unknown") == ()


def test_a_misspelt_header_beside_the_right_one_does_no_harm() -> None:
    wrong = "Access-Control-Allowed-Origin: *"
    assert said(f"{ASKED}\n\n200\n{wrong}") == ("cors-header-misspelt",)
    assert said(f"{ASKED}\n\n200\n{NAMED}\n{wrong}") == ()


def test_a_stored_response_is_looked_at_in_place_of_the_304_that_confirmed_it() -> None:
    stored = Response(
        200, HeaderList.of(("Access-Control-Allow-Origin", "https://app.example"), ("Cache-Control", "max-age=60"))
    )
    assert said(f"{ASKED}\n\n304", response=stored) == ("vary-origin-missing",)


def test_values_beyond_all_measure_are_neither_looked_at_nor_remembered() -> None:
    module._codes.clear()
    assert said(f"{ASKED}\n\n200\nX-{'a' * LONG}: 1\n{NAMED}") == ()
    assert said(f"{ASKED}\n\n200\nAccess-Control-Allow-Origin: {'x, ' * LONG}") == ()
    assert module._codes == {}
    assert max(map(len, module._kinds)) <= module.LONGEST_NAME


@pytest.mark.parametrize(
    "more", ["Last-Modified: x", "Cache-Control: max-age=60", "Cache-Control: public, s-maxage=60", "Vary: Accept"]
)
def test_what_a_cache_may_reuse_has_to_vary(more: str) -> None:
    answer = f"{ASKED}\n\n200\n{NAMED}\nCache-Control: private\n{more}"
    expected = () if more.startswith("Vary") else ("vary-origin-missing",)
    assert said(answer) == expected
    assert said(answer.replace("GET", "POST", 1)) == ()


@pytest.mark.parametrize(
    ("methods", "names", "codes"),
    [
        ("*", "X-A, Authorization", ("preflight-never-cached",)),
        ("PUT", "*, Authorization", ("preflight-never-cached",)),
        ("PUT", "X-A, Authorization, *", ()),
        ("*, PUT", "X-A, Authorization", ()),
    ],
)
def test_firefox_keeps_no_preflight_that_passed_by_a_wildcard(methods: str, names: str, codes: tuple[str, ...]) -> None:
    lists = f"\nAccess-Control-Allow-Methods: {methods}\nAccess-Control-Allow-Headers: {names}"
    assert said(f"{PREFLIGHT}{lists}\nAccess-Control-Max-Age: 60", "firefox") == codes
    assert said(f"{PREFLIGHT}{lists}\nAccess-Control-Max-Age: 60", "chromium") == ()


def test_a_method_that_needs_no_leave_needs_no_name() -> None:
    lists = "\nAccess-Control-Allow-Methods: *\nAccess-Control-Allow-Headers: X-A, Authorization"
    asked = PREFLIGHT.replace("Request-Method: PUT", "Request-Method: POST")
    assert said(f"{asked}{lists}\nAccess-Control-Max-Age: 60", "firefox") == ()


def test_an_options_request_of_the_page_may_be_answered_like_a_preflight() -> None:
    answer = f"\n\n200\n{NAMED}\nAccess-Control-Allow-Methods: PUT"
    assert said(ASKED + answer) == ("allow-lists-on-response",)
    assert said(ASKED.replace("GET", "OPTIONS") + answer) == ()
