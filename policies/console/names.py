"""The engines' names of their errors: DevTools', MDN's pages, network errors."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from corsight.policies.console.model import SPEAKING, Message
from corsight.policies.console.patterns import order_rules
from corsight.policies.console.wordings import list_wordings
from corsight.policies.engines import WORDS
from corsight.policies.rules.isolation import NETWORK_ERROR
from corsight.policies.verdict import EngineName

FAILED = "net::ERR_FAILED"
"""What Chromium says of a failure whose reason stands elsewhere."""
_NET_ERROR = re.compile(r"net::ERR_[A-Za-z0-9_.]*[A-Za-z0-9]")
_NAME = re.compile(r"(?:net::)?\bERR_[A-Z0-9_]+(?:\.[A-Za-z]+)?|[A-Za-z][\w-]*")
_DIGITS = "0123456789"
_OF_LIBRARIES = frozenset({"ERR_NETWORK", "ERR_CANCELED", "ERR_BAD_REQUEST", "ERR_BAD_RESPONSE", "ERR_BAD_OPTION"})
"""axios's own codes, which look like Chromium's."""


class Name(NamedTuple):
    """What a name stands for."""

    engine: EngineName
    rules: tuple[str, ...] = ()
    cause: str | None = None
    preflight: bool | None = None


_OTHERS: dict[str, Name] = {
    # DevTools' CorsError, services/network/public/mojom/cors.mojom.
    "CorsDisabledScheme": Name("chromium", cause="scheme-not-fetchable"),
    "InsecureLocalNetwork": Name("chromium", ("local-network-access",)),
    "LocalNetworkAccessPermissionDenied": Name("chromium", ("local-network-access",)),
    "InvalidLocalNetworkAccess": Name("chromium", cause="local-network-wrong-space"),
    "InsecurePrivateNetwork": Name("chromium", ("local-network-access",)),
    "InvalidPrivateNetworkAccess": Name("chromium", cause="local-network-wrong-space"),
    **dict.fromkeys(
        (
            *("UnexpectedPrivateNetworkAccess", "PreflightMissingAllowPrivateNetwork"),
            *("PreflightInvalidAllowPrivateNetwork", "PrivateNetworkAccessPermissionDenied"),
            *("PreflightMissingPrivateNetworkAccessId", "PreflightMissingPrivateNetworkAccessName"),
        ),
        Name("chromium", cause="private-network-access"),
    ),
    # The names of MDN's pages, which Firefox links to from its console, in every language.
    "CORSDisabled": Name("firefox", cause="cors-disabled"),
    "CORSOriginHeaderNotAdded": Name("firefox", cause="origin-header-not-added"),
    "CORSRequestNotHttp": Name("firefox", cause="scheme-not-fetchable"),
    "CORSMissingAllowHeaderFromPreflight": Name("firefox", ("preflight-header-not-allowed",), None, True),
    "CORSMissingAllowMethodFromPreflight": Name("firefox", ("preflight-method-not-allowed",), None, True),
    "CORSAllowHeaderFromPreflightDeprecation": Name("firefox", ("authorization-by-wildcard",)),
}
"""Names that no wording function says."""

_NET_CAUSES = (
    ("tls-failed", r"CERT_|SSL_|BAD_SSL|INSECURE_RESPONSE|ECH_"),
    ("host-not-found", r"NAME_NOT_RESOLVED|NAME_RESOLUTION_FAILED|DNS_|ICANN_NAME"),
    ("connection-refused", r"CONNECTION_REFUSED|CONNECTION_FAILED|ADDRESS_"),
    ("connection-timed-out", r"(CONNECTION_)?TIMED_OUT"),
    (
        "connection-closed",
        r"CONNECTION_(RESET|CLOSED|ABORTED)|EMPTY_RESPONSE|INVALID_HTTP_RESPONSE|HTTP2_|QUIC_|SPDY_|INCOMPLETE_|"
        r"CONTENT_LENGTH_MISMATCH|SOCKET_NOT_CONNECTED|RESPONSE_HEADERS_T",
    ),
    ("stopped-by-extension", r"BLOCKED_BY_CLIENT|BLOCKED_BY_ADMINISTRATOR|BLOCKED_IN_INCOGNITO|BLOCKED_ENROLLMENT"),
    ("csp-forbids-it", r"BLOCKED_BY_CSP"),
    ("computer-offline", r"INTERNET_DISCONNECTED|NETWORK_(CHANGED|ACCESS_DENIED|IO_SUSPENDED)"),
    ("request-given-up", r"ABORTED"),
    ("proxy-failed", r"PROXY_|TUNNEL_|SOCKS_|MANDATORY_PROXY"),
    ("unsafe-port", r"UNSAFE_PORT"),
    ("system-forbids-local-network", r"LOCAL_NETWORK_PERMISSION_MISSING"),
    ("scheme-not-fetchable", r"UNKNOWN_URL_SCHEME|DISALLOWED_URL_SCHEME"),
    ("local-file-asked", r"FILE_NOT_FOUND|ACCESS_DENIED"),
)
"""The causes that Chromium's network errors (net/base/net_error_list.h) tell, by what follows net::ERR_."""
_LOCAL_NETWORK = re.compile(r"(CACHED_IP_ADDRESS_SPACE_)?BLOCKED_BY_(LOCAL|PRIVATE)_NETWORK_ACCESS_(CHECKS|POLICY)")


def read_name(text: str) -> Message | None:
    """Return what the first name in a text stands for, None where there is none."""
    known = _names()
    for word in _NAME.findall(text):
        if word in _OF_LIBRARIES:
            continue
        for name in (word, word.rstrip(_DIGITS), word.rstrip(_DIGITS).removeprefix("k")):
            if name in known and name != FAILED:
                engine, rules, cause, preflight = known[name]
                return Message(engine, rules, cause, exact=False, error=name, preflight=preflight)
        error = word if word.startswith("net::") else f"net::{word}"
        if _NET_ERROR.fullmatch(error) and error != FAILED:
            return read_net_error(error)
    return None


def read_net_error(error: str) -> Message:
    """Return what one of Chromium's network errors tells."""
    name = error.removeprefix("net::ERR_")
    if error in _names():
        engine, rules, cause, preflight = _names()[error]
        return Message(engine, rules, cause, exact=False, error=error, preflight=preflight)
    if _LOCAL_NETWORK.match(name):
        return Message("chromium", ("local-network-access",), exact=False, error=error)
    cause = next((code for code, begins in _NET_CAUSES if re.match(begins, name)), None)
    return Message("chromium", (NETWORK_ERROR,), cause, exact=False, error=error)


@cache
def _names() -> dict[str, Name]:
    """Return the engines' names, by what a person may paste of them."""
    gathered: dict[str, tuple[EngineName, set[str], set[bool]]] = {}
    for wording in list_wordings():
        for engine in SPEAKING:
            error, text = WORDS[engine](wording)
            # A plain word is no name; and MDN's pages leave the number off.
            names = [error.rstrip(_DIGITS)] if error is not None and re.search("[a-z][A-Z]|-", error) else []
            for name in (*names, *_NET_ERROR.findall(text or "")):
                _, rules, preflights = gathered.setdefault(name, (engine, set(), set()))
                preflights.add(wording.preflight)
                rules.add(wording.rule)
    found = {
        name: Name(engine, order_rules(rules), None, preflights.pop() if len(preflights) == 1 else None)
        for name, (engine, rules, preflights) in gathered.items()
    }
    return found | _OTHERS
