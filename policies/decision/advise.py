"""advise(exchange, facts, engine): what is not wrong with an exchange, and could be better. It blocks nothing.

Only CORS exchanges are looked at: CORS headers on other responses do no harm. Traffic repeats itself but for headers
such as Date and ETag, so what was said is remembered by the few values that it can turn on.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from corsight.policies.engines import ENGINES
from corsight.policies.exchange import Exchange, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.headers import extract_header_list_values, find_invalid_token
from corsight.policies.fetch.origin import is_potentially_trustworthy
from corsight.policies.fetch.safelist import is_cors_non_wildcard_request_header_name, is_cors_safelisted_method
from corsight.policies.rules import caching, credentials, exposing, origins, placement
from corsight.policies.verdict import EngineName, Role

ORIGIN = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"
METHODS = "access-control-allow-methods"
HEADERS = "access-control-allow-headers"
EXPOSE = "access-control-expose-headers"
MAX_AGE = "access-control-max-age"
READ = (ORIGIN, CREDENTIALS, METHODS, HEADERS, EXPOSE, MAX_AGE, "vary", "cache-control")
"""The response headers whose values are looked at."""
CANONICAL = {name.lower(): name for name in (*placement.RESPONSE_HEADERS, *placement.REQUEST_HEADERS)}
"""The CORS headers as one writes them."""
LAST_MODIFIED = "last-modified"
"""It lets a cache reuse a response that does not say for how long it may (RFC 9111, section 4.2.2)."""
MANY = 256
"""Names of headers that are looked at."""
LONG = 8192
"""Characters of values and names beyond which nothing is looked at: no server of good will sends that much."""
LONGEST_NAME = 128
"""Bytes of a header's name that is remembered."""
SHAPES = 8192
"""How many shapes are remembered, and how many header names."""

_asks = re.compile(r"no-store|no-cache|\bmax-age\s*=\s*\"?0+(?![0-9])", re.IGNORECASE).search
_fresh = re.compile(r"\b(?:s-maxage|max-age)\s*=\s*\"?0*[1-9]", re.IGNORECASE).search
_digits = re.compile(r"[0-9]+").fullmatch
_negative = re.compile(r"-[0-9]+").fullmatch


class Advice(NamedTuple):
    """A code of the catalogue, and what it turned on in this exchange (`value` of its `seen`)."""

    code: str
    value: str = ""


NAME, VALUE, NOTHING = 1, 2, 3
"""What of a response header matters: that it is there, its value, nothing."""
_kinds: dict[bytes, int] = {}
_known: dict[tuple[object, ...], tuple[str, ...]] = {}


class View(NamedTuple):
    """What advice looks at."""

    engine: EngineName
    role: Role
    origin: str
    include: bool | None
    method: str
    """The request's own method; for a preflight, the one it asks for."""
    asked: tuple[str, ...]
    """CORS-unsafe request-header names."""
    secure: bool
    """Whether the URL is one of https."""
    status: int
    names: tuple[str, ...]
    values: dict[str, str]
    repeated: dict[str, tuple[str, ...]]
    """The headers that may come once and came in several lines."""
    preflight_exposes: str | None


def advise(exchange: Exchange, facts: Facts, engine: EngineName, preflight: Response | None = None) -> tuple[str, ...]:
    """The codes of the advice that one exchange calls for; none for what is not CORS. Never raises.

    `preflight` is the answer of the preflight that went before the request, where there was one.
    """
    response = facts.response or exchange.response
    if facts.tainting != "cors" or response is None:
        return ()
    # Runs for every CORS exchange: what advice can turn on, in the order of the wire, is all that is gathered.
    shape: object = tuple(
        [
            field if kind is VALUE else field[0]
            for field in response.headers.fields
            if (kind := _kinds.get(field[0]) or _kind(field[0])) is not NOTHING
        ]
    )
    if preflight is None:
        if not shape and not facts.names:
            return ()
    else:
        shape = shape, preflight.headers.get(EXPOSE)
    shape = (
        *(shape, engine, facts.role, facts.origin, facts.credentials, facts.method, facts.names, response.status),
        exchange.request.url[:5],
    )
    found = _known.get(shape)
    if found is None:
        found = tuple(dict.fromkeys(one.code for one in advice(exchange, facts, engine, preflight)))
        if sum([len(name) + len(value) for name, value in response.headers.fields]) <= LONG:
            if len(_known) >= SHAPES:
                _known.clear()
            _known[shape] = found
    return found


