"""The shape of an exchange: the few values its verdict can turn on, without URLs and times.

Traffic repeats its shapes, so each is decided once and remembered.
"""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.exchange import Exchange, HeaderList, Response
from corsight.policies.facts import Facts, Tainting
from corsight.policies.fetch.mixed_content import (
    UPGRADEABLE_DESTINATIONS,
    is_local_network,
    is_mixed_content,
    is_upgraded,
)
from corsight.policies.fetch.origin import Distance, has_userinfo, is_ip_address, origin_of, split_origin
from corsight.policies.fetch.redirect import MAX_REDIRECTS
from corsight.policies.rules import redirect as redirect_rules
from corsight.policies.verdict import Role

USERINFO_EMBEDDED = "userinfo-embedded"
MIXED_LOCALHOST = "mixed-localhost"
MIXED_LOCAL_NETWORK = "mixed-local-network"
MIXED_IMAGE_ADDRESS = "mixed-image-address"
MIXED_TRACK = "mixed-track"
"""Hazards of a redirect that only some engines see; all others are called by their rule."""


class Shape(NamedTuple):
    """All that a decision turns on; equal shapes have equal verdicts."""

    role: Role
    tainting: Tainting
    origin: str
    cross_origin: bool
    method: str
    names: tuple[str, ...]
    status: int
    location: str | None
    allow_origin: str | None
    allow_credentials: str | None
    allow_methods: str | None
    allow_headers: str | None
    hazards: tuple[str, ...]
    resource_policy: str | None
    content_type: str | None
    content_range: str | None
    nosniff: bool
    empty: bool
    destination: str
    distance: Distance
    merged: tuple[str | None, str | None, str | None] | None
    """`allow_origin`, `allow_credentials` and `resource_policy` without their empty lines; None where there are none.
    """
    origin_lines: int
    """How many lines are named exactly Access-Control-Allow-Origin, where names keep their case."""


def shape_of(exchange: Exchange, facts: Facts, response: Response, tainting: Tainting, secure: bool) -> Shape:
    """The shape of an exchange whose response tainting and page's security are taken to be these."""
    get = response.headers.get
    preflight, opaque = facts.role == "preflight", tainting == "opaque"
    return Shape(
        facts.role,
        tainting,
        facts.origin or "null",
        not preflight or facts.origin == "null" or origin_of(exchange.request.url) != facts.origin,
        facts.method if preflight else "",
        facts.names if preflight else (),
        response.status,
        get("location") if preflight else None,
        get("access-control-allow-origin"),
        get("access-control-allow-credentials"),
        get("access-control-allow-methods") if preflight else None,
        get("access-control-allow-headers") if preflight else None,
        _hazards(exchange, facts, tainting, secure) if facts.role == "redirect" else (),
        get("cross-origin-resource-policy") if opaque else None,
        get("content-type") if opaque else None,
        get("content-range") if opaque else None,
        (get("x-content-type-options") or "").lower() == "nosniff" if opaque else False,
        opaque and _is_empty(exchange, response),
        facts.destination if opaque else "",
        facts.distance,
        _merged(response.headers),
        origin_lines(exchange, response) if tainting == "cors" else 0,
    )


def _is_empty(exchange: Exchange, response: Response) -> bool:
    return (
        exchange.request.method == "HEAD"
        or response.status in (204, 205, 304)
        or response.headers.get("content-length") == "0"
    )


_MERGED = ("access-control-allow-origin", "access-control-allow-credentials", "cross-origin-resource-policy")


def _merged(headers: HeaderList) -> tuple[str | None, str | None, str | None] | None:
    """The headers that are held against a value, as Firefox merges their lines; None where none of them is repeated."""
    if not headers.repeats:
        return None
    origin, credentials, policy = map(headers.lines, _MERGED)
    if len(origin) < 2 and len(credentials) < 2 and len(policy) < 2:
        return None
    return _without_empty(origin), _without_empty(credentials), _without_empty(policy)


def _without_empty(lines: tuple[str, ...]) -> str | None:
    return ", ".join(filter(None, lines)) if lines else None


def origin_lines(exchange: Exchange, response: Response) -> int:
    """How many lines are named exactly Access-Control-Allow-Origin, where there is more than one of any case."""
    # Over HTTP/2 every name is lower case.
    if exchange.http2 or not response.headers.repeats or len(response.headers.lines("access-control-allow-origin")) < 2:
        return 0
    return sum(name == b"Access-Control-Allow-Origin" for name, _ in response.headers.fields)


def _hazards(exchange: Exchange, facts: Facts, tainting: Tainting, secure: bool) -> tuple[str, ...]:
    """What HTTP-redirect fetch and the fetch after it hold against the redirect's target, in their order."""
    target = facts.target
    if target is None or facts.mode in ("navigate", "websocket"):
        return ()
    # HTTP-redirect fetch, 5.
    if target == "":
        return (redirect_rules.LOCATION,)
    found: list[str] = []
    scheme = target.partition(":")[0]
    # 6.
    if scheme not in ("http", "https"):
        return (redirect_rules.SCHEME,)
    # 7.
    if len(facts.chain) >= MAX_REDIRECTS:
        found.append(redirect_rules.COUNT)
    page = facts.page_origin
    # 9. and 10. (mode cors with a target elsewhere; tainting cors with any)
    if has_userinfo(target):
        elsewhere = facts.mode == "cors" and page is not None and origin_of(target) != page
        found.append(redirect_rules.USERINFO if tainting == "cors" or elsewhere else USERINFO_EMBEDDED)
    # Main fetch, 12: mode same-origin stays at home.
    if facts.mode == "same-origin" and page is not None and origin_of(target) != page:
        found.append(redirect_rules.SAME_ORIGIN_MODE)
    # Main fetch, 7: mixed content.
    if secure and scheme == "http" and not is_upgraded(facts.destination, target):
        found.append(_mixed_hazard(facts.destination, target))
    return tuple(found)


def _mixed_hazard(destination: str, target: str) -> str:
    """What an http target is to a secure page: mixed content, or something that only some engines take for it."""
    parts = split_origin(origin_of(target))
    host = parts[1] if parts is not None else ""
    if not is_mixed_content("https://secure.invalid", target):
        return MIXED_LOCALHOST
    if destination in UPGRADEABLE_DESTINATIONS and is_ip_address(host):
        return MIXED_IMAGE_ADDRESS
    if destination == "track":
        return MIXED_TRACK
    return MIXED_LOCAL_NETWORK if is_local_network(host) else redirect_rules.MIXED_CONTENT
