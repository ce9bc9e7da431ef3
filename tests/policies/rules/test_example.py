"""Examples are read as they are written."""

from __future__ import annotations

from corsight.policies.facts import Facts
from corsight.policies.rules.example import Example


def test_an_exchange_is_read_with_its_facts() -> None:
    example = Example(
        "GET https://api.example/x?y\nOrigin: https://app.example\nX-A: 1\n\n200\nVary: Origin\nX-B: a: b"
    )
    request, response = example.exchange.request, example.exchange.response
    assert (request.method, request.url) == ("GET", "https://api.example/x?y")
    assert request.headers.get("origin") == "https://app.example"
    assert response is not None
    assert (response.status, response.headers.get("x-b")) == (200, "a: b")
    assert example.preflight is None
    assert example.facts == Facts(
        response=example.exchange.response,
        role="request",
        tainting="cors",
        origin="https://app.example",
        page_origin="https://app.example",
        page="https://app.example/",
        mode="cors",
        destination="empty",
        method="GET",
        names=("x-a",),
        credentials="not-include",
        secure=True,
    )


def test_a_preflight_says_what_is_to_follow() -> None:
    asked = "OPTIONS https://api.example/\nOrigin: https://app.example\nAccess-Control-Request-Method: PUT"
    facts = Example(f"{asked}\nAccess-Control-Request-Headers: x-a,x-b\n\n204\nLocation: /login").facts
    assert (facts.role, facts.method, facts.names, facts.target) == ("preflight", "PUT", ("x-a", "x-b"), None)
    assert Example(f"{asked}\n\n204").facts.names == ()


def test_a_redirect_has_its_target() -> None:
    asked = "GET https://api.example/a/b\nOrigin: https://app.example\n\n302\nLocation: "
    assert Example(asked + "c").facts.target == "https://api.example/a/c"
    facts = Example(asked + "http://").facts
    assert (facts.role, facts.target) == ("redirect", "")


def test_no_response_is_none_and_stated_facts_win() -> None:
    example = Example("GET https://api.example/\n\n", page_origin="http://app.example", credentials="include")
    assert example.exchange.response is None
    facts = example.facts
    assert (facts.origin, facts.page, facts.secure) == ("http://app.example", "http://app.example/", False)
    assert facts.credentials == "include"


def test_the_last_exchange_is_judged_and_its_preflight_known() -> None:
    example = Example(
        "OPTIONS https://api.example/\nOrigin: https://app.example\nAccess-Control-Request-Method: PUT\n\n204\nX-A: 1",
        "PUT https://api.example/\nOrigin: https://app.example\n\n200",
    )
    assert [one.id for one in example.exchanges] == ["example-1", "example-2"]
    assert example.exchange is example.exchanges[-1]
    assert example.preflight is example.exchanges[0].response
