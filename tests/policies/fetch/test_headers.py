"""Header values: tokens, lists, and the grammar of every CORS header."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.exchange import HeaderList
from corsight.policies.fetch.headers import (
    Failure,
    decode_split,
    extract_header_list_values,
    first_invalid_token,
    get_decode_split,
    is_token,
)

LATIN1 = st.text(st.characters(max_codepoint=0xFF), max_size=60)
TOKENS = st.text(st.sampled_from("!#$%&'*+-.^_`|~09AZaz"), min_size=1, max_size=12)
CORS_HEADERS = [
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "access-control-request-headers",
    "access-control-request-method",
]


def of(name: str, *values: str) -> HeaderList:
    return HeaderList.of(*((name, value) for value in values))


@pytest.mark.parametrize("text", ["GET", "x-a", "*", "a.b", "!#$%&'*+-.^_`|~", "0"])
def test_a_token_is_visible_ascii_without_delimiters(text: str) -> None:
    assert is_token(text)


@pytest.mark.parametrize(
    "text", ["", " ", "a b", " a", "a\n", "a,b", '"a"', "a/b", "a:b", "a@b", "a=b", "(a)", "é", "\x7f"]
)
def test_everything_else_is_no_token(text: str) -> None:
    assert not is_token(text)


@pytest.mark.parametrize(
    ("value", "elements"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a, b", ["a", "b"]),
        (",", ["", ""]),
        ("a,, b ,", ["a", "", "b", ""]),
        (" \ta\t , b", ["a", "b"]),
        ('"a, b", c', ['"a, b"', "c"]),
        ('a"b,c"d, e', ['a"b,c"d', "e"]),
        (r'"a\", b", c', [r'"a\", b"', "c"]),
        (r'"a\\", b', [r'"a\\"', "b"]),
        ('"a, b', ['"a, b']),
        ('x, "a\\', ["x", '"a\\']),
        ('""', ['""']),
        ('a,"', ["a", '"']),
        ('"a",', ['"a"', ""]),
        ("a\x0b, b", ["a\x0b", "b"]),
    ],
)
def test_a_value_splits_at_commas_that_no_quoted_string_hides(value: str, elements: list[str]) -> None:
    assert decode_split(value) == elements


def test_splitting_joins_the_lines_first() -> None:
    headers = of("x", 'a"', '"b', "c")
    assert get_decode_split(headers, "x") == ['a", "b', "c"]
    assert get_decode_split(headers, "y") is None


@given(LATIN1)
def test_a_value_splits_into_its_own_text(value: str) -> None:
    assert ",".join(decode_split(value)).replace(" ", "").replace("\t", "") == value.replace(" ", "").replace("\t", "")


@given(st.lists(TOKENS, min_size=1))
def test_tokens_joined_and_split_are_the_same_tokens(tokens: list[str]) -> None:
    assert decode_split(", ".join(tokens)) == tokens
    assert first_invalid_token(", ".join(tokens)) is None
    for name in ("access-control-allow-methods", "access-control-request-headers"):
        assert extract_header_list_values(of(name, *tokens), name) == tuple(tokens)
        assert extract_header_list_values(of(name, ",".join(tokens)), name) == tuple(tokens)


@given(st.lists(TOKENS, min_size=1), st.lists(st.sampled_from(["", " ", ",", " ,\t"]), min_size=1))
def test_empty_elements_change_nothing_in_a_list(tokens: list[str], noise: list[str]) -> None:
    value = ",".join([*noise, *tokens, *noise])
    name = "access-control-allow-headers"
    assert extract_header_list_values(of(name, value), name) == tuple(tokens)


@pytest.mark.parametrize("name", CORS_HEADERS)
def test_an_absent_header_is_none_and_no_failure(name: str) -> None:
    assert extract_header_list_values(HeaderList(), name) is None


@pytest.mark.parametrize(
    "name", ["access-control-allow-headers", "access-control-allow-methods", "access-control-expose-headers"]
)
@pytest.mark.parametrize("value", ["", ",", " , "])
def test_a_list_may_be_empty(name: str, value: str) -> None:
    assert extract_header_list_values(of(name, value), name) == ()


@pytest.mark.parametrize("value", ["", ",", " , "])
def test_the_list_of_requested_headers_may_not_be_empty(value: str) -> None:
    name = "access-control-request-headers"
    assert extract_header_list_values(of(name, value), name) is Failure.FAILURE


@pytest.mark.parametrize("value", ["a b", "a;b", '"a"', "a, b c", "GET POST PUT", "x-a; x-b", "a, é"])
def test_one_bad_element_fails_the_whole_list(value: str) -> None:
    name = "access-control-allow-headers"
    assert extract_header_list_values(of(name, value), name) is Failure.FAILURE
    assert extract_header_list_values(of(name, "x-good", value), name) is Failure.FAILURE


def test_values_keep_case_order_and_duplicates() -> None:
    name = "access-control-allow-methods"
    assert extract_header_list_values(of(name, "b, A", "patch,A"), name) == ("b", "A", "patch", "A")


@pytest.mark.parametrize("value", ["0", "600", "007", "9" * 40])
def test_max_age_is_digits(value: str) -> None:
    assert extract_header_list_values(of("access-control-max-age", value), "access-control-max-age") == (value,)


@pytest.mark.parametrize("value", ["", "-1", "+1", "1.5", "1s", "1, 2", "abc", "٣"])
def test_max_age_is_nothing_else(value: str) -> None:
    headers = HeaderList(((b"access-control-max-age", value.encode()),))
    assert extract_header_list_values(headers, "access-control-max-age") is Failure.FAILURE


@pytest.mark.parametrize(
    "name", ["access-control-max-age", "access-control-request-method", "access-control-allow-origin"]
)
def test_a_single_header_that_comes_twice_fails_even_with_equal_values(name: str) -> None:
    value = "600" if name.endswith("age") else "null"
    assert extract_header_list_values(of(name, value), name) == (value,)
    assert extract_header_list_values(of(name, value, value), name) is Failure.FAILURE


@pytest.mark.parametrize("value", ["True", "TRUE", '"true"', "true, true", "1", ""])
def test_allow_credentials_is_true_to_the_letter(value: str) -> None:
    name = "access-control-allow-credentials"
    assert extract_header_list_values(of(name, "true"), name) == ("true",)
    assert extract_header_list_values(of(name, value), name) is Failure.FAILURE


@pytest.mark.parametrize(
    "value",
    ["*", "null", "https://a.example", "http://[::1]:8000", "HTTPS://A.EXAMPLE:443", "https://*.a.example", "x://y"],
)
def test_allow_origin_has_the_shape_of_an_origin(value: str) -> None:
    name = "access-control-allow-origin"
    assert extract_header_list_values(of(name, value), name) == (value,)


@pytest.mark.parametrize(
    "value",
    ["", "NULL", "a.example", "https://a.example/", "https://a, https://b", "https://", "https://u@a", "https://a b"],
)
def test_allow_origin_has_no_other_shape(value: str) -> None:
    name = "access-control-allow-origin"
    assert extract_header_list_values(of(name, value), name) is Failure.FAILURE


@pytest.mark.parametrize(
    ("value", "token"),
    [("x-a, x b, y;z", "x b"), ("GET POST PUT", "GET POST PUT"), (', ,"a"', '"a"'), ("x-a,,x-b", None), ("", None)],
)
def test_the_first_invalid_token_is_found(value: str, token: str | None) -> None:
    assert first_invalid_token(value) == token


@given(LATIN1, st.sampled_from(CORS_HEADERS))
def test_no_value_raises_and_what_is_extracted_is_in_it(value: str, name: str) -> None:
    extracted = extract_header_list_values(of(name, value), name)
    assert extracted is not None
    if not isinstance(extracted, Failure):
        assert all(element in value for element in extracted)
    invalid = first_invalid_token(value)
    assert invalid is None or (invalid in value and not is_token(invalid))
