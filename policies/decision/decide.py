"""What an engine decides about a shape: the standard's algorithms in the engine's order, with its departures."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from corsight.policies.decision.shape import Shape
from corsight.policies.decision.uses import check_use, is_json_as_script, list_use_doubts
from corsight.policies.engines import ENGINES, EnginePolicy
from corsight.policies.fetch import main_fetch
from corsight.policies.fetch.corp import FRAMES, EmbedderPolicy, cross_origin_resource_policy_check, is_worker_isolated
from corsight.policies.fetch.cors_check import cors_check
from corsight.policies.fetch.mime_type import STYLE, TYPED, is_blocked_by_mime_type, is_blocked_by_nosniff
from corsight.policies.fetch.orb import guess_data, is_body_blocked, is_opaque_response_blocked, read_essence
from corsight.policies.fetch.preflight import Preflight, check_preflight
from corsight.policies.fetch.safelist import is_cors_safelisted_method
from corsight.policies.fetch.steps import Algorithm, Question, Step
from corsight.policies.rules import isolation
from corsight.policies.verdict import Assumption, EngineName, Outcome, Unknown

EMBEDDED = "embedded"
"""The value of a redirect to a URL with a user name that an engine's loader refuses, not its CORS code."""

SHAPES = 8192
"""How many shapes are remembered with their decisions."""
REMEMBERED = 1024
"""The most characters (of what browser and server sent) with which a shape is remembered for long."""
LONG = 128 * 1024, 8
"""The most characters with which a shape is remembered while its own exchange is judged, and how many such shapes are.
"""

PRIVATE_NETWORK = ((Unknown.PREFLIGHT, "private-network"), False), ((Unknown.PREFLIGHT, "cors"), True)

_PASSED = {"cors": Outcome.ALLOWED, "opaque": Outcome.OPAQUE, "basic": Outcome.NOT_CORS}


class Decision(NamedTuple):
    """What was decided of a shape.

    `steps` are the steps that were taken; after the first that failed, if one did, those that were not reached.
    `doubts` are the open questions that the decision depends on, the likelier answer first, each with whether it
    blocks: what the body is, if opaque response blocking depends on it, what a script or style sheet is used for, if
    not every use takes its type, and what a preflight of private network access was for.
    """

    outcome: Outcome
    steps: tuple[Step, ...] = ()
    failure: Step | None = None
    doubts: tuple[tuple[Assumption, bool], ...] = ()

    @property
    def rule(self) -> str | None:
        """The code of the rule that blocks; None if none does."""
        return None if self.failure is None else self.failure.rule


def decide(
    policy: EnginePolicy, shape: Shape, include: bool, embedder: EmbedderPolicy, doubt: bool | None = None
) -> Decision:
    """Return what an engine decides about a shape. `doubt` says which answer to the decision's open questions is
    assumed.
    """
    if shape.weight <= REMEMBERED:
        return _decide(policy, shape, include, embedder, doubt)
    function = _decide_long if shape.weight <= LONG[0] else _decide.__wrapped__
    return function(policy, shape, include, embedder, doubt)


@lru_cache(maxsize=SHAPES)
def _decide(
    policy: EnginePolicy, shape: Shape, include: bool, embedder: EmbedderPolicy, doubt: bool | None
) -> Decision:
    steps = tuple(take_steps(policy, shape, include, embedder, doubt))
    failure = next((step for step in steps if step.rule is not None), None)
    if failure is not None:
        if doubt is True or not (shape.private_network and policy.private_network_warned):
            return Decision(Outcome.BLOCKED, steps, failure)
        # Private network access only warns; whether CORS asked for the preflight too, the next one would tell.
        asks = doubt is None and (bool(shape.names) or not is_cors_safelisted_method(shape.method))
        return Decision(Outcome.ALLOWED, (), None, PRIVATE_NETWORK if asks else ())
    doubts = _list_doubts(policy, shape) if doubt is None else ()
    return Decision(_PASSED[shape.tainting], steps, None, doubts)


_decide_long = lru_cache(maxsize=LONG[1])(_decide.__wrapped__)


def list_differing(
    policy: EnginePolicy, shape: Shape, include: bool, embedder: EmbedderPolicy
) -> tuple[EngineName, ...]:
    """Return the other engines that decide by another rule than this one's, or by none."""
    function = _list_differing if shape.weight <= REMEMBERED else _list_differing.__wrapped__
    return function(policy, shape, include, embedder)


@lru_cache(maxsize=SHAPES)
def _list_differing(
    policy: EnginePolicy, shape: Shape, include: bool, embedder: EmbedderPolicy
) -> tuple[EngineName, ...]:
    def rule(one: EnginePolicy) -> tuple[str | None, bool]:
        decision = decide(one, shape, include, embedder)
        return decision.rule, bool(decision.doubts)

    own = rule(policy)
    return tuple(name for name, other in ENGINES.items() if name != policy.name and rule(other) != own)


