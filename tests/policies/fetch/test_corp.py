"""Cross-Origin-Resource-Policy and what an embedder policy makes of it."""

from __future__ import annotations

import pytest

from corsight.policies.fetch.corp import EmbedderPolicy, cross_origin_resource_policy_check, measure_distance
from corsight.policies.fetch.origin import Distance

EMBEDDERS: list[EmbedderPolicy] = ["unsafe-none", "credentialless", "require-corp"]
DISTANCES: list[Distance] = ["same-origin", "same-site", "cross-site"]


@pytest.mark.parametrize(
    ("origin", "url", "far"),
    [
        ("https://a.example.test", "https://a.example.test/x", "same-origin"),
        ("https://a.example.test", "https://a.example.test:8443/", "same-site"),
        ("https://a.example.test", "https://b.example.test/", "same-site"),
        ("https://a.example.test", "http://b.example.test/", "same-site"),
        ("http://a.example.test", "http://b.example.test/", "same-site"),
        ("http://a.example.test", "https://a.example.test/", "cross-site"),
        ("https://a.example.test", "https://other.test/", "cross-site"),
        ("https://a.github.io", "https://b.github.io/", "cross-site"),
        ("null", "https://a.example.test/", "cross-site"),
        ("null", "data:,x", "cross-site"),
    ],
)
def test_how_far_a_resource_is(origin: str, url: str, far: Distance) -> None:
    assert measure_distance(origin, url) == far


@pytest.mark.parametrize(
    ("policy", "passed"),
    [
        ("same-origin", ["same-origin"]),
        ("same-site", ["same-origin", "same-site"]),
        ("cross-origin", DISTANCES),
        (None, DISTANCES),
        ("", DISTANCES),
        ("Same-Origin", DISTANCES),
        ("same-origin, same-origin", DISTANCES),
        ("bogus", DISTANCES),
    ],
)
def test_a_response_says_who_may_have_it(policy: str | None, passed: list[str]) -> None:
    for site in DISTANCES:
        blocked = cross_origin_resource_policy_check(policy, distance=site)
        assert blocked == (None if site in passed else policy)


@pytest.mark.parametrize("policy", [None, "bogus", "SAME-SITE"])
@pytest.mark.parametrize("distance", DISTANCES)
def test_under_require_corp_silence_means_same_origin(policy: str | None, distance: Distance) -> None:
    blocked = cross_origin_resource_policy_check(policy, distance=distance, embedder="require-corp")
    assert blocked == (None if distance == "same-origin" else "same-origin-by-coep")


def test_under_credentialless_silence_matters_only_with_credentials() -> None:
    for include in (False, True):
        blocked = cross_origin_resource_policy_check(
            None, distance="cross-site", embedder="credentialless", include=include
        )
        assert blocked == ("same-origin-by-coep" if include else None)
    assert cross_origin_resource_policy_check(None, distance="cross-site", embedder="credentialless") is None


@pytest.mark.parametrize("embedder", EMBEDDERS)
def test_what_the_response_says_is_named_before_the_embedder(embedder: EmbedderPolicy) -> None:
    for include in (False, True):
        check = cross_origin_resource_policy_check
        assert check("same-origin", distance="same-site", embedder=embedder, include=include) == "same-origin"
        assert check("same-site", distance="cross-site", embedder=embedder, include=include) == "same-site"
        assert check("cross-origin", distance="cross-site", embedder=embedder, include=include) is None


def test_navigations_are_checked_only_under_an_embedder_policy() -> None:
    def check(policy: str | None, embedder: EmbedderPolicy) -> str | None:
        return cross_origin_resource_policy_check(policy, distance="cross-site", embedder=embedder, for_navigation=True)

    assert check("same-origin", "unsafe-none") is None
    assert check("same-site", "require-corp") == "same-site"
    assert check("same-origin", "credentialless") == "same-origin"
    assert check(None, "credentialless") == "same-origin-by-coep"
    assert check("cross-origin", "require-corp") is None


def test_an_engine_may_be_content_with_any_value() -> None:
    def check(policy: str | None) -> str | None:
        return cross_origin_resource_policy_check(
            policy, distance="cross-site", embedder="require-corp", unknown_value_counts=True
        )

    assert check("bogus") is None
    assert check("") == "same-origin-by-coep"
    assert check(None) == "same-origin-by-coep"
    assert check("same-origin") == "same-origin"
