"""The least policies that let recorded exchanges pass: every grant with the exchanges that needed it, no wildcards.

What is not on the wire is not guessed: which response headers a script read, for one. What looks wrong to grant is
granted with its doubt beside it; what a policy could grant by a dangerous word only is left out, and told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from corsight.policies.fetch.exposed import FORBIDDEN_RESPONSE_NAMES, list_exposed_header_names
from corsight.policies.fetch.origin import is_localhost, origin_of, parse_url, same_site, split_origin
from corsight.policies.fetch.safelist import is_forbidden_method, is_forbidden_request_header, normalize_method
from corsight.policies.redact import redact
from corsight.policies.server.grammar import ANY, is_name, is_path, split_host
from corsight.policies.server.match import Paths, find
from corsight.policies.server.model import INSECURE, NULL, NULL_WITH, Match, ServerPolicy
from corsight.policies.server.origins import is_browser_origin
from corsight.policies.session import Judged
from corsight.policies.value import value

ENDPOINTS = 1000
"""How many endpoints that needed one grant are told apart."""
MOST_PATHS = 500
"""How many paths of a host are told apart: a policy of more would be read by nobody."""

_PATH = re.compile(r"https?://[^/?#]*([^?#]*)").match
_IDENTIFIER = re.compile(
    r"[0-9]+|[0-9a-f]{8}-[0-9a-f-]{27}|(?=[a-z]*[0-9])[0-9a-f]{16,}|(?=[^0-9]*[0-9])[A-Za-z0-9_-]{20,}"
)
"""Path segments that name a thing, not a kind of things: numbers, UUIDs, hashes, tokens."""


@value
class Grant:
    """One thing that is granted: the policy's field, the entry in it, which exchanges needed it, and the doubt about
    it, if any.

    `endpoints` are methods and URLs without query, `flows` the ids of the exchanges, both in the order of the wire.
    """

    field: str
    value: str
    endpoints: tuple[str, ...]
    flows: tuple[str, ...]
    doubt: str | None = None


@value
class LeftOut:
    """What exchanges needed and is not granted: why, and what to write if it is meant."""

    what: str
    why: str
    instead: str
    endpoints: tuple[str, ...]


@value
class Inferred:
    """A policy, why each of its grants is there, and what is not granted."""

    policy: ServerPolicy
    grants: tuple[Grant, ...]
    left_out: tuple[LeftOut, ...] = ()


@dataclass(slots=True)
class _Need:
    """What one endpoint's exchanges from one origin needed."""

    flows: list[str] = field(default_factory=list)
    methods: dict[str, list[str]] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)
    exposed: dict[str, list[str]] = field(default_factory=dict)
    credentials: list[str] = field(default_factory=list)
    likely: bool = True
    """Whether no exchange is certain to have been with credentials."""


type Endpoint = tuple[str, str]
"""A host, with its port where one is written, and a path pattern."""


def infer(judgeds: Iterable[Judged]) -> list[Inferred]:
    """Return the least policies that let the exchanges pass, blocked ones included, a host's together.

    `judgeds` are the last words on exchanges of any number of browsers; those that are not CORS count for nothing.
    """
    needs, labels = _needs(judgeds)
    hosts: dict[str, dict[str, dict[str, _Need]]] = {}
    for (host, path), origins in needs.items():
        hosts.setdefault(host, {})[path] = origins
    # A host without a port stands for all of its ports, so those with one come first.
    ordered = sorted(hosts, key=lambda host: (split_host(host) or (host, None))[1] is None)
    return [one for host in ordered for one in _of_host(host, hosts[host], labels)]


# -- gathering -------------------------------------------------------------------------------------------------------


