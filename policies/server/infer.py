"""The least policies that let recorded exchanges pass: every grant with the exchanges that needed it, no wildcards.

What is not on the wire is not guessed: whether a page asked with credentials where nothing tells, for one. What looks
wrong to grant is granted with its doubt beside it; what a policy could grant by a dangerous word only, and what nobody
but the reader can know, is left out, and told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from corsight.policies.fetch.origin import is_localhost, parse_url, same_site, split_origin
from corsight.policies.fetch.safelist import normalize_method
from corsight.policies.server.grammar import is_path, split_host
from corsight.policies.server.match import Paths, find
from corsight.policies.server.model import INSECURE, NULL, NULL_WITH, Match, ServerPolicy
from corsight.policies.server.needs import PROPOSED_MAX_AGE, Need, gather_needs
from corsight.policies.server.origins import is_browser_origin
from corsight.policies.session import Judged
from corsight.policies.value import value

ENDPOINTS = 1000
"""How many endpoints that needed one grant are told apart."""
MOST_PATHS = 500
"""How many paths of a host are told apart: a policy of more would be read by nobody."""


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
    """What exchanges needed and is not granted: why, and what to write if that is intended."""

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


def infer(judgeds: Iterable[Judged], credentials: bool | None = None) -> list[Inferred]:
    """Return the least policies that let the exchanges pass, blocked ones included, a host's together.

    `judgeds` are the last words on exchanges of any number of browsers; those that are not CORS count for nothing.
    `credentials` answers what the wire left open: whether pages ask with credentials. False keeps them out even where
    they were certainly sent; None leaves out what likely goes without.
    """
    needs, labels = gather_needs(judgeds, credentials)
    hosts: dict[str, dict[str, dict[str, Need]]] = {}
    for (host, path), origins in needs.items():
        hosts.setdefault(host, {})[path] = origins
    # A host without a port stands for all of its ports, so those with one come first.
    ordered = sorted(hosts, key=lambda host: (split_host(host) or (host, None))[1] is None)
    return [one for host in ordered for one in _infer_host(host, hosts[host], labels, credentials)]


# -- putting together ------------------------------------------------------------------------------------------------


def _infer_host(
    host: str, paths: dict[str, dict[str, Need]], labels: dict[str, str], answer: bool | None
) -> list[Inferred]:
    """Return a host's policies: one where the same origins ask all its endpoints, else one for each group of origins.

    Endpoints that were asked without credentials go with the others: whom a host trusts with a user's credentials, it
    need not keep from what is there without.
    """
    ways: dict[frozenset[str], dict[str, dict[str, Need]]] = {}
    for path, origins in paths.items():
        granted = frozenset(origin for origin in origins if origin != "null")
        ways.setdefault(granted, {})[path] = origins
    if len(ways) == 1 or len(paths) > MOST_PATHS or not all(map(_may_be_written, paths)):
        return [_infer_policy(host, host, (), paths, labels, answer)]
    # The more exact paths first: they may be among what a wildcard of another policy stands for.
    ordered = sorted(ways.values(), key=lambda group: (max(path.count("*") for path in group), min(group)))
    inferred = [
        _infer_policy(f"{host} {number}", host, _drop_covered(group), group, labels, answer)
        for number, group in enumerate(ordered, 1)
    ]
    if not _each_finds_its_own([one.policy for one in inferred], host, ordered):
        return [_infer_policy(host, host, (), paths, labels, answer)]
    return inferred


def _may_be_written(path: str) -> bool:
    return is_path(path) and parse_url(path, "http://host/") == f"http://host{path}"


def _drop_covered(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the paths without those that another one stands for."""
    left = list(dict.fromkeys(paths))
    index = Paths()
    for number, path in enumerate(left):
        index.add(path, number)
    return tuple(path for number, path in enumerate(left) if set(index.covering(path)) <= {number})