def forget() -> None:
    """Forget every decision, so that each shape is decided anew; for measuring."""
    _decide.cache_clear()
    _list_differing.cache_clear()


def take_steps(
    policy: EnginePolicy, shape: Shape, include: bool, embedder: EmbedderPolicy, data: bool | None = None
) -> Iterator[Step]:
    """Yield the steps that an engine takes for a shape, in its order. It stops at the first that does not pass."""
    if policy.empty_lines_dropped and shape.merged is not None:
        allow_origin, allow_credentials, resource_policy = shape.merged
        shape = shape._replace(
            allow_origin=allow_origin, allow_credentials=allow_credentials, resource_policy=resource_policy
        )
    if shape.proxy_asks and policy.proxy_authentication_fails and shape.tainting != "basic":
        # https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch
        # 16. "If response's status is 407, then:" The engine prompts nobody for what answers in a server's place.
        yield Step(Algorithm.NETWORK_OR_CACHE, "16", Question.NOT_PROXY, isolation.PROXY_AUTHENTICATION)
    if shape.tainting == "cors":
        counted = shape.origin_lines if policy.allow_origin_lines_counted else 1
        if shape.role == "preflight":
            yield from _check_preflight(policy, shape, include, counted)
        else:
            yield from cors_check(
                shape.origin, shape.allow_origin, shape.allow_credentials, include=include, counted_lines=counted
            )
    elif shape.tainting == "opaque" or shape.destination in FRAMES:
        yield _check_resource_policy(policy, shape, include, embedder)
    if shape.role == "request":
        yield from _check_types(policy, shape, data)
    if shape.worker is not None:
        yield _check_worker(policy, shape.worker, embedder)
    for question, hazard in shape.hazards:
        algorithm, number = main_fetch.PLACES[question]
        rule, value = (hazard, "") if hazard is None else _weigh_hazard(policy, hazard)
        yield Step(algorithm, number, question, rule, (), value)


def _check_preflight(policy: EnginePolicy, shape: Shape, include: bool, counted: int) -> Iterator[Step]:
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
        methods=shape.methods,
        headers=shape.headers,
        cross_origin=shape.cross_origin or not policy.same_origin_preflight_unchecked,
        authorization_by_wildcard=policy.authorization_by_wildcard,
        methods_upper_cased=policy.methods_upper_cased,
        counted_lines=counted,
    )
    order = policy.preflight_order
    if counted > 1:
        # An engine that counts the lines does so before anything else.
        order = ("cors", *(check for check in order if check != "cors"))
    return check_preflight(preflight, order)


def _check_resource_policy(policy: EnginePolicy, shape: Shape, include: bool, embedder: EmbedderPolicy) -> Step:
    if policy.credentialless_unknown and embedder == "credentialless":
        embedder = "unsafe-none"
    blocked = cross_origin_resource_policy_check(
        shape.resource_policy,
        distance=shape.distance,
        embedder=embedder,
        unknown_value_counts=not policy.invalid_resource_policy_is_none,
        include=include,
        for_navigation=shape.destination in FRAMES,
    )
    # https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check
    # 3. "If the cross-origin resource policy internal check with origin, "unsafe-none", response, and forNavigation
    # returns blocked, then return blocked." 5. "… embedderPolicy's value … returns allowed, then return allowed."
    # 7. "Return blocked."
    number, rule = {
        None: ("5", None),
        "same-origin": ("3", isolation.CORP_SAME_ORIGIN),
        "same-site": ("3", isolation.CORP_SAME_SITE),
        "same-origin-by-coep": ("7", isolation.CORP_COEP),
    }[blocked]
    compared = shape.resource_policy, shape.distance, embedder
    return Step(
        Algorithm.RESOURCE_POLICY, number, Question.RESOURCE_POLICY, rule, compared, shape.resource_policy or ""
    )


def _check_worker(policy: EnginePolicy, worker: EmbedderPolicy, owner: EmbedderPolicy) -> Step:
    if policy.credentialless_unknown:
        worker, owner = ("unsafe-none" if one == "credentialless" else one for one in (worker, owner))
    rule = None if is_worker_isolated(worker, owner) else isolation.WORKER_COEP
    return Step(Algorithm.WORKER_POLICY, "", Question.WORKER_ISOLATED, rule, (worker, owner))


