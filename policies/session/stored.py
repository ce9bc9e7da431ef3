"""Stored responses: what a 304 was merged into (https://httpwg.org/specs/rfc9111.html#freshening.responses)."""

from __future__ import annotations

from corsight.policies.decision.judge import unite
from corsight.policies.exchange import Exchange, HeaderList, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.corp import ISOLABLE
from corsight.policies.fetch.cors_check import CREDENTIALS, MISSING
from corsight.policies.fetch.headers import has_directive
from corsight.policies.fetch.mime_type import TYPED
from corsight.policies.rules.isolation import CORP_COEP, ORB
from corsight.policies.session.memory import GIANT, Memory
from corsight.policies.value import replace, value
from corsight.policies.verdict import Branch, Unknown, Verdict

KEPT = frozenset(
    {b"content-length", b"content-encoding", b"content-range", b"content-type", b"transfer-encoding", b"etag"}
)
"""What a 304 never replaces in a stored response."""
VERSIONS = 4
RESOURCE_POLICY = "cross-origin-resource-policy"
SILENT = {
    MISSING: "access-control-allow-origin",
    CREDENTIALS: "access-control-allow-credentials",
    CORP_COEP: RESOURCE_POLICY,
}
"""The rules that block where a header is missing, and the header."""


@value
class Stored:
    """A response that a browser may revalidate: the exchange that brought it, for which origin, whether with
    credentials (None where that is not known), and whether it varies.
    """

    exchange: str
    origin: str | None
    response: Response
    include: bool | None = None

    @property
    def varies(self) -> bool:
        """Whether the response says that it depends on the Origin header."""
        vary = self.response.headers.get("vary") or ""
        return any(part.strip().lower() in ("origin", "*") for part in vary.split(","))


class StoredResponses:
    """The responses of one browser that carried a validator, a few versions a URL."""

    def __init__(self, size: int) -> None:
        self._by_url: Memory[str, list[Stored]] = Memory(size)

    def keep(self, exchange: Exchange, origin: str | None, include: bool | None = None) -> None:
        """Remember a response that can be revalidated later, and whether it was asked for with credentials (None where
        that is not known, or nothing to this browser's cache).
        """
        response = exchange.response
        if response is None or exchange.request.method != "GET" or not 200 <= response.status < 300:
            return
        headers = response.headers
        if "etag" not in headers and "last-modified" not in headers:
            return
        if has_directive(headers.get("cache-control"), "no-store") or headers.weight > GIANT:
            return
        url, stored = exchange.request.url, Stored(exchange.id, origin, response, include)
        known = self._by_url.get(url)
        if known is None:
            self._by_url.put(url, [stored], len(url) + headers.weight)
            return
        versions = [*known[-VERSIONS + 1 :], stored]
        self._by_url.put(url, versions, len(url) + sum([one.response.headers.weight for one in versions]))

    def revalidated(self, exchange: Exchange, include: bool | None = None) -> list[tuple[Stored, Response]]:
        """Return the stored responses that this exchange's 304 may have confirmed, the newest first, each with the
        response that the 304 made of it; none where none was seen.

        Which of several it is does not show: a browser may keep one for each site or credentials mode, or none of what
        was aborted. Those of another mode than `include` are not among them, where both are known.
        """
        response, known = exchange.response, self._by_url.get(exchange.request.url)
        if response is None or known is None:
            return []
        get = exchange.request.headers.get
        name = "last-modified" if (validator := get("if-none-match")) is None else "etag"
        validator = get("if-modified-since") if validator is None else validator
        new = tuple([field for field in response.headers.fields if field[0].lower() not in KEPT])
        replaced = {name.lower() for name, _ in new}
        found = []
        for stored in reversed(known):
            headers = stored.response.headers
            of_mode = include is None or stored.include is None or include == stored.include
            if of_mode and headers.get(name) == validator:
                kept = [field for field in headers.fields if field[0].lower() not in replaced]
                merged = Response(stored.response.status, HeaderList((*kept, *new)), response.received)
                found.append((stored, merged))
        return found


def doubt_stored(verdict: Verdict, others: list[Verdict]) -> Verdict:
    """Return the verdict on a 304 that may have confirmed any of several stored responses: `verdict` is the one on the
    newest; of the others, one that is ruled of in another way gives further branches, if possible to another outcome.
    """
    ruled, outcomes = {one.ruling for one in verdict.branches}, {one.outcome for one in verdict.branches}
    unlike = [other for other in others if not ruled.issuperset(one.ruling for one in other.branches)]
    if not unlike:
        return verdict
    earlier = next((one for one in unlike if not outcomes.issuperset(b.outcome for b in one.branches)), unlike[0])
    return unite(verdict.engine, _assume(verdict, "newest") + _assume(earlier, "earlier"), verdict.hidden)


def doubt_silence(verdict: Verdict, facts: Facts) -> Verdict:
    """Return the verdict on a 304; likely where that is silent on what decides, and what it confirms was not seen."""
    headers = HeaderList() if facts.response is None else facts.response.headers
    decisive = SILENT.get(verdict.ruling.rule or "")
    isolated = facts.destination in ISOLABLE and facts.embedder != "unsafe-none"
    # Its type and its status are those of the stored response.
    typed = isolated or (facts.destination in TYPED and "x-content-type-options" in headers)
    typed = typed or verdict.ruling.rule == ORB
    # What passed without CORS may say who may have it.
    opaque = facts.tainting == "opaque" and verdict.ruling.rule is None and RESOURCE_POLICY not in headers
    silent = typed or opaque or (decisive is not None and decisive not in headers)
    return replace(verdict, certainty="likely") if silent else verdict


def doubt_bare(verdict: Verdict, facts: Facts, response: Response | None) -> Verdict:
    """Return the verdict on a 304 in an engine that may hold the 304 itself against the embedder policy; likely where
    only what it confirms says who may have it.
    """
    bare = response is not None and response.status == 304 and RESOURCE_POLICY not in response.headers
    turns = facts.tainting == "opaque" and facts.embedder != "unsafe-none" and verdict.ruling.rule is None
    return replace(verdict, certainty="likely") if bare and turns and facts.distance != "same-origin" else verdict


def _assume(verdict: Verdict, which: str) -> list[Branch]:
    return [replace(one, assumptions=(*one.assumptions, (Unknown.STORED, which))) for one in verdict.branches]
