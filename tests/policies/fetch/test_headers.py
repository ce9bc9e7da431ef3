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
    find_invalid_token,
    has_directive,
    is_token,
)

LATIN1 = st.text(st.characters(max_codepoint=0xFF), max_size=60)
TOKENS = st.text(st.sampled_from("!#$%&'*+-.^_`|~09AZaz"), min_size=1, max_size=12)


def extract(*lines: str) -> tuple[str, ...] | Failure | None:
    return extract_header_list_values(HeaderList.of(*(("x", line) for line in lines)).get("x"))


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


@given(LATIN1)
def test_a_value_splits_into_its_own_text(value: str) -> None:
    assert ",".join(decode_split(value)).replace(" ", "").replace("\t", "") == value.replace(" ", "").replace("\t", "")


@given(st.lists(TOKENS, min_size=1))
def test_tokens_joined_and_split_are_the_same_tokens(tokens: list[str]) -> None:
    assert decode_split(", ".join(tokens)) == tokens
    assert find_invalid_token(", ".join(tokens)) is None
    assert extract(*tokens) == extract(",".join(tokens)) == tuple(tokens)


@given(st.lists(TOKENS, min_size=1), st.lists(st.sampled_from(["", " ", ",", " ,\t"]), min_size=1))
def test_empty_elements_change_nothing_in_a_list(tokens: list[str], noise: list[str]) -> None:
    assert extract(",".join([*noise, *tokens, *noise])) == tuple(tokens)


def test_an_absent_header_is_none_and_no_failure() -> None:
    assert extract() is None


@pytest.mark.parametrize("value", ["", ",", " , "])
def test_a_list_may_be_empty(value: str) -> None:
    assert extract(value) == ()


@pytest.mark.parametrize("value", ["a b", "a;b", '"a"', "a, b c", "GET POST PUT", "x-a; x-b", "a, é"])
def test_one_bad_element_fails_the_whole_list(value: str) -> None:
    assert extract(value) is Failure.FAILURE
    assert extract("x-good", value) is Failure.FAILURE


def test_values_keep_case_order_and_duplicates() -> None:
    assert extract("b, A", "patch,A") == ("b", "A", "patch", "A")


@pytest.mark.parametrize(
    ("value", "token"),
    [("x-a, x b, y;z", "x b"), ("GET POST PUT", "GET POST PUT"), (', ,"a"', '"a"'), ("x-a,,x-b", None), ("", None)],
)
def test_the_first_invalid_token_is_found(value: str, token: str | None) -> None:
    assert find_invalid_token(value) == token


@given(LATIN1)
def test_no_value_raises_and_what_is_extracted_is_in_it(value: str) -> None:
    extracted, invalid = extract_header_list_values(value), find_invalid_token(value)
    assert (extracted is Failure.FAILURE) == (invalid is not None)
    assert invalid is None or (invalid in value and not is_token(invalid))
    if isinstance(extracted, tuple):
        assert all(element in value for element in extracted)


@pytest.mark.parametrize(
    ("value", "holds"),
    [
        (None, False),
        ("", False),
        ("no-store", True),
        ("private,  No-Store", True),
        ("no-store=1, private", True),
        ("private", False),
        ("no-store-at-all", False),
        # RFC 9111 lets a value be a quoted string, whose commas separate nothing.
        ('private="x, no-store"', False),
    ],
)
def test_a_directive_is_named_in_full(value: str | None, holds: bool) -> None:
    assert has_directive(value, "no-store") is holds
