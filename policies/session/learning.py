"""What each request tells of its fetch's credentials mode, put together: what is learned late is judged again."""

from __future__ import annotations

from corsight.policies.evidence import Reason
from corsight.policies.session.connections import Connections
from corsight.policies.session.credentials import WORKERS, Credentials, by_nature, from_own_store
from corsight.policies.session.documents import Documents
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.joining import Joining
from corsight.policies.session.judging import Judge
from corsight.policies.session.marker import Marker
from corsight.policies.session.memory import Memory


class Learning:
    """Learns the credentials modes of one browser's fetches."""

    def __init__(
        self,
        credentials: Credentials,
        connections: Connections,
        marker: Marker,
        documents: Documents,
        joining: Joining,
        judge: Judge,
        size: int,
    ) -> None:
        self._credentials = credentials
        self._connections = connections
        self._marker = marker
        self._documents = documents
        self._joining = joining
        self._judge = judge
        self._untold: Memory[str, Entry] = Memory(size)

    def learn(self, entry: Entry, others: int) -> None:
        """Learn what a request tells of its fetch's credentials mode, and of its connection; so many others are under
        way.
        """
        fetch, reading, exchange = entry.fetch, entry.reading, entry.exchange
        if reading.storage_access and self._credentials.note_storage_access():
            self._believe_absence()
        separates = self._credentials.separates(exchange)
        if entry.tainting != "cors":
            if reading.mode == "navigate" or reading.cookie:
                self._marker.note_document(entry)
            if reading.destination in WORKERS:
                self._credentials.note_worker(entry.server)
            # A credentialless page asks without; and which page asked, is not always told.
            bare = reading.mode == "no-cors" and not reading.cookie and self._documents.credentialless
            if separates and by_nature(reading) and not bare:
                self.spread(self._connections.mark(exchange.connection, True, Reason.CONNECTION_OF_CREDENTIALS))
            return
        learned: list[Fetch] = []
        if entry.index == 0 and self._credentials.lacks_cookie(reading, exchange.request, entry.server):
            learned += [fetch] if fetch.learn(False, Reason.NO_COOKIE) else []
        if reading.keepalive and self._credentials.overrules_absence(reading):
            fetch.doubt(Reason.NO_STORAGE_ACCESS)
        marked = None if exchange.marker is None else self._marker.tell(entry, others)
        stated = self._joining.state(exchange, reading, first=entry.index == 0)
        if stated is None and exchange.told is not None and exchange.told.credentials is not None:
            stated = exchange.told.credentials, Reason.RECORDED_MODE
        if stated is None and reading.authorization and from_own_store(entry):
            stated = True, Reason.OWN_AUTHORIZATION
        if stated is not None:
            include, reason = stated
            if fetch.learn(include, reason, self._credentials.certainty(reason, reading, http2=exchange.http2)):
                learned.append(fetch)
                if reason is Reason.NO_STORAGE_ACCESS and fetch.certainty == "likely":
                    self._untold.put(exchange.id, entry, fetch.weight)
        if marked is not None and fetch.learn(*marked) and fetch not in learned:
            learned.append(fetch)
        if separates and not reading.preflight:
            if fetch.include is not None and fetch.certainty == "certain":
                learned += self._connections.mark(exchange.connection, fetch.include, Reason.CONNECTION_OF_LIKE)
            elif self._connections.ask(exchange.connection, fetch):
                learned.append(fetch)
        if learned:
            self.spread(learned)

    def spread(self, learned: list[Fetch]) -> None:
        """Judge again what was judged of fetches that learned their credentials mode."""
        for fetch in learned:
            self._credentials.remember(fetch)
            self._judge.revise(fetch)

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
