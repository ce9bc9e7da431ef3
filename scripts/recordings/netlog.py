"""Chromium's NetLog (chrome://net-export, --log-net-log): what the network stack sent, was answered, and said of it.

Each event stands on a line of its own, and a file is often cut off where the browser was ended. Measured with 156: the
headers are those of the wire, with the values of cookies taken out; a preflight's failure is named by number; the
privacy mode tells the credentials mode.
https://www.chromium.org/developers/design-documents/network-stack/netlog/
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from io import BufferedReader
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from corsight.policies.exchange import Exchange, HeaderList, Request, Response, Told
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings.har.draft import HTTP, UNKNOWN, clean_url
from corsight.scripts.recordings.har.producers.model import find_major
from corsight.scripts.recordings.pieces import Ended, Values, read_lines

LONGEST = 1 << 21
"""Bytes of a line or an event that are read: decoded it may take forty times as many. Chromium takes 256 kB of headers.
"""
OPEN = 4096
"""How many requests are followed at once."""
BEGIN, END = 1, 2
ESCAPED = "%ESCAPED:\u200b"
PREFLIGHT_RULES = {
    **{9: "preflight-status-not-ok", 10: "preflight-redirect", 11: "allow-origin-wildcard"},
    **{12: "allow-origin-missing", 13: "allow-origin-multiple", 14: "allow-origin-invalid"},
    **{15: "allow-origin-mismatch", 16: "allow-credentials-not-true"},
}
"""Our rules for the numbers of preflight failures that never changed (services/network/public/mojom/cors.mojom)."""
SENT = (
    "HTTP_TRANSACTION_SEND_REQUEST_HEADERS",
    "HTTP_TRANSACTION_HTTP2_SEND_REQUEST_HEADERS",
    "HTTP_TRANSACTION_QUIC_SEND_REQUEST_HEADERS",
)


class Source(msgspec.Struct):
    """What an event is about."""

    id: int
    type: int = 0


class Event(msgspec.Struct):
    """An event; its parameters are decoded only where they are wanted."""

    type: int
    source: Source
    time: str | int
    phase: int = 0
    params: msgspec.Raw = msgspec.Raw(b"null")


_event = msgspec.json.Decoder(Event)


@dataclass(slots=True)
class State:
    """A request under way. `held` are the preflights that wait for what is said of them, `children` the requests that
    were made for this one.
    """

    url: str = ""
    method: str = "GET"
    number: int = 0
    started: float = 0.0
    headers: HeaderList | None = None
    response: Response | None = None
    http2: bool = False
    error: str | None = None
    credentials: bool | None = None
    parent: int | None = None
    held: list[tuple[State, Exchange]] = field(default_factory=list)
    children: list[int] = field(default_factory=list)


class Events:
    """Reads the names of event types, and turns events into exchanges."""

    def __init__(self, constants: dict[str, Any]) -> None:
        self._types = {number: name for name, number in (constants.get("logEventTypes") or {}).items()}
        sources = constants.get("logSourceType") or {}
        self._requests = sources.get("URL_REQUEST")
        errors = constants.get("netError") or {}
        self._errors = {number: name for name, number in errors.items()}
        offset = constants.get("timeTickOffset") or 0
        self._offset = float(offset) if isinstance(offset, str | int | float) else 0.0
        client = constants.get("clientInfo") or {}
        self._version = find_major(str(client.get("version", "")))
        self._open: OrderedDict[int, State] = OrderedDict()
        self.count = 0

    def take(self, event: Event) -> Iterator[Exchange]:
        """Take in an event; yield the exchanges that it ends."""
        if event.source.type != self._requests:
            return
        name, ident = self._types.get(event.type, ""), event.source.id
        state = self._open.get(ident)
        if state is None:
            if len(self._open) >= OPEN:
                yield from self._end(next(iter(self._open)))
            state = self._open[ident] = State()
        if name == "URL_REQUEST_START_JOB" and event.phase == BEGIN:
            # The next of a chain of redirects begins on the same source.
            yield from self._finish(state)
            params = _params(event)
            self.count += 1
            state.number, state.started = self.count, self._time(event)
            state.url, state.method = clean_url(str(params.get("url", ""))), str(params.get("method", "GET"))
        elif name in SENT:
            state.headers, state.http2 = _read_headers(_params(event).get("headers")), name != SENT[0]
            state.started = self._time(event)
        elif name == "HTTP_TRANSACTION_READ_RESPONSE_HEADERS":
            state.response = _read_response(_params(event).get("headers"), self._time(event))
        elif name == "COMPUTED_PRIVACY_MODE":
            # Enabled it is for requests without credentials, and for those whose cookies are third-party and withheld.
            state.credentials = True if _params(event).get("privacy_mode") == "disabled" else None
        elif name == "CREATED_BY":
            self._set_parent(ident, state, _params(event).get("source_dependency"))
        elif name == "FAILED":
            state.error = self._name_error(_params(event).get("net_error"))
        elif name == "CORS_PREFLIGHT_ERROR":
            yield from self._fail_preflight(state, _params(event))
        elif name == "REQUEST_ALIVE" and event.phase == END:
            yield from self._end(ident)
        elif name == "CORS_REQUEST" and event.phase == END:
            yield from self._release(state)

    def end(self) -> Iterator[Exchange]:
        """Yield what is left."""
        for ident in list(self._open):
            yield from self._end(ident)

    def _end(self, ident: int) -> Iterator[Exchange]:
        state = self._open.pop(ident)
        parent = self._open.get(state.parent) if state.parent is not None else None
        if parent is not None:
            # What is said of a preflight stands on the request that it is for.
            parent.held += [(state, exchange) for exchange in self._finish(state)]
        else:
            yield from self._finish(state)
        yield from self._release(state)

    def _finish(self, state: State) -> Iterator[Exchange]:
        """Yield the exchange of a request that was sent, and forget it."""
        yield from self._release(state)
        headers, url = state.headers, state.url
        if headers is not None and url.startswith(HTTP):
            preflight = state.method == "OPTIONS" and "access-control-request-method" in headers
            told = Told(
                engine="chromium",
                version=self._version,
                error=state.error,
                credentials=None if preflight else state.credentials,
            )
            request = Request(state.method, url, headers, state.started)
            error = None if state.response is not None else state.error or "the recording holds no answer"
            yield Exchange(str(state.number), UNKNOWN, "", request, state.response, state.http2, error=error, told=told)
        state.headers = state.response = state.error = None

    def _release(self, state: State) -> Iterator[Exchange]:
        held, state.held = state.held, []
        yield from (exchange for _, exchange in held)

    def _fail_preflight(self, state: State, params: dict[str, Any]) -> Iterator[Exchange]:
        """Yield the preflights that failed; the error's number names the rule, if that number never changed its
        meaning.
        """
        number, error = params.get("cors-error"), params.get("error")
        rule = PREFLIGHT_RULES.get(number) if isinstance(number, int) else None
        for _, exchange in state.held or self._list_open_preflights(state):
            told = replace(exchange.told or Told(), passed=False, rule=rule, error=f"net::{error}" if error else None)
            yield replace(exchange, told=told)
        state.held = []

    def _set_parent(self, ident: int, state: State, named: Any) -> None:
        parent = named.get("id") if isinstance(named, dict) else None
        state.parent = parent if isinstance(parent, int) else None
        if state.parent is not None and (other := self._open.get(state.parent)) is not None:
            other.children.append(ident)

    def _list_open_preflights(self, state: State) -> list[tuple[State, Exchange]]:
        """Return the preflights of a request whose end is not told yet, and end them."""
        children, state.children = state.children, []
        found: list[tuple[State, Exchange]] = []
        for child in dict.fromkeys(children):
            other = self._open.get(child)
            if other is not None and other.parent is not None and self._open.get(other.parent) is state:
                found += [(other, exchange) for exchange in self._finish(other)]
        return found

    def _time(self, event: Event) -> float:
        try:
            return (self._offset + float(event.time)) / 1000
        except ValueError:
            return 0.0

    def _name_error(self, number: Any) -> str:
        name = self._errors.get(number)
        return f"net::{name}" if name else "net::ERR_FAILED"


def read(file: BufferedReader, remark: Callable[[str], None]) -> Iterator[Exchange | None]:
    """Yield the exchanges of a NetLog, as each ends."""
    first = file.readline(LONGEST)
    constants = _read_constants(first.strip().rstrip(b",") + b"}")
    found: Iterator[bytes | None] = read_lines(file, LONGEST)
    if constants is None:
        # Some program wrote it anew.
        values = Values(first, file)
        constants, found = _find_constants(values), _list_events(values)
    if constants is None or not isinstance(constants.get("logEventTypes"), dict):
        raise CorsightError(
            "begins like a NetLog, and does not say what its events are", todo="save it again with chrome://net-export"
        )
    events, bad, large = Events(constants), 0, 0
    for raw in found:
        if raw is None:
            large += 1
            continue
        line = raw.strip().rstrip(b",")
        if not line.startswith(b"{"):
            continue
        try:
            event = _event.decode(line.removesuffix(b"]}"))
        except msgspec.DecodeError:
            bad += 1
            continue
        yield from events.take(event)
    yield from events.end()
    if bad > 1:
        # The last one usually is cut off.
        remark(f"{bad} events could not be read, and are left out.")
    if large:
        remark(f"Events or lines of more than {LONGEST >> 20} MB are left out: {large}.")


def _find_constants(values: Values) -> dict[str, Any] | None:
    """Return the constants of a NetLog that is one JSON text, and go to its events."""
    constants = None
    values.enter()
    try:
        while values.peek() == b'"':
            name = values.read(LONGEST)
            if name == b'"events"' and values.peek() == b"[":
                values.enter()
                break
            value = values.read(LONGEST)
            if name == b'"constants"' and value is not None:
                constants = _read_constants(b'{"constants":%b}' % value)
    except Ended:
        pass
    return constants


def _list_events(values: Values) -> Iterator[bytes | None]:
    try:
        while values.peek() not in (b"]", b"}", b""):
            yield values.read(LONGEST)
    except Ended:
        return


def _read_constants(text: bytes) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
    constants = found.get("constants") if isinstance(found, dict) else None
    return constants if isinstance(constants, dict) else None


def _params(event: Event) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(event.params)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _read_headers(lines: Any) -> HeaderList:
    """Return header lines, `Name: value` each, without the pseudo headers of HTTP/2."""
    fields: list[tuple[bytes, bytes]] = []
    for line in lines if isinstance(lines, list) else ():
        name, _, value = _unescape(str(line)).partition(":")
        if name:
            fields.append((name.encode("latin-1", "replace"), value.strip().encode("latin-1", "replace")))
    return HeaderList(tuple(fields))


def _unescape(text: str) -> str:
    """Return a text whose bytes beyond ASCII were written as %XX."""
    if not text.startswith(ESCAPED):
        return text
    return unquote_to_bytes(text.removeprefix(ESCAPED).removeprefix(" ")).decode("latin-1")


def _read_response(lines: Any, received: float) -> Response | None:
    """Return the response that a status line and header lines tell; None where they are none, or not the final one."""
    line = str(lines[0]) if isinstance(lines, list) and lines else ""
    status = line.partition(" ")[2].partition(" ")[0]
    if not line.startswith("HTTP/") or not status.isdecimal() or not 200 <= int(status) <= 599:
        return None
    return Response(int(status), _read_headers(lines[1:]), received)
