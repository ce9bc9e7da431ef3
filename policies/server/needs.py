"""What recorded exchanges needed of the servers that they asked, endpoint by endpoint and origin by origin."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from corsight.policies.exchange import Exchange, Response
from corsight.policies.fetch.exposed import (
    FORBIDDEN_RESPONSE_NAMES,
    SAFELISTED_RESPONSE_NAMES,
    list_exposed_header_names,
)
from corsight.policies.fetch.origin import origin_of, split_origin
from corsight.policies.fetch.safelist import is_forbidden_method, is_forbidden_request_header, normalize_method
from corsight.policies.redact import redact
from corsight.policies.rules.exposing import list_for_scripts
from corsight.policies.server.grammar import ANY, is_name, is_path, split_host
from corsight.policies.server.match import match_path
from corsight.policies.server.model import LONGEST_MAX_AGE
from corsight.policies.session import Judged
from corsight.policies.session.memory import Memory

QUESTIONS = 10_000
"""How many preflights are remembered, to know one that is asked again."""
PROPOSED_MAX_AGE = 600
"""Seconds. What every engine keeps: WebKit cuts down what is longer."""

_IDENTIFIER = re.compile(
    r"[0-9]+|[0-9a-f]{8}-[0-9a-f-]{27}|(?=[a-z]*[0-9])[0-9a-f]{16,}|(?=[^0-9]*[0-9])[A-Za-z0-9_-]{20,}"
)
"""Path segments that name a thing, not a kind of things: numbers, UUIDs, hashes, tokens."""


@dataclass(slots=True)
class Need:
    """What one endpoint's exchanges from one origin needed."""

    flows: list[str] = field(default_factory=list)
    methods: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    exposed: dict[str, list[str]] = field(default_factory=dict)
    hidden: dict[str, list[str]] = field(default_factory=dict)
    ages: dict[int, list[str]] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Exchanges of which nothing tells whether they were with credentials, and which likely were not."""
    credentials: list[str] = field(default_factory=list)
    likely: bool = True
    """Whether no exchange is certain to have been with credentials."""


type Endpoint = tuple[str, str]
"""A host, with its port where one is written, and a path pattern."""


def gather_needs(
    judgeds: Iterable[Judged], answer: bool | None
) -> tuple[dict[Endpoint, dict[str, Need]], dict[str, str]]:
    """Return what each endpoint's exchanges needed, by the origin they came from, and exchanges' labels by their id."""
    needs: dict[Endpoint, dict[str, Need]] = {}
    labels: dict[str, str] = {}
    asked: set[str] = set()
    questions: Memory[int, float] = Memory(QUESTIONS)
    for judged in judgeds:
        entry = judged.entry
        facts, exchange = judged.facts, entry.exchange
        if facts.tainting != "cors" or facts.tainting_too is not None or facts.origin is None:
            continue
        endpoint = find_endpoint(exchange.request.url)
        if endpoint is None or not _may_be_granted(facts.method):
            continue
        flow = exchange.id
        labels[flow] = f"{facts.method} {exchange.request.url.partition('?')[0]}"
        need = needs.setdefault(endpoint, {}).setdefault(facts.origin, Need())
        need.flows.append(flow)
        need.methods.setdefault(facts.method, []).append(flow)
        if facts.role == "preflight":
            asked.add(entry.fetch.id)
        # What a preflight asked for is exact; headers of a request may be the browser's own.
        if facts.role == "preflight" or entry.fetch.id not in asked:
            for name in facts.names:
                if is_name(name) and name != ANY and not is_forbidden_request_header(name.lower(), ""):
                    need.names.setdefault(name.lower(), []).append(flow)
        likely = facts.likely_include if answer is None else answer
        if facts.credentials == "include" or (facts.credentials == "unknown" and likely):
            need.credentials.append(flow)
            need.likely = need.likely and facts.credentials != "include"
        elif facts.credentials == "unknown":
            need.unknown.append(flow)
        if facts.role == "request" and exchange.response is not None:
            _add_exposed(need, facts.method, exchange, exchange.response)
        if facts.role == "preflight" and not exchange.patched and judged.entry.patched is None:
            # What Corsight answered was not to be remembered.
            _add_age(need, exchange, questions)
    return needs, labels


def _add_exposed(need: Need, method: str, exchange: Exchange, response: Response) -> None:
    headers = response.headers
    there = set(headers.names())
    exposed = list_exposed_header_names(headers.get("access-control-expose-headers")) & there
    hidden = list_for_scripts(sorted(there - exposed), method, exchange.request.url, response.status)
    for names, to in ((sorted(exposed - {ANY}), need.exposed), (hidden, need.hidden)):
        for name in filter(is_name, names):
            if name not in FORBIDDEN_RESPONSE_NAMES | SAFELISTED_RESPONSE_NAMES:
                to.setdefault(name, []).append(exchange.id)


def _add_age(need: Need, exchange: Exchange, questions: Memory[int, float]) -> None:
    """Take in how long a preflight may be remembered, and whether it was asked again soon after."""
    request, response = exchange.request, exchange.response
    written = response.headers.get("access-control-max-age") if response is not None else None
    if written is not None and re.fullmatch("[0-9]{1,9}", written):
        need.ages.setdefault(min(int(written), LONGEST_MAX_AGE), []).append(exchange.id)
    headers = request.headers
    asked = tuple(
        headers.get(name) for name in ("origin", "access-control-request-method", "access-control-request-headers")
    )
    question = hash((exchange.client, request.url, asked))
    before = questions.get(question)
    if before is not None and request.started - before < PROPOSED_MAX_AGE:
        need.repeated.append(exchange.id)
    questions.put(question, request.started)


def _may_be_granted(method: str) -> bool:
    return is_name(method) and not is_forbidden_method(method) and method == normalize_method(method) != ANY


def find_endpoint(url: str) -> Endpoint | None:
    parts = split_origin(origin_of(url))
    match = match_path(url)
    if parts is None or match is None:
        return None
    host = origin_of(url).partition("://")[2]
    if "*" in host or split_host(host) is None:
        return None
    path = match[1] or "/"
    segments, shown = path.split("/")[1:], redact(path).split("/")[1:]
    if len(shown) != len(segments):
        # It is very long.
        shown = segments
    pairs = zip(segments, shown, strict=True)
    return host, "".join(f"/{'*' if one != as_shown or _stands_for_more(one) else one}" for one, as_shown in pairs)


def _stands_for_more(segment: str) -> bool:
    """Return whether a path's segment names one thing of a kind, may be a secret, or is of what no policy may hold."""
    path = f"/{segment}"
    return _IDENTIFIER.fullmatch(segment) is not None or "*" in segment or not is_path(path) or redact(path) != path
