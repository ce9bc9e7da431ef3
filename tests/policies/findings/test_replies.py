"""What a reply's headers tell: who made it, whether a cache kept it, where it leads, what is misspelt in it."""

from __future__ import annotations

import pytest

from corsight.policies.exchange import HeaderList, Response
from corsight.policies.findings import replies
from corsight.policies.findings.makers import find_cache_sign, find_maker
from corsight.policies.findings.replies import find_misspelt, is_login, read_redirect, read_reply

RULE = "allow-origin-mismatch"


@pytest.mark.parametrize(
    ("status", "headers", "expected"),
    [
        (200, (("Server", "nginx"),), ("nginx", "server", False)),
        (502, (("Server", "nginx"),), ("nginx", "server", True)),
        (502, (("Server", "nginx"), ("Content-Type", "application/json")), ("nginx", "server", False)),
        (504, (("X-Cache", "Error from cloudfront"), ("X-Amz-Cf-Id", "1")), ("CloudFront", "x-cache", True)),
        (503, (), ("a gateway", "", True)),
        (500, (), None),
    ],
)
def test_who_made_a_reply(
    status: int, headers: tuple[tuple[str, str], ...], expected: tuple[str, str, bool] | None
) -> None:
    assert find_maker(Response(status, HeaderList.of(*headers))) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("X-Cache", "MISS", None),
        ("X-Cache", "HIT from edge", "x-cache"),
        ("Cache-Status", "edge; hit", "cache-status"),
        ("X-Cache-Hits", "0, 2", "x-cache-hits"),
        ("X-Cache-Hits", "0, \xb2", None),
        ("Age", "012", "age"),
        ("Age", "0", None),
        ("Age", "1 day", None),
        ("Age", "\xb2", None),
        ("Age", "9" * 5000, "age"),
    ],
)
def test_whether_a_cache_answered(name: str, value: str, expected: str | None) -> None:
    """A superscript two is a digit to str.isdigit, and none to int."""
    assert find_cache_sign(Response(200, HeaderList.of((name, value)))) == expected


@pytest.mark.parametrize(
    ("location", "kind", "same", "slash"),
    [
        ("/x/?q=1", "slash", True, True),
        ("http://a.example/x/", "http", True, True),
        ("http://b.example/y", "http", False, False),
        ("https://b.example/x", "host", False, False),
        ("https://a.example:8443/y", "elsewhere", False, False),
        ("https://login.example/authorize", "login", False, False),
    ],
)
def test_where_a_redirect_leads(location: str, kind: str, same: bool, slash: bool) -> None:
    redirect = read_redirect("https://a.example/x?p=1", location)
    assert redirect is not None
    assert (redirect.kind, redirect.same, redirect.slash) == (kind, same, slash)


def test_a_location_that_leads_nowhere() -> None:
    assert read_redirect("https://a.example/x", None) is None
    assert read_redirect("https://a.example/x", "http://[") is None


def test_login_pages() -> None:
    assert is_login("https://auth.example/authorize")
    assert is_login("https://a.example/users/sign_in")
    assert not is_login("https://a.example/authors")


def test_who_made_a_success_matters_to_no_cause() -> None:
    made = [
        read_reply(Response(200, HeaderList.of(("Server", name))), RULE, "https://a.test/")
        for name in ("uvicorn", "cloudflare")
    ]
    assert made[0] == made[1]


def test_a_misspelt_header_is_looked_for_among_so_many() -> None:
    misspelt = ("Access-Control-Allow-Orgin", "*")
    others = [(f"X-Other-{number}", "1") for number in range(replies.MANY)]
    assert find_misspelt(HeaderList.of(misspelt, *others), "access-control-allow-origin") == misspelt[0].lower()
    assert find_misspelt(HeaderList.of(*others, misspelt), "access-control-allow-origin") is None