def _each_finds_its_own(
    policies: Sequence[ServerPolicy], host: str, groups: Sequence[dict[str, dict[str, Need]]]
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


def _infer_policy(
    name: str,
    host: str,
    paths: tuple[str, ...],
    endpoints: dict[str, dict[str, Need]],
    labels: dict[str, str],
    answer: bool | None,
) -> Inferred:
    total, left_out, unknown = _Sum(labels), list[LeftOut](), list[str]()
    by_origin: dict[str, list[Need]] = {}
    for origins in endpoints.values():
        for origin, need in origins.items():
            by_origin.setdefault(origin, []).append(need)
    with_credentials = {origin for origin, needs in by_origin.items() if any(need.credentials for need in needs)}
    credentials = answer is not False and bool(with_credentials - {"null"})
    for origin, needs in by_origin.items():
        flows = [flow for need in needs for flow in need.flows]
        refused = _refuse(origin, credentials, origin in with_credentials)
        if refused is not None:
            left_out.append(LeftOut(f"origin {origin}", *refused, total.endpoints(flows)))
            continue
        total.add("origins", origin, flows)
        unknown += [flow for need in needs for flow in need.unknown]
        for need in needs:
            for entries, to in (
                (need.methods, "methods"),
                (need.names, "request_headers"),
                (need.exposed, "expose_headers"),
                (need.hidden, "hidden"),
            ):
                for entry, used in entries.items():
                    total.add(to, entry, used)
            if need.credentials:
                total.add("credentials", "true", need.credentials)
            for age, used in need.ages.items():
                total.add("max_age", str(age), used)
            if need.repeated:
                total.add("repeated", str(PROPOSED_MAX_AGE), need.repeated)
    if "PATCH" not in total.values("methods") and (odd := [m for m in total.values("methods") if m.upper() == "PATCH"]):
        total.add("methods", "PATCH", [flow for method in odd for flow in total.grant("methods", method).flows])
    granted = bool(total.values("origins"))
    credentials = credentials and bool(total.values("credentials"))
    if answer is False and (sent := total.values("credentials")):
        left_out.append(LeftOut("credentials", *_WITHOUT, total.grant("credentials", sent[0]).endpoints))
    likely = all(need.likely for needs in by_origin.values() for need in needs if need.credentials)
    grants = [
        *(total.grant("origins", origin, _doubt(origin, host)) for origin in total.values("origins")),
        *(total.grant("methods", method, _doubt_method(method)) for method in total.values("methods")),
        *(total.grant("request_headers", header, _doubt_header(header)) for header in total.values("request_headers")),
        *(total.grant("expose_headers", header) for header in total.values("expose_headers")),
    ]
    hidden = [name for name in total.values("hidden") if name not in total.values("expose_headers")]
    grants += (replace(total.grant("hidden", name, _HIDDEN), field="expose_headers") for name in hidden)
    if credentials:
        grants.append(total.grant("credentials", "true", _UNSURE if likely and answer is None else None))
    elif answer is None and unknown:
        left_out.append(LeftOut("credentials", *_UNKNOWN, total.endpoints(unknown)))
    if kept := [int(age) for age in total.values("max_age")]:
        grants.append(total.grant("max_age", str(min(kept))))
    elif repeated := total.values("repeated"):
        grants.append(replace(total.grant("repeated", repeated[0], _REPEATED), field="max_age"))
    policy = ServerPolicy(
        name=name,
        match=Match(hosts=(host,), paths=paths),
        origins=total.values("origins"),
        methods=total.values("methods") if granted else (),
        request_headers=total.values("request_headers"),
        expose_headers=(*total.values("expose_headers"), *hidden),
        credentials=credentials,
        max_age=next((int(grant.value) for grant in grants if grant.field == "max_age"), None),
    )
    return Inferred(policy, tuple(grants), tuple(left_out))


# -- what looks wrong ------------------------------------------------------------------------------------------------

_UNSURE = "likely, not certain: the recording does not show whether the page sent credentials"
_UNKNOWN = (
    "the recording does not show whether pages sent credentials; likely they did not",
    "credentials: true, which policy infer --credentials yes writes; use --credentials no if pages never send them",
)
_WITHOUT = (
    "some requests were sent with credentials, and you said --credentials no: they stay blocked",
    "credentials: true",
)
_HIDDEN = "it is a header for scripts, which cannot read it now: leave it out if no page needs it"
_REPEATED = (
    "the same preflights were sent again within this time. A longer time saves preflights, but what you no longer "
    "allow stays allowed for that time"
)


def _refuse(origin: str, credentials: bool, with_credentials: bool) -> tuple[str, str] | None:
    """Return why an origin is not granted, and what to write if that is intended."""
    if origin == "null":
        why = "null is sent by sandboxed frames of any site, by local files, and after redirects across origins"
        return why, f"{NULL_WITH if with_credentials else NULL}: true"
    parts = split_origin(origin)
    if parts is None or not is_browser_origin(origin):
        return "browsers do not send such an origin", ""
    if credentials and parts[0] == "http" and not is_localhost(parts[1]):
        why = "http with credentials: anyone on the user's network can pose as such a page"
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
        return "a developer's machine: not for production"
    if not is_localhost(name) and not same_site(f"https://{name}", f"https://{api}"):
        return "the page is on another site than the server: check that it is yours"
    if scheme == "http" and not is_localhost(name):
        return "http: anyone on the user's network can pose as such a page"
    return None


def _doubt_method(method: str) -> str | None:
    if method != normalize_method(method.upper()) and method.upper() == "PATCH":
        return "the page spells it like this; it should be PATCH"
    return None


def _doubt_header(name: str) -> str | None:
    if name.startswith("access-control-"):
        return "a response header that the page sends by mistake"
    return None
