"""The answer to a preflight, by the standard's own steps: which one ends it, and what was compared there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from corsight.policies.fetch.headers import extract_header_list_values
from corsight.policies.fetch.preflight import (
    CHECKS,
    HEADER,
    HEADERS_INVALID,
    METHOD,
    METHODS_INVALID,
    REDIRECT,
    STATUS,
    Preflight,
    check_preflight,
)
from corsight.policies.fetch.steps import Step

PAGE = "https://app.test"


def preflight(
    method: str = "PUT",
    names: tuple[str, ...] = (),
    *,
    methods: str | None = "PUT",
    headers: str | None = None,
    include: bool = False,
    status: int = 204,
    location: str | None = None,
) -> Preflight:
    return Preflight(
        origin=PAGE,
        method=method,
        names=names,
        include=include,
        status=status,
        location=location,
        allow_origin=PAGE,
        allow_credentials="true",
        allow_methods=methods,
        allow_headers=headers,
        methods=extract_header_list_values(methods),
        headers=extract_header_list_values(headers),
        cross_origin=True,
        authorization_by_wildcard=False,
        methods_upper_cased=False,
        counted_lines=1,
    )


def steps(asked: Preflight) -> list[Step]:
    return list(check_preflight(asked, tuple(CHECKS)))


def failed(asked: Preflight) -> tuple[str, str | None, str] | None:
    return next(((step.number, step.rule, step.value) for step in steps(asked) if not step.passed), None)


def test_a_preflight_that_passes_takes_every_step() -> None:
    taken = [step.number for step in steps(preflight("PUT", ("x-a",), methods="PUT", headers="x-a"))]
    assert taken == ["7", "2", "4", "7", "7.3", "7.3", "7.5", "7.7"]
    assert all(step.value == "" for step in steps(preflight("PUT", ("x-a",), headers="x-a")))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_of_a_preflight_is_followed(status: int) -> None:
    """Step 6 fetches it by HTTP-network-or-cache fetch, which follows none."""
    asked = preflight(status=status, location="https://api.test/there")
    assert failed(asked) == ("7", REDIRECT, "https://api.test/there")
    assert steps(asked)[0].compared == (str(status), "https://api.test/there")
    # Without a Location it leads nowhere; then its status is what is wrong.
    assert failed(preflight(status=status)) == ("7", STATUS, str(status))


def test_a_location_beside_an_ok_status_leads_nowhere() -> None:
    assert failed(preflight(status=201, location="/there")) is None


@pytest.mark.parametrize(("status", "ok"), [(199, False), (200, True), (204, True), (299, True), (300, False)])
def test_an_ok_status_is_in_the_range_200_to_299(status: int, ok: bool) -> None:
    assert (failed(preflight(status=status)) is None) is ok


def test_step_7_3_asks_for_lists_where_there_are_headers() -> None:
    assert failed(preflight(methods="PUT, a b")) == ("7.3", METHODS_INVALID, "PUT, a b")
    assert failed(preflight(headers="x a")) == ("7.3", HEADERS_INVALID, "x a")
    assert [step.number for step in steps(preflight("GET", methods=None))] == ["7", "2", "4", "7", "7.5"]


@pytest.mark.parametrize(
    ("method", "methods", "include", "rule"),
    [
        ("PUT", "GET, PUT", False, None),
        # "is not a CORS-safelisted method": these need no permission.
        ("GET", None, True, None),
        ("HEAD", "PUT", True, None),
        ("POST", "PUT", True, None),
        ("PUT", None, False, METHOD),
        ("PUT", "*", False, None),
        ("PUT", "*", True, METHOD),
        # To the byte: `patch` is not normalized (Fetch, "normalize"), and no `PATCH`.
        ("patch", "PATCH", False, METHOD),
        ("PATCH", "patch", False, METHOD),
    ],
)
def test_step_7_5_asks_for_the_method(method: str, methods: str | None, include: bool, rule: str | None) -> None:
    asked = preflight(method, methods=methods, include=include)
    assert failed(asked) == (None if rule is None else ("7.5", rule, method))
    [step] = [step for step in steps(asked) if step.number == "7.5"]
    assert step.compared == (method, methods, "include" if include else None)


def test_chromium_before_109_looks_for_the_method_in_upper_case() -> None:
    asked = replace(preflight("patch", methods="PATCH"), methods_upper_cased=True)
    assert failed(asked) is None
    assert failed(replace(asked, method="PATCH")) is None
    assert failed(replace(asked, methods=("patch",))) == ("7.5", METHOD, "patch")


@pytest.mark.parametrize(
    ("names", "headers", "include", "expected"),
    [
        (("x-a", "x-b"), "x-b, x-a", False, [("7.7", None)]),
        (("x-a",), "X-A", False, [("7.7", None)]),
        (("x-a",), None, False, [("7.7", HEADER)]),
        (("x-a",), "*", False, [("7.7", None)]),
        (("x-a",), "*", True, [("7.7", HEADER)]),
        # 7.6: Authorization is a CORS non-wildcard request-header name.
        (("authorization",), "*", False, [("7.6", HEADER)]),
        (("authorization",), "authorization", False, [("7.6", None)]),
        (("authorization", "x-a"), "authorization, x-a", False, [("7.7", None)]),
        (("authorization", "x-a"), "authorization", False, [("7.6", None), ("7.7", HEADER)]),
        # What stands behind the name that fails is not reached.
        (("x-a", "x-b", "x-c"), "x-a, x-c", False, [("7.7", None), ("7.7", HEADER), ("7.7", None)]),
    ],
)
def test_steps_7_6_and_7_7_ask_for_the_headers(
    names: tuple[str, ...], headers: str | None, include: bool, expected: list[tuple[str, str | None]]
) -> None:
    taken = [step for step in steps(preflight("GET", names, headers=headers, include=include)) if step.number > "7.5"]
    assert [(step.number, step.rule) for step in taken] == expected
    assert tuple(name for step in taken for name in step.compared[2:]) == names
    assert all(step.compared[:2] == (headers, "include" if include else None) for step in taken)
    assert all(step.passed or step.value == step.compared[2] for step in taken)


def test_every_engine_lets_the_wildcard_cover_authorization() -> None:
    """Chromium, Firefox and WebKit depart from 7.6 alike, where no credentials go."""
    asked = replace(preflight("GET", ("authorization",), headers="*"), authorization_by_wildcard=True)
    assert failed(asked) is None
    assert failed(replace(asked, include=True)) == ("7.6", HEADER, "authorization")


def test_at_the_pages_own_origin_firefox_checks_no_origin() -> None:
    """A redirect led the preflight home. ESR 153 passed it there, whatever it said."""
    asked = replace(preflight(), allow_origin=None)
    assert failed(asked) == ("2", "allow-origin-missing", "")
    assert failed(replace(asked, cross_origin=False)) is None
