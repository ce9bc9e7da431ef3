"""Steps: what an algorithm asked at one place, what it compared there, and whether the exchange passed.

A step holds values, not sentences: it is taken for every new shape of exchange, and put into words only for who reads.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Self


class Algorithm(StrEnum):
    """The algorithms that can end a fetch, by their standards' titles; `spec` is the URL where each is written down."""

    spec: str

    def __new__(cls, title: str, spec: str) -> Self:
        algorithm = str.__new__(cls, title)
        algorithm._value_, algorithm.spec = title, spec
        return algorithm

    # Enum's own hashes the name, in Python.
    __hash__ = str.__hash__

    CORS_CHECK = "CORS check", "https://fetch.spec.whatwg.org/#concept-cors-check"
    PREFLIGHT = "CORS-preflight fetch", "https://fetch.spec.whatwg.org/#cors-preflight-fetch-0"
    REDIRECT = "HTTP-redirect fetch", "https://fetch.spec.whatwg.org/#http-redirect-fetch"
    HTTP_FETCH = "HTTP fetch", "https://fetch.spec.whatwg.org/#concept-http-fetch"
    MAIN_FETCH = "Main fetch", "https://fetch.spec.whatwg.org/#concept-main-fetch"
    MIXED_CONTENT = "Mixed content", "https://w3c.github.io/webappsec-mixed-content/#should-block-fetch"
    LOCAL_NETWORK = "Local network access check", "https://wicg.github.io/local-network-access/"
    RESOURCE_POLICY = (
        "Cross-origin resource policy check",
        "https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check",
    )
    WORKER_POLICY = (
        "Check of a worker's or frame's embedder policy",
        "https://html.spec.whatwg.org/#check-a-global-object's-embedder-policy",
    )
    OPAQUE_BLOCKING = "Opaque response blocking", "https://github.com/annevk/orb"
    MIME_TYPE = (
        "Blocked due to its MIME type",
        "https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?",
    )
    NOSNIFF = (
        "Blocked due to nosniff",
        "https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?",
    )
    NETWORK_OR_CACHE = (
        "HTTP-network-or-cache fetch",
        "https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch",
    )
    NETWORK = "HTTP-network fetch", "https://fetch.spec.whatwg.org/#concept-network-error"


class Question(StrEnum):
    """What a step asks of the exchange."""

    # Enum's own hashes the name, in Python.
    __hash__ = str.__hash__

    RESPONSE = "a response came"
    ALLOW_ORIGIN = "Access-Control-Allow-Origin is present"
    ORIGIN = "Access-Control-Allow-Origin names the requesting origin"
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
