"""Redirects: where they lead, what becomes of the request, how they taint."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.exchange import HeaderList, Response
from corsight.policies.fetch.headers import Failure
from corsight.policies.fetch.redirect import (
    REDIRECT_STATUSES,
    location_url,
    next_taint,
    redirect_method,
    redirect_taint,
    serialized_request_origin,
)

URL = "https://a.example/b/c?d"


def location(*values: bytes, status: int = 302) -> str | Failure | None:
    return location_url(Response(status, HeaderList(tuple((b"Location", value) for value in values))), URL)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_five_statuses_redirect(status: int) -> None:
    assert location(b"/x", status=status) == "https://a.example/x"
    assert status in REDIRECT_STATUSES


@pytest.mark.parametrize("status", [200, 201, 300, 304, 305, 306, 309, 404])
def test_no_other_status_does(status: int) -> None:
    assert location(b"/x", status=status) is None


def test_a_redirect_without_location_leads_nowhere() -> None:
    assert location() is None


@pytest.mark.parametrize(
    ("value", "url"),
    [
        (b"https://b.example", "https://b.example/"),
        (b"//b.example/x#f", "https://b.example/x"),
        (b"x", "https://a.example/b/x"),
        (b"", "https://a.example/b/c?d"),
        (b"https://u:p@b.example/", "https://u:p@b.example/"),
        ("/\N{SNOWMAN}".encode(), "https://a.example/%E2%98%83"),
        (b"/\xe9?\x80\x7f\xff", "https://a.example/%E9?%80%7F%FF"),
        (b"mailto:x@y", "mailto:x@y"),
    ],
)
def test_a_location_is_read_against_the_url_that_answered(value: bytes, url: str) -> None:
    assert location(value) == url


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ((b"/x", b"/x"), "https://a.example/x"),
        ((b"/x", b"/x", b"/x"), "https://a.example/x"),
        ((b"/x", b"/y"), Failure.FAILURE),
        ((b"/x", b"/x", b"/y"), Failure.FAILURE),
    ],
)
def test_chromium_and_firefox_take_identical_locations_for_one(values: tuple[bytes, ...], url: str | Failure) -> None:
    response = Response(302, HeaderList(tuple((b"Location", value) for value in values)))
    assert location_url(response, URL, identical_lines=True) == url
    assert location_url(response, URL) is Failure.FAILURE


@pytest.mark.parametrize("values", [(b"http://",), (b"//a b/",), (b"/x", b"/x"), (b"/x", b"/y")])
def test_a_location_that_does_not_parse_or_comes_twice_is_a_failure(values: tuple[bytes, ...]) -> None:
    assert location(*values) is Failure.FAILURE


@given(st.binary(max_size=40))
def test_no_location_raises(value: bytes) -> None:
    assert location(value) is not None


@pytest.mark.parametrize(
    ("status", "method", "then"),
    [
        (301, "POST", "GET"),
        (302, "POST", "GET"),
        (301, "PUT", "PUT"),
        (302, "post", "post"),
        (302, "HEAD", "HEAD"),
        (303, "POST", "GET"),
        (303, "PUT", "GET"),
        (303, "patch", "GET"),
        (303, "HEAD", "HEAD"),
        (303, "GET", "GET"),
        (307, "POST", "POST"),
        (308, "DELETE", "DELETE"),
    ],
)
def test_the_method_after_a_redirect(status: int, method: str, then: str) -> None:
    assert redirect_method(status, method) == then


PAGE = "https://app.example.com"
PAGES_OTHER_PORT = "https://app.example.com:8443/"
OWN = "https://app.example.com/"
SIBLING = "https://api.example.com/"
COUSIN = "https://cdn.example.com/"
OTHER = "https://other.test/"
THIRD = "https://third.test/"
INSECURE = "http://api.example.com/"


@pytest.mark.parametrize(
    ("chain", "taint"),
    [
        ([OWN], "same-origin"),
        ([OTHER], "same-origin"),
        ([OWN, OTHER], "same-origin"),
        ([OTHER, OTHER + "x"], "same-origin"),
        ([OTHER, OWN], "cross-site"),
        ([OTHER, THIRD], "cross-site"),
        ([OWN, OTHER, OWN], "cross-site"),
        ([OTHER, OWN, OWN], "cross-site"),
        ([SIBLING, COUSIN], "same-site"),
        ([SIBLING, OWN], "same-site"),
        ([SIBLING, OTHER], "same-site"),
        ([SIBLING, COUSIN, OTHER, OWN], "cross-site"),
        ([PAGES_OTHER_PORT, OWN], "same-site"),
        ([INSECURE, SIBLING], "cross-site"),
        ([], "same-origin"),
    ],
)
def test_a_chain_that_leaves_a_foreign_place_taints(chain: list[str], taint: str) -> None:
    assert redirect_taint(PAGE, chain) == taint
    assert serialized_request_origin(PAGE, chain) == (PAGE if taint == "same-origin" else "null")


def test_an_opaque_origin_is_foreign_everywhere() -> None:
    assert redirect_taint("null", [OWN, OTHER]) == "cross-site"
    assert serialized_request_origin("null", [OWN]) == "null"


@given(st.lists(st.sampled_from([OWN, SIBLING, COUSIN, OTHER, THIRD, INSECURE]), min_size=2))
def test_taint_only_grows_along_a_chain(chain: list[str]) -> None:
    order = ["same-origin", "same-site", "cross-site"]
    before, after = redirect_taint(PAGE, chain[:-1]), redirect_taint(PAGE, chain)
    assert order.index(before) <= order.index(after)
    assert after == next_taint(before, PAGE, chain[-2], chain[-1])
