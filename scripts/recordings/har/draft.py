"""An entry of a HAR on its way to an exchange: what is read of it, before its preflight is known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from corsight.policies.exchange import Exchange, HeaderList, Request, Response, Told
from corsight.policies.fetch.headers import is_token
from corsight.policies.fetch.origin import origin_of
from corsight.policies.session.memory import Memory
from corsight.scripts.recordings.har.body import look_at_body
from corsight.scripts.recordings.har.format import Entry, Header
from corsight.scripts.recordings.har.format import Response as HarResponse
from corsight.scripts.recordings.har.producers.model import (
    CREDENTIALS,
    Browser,
    Engine,
    Fate,
    Kind,
    Outcome,
    Producer,
    is_whole,
)

HTTP = ("http://", "https://", "ws://", "wss://")
ONE_AT_A_TIME = ("http/1", "http/0", "1.")
UNKNOWN = "unknown"
TOLD = 1024
"""How many different things to tell of entries are remembered."""
LISTS = 1024
"""How many different header lists of requests are remembered."""
PSEUDO = b":"
"""What stands for the name of a pseudo header."""
NO_NAMES = (b"", PSEUDO)
DEVTOOLS = "x-devtools-"
"""How the names of headers began that Chromium's DevTools told its network stack by, up to 2017."""
SHORT, NAMES = 64, 1024
"""Characters of a header name up to which its bytes are remembered, and of how many names they are."""
_port = re.compile(r"^((?:http|ws)://[^/?#]*):80(?=[/?#]|$)|^((?:https|wss)://[^/?#]*):443(?=[/?#]|$)")


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
            error=self.error,
            told=self.told,
        )


class Drafts:
    """Makes drafts of the entries of one HAR. `pages` are the pages' URLs by their names."""

    def __init__(self, producer: Producer, browser: tuple[Engine | None, int | None], pages: dict[str, str]) -> None:
        self._producer = producer
        self._engine, self._version = browser
        self._pages = pages
        self._clock = 0.0
        self._told: Memory[tuple[object, ...], Told] = Memory(TOLD)
        self._lists: Memory[tuple[tuple[bytes, bytes], ...], HeaderList] = Memory(LISTS)

    def make(self, number: int, entry: Entry) -> Draft | None:
        """Return the draft of an entry; None for what is no HTTP request."""
        producer, method = self._producer, entry.request.method
        url = clean_url(entry.request.url)
        if not url.startswith(HTTP) or method == "CONNECT" or not method:
            return None
        fields, pseudo = read_headers(entry.request.headers)
        headers = self._list(fields)
        fate = producer.find_fate(entry)
        self._clock = asked = read_time(entry.startedDateTime, self._clock)
        before, until = producer.time(entry)
        started = asked + before / 1000
        received = started + until / 1000
        response = None
        if entry.response is not None and fate is Fate.ANSWERED:
            answered = read_response_headers(entry.response)
            body = None
            if entry.response.content is not None and may_be_opaque(method, url, headers):
                body = look_at_body(entry.response.content)
            response = Response(int(entry.response.status or 0), answered, received, body)
        version = entry.request.httpVersion or (entry.response.httpVersion if entry.response is not None else None)
        outcome, kind = producer.find_outcome(entry), producer.find_kind(entry)
        cached = fate is Fate.ANSWERED and producer.is_cached(entry)
        if entry.resourceType == "document" and entry.pageref and response is not None:
            self._pages.setdefault(entry.pageref, url)
        preflight_for = read_preflight(method, headers)
        origin, lost = None, producer.lost
        silent = preflight_for is None and "origin" not in headers and kind.mode != "navigate"
        if silent and not is_whole(headers, pseudo=pseudo):
            # Its headers are not those that were sent: workers' requests, what failed, what came from a cache.
            lost |= CREDENTIALS
            silent = not producer.shows_origin(entry)
            page = headers.get("referer") or self._pages.get(entry.pageref or "") or ""
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
            asked,
            started,
            received,
            response,
            is_multiplexed(version, pseudo),
            "" if cached else producer.name_connection(entry),
            told,
            None if response is not None else outcome.error or "the recording holds no answer",
            preflight_for,
            None if response is not None else producer.find_status_instead(outcome.error),
            by_worker=entry.pageref is None,
        )

    def _list(self, fields: tuple[tuple[bytes, bytes], ...]) -> HeaderList:
        """Return a request's header list; of equal ones one object, so that what is derived of it is derived once."""
        headers = self._lists.get(fields)
        if headers is None:
            headers = HeaderList(fields)
            if isinstance(self._producer, Browser) and headers.repeats:
                headers = HeaderList(drop_repeated(fields))
            self._lists.put(fields, headers, headers.weight)
        return headers

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
    url = url.strip().partition("#")[0].replace(" ", "%20").replace("\t", "%09")
    scheme, mark, rest = url.partition("://")
    if mark and not scheme.islower():
        url = f"{scheme.lower()}://{rest}"
    return _port.sub(lambda found: found[1] or found[2], url) if ":80" in url or ":443" in url else url