def _check_types(policy: EnginePolicy, shape: Shape, data: bool | None) -> Iterator[Step]:
    # A 304 that is judged itself confirms a response that was not seen, and the type is that one's.
    destination = "" if shape.status == 304 else shape.destination
    essence = read_essence(shape.content_type, policy.types_read) if destination in TYPED else None
    compared = shape.content_type, shape.destination
    for check in policy.type_checks:
        if check == "orb":
            if policy.opaque_response_blocking is not None and shape.tainting == "opaque":
                yield _check_opaque(policy, shape, data)
                if _is_emptied(policy, shape):
                    # Its headers go with its body: nothing is left to be held against its type.
                    return
        elif destination not in TYPED:
            continue
        elif check == "nosniff":
            if shape.nosniff_first and not is_json_as_script(policy, shape, essence):
                rule = isolation.NOSNIFF if is_blocked_by_nosniff(essence, shape.destination) else None
                number = "5" if shape.destination == STYLE else "4"
                yield Step(Algorithm.NOSNIFF, number, Question.NOSNIFF, rule, compared, essence or "")
        elif is_blocked_by_mime_type(essence, shape.destination):
            yield Step(Algorithm.MIME_TYPE, "4", Question.USABLE_TYPE, isolation.MIME_TYPE, compared, essence or "")
    if destination in TYPED:
        yield from check_use(policy, shape, essence, data)


def _check_opaque(policy: EnginePolicy, shape: Shape, data: bool | None) -> Step:
    blocked = _is_blocked(policy, shape)
    blocked = (data if blocked is None else blocked) and not _is_emptied(policy, shape)
    compared = shape.content_type, "nosniff" if shape.nosniff else None, shape.destination
    rule = isolation.ORB if blocked else None
    return Step(Algorithm.OPAQUE_BLOCKING, "", Question.NOT_DATA, rule, compared, shape.content_type or "")


def _is_blocked(policy: EnginePolicy, shape: Shape) -> bool | None:
    """Return whether opaque response blocking blocks, by the headers or by what was seen of the body; None where the
    body decides and was not seen.
    """
    rules = policy.opaque_response_blocking
    if (
        rules is None
        or shape.subsequent
        or shape.role != "request"
        or (rules.own_origin_spared and shape.distance == "same-origin")
    ):
        return False
    essence = read_essence(shape.content_type, rules.types_read)
    blocked = is_opaque_response_blocked(
        essence,
        nosniff=shape.nosniff,
        status=shape.status,
        destination=shape.destination,
        content_range=shape.content_range,
        empty=shape.empty,
        rules=rules,
    )
    if blocked is not None:
        return blocked
    return is_body_blocked(shape.body, essence, nosniff=shape.nosniff, status=shape.status, rules=rules)


def _is_emptied(policy: EnginePolicy, shape: Shape) -> bool:
    """Return whether an opaque response that is blocked, or may be, comes as an empty one that passes."""
    emptied = shape.destination in policy.opaque_emptied and 200 <= shape.status <= 299
    return emptied and _is_blocked(policy, shape) is not False


def _list_doubts(policy: EnginePolicy, shape: Shape) -> tuple[tuple[Assumption, bool], ...]:
    """Return both answers to what the body is, or what the response is used for, the likelier first; nothing where the
    headers or the body settle it.
    """
    if shape.tainting == "opaque" and _is_emptied(policy, shape):
        return ()
    rules = policy.opaque_response_blocking
    if rules is not None and shape.tainting == "opaque" and _is_blocked(policy, shape) is None:
        data, other = ((Unknown.BODY, "data"), True), ((Unknown.BODY, "other"), False)
        essence = read_essence(shape.content_type, rules.types_read)
        likely_data = shape.body is None and guess_data(essence, status=shape.status)
        return (data, other) if likely_data else (other, data)
    return list_use_doubts(policy, shape)


def _weigh_hazard(policy: EnginePolicy, hazard: str) -> tuple[str | None, str]:
    """Return the rule by which an engine blocks a hazard, and the value for its text; None if it does not block."""
    if hazard == main_fetch.USERINFO_EMBEDDED:
        return main_fetch.USERINFO if policy.embedded_userinfo_blocked else None, EMBEDDED
    if hazard == main_fetch.USERINFO_BY_XHR:
        return None, ""
    if hazard == main_fetch.UNREAD:
        return main_fetch.LOCATION if policy.location_read_anyhow else None, ""
    if hazard == main_fetch.UNLED:
        return main_fetch.REFUSED if policy.unled_redirects_refused else None, ""
    if hazard == main_fetch.LOCAL_NETWORK:
        return main_fetch.LOCAL_NETWORK if policy.local_network_access else None, ""
    minded = {
        main_fetch.MIXED_LOCALHOST: policy.localhost_is_mixed,
        main_fetch.MIXED_LOCAL_NETWORK: policy.local_network_is_mixed,
        main_fetch.MIXED_ZERO_ADDRESS: policy.local_network_is_mixed or policy.zero_address_is_mixed,
        main_fetch.MIXED_IMAGE_ADDRESS: policy.image_address_is_mixed,
        main_fetch.MIXED_TRACK: policy.track_is_mixed,
    }
    if hazard in minded:
        return main_fetch.MIXED_CONTENT if minded[hazard] else None, ""
    return hazard, ""
