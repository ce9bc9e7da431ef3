"""The advisor: what is wrong although nothing was blocked, on one exchange and on several together."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from corsight.policies.exchange import Response
from corsight.policies.fetch.origin import is_localhost, registrable_domain, split_origin
from corsight.policies.findings import remarks
from corsight.policies.findings.cookies import Cookies
from corsight.policies.findings.groups import Group
from corsight.policies.findings.model import Cause, Mismatch
from corsight.policies.findings.remarks import Remark
from corsight.policies.findings.sample import Sample
from corsight.policies.findings.words import clean, count, join, name_header, name_host, strip_query
from corsight.policies.rules.preflight import MAX_AGE
from corsight.policies.session.memory import Memory, weigh_exchange, weigh_headers
from corsight.policies.verdict import Outcome

GROUPS = 200
STORM = 5
"""How often the same preflight is asked before it is one too many."""
ASKED = 2000
SERVERS = 1000
LIMIT = 4 * 1024 * 1024
"""Bytes of exchanges that each memory holds."""
SITES = 8
AGAIN, REFLECTED = "preflight-storm", "reflected-origin-with-credentials"
ABOUT_EXPOSING = frozenset(
    {"expose-wildcard-with-credentials", "expose-headers-invalid", "expose-headers-on-preflight"}
)
_kept = re.compile(r"0*(?:[6-9]|[1-9][0-9]+)").fullmatch
"""A Max-Age of more than five seconds."""


@dataclass(slots=True)
class Asked:
    """One preflight that is asked again and again: how often it passed, when it was first asked, and the last time."""

    first: float
    last: Sample
    count: int = 0


@dataclass(slots=True)
class Reflected:
    """What a server answered by name, with credentials: an origin of each site, and the earliest exchange."""

    first: Sample
    origins: dict[str, str] = field(default_factory=dict)


class Advisor:
    """Collects the advice, in groups."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, Cause], Group] = {}
        self._cookies = Cookies()
        self._asked: Memory[tuple[object, ...], Asked] = Memory(ASKED, LIMIT)
        self._reflected: Memory[str, Reflected] = Memory(SERVERS, LIMIT)
        self._preflights: Memory[str, Response] = Memory(ASKED, LIMIT)

    def add(self, sample: Sample) -> bool:
        """Take in an exchange. Return whether nothing is said or kept of it, nor would be of any that is judged alike
        and the first of its fetch.
        """
        facts = sample.facts
        if facts.tainting == "opaque":
            return self._note(sample, remarks.find_unreadable(sample))
        quiet = self._cookies.add(sample)
        quiet &= self._note(sample, remarks.find_refused_socket(sample))
        if facts.tainting != "cors":
            return quiet
        quiet &= self._note(sample, remarks.find_permission(sample))
        response = sample.exchange.response
        if response is None:
            return False
        if facts.role == "preflight":
            quiet = False
            self._preflights.put(sample.entry.fetch.id, response, weigh_headers(response.headers))
        if sample.verdict.outcome is not Outcome.ALLOWED:
            return False
        preflight = None if facts.role == "preflight" else self._preflights.get(sample.entry.fetch.id)
        advice = remarks.list_advice(sample, preflight)
        for remark in advice:
            quiet &= self._note(sample, remark)
        if facts.role == "preflight":
            self._count(sample, response)
        elif facts.role == "request":
            quiet &= self._note_named(sample, response)
            if not ABOUT_EXPOSING & {remark.cause.code for remark in advice}:
                quiet &= self._note(sample, remarks.find_unexposed(sample))
            # What a script wants of the answer to an upload turns on its URL.
            quiet &= sample.method != "PUT"
        return self._note(sample, remarks.find_blocking_engine(sample)) and quiet

    def conclude(self) -> None:
        """Forget what only the next exchange would be held against: none comes any more."""
        self._preflights.clear()

    def unite(self, other: Advisor) -> None:
        """Take in the advice on other exchanges."""
        for key, group in other._groups.items():
            known = self._groups.get(key)
            if known is not None:
                known.unite(group)
            elif len(self._groups) < GROUPS:
                self._groups[key] = group
        for question, asked in other._asked.items():
            own = self._asked.get(question)
            if own is not None:
                asked.first, asked.count = min(asked.first, own.first), asked.count + own.count
                asked.last = max(own.last, asked.last, key=lambda one: one.moment)
            self._asked.put(question, asked)
        for server, reflected in other._reflected.items():
            before = self._reflected.get(server)
            if before is not None:
                reflected.first = min(before.first, reflected.first, key=lambda one: one.moment)
                for site, origin in sorted(before.origins.items()):
                    if len(reflected.origins) < SITES or site in reflected.origins:
                        reflected.origins[site] = min(origin, reflected.origins.get(site, origin))
            self._reflected.put(server, reflected)
        self._cookies.unite(other._cookies)

    def list_groups(self) -> list[tuple[str, Group, Cause]]:
        """Return the groups, each with its server and its cause."""
        groups = [(server, group, cause) for (server, cause), group in self._groups.items()]
        groups += [_storm(asked) for asked in self._asked.values() if asked.count >= STORM]
        groups += [_reflect(one) for one in self._reflected.values() if len(one.origins) > 1]
        return groups + self._cookies.list_groups()

    def _note(self, sample: Sample, remark: Remark | None) -> bool:
        """Take in a remark; return whether there is none."""
        if remark is None:
            return True
        key = sample.server, remark.cause
        group = self._groups.get(key)
        if group is None:
            if len(self._groups) >= GROUPS:
                return False
            group = self._groups[key] = Group("advice", sample)
        group.add(sample, remark.mismatch)
        return False

    def _count(self, sample: Sample, response: Response) -> None:
        """Count a preflight that passed, where its answer is forgotten at once."""
        if _kept((response.headers.get(MAX_AGE.lower()) or "").strip()):
            return
        exchange, facts = sample.exchange, sample.facts
        key = exchange.client, sample.judged.client.label, facts.origin, sample.url, facts.method, facts.names
        asked = self._asked.get(key) or Asked(exchange.request.started, sample)
        asked.first = min(asked.first, exchange.request.started)
        asked.last = max(asked.last, sample, key=lambda one: one.moment)
        asked.count += 1
        self._asked.put(key, asked, weigh_exchange(exchange))

    def _note_named(self, sample: Sample, response: Response) -> bool:
        """Note that the server answered an origin with its own name, and allowed credentials; return whether it did
        not.
        """
        origin, get = sample.facts.origin or "null", response.headers.get
        parts = split_origin(origin)
        if parts is None or is_localhost(parts[1]):
            return True
        if get("access-control-allow-origin") != origin or get("access-control-allow-credentials") != "true":
            return True
        reflected = self._reflected.get(sample.server) or Reflected(sample)
        reflected.first = min(reflected.first, sample, key=lambda one: one.moment)
        site = registrable_domain(parts[1]) or parts[1]
        if len(reflected.origins) < SITES or site in reflected.origins:
            reflected.origins[site] = min(origin, reflected.origins.get(site, origin))
            self._reflected.put(sample.server, reflected, weigh_exchange(reflected.first.exchange))
        return False


