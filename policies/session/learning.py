"""What each request tells of its fetch's credentials mode, put together: what is learned late is judged again."""

from __future__ import annotations

from corsight.policies.evidence import Certainty, Reason
from corsight.policies.session.connections import BY_CONNECTION, Connections
from corsight.policies.session.credentials import WORKERS, Credentials, by_nature, from_own_store
from corsight.policies.session.documents import Documents
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.jars import Jars
from corsight.policies.session.joining import Joining
from corsight.policies.session.judging import Judge
from corsight.policies.session.marker import Marker
from corsight.policies.session.memory import Memory
from corsight.policies.session.mixing import Mixing


class Learning:
    """Learns the credentials modes of one browser's fetches."""

    def __init__(
        self,
        credentials: Credentials,
        connections: Connections,
        marker: Marker,
        jars: Jars,
        documents: Documents,
        joining: Joining,
        judge: Judge,
        size: int,
    ) -> None:
        self._credentials = credentials
        self._connections = connections
        self._marker = marker
        self._jars = jars
        self._documents = documents
        self._joining = joining
        self._judge = judge
        self._untold: Memory[str, Entry] = Memory(size)
        self._mixing = Mixing(4 * size)

    def learn(self, entry: Entry, others: int) -> None:
        """Learn what a request tells of its fetch's credentials mode, and of its connection; so many others are under
        way.
        """
        fetch, reading, exchange = entry.fetch, entry.reading, entry.exchange
        if reading.storage_access and self._credentials.note_storage_access():
            self._believe_absence()
        if reading.keepalive:
            self._credentials.note_keepalive(reading)
        separates = self._credentials.separates(exchange)
        if entry.tainting != "cors":
            if reading.mode == "navigate":
                self._jars.note_document(entry)
            if reading.mode == "navigate" or reading.cookie:
                self._marker.note_document(entry)
            if reading.destination in WORKERS:
                self._credentials.note_worker(entry.server)
            if separates and entry.tainting == "opaque" and entry.destination == "unknown":
                self._connections.tell_bare(exchange.connection, fetch)
            # A credentialless page asks without; and which page asked, is not always told.
            bare = reading.mode == "no-cors" and not reading.cookie and self._documents.credentialless
            if by_nature(reading) and not bare:
                first = entry.index == 0
                if self._credentials.note_no_storage_access(reading, exchange.request.url, first=first):
                    self._disbelieve_absence()
                if separates:
                    self.spread(self._connections.mark(exchange.connection, True, Reason.CONNECTION_OF_CREDENTIALS))
                elif self._credentials.mixes(exchange):
                    self._mixing.note(exchange.connection, entry.server, include=True)
            return
        learned: list[Fetch] = []
        page, now = reading.origin or "null", exchange.request.started
        self._jars.note_others(others, now)
        if reading.cookie or exchange.marker == "carried":
            self._jars.note_page(page)
        since = self._credentials.lacks_cookie(reading, exchange.request, entry.server) if entry.index == 0 else None
        if since is not None and fetch.learn(False, Reason.NO_COOKIE, self._jars.weigh_absence(page, since, now)):
            learned.append(fetch)
        if reading.keepalive and self._credentials.overrules_absence(reading):
            fetch.doubt(Reason.NO_STORAGE_ACCESS)
        marked = None if exchange.marker is None else self._marker.tell(entry, others, self._jars)
        stated = self._joining.state(exchange, reading, first=entry.index == 0)
        if stated is None and exchange.told is not None and exchange.told.credentials is not None:
            stated = exchange.told.credentials, Reason.RECORDED_MODE
        if stated is None and reading.authorization and from_own_store(entry):
            stated = True, Reason.OWN_AUTHORIZATION
        certainty: Certainty = "certain"
        if stated is not None:
            certainty = self._credentials.certainty(stated[1], reading, http2=exchange.http2)
        if self._credentials.mixes(exchange):
            stated, certainty = self._compare_mode(entry, stated, certainty)
        if stated is not None:
            include, reason = stated
            if fetch.learn(include, reason, certainty):
                learned.append(fetch)
                unproven = fetch.certainty == "likely" or self._credentials.storage_access_unseen
                if unproven and reason is Reason.NO_STORAGE_ACCESS:
                    self._untold.put(exchange.id, entry, fetch.weight)
        if marked is not None and fetch.learn(*marked) and fetch not in learned:
            learned.append(fetch)
        if separates and not reading.preflight and not entry.strayed:
            if fetch.include is not None and fetch.certainty == "certain":
                learned += self._connections.mark(exchange.connection, fetch.include, Reason.CONNECTION_OF_LIKE)
            elif self._connections.ask(exchange.connection, fetch):
                learned.append(fetch)
        if learned:
            self.spread(learned)

    def add_weight(self, entry: Entry, weight: int) -> None:
        """Count what an exchange that is remembered holds more, now that it was answered."""
        if entry.exchange.id in self._untold:
            self._untold.put(entry.exchange.id, entry, entry.fetch.weight)
        self._connections.add_weight(entry.exchange.connection, entry.fetch, weight)

    def forget(self, entry: Entry) -> None:
        """Forget an exchange: its response turned out too large to be kept."""
        self._untold.forget(entry.exchange.id)

    def _compare_mode(
        self, entry: Entry, stated: tuple[bool, Reason] | None, certainty: Certainty
    ) -> tuple[tuple[bool, Reason] | None, Certainty]:
        """Hold what a request of Firefox over HTTP/2 says of its mode against what its connection carried.

        A fetch() with no header of its own that lacks Sec-Fetch-Storage-Access may be kept alive, and have credentials.
        """
        reading, connection = entry.reading, entry.exchange.connection
        if reading.preflight:
            self._mixing.note(connection, entry.server, include=False)
            return stated, certainty
        if stated is None or certainty == "likely":
            return stated, certainty
        if stated[1] is Reason.NO_STORAGE_ACCESS and reading.keepalive is None:
            if not self._mixing.is_apart(connection, entry.server):
                return stated, certainty
            entry.fetch.learn(True, Reason.CONNECTION_OF_CREDENTIALS, "likely", ("a credentialed",))
            return None, certainty
        self._mixing.note(connection, entry.server, include=stated[0])
        return stated, certainty

    def spread(self, learned: list[Fetch]) -> None:
        """Judge again what was judged of fetches that learned their credentials mode."""
        for fetch in learned:
            self._credentials.remember(fetch)
            self._judge.revise(fetch)

    def may_take_back(self, fetch: Fetch) -> bool:
        """Return whether what tells a fetch's credentials mode may still turn out to tell nothing of this browser."""
        evidence = fetch.evidence.get("credentials")
        if evidence is None:
            return False
        if evidence.reason is Reason.NO_STORAGE_ACCESS:
            return self._credentials.storage_access_unseen
        return evidence.reason in BY_CONNECTION

    def _disbelieve_absence(self) -> None:
        """This browser never sends Sec-Fetch-Storage-Access: that requests before this one lacked it tells nothing."""
        learned = [entry.fetch for entry in self._untold.values() if entry.fetch.rests_on(Reason.NO_STORAGE_ACCESS)]
        for fetch in learned:
            fetch.doubt(Reason.NO_STORAGE_ACCESS)
        self._untold.clear()
        # Connections may have their kind from those.
        self.spread(learned + self._connections.take_back())

    def _believe_absence(self) -> None:
        """This browser does send Sec-Fetch-Storage-Access: that requests before this one lacked it tells as well."""
        learned: list[Fetch] = []
        for entry in self._untold.values():
            fetch, http2, reading = entry.fetch, entry.exchange.http2, entry.reading
            certainty = self._credentials.certainty(Reason.NO_STORAGE_ACCESS, reading, http2=http2)
            if fetch.rests_on(Reason.NO_STORAGE_ACCESS) and fetch.learn(False, Reason.NO_STORAGE_ACCESS, certainty):
                learned.append(fetch)
                if self._credentials.separates(entry.exchange) and not entry.reading.preflight:
                    learned += self._connections.mark(entry.exchange.connection, False, Reason.CONNECTION_OF_LIKE)
        self._untold.clear()
        self.spread(learned)
