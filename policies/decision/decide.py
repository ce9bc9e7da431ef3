"""What an engine decides of a shape: the standard's algorithms in the engine's order, with its departures."""

from __future__ import annotations

from functools import lru_cache

from corsight.policies.decision.shape import (
    MIXED_IMAGE_ADDRESS,
    MIXED_LOCAL_NETWORK,
    MIXED_LOCALHOST,
    MIXED_TRACK,
    USERINFO_EMBEDDED,
    Shape,
)
from corsight.policies.engines import ENGINES, EnginePolicy
from corsight.policies.fetch.corp import EmbedderPolicy, cross_origin_resource_policy_check
from corsight.policies.fetch.cors_check import cors_check
from corsight.policies.fetch.headers import extract_header_list_values
from corsight.policies.fetch.orb import guess_data, is_opaque_response_blocked
from corsight.policies.fetch.preflight import Preflight, check_preflight
from corsight.policies.rules import isolation as isolation_rules
from corsight.policies.rules import redirect as redirect_rules
from corsight.policies.verdict import EngineName


@lru_cache(maxsize=32768)
def decide(engine: EngineName, shape: Shape, include: bool, embedder: EmbedderPolicy) -> tuple[str | None, str]:
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
def differing(engine: EngineName, shape: Shape, include: bool, embedder: EmbedderPolicy) -> tuple[EngineName, ...]:
    """The engines whose decision is for another rule than `engine`'s, or for none."""

    def rule(name: EngineName) -> tuple[str | None, bool]:
        found = decide(name, shape, include, embedder)[0]
        return found, found is None and shape.tainting == "opaque" and bool(doubts(name, shape))

    own = rule(engine)
    return tuple(other for other in ENGINES if other != engine and rule(other) != own)


def _engines_own(policy: EnginePolicy) -> dict[str, tuple[bool, str, str]]:
    """The hazards that only some engines see: whether this one does, and the rule and value they come to."""
    mixed = redirect_rules.MIXED_CONTENT
    return {
        MIXED_LOCALHOST: (policy.localhost_is_mixed, mixed, ""),
        MIXED_LOCAL_NETWORK: (policy.local_network_is_mixed, mixed, ""),
        MIXED_IMAGE_ADDRESS: (policy.image_address_is_mixed, mixed, ""),
        MIXED_TRACK: (policy.track_is_mixed, mixed, ""),
        USERINFO_EMBEDDED: (policy.embedded_userinfo_blocked, redirect_rules.USERINFO, "embedded"),
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
        methods=extract_header_list_values(shape.allow_methods),
        headers=extract_header_list_values(shape.allow_headers),
        cross_origin=shape.cross_origin or not policy.same_origin_preflight_unchecked,
        authorization_by_wildcard=policy.authorization_by_wildcard,
    )
    return check_preflight(preflight, policy.preflight_order)


def _decide_opaque(
    policy: EnginePolicy, shape: Shape, include: bool, embedder: EmbedderPolicy
) -> tuple[str, str] | None:
    failed = cross_origin_resource_policy_check(
        shape.resource_policy,
        distance=shape.distance,
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
    if rules is None or shape.role != "request" or (rules.own_origin_spared and shape.distance == "same-origin"):
        return False
    return is_opaque_response_blocked(
        shape.content_type,
        nosniff=shape.nosniff,
        status=shape.status,
        destination=destination,
        content_range=shape.content_range,
        empty=shape.empty,
        rules=rules,
    )


@lru_cache(maxsize=32768)
def doubts(engine: EngineName, shape: Shape) -> tuple[tuple[str, bool], ...]:
    """What opaque response blocking turns on where the headers do not settle it, and whether it blocks; likelier first.

    Nothing where they do, or where the body is all but certainly what they say.
    """
    policy = ENGINES[engine]
    if _opaque_response_blocked(policy, shape, shape.destination) is not None:
        return ()
    if shape.destination == "unknown" and _opaque_response_blocked(policy, shape, "script"):
        return ("destination=script", True), ("destination=empty", False)
    data, other = ("body=data", True), ("body=other", False)
    match guess_data(shape.content_type, status=shape.status):
        case None:
            return ()
        case True:
            return data, other
        case False:
            return other, data


def forget() -> None:
    """Forget every decision, so that the next of each shape is made anew; for measuring."""
    decide.cache_clear()
    differing.cache_clear()
    doubts.cache_clear()