def _storm(asked: Asked) -> tuple[str, Group, Cause]:
    """Return the group of a preflight that is asked again and again."""
    last = asked.last.exchange
    value = None if last.response is None else last.response.headers.get(MAX_AGE.lower())
    actual, expected = name_header(MAX_AGE, value, 20), f"{MAX_AGE}: 600"
    seconds = last.request.started - asked.first
    over = f" within {seconds:.0f} seconds" if seconds >= 1 else ""
    group = Group("advice", asked.last)
    group.add(asked.last, Mismatch("preflight", (actual,), expected, (expected,)), asked.count)
    cause = Cause(
        AGAIN,
        "The browser sends the same preflight again and again: no Access-Control-Max-Age",
        f"{name_host(asked.last.server)} answers preflights with {actual}, so the browser caches them for a few "
        "seconds only. The same preflight was sent many times, and each time the request had to wait for it.",
        "Answer preflights with Access-Control-Max-Age: 600 (ten minutes; Chromium keeps two hours at most).",
        "server",
        (f"{strip_query(asked.last.url, 100)}: preflight sent {asked.count} times{over}.",),
    )
    return asked.last.server, group, cause


def _reflect(reflected: Reflected) -> tuple[str, Group, Cause]:
    """Return the group of a server that answered unrelated sites by name, with credentials."""
    group, server = Group("advice", reflected.first), reflected.first.server
    group.add(reflected.first, None)
    host, origins = name_host(server), [clean(origin, 80) for origin in sorted(reflected.origins.values())]
    cause = Cause(
        REFLECTED,
        f"{host} seems to allow every origin, with credentials",
        f"{host} answered {count(len(origins), 'unrelated site')} each with its own name, and with "
        "Access-Control-Allow-Credentials: true. If it copies whatever Origin it is sent, every web site that a user "
        "visits can read and do here what the user can.",
        "Compare Origin with a list of origins you trust before you send it back. If these origins are on such a list, "
        "nothing is wrong.",
        "server",
        (f"Allowed by name, with credentials: {join(origins[:5])}.",),
        "likely",
    )
    return server, group, cause
