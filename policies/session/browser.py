"""One browser: the memory that joins its exchanges into fetches and supplies what the wire hides.

1. Nothing here decides: facts go to judge(), and what the browser does next is held against its branches.
2. What comes later may revise what was said: a request that follows a preflight or a redirect proves that it passed,
   one that never comes speaks for the contrary.
3. Every memory is bounded.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from corsight.policies.decision.advise import advise
from corsight.policies.decision.judge import judge, survey
from corsight.policies.engines import ENGINES
from corsight.policies.exchange import Exchange, HeaderList, Response
from corsight.policies.facts import Facts
from corsight.policies.fetch.headers import extract_header_list_values
from corsight.policies.fetch.origin import origin_of
from corsight.policies.fetch.preflight_cache import PreflightCache
from corsight.policies.fetch.redirect import location_url
from corsight.policies.session.clients import Client
from corsight.policies.session.connections import Connections
from corsight.policies.session.credentials import ABSENCE, Credentials, by_nature, from_own_store
from corsight.policies.session.documents import Documents
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.gather import facts_of, tainting_of
from corsight.policies.session.memory import Memory
from corsight.policies.session.reading import DOCUMENTS, Reading, read, referrer_origin
from corsight.policies.session.reuse import GONE, REUSED, Reuse
from corsight.policies.session.sequels import (
    FOLLOWED,
    PATIENCE,
    SETTLED,
    UNFOLLOWED,
    Expected,
    left_over,
    narrow,
    overtook,
)
from corsight.policies.session.stored import StoredResponses
from corsight.policies.value import value
from corsight.policies.verdict import Certainty, EngineName, Evidence, Outcome, Ruling, Verdict

SIZE = 128
"""Entries of each kind that a browser's memory holds."""


@value
class Judged:
    """An exchange and what is said of it now."""

    entry: Entry
    client: Client
    verdict: Verdict
    revises: bool = False

    @property
    def others(self) -> list[Verdict]:
        """The verdicts of the other engines that decide otherwise, or for another reason."""
        facts = self.entry.facts
        assert facts is not None
        return [judge(self.entry.exchange, facts, engine) for engine in self.entry.differing]

    @property
    def before(self) -> Ruling | None:
        """What would be said without the patch; None where there was none, or the server was not asked."""
        facts, patched = self.entry.facts, self.entry.patched
        assert facts is not None
        if patched is None or patched.without is None:
            return None
        known = self.entry.before
        if known is None or known[0] is not facts:
            ruling = judge(patched.without, replace(facts, response=None), self.verdict.engine).ruling
            known = self.entry.before = facts, ruling
        return known[1]


