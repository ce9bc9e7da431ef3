"""Mixed content: what a secure page may not load over http, and what is upgraded for it.

https://w3c.github.io/webappsec-mixed-content/
"""

from __future__ import annotations

from corsight.policies.fetch.origin import is_ip_address, is_potentially_trustworthy, origin_of, split_origin

UPGRADEABLE_DESTINATIONS = frozenset({"audio", "image", "video"})
"""https://w3c.github.io/webappsec-mixed-content/#upgradeable-content"""
IMAGE_SET = "image-set"
"""Stands for the destination of an image that srcset or a picture element chose: that is not upgraded."""


def is_mixed_content(page_origin: str, url: str) -> bool:
    """Return whether a page of that origin may not load that URL, since it is not delivered safely.

    The specification also counts pages on http://localhost as secure; no engine does, they look at the page's scheme.
    An upgrade, where there is one, comes before. https://w3c.github.io/webappsec-mixed-content/#should-block-fetch
    """
    # 1. "Return allowed if one or more of the following conditions are met"
    # 1.1. "returns "Does Not Restrict Mixed Security Contexts""
    # 1.2. "request's current URL is a potentially trustworthy URL."
    # 2. "Return blocked."
    return page_origin.startswith(("https://", "wss://")) and not is_potentially_trustworthy(url)


def is_upgraded(destination: str, url: str) -> bool:
    """Return whether a secure page's request for a URL goes out over https instead, by what asks and whom.

    Images of srcset and picture are not upgraded (step 1.5); the wire does not tell them from others, so they are taken
    for a destination of their own.
    https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm
    """
    # 1.4. "request's destination is not "image", "audio", or "video"."
    # 1.1. "request's URL is a potentially trustworthy URL."
    if destination not in UPGRADEABLE_DESTINATIONS or not url.startswith("http://") or is_potentially_trustworthy(url):
        return False
    # 1.2. "request's URL's host is an IP address."
    parts = split_origin(origin_of(url))
    # 2. "If request's URL's scheme is http, set request's URL's scheme to https, and return."
    return parts is not None and not is_ip_address(parts[1])
