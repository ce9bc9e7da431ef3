"""Which policy is for a request."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.server.grammar import split_host
from corsight.policies.server.match import Index, Paths, compile_path, find, list_covering_hosts
from corsight.policies.server.model import Match, ServerPolicy
from corsight.scripts.dev.cpu import count_steps


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
_urls = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["a.example", "b.a.example", "c.example:8080", "a.example:8080", "other"]),
    st.sampled_from(["/", "/v1", "/v1/a", "/v1/a/b", "/v12", "/v1/"]),
)


@given(earlier=_hosts, later=_hosts, url=_urls)
def test_a_host_that_is_covered_never_matches_alone(earlier: str, later: str, url: str) -> None:
    if split_host(earlier) in list_covering_hosts(later) and find([policy(hosts=(later,))], url) is not None:
        assert find([policy(hosts=(earlier,))], url) is not None


@given(earlier=_paths, later=_paths, url=_urls)
def test_a_path_that_is_covered_never_matches_alone(earlier: str, later: str, url: str) -> None:
    index = Paths()
    index.add(earlier, 0)
    if list(index.covering(later)) and find([policy(paths=(later,))], url) is not None:
        assert find([policy(paths=(earlier,))], url) is not None


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("/**", "/v1/a"), ("/v1/**", "/v1"), ("/v1/**", "/v1/**"), ("/v1/**", "/v1/*/b"), ("/v1/*", "/v1/a")],
)
def test_a_path_that_another_is_for_is_found(earlier: str, later: str) -> None:
    index = Paths()
    index.add("/other", 0)
    index.add(earlier, 1)
    assert set(index.covering(later)) == {1}


_texts = st.text(alphabet="ab/", max_size=12).map(lambda text: f"/{text}")
_patterns = st.lists(
    st.sampled_from(["a", "b", "", "*", "**", "a*", "*b", "a*b", "a*b*", "*a*"]), min_size=1, max_size=5
)


@given(pattern=_patterns.map(lambda segments: f"/{'/'.join(segments)}"), text=_texts)
def test_a_path_pattern_is_what_its_stars_say(pattern: str, text: str) -> None:
    head, tail = (pattern[:-3], "(?:/.*)?") if pattern.endswith("/**") else (pattern, "")
    spelled = "".join({"**": ".*", "*": "[^/]*"}.get(part, part) for part in re.split(r"(\*\*|\*)", head))
    assert (compile_path(pattern).fullmatch(text) is not None) == (re.fullmatch(spelled + tail, text) is not None)


_names = st.sampled_from(["a.test", "b.a.test", "c.b.a.test", "test", "a.test.", "[::1]", "localhost"])
_hosts = st.tuples(st.sampled_from(["", "*."]), _names, st.sampled_from(["", ":8443"])).map("".join) | st.just("*")


@given(st.lists(st.tuples(st.lists(_hosts, max_size=3), st.sampled_from([(), ("/v1/**",)])), max_size=6), _names)
def test_an_index_finds_what_is_found_without_it(matches: list[tuple[list[str], tuple[str, ...]]], host: str) -> None:
    policies = [
        ServerPolicy(name=str(number), match=Match(hosts=tuple(hosts), paths=paths))
        for number, (hosts, paths) in enumerate(matches)
    ]
    index = Index(policies)
    for name in (host, f"x.{host}"):
        for url in (f"https://{name}/v1/x", f"https://{name}:8443/", "nothing"):
            assert index.find(url) is find(policies, url)


def test_an_index_of_many_policies_costs_what_one_of_few_does() -> None:
    def count(size: int) -> int:
        index = Index([ServerPolicy(name=str(one), match=Match(hosts=(f"a{one}.test",))) for one in range(size)])
        return count_steps(lambda: index.find("https://a1.test/" + "a" * 99))

    count(10)
    assert count(1000) < count(10) + 100
