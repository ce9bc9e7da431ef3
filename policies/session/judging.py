"""Judging the exchanges of one browser, and judging them again when more is known of their fetch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from corsight.policies.decision.advise import advise
from corsight.policies.decision.decisive import digest
from corsight.policies.decision.judge import judge, reword, survey, unite
from corsight.policies.engines import ENGINES, EnginePolicy
from corsight.policies.evidence import Certainty, Reason
from corsight.policies.facts import Build, Facts
from corsight.policies.fetch.corp import FRAMES, ISOLABLE
from corsight.policies.fetch.main_fetch import COUNT, UNREDIRECTED
from corsight.policies.rules.view import EXPOSE
from corsight.policies.session.clients import Client
from corsight.policies.session.credentials import Credentials
from corsight.policies.session.documents import Documents
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.gather import find_embedder, find_page_origin, gather_facts
from corsight.policies.session.leading import LED, may_be_followed
from corsight.policies.session.memory import Memory
from corsight.policies.session.reading import Reading
from corsight.policies.session.stored import doubt_bare, doubt_silence, doubt_stored
from corsight.policies.session.told import overrule
from corsight.policies.value import replace
from corsight.policies.verdict import Branch, EngineName, Outcome, Ruling, Unknown, Verdict

ALIKE = 1024
"""How many kinds of exchanges are remembered with what is said of them."""
REWORDED = 256
"""How many URLs are remembered with what is said of their kind: pages ask for what is blocked again and again."""
LONGEST = 8192
"""Bytes of URL and headers of an exchange up to which it is held against others."""
DECIDING = frozenset({"sequel", "outcome", "response"})
"""The evidence of an exchange's own that a verdict turns on."""
COUNTED = (None, COUNT)
"""What is ruled of a redirect as far as it turns on how many came before."""
MODES: tuple[Literal["include", "not-include"], ...] = ("include", "not-include")


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """What is said of all exchanges that are alike in everything it turns on.

    `facts` are theirs but for the response, whose Access-Control-Allow-Origin is `allow_origin`. `reading` is the one
    that they have in common. `url` is the one that the verdict names, None where it names none: of another exchange it
    is worded anew. `final` tells that nothing which may still be learned changes that, `passed` that none of
    them is blocked, or may be. `weight` is how many bytes the URL and headers of the first have.
    """

    reading: Reading
    facts: Facts
    verdict: Verdict
    differing: tuple[EngineName, ...]
    advice: tuple[str, ...]
    url: str | None
    allow_origin: str | None
    final: bool
    passed: bool
    weight: int


@dataclass(slots=True, unsafe_hash=True, init=False)
class Judged:
    """An exchange and what is said of it now. `facts` is what it was judged by, `revises` whether it was before.

    `kind` is what is said of all that are alike, None where it was judged by itself: then its facts are made once they
    are asked for. `alike` is the same of one that passes, None of others.
    """

    entry: Entry
    client: Client
    facts: Facts
    verdict: Verdict
    revises: bool
    kind: Alike | None = field(init=False, compare=False, repr=False)
    alike: Alike | None = field(init=False, compare=False, repr=False)

    def __init__(
        self,
        entry: Entry,
        client: Client,
        facts: Facts | None,
        verdict: Verdict,
        revises: bool = False,
        kind: Alike | None = None,
    ) -> None:
        self.entry, self.client, self.verdict, self.revises, self.kind = entry, client, verdict, revises, kind
        self.alike = kind if kind is not None and kind.passed else None
        if facts is not None:
            self.facts = facts

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Facts:
            if name != "facts" or self.kind is None:
                raise AttributeError(name)
            self.facts = self.kind.facts.answer(self.entry.exchange.response)
            return self.facts

    @property
    def shared(self) -> Facts:
        """The facts but for the response, which those that are alike do not share: they are at hand."""
        return self.facts if self.kind is None else self.kind.facts

    @property
    def settled(self) -> Facts:
        """The facts as the branch that is said takes them, with nothing unknown left."""
        return self.facts.settle(self.verdict.branch.premise)

    @property
    def others(self) -> list[Verdict]:
        """The verdicts of the other engines that decide otherwise, or for another reason."""
        return [judge(self.entry.exchange, self.facts, engine) for engine in self.entry.differing]

    @property
    def before(self) -> Ruling | None:
        """What would be said without the patch; None where there was none, or the server was not asked."""
        patched = self.entry.patched
        if patched is None or patched.without is None:
            return None
        memory = self.entry.before
        if memory is None or memory[0] is not self.facts:
            facts = replace(self.facts, response=patched.without.response)
            memory = self.entry.before = self.facts, judge(patched.without, facts, self.verdict.engine).ruling
        return memory[1]


