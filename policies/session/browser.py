"""One browser: the memory that joins its exchanges into fetches and supplies what the wire hides.

1. Nothing here decides: facts go to judge(), and what the browser does next is held against its branches.
2. What comes later may revise what was said: a request that follows a preflight or a redirect proves that it passed,
   one that never comes speaks for the contrary.
3. Every memory is bounded.
"""

from __future__ import annotations

from dataclasses import replace

from corsight.policies.decision.decisive import CONNECTION, digest
from corsight.policies.engines import list_policies
from corsight.policies.evidence import Evidence, Reason
from corsight.policies.exchange import Exchange, Response, Word
from corsight.policies.facts import Build, Facts
from corsight.policies.fetch.main_fetch import Tainting
from corsight.policies.fetch.orb import is_opaque_response_blocked, read_essence
from corsight.policies.fetch.origin import origin_of
from corsight.policies.fetch.preflight_cache import PreflightCache
from corsight.policies.session.clients import Client
from corsight.policies.session.connections import Connections
from corsight.policies.session.credentials import Credentials
from corsight.policies.session.documents import Documents
from corsight.policies.session.expected import Expected
from corsight.policies.session.fetches import Entry, Fetch, read_patched
from corsight.policies.session.gather import find_tainting, find_target
from corsight.policies.session.jars import Jars
from corsight.policies.session.joining import Joining
from corsight.policies.session.judging import Judge, Judged, is_final
from corsight.policies.session.keeping import Keeping, says_close
from corsight.policies.session.leading import may_be_its_own
from corsight.policies.session.learning import Learning
from corsight.policies.session.marker import Marker
from corsight.policies.session.memory import GIANT, Memory, weigh_request
from corsight.policies.session.own_headers import OwnHeaders
from corsight.policies.session.reading import Reading, read
from corsight.policies.session.receiving import Receiving
from corsight.policies.session.reuse import Reuse
from corsight.policies.session.sequels import Sequels
from corsight.policies.session.stored import StoredResponses
from corsight.policies.session.told import list_told
from corsight.policies.session.word import Words
from corsight.policies.verdict import EngineName, Outcome

SIZE = 128
"""Entries of each kind that a browser's memory holds."""

type _Taintings = tuple[Tainting, Tainting | None]


