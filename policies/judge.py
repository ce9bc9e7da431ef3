"""judge(exchange, facts, engine): the one door to a decision.

1. The decision is a pure function of a shape: the few values a verdict can turn on, without URLs and times. Traffic
repeats
   its shapes, so each is decided once and remembered.
2. Every value an unknown fact can have is judged; the branches that differ go with the verdict.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from ipaddress import ip_address, ip_network
from itertools import product
from typing import NamedTuple

from policies.engines import ENGINES, WORDS, EnginePolicy, Wording
from policies.exchange import Exchange, HeaderList, Response
from policies.facts import Embedder, Facts, Site, Tainting
from policies.fetch.corp import cross_origin_resource_policy_check
from policies.fetch.cors_check import cors_check
from policies.fetch.exposed import hidden_header_names
from policies.fetch.headers import first_invalid_token, list_values
from policies.fetch.mixed_content import UPGRADEABLE_DESTINATIONS, is_mixed_content, is_upgraded
from policies.fetch.orb import likely_data, opaque_response_blocked
from policies.fetch.origin import has_userinfo, is_ip_address, origin_of, split_origin
from policies.fetch.preflight import Preflight, check_preflight
from policies.fetch.redirect import MAX_REDIRECTS, REDIRECT_STATUSES
from policies.rules import RULES, Fix, Situation
from policies.rules import isolation as isolation_rules
from policies.rules import redirect as redirect_rules
from policies.verdict import EngineName, Outcome, Role, Ruling, Verdict


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
    site: Site
    merged: tuple[str | None, str | None, str | None] | None
    """`allow_origin`, `allow_credentials` and `resource_policy` without their empty lines; None where there are none.
    """
    origin_lines: int
    """How many lines are named exactly Access-Control-Allow-Origin, where names keep their case."""


def judge(exchange: Exchange, facts: Facts, engine: EngineName) -> Verdict:
    """What `engine` made of the exchange, given the facts. Never raises, whatever the peers sent."""
    return _judge(exchange, facts, engine)[0]


def survey(exchange: Exchange, facts: Facts, engine: EngineName) -> tuple[Verdict, tuple[EngineName, ...]]:
    """`engine`'s verdict, and the other engines that decide otherwise, or for another reason."""
    verdict, basis = _judge(exchange, facts, engine)
    return verdict, () if basis is None else _differing(engine, *basis)


def _judge(exchange: Exchange, facts: Facts, engine: EngineName) -> tuple[Verdict, tuple[Shape, bool, Embedder] | None]:
    """The verdict, and what its branch was decided on."""
    response = facts.response or exchange.response
    if response is None:
        return Verdict(engine, _unanswered(exchange, facts, engine)), None
    if facts.tainting == "basic" and facts.tainting_too is None and facts.role == "request":
        return _NOT_CORS[engine], None
    asked = _branches(facts)
    branches: dict[str, Ruling] = {}
    basis: tuple[Shape, bool, Embedder] | None = None
    for label, include, tainting, secure, embedder in asked:
        shape = _shape(exchange, facts, response, tainting, secure)
        rule, value = _decide(engine, shape, include, embedder)
        basis = basis or (shape, include, embedder)
        doubts = _doubts(engine, shape) if rule is None and tainting == "opaque" else ()
        # Of a tainting that is itself in doubt, the likelier is enough.
        for which, blocks in doubts if tainting == facts.tainting else doubts[:1]:
            worded = _worded(exchange, facts, engine, isolation_rules.ORB, shape.content_type or "", response)
            branches[f"{label} {which}".strip()] = worded if blocks else _PASSED["opaque"]
        if doubts:
            continue
        branches[label] = _PASSED[value] if rule is None else _worded(exchange, facts, engine, rule, value, response)
    if facts.tainting == "basic" and all(ruling.outcome is not Outcome.BLOCKED for ruling in branches.values()):
        return _NOT_CORS[engine], basis
    said, include = next(iter(branches.values())), asked[0][1]
    hidden = _hidden(facts, response, said, engine, include) if facts.role == "request" else ()
    if len(branches) == 1:
        return Verdict(engine, said, hidden=hidden), basis
    certain = all(ruling.outcome is said.outcome for ruling in branches.values())
    agree = all(ruling == said for ruling in branches.values())
    return Verdict(engine, said, "certain" if certain else "likely", {} if agree else branches, hidden), basis


def _hidden(facts: Facts, response: Response, said: Ruling, engine: EngineName, include: bool) -> tuple[str, ...]:
    """The response header names that the page's script cannot read."""
    if said.outcome is Outcome.OPAQUE:
        return response.headers.names()
    if said.outcome is not Outcome.ALLOWED:
        return ()
    policy = ENGINES[engine]
    return hidden_header_names(
        response.headers, include=include, grammar=policy.expose_grammar, extra_safelisted=policy.extra_exposed
    )


