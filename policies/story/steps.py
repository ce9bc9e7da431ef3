"""The steps of the standards that decide an exchange: what each compared, and which one failed.

1. Nothing here decides. `decide` names the rule; it failed at the one step that can fail by it, in the engine's order.
2. What stands before that step was passed, what stands behind it was not reached.
"""

from __future__ import annotations

from collections.abc import Iterator

from corsight.policies.decision.decide import decide, doubts
from corsight.policies.decision.shape import Shape, shape_of
from corsight.policies.engines import ENGINES, EnginePolicy
from corsight.policies.exchange import Exchange, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch import cors_check, preflight
from corsight.policies.fetch.headers import extract_header_list_values
from corsight.policies.fetch.redirect import MAX_REDIRECTS
from corsight.policies.fetch.safelist import is_cors_non_wildcard_request_header_name, is_cors_safelisted_method
from corsight.policies.rules import RULES, isolation, redirect
from corsight.policies.story.model import Step
from corsight.policies.story.pinned import Pinned
from corsight.policies.story.shown import quoted, shown
from corsight.policies.value import value
from corsight.policies.verdict import EngineName

CORS_CHECK = "CORS check"
PREFLIGHT = "CORS-preflight fetch"
REDIRECT = "HTTP-redirect fetch"
MAIN = "Main fetch"
MIXED = "Mixed content"
CORP = "Cross-origin resource policy check"
ORB = "Opaque response blocking"
NETWORK = "HTTP-network fetch"

ALLOW_ORIGIN, ALLOW_CREDENTIALS = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"
ALLOW_METHODS, ALLOW_HEADERS = "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"
RESOURCE_POLICY = "Cross-Origin-Resource-Policy"


@value
class _Check:
    """One step before its outcome is known: the rules it can fail by, and how it reads if it passes or fails."""

    section: str
    number: str
    asks: str
    rules: tuple[str, ...]
    passes: str
    fails: str
    spec: str | None = None


def steps_of(exchange: Exchange, pinned: Pinned, engine: EngineName) -> tuple[Step, ...]:
    """Every step that `engine` takes for the exchange, in its order."""
    facts = pinned.facts
    response = facts.response or exchange.response
    if response is None:
        return _told(_unanswered(exchange), isolation.NETWORK_ERROR)
    shape = shape_of(exchange, facts, response, facts.tainting, facts.secure is not False)
    embedder = facts.embedder or "unsafe-none"
    rule, value = decide(engine, shape, pinned.include, embedder)
    if rule is None and dict(doubts(engine, shape)).get(pinned.label) and shape.tainting == "opaque":
        rule = isolation.ORB
    return _told(list(_checks(exchange, pinned, response, shape, ENGINES[engine], value)), rule)


def _told(checks: list[_Check], rule: str | None) -> tuple[Step, ...]:
    """The checks with their outcomes: passed up to the one that fails by the rule, not reached from there on."""
    failed = next((number for number, check in enumerate(checks) if rule in check.rules), len(checks))
    told: list[Step] = []
    for number, check in enumerate(checks):
        spec = check.spec or RULES[check.rules[0]].spec
        if number < failed:
            told.append(Step(check.section, spec, check.number, check.asks, check.passes, "passed"))
        elif number == failed:
            told.append(Step(check.section, spec, check.number, check.asks, check.fails, "failed", rule))
        else:
            told.append(Step(check.section, spec, check.number, check.asks, "", "not reached"))
    return tuple(told)


def _unanswered(exchange: Exchange) -> list[_Check]:
    fails = "no response came"
    if exchange.proxy_status is not None:
        fails += f"; the proxy answered {exchange.proxy_status} in the server's place, without CORS headers"
    return [_Check(NETWORK, "", "A response comes", (isolation.NETWORK_ERROR,), "", fails)]


def _checks(
    exchange: Exchange, pinned: Pinned, response: Response, shape: Shape, policy: EnginePolicy, value: str
) -> Iterator[_Check]:
    """What `corsight.policies.decision.decide` looks at, in the same order. `value` is what its rule turned on."""
    if shape.tainting == "cors":
        if shape.role == "preflight":
            yield from _preflight(pinned, shape, policy, value)
        else:
            yield from _cors_check(pinned, shape, policy)
    elif shape.tainting == "opaque":
        yield from _opaque(pinned, shape, policy)
    if shape.role == "redirect":
        yield from _redirect(pinned.facts, shape, response)