def advice(
    exchange: Exchange, facts: Facts, engine: EngineName, preflight: Response | None = None
) -> tuple[Advice, ...]:
    """What `advise` says, each with what it turned on, for those who tell it to people. Not redacted."""
    response = facts.response or exchange.response
    if facts.tainting != "cors" or response is None:
        return ()
    headers = response.headers
    view = View(
        engine=engine,
        role=facts.role,
        origin=facts.origin or "null",
        include=None if facts.credentials == "unknown" else facts.credentials == "include",
        method=facts.method,
        asked=facts.names,
        secure=exchange.request.url.startswith("https:"),
        status=response.status,
        names=headers.names()[:MANY],
        values={name: value for name in READ if (value := headers.get(name)) is not None},
        repeated={
            name: lines for name in READ if name in placement.SINGLE_NAMES and len(lines := headers.lines(name)) > 1
        },
        preflight_exposes=None if preflight is None else preflight.headers.get(EXPOSE),
    )
    if sum(map(len, view.values.values())) + sum(map(len, view.asked)) + len(view.preflight_exposes or "") > LONG:
        return ()
    return tuple(_advice(view))


def _kind(raw: bytes) -> int:
    name = raw.decode("latin-1").lower()
    if name in READ:
        kind = VALUE
    elif name == LAST_MODIFIED or name not in exposing.PLUMBING:
        # What a script may want to read; and what is misspelt, or belongs into requests.
        kind = NAME
    else:
        kind = NOTHING
    if len(raw) <= LONGEST_NAME:
        if len(_kinds) >= SHAPES:
            _kinds.clear()
        _kinds[raw] = kind
    return kind


def _advice(view: View) -> list[Advice]:
    found = _strange(view)
    sent = [name for name in view.asked if name in placement.RESPONSE_NAMES]
    if sent:
        found.append(Advice(placement.BY_CLIENT, ", ".join(CANONICAL[name] for name in sent)))
    found += _layers(view)
    found += _origin(view)
    if view.role == "preflight":
        found += _preflight(view)
    else:
        found += _response(view)
    return found


def _strange(view: View) -> list[Advice]:
    """Headers that browsers do not know here, or at all."""
    found = []
    for name in view.names:
        known = placement.meant(name)
        if known is not None and known.lower() not in view.names:
            found.append(Advice(placement.MISSPELT, f"{name} (meant is {known})"))
    misplaced = [CANONICAL[name] for name in view.names if name in placement.REQUEST_NAMES]
    return [*found, Advice(placement.ON_RESPONSE, ", ".join(misplaced))] if misplaced else found


def _layers(view: View) -> list[Advice]:
    """Two layers that both answer: two lines of what may come once, or one that joined them."""
    if view.repeated:
        lines = [f"{CANONICAL[name]}: {line}" for name, several in view.repeated.items() for line in several]
        return [Advice(placement.TWICE, "; ".join(lines))]
    if _joined(view.values.get(ORIGIN) or ""):
        return [Advice(placement.TWICE, f"Access-Control-Allow-Origin: {view.values[ORIGIN]}")]
    return []


def _joined(allow_origin: str) -> bool:
    """Whether a proxy joined the answers of two layers: the same one twice, or one of them is `*`."""
    listed = [part.strip() for part in allow_origin.split(",")]
    return len(listed) == 2 and (listed[0] == listed[1] != "" or ("*" in listed and "" not in listed))


def _origin(view: View) -> list[Advice]:
    """What Access-Control-Allow-Origin says, and whom that trusts."""
    allow_origin, allow_credentials = view.values.get(ORIGIN), view.values.get(CREDENTIALS)
    if allow_origin is None:
        return []
    if allow_origin == "*":
        return [Advice(credentials.WITH_WILDCARD)] if allow_credentials == "true" else []
    if allow_origin == "null":
        return [Advice(origins.NULL)]
    if ORIGIN in view.repeated or _joined(allow_origin):
        return []
    found = [Advice(code) for code in origins.misshapen(allow_origin)]
    if (
        allow_credentials == "true"
        and view.secure
        and allow_origin == view.origin
        and allow_origin.startswith("http://")
        and not is_potentially_trustworthy(allow_origin)
    ):
        found.append(Advice(credentials.INSECURE))
    return found


