"""What one browser remembers of a response that came: cookies, documents and workers, what a 304 may confirm later."""

from __future__ import annotations

from dataclasses import dataclass

from corsight.policies.decision.decisive import COOKIES, VALIDATOR, digest
from corsight.policies.engines import EnginePolicy
from corsight.policies.evidence import Certainty, Evidence, Reason
from corsight.policies.exchange import Response
from corsight.policies.fetch.corp import EMBEDDER_POLICY
from corsight.policies.fetch.mime_type import STYLE
from corsight.policies.fetch.redirect import MAX_REDIRECTS, REDIRECT_STATUSES
from corsight.policies.session.credentials import WORKERS, Credentials
from corsight.policies.session.documents import Documents
from corsight.policies.session.expected import Expected
from corsight.policies.session.fetches import Entry
from corsight.policies.session.gather import find_page_origin, find_target
from corsight.policies.session.leading import may_lead_to
from corsight.policies.session.marker import Marker
from corsight.policies.session.reading import DOCUMENTS
from corsight.policies.session.sequels import Sequels
from corsight.policies.session.stored import StoredResponses


@dataclass(slots=True, eq=False)
class Receiving:
    """Takes in the responses of one browser, and tells of each what role its exchange has."""

    _policy: EnginePolicy
    _credentials: Credentials
    _marker: Marker
    _documents: Documents
    _expected: Expected
    _sequels: Sequels
    _stored: StoredResponses

    def receive(self, entry: Entry, response: Response, marks: int) -> None:
        """Take in the response of an exchange; `marks` are those of its digest."""
        exchange, reading = entry.exchange, entry.reading
        if marks & COOKIES:
            self._credentials.forget_cookies()
            if entry.role != "preflight":
                self._marker.note_response(response)
        if entry.role == "preflight":
            return
        came: Response | None = response
        loaded = 200 <= response.status < 300
        if response.status == 304 and reading.revalidates:
            self.revalidate(entry)
            loaded, came = True, entry.stored or (response if EMBEDDER_POLICY in response.headers else None)
        else:
            if marks & VALIDATOR and not reading.event_source:
                # https://html.spec.whatwg.org/#dom-eventsource: its cache mode is "no-store".
                self._stored.keep(exchange, reading.origin, self._find_partition(entry))
            if not self._sequels.outlives:
                self._expected.note_kept(exchange)
        if reading.metadata and reading.destination in ("script", STYLE):
            # Of images, some are the browser's own: icons.
            self._documents.note_direct(entry.fetch.page_origin or "")
        self._documents.note_answer(reading.referrer)
        if loaded and reading.mode == "navigate" and reading.destination in DOCUMENTS:
            top, page_origin = reading.destination == "document", find_page_origin(entry)
            url, referrer = exchange.request.url, reading.referrer
            typed = referrer is None and reading.site in ("none", None)
            self._documents.add(url, came, top=top, page_origin=page_origin, referrer=referrer, typed=typed)
            self._credentials.note_page(exchange.request.url)
        elif loaded and reading.destination in WORKERS and reading.mode != "cors":
            # With CORS it is what a worker's module imports.
            service = reading.destination == "serviceworker"
            self._documents.add_worker(exchange.request.url, came, service=service)
        elif loaded and reading.destination == STYLE:
            self._documents.add_sheet(exchange.request.url)
        redirects = response.status in REDIRECT_STATUSES
        target = find_target(response, exchange.request.url, self._policy) if redirects else None
        entry.role = "request" if target is None else "redirect"
        if target is not None:
            # It is held as text three times more: as read, as parsed, and as what is waited for.
            entry.fetch.weight += 3 * len(target)
        if target == exchange.request.url and self._is_uncounted(entry):
            entry.evidence["redirects"] = Evidence("redirects", "not counted", Reason.REDIRECTS_MIXED, "likely")

    def _is_uncounted(self, entry: Entry) -> bool:
        """Return whether a redirect back to its own URL may be the last that is followed, or may not, for all that the
        number of those before it tells: other fetches go round there as well.
        """

        def may_be_before(other: Entry) -> bool:
            return may_lead_to(other, entry.exchange, entry.reading, self._policy)

        strays = self._expected.loops.count_strays(entry, may_be_before)
        return strays > 0 and entry.index + strays >= MAX_REDIRECTS

    def _find_partition(self, entry: Entry) -> bool | None:
        """Return whether the browser stores a response with those that were asked for with credentials; None where it
        makes no difference, or that is not known.
        """
        if not self._policy.stored_by_credentials:
            return None
        if entry.reading.cookie:
            return True
        return entry.fetch.include if entry.fetch.certainty == "certain" else None

    def revalidate(self, entry: Entry) -> None:
        """Give a 304 the response that the browser stored, with what the 304 changed in it: that one is judged, and the
        others that it may have been.
        """
        confirmed = self._stored.revalidated(entry.exchange, self._find_partition(entry))
        if not confirmed:
            entry.evidence["response"] = Evidence("response", "304", Reason.STORED_UNSEEN, "likely")
            return
        (stored, entry.stored), *others = confirmed
        decisive = digest(entry.stored)
        entry.stored_too = tuple([response for _, response in others if digest(response) != decisive])
        certainty: Certainty = "likely" if entry.stored_too else "certain"
        evidence = Evidence("response", "stored", Reason.STORED_RESPONSE, certainty, (stored.exchange,))
        if stored.origin != entry.reading.origin and not stored.varies:
            asked_by = stored.origin or "a request without Origin"
            evidence = evidence._replace(reason=Reason.STORED_FOR_ANOTHER, details=(stored.exchange, asked_by))
        entry.evidence["response"] = evidence
