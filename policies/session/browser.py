"""One browser: the memory that joins its exchanges into fetches and supplies what the wire hides.

1. Nothing here decides: facts go to judge(), and what the browser does next is held against its branches.
2. What comes later may revise what was said: a request that follows a preflight or a redirect proves that it passed, one
   that never comes proves the contrary.
3. Every memory is bounded.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from policies.engines import ENGINES
from policies.exchange import Exchange, HeaderList, Response
from policies.facts import Embedder, Facts, Site, Tainting
from policies.fetch.headers import Failure, list_values
from policies.fetch.origin import is_potentially_trustworthy, origin_of, same_site, schemelessly_same_site, split_origin
from policies.fetch.preflight_cache import PreflightCache
from policies.fetch.redirect import location_url
from policies.judge import judge, survey
from policies.session.clients import Client
from policies.session.connections import Connections
from policies.session.documents import Documents
from policies.session.fetches import Entry, Fetch
from policies.session.memory import Memory
from policies.session.reading import DOCUMENTS, Reading, read, referrer_origin
from policies.session.stored import StoredResponses
from policies.verdict import Certainty, EngineName, Evidence, Outcome, Verdict

PATIENCE = 2.0
"""Seconds after which a request that should have followed did not: the sequel of a preflight is sent at once."""
SETTLED = 0.25
"""Seconds of further recording that make an absence at its very end certain."""
SLACK = 0.005
"""Seconds by which a sequel's start may precede the end of what it follows, as two clocks were read."""
CHAIN_PATIENCE = 30.0
"""Seconds for which a redirect's or preflight's sequel is still looked for."""
HABIT = 8
"""How many requests of one credentials mode, and none of another, make a habit."""
SIZE = 256
"""Entries of each kind that a browser's memory holds."""
SAME_URL = 8
"""Preflights or redirects to one URL that are remembered at once."""
LONGEST = 64
"""Exchanges of one fetch; what goes on after that is taken for a new one."""

ABSENCE = "it is cross-site and carries no Sec-Fetch-Storage-Access"
FOLLOWED = {"preflight": "the request that follows its preflight came", "redirect": "the request that follows its redirect came"}
UNFOLLOWED = {"preflight": "no request followed its preflight", "redirect": "no request followed its redirect"}
CREDENTIALED = frozenset({"image", "script", "style", "audio", "video", "track", "document", "iframe", "frame"})
"""Destinations of no-cors requests that elements make, always with credentials."""


@dataclass(frozen=True, slots=True)
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


