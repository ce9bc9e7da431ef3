"""Cross-Origin-Resource-Policy and what an embedder policy makes of it."""

from __future__ import annotations

import pytest

from corsight.policies.exchange import HeaderList
from corsight.policies.fetch.corp import (
    Blocked,
    EmbedderPolicy,
    cross_origin_resource_policy_check,
    measure_distance,
    read_document_isolation,
    read_embedder_policy,
)
from corsight.policies.fetch.origin import Distance

EMBEDDERS: list[EmbedderPolicy] = ["unsafe-none", "credentialless", "require-corp"]
DISTANCES: list[Distance] = ["same-origin", "same-site", "cross-site"]


def check(
    policy: str | None,
    distance: Distance = "cross-site",
    embedder: EmbedderPolicy = "unsafe-none",
    *,
    include: bool = False,
    unknown_value_counts: bool = False,
) -> Blocked | None:
    return cross_origin_resource_policy_check(
        policy, distance=distance, embedder=embedder, include=include, unknown_value_counts=unknown_value_counts
    )


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
        ("https://a.example.test", "data:,x", "cross-site"),
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
        assert check(policy, site) == (None if site in passed else policy)


@pytest.mark.parametrize("policy", [None, "bogus", "SAME-SITE"])
@pytest.mark.parametrize("distance", DISTANCES)
def test_under_require_corp_silence_means_same_origin(policy: str | None, distance: Distance) -> None:
    assert check(policy, distance, "require-corp") == (None if distance == "same-origin" else "same-origin-by-coep")


def test_under_credentialless_silence_matters_only_with_credentials() -> None:
    assert check(None, "cross-site", "credentialless", include=False) is None
    assert check(None, "cross-site", "credentialless", include=True) == "same-origin-by-coep"


@pytest.mark.parametrize("embedder", EMBEDDERS)
def test_what_the_response_says_is_named_before_the_embedder(embedder: EmbedderPolicy) -> None:
    for include in (False, True):
        assert check("same-origin", "same-site", embedder, include=include) == "same-origin"
        assert check("same-site", "cross-site", embedder, include=include) == "same-site"
        assert check("cross-origin", "cross-site", embedder, include=include) is None


def test_an_engine_may_be_content_with_any_value() -> None:
    for policy, blocked in (("bogus", None), ("", "same-origin-by-coep"), (None, "same-origin-by-coep")):
        assert check(policy, "cross-site", "require-corp", unknown_value_counts=True) == blocked
    assert check("same-origin", "cross-site", "require-corp", unknown_value_counts=True) == "same-origin"


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ("require-corp", "require-corp"),
        (" \trequire-corp\t", "require-corp"),
        ("credentialless; foo=bar", "credentialless"),
        ("require-corp;require-corp", "require-corp"),
        ('require-corp; report-to="data:, "', "require-corp"),
        ("require-corp;report-to=*a/b;c=?1;d=-1.5;e=:YQ==:", "require-corp"),
        ("require-corp;", "unsafe-none"),
        ("require-corp;\tfoo=bar", "unsafe-none"),
        ("require-corp;foo=", "unsafe-none"),
        ("require-corp, require-corp", "unsafe-none"),
        ("require-corp credentialless", "unsafe-none"),
        ('"require-corp"', "unsafe-none"),
        ("Require-corp", "unsafe-none"),
        ("", "unsafe-none"),
    ],
)
def test_an_embedder_policy_is_a_token_with_parameters(value: str, policy: EmbedderPolicy) -> None:
    """web-platform-tests, html/cross-origin-embedder-policy/header-parsing.https.html: what is no item counts as none.

    Chromium 156 does what is tested there.
    """
    headers = HeaderList.of(("Cross-Origin-Embedder-Policy", value))
    assert read_embedder_policy("https://app.test/", headers) == policy
    assert read_embedder_policy("http://app.test/", headers) == "unsafe-none"


@pytest.mark.parametrize(
    ("policy", "embedder", "allowed"),
    [
        # 1. "If forNavigation is true and embedderPolicyValue is "unsafe-none", then return allowed."
        ("same-origin", "unsafe-none", True),
        (None, "unsafe-none", True),
        # 4. Silence means same-origin, for a frame also under `credentialless` and without credentials.
        (None, "require-corp", False),
        (None, "credentialless", False),
        ("same-origin", "require-corp", False),
        ("cross-origin", "require-corp", True),
        ("cross-origin", "credentialless", True),
    ],
)
def test_a_frames_document_is_held_to_its_pages_embedder_policy(
    policy: str | None, embedder: EmbedderPolicy, allowed: bool
) -> None:
    """https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check"""
    blocked = cross_origin_resource_policy_check(
        policy,
        distance="cross-site",
        embedder=embedder,
        include=False,
        unknown_value_counts=False,
        for_navigation=True,
    )
    assert (blocked is None) is allowed


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ("isolate-and-require-corp", "require-corp"),
        ("isolate-and-credentialless", "credentialless"),
        ("none-and-require-corp", "unsafe-none"),
        ("require-corp", "unsafe-none"),
        ("isolate", "unsafe-none"),
        ("", "unsafe-none"),
    ],
)
def test_a_document_may_isolate_itself_alone(value: str, policy: EmbedderPolicy) -> None:
    """https://wicg.github.io/document-isolation-policy/"""
    headers = HeaderList.of(("Document-Isolation-Policy", value))
    assert read_document_isolation("https://app.test/", headers) == policy
    assert read_document_isolation("http://app.test/", headers) == "unsafe-none"