def _needs(judgeds: Iterable[Judged]) -> tuple[dict[Endpoint, dict[str, _Need]], dict[str, str]]:
    """Return what each endpoint's exchanges needed, by the origin they came from, and exchanges' labels by their id."""
    needs: dict[Endpoint, dict[str, _Need]] = {}
    labels: dict[str, str] = {}
    asked: set[str] = set()
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
        need = needs.setdefault(endpoint, {}).setdefault(facts.origin, _Need())
        need.flows.append(flow)
        need.methods.setdefault(facts.method, []).append(flow)
        if facts.role == "preflight":
            asked.add(entry.fetch.id)
        # What a preflight asked for is exact; headers of a request may be the browser's own.
        if facts.role == "preflight" or entry.fetch.id not in asked:
            for name in facts.names:
                if is_name(name) and name != ANY and not is_forbidden_request_header(name.lower(), ""):
                    need.names.setdefault(name.lower(), []).append(flow)
        if facts.credentials == "include" or (facts.credentials == "unknown" and facts.likelier == "include"):
            need.credentials.append(flow)
            need.likely = need.likely and facts.credentials != "include"
        if facts.role == "request" and exchange.response is not None:
            headers = exchange.response.headers
            exposed = list_exposed_header_names(headers.get("access-control-expose-headers")) & set(headers.names())
            for name in filter(is_name, sorted(exposed - FORBIDDEN_RESPONSE_NAMES - {ANY})):
                need.exposed.setdefault(name, []).append(flow)
    return needs, labels


def _may_be_granted(method: str) -> bool:
    return is_name(method) and not is_forbidden_method(method) and method == normalize_method(method) != ANY


def find_endpoint(url: str) -> Endpoint | None:
    """Return the host and the path pattern that stand for a URL in a policy; None where a policy can name neither."""
    parts = split_origin(origin_of(url))
    match = _PATH(url)
    if parts is None or match is None:
        return None
    host = origin_of(url).partition("://")[2]
    if "*" in host or split_host(host) is None:
        return None
    segments = (match[1] or "/")[1:].split("/")
    return host, "".join(f"/{'*' if _stands_for_more(segment) else segment}" for segment in segments)


def _stands_for_more(segment: str) -> bool:
    """Return whether a path's segment names one thing of a kind, may be a secret, or is of what no policy may hold."""
    path = f"/{segment}"
    return _IDENTIFIER.fullmatch(segment) is not None or "*" in segment or not is_path(path) or redact(path) != path


# -- putting together ------------------------------------------------------------------------------------------------


def _of_host(host: str, paths: dict[str, dict[str, _Need]], labels: dict[str, str]) -> list[Inferred]:
    """Return a host's policies: one where the same origins ask all its endpoints, else one for each group of origins.

    Endpoints that were asked without credentials go with the others: whom a host trusts with a user's credentials, it
    need not keep from what is there without.
    """
    ways: dict[frozenset[str], dict[str, dict[str, _Need]]] = {}
    for path, origins in paths.items():
        granted = frozenset(origin for origin in origins if origin != "null")
        ways.setdefault(granted, {})[path] = origins
    if len(ways) == 1 or len(paths) > MOST_PATHS or not all(map(_may_be_written, paths)):
        return [_policy(host, host, (), paths, labels)]
    # The more exact paths first: they may be among what a wildcard of another policy stands for.
    ordered = sorted(ways.values(), key=lambda group: (max(path.count("*") for path in group), min(group)))
    inferred = [
        _policy(f"{host} {number}", host, _least(group), group, labels) for number, group in enumerate(ordered, 1)
    ]
    if not _each_finds_its_own([one.policy for one in inferred], host, ordered):
        return [_policy(host, host, (), paths, labels)]
    return inferred


def _may_be_written(path: str) -> bool:
    return is_path(path) and parse_url(path, "http://host/") == f"http://host{path}"


def _least(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the paths without those that another one stands for."""
    left = list(dict.fromkeys(paths))
    index = Paths()
    for number, path in enumerate(left):
        index.add(path, number)
    return tuple(path for number, path in enumerate(left) if set(index.covering(path)) <= {number})


def _each_finds_its_own(
    policies: Sequence[ServerPolicy], host: str, groups: Sequence[dict[str, dict[str, _Need]]]
) -> bool:
    for policy, group in zip(policies, groups, strict=True):
        if any(find(policies, f"https://{host}{path.replace('*', '0')}") is not policy for path in group):
            return False
    return True


class _Sum:
    """Everything one policy's exchanges needed, entry by entry."""

    def __init__(self, labels: dict[str, str]) -> None:
        self._labels = labels
        self._flows: dict[tuple[str, str], list[str]] = {}

    def add(self, field: str, value: str, flows: list[str]) -> None:
        self._flows.setdefault((field, value), []).extend(flows)

    def values(self, field: str) -> tuple[str, ...]:
        return tuple(value for name, value in self._flows if name == field)

    def grant(self, field: str, value: str, doubt: str | None = None) -> Grant:
        flows = self._flows[field, value]
        return Grant(field, value, self.endpoints(flows), tuple(dict.fromkeys(flows)), doubt)

    def endpoints(self, flows: list[str]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self._labels[flow] for flow in flows))[:ENDPOINTS]


