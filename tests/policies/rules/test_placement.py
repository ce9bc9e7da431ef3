"""Which header a misspelt name was meant for; and what is no misspelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.exchange import HeaderList, Response
from corsight.policies.rules import RULES, Subject
from corsight.policies.rules.placement import RESPONSE_HEADERS, find_meant


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("access-control-allow-header", "Access-Control-Allow-Headers"),
        ("access-control-expose-header", "Access-Control-Expose-Headers"),
        ("access-control-exposed-headers", "Access-Control-Expose-Headers"),
        ("access-control-allow-method", "Access-Control-Allow-Methods"),
        ("access-control-allowed-methods", "Access-Control-Allow-Methods"),
        ("access-control-allowed-origin", "Access-Control-Allow-Origin"),
        ("access-control-allow-origins", "Access-Control-Allow-Origin"),
        ("access-control-origin", "Access-Control-Allow-Origin"),
        ("access-control-allow-credential", "Access-Control-Allow-Credentials"),
        ("access-control-allow-max-age", "Access-Control-Max-Age"),
        ("access-control-maxage", "Access-Control-Max-Age"),
        ("access_control_allow_origin", "Access-Control-Allow-Origin"),
        ("acces-control-allow-origin", "Access-Control-Allow-Origin"),
        ("access-controll-allow-origin", "Access-Control-Allow-Origin"),
        ("x-access-control-allow-origin", "Access-Control-Allow-Origin"),
    ],
)
def test_a_misspelt_name_is_told_from_the_one_that_was_meant(name: str, header: str) -> None:
    assert find_meant(name) == header


@pytest.mark.parametrize(
    "name",
    [
        *(header.lower() for header in RESPONSE_HEADERS),
        *("access-control-request-method", "access-control-request-headers", "access-control-allow-private-network"),
        *("access-control-request-private-network", "access-control-allow-local-network"),
        *("cross-origin-resource-policy", "timing-allow-origin", "content-security-policy", "x-content-type-options"),
        *(
            "x-frame-options",
            "strict-transport-security",
            "content-type",
            "vary",
            "origin",
            "cross-origin-opener-policy",
        ),
        *("permissions-policy", "", "access", "x-accel-expires", "access-control-" + "x" * 300),
    ],
)
def test_other_headers_are_left_alone(name: str) -> None:
    assert find_meant(name) is None


@given(st.text(st.characters(max_codepoint=0xFF), max_size=80))
def test_any_name_is_read(name: str) -> None:
    assert find_meant(name) in (None, *RESPONSE_HEADERS)


def answered(*pairs: tuple[str, str]) -> Subject:
    return Subject(
        url="https://api.example/",
        origin="https://app.example",
        method="GET",
        names=(),
        include=False,
        response=Response(200, HeaderList.of(*pairs)),
        value="",
        preflight=False,
    )


def test_of_two_answers_the_one_for_the_page_is_kept() -> None:
    fix = RULES["cors-headers-twice"].fix(
        answered(
            ("Access-Control-Allow-Origin", "*"),
            ("access-control-allow-origin", "https://app.example"),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Max-Age", "600"),
        )
    )
    assert [str(edit) for edit in fix.edits] == [
        "Access-Control-Allow-Origin: https://app.example",
        "Access-Control-Allow-Credentials: true",
    ]


def test_a_misspelt_header_never_replaces_the_right_one() -> None:
    fix = RULES["cors-header-misspelt"].fix(
        answered(("Access-Control-Allow-Origin", "*"), ("Access-Control-Allowed-Origin", "https://app.example"))
    )
    assert not fix
