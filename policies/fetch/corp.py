"""Cross-Origin-Resource-Policy, and the embedder policy that makes it compulsory.

https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header. The check is for responses that no CORS check
looked at: opaque ones, and the documents of frames, which are held to it where their page has an embedder policy.
"""

from __future__ import annotations

import re
from typing import Literal

from corsight.policies.exchange import HeaderList
from corsight.policies.fetch.origin import (
    Distance,
    is_potentially_trustworthy,
    origin_of,
    same_origin,
    schemelessly_same_site,
    split_origin,
)

EmbedderPolicy = Literal["unsafe-none", "credentialless", "require-corp"]
"""https://html.spec.whatwg.org/multipage/browsers.html#embedder-policy-value"""
EMBEDDER_POLICY = "cross-origin-embedder-policy"
DOCUMENT_ISOLATION = "document-isolation-policy"
"""https://wicg.github.io/document-isolation-policy/"""
FRAMES = frozenset({"frame", "iframe"})
"""Destinations of the documents that are held to the embedder policy of the page around them."""
ISOLABLE = FRAMES | {"worker"}
"""Destinations of what needs an embedder policy of its own where its page has one."""
_POLICIES: dict[str, EmbedderPolicy] = {"require-corp": "require-corp", "credentialless": "credentialless"}

_item = re.compile(
    r"[ \t]*(?P<token>[a-zA-Z*][-\w!#$%&'*+.^`|~:/]*)"
    r"(?:; *[a-z*][-a-z0-9_.*]*"
    r"(?:=(?:[a-zA-Z*][-\w!#$%&'*+.^`|~:/]*|\"(?:[ !#-\[\]-~]|\\[\"\\])*\"|-?[0-9]+(?:\.[0-9]+)?"
    r"|:[A-Za-z0-9+/=]*:|\?[01]))?)*[ \t]*",
    re.ASCII,
).fullmatch
"""A structured header that is a token and its parameters: https://www.rfc-editor.org/rfc/rfc9651#name-items."""

Blocked = Literal["same-origin", "same-site", "same-origin-by-coep"]
"""Which policy blocked: what the response says, or what the embedder's policy makes of its saying nothing."""


def measure_distance(origin: str, url: str) -> Distance:
    """Return how far a URL is from an origin, as the resource policy measures it.

    Its `same-site` does not ask for equal schemes, only that nothing delivered over https reaches an origin that was
    not. Not for Sec-Fetch-Site and cookies, which want equal schemes.
    https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check
    """
    resource = origin_of(url)
    # 5. "If origin is same origin with response's URL's origin, then return allowed."
    if same_origin(origin, resource):
        return "same-origin"
    # 5. "origin is schemelessly same site with response's URL's origin"
    a, b = split_origin(origin), split_origin(resource)
    if a is None or b is None or not schemelessly_same_site(a[1], b[1]):
        return "cross-site"
    # 5. "origin's scheme is "https" or response's URL's scheme is not "https""
    return "same-site" if a[0] == "https" or b[0] != "https" else "cross-site"


def cross_origin_resource_policy_check(
    policy: str | None,
    *,
    distance: Distance,
    embedder: EmbedderPolicy,
    include: bool,
    unknown_value_counts: bool,
    for_navigation: bool = False,
) -> Blocked | None:
    """Return which policy keeps a no-cors response or a frame's document from its page, or None when it may be there.

    `policy` is the header's value, all lines joined, None when absent. `distance` is `measure_distance()` from the
    page's origin to the response's URL. `include` tells whether the request carried credentials, `unknown_value_counts`
    that any value at all, even one of no meaning, is enough for the engine's embedder policy, `for_navigation` that it
    is a frame's document.
    https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check
    """
    # 3. "If the cross-origin resource policy internal check with origin, "unsafe-none", response, and forNavigation"
    if not _internal_check(policy, distance, "unsafe-none", include, unknown_value_counts, for_navigation):
        return "same-site" if policy == "same-site" else "same-origin"
    # 5. "If the cross-origin resource policy internal check with origin, embedderPolicy's value, response"
    if _internal_check(policy, distance, embedder, include, unknown_value_counts, for_navigation):
        return None
    # 7. "Return blocked."
    return "same-origin-by-coep"


def _internal_check(
    policy: str | None,
    distance: Distance,
    embedder: EmbedderPolicy,
    include: bool,
    unknown_value_counts: bool,
    for_navigation: bool,
) -> bool:
    """Return whether the response may be used.

    https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check
    """
    # 1. "If forNavigation is true and embedderPolicyValue is "unsafe-none", then return allowed."
    if for_navigation and embedder == "unsafe-none":
        return True
    # 3. "If policy is neither `same-origin`, `same-site`, nor `cross-origin`, then set policy to null."
    # Two headers are "a, b", which is neither.
    if policy not in ("same-origin", "same-site", "cross-origin") and not (policy and unknown_value_counts):
        policy = None
    # 4. "If policy is null, then switch on embedderPolicyValue"
    if policy is None and (
        embedder == "require-corp" or (embedder == "credentialless" and (include or for_navigation))
    ):
        policy = "same-origin"
    # 5. "Switch on policy"
    if policy == "same-origin":
        return distance == "same-origin"
    if policy == "same-site":
        return distance != "cross-site"
    return True


def read_embedder_policy(url: str, headers: HeaderList) -> EmbedderPolicy:
    """Return the embedder policy that a response gives the document or worker it makes.

    What is no secure context has none (https://html.spec.whatwg.org/multipage/browsers.html#obtain-an-embedder-policy).
    """
    return _POLICIES.get(_read_token(url, headers.get(EMBEDDER_POLICY)), "unsafe-none")


def read_document_isolation(url: str, headers: HeaderList) -> EmbedderPolicy:
    """Return the embedder policy that a response's Document-Isolation-Policy holds all but its document's frames to."""
    begins, _, policy = _read_token(url, headers.get(DOCUMENT_ISOLATION)).partition("-and-")
    return _POLICIES.get(policy, "unsafe-none") if begins == "isolate" else "unsafe-none"


def _read_token(url: str, value: str | None) -> str:
    """Return the token of a structured header that counts in a secure context alone, "" where it has none."""
    item = _item(value) if value and is_potentially_trustworthy(url) else None
    return item["token"] if item is not None else ""


def is_worker_isolated(worker: EmbedderPolicy, owner: EmbedderPolicy) -> bool:
    """Return whether a dedicated worker, or a frame's document, isolates itself where its page does.

    https://html.spec.whatwg.org/multipage/browsers.html#check-a-global-object
    "check a navigation response's adherence to its embedder policy" asks the same.
    """
    return owner == "unsafe-none" or worker != "unsafe-none"