def _unanswered(exchange: Exchange, facts: Facts, engine: EngineName) -> Ruling:
    """No response came. Where the proxy answered in the server's place, the browser saw that: no CORS headers."""
    if exchange.proxy_status is None or facts.tainting != "cors":
        return _worded(exchange, facts, engine, isolation_rules.NETWORK_ERROR, "", None)
    seen = judge(exchange, _with_response(facts, Response(exchange.proxy_status, HeaderList())), engine).ruling
    rule = RULES[isolation_rules.NETWORK_ERROR]
    return Ruling(Outcome.BLOCKED, rule.code, rule.spec, rule.step, seen.error, seen.message)


def forget() -> None:
    """Forget every decision, so that the next of each shape is made anew; for measuring."""
    _decide.cache_clear()
    _differing.cache_clear()
    _doubts.cache_clear()


def mend(exchange: Exchange, facts: Facts, engine: EngineName) -> Fix | None:
    """The header edits that turn the verdict into `allowed`, proven by judging again; None when no edit does."""
    response = facts.response or exchange.response
    fix = Fix()
    for _ in range(len(RULES)):
        if response is None:
            return None
        mended = fix.apply(response)
        verdict = judge(exchange, _with_response(facts, mended), engine)
        if verdict.outcome is not Outcome.BLOCKED:
            return fix or None
        rule = RULES[verdict.ruling.rule or ""]
        include = facts.credentials == "include" or (facts.credentials == "unknown" and facts.likelier == "include")
        edit = rule.fix(situation(exchange, facts, mended, include))
        if not edit or fix + edit == fix:
            return None
        fix = fix + edit
    return None


def situation(exchange: Exchange, facts: Facts, response: Response, include: bool, value: str = "") -> Situation:
    """What a rule's texts and fixes are made of."""
    return Situation(
        url=exchange.request.url,
        origin=facts.origin or "null",
        method=facts.method,
        names=facts.names,
        include=include,
        response=response,
        value=value,
        preflight=facts.role == "preflight",
        target=facts.target,
    )


def _with_response(facts: Facts, response: Response) -> Facts:
    return replace(facts, response=response)


type _Branch = tuple[str, bool, Tainting, bool, Embedder]


def _branches(facts: Facts) -> list[_Branch]:
    """Every value the unknown facts can have, the likelier ones first."""
    include = facts.credentials == "include"
    if (
        facts.credentials != "unknown"
        and facts.tainting_too is None
        and facts.secure is not None
        and facts.embedder is not None
    ):
        return [("", include, facts.tainting, facts.secure, facts.embedder)]
    credentials = [(f"credentials={facts.credentials}", include)]
    if facts.credentials == "unknown":
        credentials = [("credentials=not-include", False), ("credentials=include", True)]
        if facts.likelier == "include":
            credentials.reverse()
    taintings = [facts.tainting] if facts.tainting_too is None else [facts.tainting, facts.tainting_too]
    secures = [facts.secure] if facts.secure is not None else [True, False]
    embedders: list[Embedder] = ["unsafe-none", "require-corp"]
    if facts.embedder is not None:
        embedders = [facts.embedder]
    elif facts.likelier_embedder != "unsafe-none":
        embedders = [facts.likelier_embedder, "unsafe-none"]
    branches: list[_Branch] = []
    for (label, flag), tainting, secure, embedder in product(credentials, taintings, secures, embedders):
        # An embedder policy concerns opaque responses only, and those alone ask for nothing else.
        if tainting != "opaque" and embedder != embedders[0]:
            continue
        if tainting != "cors" and len(taintings) > 1 and flag is not credentials[0][1]:
            continue
        parts = [label] if len(credentials) > 1 and tainting == "cors" else []
        if len(taintings) > 1:
            parts.append(
                f"mode={'no-cors' if tainting == 'opaque' else 'cors' if tainting == 'cors' else 'same-origin'}"
            )
        if len(secures) > 1:
            parts.append(f"page={'secure' if secure else 'insecure'}")
        if len(embedders) > 1 and tainting == "opaque":
            parts.append(f"embedder-policy={embedder}")
        branches.append((" ".join(parts), flag, tainting, secure, embedder))
    return branches


def _shape(exchange: Exchange, facts: Facts, response: Response, tainting: Tainting, secure: bool) -> Shape:
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
        facts.site,
        _merged(response.headers),
        _origin_lines(exchange, response) if tainting == "cors" else 0,
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