class Browser:
    """The memory of one client."""

    def __init__(self, client: Client, engine: EngineName) -> None:
        self.client = client
        self.engine: EngineName = engine
        policy = ENGINES[engine]
        self._policy = policy
        self._tells_storage_access = policy.storage_access_since is not None and (
            client.engine == engine and client.version is not None and client.version >= policy.storage_access_since
        )
        self._connections = Connections(SIZE)
        self._documents = Documents(SIZE)
        self._stored = StoredResponses(SIZE)
        self._cache = PreflightCache(policy.cache, SIZE)
        self._preflights: Memory[str, list[Entry]] = Memory(SIZE)
        self._redirects: Memory[str, list[Entry]] = Memory(SIZE)
        self._open: Memory[str, Entry] = Memory(SIZE)
        self._waiting: deque[tuple[float, Entry]] = deque(maxlen=SIZE)
        self._habits: Memory[tuple[str | None, str], list[int]] = Memory(SIZE)
        self._now = 0.0

    # -- the two moments of an exchange -------------------------------------------------------------------------------

    def begin(self, exchange: Exchange) -> list[Judged]:
        """A request set out: join it to its fetch. What it revises."""
        request = exchange.request
        revised = self._pass_time(request.started)
        reading = read(request.method, request.headers)
        if reading.preflight:
            entry = self._begin_preflight(exchange, reading, revised)
        else:
            entry = self._begin_request(exchange, reading, revised)
        self._open.put(exchange.id, entry)
        self._weigh(entry, revised)
        return revised

    def observe(self, exchange: Exchange) -> list[Judged]:
        """A response came (or never will): judge the exchange. Its verdict first, then what it revises."""
        revised: list[Judged] = []
        entry = self._open.pop(exchange.id)
        if entry is None:
            revised = self.begin(exchange)
            entry = self._open.pop(exchange.id)
            assert entry is not None
        entry.exchange = exchange
        response, reading = exchange.response, entry.reading
        if response is not None:
            self._receive(entry, response)
        judged = self._judge(entry)
        if response is not None:
            self._expect_sequel(entry, response)
        if judged.verdict.outcome is Outcome.BLOCKED and entry.role != "preflight" and self._policy.cache_cleared_on_failure:
            self._cache.clear(reading.origin or "null", exchange.request.url)
        return [judged, *revised]

    def finish(self) -> list[Judged]:
        """The recording ended: what was still waited for will not come."""
        revised: list[Judged] = []
        while self._waiting:
            _, entry = self._waiting.popleft()
            response = entry.exchange.response
            assert response is not None
            certainty: Certainty = "certain" if self._now - response.received > SETTLED else "likely"
            self._absent(entry, certainty, revised)
        return revised

    # -- joining ------------------------------------------------------------------------------------------------------

    def _begin_preflight(self, exchange: Exchange, reading: Reading, revised: list[Judged]) -> Entry:
        came_from = self._follow(self._redirects, exchange, reading)
        if came_from is not None:
            # The preflight of the redirected request is the sequel, and proves that the redirect passed.
            self._followed(came_from, revised)
        fetch = came_from.fetch if came_from is not None else Fetch(exchange.id, reading.origin)
        entry = self._join(exchange, reading, fetch)
        entry.role = "preflight"
        self._spread(self._connections.mark(exchange.connection, False, "it carried a preflight"), revised)
        self._remember(self._preflights, exchange.request.url, entry)
        return entry

    def _begin_request(self, exchange: Exchange, reading: Reading, revised: list[Judged]) -> Entry:
        asked = self._matching_preflight(exchange, reading) if reading.origin is not None else None
        if asked is not None:
            entry = self._join(exchange, reading, asked.fetch)
            self._followed(asked, revised)
            return entry
        came_from = self._follow(self._redirects, exchange, reading)
        if came_from is not None:
            entry = self._join(exchange, reading, came_from.fetch)
            self._followed(came_from, revised)
        else:
            origin = reading.origin if reading.origin is not None else referrer_origin(reading)
            entry = self._join(exchange, reading, Fetch(exchange.id, origin))
        if reading.needs_preflight and self._tainting(entry)[0] == "cors":
            self._explain_no_preflight(entry)
        return entry

    def _explain_no_preflight(self, entry: Entry) -> None:
        """A request that needs a preflight set out without one: it was cached, or asked before the recording began."""
        reading, request = entry.reading, entry.exchange.request
        stated = self._stated_credentials(reading, request.url, first=entry.index == 0)
        for include in (False, True) if stated is None else (stated,):
            found = self._cache.match(
                reading.origin or "null",
                request.url,
                include=include,
                method=reading.method,
                unsafe_names=reading.names,
                now=request.started,
            )
            if found is not None:
                left = found.until - request.started
                because = f"answered by the preflight of exchange {found.exchange}, cached for {left:.0f} s more"
                entry.evidence["preflight"] = Evidence("preflight", "cached", because, "certain")
                if stated is None and not (found.include and self._policy.cache.credentials_shared):
                    entry.fetch.learn(found.include, f"the cached preflight of exchange {found.exchange} was for that mode")
                return
        because = "its preflight was answered before the recording began" if self.client.browser else "no browser sent it"
        entry.evidence["preflight"] = Evidence("preflight", "not seen", because, "likely")

    def _join(self, exchange: Exchange, reading: Reading, fetch: Fetch) -> Entry:
        url = exchange.request.url
        if not fetch.urls or fetch.urls[-1] != url:
            fetch.urls.append(url)
        told = reading if reading.metadata or not fetch.entries else fetch.entries[0]
        entry = Entry(
            exchange,
            reading,
            fetch,
            mode=told.mode,
            destination=told.destination,
            index=len(fetch.urls) - 1,
            crossed=fetch.crossed,
        )
        fetch.entries.append(entry)
        if self._tainting(entry)[0] == "cors":
            fetch.crossed = True
        return entry

    def _remember(self, memory: Memory[str, list[Entry]], url: str, entry: Entry) -> None:
        entries = memory.get(url)
        if entries is None:
            memory.put(url, [entry])
            return
        horizon = self._now - CHAIN_PATIENCE
        entries[:] = [old for old in entries[1 - SAME_URL :] if old.exchange.request.started > horizon]
        entries.append(entry)

    def _follow(self, memory: Memory[str, list[Entry]], exchange: Exchange, reading: Reading) -> Entry | None:
        """The redirect that led to this request, if one did."""
        entries = memory.get(exchange.request.url)
        if not entries:
            return None
        started = exchange.request.started
        for entry in reversed(entries):
            response = entry.exchange.response
            if entry.sequel == "followed" or response is None or response.received > started + SLACK:
                continue
            if started - response.received > CHAIN_PATIENCE or len(entry.fetch.entries) >= LONGEST:
                continue
            page = entry.fetch.page_origin
            if reading.origin in (None, "null", page) or page is None:
                return entry
        return None

    def _matching_preflight(self, exchange: Exchange, reading: Reading) -> Entry | None:
        """The preflight whose request this is: the latest answered one that asked for just this and can have passed."""
        entries = self._preflights.get(exchange.request.url)
        if not entries:
            return None
        started = exchange.request.started
        names = frozenset(reading.names)
        best: Entry | None = None
        for entry in entries:
            response = entry.exchange.response
            asked = entry.reading
            if entry.sequel == "followed" or response is None or response.received > started + SLACK:
                continue
            redirected = len(entry.fetch.urls) > 1
            if asked.method != reading.method or (asked.origin != reading.origin and not (redirected and reading.origin == "null")):
                continue
            # More than was asked for: an Authorization out of the browser's own store. Less: a redirect dropped it, and
            # WebKit's preflight had not noticed. Headers that a browser sets too, a page may have set: they count as sent.
            more, less = names - frozenset(asked.names), frozenset(asked.names) - reading.sent
            if not more <= {"authorization"} or (less and not redirected):
                continue
            if not reading.needs_preflight and started - response.received > PATIENCE:
                continue
            if self._impossible(entry, reading):
                continue
            if best is None or response.received >= best.exchange.response.received:  # type: ignore[union-attr]
                best = entry
        return best

    def _impossible(self, preflight: Entry, reading: Reading) -> bool:
        """Whether this request's credentials mode rules out that the preflight was its own."""
        include = self._stated_credentials(reading, preflight.exchange.request.url, first=len(preflight.fetch.urls) == 1)
        if include is None:
            return False
        fetch = preflight.fetch
        if fetch.rests_on(UNFOLLOWED[preflight.role]):
            return False
        if fetch.include is not None and fetch.certainty == "certain" and fetch.include != include:
            return True
        if preflight.verdict is None:
            return False
        ruling = preflight.verdict.branches.get("credentials=include" if include else "credentials=not-include")
        return (ruling or preflight.verdict.ruling).outcome is Outcome.BLOCKED

    # -- credentials --------------------------------------------------------------------------------------------------

    def _stated_credentials(self, reading: Reading, url: str, *, first: bool) -> bool | None:
        """The credentials mode as a cross-origin request itself tells it: True for include, None when it does not."""
        if reading.cookie or reading.storage_access:
            return True
        if reading.destination == "font" and reading.mode == "cors":
            return False
        if not self._tells_storage_access or reading.site != "cross-site" or not is_potentially_trustworthy(url):
            return None
        if self.engine == "chromium":
            return None if reading.preflight else False
        # Firefox tells it on preflights too, but not after a redirect, not for keepalive, and not for another scheme alone.
        if not first or reading.keepalive or _schemelessly_same_site(reading.origin, url):
            return None
        return False

    def _weigh(self, entry: Entry, revised: list[Judged]) -> None:
        """What this request tells of its fetch's credentials mode, and of its connection."""
        fetch, reading, exchange = entry.fetch, entry.reading, entry.exchange
        told: list[Fetch] = []
        separate = self._policy.separate_connections == "always" or (
            self._policy.separate_connections == "http/1.1" and not exchange.http2
        )
        cross = self._tainting(entry)[0] == "cors"
        if cross:
            if entry.role == "request" and self.engine == "firefox" and reading.keepalive:
                fetch.doubt(ABSENCE)
            include = self._stated_credentials(reading, exchange.request.url, first=entry.index == 0)
            if include is not None and fetch.learn(include, self._stated_because(reading, include)):
                told.append(fetch)
            elif entry.role == "request" and reading.authorization and self._from_auth_cache(entry):
                if fetch.learn(True, "it carries an Authorization that its preflight did not ask for"):
                    told.append(fetch)
            if entry.role == "request" and separate:
                if fetch.include is None or fetch.certainty == "likely":
                    if self._connections.ask(exchange.connection, fetch):
                        told.append(fetch)
                elif fetch.certainty == "certain":
                    told += self._connections.mark(
                        exchange.connection, fetch.include, "it carried another request of that kind"
                    )
        elif separate and self._credentialed_by_nature(reading):
            told += self._connections.mark(exchange.connection, True, "it carried a request that always has credentials")
        self._spread(told, revised)

    def _spread(self, told: list[Fetch], revised: list[Judged]) -> None:
        """Fetches learned their credentials mode: judge again what was judged of them."""
        for fetch in told:
            self._learned(fetch)
            self._revise(fetch, revised)

    @staticmethod
    def _stated_because(reading: Reading, include: bool) -> str:
        if reading.cookie and include:
            return "it carries a cookie"
        if include:
            return "it carries Sec-Fetch-Storage-Access"
        if reading.destination == "font":
            return "fonts are asked for without credentials"
        return ABSENCE

    @staticmethod
    def _from_auth_cache(entry: Entry) -> bool:
        preflights = [other for other in entry.fetch.entries if other.role == "preflight"]
        return bool(preflights) and "authorization" not in preflights[-1].reading.names

    @staticmethod
    def _credentialed_by_nature(reading: Reading) -> bool:
        if reading.mode == "navigate" or reading.cookie:
            return True
        return reading.mode == "no-cors" and reading.metadata and reading.destination in CREDENTIALED

    # -- responses ----------------------------------------------------------------------------------------------------

    def _receive(self, entry: Entry, response: Response) -> None:
        exchange, reading = entry.exchange, entry.reading
        if reading.mode == "navigate" and reading.destination in DOCUMENTS and 200 <= response.status < 300:
            self._documents.add(exchange.request.url, response)
        if response.status == 304 and reading.revalidates and entry.role != "preflight":
            found = self._stored.revalidated(exchange)
            if found is None:
                entry.evidence["response"] = Evidence(
                    "response", "304", "the stored response it confirmed was not seen: judged by its own headers", "likely"
                )
            else:
                stored, entry.stored = found
                because = f"it confirmed the response stored from exchange {stored.exchange}"
                if stored.origin != reading.origin and not stored.varies:
                    because += f", which was asked for by {stored.origin or 'a request without Origin'} and lacks Vary: Origin"
                entry.evidence["response"] = Evidence("response", "stored", because, "certain")
        else:
            self._stored.keep(exchange, reading.origin)
        if entry.role != "preflight":
            entry.role = "request" if location_url(response, exchange.request.url) is None else "redirect"

    def _expect_sequel(self, entry: Entry, response: Response) -> None:
        """After a preflight or a redirect: what is to come, if it passed."""
        verdict, facts = entry.verdict, entry.facts
        assert verdict is not None and facts is not None
        if entry.role == "request":
            return
        if entry.role == "redirect" and facts.target:
            self._remember(self._redirects, facts.target, entry)
        if verdict.certainty == "likely" or (entry.role == "preflight" and entry.fetch.rests_on(ABSENCE)):
            self._waiting.append((response.received + PATIENCE, entry))

    # -- sequels ------------------------------------------------------------------------------------------------------

    def _followed(self, entry: Entry, revised: list[Judged]) -> None:
        """What followed proves that the preflight or redirect passed: branches that block are out."""
        if entry.sequel == "absent":
            # It was there all along, and only read late.
            entry.fetch.doubt(UNFOLLOWED[entry.role])
            entry.evidence.pop("sequel", None)
            self._judge(entry)
        entry.sequel = "followed"
        self._settle(entry, passed=True, certainty="certain", revised=revised)
        if entry.role == "preflight":
            self._cache_preflight(entry)

    def _cache_preflight(self, entry: Entry) -> None:
        """A preflight passed: the browser may remember its answer. Of unknown mode, it is taken for one that serves both."""
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

    def _absent(self, entry: Entry, certainty: Certainty, revised: list[Judged]) -> None:
        """Nothing followed: branches that pass are out."""
        if entry.sequel != "unknown":
            return
        entry.sequel = "absent"
        if entry.verdict is not None and entry.verdict.outcome is Outcome.ALLOWED and entry.fetch.rests_on(ABSENCE):
            # Firefox leaves the header out for keepalive; a preflight that passed would have been followed.
            self._doubt(entry)
        self._settle(entry, passed=False, certainty=certainty, revised=revised)

    def _doubt(self, entry: Entry) -> None:
        """Take back what an absent header told, if what followed would contradict it."""
        fetch, facts = entry.fetch, entry.facts
        assert facts is not None
        if judge(entry.exchange, replace(facts, credentials="include"), self.engine).outcome is Outcome.BLOCKED:
            fetch.doubt(ABSENCE)
            self._judge(entry)

    def _settle(self, entry: Entry, *, passed: bool, certainty: Certainty, revised: list[Judged]) -> None:
        verdict = entry.verdict
        if verdict is None or not verdict.branches:
            return
        left = {label for label, ruling in verdict.branches.items() if (ruling.outcome is not Outcome.BLOCKED) == passed}
        because = (FOLLOWED if passed else UNFOLLOWED)[entry.role]
        changed = False
        if left and all("credentials=include" in label for label in left):
            changed = entry.fetch.learn(True, because, certainty)
        elif left and all("credentials=not-include" in label for label in left):
            changed = entry.fetch.learn(False, because, certainty)
        if changed:
            self._learned(entry.fetch)
        if not changed and left:
            entry.evidence["sequel"] = Evidence("sequel", "followed" if passed else "absent", because, certainty)
        self._revise(entry.fetch, revised)

    def _pass_time(self, now: float) -> list[Judged]:
        """Time goes by: what was waited for in vain is absent."""
        revised: list[Judged] = []
        self._now = max(self._now, now)
        while self._waiting and self._waiting[0][0] < now:
            self._absent(self._waiting.popleft()[1], "certain", revised)
        return revised

    def _revise(self, fetch: Fetch, revised: list[Judged]) -> None:
        """Judge what is already judged of a fetch again; keep what changed."""
        for entry in fetch.entries:
            if entry.verdict is None:
                continue
            before = entry.verdict
            judged = self._judge(entry)
            if judged.verdict != before:
                revised.append(Judged(entry, self.client, judged.verdict, revises=True))

    # -- judging ------------------------------------------------------------------------------------------------------

    def _judge(self, entry: Entry) -> Judged:
        entry.facts = self._facts(entry)
        verdict, entry.differing = survey(entry.exchange, entry.facts, self.engine)
        sequel = entry.evidence.get("sequel")
        if sequel is not None and verdict.branches:
            verdict = _narrow(verdict, passed=sequel.value == "followed", certainty=sequel.certainty)
        entry.verdict = verdict
        return Judged(entry, self.client, verdict)

    def _tainting(self, entry: Entry) -> tuple[Tainting, Tainting | None]:
        """The response tainting, and the other one it may be (https://fetch.spec.whatwg.org/#main-fetch, step 12)."""
        reading, fetch = entry.reading, entry.fetch
        mode, origin = entry.mode, reading.origin
        own = origin_of(entry.exchange.request.url)
        if reading.preflight:
            return "cors", None
        if mode in ("navigate", "websocket", "same-origin"):
            return "basic", None
        page = origin if origin not in (None, "null") else fetch.page_origin
        same = page == own if page not in (None, "null") else False
        if reading.site == "none":
            # Asked by the user, or by the browser for itself.
            return "basic", None
        if reading.site is not None:
            same = reading.site == "same-origin"
        if mode == "no-cors":
            return ("basic" if same and not entry.crossed else "opaque"), None
        if mode == "cors":
            if (same and not entry.crossed) or origin is None:
                return "basic", None
            # An extension that was granted the host is not subject to CORS, one that was not is.
            return "cors", "basic" if (page or "").partition(":")[0].endswith("-extension") else None
        # No Sec-Fetch-Mode, and nothing that tells it.
        if origin is None or same:
            if same and not entry.crossed:
                return "basic", None
            return ("basic", None) if page is None else ("opaque", None)
        return "cors", "opaque"

    def _facts(self, entry: Entry) -> Facts:
        exchange, reading, fetch = entry.exchange, entry.reading, entry.fetch
        url = exchange.request.url
        tainting, tainting_too = self._tainting(entry)
        page_origin = fetch.page_origin
        response = entry.stored or exchange.response
        target: str | None = None
        if entry.role == "redirect" and response is not None:
            found = location_url(response, url)
            target = "" if found is Failure.FAILURE else found
        referrer = reading.referrer
        page_hint = page_origin if page_origin not in (None, "null") else referrer_origin(reading)
        page: str | None = None
        secure: bool | None = False
        if target is not None:
            page = self._documents.page(page_hint, referrer) or self._documents.last
            secure = self._secure(page_hint)
        site: Site = "cross-site"
        embedder: Embedder | None = "unsafe-none"
        include = fetch.include if fetch.certainty == "certain" else None
        if tainting == "opaque" or tainting_too == "opaque":
            site = self._site(reading, page_hint, url)
            embedder = self._embedder(page_hint, referrer)
            if tainting == "opaque" and include is None:
                include = reading.destination in CREDENTIALED or reading.storage_access
        likelier = fetch.include
        if likelier is None:
            likelier = self._habitual(fetch)
        if likelier is None:
            likelier = _invites(entry, response)
        return Facts(
            role=entry.role,
            tainting=tainting,
            response=entry.stored,
            origin=reading.origin if reading.origin is not None else page_hint,
            page_origin=page_origin,
            page=page,
            mode=entry.mode,
            destination=entry.destination,
            event_source=reading.event_source,
            method=reading.method,
            names=reading.names,
            credentials="unknown" if include is None else "include" if include else "not-include",
            likelier="include" if likelier else "not-include",
            tainting_too=tainting_too,
            secure=secure,
            site=site,
            embedder=embedder,
            chain=tuple(fetch.urls[: entry.index]),
            target=target,
        )

    def _secure(self, page_origin: str | None) -> bool | None:
        if page_origin is not None and page_origin != "null":
            return page_origin.startswith("https:")
        if self._documents.last is not None:
            return self._documents.last.startswith("https:")
        return None

    def _site(self, reading: Reading, page_origin: str | None, url: str) -> Site:
        if reading.site in ("same-origin", "same-site", "cross-site"):
            return reading.site  # type: ignore[return-value]
        if page_origin is None:
            return "cross-site"
        own = origin_of(url)
        return "same-origin" if own == page_origin else "same-site" if same_site(own, page_origin) else "cross-site"

    def _embedder(self, page_origin: str | None, referrer: str | None) -> Embedder | None:
        if not self.client.browser:
            return "unsafe-none"
        policy = self._documents.embedder(page_origin, referrer)
        if policy is None and self._documents.last is not None and page_origin is None:
            policy = self._documents.embedder(None, self._documents.last)
        return policy

    def _learned(self, fetch: Fetch) -> None:
        """A fetch's credentials mode became certain: what its page does, it mostly does again."""
        if fetch.certainty != "certain" or fetch.include is None:
            return
        key = fetch.page_origin, origin_of(fetch.urls[0])
        counts = self._habits.get(key) or [0, 0]
        counts[fetch.include] += 1
        self._habits.put(key, counts)

    def _habitual(self, fetch: Fetch) -> bool | None:
        """The mode of every request known so far from this page's origin to that server, if it was always the same."""
        counts = self._habits.get((fetch.page_origin, origin_of(fetch.urls[0])))
        if counts is None or min(counts) > 0 or max(counts) < HABIT:
            return None
        return counts[1] > 0


