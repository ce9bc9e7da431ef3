"""An entry of a HAR on its way to an exchange: what is read of it, before its preflight is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from corsight.addons.wire import LONGEST_NAME
from corsight.policies.exchange import Exchange, HeaderList, Request, Response, Told
from corsight.policies.fetch.origin import origin_of
from corsight.policies.session.memory import Memory
from corsight.scripts.recordings.har.body import look_at_body
from corsight.scripts.recordings.har.format import Entry
from corsight.scripts.recordings.har.headers import HeaderLists, may_be_opaque, read_preflight
from corsight.scripts.recordings.har.producers.model import (
    CREDENTIALS,
    Browser,
    Engine,
    Fate,
    Kind,
    Outcome,
    Producer,
)

HTTP = ("http://", "https://", "ws://", "wss://")
ONE_AT_A_TIME = ("http/1", "http/0", "1.")
UNKNOWN = "unknown"
WITHOUT_BODY = (204, 205, 304)
TOLD = 1024
"""How many different things to tell of entries are remembered."""
_port = re.compile(r"((?:http|ws)://[^/?#]*):80(?=[/?#]|$)|((?:https|wss)://[^/?#]*):443(?=[/?#]|$)")


@dataclass(slots=True, eq=False)
class Draft:
    """What is read of an entry. `asked` is when the page asked, `started` when the bytes left, in epoch seconds.

    `preflight_for` are the method and the header names (lower case) that a preflight asks for. `instead` is the status
    that a proxy answered with in the server's place. `joined` tells that a preflight and its request found each other,
    `by_worker` that no page is named as the one that asked.
    """

    number: int
    fate: Fate
    method: str
    url: str
    headers: HeaderList
    asked: float
    started: float
    received: float
    response: Response | None
    http2: bool
    connection: str
    told: Told
    error: str | None = None
    preflight_for: tuple[str, frozenset[str]] | None = None
    instead: int | None = None
    joined: bool = False
    by_worker: bool = False

    def finish(self, client: str) -> Exchange:
        """Return the exchange."""
        request = Request(self.method, self.url, self.headers, self.started)
        return Exchange(
            str(self.number),
            client,
            self.connection,
            request,
            self.response,
            self.http2,
            self.instead,
            self.error,
            False,
            self.told,
        )


class Drafts:
    """Makes drafts of the entries of one HAR. `pages` are the pages' URLs by their names."""

    def __init__(self, producer: Producer, browser: tuple[Engine | None, int | None], pages: Memory[str, str]) -> None:
        self._producer = producer
        self._engine, self._version = browser
        self._pages = pages
        self._clock = 0.0
        self._told: Memory[tuple[object, ...], Told] = Memory(TOLD)
        self._by_browser = isinstance(producer, Browser)
        self._lists = HeaderLists(once=self._by_browser)

    @property
    def shown(self) -> frozenset[str]:
        """The headers with credentials that any entry has."""
        return self._lists.shown

    def make(self, number: int, entry: Entry) -> Draft | None:
        """Return the draft of an entry; None for what is no HTTP request."""
        producer, method = self._producer, self._producer.find_method(entry)
        url = clean_url(entry.request.url)
        if not url.startswith(HTTP) or method == "CONNECT" or not method:
            return None
        asked = self._lists.read_request(entry.request.headers)
        headers = asked.headers
        fate = producer.find_fate(entry)
        self._clock = begun = read_time(entry.startedDateTime, self._clock)
        before, until = producer.time(entry)
        started = begun + before / 1000
        received = started + until / 1000
        response = None
        if entry.response is not None and fate is Fate.ANSWERED:
            answered = self._lists.read_response(entry.response.headers)
            if answered is None or not answered.fields:
                # No server sends none: they are lost, and not absent. And a value that is null is not an empty one.
                fate, answered = Fate.BARE, HeaderList()
            body = None
            if entry.response.content is not None and may_be_opaque(method, url, asked):
                body = look_at_body(entry.response.content)
                if body == "empty" and not self._is_empty(int(entry.response.status or 0), answered):
                    body = None
            response = Response(int(entry.response.status or 0), answered, received, body)
        version = entry.request.httpVersion or (entry.response.httpVersion if entry.response is not None else None)
        outcome, kind = producer.find_outcome(entry), producer.find_kind(entry)
        cached = fate is Fate.ANSWERED and producer.is_cached(entry)
        page = entry.pageref if entry.resourceType == "document" and response is not None else None
        if page and page not in self._pages:
            self._pages.put(page, url, len(page) + len(url))
        preflight_for = read_preflight(method, headers)
        origin, lost = None, producer.lost
        silent = preflight_for is None and "origin" not in headers and kind.mode != "navigate"
        if silent and not asked.whole:
            # Its headers are not those that were sent: workers' requests, what failed, what came from a cache.
            lost |= CREDENTIALS
            silent = not producer.shows_origin(entry)
            page = asked.referer or self._pages.get(entry.pageref or "") or ""
            if silent and page.startswith(HTTP):
                origin = origin_of(page) if origin_of(page) != origin_of(url) else None
            elif silent and kind.asked and outcome.passed is not None:
                origin = "null"
        told = self._tell(kind, outcome, origin, cached, fate is Fate.FAILED, lost)
        return Draft(
            number,
            fate,
            method,
            url,
            headers,
            begun,
            started,
            received,
            response,
            is_multiplexed(version, asked.pseudo),
            "" if cached else producer.name_connection(entry)[:LONGEST_NAME],
            told,
            None if response is not None else outcome.error or "the recording holds no answer",
            preflight_for,
            None if response is not None else producer.find_status_instead(outcome.error),
            by_worker=entry.pageref is None,
        )

    def _is_empty(self, status: int, answered: HeaderList) -> bool:
        """Return whether a body of which nothing is recorded was empty: browsers' own panels leave out what they did
        not keep, and write that as an empty text too.
        """
        length = answered.get("content-length")
        if length is not None:
            return length.strip() == "0"
        return status in WITHOUT_BODY or not self._by_browser

    def _tell(
        self,
        kind: Kind,
        outcome: Outcome,
        origin: str | None,
        cached: bool,
        untold: bool,
        lost: frozenset[str],
    ) -> Told:
        """Return what is told beside the wire; of entries that tell the same, one object."""
        key = kind, outcome, origin, cached, untold, lost
        told = self._told.get(key)
        if told is None:
            told = Told(
                engine=self._engine,
                version=self._version,
                kind=kind.asked,
                mode=kind.mode,
                destination=kind.destination,
                origin=origin,
                passed=outcome.passed,
                kept=outcome.kept,
                rule=outcome.rule,
                error=outcome.error,
                cached=cached,
                untold=untold,
                lost=lost,
                preflights=self._producer.preflights,
            )
            self._told.put(key, told, len(origin or "") + len(outcome.error or ""))
        return told


def clean_url(url: str) -> str:
    """Return a URL as exchanges name it: no fragment, no space, no port that its scheme has anyway."""
    url = url.strip()
    if "#" in url:
        url = url.partition("#")[0]
    if " " in url or "\t" in url:
        url = url.replace(" ", "%20").replace("\t", "%09")
    if not url.startswith(HTTP):
        scheme, mark, rest = url.partition("://")
        url = f"{scheme.lower()}://{rest}" if mark else url
    found = _port.match(url) if ":80" in url or ":443" in url else None
    return url if found is None else f"{found[1] or found[2]}{url[found.end() :]}"


def is_multiplexed(version: str | None, pseudo: bool) -> bool:
    """Return whether a connection carries several exchanges at once; True where that is not told."""
    version = (version or "").lower()
    return pseudo or not version.startswith(ONE_AT_A_TIME)


def read_time(text: str | None, otherwise: float) -> float:
    """Return a time in epoch seconds; one without a zone is taken for UTC, and what is none for `otherwise`."""
    try:
        time = datetime.fromisoformat((text or "").strip())
        return (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return otherwise