class Browser:
    """The memory of one client."""

    def __init__(self, client: Client, engine: EngineName) -> None:
        self.client = client
        self.engine: EngineName = engine
        self._policy = ENGINES[engine]
        self._cache = PreflightCache(self._policy.cache, SIZE)
        self._connections = Connections(4 * SIZE)
        self._credentials = Credentials(client, engine, SIZE)
        self._documents = Documents(SIZE)
        self._expected = Expected(SIZE)
        self._open: Memory[str, Entry] = Memory(SIZE)
        self._stored = StoredResponses(SIZE)
        self._waiting: deque[tuple[float, Entry]] = deque(maxlen=SIZE)
        self._reuse = Reuse(4 * SIZE) if client.libsoup else None
        self._now = 0.0

    # -- the moments of an exchange -----------------------------------------------------------------------------------

    def begin(self, exchange: Exchange) -> list[Judged]:
        """A request set out: join it to its fetch. What it revises."""
        revised: list[Judged] = []
        self._pass_time(exchange.request.started, revised)
        reading = read(exchange.request.method, exchange.request.headers)
        join = self._join_preflight if reading.preflight else self._join_request
        entry = join(exchange, reading, revised)
        self._open.put(exchange.id, entry)
        if self._reuse is not None and not exchange.http2:
            self._follow_connection(self._reuse, entry, revised)
        self._weigh(entry, revised)
        return _latest(revised)

    def observe(self, exchange: Exchange) -> list[Judged]:
        """A response came (or never will): judge the exchange. Its verdict first, then what it revises."""
        revised: list[Judged] = []
        entry = self._open.pop(exchange.id, None)
        if entry is None:
            revised = self.begin(exchange)
            entry = self._open.pop(exchange.id, None)
            assert entry is not None
        entry.exchange = exchange
        if exchange.response is not None:
            self._receive(entry, exchange.response)
        judged = self._judge(entry)
        if exchange.response is not None:
            self._expect_sequel(entry, exchange.response)
        if self._reuse is not None and judged.verdict.branches and entry.tainting == "cors" and not exchange.http2:
            self._reuse.ended(entry)
        if (
            judged.verdict.outcome is Outcome.BLOCKED
            and entry.role != "preflight"
            and self._policy.cache_cleared_on_failure
        ):
            self._cache.clear(entry.reading.origin or "null", exchange.request.url)
        if entry.role == "request" and not judged.verdict.branches and _is_settled(entry):
            # Nothing can follow or be revised: without the circle of fetch and entries both are freed at once.
            entry.fetch.entries.clear()
        return [judged, *_latest(revised)]

    def preview(self, exchange: Exchange) -> Facts | None:
        """What an exchange under way would be judged by, with this response; nothing is remembered of it.

        None where CORS has no say, or its request was not seen to set out.
        """
        entry = self._open.get(exchange.id)
        if entry is None or exchange.response is None or (entry.tainting == "basic" and entry.tainting_too is None):
            return None
        seen = replace(entry, exchange=exchange, evidence={})
        if seen.role != "preflight":
            if exchange.response.status == 304 and seen.reading.revalidates:
                self._revalidate(seen)
            seen.role = "request" if location_url(exchange.response, exchange.request.url) is None else "redirect"
        return facts_of(seen, self.client, self._policy, self._credentials, self._documents)

    def finish(self) -> list[Judged]:
        """The recording ended: what was still waited for will not come."""
        revised: list[Judged] = []
        while self._waiting:
            _, entry = self._waiting.popleft()
            response = entry.exchange.response
            assert response is not None
            certainty: Certainty = "certain" if self._now - response.received > SETTLED else "likely"
            self._absent(entry, certainty, revised)
        return _latest(revised)

    def _pass_time(self, now: float, revised: list[Judged]) -> None:
        """Time goes by: what was waited for in vain is absent."""
        self._now = max(self._now, now)
        while self._waiting and self._waiting[0][0] < now:
            self._absent(self._waiting.popleft()[1], "certain", revised)

    # -- joining ------------------------------------------------------------------------------------------------------

    def _join_preflight(self, exchange: Exchange, reading: Reading, revised: list[Judged]) -> Entry:
        redirect = self._expected.redirect_to(exchange, reading)
        if redirect is not None:
            self._followed(redirect, revised)
        entry = self._join(
            exchange, reading, redirect.fetch if redirect is not None else Fetch(exchange.id, reading.origin)
        )
        entry.role = "preflight"
        self._expected.after_preflight(entry)
        self._spread(self._connections.mark(exchange.connection, False, "it carried a preflight"), revised)
        return entry

    def _join_request(self, exchange: Exchange, reading: Reading, revised: list[Judged]) -> Entry:
        preflight = None
        if reading.origin is not None:
            preflight = self._expected.preflight_of(exchange, reading, lambda entry: self._rules_out(reading, entry))
        before = preflight or self._expected.redirect_to(exchange, reading)
        if before is not None:
            entry = self._join(exchange, reading, before.fetch)
            self._followed(before, revised)
        else:
            origin = reading.origin if reading.origin is not None else referrer_origin(reading)
            if origin is None and reading.site == "same-origin":
                origin = origin_of(exchange.request.url)
            entry = self._join(exchange, reading, Fetch(exchange.id, origin))
        if preflight is None and reading.needs_preflight and entry.tainting == "cors":
            self._explain_no_preflight(entry)
        return entry

    def _join(self, exchange: Exchange, reading: Reading, fetch: Fetch) -> Entry:
        url = exchange.request.url
        # A preflight and its request are one hop; a redirect may lead back to where it came from.
        if not fetch.entries or fetch.entries[-1].role == "redirect" or fetch.urls[-1] != url:
            fetch.urls.append(url)
        told = reading if reading.metadata or not fetch.entries else fetch.entries[0]
        entry = Entry(exchange, reading, fetch, told.mode, told.destination, len(fetch.urls) - 1, fetch.crossed)
        fetch.entries.append(entry)
        entry.tainting, entry.tainting_too = tainting_of(entry)
        if entry.tainting != "basic":
            fetch.crossed = True
        return entry

    def _rules_out(self, reading: Reading, preflight: Entry) -> bool:
        """Whether this request's credentials mode rules out that the preflight was its own."""
        fetch, verdict = preflight.fetch, preflight.verdict
        stated = self._credentials.stated(reading, preflight.exchange.request.url, first=len(fetch.urls) == 1)
        if stated is None or fetch.rests_on(UNFOLLOWED["preflight"]):
            return False
        include = stated[0]
        if fetch.include is not None and fetch.certainty == "certain" and fetch.include != include:
            return True
        if verdict is None:
            return False
        ruling = verdict.branches.get("credentials=include" if include else "credentials=not-include", verdict.ruling)
        return ruling.outcome is Outcome.BLOCKED

    def _explain_no_preflight(self, entry: Entry) -> None:
        """A request that needs a preflight set out without one: it was cached, or asked before the recording began."""
        reading, request = entry.reading, entry.exchange.request
        stated = self._credentials.stated(reading, request.url, first=entry.index == 0)
        for include in (False, True) if stated is None else (stated[0],):
            found = self._cache.match(
                reading.origin or "null",
                request.url,
                include=include,
                method=reading.method,
                unsafe_names=reading.names,
                now=request.started,
            )
            if found is None:
                continue
            left = found.until - request.started
            because = f"answered by the preflight of exchange {found.exchange}, cached for {left:.0f} s more"
            entry.evidence["preflight"] = Evidence("preflight", "cached", because, "certain")
            if stated is None and not (found.include and self._policy.cache.credentials_shared):
                entry.fetch.learn(found.include, f"the cached preflight of exchange {found.exchange} was for that mode")
            return
        because = (
            "its preflight was answered before the recording began" if self.client.browser else "no browser sent it"
        )
        entry.evidence["preflight"] = Evidence("preflight", "not seen", because, "likely")

    # -- credentials --------------------------------------------------------------------------------------------------

    def _weigh(self, entry: Entry, revised: list[Judged]) -> None:
        """What this request tells of its fetch's credentials mode, and of its connection."""
        fetch, reading, exchange = entry.fetch, entry.reading, entry.exchange
        separates = self._credentials.separates(exchange)
        if entry.tainting != "cors":
            self._credentials.note_worker(reading, exchange.request.url)
            # A credentialless page asks without; and which page asked, is not always told.
            bare = reading.mode == "no-cors" and not reading.cookie and self._documents.credentialless
            if separates and by_nature(reading) and not bare:
                because = "it carried a request that always has credentials"
                self._spread(self._connections.mark(exchange.connection, True, because), revised)
            return
        told: list[Fetch] = []
        if self._credentials.overrules_absence(reading):
            fetch.doubt(ABSENCE)
        stated = self._credentials.stated(reading, exchange.request.url, first=entry.index == 0)
        if stated is None and reading.authorization and from_own_store(entry):
            stated = True, "it carries an Authorization that its preflight did not ask for"
        if stated is not None and fetch.learn(*stated, self._credentials.certainty(stated[1], reading)):
            told.append(fetch)
        if separates and not reading.preflight:
            if fetch.include is not None and fetch.certainty == "certain":
                told += self._connections.mark(
                    exchange.connection, fetch.include, "it carried another request of that kind"
                )
            elif self._connections.ask(exchange.connection, fetch):
                told.append(fetch)
        self._spread(told, revised)

    def _spread(self, told: list[Fetch], revised: list[Judged]) -> None:
        """Fetches learned their credentials mode: judge again what was judged of them."""
        for fetch in told:
            self._credentials.remember(fetch)
            self._revise(fetch, revised)

    # -- responses ----------------------------------------------------------------------------------------------------

    def _receive(self, entry: Entry, response: Response) -> None:
        exchange, reading = entry.exchange, entry.reading
        if entry.role == "preflight":
            return
        if reading.mode == "navigate" and reading.destination in DOCUMENTS and 200 <= response.status < 300:
            self._documents.add(exchange.request.url, response)
        if response.status == 304 and reading.revalidates:
            self._revalidate(entry)
        else:
            self._stored.keep(exchange, reading.origin)
        entry.role = "request" if location_url(response, exchange.request.url) is None else "redirect"

    def _revalidate(self, entry: Entry) -> None:
        """A 304: the browser goes by the response it stored, with what the 304 changed of it."""
        found = self._stored.revalidated(entry.exchange)
        if found is None:
            because = "the stored response it confirmed was not seen: judged by its own headers"
            entry.evidence["response"] = Evidence("response", "304", because, "likely")
            return
        stored, entry.stored = found
        because = f"it confirmed the response stored from exchange {stored.exchange}"
        if stored.origin != entry.reading.origin and not stored.varies:
            because += f", which was asked for by {stored.origin or 'a request without Origin'} and lacks Vary: Origin"
        entry.evidence["response"] = Evidence("response", "stored", because, "certain")

    def _expect_sequel(self, entry: Entry, response: Response) -> None:
        """After a preflight or a redirect: what is to come, if it passed."""
        verdict, facts = entry.verdict, entry.facts
        assert verdict is not None
        assert facts is not None
        if entry.role == "request":
            return
        if entry.role == "redirect" and facts.target:
            self._expected.after_redirect(entry, facts.target)
        if verdict.certainty == "likely" or (entry.role == "preflight" and entry.fetch.rests_on(ABSENCE)):
            self._waiting.append((response.received + PATIENCE, entry))

    # -- sequels ------------------------------------------------------------------------------------------------------

    def _followed(self, entry: Entry, revised: list[Judged]) -> None:
        """What followed proves that the preflight or redirect passed: branches that block are out."""
        if entry.sequel == "absent":
            # It was there all along, and only read late.
            entry.fetch.doubt(UNFOLLOWED[entry.role])
            entry.evidence.pop("sequel", None)
            self._revise(entry.fetch, revised)
        entry.sequel = "followed"
        self._settle(entry, passed=True, certainty="certain", revised=revised)
        if entry.role == "preflight":
            self._cache_preflight(entry)

    def _absent(self, entry: Entry, certainty: Certainty, revised: list[Judged]) -> None:
        """Nothing followed: branches that pass are out."""
        if entry.sequel != "unknown":
            return
        entry.sequel = "absent"
        if entry.fetch.rests_on(ABSENCE) and self._would_block(entry):
            # Firefox leaves the header out for keepalive; a preflight that passed would have been followed.
            entry.fetch.doubt(ABSENCE)
            self._revise(entry.fetch, revised)
        alike = self._expected.alike(entry)
        followed = [other for other in alike if other.sequel == "followed"]
        for other in followed:
            if overtook(other, entry):
                self._given_up(entry, other, revised)
                return
        # A page may abort its fetch, or be left. That it did so each time is not to be believed.
        again = [] if followed else [other for other in alike if other.sequel == "absent"]
        self._settle(entry, passed=False, certainty=certainty if again else "likely", revised=revised)
        if certainty == "certain":
            for other in again:
                self._settle(other, passed=False, certainty=certainty, revised=revised)

    def _follow_connection(self, reuse: Reuse, entry: Entry, revised: list[Judged]) -> None:
        """A request took a connection: what that tells of the exchanges before it."""
        page = entry.fetch.page_origin if entry.reading.referrer is None else referrer_origin(entry.reading)
        passed, gone = reuse.begins(entry.exchange, entry.reading, page)
        if passed is not None:
            self._settle(passed, passed=True, certainty="certain", revised=revised, because=REUSED)
        for other in gone:
            self._settle(other, passed=False, certainty="likely", revised=revised, because=GONE)

    def _given_up(self, entry: Entry, followed: Entry, revised: list[Judged]) -> None:
        """Nothing followed a preflight, but a request did follow one like it that set out meanwhile.

        The page gave up the first and asked again, as an effect does that runs twice.
        """
        because = (
            f"no request followed, but one did follow exchange {followed.exchange.id}, which asked the same meanwhile"
        )
        entry.evidence["sequel"] = Evidence("sequel", "given up", because, "likely")
        if followed.fetch.include is not None:
            entry.fetch.learn(followed.fetch.include, f"exchange {followed.exchange.id} is just like it", "likely")
        self._revise(entry.fetch, revised)

    def _would_block(self, entry: Entry) -> bool:
        """Whether an exchange that passes would be blocked with credentials."""
        if entry.verdict is None or entry.facts is None or entry.verdict.outcome is Outcome.BLOCKED:
            return False
        return (
            judge(entry.exchange, replace(entry.facts, credentials="include"), self.engine).outcome is Outcome.BLOCKED
        )

    def _settle(
        self, entry: Entry, *, passed: bool, certainty: Certainty, revised: list[Judged], because: str = ""
    ) -> None:
        """Hold the branches of a verdict against what followed; where that leaves one credentials mode, it is known."""
        if entry.verdict is None or not entry.verdict.branches:
            return
        left = left_over(entry.verdict, passed=passed)
        because = because or (FOLLOWED if passed else UNFOLLOWED)[entry.role]
        modes = {label.partition(" ")[0] for label in left}
        if modes in ({"credentials=include"}, {"credentials=not-include"}) and entry.fetch.learn(
            modes == {"credentials=include"}, because, certainty
        ):
            if because is not REUSED:
                # That only ever speaks for the one mode, and so makes no habit.
                self._credentials.remember(entry.fetch)
        elif left:
            entry.evidence["sequel"] = Evidence("sequel", "followed" if passed else "absent", because, certainty)
        self._revise(entry.fetch, revised)

    def _cache_preflight(self, entry: Entry) -> None:
        """A preflight passed: the browser may remember its answer. Of unknown mode, it is taken for one that serves
        both.
        """
        reading, response, include = entry.reading, entry.exchange.response, entry.fetch.include
        assert response is not None
        if include is None and not self._policy.cache.credentials_shared:
            return
        headers = response.headers
        self._cache.store(
            reading.origin or "null",
            entry.exchange.request.url,
            include=include is not False,
            methods=_listed(headers, "access-control-allow-methods"),
            headers=_listed(headers, "access-control-allow-headers"),
            max_age_value=headers.get("access-control-max-age"),
            now=response.received,
            exchange=entry.exchange.id,
            method=reading.method,
            names=reading.names,
        )

    # -- judging ------------------------------------------------------------------------------------------------------

    def _judge(self, entry: Entry) -> Judged:
        entry.facts = facts_of(entry, self.client, self._policy, self._credentials, self._documents)
        verdict, entry.differing = survey(entry.exchange, entry.facts, self.engine)
        if entry.tainting == "cors":
            before = entry.preflight if len(entry.fetch.entries) > 1 else None
            entry.advice = advise(entry.exchange, entry.facts, self.engine, before)
        sequel = entry.evidence.get("sequel")
        if sequel is not None and sequel.value != "given up" and verdict.branches:
            verdict = narrow(verdict, passed=sequel.value == "followed", certainty=sequel.certainty)
        entry.verdict = verdict
        return Judged(entry, self.client, verdict)

    def _revise(self, fetch: Fetch, revised: list[Judged]) -> None:
        """Judge what is already judged of a fetch again; keep what changed."""
        for entry in fetch.entries:
            before, advised = entry.verdict, entry.advice
            if before is not None and ((judged := self._judge(entry)).verdict != before or entry.advice != advised):
                revised.append(replace(judged, revises=True))


def _is_settled(entry: Entry) -> bool:
    """Whether what is judged of an exchange turns on nothing that may still be learned."""
    facts = entry.facts
    assert facts is not None
    return facts.credentials != "unknown" or (facts.tainting == "basic" and facts.tainting_too is None)


def _latest(revised: list[Judged]) -> list[Judged]:
    """The last word on each exchange."""
    return revised if len(revised) < 2 else list({id(judged.entry): judged for judged in revised}.values())


def _listed(headers: HeaderList, name: str) -> tuple[str, ...]:
    values = extract_header_list_values(headers.get(name))
    return values if isinstance(values, tuple) else ()