def _cors_check(pinned: Pinned, shape: Shape, policy: EnginePolicy) -> Iterator[_Check]:
    section, include = CORS_CHECK, pinned.include
    origin, allowed, credentials = shape.origin, shape.allow_origin, shape.allow_credentials
    if policy.empty_lines_dropped and shape.merged is not None:
        allowed, credentials, _ = shape.merged
    lines = ""
    if policy.allow_origin_lines_counted and shape.origin_lines > 1:
        lines = f"the header comes in {shape.origin_lines} lines, and one is allowed: "
    yield _Check(
        section,
        "2",
        f"{ALLOW_ORIGIN} is there",
        (cors_check.MISSING,),
        quoted(allowed),
        f"the response has no {ALLOW_ORIGIN} (status {shape.status})",
    )
    wanted = quoted(origin)
    if allowed == "*" and not include:
        number, passes = "3", '"*" allows every origin, since the page asks without credentials'
    else:
        number, passes = "4", quoted(allowed)
    fails = f"{lines}{quoted(allowed)} is not {wanted}"
    if allowed == "*":
        fails = f'"*" does not count with credentials: the value has to be {wanted}'
    yield _Check(
        section,
        number,
        "It names the origin that asks",
        (cors_check.WILDCARD, cors_check.MULTIPLE, cors_check.INVALID, cors_check.MISMATCH),
        passes,
        fails,
    )
    if include:
        missing = f'the response has no {ALLOW_CREDENTIALS}, and "true" is needed'
        yield _Check(
            section,
            "8",
            f"{ALLOW_CREDENTIALS} is true",
            (cors_check.CREDENTIALS,),
            quoted(credentials),
            missing if credentials is None else f'{quoted(credentials)} is not "true"',
        )


def _preflight(pinned: Pinned, shape: Shape, policy: EnginePolicy, value: str) -> Iterator[_Check]:
    counted = policy.allow_origin_lines_counted and shape.origin_lines > 1 and shape.cross_origin
    order = policy.preflight_order
    if counted:
        # An engine that counts the lines does so before anything else.
        order = ("cors", *(check for check in order if check != "cors"))
    for check in order:
        match check:
            case "redirect":
                where = f" to {shown(shape.location)}" if shape.location is not None else ""
                yield _step(
                    preflight.REDIRECT,
                    "It is no redirect",
                    f"status {shape.status}",
                    f"status {shape.status}{where}: browsers follow no redirect of a preflight",
                )
            case "cors":
                if shape.cross_origin or not policy.same_origin_preflight_unchecked:
                    yield from _cors_check(pinned, shape, policy)
            case "status":
                yield _step(
                    preflight.STATUS,
                    "The status is 200 to 299",
                    f"status {shape.status}",
                    f"status {shape.status} is not",
                )
            case "methods-syntax":
                yield from _readable(preflight.METHODS_INVALID, ALLOW_METHODS, shape.allow_methods)
            case "headers-syntax":
                yield from _readable(preflight.HEADERS_INVALID, ALLOW_HEADERS, shape.allow_headers)
            case "method":
                yield _method(shape, pinned.include)
            case "header":
                yield from _headers(shape, pinned.include, policy, value)


def _step(rule: str, asks: str, passes: str, fails: str, number: str | None = None) -> _Check:
    return _Check(PREFLIGHT, number or preflight.STEP[rule], asks, (rule,), passes, fails)


def _readable(rule: str, header: str, value: str | None) -> Iterator[_Check]:
    if value is not None:
        yield _step(
            rule,
            f"{header} can be read",
            quoted(value),
            f"{quoted(value)} is no list of names separated by commas",
        )


def _method(shape: Shape, include: bool) -> _Check:
    method, listed = shape.method, quoted(shape.allow_methods)
    values = extract_header_list_values(shape.allow_methods)
    names = values if isinstance(values, tuple) else ()
    if method in names:
        passes = f"{quoted(method)} is in {listed}"
    elif is_cors_safelisted_method(method):
        passes = f"{shown(method)} needs no permission"
    else:
        passes = f'"*" allows {quoted(method)}, since the page asks without credentials'
    fails = f"{quoted(method)} is not in {listed}"
    if shape.allow_methods is None:
        fails = f"the response has no {ALLOW_METHODS}, and {quoted(method)} has to be in it"
    elif include and "*" in names:
        fails = f'"*" does not count with credentials: {quoted(method)} has to be listed'
    elif any(name.upper() == method.upper() for name in names):
        fails += ": upper and lower case count"
    return _step(preflight.METHOD, f"The method {shown(method, 40)} is allowed", passes, fails)


