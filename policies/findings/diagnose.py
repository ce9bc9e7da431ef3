"""The one diagnosis of an exchange: what is really wrong with it, by all that is known at the moment.

Every view that speaks of an exchange by itself asks here, whether it was recorded, typed, or goes through the proxy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import fields
from operator import attrgetter

from corsight.policies.facts import Facts
from corsight.policies.findings.case import read_case
from corsight.policies.findings.causes import explain
from corsight.policies.findings.groups import list_care
from corsight.policies.findings.mismatches import find_mismatch
from corsight.policies.findings.model import Cause, Explanation, Mismatch
from corsight.policies.findings.quotes import fill_in
from corsight.policies.findings.remarks import list_remarks
from corsight.policies.findings.sample import Sample
from corsight.policies.findings.traffic import News, Traffic
from corsight.policies.session import Judged
from corsight.policies.session.fetches import Entry
from corsight.policies.session.judging import Alike, is_final
from corsight.policies.session.memory import GIANT, Memory, weigh_headers
from corsight.policies.verdict import Outcome, Verdict

SAMPLES = 4096
"""How many blocked exchanges are remembered, with what was seen before each."""
LIMIT = 4 * 1024 * 1024
"""How many bytes of their URLs and headers are remembered."""
WAITING, WAITING_BYTES = 256, 1024 * 1024
"""Exchanges that nobody has asked about yet: they are taken in when somebody does. And bytes of their headers."""
SHAPES = 512
LONGEST = 4096
"""Characters of headers and of a URL up to which what is said of an exchange is remembered."""
_read_facts = attrgetter(
    *(field.name for field in fields(Facts) if field.name not in ("response", "page", "chain", "method", "names"))
)
"""All but what the request and the response say themselves."""
PASSING = frozenset({b"date", b"etag", b"last-modified", b"content-length", b"expires", b"x-request-id"})
"""Response headers whose values differ from one reply to the next, and are quoted by nothing."""
SERVERS, FOLLOWED = 256, 16
"""Servers, and blocked exchanges of each, that are looked at again when more is known of the server."""


def diagnose(sample: Sample, traffic: Traffic) -> Explanation:
    """Return what is wrong with a blocked or failed exchange, as far as the traffic shows so far."""
    cause = fill_in(explain(read_case(sample, traffic)), sample)
    return explain_cause(cause, find_mismatch(sample), (sample.rule,))


def explain_cause(cause: Cause, mismatch: Mismatch | None, codes: tuple[str, ...] = ()) -> Explanation:
    """Return the diagnosis of a cause; `codes` are the rules that blocked."""
    fix = mismatch.fix if mismatch is not None and cause.mended_by_headers else ()
    met = () if mismatch is None else (mismatch._replace(fix=fix),)
    return Explanation(
        code=cause.code,
        title=cause.title,
        text=cause.cause,
        action=cause.action,
        actor=cause.actor,
        fix=fix,
        evidence=cause.evidence,
        certainty=cause.certainty,
        actual=() if mismatch is None else mismatch.actual,
        needed=cause.needed or (None if mismatch is None else mismatch.expected),
        care=list_care(codes or (cause.code,), met),
    )


def is_explained(judged: Judged) -> bool:
    """Return whether there is something to explain: it was blocked, or no answer came, for which browsers may blame
    CORS.

    What else fails is nobody's question here: browsers ask their makers for things all the time.
    """
    ruling = judged.verdict.ruling
    if ruling.rule is None or ruling.outcome is Outcome.BLOCKED:
        return ruling.outcome is Outcome.BLOCKED
    return "cors" in (judged.shared.tainting, judged.shared.tainting_too)


def shape_sample(sample: Sample) -> Hashable | None:
    """Return what an explanation can turn on and quote, None where it quotes other exchanges or where that is much."""
    response, exchange = sample.exchange.response, sample.exchange
    quotes_others = sample.stored, sample.filler, sample.remembered, sample.preflight, sample.entry.stored
    if response is None or sample.facts.chain or any(other is not None for other in quotes_others):
        return None
    if weigh_headers(response.headers) > LONGEST:
        return None
    lines = tuple([field if field[0].lower() not in PASSING else field[0] for field in response.headers.fields])
    facts, verdict, told = sample.facts, sample.verdict, exchange.told
    # Where a redirect leads, a preflight's too, is held against all of the URL.
    led = facts.role != "request" and "location" in response.headers
    url = (exchange.request.url if led else exchange.request.url.partition("?")[0])[:LONGEST]
    # Not the verdict itself: its message has the query in it.
    said = tuple([(branch.assumptions, branch.outcome, branch.ruling.rule) for branch in verdict.branches])
    reading, differing, unfollowed = sample.entry.reading, sample.entry.differing, sample.is_unfollowed()
    include_is_told = sample.find_evidence("credentials", "include") is not None
    rule_is_told = told is not None and told.rule is not None
    asked = exchange.request.headers.get("access-control-request-headers")
    signs = asked, unfollowed, include_is_told, told is not None, rule_is_told
    return said, verdict.engine, differing, signs, url, reading, _read_facts(facts), response.status, lines


class Known:
    """What is known at a moment: every exchange that was judged so far, in memories that are bounded.

    Exchanges come in the order of time, and again where a verdict is revised. Those that can be no news of their server
    wait until somebody asks. The oldest of them are forgotten while nothing was blocked: until then they cost nothing.
    `changed` are the exchanges whose cause is another by what came since `take_changed` was asked.
    """

    def __init__(self) -> None:
        self._traffic = Traffic()
        self._waiting: deque[Judged] = deque()
        self._waiting_weight = 0
        self._passed: Memory[str, bool] = Memory(SAMPLES)
        self._samples: Memory[str, Sample] = Memory(SAMPLES, LIMIT)
        self._of_servers: Memory[str, Memory[str, None]] = Memory(SERVERS)
        self._told: Memory[str, str] = Memory(SAMPLES)
        self.changed: Memory[str, Judged] = Memory(SAMPLES, LIMIT)
        self._explained: Memory[tuple[Hashable, int], Explanation] = Memory(SHAPES, LIMIT)
        self._seen: Memory[Alike, None] = Memory(SHAPES)
        self._news = 0
        self._latest: tuple[Entry, Verdict, Explanation] | None = None

    def add(self, judged: Judged) -> None:
        """Add the verdict on an exchange."""
        entry, waiting, alike = judged.entry, self._waiting, judged.alike
        if entry.weight > GIANT:
            return
        waiting.append(judged)
        self._waiting_weight += entry.weight
        if alike is None:
            news = is_explained(judged) or entry.server in self._of_servers
        else:
            news = alike not in self._seen and entry.server in self._of_servers
        if news:
            self._take_in()
        elif len(waiting) > WAITING or self._waiting_weight > WAITING_BYTES:
            self._make_room()

    def _make_room(self) -> None:
        if self._of_servers:
            self._take_in()
        while len(self._waiting) > WAITING or self._waiting_weight > WAITING_BYTES:
            self._waiting_weight -= self._waiting.popleft().entry.weight

    def diagnose(self, judged: Judged) -> Explanation | None:
        """Return what is wrong with an exchange, as far as is known now; None if nothing is."""
        if judged.alike is not None or not is_explained(judged):
            return None
        self._take_in()
        if self._latest is None or self._latest[0] is not judged.entry or self._latest[1] is not judged.verdict:
            explanation = self._explain(self._find(judged))
            self._told.put(judged.entry.exchange.id, explanation.code)
            # Several views ask for the same one after the other.
            self._latest = judged.entry, judged.verdict, explanation
        return self._latest[2]

    def list_remarks(self, judged: Judged) -> tuple[Explanation, ...]:
        """Return what is wrong with an exchange that was not blocked."""
        if is_explained(judged):
            return ()
        return tuple(explain_cause(remark.cause, remark.mismatch) for remark in list_remarks(Sample(judged)))

    def take_changed(self) -> list[Judged]:
        """Return the exchanges that were explained before and have another cause since the last call."""
        if not self.changed:
            return []
        changed, self.changed = self.changed, Memory(SAMPLES, LIMIT)
        return list(changed.values())

    def clear(self) -> None:
        """Forget everything."""
        self._traffic = Traffic()
        memories = (self._waiting, self._passed, self._samples, self._of_servers, self._told, self.changed)
        for memory in (*memories, self._explained, self._seen):
            memory.clear()
        self._latest = None
        self._waiting_weight = 0

    def _explain(self, sample: Sample) -> Explanation:
        """Explain an exchange. Identical exchanges that quote nothing of their own are explained once, until there is
        news.
        """
        shape = shape_sample(sample)
        if shape is None:
            return diagnose(sample, self._traffic)
        key = shape, self._news
        explanation = self._explained.get(key)
        if explanation is None:
            explanation = diagnose(sample, self._traffic)
            self._explained.put(key, explanation, sample.entry.weight)
        return explanation

    def _find(self, judged: Judged) -> Sample:
        sample = self._samples.get(judged.entry.exchange.id)
        if sample is None or sample.verdict is not judged.verdict:
            sample = Sample(judged)
            self._traffic.look_up(sample)
        return sample

    def _take_in(self) -> None:
        self._waiting_weight = 0
        while self._waiting:
            judged, self._latest = self._waiting.popleft(), None
            entry, alike, verdict = judged.entry, judged.alike, judged.verdict
            flow, response = entry.exchange.id, entry.exchange.response
            kind = judged.kind
            if kind is not None:
                facts, allow_origin, final = kind.facts, kind.allow_origin, kind.final
            else:
                facts, final = judged.facts, is_final(judged)
                allow_origin = None if response is None else response.headers.get("access-control-allow-origin")
            if alike is not None and alike not in self._seen:
                self._seen.put(alike, None, alike.weight)
            if self.changed:
                self.changed.forget(flow)
            if alike is None and is_explained(judged):
                sample = Sample(judged)
                self._traffic.look_up(sample)
                self._samples.put(flow, sample, entry.weight)
                flows = self._of_servers.get(entry.server) or Memory(FOLLOWED)
                flows.put(flow, None)
                self._of_servers.put(entry.server, flows, len(entry.server))
            elif flow in self._samples:
                # It was revised, or asked again by a replay.
                self._samples.forget(flow)
            before = self._passed.get(flow) if judged.revises else None
            if before is None:
                news = self._traffic.add(entry, facts, verdict, allow_origin)
            else:
                news = self._traffic.revise(entry, facts, verdict, passed=before)
            if not final:
                self._passed.put(flow, verdict.outcome is Outcome.ALLOWED)
            if news is not None:
                self._news += 1
                self._look_again(entry.server, facts.origin, news)

    def _look_again(self, server: str, origin: str | None, news: News) -> None:
        """Note which exchanges of that server have another cause now, because of news about this origin or all."""
        for flow in self._of_servers.get(server, ()):
            told, sample = self._told.get(flow), self._samples.get(flow)
            if told is None or sample is None or (news == "origin" and sample.facts.origin != origin):
                continue
            if explain(read_case(sample, self._traffic)).code != told:
                self.changed.put(flow, sample.judged, sample.entry.weight)