def _policy(
    name: str, host: str, paths: tuple[str, ...], endpoints: dict[str, dict[str, _Need]], labels: dict[str, str]
) -> Inferred:
    total, left_out = _Sum(labels), []
    by_origin: dict[str, list[_Need]] = {}
    for origins in endpoints.values():
        for origin, need in origins.items():
            by_origin.setdefault(origin, []).append(need)
    with_credentials = {origin for origin, needs in by_origin.items() if any(need.credentials for need in needs)}
    credentials = bool(with_credentials - {"null"})
    for origin, needs in by_origin.items():
        flows = [flow for need in needs for flow in need.flows]
        refused = _refused(origin, credentials, origin in with_credentials)
        if refused is not None:
            left_out.append(LeftOut(f"origin {origin}", *refused, total.endpoints(flows)))
            continue
        total.add("origins", origin, flows)
        for need in needs:
            for entries, to in (
                (need.methods, "methods"),
                (need.names, "request_headers"),
                (need.exposed, "expose_headers"),
            ):
                for entry, used in entries.items():
                    total.add(to, entry, used)
            if need.credentials:
                total.add("credentials", "true", need.credentials)
    if "PATCH" not in total.values("methods") and (odd := [m for m in total.values("methods") if m.upper() == "PATCH"]):
        total.add("methods", "PATCH", [flow for method in odd for flow in total.grant("methods", method).flows])
    granted = bool(total.values("origins"))
    credentials = credentials and bool(total.values("credentials"))
    likely = all(need.likely for needs in by_origin.values() for need in needs if need.credentials)
    grants = [
        *(total.grant("origins", origin, _doubt(origin, host)) for origin in total.values("origins")),
        *(total.grant("methods", method, _odd_method(method)) for method in total.values("methods")),
        *(total.grant("request_headers", header, _odd_header(header)) for header in total.values("request_headers")),
        *(total.grant("expose_headers", header) for header in total.values("expose_headers")),
    ]
    if credentials:
        grants.append(total.grant("credentials", "true", _UNSURE if likely else None))
    policy = ServerPolicy(
        name=name,
        match=Match(hosts=(host,), paths=paths),
        origins=total.values("origins"),
        methods=total.values("methods") if granted else (),
        request_headers=total.values("request_headers"),
        expose_headers=total.values("expose_headers"),
        credentials=credentials,
    )
    return Inferred(policy, tuple(grants), tuple(left_out))


# -- what looks wrong ------------------------------------------------------------------------------------------------

_UNSURE = "likely, not certain: the recording does not show how the page asked"


def _refused(origin: str, credentials: bool, with_credentials: bool) -> tuple[str, str] | None:
    """Return why an origin is not granted, and what to write if it is meant."""
    if origin == "null":
        why = "sandboxed frames of any site, local files, requests that were redirected across origins"
        return why, f"{NULL_WITH if with_credentials else NULL}: true"
    parts = split_origin(origin)
    if parts is None or not is_browser_origin(origin):
        return "it is no origin that a browser sends", ""
    if credentials and parts[0] == "http" and not is_localhost(parts[1]):
        why = "http with credentials: whoever is on the network can be such a page"
        return why, f"origins: [{origin}] and {INSECURE}: true"
    return None


def _doubt(origin: str, host: str) -> str | None:
    """Return what looks wrong about granting an origin, though it may be right."""
    parts = split_origin(origin)
    assert parts is not None
    scheme, name, _ = parts
    api = (split_origin(f"https://{host}") or ("", host, None))[1]
    if scheme not in ("http", "https"):
        return "an app or an extension, not a page"
    if is_localhost(name) and not is_localhost(api):
        return "a developer's own machine: not for production"
    if not is_localhost(name) and not same_site(f"https://{name}", f"https://{api}"):
        return "another site than the server's: is it yours?"
    return "http: whoever is on the network can be such a page" if scheme == "http" and not is_localhost(name) else None


def _odd_method(method: str) -> str | None:
    if method != normalize_method(method.upper()) and method.upper() == "PATCH":
        return "the page spells it so; PATCH is what it should be"
    return None


def _odd_header(name: str) -> str | None:
    if name.startswith("access-control-"):
        return "a response header, which the page sends by mistake"
    return None
