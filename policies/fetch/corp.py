"""Cross-Origin-Resource-Policy, and the embedder policy that makes it compulsory.

https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header. The check is for responses that no CORS check
looked at: opaque ones, and nested navigations.
"""

from __future__ import annotations

from typing import Literal

from corsight.policies.fetch.origin import Distance, origin_of, same_origin, schemelessly_same_site, split_origin

EmbedderPolicy = Literal["unsafe-none", "credentialless", "require-corp"]
"""https://html.spec.whatwg.org/multipage/browsers.html#embedder-policy-value"""

Blocked = Literal["same-origin", "same-site", "same-origin-by-coep"]
"""Which policy blocked: what the response says, or what the embedder's policy makes of its saying nothing."""


def measure_distance(origin: str, url: str) -> Distance:
    """How far a URL is from an origin, as the resource policy measures it.

    Its `same-site` does not ask for equal schemes, only that nothing delivered over https reaches an origin that was
    not. Not for Sec-Fetch-Site and cookies, which want equal schemes.
    https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check, step 5
    """
    resource = origin_of(url)
    if same_origin(origin, resource):
        return "same-origin"
    a, b = split_origin(origin), split_origin(resource)
    if a is None or b is None or not schemelessly_same_site(a[1], b[1]):
        return "cross-site"
    return "same-site" if a[0] == "https" or b[0] != "https" else "cross-site"


def _internal_check(
    policy: str | None,
    distance: Distance,
    embedder: EmbedderPolicy,
    include: bool,
    for_navigation: bool,
    unknown_value_counts: bool,
) -> bool:
    """Whether the response may be used (https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check)."""
    # Step 1.
    if for_navigation and embedder == "unsafe-none":
        return True
    # Steps 2 and 3: to the byte; two headers are "a, b", which is no policy.
    if policy not in ("same-origin", "same-site", "cross-origin") and not (policy and unknown_value_counts):
        policy = None
    # Step 4.
    compulsory = embedder == "require-corp" or (embedder == "credentialless" and (include or for_navigation))
    if policy is None and compulsory:
        policy = "same-origin"
    # Step 5.
    if policy == "same-origin":
        return distance == "same-origin"
    if policy == "same-site":
        return distance != "cross-site"
    return True


def cross_origin_resource_policy_check(
    policy: str | None,
    *,
    distance: Distance,
    embedder: EmbedderPolicy = "unsafe-none",
    include: bool = False,
    for_navigation: bool = False,
    unknown_value_counts: bool = False,
) -> Blocked | None:
    """Which policy keeps a no-cors response from its page, or None when it may have it.

    `policy` is the header's value, all lines joined, None when absent. `distance` is `measure_distance()` from the
    page's origin to the response's URL. `include` tells whether the request carried credentials, `unknown_value_counts`
    that any value at all, even one of no meaning, is enough for the engine's embedder policy.
    https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check
    """
    # Step 3: what the response says for itself.
    if not _internal_check(policy, distance, "unsafe-none", include, for_navigation, unknown_value_counts):
        return "same-site" if policy == "same-site" else "same-origin"
    # Step 5: what the embedder asks for beyond that.
    if _internal_check(policy, distance, embedder, include, for_navigation, unknown_value_counts):
        return None
    # Step 7. A navigation is held to what the response says only under an embedder policy.
    if policy == "same-site":
        return "same-site"
    return "same-origin" if policy == "same-origin" else "same-origin-by-coep"