def read_headers(headers: list[Header]) -> tuple[tuple[tuple[bytes, bytes], ...], bool]:
    """Return the header lines, and whether there were pseudo headers among them. What was joined is lines again."""
    names = [_names[header.name] for header in headers]
    pseudo = PSEUDO in names
    if pseudo or b"" in names:
        headers = [header for header, name in zip(headers, names, strict=True) if name not in NO_NAMES]
        names = [name for name in names if name not in NO_NAMES]
    try:
        # All at once, which is half of what one by one takes.
        values = "\n".join([header.value for header in headers]).encode("latin-1").split(b"\n")
    except UnicodeEncodeError:
        values = b"\n".join([_encode(header.value) for header in headers]).split(b"\n")
    if len(values) == len(names):
        return tuple(zip(names, values, strict=True)), pseudo
    encoded = [(name, _encode(header.value)) for name, header in zip(names, headers, strict=True)]
    return tuple(
        (name, one.strip() if b"\n" in value else one) for name, value in encoded for one in value.split(b"\n")
    ), pseudo


def drop_repeated(fields: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[bytes, bytes], ...]:
    """Return a request's header lines, each once: no browser sends one twice, and chrome-har writes preflights' so."""
    lines: dict[tuple[bytes, bytes], tuple[bytes, bytes]] = {}
    for name, value in fields:
        lines.setdefault((name.lower(), value), (name, value))
    return tuple(lines.values())


def may_be_opaque(method: str, url: str, headers: HeaderList) -> bool:
    """Return whether a page of another origin may have asked without CORS: then its browser looks at the body."""
    if method != "GET" or "origin" in headers or headers.get("sec-fetch-mode") not in (None, "no-cors"):
        return False
    page = headers.get("referer")
    return headers.get("sec-fetch-site") != "same-origin" and (page is None or origin_of(page) != origin_of(url))


def read_response_headers(response: HarResponse) -> HeaderList:
    """Return a response's headers. That nothing is in a body is known where its length is recorded."""
    return HeaderList(read_headers(response.headers)[0])


def read_preflight(method: str, headers: HeaderList) -> tuple[str, frozenset[str]] | None:
    """Return the method and header names that a preflight asks for; None where it is none."""
    asked = headers.get("access-control-request-method") if method == "OPTIONS" else None
    if asked is None:
        return None
    names = (headers.get("access-control-request-headers") or "").lower().split(",")
    return asked, frozenset(name for part in names if (name := part.strip()))


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


def _read_name(name: str) -> bytes:
    """Return a header's name; what no header has for its name where it was on no wire: a status line, DevTools' own."""
    if name[:1] == ":":
        return PSEUDO
    name = name.strip()
    return name.encode() if is_token(name) and not name.lower().startswith(DEVTOOLS) else b""


class _Names(dict[str, bytes]):
    """The bytes of header names; the short ones are remembered."""

    def __missing__(self, name: str) -> bytes:
        encoded = _read_name(name)
        if len(name) <= SHORT:
            if len(self) >= NAMES:
                self.clear()
            self[name] = encoded
        return encoded


_names = _Names()


def _encode(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
