"""Origin patterns: what they name, and what they never do."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.server.origins import is_app_origin, is_browser_origin, names_origin, parse_pattern


@pytest.mark.parametrize(
    ("pattern", "origin", "named"),
    [
        ("https://shop.example", "https://shop.example", True),
        ("https://shop.example", "http://shop.example", False),
        ("https://shop.example", "https://shop.example:8443", False),
        ("https://shop.example", "https://shop.example.", False),
        ("https://*.shop.example", "https://a.shop.example", True),
        ("https://*.shop.example", "https://a.b.shop.example", True),
        ("https://*.shop.example", "https://shop.example", False),
        ("https://*.shop.example", "https://evilshop.example", False),
        ("https://*.shop.example", "https://a.shop.example.evil.example", False),
        ("https://*.shop.example", "https://a.shop.example:8443", False),
        ("https://*.shop.example", "http://a.shop.example", False),
        ("https://*.shop.example", "https://evil.example/.shop.example", False),
        ("https://*.shop.example", "https://evil.example#.shop.example", False),
        ("https://*.shop.example", "https://A.shop.example", False),
        ("https://*.shop.example:8443", "https://a.shop.example:8443", True),
        ("http://localhost:*", "http://localhost:3000", True),
        ("http://localhost:*", "http://localhost", True),
        ("http://localhost:*", "https://localhost:3000", False),
        ("http://localhost:*", "http://localhost.evil.example:3000", False),
        ("http://[::1]:*", "http://[::1]:3000", True),
        ("capacitor://localhost", "capacitor://localhost", True),
        ("*", "https://any.example", True),
        ("*", "null", True),
        ("null", "null", False),
        ("https://*.shop.example", "https://*.shop.example", False),
        ("https://shop.example", "https://shop.example, https://evil.example", False),
    ],
)
def test_what_a_pattern_names(pattern: str, origin: str, named: bool) -> None:
    assert names_origin((pattern,), origin) == named


_patterns = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["", "*."]),
    st.sampled_from(["localhost", "a.localhost", "shop.example", "www.shop.example"]),
    st.sampled_from(["", ":*", ":8443"]),
)
_origins = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["localhost", "a.localhost", "shop.example", "x.www.shop.example", "evil.example"]),
    st.sampled_from(["", ":8443", ":3000"]),
)


@given(one=_patterns, other=_patterns, origin=_origins)
def test_what_is_covered_is_named(one: str, other: str, origin: str) -> None:
    wide, narrow = parse_pattern(one), parse_pattern(other)
    assert wide is not None
    assert narrow is not None
    if wide in narrow.list_wider() and names_origin((other,), origin):
        assert names_origin((one,), origin)


_labels = st.text("ab-_.", max_size=5)
_written = st.builds(
    "{}://{}{}{}".format,
    st.sampled_from(["https", "http", "HTTPS"]),
    _labels,
    st.sampled_from(["a", "b.a", "localhost", "[::1]", "a.", "A"]),
    st.sampled_from(["", ":1", ":*", ":80", ":080", ":", ":443", "/", "\n"]),
)


@given(
    st.lists(
        st.sampled_from(["https://*.a", "https://*.b.a:1", "http://localhost:*", "http://*.a:*", "http://[::1]:*"])
    ),
    _written,
)
def test_what_is_named_is_what_the_regular_expression_matches(patterns: list[str], origin: str) -> None:
    regexes = [pattern.regex for text in patterns if (pattern := parse_pattern(text)) is not None]
    assert len(regexes) == len(patterns)
    assert names_origin(tuple(patterns), origin) == any(re.fullmatch(regex, origin) for regex in regexes)


@pytest.mark.parametrize(
    "text",
    [
        'https://*.a",exec(1),"b.test',
        "https://*.(a)$|b.test",
        "https://*.x(y){0,}.test",
        "https://*.bank.test(.evil.test){0}",
        "https://*.a\\.test",
        "https://*.a'b.test",
        "https://*.a`b.test",
        "https://*.$a.test",
        "https://*.{a}.test",
        "https://*.a;b.test",
        "https://*.a,b.test",
        "https://*.a%b.test",
        "https://*.ä.test",
        "https://*.a b.test",
        "https://*.a\n.test",
        "https://a.test\n",
        "https://*.a..test",
        "https://*..a.test",
        "https://*.A.test",
        "https://a+b.test",
        "https://a~b.test",
        "https://[::1",
        "https://*.a.test:1*",
        "https://*.a.test:",
        f"https://{'a' * 300}.test",
        f"https://{'a.' * 130}test",
    ],
)
def test_nothing_but_names_and_addresses_is_a_host(text: str) -> None:
    assert parse_pattern(text) is None
    assert not is_browser_origin(text)


@pytest.mark.parametrize(
    "text", ["app://a$b", "app://a b", "app://", "app://a/b", "app://a@b", 'app://a"b', "App://a", "app://a\n"]
)
def test_nothing_foreign_is_an_app(text: str) -> None:
    assert not is_app_origin(text)
