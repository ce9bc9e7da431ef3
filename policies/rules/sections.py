"""What the standards call the sections and algorithms that rules are from."""

from __future__ import annotations

FETCH = "https://fetch.spec.whatwg.org/"
SECTIONS = {
    f"{FETCH}#concept-cors-check": "CORS check",
    f"{FETCH}#cors-preflight-fetch-0": "CORS-preflight fetch",
    f"{FETCH}#http-redirect-fetch": "HTTP-redirect fetch",
    f"{FETCH}#concept-main-fetch": "main fetch",
    f"{FETCH}#cross-origin-resource-policy-internal-check": "cross-origin resource policy internal check",
    f"{FETCH}#concept-network-error": "network error",
    f"{FETCH}#concept-cache": "CORS-preflight cache",
    f"{FETCH}#cors-protocol-and-http-caches": "CORS protocol and HTTP caches",
    f"{FETCH}#cors-protocol-and-credentials": "CORS protocol and credentials",
    f"{FETCH}#cors-non-wildcard-request-header-name": "CORS non-wildcard request-header name",
    f"{FETCH}#http-responses": "HTTP responses",
    f"{FETCH}#http-requests": "HTTP requests",
    f"{FETCH}#http-access-control-expose-headers": "Access-Control-Expose-Headers",
    "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch": "Should fetching be blocked as mixed content?",
    "https://github.com/annevk/orb#orbs-algorithm": "Opaque Response Blocking",
}
"""Their names by their links."""


def name_step(spec: str, step: str) -> str:
    """Return what the place that a rule is from is called: the section and, where there is one, the step."""
    return f"{SECTIONS[spec]}, step {step}" if step else SECTIONS[spec]