class Judge:
    """Judges for one browser. `revised` gathers what was judged again and came out otherwise, until it is taken."""

    def __init__(
        self,
        client: Client,
        policy: EnginePolicy,
        build: Build | None,
        credentials: Credentials,
        documents: Documents,
    ) -> None:
        self._client = client
        self._engine = policy.name
        self._policy = policy
        self._build = build
        self._credentials = credentials
        self._documents = documents
        self.revised: list[Judged] = []
        self._alike: Memory[tuple[object, ...], Alike] = Memory(ALIKE)
        self._reworded: Memory[tuple[Alike, str], Alike] = Memory(REWORDED)

    def gather(self, entry: Entry) -> Facts:
        """Return the facts of an exchange as far as they are known now."""
        return gather_facts(entry, self._client, self._policy, self._build, self._credentials, self._documents)

    def judge(self, entry: Entry) -> Judged:
        """Judge an exchange by what is known now, and keep the verdict on its entry."""
        key, exchange = self._liken(entry), entry.exchange
        url = exchange.request.url
        alike = None if key is None else self._alike.get(key) or self._alike.get((key, url))
        if alike is not None:
            entry.differing, entry.advice = alike.differing, alike.advice
            if alike.url is None or alike.url == url:
                entry.facts, entry.verdict = alike.facts, alike.verdict
                return Judged(entry, self._client, None, alike.verdict, False, alike)
            worded = self._reworded.get((alike, url))
            if worded is None:
                verdict = reword(alike.verdict, exchange, alike.facts.answer(exchange.response))
                worded = replace(alike, verdict=verdict, url=url, weight=entry.weight)
                self._reworded.put((alike, url), worded, entry.weight)
            entry.facts, entry.verdict = worded.facts, worded.verdict
            return Judged(entry, self._client, None, worded.verdict, False, worded)
        facts, verdict = entry.facts, entry.verdict = self._judge_by_itself(entry)
        if key is not None:
            passed = not any(branch.ruling.rule for branch in verdict.branches)
            alike = _make_alike(entry, facts, verdict, passed=passed)
            # What is said of a blocked one names its URL: where in the rules' own words alone, others are found by it.
            for_all = passed or reword(verdict, exchange, facts) == verdict
            self._alike.put(key if for_all else (key, url), alike, entry.weight)
        return Judged(entry, self._client, facts, verdict, False, alike)

    def _judge_by_itself(self, entry: Entry) -> tuple[Facts, Verdict]:
        facts = self.gather(entry)
        verdict, entry.differing = survey(entry.exchange, facts, self._engine)
        if entry.stored_too:
            others = (self.gather(replace(entry, stored=response)) for response in entry.stored_too)
            verdict = doubt_stored(verdict, [judge(entry.exchange, other, self._engine) for other in others])
        if entry.tainting == "cors":
            before = entry.preflight if len(entry.fetch.entries) > 1 else None
            entry.advice = advise(entry.exchange, facts, self._engine, before)
        if entry.exchange.told is not None:
            verdict = overrule(verdict, entry.exchange, facts, entry.exchange.told, self._client.version)
        sequel = entry.evidence.get("sequel")
        if sequel is not None and sequel.value != "given up" and verdict.divided:
            led = sequel.reason in LED
            verdict = narrow(verdict, passed=sequel.value == "followed", certainty=sequel.certainty, led=led)
        seen = entry.evidence.get("outcome")
        if seen is not None and verdict.divided:
            verdict = narrow(verdict, passed=seen.value == "loaded", certainty=seen.certainty)
        told, confirmed = entry.exchange.told, entry.evidence.get("response")
        known = seen is not None or (told is not None and (told.rule, told.passed) != (None, None))
        if not known and confirmed is not None and confirmed.reason is Reason.STORED_UNSEEN:
            verdict = doubt_silence(verdict, facts)
        if not known and confirmed is not None and self._policy.confirmations_checked:
            verdict = doubt_bare(verdict, facts, entry.exchange.response)
        if not known and "redirects" in entry.evidence and any(one.ruling.rule in COUNTED for one in verdict.branches):
            verdict = replace(verdict, certainty="likely")
        if entry.contested and self._turns_on_mode(entry, facts, verdict):
            verdict = replace(verdict, certainty="likely")
        if self._engine == "standard" and self._client.browser and self._turns_on_engine(entry, facts, verdict):
            verdict = replace(verdict, certainty="likely")
        return facts, verdict

    def _liken(self, entry: Entry) -> tuple[object, ...] | None:
        """Return all that can matter of an exchange, beside what holds for all of this browser's; None where more does
        than is gathered here, or it has a word of its own.
        """
        exchange, reading, fetch = entry.exchange, entry.reading, entry.fetch
        response, before = exchange.response, None
        if response is None or entry.index or entry.role == "redirect":
            return None
        if entry.weight > LONGEST or exchange.word is not None or entry.rivals or entry.spared or entry.strayed:
            return None
        if entry.evidence and not entry.evidence.keys().isdisjoint(DECIDING):
            return None
        opaque = entry.tainting == "opaque" or entry.tainting_too == "opaque"
        # Without CORS the mode is known by what asks, or nothing turns on it.
        settled = entry.tainting == "opaque" or (entry.tainting == "basic" and entry.tainting_too is None)
        if len(fetch.entries) > 1 and (preflight := entry.preflight) is not None:
            before = (preflight.headers.get(EXPOSE),)
        return (
            # The same request headers give the same object, and what the key leads to keeps it. Of the Referer its
            # origin matters, and what the documents tell by it.
            id(reading.common or reading),
            reading.referrer_origin,
            entry.digest or digest(response),
            entry.server,
            exchange.http2,
            entry.role,
            entry.mode,
            entry.destination,
            entry.tainting,
            entry.tainting_too,
            fetch.page_origin,
            fetch.include,
            fetch.certainty,
            fetch.include is None and not settled and self._credentials.likelier(entry, response),
            find_embedder(entry, self._client, self._policy, self._documents, isolable=opaque)
            if opaque or reading.destination in ISOLABLE
            else None,
            reading.destination in FRAMES and self._documents.is_framed(find_page_origin(entry), reading.referrer),
            self._documents.may_pass_on(find_page_origin(entry) or ""),
            self._documents.is_service_worker(reading.referrer),
            opaque and self._documents.is_working(find_page_origin(entry)),
            before,
            exchange.told,
        )

    def revise(self, fetch: Fetch) -> None:
        """Judge what is already judged of a fetch again; what comes out otherwise is revised."""
        for entry in fetch.entries:
            before, advice = entry.verdict, entry.advice
            if before is not None and ((judged := self.judge(entry)).verdict != before or entry.advice != advice):
                judged.revises = True
                self.revised.append(judged)

    def take_revised(self) -> list[Judged]:
        """Return the last word on each exchange that was revised since the last call."""
        revised, self.revised = self.revised, []
        return revised if len(revised) < 2 else list({id(judged.entry): judged for judged in revised}.values())

    def would_block(self, entry: Entry) -> bool:
        """Return whether an exchange that passes would be blocked with credentials."""
        if entry.verdict is None or entry.facts is None or entry.verdict.outcome is Outcome.BLOCKED:
            return False
        response = entry.stored or entry.exchange.response
        facts = replace(entry.facts, response=response, credentials="include")
        return judge(entry.exchange, facts, self._engine).outcome is Outcome.BLOCKED

    def _turns_on_engine(self, entry: Entry, facts: Facts, verdict: Verdict) -> bool:
        """Return whether some engine decides otherwise than the standard, or may do so."""
        others = (judge(entry.exchange, facts, engine) for engine in ENGINES if engine != "standard")
        return any(other.outcome is not verdict.outcome or other.certainty == "likely" for other in others)

    def _turns_on_mode(self, entry: Entry, facts: Facts, verdict: Verdict) -> bool:
        """Return whether a verdict would be another in one of the credentials modes."""
        both = (judge(entry.exchange, replace(facts, credentials=mode), self._engine) for mode in MODES)
        return any(other.ruling.outcome is not verdict.ruling.outcome for other in both)