def _preflight(view: View) -> list[Advice]:
    """How long the answer to a preflight is remembered, and by what it passed."""
    found: list[Advice] = []
    policy = ENGINES[view.engine]
    rules = policy.cache
    if not 200 <= view.status <= 299:
        return found
    max_age = view.values.get(MAX_AGE)
    lasts = False
    if max_age and MAX_AGE not in view.repeated:
        if _digits(max_age):
            digits = max_age.lstrip("0")
            lasts = digits != ""
            # A number of more digits than any cap has is beyond it, and int() would refuse the longest.
            if rules.cap_seconds is not None and (len(digits) > 9 or int(digits or "0") > rules.cap_seconds):
                found.append(Advice(caching.CAPPED))
        else:
            found.append(Advice(caching.NEGATIVE if _negative(max_age) else caching.INVALID))
    if view.include is not False:
        # With credentials `*` covers nothing, and the preflight fails by it.
        return found
    methods, listed = (
        extract_header_list_values(view.values.get(METHODS)),
        extract_header_list_values(view.values.get(HEADERS)),
    )
    names = frozenset(name.lower() for name in listed) if isinstance(listed, tuple) else frozenset()
    wild = [name for name in view.asked if name.lower() not in names] if "*" in names else []
    authorization = any(is_cors_non_wildcard_request_header_name(name.lower()) for name in wild)
    if authorization and policy.authorization_by_wildcard:
        found.append(Advice(credentials.AUTHORIZATION))
    by_method = (
        isinstance(methods, tuple)
        and "*" in methods
        and view.method not in methods
        and not is_cors_safelisted_method(view.method)
    )
    never = (not rules.wildcard_hits and (bool(wild) or by_method)) or (
        authorization and policy.authorization_by_wildcard and rules.authorization_by_wildcard is False
    )
    if never and lasts:
        found.append(Advice(caching.NEVER))
    return found


def _response(view: View) -> list[Advice]:
    """What does nothing on a response, what a script can read of it, and which cache may keep it."""
    found: list[Advice] = []
    lists = [f"{CANONICAL[name]}: {view.values[name]}" for name in (METHODS, HEADERS, MAX_AGE) if name in view.values]
    if lists and view.method != "OPTIONS":
        found.append(Advice(placement.LISTS, "; ".join(lists)))
    if view.role == "request":
        found += _exposed(view)
    if _lacks_vary(view):
        found.append(Advice(caching.VARY))
    return found


def _exposed(view: View) -> list[Advice]:
    listed, wanted = view.values.get(EXPOSE), [name for name in view.names if name not in exposing.PLUMBING]
    if listed is None:
        if view.preflight_exposes is None:
            return []
        exposes = exposing.listed_well(view.preflight_exposes)
        vain = [name for name in exposes if name.lower() in wanted]
        return [Advice(exposing.ON_PREFLIGHT, ", ".join(vain))] if vain else []
    if find_invalid_token(listed) is not None:
        return [Advice(exposing.INVALID)]
    if view.include and "*" in exposing.listed_well(listed):
        exposes = [name.lower() for name in exposing.listed_well(listed)]
        hidden = [name for name in wanted if name not in exposes]
        return [Advice(exposing.WILDCARD, ", ".join(hidden))] if hidden else []
    return []


def _lacks_vary(view: View) -> bool:
    """Whether a cache may hand the answer for one origin to another."""
    allow_origin = view.values.get(ORIGIN)
    if allow_origin != view.origin or allow_origin == "null" or view.method not in ("GET", "HEAD"):
        return False
    if view.status == 304:
        # It need not repeat what the stored response said.
        return False
    vary = {part.strip().lower() for part in (view.values.get("vary") or "").split(",")}
    if "origin" in vary or "*" in vary:
        return False
    # Only where it may do so without asking the server, whose answer would bring the right header.
    control = view.values.get("cache-control") or ""
    return _asks(control) is None and (LAST_MODIFIED in view.names or _fresh(control) is not None)