def _schemelessly_same_site(origin: str | None, url: str) -> bool:
    """Whether a URL's host is of the origin's site; an opaque origin has none."""
    ours, theirs = split_origin(origin or "null"), split_origin(origin_of(url))
    return ours is not None and theirs is not None and schemelessly_same_site(ours[1], theirs[1])


def _listed(headers: HeaderList, name: str) -> tuple[str, ...]:
    values = list_values(headers.get(name))
    return values if isinstance(values, tuple) else ()


def _invites(entry: Entry, response: Response | None) -> bool:
    """Whether the server's own words make a credentialed request the likelier: it allows credentials.

    Beside `*` that is thoughtless so often that it counts only once a preflight shows that the page asks for more.
    """
    if response is None or response.headers.get("access-control-allow-credentials") != "true":
        return False
    if response.headers.get("access-control-allow-origin") != "*":
        return True
    return any(other.role == "preflight" for other in entry.fetch.entries)


def _narrow(verdict: Verdict, *, passed: bool, certainty: Certainty) -> Verdict:
    """The verdict without the branches that what followed has ruled out."""
    left = {label: ruling for label, ruling in verdict.branches.items() if (ruling.outcome is not Outcome.BLOCKED) == passed}
    if not left:
        return verdict
    ruling = next(iter(left.values()))
    branches = left if len(set(left.values())) > 1 else {}
    same = all(other.outcome is ruling.outcome for other in left.values())
    return replace(verdict, ruling=ruling, certainty=certainty if same else "likely", branches=branches)
