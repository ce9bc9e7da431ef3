"""Steps: what an algorithm asked at one place, what it compared there, and whether the exchange passed.

A step holds values, not sentences: it is taken for every new shape of exchange, and put into words only for who reads.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Algorithm(StrEnum):
    """The algorithms that can end a fetch, by their standards' titles."""

    # Enum's own hashes the name, in Python.
    __hash__ = str.__hash__

    CORS_CHECK = "CORS check"
    PREFLIGHT = "CORS-preflight fetch"
    REDIRECT = "HTTP-redirect fetch"
    HTTP_FETCH = "HTTP fetch"
    MAIN_FETCH = "Main fetch"
    MIXED_CONTENT = "Mixed content"
    LOCAL_NETWORK = "Local network access check"
    RESOURCE_POLICY = "Cross-origin resource policy check"
    WORKER_POLICY = "Check of a worker's or frame's embedder policy"
    OPAQUE_BLOCKING = "Opaque response blocking"
    MIME_TYPE = "Blocked due to its MIME type"
    NOSNIFF = "Blocked due to nosniff"
    NETWORK_OR_CACHE = "HTTP-network-or-cache fetch"
    NETWORK = "HTTP-network fetch"

    @property
    def spec(self) -> str:
        """The URL where it is written down."""
        return _SPECS[self]


_SPECS = {
    Algorithm.CORS_CHECK: "https://fetch.spec.whatwg.org/#concept-cors-check",
    Algorithm.PREFLIGHT: "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0",
    Algorithm.REDIRECT: "https://fetch.spec.whatwg.org/#http-redirect-fetch",
    Algorithm.HTTP_FETCH: "https://fetch.spec.whatwg.org/#concept-http-fetch",
    Algorithm.MAIN_FETCH: "https://fetch.spec.whatwg.org/#concept-main-fetch",
    Algorithm.MIXED_CONTENT: "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch",
    Algorithm.LOCAL_NETWORK: "https://wicg.github.io/local-network-access/",
    Algorithm.RESOURCE_POLICY: "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check",
    Algorithm.WORKER_POLICY: "https://html.spec.whatwg.org/#check-a-global-object's-embedder-policy",
    Algorithm.OPAQUE_BLOCKING: "https://github.com/annevk/orb",
    Algorithm.MIME_TYPE: "https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?",
    Algorithm.NOSNIFF: "https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?",
    Algorithm.NETWORK_OR_CACHE: "https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch",
    Algorithm.NETWORK: "https://fetch.spec.whatwg.org/#concept-network-error",
}


class Question(StrEnum):
    """What a step asks of the exchange."""

    # Enum's own hashes the name, in Python.
    __hash__ = str.__hash__

    RESPONSE = "a response came"
    ALLOW_ORIGIN = "Access-Control-Allow-Origin is there"
    ORIGIN = "Access-Control-Allow-Origin names the origin that asks"
    CREDENTIALS = "Access-Control-Allow-Credentials is true"
    NO_REDIRECT = "the preflight was not redirected"
    OK_STATUS = "the status is an ok status"
    METHODS_SYNTAX = "Access-Control-Allow-Methods can be parsed"
    HEADERS_SYNTAX = "Access-Control-Allow-Headers can be parsed"
    METHOD = "the method is allowed"
    HEADERS = "the request headers are allowed"
    RESOURCE_POLICY = "the resource may be used by this page"
    WORKER_ISOLATED = "the worker or frame isolates itself as its page does"
    NOT_DATA = "the body is what the page asked for"
    USABLE_TYPE = "the MIME type can be used so"
    NOSNIFF = "the MIME type is right, as nosniff demands"
    NOT_PROXY = "no proxy seems to answer"
    REDIRECT_MODE = "the page lets itself be redirected"
    LOCATION = "the Location is a URL"
    SCHEME = "the redirect leads to http or https"
    REDIRECT_COUNT = "at most 20 redirects"
    NO_USERINFO = "no user name or password in the URL"
    SAME_ORIGIN = "the request stays on its origin"
    NOT_MIXED = "a secure page is not led to an insecure URL"
    LOCAL_NETWORK = "the page may reach the local network"


class Step(NamedTuple):
    """One step taken: where it stands (`number` is empty where the standard has none), what it asked, how it ended.

    `rule` is the code of the rule that the exchange fails by here, None where it passes. `compared` holds what was
    looked at, in the order that the question's words need; `value` the part of it that made it fail.
    """

    algorithm: Algorithm
    number: str
    question: Question
    rule: str | None = None
    compared: tuple[str | None, ...] = ()
    value: str = ""

    @property
    def passed(self) -> bool:
        """Whether the exchange passed here."""
        return self.rule is None
