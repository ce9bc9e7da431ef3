"""The shape of an exchange: the few values its verdict can turn on, without URLs and times.

Traffic repeats its shapes, so each is decided once and remembered.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from corsight.policies.exchange import Exchange, HeaderList, Response
from corsight.policies.facts import Facts, Premise, Role
from corsight.policies.fetch.corp import FRAMES, EmbedderPolicy, read_embedder_policy
from corsight.policies.fetch.headers import Failure, extract_header_list_values
from corsight.policies.fetch.main_fetch import LOCAL_NETWORK, Hazards, Tainting, check_redirect
from corsight.policies.fetch.mime_type import STYLE, TYPED, WORKER, determine_nosniff
from corsight.policies.fetch.orb import is_subsequent
from corsight.policies.fetch.origin import Distance, origin_of
from corsight.policies.fetch.redirect import REDIRECT_STATUSES
from corsight.policies.fetch.steps import Question

PROXY_AUTHENTICATION = 407


class _Values(NamedTuple):
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
    hazards: Hazards
    resource_policy: str | None
    content_type: str | None
    content_range: str | None
    subsequent: bool
    """Whether it is a later part of media, the beginning of which was let through."""
    nosniff: bool
    nosniff_first: bool
    """Whether it is X-Content-Type-Options' first value; `nosniff` tells that it is all of it."""
    proxy_asks: bool
    """Whether a 407 came through a tunnel, and so from the server itself."""
    empty: bool
    body: str | None
    """What kind of body it has, where it was seen."""
    destination: str
    mode: str
    """The request mode of a script, which may tell what it is for."""
    worker: EmbedderPolicy | None
    """The embedder policy of the dedicated worker whose script this is, or of a frame's document."""
    distance: Distance
    private_network: bool
    """Whether it is a preflight of private network access."""
    merged: tuple[str | None, str | None, str | None] | None
    """`allow_origin`, `allow_credentials` and `resource_policy` without their empty lines; None where there are none.
    """
    origin_lines: int
    """How many lines are named exactly Access-Control-Allow-Origin, where names keep their case."""
    weight: int
    """How many characters of what peers sent it holds; what they sent alike, they sent as long."""


class Shape(_Values):
    """All that a decision turns on; equal shapes have equal verdicts. What is long is parsed once for all engines."""

    @cached_property
    def methods(self) -> tuple[str, ...] | Failure | None:
        """What Access-Control-Allow-Methods lists."""
        return extract_header_list_values(self.allow_methods)

    @cached_property
    def headers(self) -> tuple[str, ...] | Failure | None:
        """What Access-Control-Allow-Headers lists."""
        return extract_header_list_values(self.allow_headers)


def make_shape(exchange: Exchange, facts: Facts, response: Response, premise: Premise) -> Shape:
    """Return the shape of an exchange whose open facts are taken to be so."""
    get, tainting = response.headers.get, premise.tainting
    preflight, opaque = facts.role == "preflight", tainting == "opaque"
    destination = premise.destination
    typed = facts.role == "request" and (opaque or destination in TYPED)
    # A recording may leave the type out; and a style sheet may do without.
    untold = exchange.told is not None and "content-type" not in response.headers and destination != STYLE
    worker = typed and destination == WORKER and tainting == "basic" and response.status != 304
    worker = worker and premise.mode != "cors"
    framed = destination in FRAMES and response.status != 304
    loaded = framed and facts.role == "request"
    origin = facts.origin or "null"
    allow_origin, allow_credentials = get("access-control-allow-origin"), get("access-control-allow-credentials")
    location = get("location") if preflight else None
    allow_methods = get("access-control-allow-methods") if preflight else None
    allow_headers = get("access-control-allow-headers") if preflight else None
    resource_policy = get("cross-origin-resource-policy") if opaque or framed else None
    content_type = get("content-type") if typed else None
    options = get("x-content-type-options") if typed else None
    content_range = get("content-range") if opaque else None
    weight = len(origin) + len(allow_origin or "") + len(allow_credentials or "")
    if preflight:
        weight += len(facts.method) + len("".join(facts.names))
        weight += len(location or "") + len(allow_methods or "") + len(allow_headers or "")
    elif opaque or framed:
        weight += len(destination) + len(resource_policy or "") + len(content_range or "")
    weight += len(content_type or "")
    merged = _merge_lines(response.headers)
    if merged is not None:
        weight += len(merged[2] or "")
    return Shape(
        facts.role,
        tainting,
        origin,
        not preflight or facts.origin == "null" or origin_of(exchange.request.url) != facts.origin,
        facts.method if preflight else "",
        facts.names if preflight else (),
        response.status,
        location,
        allow_origin,
        allow_credentials,
        allow_methods,
        allow_headers,
        _list_hazards(facts, response, premise),
        resource_policy,
        content_type,
        content_range,
        opaque and is_subsequent(exchange.request.headers.get("range")),
        (options or "").lower() == "nosniff",
        determine_nosniff(options),
        response.status == PROXY_AUTHENTICATION and origin_of(exchange.request.url).startswith("https:"),
        opaque and _is_empty(exchange, response),
        response.body if opaque else None,
        destination if typed or framed else "",
        _find_mode(facts, premise) if typed and destination in TYPED and not untold else "",
        read_embedder_policy(exchange.request.url, response.headers) if worker or loaded else None,
        premise.distance,
        preflight and "access-control-request-private-network" in exchange.request.headers,
        merged,
        count_origin_lines(exchange, response) if tainting == "cors" else 0,
        weight,
    )


