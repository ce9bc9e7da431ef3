"""Which methods and request headers go without asking."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.fetch.safelist import (
    cors_unsafe_request_header_names,
    find_uncovered_names,
    is_cors_non_wildcard_request_header_name,
    is_cors_safelisted_method,
    is_cors_safelisted_request_header,
    is_forbidden_method,
    is_forbidden_request_header,
    is_no_cors_safelisted_request_header,
    lower_all,
    normalize_method,
    parse_mime_essence,
)

SAFELISTED_NAMES = ["accept", "accept-language", "content-language", "content-type", "range"]
LATIN1 = st.text(st.characters(max_codepoint=0xFF), max_size=140)


@pytest.mark.parametrize(
    ("method", "normalized"),
    [("get", "GET"), ("Head", "HEAD"), ("pUT", "PUT"), ("delete", "DELETE"), ("patch", "patch"), ("PATCH", "PATCH")],
)
def test_six_methods_are_normalized_and_patch_is_not(method: str, normalized: str) -> None:
    assert normalize_method(method) == normalized


def test_methods_are_safelisted_by_case() -> None:
    assert [m for m in ("GET", "HEAD", "POST", "PUT", "get", "OPTIONS") if is_cors_safelisted_method(m)] == [
        "GET",
        "HEAD",
        "POST",
    ]


def test_methods_are_forbidden_in_any_case() -> None:
    assert [m for m in ("CONNECT", "trace", "Track", "GET", "TRACEX") if is_forbidden_method(m)] == [
        "CONNECT",
        "trace",
        "Track",
    ]


def test_the_unsafe_bytes() -> None:
    unsafe = bytes(byte for byte in range(256) if not is_cors_safelisted_request_header("accept", chr(byte)))
    assert unsafe == bytes([*range(9), *range(10, 32)]) + b'"():<>?@[\\]{}\x7f'


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accept", ""),
        ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),
        ("accept", "a\tb"),
        ("accept", "\xff"),
        ("accept", "a" * 128),
        ("accept-language", "de-CH, de;q=0.9, *;q=0.1"),
        ("content-language", "de"),
        ("content-language", ""),
        ("content-type", "text/plain"),
        ("content-type", "TEXT/Plain;charset=utf-8"),
        ("content-type", " text/plain ;x"),
        ("content-type", "text/plain;"),
        ("content-type", "text/plain; text/html"),
        ("content-type", "application/x-www-form-urlencoded;charset=UTF-8"),
        ("content-type", "multipart/form-data; boundary=x"),
        ("range", "bytes=0-"),
        ("range", "bytes=0-0"),
        ("range", "bytes=10-20"),
        ("range", "bytes=007-8"),
    ],
)
def test_safelisted_request_headers(name: str, value: str) -> None:
    assert is_cors_safelisted_request_header(name, value)
    assert is_no_cors_safelisted_request_header(name, value) is (name != "range")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accept", "a" * 129),
        ("accept", 'a"b'),
        ("accept", "(x)"),
        ("accept", "a\x00"),
        ("accept-language", "en_US"),
        ("accept-language", "en\t"),
        ("accept-language", "é"),
        ("content-language", "de:CH"),
        ("content-type", ""),
        ("content-type", "text"),
        ("content-type", "text/"),
        ("content-type", "/plain"),
        ("content-type", "text /plain"),
        ("content-type", "text/plain, text/plain"),
        ("content-type", "a/b, text/plain"),
        ("content-type", 'text/plain;a="b"'),
        ("content-type", "application/json"),
        ("content-type", "text/plain;" + "a" * 118),
        ("range", "bytes=-10"),
        ("range", "bytes=2-1"),
        ("range", "bytes=0-1,2-3"),
        ("range", "bytes = 0-1"),
        ("range", "bytes=0-1 "),
        ("range", "Bytes=0-1"),
        ("range", "bytes=٠-"),
        ("x-requested-with", "XMLHttpRequest"),
        ("authorization", "x"),
        ("Accept", "*/*"),
    ],
)
def test_unsafe_request_headers(name: str, value: str) -> None:
    assert not is_cors_safelisted_request_header(name, value)
    assert not is_no_cors_safelisted_request_header(name, value)


@pytest.mark.parametrize(
    ("value", "essence"),
    [
        ("Text/HTML;charset=x", "text/html"),
        ("a/b", "a/b"),
        ("a/b c", None),
        ("a", None),
        ("\n a/b \r;", "a/b"),
        ("a/b/c", None),
    ],
)
def test_the_essence_of_a_mime_type(value: str, essence: str | None) -> None:
    assert parse_mime_essence(value) == essence


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cookie", ""),
        ("set-cookie", ""),
        ("host", "x"),
        ("proxy-x", ""),
        ("sec-x", ""),
        ("dnt", "1"),
        ("x-http-method", "TRACE"),
        ("x-http-method-override", "GET, track"),
        ("x-method-override", " connect ,x"),
    ],
)
def test_forbidden_request_headers(name: str, value: str) -> None:
    assert is_forbidden_request_header(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user-agent", "x"),
        ("x-http-method", "PUT"),
        ("x-method-override", '"TRACE"'),
        ("proxy", ""),
        ("sec", ""),
        ("range", "x"),
    ],
)
def test_request_headers_that_are_not_forbidden(name: str, value: str) -> None:
    assert not is_forbidden_request_header(name, value)


def test_only_authorization_is_beyond_the_wildcard() -> None:
    assert is_cors_non_wildcard_request_header_name("authorization")
    assert not is_cors_non_wildcard_request_header_name("cookie")


@pytest.mark.parametrize(
    ("listed", "include", "by_wildcard", "uncovered"),
    [
        ("X-A, authorization, cookie", False, False, ()),
        ("x-a", True, False, ("authorization", "Cookie")),
        ("*", False, False, ("authorization",)),
        ("*, Authorization", False, False, ()),
        ("*", False, True, ()),
        ("*", True, True, ("x-a", "authorization", "Cookie")),
        ("", False, True, ("x-a", "authorization", "Cookie")),
    ],
)
def test_which_names_a_list_leaves_out(
    listed: str, include: bool, by_wildcard: bool, uncovered: tuple[str, ...]
) -> None:
    names = ("x-a", "authorization", "Cookie")
    found = find_uncovered_names(listed.split(", "), names, include=include, authorization_by_wildcard=by_wildcard)
    assert found == uncovered


def test_the_names_of_a_megabyte_of_lines_are_gone_through_once() -> None:
    """Their own exchange asks for them half a dozen times."""
    names = tuple(f"X-{number}" for number in range(100_000))
    assert lower_all(names) is lower_all(names)


def test_unsafe_names_are_lower_case_sorted_and_each_once() -> None:
    headers = [("X-B", "1"), ("x-a", "1"), ("x-b", "2"), ("Accept", "*/*"), ("Content-Type", "application/json")]
    assert cors_unsafe_request_header_names(headers) == ("content-type", "x-a", "x-b")


def test_safelisted_values_of_more_than_1024_bytes_together_are_unsafe() -> None:
    headers = [("accept", "a" * 128)] * 8
    assert cors_unsafe_request_header_names(headers) == ()
    assert cors_unsafe_request_header_names([*headers, ("accept-language", "d")]) == ("accept", "accept-language")
    assert cors_unsafe_request_header_names([*headers, ("accept-language", "d")], total_limit=None) == ()


def test_joined_lines_are_measured_together() -> None:
    headers = [("Accept", "a" * 64), ("accept", "b" * 63)]
    assert cors_unsafe_request_header_names(headers) == ()
    assert cors_unsafe_request_header_names(headers, joined=True) == ("accept",)
    assert cors_unsafe_request_header_names([("accept", "a"), ("Accept", "b")], joined=True) == ()


def test_an_engine_may_safelist_more_when_the_whole_value_fits() -> None:
    extra = {"dpr": re.compile("[0-9]+")}
    assert cors_unsafe_request_header_names([("DPR", "2")]) == ("dpr",)
    assert cors_unsafe_request_header_names([("DPR", "2")], extra=extra) == ()
    assert cors_unsafe_request_header_names([("DPR", "2x")], extra=extra) == ("dpr",)
    assert cors_unsafe_request_header_names([("DPR", "2" * 128)], extra=extra) == ()
    assert cors_unsafe_request_header_names([("DPR", "2" * 129)], extra=extra) == ("dpr",)


@given(st.lists(st.tuples(st.sampled_from([*SAFELISTED_NAMES, "x-a"]), LATIN1), max_size=6), st.booleans())
def test_a_header_alone_is_unsafe_exactly_when_it_is_not_safelisted(
    headers: list[tuple[str, str]], joined: bool
) -> None:
    for name, value in headers:
        unsafe = cors_unsafe_request_header_names([(name, value)], joined=joined)
        assert unsafe == (() if is_cors_safelisted_request_header(name, value) else (name,))
    names = cors_unsafe_request_header_names(headers, joined=joined)
    assert list(names) == sorted(set(names))
    assert set(names) <= {name for name, _ in headers}


def test_a_forbidden_method_is_one_where_a_header_overrides_the_method() -> None:
    """Fetch, "forbidden request-header", step 3: three names alone."""
    assert is_forbidden_request_header("x-http-method-override", "GET, trace")
    assert not is_forbidden_request_header("x-http-method-override", "GET")
    assert not is_forbidden_request_header("x-a", "TRACE")


def test_what_an_engine_never_safelists_is_asked_for() -> None:
    headers = [("Accept", "a/b"), ("Content-Language", "de")]
    assert cors_unsafe_request_header_names(headers) == ()
    assert cors_unsafe_request_header_names(headers, never=frozenset({"accept"})) == ("accept",)