def _origin_lines(exchange: Exchange, response: Response) -> int:
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
        found.append(redirect_rules.USERINFO if tainting == "cors" or elsewhere else _USERINFO_EMBEDDED)
    # Main fetch, 12: mode same-origin stays at home.
    if facts.mode == "same-origin" and page is not None and origin_of(target) != page:
        found.append(redirect_rules.SAME_ORIGIN_MODE)
    # Main fetch, 7: mixed content.
    if secure and scheme == "http" and not is_upgraded(facts.destination, target):
        found.append(_mixed_hazard(facts.destination, target))
    return tuple(found)


_USERINFO_EMBEDDED = "userinfo-embedded"
_MIXED_LOCALHOST = "mixed-localhost"
_MIXED_LOCAL_NETWORK = "mixed-local-network"
_MIXED_IMAGE_ADDRESS = "mixed-image-address"


def _mixed_hazard(destination: str, target: str) -> str:
    """What an http target is to a secure page: mixed content, or something that only some engines take for it."""
    parts = split_origin(origin_of(target))
    host = parts[1] if parts is not None else ""
    if not is_mixed_content("https://secure.invalid", target):
        return _MIXED_LOCALHOST
    if destination in UPGRADEABLE_DESTINATIONS and is_ip_address(host):
        return _MIXED_IMAGE_ADDRESS
    return _MIXED_LOCAL_NETWORK if _is_local(host) else redirect_rules.MIXED_CONTENT


_LOCAL_NETWORKS = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"),
            *("2001:db8::/32", "3fff::/20", "fc00::/7", "fe80::/10", "fec0::/10"),
        ),
    )
)
"""https://wicg.github.io/local-network-access/#ip-address-space-section"""


def _is_local(host: str) -> bool:
    """Whether an engine that goes by local network access takes the host for one of the local network."""
    if not is_ip_address(host):
        return host.removesuffix(".").endswith(".local")
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address.version == network.version and address in network for network in _LOCAL_NETWORKS)


_PASSED = {
    "allowed": Ruling(Outcome.ALLOWED),
    "opaque": Ruling(Outcome.OPAQUE),
    "not-cors": Ruling(Outcome.NOT_CORS),
}

_NOT_CORS: dict[EngineName, Verdict] = {name: Verdict(name, _PASSED["not-cors"]) for name in ENGINES}


@lru_cache(maxsize=32768)
def _decide(engine: EngineName, shape: Shape, include: bool, embedder: Embedder) -> tuple[str | None, str]:
    """The blocking rule and the value it turned on; or None and the name of the outcome it passed with."""
    policy = ENGINES[engine]
    failure: tuple[str, str] | None = None
    if policy.empty_lines_dropped and shape.merged is not None:
        allow_origin, allow_credentials, resource_policy = shape.merged
        shape = shape._replace(
            allow_origin=allow_origin, allow_credentials=allow_credentials, resource_policy=resource_policy
        )
    if shape.tainting == "cors":
        if policy.allow_origin_lines_counted and shape.origin_lines > 1 and shape.cross_origin:
            failure = "allow-origin-multiple", shape.allow_origin or ""
        elif shape.role == "preflight":
            failure = _decide_preflight(policy, shape, include)
        else:
            rule = cors_check(shape.origin, shape.allow_origin, shape.allow_credentials, include=include)
            if rule is not None:
                failure = (
                    rule,
                    (shape.allow_credentials if rule == "allow-credentials-not-true" else shape.allow_origin) or "",
                )
    elif shape.tainting == "opaque":
        failure = _decide_opaque(policy, shape, include, embedder)
    if failure is None:
        for hazard in shape.hazards:
            blocks, rule, value = _engines_own(policy).get(hazard, (True, hazard, ""))
            if blocks:
                return rule, value
        return None, {"cors": "allowed", "opaque": "opaque", "basic": "not-cors"}[shape.tainting]
    return failure


@lru_cache(maxsize=32768)
def _differing(engine: EngineName, shape: Shape, include: bool, embedder: Embedder) -> tuple[EngineName, ...]:
    """The engines whose decision is for another rule than `engine`'s, or for none."""

    def rule(name: EngineName) -> tuple[str | None, bool]:
        found = _decide(name, shape, include, embedder)[0]
        return found, found is None and shape.tainting == "opaque" and bool(_doubts(name, shape))

    own = rule(engine)
    return tuple(other for other in ENGINES if other != engine and rule(other) != own)


def _engines_own(policy: EnginePolicy) -> dict[str, tuple[bool, str, str]]:
    """The hazards that only some engines see: whether this one does, and the rule and value they come to."""
    mixed = redirect_rules.MIXED_CONTENT
    return {
        _MIXED_LOCALHOST: (policy.localhost_is_mixed, mixed, ""),
        _MIXED_LOCAL_NETWORK: (policy.local_network_is_mixed, mixed, ""),
        _MIXED_IMAGE_ADDRESS: (policy.image_address_is_mixed, mixed, ""),
        _USERINFO_EMBEDDED: (policy.embedded_userinfo_blocked, redirect_rules.USERINFO, "embedded"),
    }


