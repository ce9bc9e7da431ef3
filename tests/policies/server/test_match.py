"""Which policy is for a request."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.server.match import covers, find
from corsight.policies.server.model import Match, ServerPolicy


def policy(name: str = "p", *, hosts: tuple[str, ...] = (), paths: tuple[str, ...] = ()) -> ServerPolicy:
    return ServerPolicy(name=name, match=Match(hosts=hosts, paths=paths))


@pytest.mark.parametrize(
    ("host", "url", "matches"),
    [
        ("api.example", "https://api.example/", True),
        ("api.example", "http://api.example:8080/", True),
        ("api.example", "https://API.example/", True),
        ("api.example", "https://www.api.example/", False),
        ("api.example:8080", "http://api.example:8080/", True),
        ("api.example:8080", "http://api.example/", False),
        ("api.example:443", "https://api.example/", True),
        ("*.example", "https://a.b.example/", True),
        ("*.example", "https://example/", False),
        ("*.shop.example", "https://evilshop.example/", False),
        ("*", "https://any.example/", True),
        ("[::1]", "http://[::1]:3000/", True),
        ("api.example", "not a url", False),
    ],
)
def test_hosts(host: str, url: str, matches: bool) -> None:
    assert (find([policy(hosts=(host,))], url) is not None) == matches


@pytest.mark.parametrize(
    ("path", "url", "matches"),
    [
        ("/v1/**", "/v1/items/7", True),
        ("/v1/**", "/v1/", True),
        ("/v1/**", "/v1", True),
        ("/v1/**", "/v10", False),
        ("/v1/*", "/v1/items", True),
        ("/v1/*", "/v1/items/7", False),
        ("/v1/*/photos", "/v1/7/photos?size=2", True),
        ("/v1/items", "/v1/items?page=2", True),
        ("/v1/items", "/v1/items/", False),
        ("/**/health", "/a/b/health", True),
        ("/", "", True),
        ("/a.c", "/abc", False),
    ],
)
def test_paths(path: str, url: str, matches: bool) -> None:
    assert (find([policy(paths=(path,))], f"https://api.example{url}") is not None) == matches


def test_the_first_match_counts() -> None:
    policies = [policy("deep", paths=("/v1/admin/**",)), policy("v1", paths=("/v1/**",)), policy("rest")]
    found = [find(policies, f"https://api.example{path}") for path in ("/v1/admin/x", "/v1/x", "/x")]
    assert [one.name for one in found if one is not None] == ["deep", "v1", "rest"]


_hosts = st.sampled_from(
    ["a.example", "b.a.example", "*.example", "*.a.example", "*", "a.example:8080", "*.example:8080"]
)
_paths = st.sampled_from(["/v1", "/v1/**", "/v1/a/**", "/v1/*", "/**", "/v1/a", "/v1/*/b", "/v12"])
_matches = st.builds(
    Match, hosts=st.lists(_hosts, max_size=2).map(tuple), paths=st.lists(_paths, max_size=2).map(tuple)
)
_urls = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["a.example", "b.a.example", "c.example:8080", "a.example:8080", "other"]),
    st.sampled_from(["/", "/v1", "/v1/a", "/v1/a/b", "/v12", "/v1/"]),
)


@given(earlier=_matches, later=_matches, url=_urls)
def test_what_is_covered_never_matches_alone(earlier: Match, later: Match, url: str) -> None:
    if covers(earlier, later) and find([ServerPolicy(name="later", match=later)], url) is not None:
        assert find([ServerPolicy(name="earlier", match=earlier)], url) is not None
