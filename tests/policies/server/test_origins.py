"""Origin patterns: what they name, and what they never do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.server.origins import names_origin, pattern_of


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
    wide, narrow = pattern_of(one), pattern_of(other)
    assert wide is not None
    assert narrow is not None
    if wide in narrow.wider() and names_origin((other,), origin):
        assert names_origin((one,), origin)