def _decide_preflight(policy: EnginePolicy, shape: Shape, include: bool) -> tuple[str, str] | None:
    preflight = Preflight(
        origin=shape.origin,
        method=shape.method,
        names=shape.names,
        include=include,
        status=shape.status,
        location=shape.location,
        allow_origin=shape.allow_origin,
        allow_credentials=shape.allow_credentials,
        allow_methods=shape.allow_methods,
        allow_headers=shape.allow_headers,
        methods=list_values(shape.allow_methods),
        headers=list_values(shape.allow_headers),
        cross_origin=shape.cross_origin or not policy.same_origin_preflight_unchecked,
        authorization_by_wildcard=policy.authorization_by_wildcard,
    )
    return check_preflight(preflight, policy.preflight_order)


def _decide_opaque(policy: EnginePolicy, shape: Shape, include: bool, embedder: Embedder) -> tuple[str, str] | None:
    failed = cross_origin_resource_policy_check(
        shape.resource_policy,
        site=shape.site,
        embedder=embedder,
        unknown_value_counts=not policy.invalid_resource_policy_is_none,
        include=include,
    )
    if failed is not None:
        rule = {
            "same-origin": isolation_rules.CORP_SAME_ORIGIN,
            "same-site": isolation_rules.CORP_SAME_SITE,
            "same-origin-by-coep": isolation_rules.CORP_COEP,
        }[failed]
        return rule, shape.resource_policy or ""
    if _opaque_response_blocked(policy, shape, shape.destination):
        return isolation_rules.ORB, shape.content_type or ""
    return None


def _opaque_response_blocked(policy: EnginePolicy, shape: Shape, destination: str) -> bool | None:
    rules = policy.opaque_response_blocking
    if rules is None or shape.role != "request":
        return False
    return opaque_response_blocked(
        shape.content_type,
        nosniff=shape.nosniff,
        status=shape.status,
        destination=destination,
        content_range=shape.content_range,
        empty=shape.empty,
        rules=rules,
    )


@lru_cache(maxsize=32768)
def _doubts(engine: EngineName, shape: Shape) -> tuple[tuple[str, bool], ...]:
    """What opaque response blocking turns on where the headers do not settle it, and whether it blocks; likelier first.

    Nothing where they do, or where the body is all but certainly what they say.
    """
    policy = ENGINES[engine]
    if _opaque_response_blocked(policy, shape, shape.destination) is not None:
        return ()
    if shape.destination == "unknown" and _opaque_response_blocked(policy, shape, "script"):
        return ("destination=script", True), ("destination=empty", False)
    data, other = ("body=data", True), ("body=other", False)
    match likely_data(shape.content_type, status=shape.status):
        case None:
            return ()
        case True:
            return data, other
        case False:
            return other, data


def _worded(
    exchange: Exchange, facts: Facts, engine: EngineName, rule: str, value: str, response: Response | None
) -> Ruling:
    """The ruling that `rule` blocks, in the engine's own words."""
    allow_origin, lines = None, 0
    if response is not None:
        allow_origin = response.headers.get("access-control-allow-origin")
        if rule == "allow-origin-multiple":
            lines = _origin_lines(exchange, response)
        elif rule == redirect_rules.LOCATION:
            lines = len(response.headers.lines("location"))
        if engine == "firefox" and rule in ("preflight-allow-methods-invalid", "preflight-allow-headers-invalid"):
            value = first_invalid_token(value) or value
    url = exchange.request.url
    wording = Wording(
        rule=rule,
        preflight=facts.role == "preflight",
        url=url,
        initial_url=facts.chain[0] if facts.chain else url,
        origin=facts.origin or "null",
        page_origin=facts.page_origin or facts.origin or "null",
        destination=facts.destination,
        event_source=facts.event_source,
        status=response.status if response else 0,
        method=facts.method,
        value=value,
        allow_origin=allow_origin,
        separate_lines=lines,
        target=facts.target if facts.role == "redirect" else None,
        page=facts.page,
        tainting=facts.tainting,
    )
    error, message = WORDS[engine](wording)
    known = RULES[rule]
    outcome = Outcome.NOT_CORS if response is None else Outcome.BLOCKED
    return Ruling(outcome, rule, known.spec, known.step, error, message)


def is_redirect(response: Response) -> bool:
    """Whether the response sends the fetch elsewhere: a redirect status, and a Location."""
    return response.status in REDIRECT_STATUSES and "location" in response.headers