def _headers(shape: Shape, include: bool, policy: EnginePolicy, failed: str) -> Iterator[_Check]:
    """A step for the names before the one that failed, one for that, one for those behind it."""
    values = extract_header_list_values(shape.allow_headers)
    listed = tuple(name.lower() for name in values) if isinstance(values, tuple) else ()
    place = shape.names.index(failed) if failed in shape.names else len(shape.names)
    groups = (shape.names[:place], shape.names[place : place + 1], shape.names[place + 1 :])
    for number, names in enumerate(groups):
        if not names:
            continue
        noun, verb = ("header", "is") if len(names) == 1 else ("headers", "are")
        literal = any(is_cors_non_wildcard_request_header_name(name) for name in names)
        by_wildcard = [name for name in names if name not in listed]
        text = shown(", ".join(names))
        passes = f"{quoted(', '.join(names))} {verb} in {quoted(shape.allow_headers)}"
        if by_wildcard:
            passes = f'"*" allows {quoted(", ".join(by_wildcard))}, since the page asks without credentials'
        fails = f"{quoted(names[0])} is not in {quoted(shape.allow_headers)}"
        if shape.allow_headers is None:
            fails = f"the response has no {ALLOW_HEADERS}, and {quoted(names[0])} has to be in it"
        elif "*" in listed and include:
            fails = f'"*" does not count with credentials: {quoted(names[0])} has to be listed'
        elif "*" in listed:
            fails = f'"*" never covers {quoted(names[0])}: it has to be listed'
        yield _Check(
            PREFLIGHT,
            "7.6" if literal and len(names) == 1 else "7.7",
            f"The {noun} {text} {verb} allowed",
            # Only the name that failed can fail.
            (preflight.HEADER,) if number == 1 else (),
            passes,
            fails,
            preflight.SPEC,
        )


def _opaque(pinned: Pinned, shape: Shape, policy: EnginePolicy) -> Iterator[_Check]:
    said, site, embedder = shape.resource_policy, shape.distance, pinned.facts.embedder
    where = {"same-origin": "of its own origin", "same-site": "of its own site", "cross-site": "of another site"}[site]
    if said is None:
        passes = f"no {RESOURCE_POLICY}, and none is needed"
        fails = f"the response has no {RESOURCE_POLICY}, and the page's Cross-Origin-Embedder-Policy needs one"
    else:
        passes = f"{RESOURCE_POLICY}: {shown(said) or '(empty)'}, and the page is {where}"
        fails = f"{RESOURCE_POLICY}: {quoted(said)} does not admit a page {where}"
        if embedder not in (None, "unsafe-none"):
            fails += f" with Cross-Origin-Embedder-Policy: {embedder}"
    rules = (isolation.CORP_SAME_ORIGIN, isolation.CORP_SAME_SITE, isolation.CORP_COEP)
    yield _Check(CORP, "", "The resource may be used by this page", rules, passes, fails)
    if policy.opaque_response_blocking is not None and shape.role == "request":
        kind = "no Content-Type" if shape.content_type is None else quoted(shape.content_type)
        if shape.nosniff:
            kind += " with X-Content-Type-Options: nosniff"
        known = shape.destination not in ("", "unknown", "empty")
        use = f", and the page wants {shown(shape.destination)}" if known else ""
        body = {"body=data": ", and likely its body is data", "body=other": ", and likely its body is none"}
        yield _Check(
            ORB,
            "",
            "By its type it is not data",
            (isolation.ORB,),
            f"{kind}{body.get(pinned.label, '')}",
            f"{kind} is data{use}" if pinned.label != "body=data" else f"{kind}{body[pinned.label]}{use}",
        )


def _redirect(facts: Facts, shape: Shape, response: Response) -> Iterator[_Check]:
    target = facts.target
    if target is None or facts.mode in ("navigate", "websocket"):
        return
    to = shown(target)
    location = quoted(response.headers.get("location"))
    yield _Check(REDIRECT, "5", "The Location is a URL", (redirect.LOCATION,), to, f"{location} cannot be read as one")
    yield _Check(
        REDIRECT, "6", "It leads to http or https", (redirect.SCHEME,), _scheme(target), f"{quoted(target)} does not"
    )
    hops = len(facts.chain) + 1
    yield _Check(
        REDIRECT,
        "7",
        f"At most {MAX_REDIRECTS} redirects",
        (redirect.COUNT,),
        f"this is redirect {hops}",
        f"this is redirect {hops}",
    )
    yield _Check(
        REDIRECT,
        "10",
        "No user name or password in the URL",
        (redirect.USERINFO,),
        "none",
        f"{quoted(target)} holds one",
    )
    if facts.mode == "same-origin":
        page = quoted(facts.page_origin)
        fails = f"{quoted(target)} is not of {page}, and the mode is same-origin"
        yield _Check(MAIN, "12", "It stays at home", (redirect.SAME_ORIGIN_MODE,), f"{to} is of {page}", fails)
    if facts.secure:
        yield _Check(
            MIXED,
            "",
            "A secure page is not led to an insecure URL",
            (redirect.MIXED_CONTENT,),
            to,
            f"the page is secure, and {quoted(target)} is not",
        )


def _scheme(url: str) -> str:
    return shown(url.partition(":")[0], 40)
