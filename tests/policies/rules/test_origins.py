"""What keeps a value from being an origin as browsers write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.fetch.origin import is_serialized_origin
from corsight.policies.rules.origins import find_misshapes, split_origins

SLASH, PATH, PORT = "allow-origin-trailing-slash", "allow-origin-path", "allow-origin-default-port"
CASE, LIST, PATTERN = "allow-origin-upper-case", "allow-origin-list", "allow-origin-pattern"


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        ("https://app.example/", (SLASH,)),
        ("https://app.example:8443/", (SLASH,)),
        ("https://[::1]:8443/", (SLASH,)),
        ("https://app.example/shop", (PATH,)),
        ("https://app.example/shop/", (PATH,)),
        ("https://app.example?x=1", (PATH,)),
        ("https://app.example:443", (PORT,)),
        ("http://app.example:80", (PORT,)),
        ("https://[::1]:443", (PORT,)),
        ("https://App.example", (CASE,)),
        ("HTTPS://app.example", (CASE,)),
        ("HTTPS://APP.EXAMPLE:443/", (SLASH, CASE, PORT)),
        ("https://app.example, https://admin.example", (LIST,)),
        ("https://app.example https://admin.example", (LIST,)),
        ("https://*.example", (PATTERN,)),
        ("https://*", (PATTERN,)),
        ("*.app.example", (PATTERN,)),
        ("https://app.example:*", (PATTERN,)),
        (r"https://.*\.example", (PATTERN,)),
        (r"/^https:\/\/(www\.)?app\.example$/", (PATTERN,)),
    ],
)
def test_what_is_wrong_with_an_origin_is_named(value: str, codes: tuple[str, ...]) -> None:
    assert find_misshapes(value) == codes


@pytest.mark.parametrize(
    "value",
    [
        *("*", "null", "https://app.example", "https://app.example:8443", "http://localhost:3000", "http://[::1]:3000"),
        *("https://xn--bcher-kva.example", "http://app.example:443", "chrome-extension://abcdefghijklmnop"),
        # No origin at all, which is said by allow-origin-invalid.
        *("", "app.example", "true", '"https://app.example"', "'*'", "https://", "https://user@app.example"),
    ],
)
def test_what_is_an_origin_or_none_at_all_is_left_alone(value: str) -> None:
    assert find_misshapes(value) == ()


@given(st.text(st.characters(max_codepoint=0xFF), max_size=40))
def test_any_value_is_read_and_no_good_origin_is_blamed(value: str) -> None:
    codes = find_misshapes(value)
    assert set(codes) <= {SLASH, PATH, PORT, CASE, LIST, PATTERN}
    if is_serialized_origin(value):
        # A host may hold letters of a pattern; no host in use does.
        assert codes in ((), (PATTERN,))


def test_a_list_is_read_however_it_is_separated() -> None:
    assert split_origins("https://a.test,https://b.test  https://c.test ,") == [
        "https://a.test",
        "https://b.test",
        "https://c.test",
    ]