class Browser:
    """The memory of one client, judged as an engine in the client's own version, or in the one that is given."""

    def __init__(self, client: Client, engine: EngineName, version: int | None = None) -> None:
        self.client = client
        self.engine: EngineName = engine
        build = client.build if version is None else Build(engine, version)
        self._policy = list_policies(engine, build)[0]
        self._cache = PreflightCache(self._policy.cache, SIZE)
        self._connections = Connections(4 * SIZE)
        self._credentials = Credentials(self._policy, SIZE, known=build is not None and build.engine == engine)
        self._marker = Marker(SIZE)
        self._documents = Documents.of(self._policy, SIZE)
        self._keeping = Keeping(4 * SIZE)
        self._expected = Expected(SIZE)
        self._judge = Judge(client, self._policy, build, self._credentials, self._documents)
        self._words = Words(self._judge, self._credentials, self._connections, 4 * SIZE)
        self._sequels = Sequels(client, self._policy, self._judge, self._credentials, self._expected, self._cache, SIZE)
        self._open: Memory[str, Entry] = Memory(SIZE)
        self._tells_metadata = False
        # With the reading that its key is of.
        self._taintings: Memory[tuple[int, str, str, str | None, bool], tuple[Reading, _Taintings]] = Memory(4 * SIZE)
        stored = StoredResponses(SIZE)
        self._receiving = Receiving(
            self._policy, self._credentials, self._marker, self._documents, self._expected, self._sequels, stored
        )
        self._reuse = Reuse(4 * SIZE, self._keeping) if client.libsoup else None
        self._own_headers = OwnHeaders()
        self._joining = Joining(client, self._policy, self._credentials, self._expected, self._cache, self._keeping)
        jars = Jars(SIZE, self._keeping, self._expected.pace)
        self._learning = Learning(
            self._credentials, self._connections, self._marker, jars, self._documents, self._joining, self._judge, SIZE
        )

    # -- the moments of an exchange -----------------------------------------------------------------------------------

    def begin(self, exchange: Exchange) -> list[Judged]:
        """Join a request that set out to its fetch. Return the earlier exchanges whose verdict changed."""
        request = exchange.request
        weight = weigh_request(request)
        # A giant is read once, when its response came.
        if weight <= GIANT:
            self._begin(exchange, read(request.method, request.headers, exchange.told), weight)
        return self._judge.take_revised() if self._judge.revised else []

    def observe(self, exchange: Exchange, *, body_comes: bool = False) -> list[Judged]:
        """Judge an exchange whose response came, or never will. Return its verdict first, then those it changed.

        None where its body decides, and is still to come.
        """
        entry = self._open.get(exchange.id)
        if entry is not None:
            may_be_opaque = entry.tainting == "opaque" or entry.tainting_too == "opaque"
            if body_comes and may_be_opaque and self._awaits_body(entry, exchange.response):
                return []
            self._open.forget(exchange.id)
        else:
            reading = read(exchange.request.method, exchange.request.headers, exchange.told)
            weight = weigh_request(exchange.request)
            if weight > GIANT:
                return [self._judge_alone(exchange, reading, weight)]
            entry = self._begin(exchange, reading, weight)
            self._open.forget(exchange.id)
        entry.exchange = exchange
        response, weight = exchange.response, 0
        if exchange.patched:
            entry.patched = read_patched(exchange)
        if response is not None:
            weight = response.headers.weight
            entry.weight += weight
            entry.digest = digest(response)
            marks = entry.digest[-1]
            self._keeping.end(exchange, closes=marks & CONNECTION != 0 and says_close(response))
            self._receiving.receive(entry, response, marks)
        judged = self._judge.judge(entry)
        if exchange.word is not None:
            self._learning.spread(self._words.heed(entry, exchange.word))
            judged = self._judge.judge(entry)
        verdict = judged.verdict
        entries = entry.fetch.entries
        contested = len(entries) > 1 and any(other.rivals or other.spared or other.strayed for other in entries)
        final = not contested and is_final(judged) and not self._learning.may_take_back(entry.fetch)
        if verdict.outcome is Outcome.BLOCKED and entry.role != "preflight" and self._policy.cache_cleared_on_failure:
            self._cache.clear(entry.reading.origin or "null", exchange.request.url)
        if response is not None:
            entry.fetch.weight += weight
            self._expected.add_weight(entry, weight)
            self._learning.add_weight(entry, weight)
            if weight > GIANT:
                self._expected.forget(entry)
                self._learning.forget(entry)
            elif not final:
                self._sequels.expect(judged, response.received)
        if verdict.divided and exchange.told is not None:
            self._sequels.hear(entry, exchange.told)
        if self._reuse is not None and entry.tainting == "cors" and not exchange.http2:
            self._reuse.ended(entry, verdict)
        if not self._words.keep(entry) and (final or weight > GIANT):
            # Nothing can follow or be revised: without the circle of fetch and entries both are freed at once.
            entry.fetch.entries.clear()
        return [judged, *self._judge.take_revised()] if self._judge.revised else [judged]

    def preview(self, exchange: Exchange) -> Facts | None:
        """Return what an exchange under way would be judged by, with this response; nothing is remembered of it.

        None where CORS has no say, or its request was not seen to set out.
        """
        entry = self._open.get(exchange.id)
        if entry is None or exchange.response is None or (entry.tainting == "basic" and entry.tainting_too is None):
            return None
        preview = replace(entry, exchange=exchange, evidence={})
        if preview.role != "preflight":
            if exchange.response.status == 304 and preview.reading.revalidates:
                self._receiving.revalidate(preview)
            target = find_target(exchange.response, exchange.request.url, self._policy)
            preview.role = "request" if target is None else "redirect"
        return self._judge.gather(preview)

    def _awaits_body(self, entry: Entry, response: Response | None) -> bool:
        """Return whether opaque response blocking has to look into the body of an exchange under way."""
        rules = self._policy.opaque_response_blocking
        if response is None or rules is None:
            return False
        get = response.headers.get
        blocked = is_opaque_response_blocked(
            read_essence(get("content-type"), rules.types_read),
            nosniff=(get("x-content-type-options") or "").lower() == "nosniff",
            status=response.status,
            destination=entry.destination,
            content_range=get("content-range"),
            empty=get("content-length") == "0",
            rules=rules,
        )
        return blocked is None

    def attend(self) -> None:
        """Remember what is judged from now on: the browser itself may say something of it."""
        self._words.attend()

    def heed(self, id: str, word: Word) -> list[Judged] | None:
        """Take in what the browser says of an exchange. Return those whose verdict changed; None for an unknown one."""
        if (entry := self._words.find(id)) is None:
            return None
        self._learning.spread(self._words.heed(entry, word))
        return self._judge.take_revised()

    def is_at_home(self, origin: str) -> bool:
        """Return whether this client loaded a page of this origin from loopback, as a document of its own."""
        return self._documents.is_at_home(origin)

    def finish(self) -> list[Judged]:
        """End the recording. Return the exchanges whose verdict changed since what was waited for will not come."""
        self._sequels.finish()
        return self._judge.take_revised()

    # -- joining ------------------------------------------------------------------------------------------------------

    def _begin(self, exchange: Exchange, reading: Reading, weight: int) -> Entry:
        started, sequels = exchange.request.started, self._sequels
        if started > sequels.now:
            sequels.now = started
        if started > sequels.due:
            sequels.pass_time(started)
        sequels.note_asking(reading.referrer)
        if reading.metadata:
            self._tells_metadata = True
        if reading.carried:
            reading = self._own_headers.read(reading)
        if reading.preflight:
            entry = self._join_preflight(exchange, reading, weight)
        else:
            entry = self._join_request(exchange, reading, weight)
        self._open.put(exchange.id, entry, entry.fetch.weight)
        if self._reuse is not None and not exchange.http2:
            self._follow_connection(self._reuse, entry)
        if exchange.connection:
            self._keeping.begin(exchange, entry.server)
        self._learning.learn(entry, len(self._open) - 1)
        if exchange.told is not None:
            entry.evidence.update(list_told(entry, exchange.told))
        return entry

    def _judge_alone(self, exchange: Exchange, reading: Reading, weight: int) -> Judged:
        """Judge an exchange whose request is too large for any browser's: it joins nothing, and nothing of it stays."""
        entry = self._join(exchange, reading, Fetch(exchange.id, reading.origin), weight)
        target = find_target(exchange.response, exchange.request.url, self._policy)
        entry.role = "preflight" if reading.preflight else "request" if target is None else "redirect"
        if exchange.response is not None:
            entry.weight += exchange.response.headers.weight
        judged = self._judge.judge(entry)
        entry.fetch.entries.clear()
        return judged

    def _join_preflight(self, exchange: Exchange, reading: Reading, weight: int) -> Entry:
        redirect = self._joining.find_redirect(exchange, reading)
        fetch = redirect.fetch if redirect is not None else Fetch(exchange.id, reading.origin)
        entry = self._join(exchange, reading, fetch, weight)
        entry.role = "preflight"
        if redirect is not None:
            self._follow_redirect(redirect, entry)
        self._expected.after_preflight(entry)
        self._learning.spread(self._connections.mark(exchange.connection, False, Reason.CONNECTION_OF_PREFLIGHT))
        return entry

    def _join_request(self, exchange: Exchange, reading: Reading, weight: int) -> Entry:
        preflight, told, url, expected, spared = None, exchange.told, exchange.request.url, self._expected, False
        # What failed with its answer not recorded may never have been sent: it does not show that a preflight passed.
        if url in expected.preflights and reading.origin is not None and (told is None or not told.untold):
            preflight = self._joining.find_preflight(exchange, reading)
        before = preflight
        if before is None and url in expected.redirects:
            before = self._joining.find_redirect(exchange, reading)
        if before is not None:
            entry = self._join(exchange, reading, before.fetch, weight)
            if preflight is None:
                self._follow_redirect(before, entry)
            else:
                spared = self._joining.may_be_spared(preflight, exchange, reading)
                self._sequels.follow(preflight, *self._joining.contest(preflight, exchange, reading))
        else:
            origin = reading.origin if reading.origin is not None else reading.referrer_origin
            if origin is None and reading.site == "same-origin":
                origin = origin_of(url)
            entry = self._join(exchange, reading, Fetch(exchange.id, origin), weight)
        if preflight is not None:
            connections = self._connections
            stated = self._joining.state(exchange, reading, first=entry.index == 0)
            entry.strayed = preflight.strayed and stated is None
            unknown = connections.trusted and connections.get(exchange.connection).include is None
            others = len(self._open)
            if unknown and self._joining.compare_connections(preflight, entry, others, spared=spared):
                connections.keep(entry.fetch)
                self._learning.spread([entry.fetch])
        elif reading.needs_preflight and entry.tainting == "cors":
            self._joining.explain_no_preflight(entry)
        return entry

    def _follow_redirect(self, redirect: Entry, entry: Entry) -> None:
        exchange, reading = entry.exchange, entry.reading
        rival = self._joining.find_rival_redirect(redirect, exchange, reading)
        if rival is not None:
            entry.strayed, details = True, (rival.exchange.id,)
            entry.evidence["redirect"] = Evidence("redirect", "doubtful", Reason.REDIRECT_OF_ANOTHER, "likely", details)
        if may_be_its_own(redirect, exchange, reading):
            stated = self._joining.state(exchange, reading, first=False) is not None
            self._sequels.follow_doubtfully(redirect, entry, stated=stated)
        else:
            self._sequels.follow(redirect)

    def _join(self, exchange: Exchange, reading: Reading, fetch: Fetch, weight: int) -> Entry:
        url = exchange.request.url
        if not fetch.entries:
            fetch.urls.append(url)
            mode: str = "unknown" if reading.framed and self._documents.page(origin_of(url), None) else reading.mode
            entry = Entry(exchange, reading, fetch, mode, reading.destination)
            fetch.server = entry.server
        else:
            # A preflight and its request are one hop; a redirect may lead back to where it came from.
            if fetch.entries[-1].role == "redirect" or fetch.urls[-1] != url:
                fetch.urls.append(url)
            told = reading if reading.metadata else fetch.entries[0]
            # An Origin that only a redirect brought tells the mode of a fetch that did not say it.
            mode = reading.mode if told.mode == "unknown" else told.mode
            entry = Entry(exchange, reading, fetch, mode, told.destination, len(fetch.urls) - 1, fetch.crossed)
        if reading.mode_by_order and entry.mode == reading.mode:
            reason = Reason.ORIGIN_FIRST if entry.mode == "cors" else Reason.ORIGIN_LAST
            entry.evidence["mode"] = Evidence("mode", entry.mode, reason)
        fetch.weight += weight
        entry.weight = weight
        fetch.entries.append(entry)
        entry.tainting, entry.tainting_too = self._find_tainting(entry)
        if entry.tainting != "basic":
            fetch.crossed = True
        return entry

    def _find_tainting(self, entry: Entry) -> _Taintings:
        """Return the response tainting of an exchange, and the other one it may be, as was found of those like it."""
        if entry.crossed:
            return find_tainting(entry, tells_metadata=self._tells_metadata)
        key = id(entry.reading), entry.server, entry.mode, entry.fetch.page_origin, self._tells_metadata
        found = self._taintings.get(key)
        if found is None:
            found = entry.reading, find_tainting(entry, tells_metadata=self._tells_metadata)
            self._taintings.put(key, found, entry.weight)
        return found[1]

    def _follow_connection(self, reuse: Reuse, entry: Entry) -> None:
        """Learn about the exchanges before on the connection that a request took."""
        if reuse.refutes(entry.exchange):
            self._reuse = None
            self._sequels.take_back()
            return
        page = entry.fetch.page_origin if entry.reading.referrer is None else entry.reading.referrer_origin
        passed, gone = reuse.begins(entry.exchange, entry.reading, page)
        if passed is not None:
            self._sequels.settle(passed, passed=True, certainty="certain", reason=Reason.CONNECTION_REUSED)
        for other in gone:
            self._sequels.settle(other, passed=False, certainty="likely", reason=Reason.CONNECTION_CLOSED)