def _make_alike(entry: Entry, facts: Facts, verdict: Verdict, *, passed: bool) -> Alike:
    response = entry.exchange.response
    return Alike(
        reading=entry.reading,
        facts=facts.answer(None),
        verdict=verdict,
        differing=entry.differing,
        advice=entry.advice,
        url=None if passed else entry.exchange.request.url,
        allow_origin=None if response is None else response.headers.get("access-control-allow-origin"),
        final=entry.role == "request" and not verdict.divided and _is_final(facts),
        passed=passed,
        weight=entry.weight,
    )


def is_final(judged: Judged) -> bool:
    """Return whether nothing that may still be learned changes what is said of an exchange."""
    if judged.kind is not None:
        return judged.kind.final
    return judged.entry.role == "request" and not judged.verdict.divided and _is_final(judged.facts)


def _is_final(facts: Facts) -> bool:
    return facts.credentials != "unknown" or (facts.tainting == "basic" and facts.tainting_too is None)


def split_branches(verdict: Verdict, *, passed: bool, led: bool = False) -> tuple[list[Branch], list[Branch]]:
    """Return the branches that agree with what followed, and those that do not.

    Those that pass agree where the sequel came, those that block where it did not. That nothing followed a redirect
    says nothing for the redirect modes that never follow one; nor does it that a response was loaded for what it can be
    used for, which is looked at later. `led` tells that a redirect was followed.
    """
    if led:
        agreeing = [branch for branch in verdict.branches if may_be_followed(branch)]
        return agreeing, [branch for branch in verdict.branches if branch not in agreeing]
    agreeing = [
        branch
        for branch in verdict.branches
        if ((branch.outcome is not Outcome.BLOCKED) == passed or (passed and branch.assumed(Unknown.USE) is not None))
        and (passed or branch.assumed(Unknown.REDIRECT) not in UNREDIRECTED)
    ]
    return agreeing, [branch for branch in verdict.branches if branch not in agreeing]


def narrow(verdict: Verdict, *, passed: bool, certainty: Certainty, led: bool = False) -> Verdict:
    """Return the verdict without the branches that what followed ruled out; behind the others where it hardly did."""
    agreeing, others = split_branches(verdict, passed=passed, led=led)
    if not agreeing:
        return verdict
    if certainty == "likely":
        return replace(verdict, branches=(*agreeing, *others), certainty="likely")
    return unite(verdict.engine, agreeing, verdict.hidden)
