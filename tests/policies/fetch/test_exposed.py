"""What a page's script may read of a response's headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.exchange import HeaderList
from corsight.policies.fetch.exposed import list_hidden_header_names

SERVED = [
    ("Cache-Control", "x"),
    ("Content-Language", "x"),
    ("Content-Length", "1"),
    ("Content-Type", "x"),
    ("Expires", "x"),
    ("Last-Modified", "x"),
    ("Pragma", "x"),
    ("X-Total", "7"),
    ("X-Other", "8"),
    ("Set-Cookie", "a=1"),
    ("Set-Cookie2", "a=1"),
]


def listed(headers: HeaderList, *, include: bool = False, survives: bool = False, extra: str = "") -> tuple[str, ...]:
    return list_hidden_header_names(
        headers, include=include, wildcard_survives=survives, extra_safelisted=frozenset(extra.split())
    )


def hidden(*exposed: str, include: bool = False, survives: bool = False) -> set[str]:
    headers = HeaderList.of(*SERVED, *(("Access-Control-Expose-Headers", value) for value in exposed))
    return set(listed(headers, include=include, survives=survives)) - {"access-control-expose-headers"}


COOKIES = {"set-cookie", "set-cookie2"}
BOTH = {"x-total", "x-other"} | COOKIES


def test_the_safelist_is_readable_and_nothing_else() -> None:
    assert hidden() == BOTH


@pytest.mark.parametrize("survives", [False, True])
@pytest.mark.parametrize(
    ("exposed", "include", "left"),
    [
        (["x-total"], False, {"x-other"}),
        (["x-total"], True, {"x-other"}),
        (["X-TOTAL,x-other"], True, set()),
        (["x-total", "x-other"], False, set()),
        ([",, x-total ,"], False, {"x-other"}),
        ([""], False, {"x-total", "x-other"}),
        (["set-cookie, x-total"], False, {"x-other"}),
        (["*"], False, set()),
        (["x-a, *"], False, set()),
        (["*"], True, {"x-total", "x-other"}),
        (["*, x-total"], True, {"x-other"}),
        (["x total"], False, {"x-total", "x-other"}),
        (['"x-total"'], False, {"x-total", "x-other"}),
        (["x-total; x-other"], False, {"x-total", "x-other"}),
        (["x-total, x other"], False, {"x-total", "x-other"}),
        (["x other, x-total"], False, {"x-total", "x-other"}),
    ],
)
def test_all_engines_agree(survives: bool, exposed: list[str], include: bool, left: set[str]) -> None:
    assert hidden(*exposed, include=include, survives=survives) == left | COOKIES


def test_a_wildcard_before_the_malformed_name_survives_where_it_does() -> None:
    assert hidden("*, x total", survives=True) == COOKIES
    assert hidden("x total, *", survives=True) == BOTH
    assert hidden("*, x-total, x y", include=True, survives=True) == BOTH
    assert hidden("*, x total") == BOTH


def test_a_header_named_star_can_be_exposed_with_credentials() -> None:
    headers = HeaderList.of(("*", "1"), ("X-A", "2"), ("Access-Control-Expose-Headers", "*"))
    assert listed(headers, include=True) == ("x-a", "access-control-expose-headers")


def test_an_engine_may_expose_more() -> None:
    headers = HeaderList.of(("Accept", "x"), ("X-A", "2"))
    assert listed(headers) == ("accept", "x-a")
    assert listed(headers, extra="accept") == ("x-a",)


def test_names_come_in_wire_order_and_once() -> None:
    headers = HeaderList.of(("X-B", "1"), ("X-A", "2"), ("x-b", "3"))
    assert listed(headers) == ("x-b", "x-a")


@given(
    st.text(st.characters(max_codepoint=0xFF), max_size=40) | st.text("x-total,* \t", max_size=12),
    st.booleans(),
    st.booleans(),
)
def test_cookies_stay_hidden_and_the_safelist_readable_whatever_is_exposed(
    value: str, include: bool, survives: bool
) -> None:
    names = hidden(value, include=include, survives=survives)
    assert COOKIES <= names <= BOTH