def _find_mode(facts: Facts, premise: Premise) -> str:
    if premise.mode != "unknown":
        return premise.mode
    if facts.destinations and premise.tainting != "opaque":
        # A module's; of a classic script any type will do.
        return "cors"
    return {"cors": "cors", "opaque": "no-cors", "basic": "unknown"}[premise.tainting]


def _is_empty(exchange: Exchange, response: Response) -> bool:
    return (
        exchange.request.method == "HEAD"
        or response.status in (204, 205, 304)
        or response.headers.get("content-length") == "0"
        or response.body == "empty"
    )


_MERGED = ("access-control-allow-origin", "access-control-allow-credentials", "cross-origin-resource-policy")


def _merge_lines(headers: HeaderList) -> tuple[str | None, str | None, str | None] | None:
    """Return the headers that are held against a value, as Firefox merges their lines; None where none is repeated."""
    if not headers.repeats:
        return None
    origin, credentials, policy = map(headers.lines, _MERGED)
    if len(origin) < 2 and len(credentials) < 2 and len(policy) < 2:
        return None
    return _without_empty(origin), _without_empty(credentials), _without_empty(policy)


def _without_empty(lines: tuple[str, ...]) -> str | None:
    return ", ".join(filter(None, lines)) if lines else None


def count_origin_lines(exchange: Exchange, response: Response) -> int:
    """Count the lines that are named exactly Access-Control-Allow-Origin, where there is more than one of any case."""
    # Over HTTP/2 every name is lower case.
    if exchange.http2 or not response.headers.repeats or len(response.headers.lines("access-control-allow-origin")) < 2:
        return 0
    return sum(name == b"Access-Control-Allow-Origin" for name, _ in response.headers.fields)


_LOCAL_NETWORK_ALLOWED: Hazards = ((Question.LOCAL_NETWORK, None),)
_LOCAL_NETWORK_DENIED: Hazards = ((Question.LOCAL_NETWORK, LOCAL_NETWORK),)


def _list_hazards(facts: Facts, response: Response, premise: Premise) -> Hazards:
    hazards: Hazards = ()
    unled = facts.role == "request" and premise.redirect == "error" and response.status in REDIRECT_STATUSES
    if facts.role == "redirect" or unled:
        hazards = check_redirect(
            facts.target,
            mode=premise.mode,
            destination=premise.destination,
            tainting=premise.tainting,
            page_origin=facts.page_origin,
            redirects=len(facts.chain),
            secure=premise.secure,
            redirect=premise.redirect,
        )
    if facts.local_network is None:
        return hazards
    return hazards + (_LOCAL_NETWORK_DENIED if premise.denied else _LOCAL_NETWORK_ALLOWED)
