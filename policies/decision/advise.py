"""advise(exchange, facts, engine): what is not wrong with an exchange, and could be better. It blocks nothing.

Only CORS exchanges are looked at: CORS headers on other responses do no harm. Each rule of the catalogue holds its own
check; what was said is remembered by the few values that the checks can turn on (corsight.policies.rules.view).
"""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.exchange import Exchange, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.origin import origin_of
from corsight.policies.rules import ADVICE
from corsight.policies.rules.view import EXPOSE, IGNORED, LONG, READ, view_exchange
from corsight.policies.verdict import EngineName

LONGEST_NAME = 128
"""Bytes of a header's name that is remembered."""
SHAPES = 8192
"""How many shapes are remembered, and how many header names."""

CHECKS = tuple((rule.code, rule.check) for rule in ADVICE.values() if rule.check is not None)


class Advice(NamedTuple):
    """A code of the catalogue, and what it turned on in this exchange (`value` of its `seen`)."""

    code: str
    value: str = ""


NAME, VALUE, NOTHING = 1, 2, 3
"""What of a response header matters: that it is there, its value, nothing."""
_kinds: dict[bytes, int] = {}
_codes: dict[tuple[object, ...], tuple[str, ...]] = {}


def advise(exchange: Exchange, facts: Facts, engine: EngineName, preflight: Response | None) -> tuple[str, ...]:
    """Return the codes of the advice that one exchange calls for; none for what is not CORS. Never raises.

    `preflight` is the answer of the preflight that went before the request, where there was one.
    """
    response = facts.response
    if facts.tainting != "cors" or response is None:
        return ()
    exposed = None if preflight is None else preflight.headers.get(EXPOSE)
    weight = len(facts.origin or "") + len(facts.method) + len("".join(facts.names)) + len(exposed or "")
    if weight + response.headers.weight > LONG:
        return _list_codes(exchange, facts, engine, preflight)
    # Runs for every CORS exchange: what advice can turn on, in the order of the wire, is all that is gathered.
    lines = tuple(
        [
            field if kind is VALUE else field[0]
            for field in response.headers.fields
            if (kind := _kinds.get(field[0]) or _kind(field[0])) is not NOTHING
        ]
    )
    if preflight is None and not lines and not facts.names:
        return ()
    shape = (
        lines,
        preflight is None,
        exposed,
        engine,
        facts.build,
        facts.role,
        facts.origin,
        facts.credentials,
        facts.method,
        facts.names,
        response.status,
        origin_of(exchange.request.url)[:6],
    )
    codes = _codes.get(shape)
    if codes is None:
        codes = _list_codes(exchange, facts, engine, preflight)
        if len(_codes) >= SHAPES:
            _codes.clear()
        _codes[shape] = codes
    return codes


def _list_codes(exchange: Exchange, facts: Facts, engine: EngineName, preflight: Response | None) -> tuple[str, ...]:
    return tuple([one.code for one in advice(exchange, facts, engine, preflight)])


def advice(exchange: Exchange, facts: Facts, engine: EngineName, preflight: Response | None) -> tuple[Advice, ...]:
    """Return what `advise` says, each with what it turned on, in the catalogue's order. Not redacted."""
    response = facts.response
    if facts.tainting != "cors" or response is None:
        return ()
    view = view_exchange(exchange.request.url, facts, response, engine, preflight)
    if view is None:
        return ()
    found = [(code, check(view)) for code, check in CHECKS]
    return tuple(Advice(code, value if isinstance(value, str) else "") for code, value in found if value)


def _kind(raw: bytes) -> int:
    name = raw.decode("latin-1").lower()
    kind = VALUE if name in READ else NOTHING if name in IGNORED else NAME
    if len(raw) <= LONGEST_NAME:
        if len(_kinds) >= SHAPES:
            _kinds.clear()
        _kinds[raw] = kind
    return kind
