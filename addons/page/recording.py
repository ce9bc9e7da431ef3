"""What is remembered, as a recording: mitmproxy's flows, secrets replaced, bodies left out.

`corsight audit` judges it as the proxy did; mitmproxy and mitmweb open it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator

from mitmproxy import connection, flow, http
from mitmproxy.io import FlowWriter

from corsight.addons.adapter import PATCHED
from corsight.addons.wire import BODY, MARKER, write_word
from corsight.policies.exchange import Exchange, HeaderList, Response
from corsight.policies.findings.products import PRODUCTS
from corsight.policies.redact import REDACTED, redact, shown
from corsight.policies.session import Judged

BEGINNINGS = ("access-control-", "cross-origin-", "sec-")
NAMES = frozenset({
    "accept", "accept-language", "age", "allow", "authorization", "cache-control", "cache-status",
    "cf-cache-status", "clear-site-data", "connection", "content-encoding", "content-language", "content-length",
    "content-range", "content-type", "cookie", "date", "etag", "expires", "host", "if-modified-since",
    "if-none-match", "keep-alive", "last-event-id", "last-modified", "location", "origin", "pragma", "range",
    "referer", "retry-after", "server", "set-cookie", "timing-allow-origin", "transfer-encoding", "upgrade",
    "upgrade-insecure-requests", "user-agent", "vary", "via", "www-authenticate", "x-cache", "x-cache-hits",
    "x-cache-status", "x-content-type-options", "x-powered-by", "x-proxy-cache", "x-requested-with",
}) | {sign.header for product in PRODUCTS.values() for sign in product.signs}  # fmt: skip
"""The headers that Corsight uses; the values of all others are left out."""
PIECE = 50
"""How many flows are written before the proxy gets a turn."""


def write_recording(judgeds: Iterable[Judged]) -> Iterator[bytes]:
    """Yield the recording of these exchanges, in pieces."""
    clients: dict[str, connection.Client] = {}
    out = io.BytesIO()
    writer = FlowWriter(out)
    for number, judged in enumerate(judgeds, 1):
        writer.add(make_flow(judged, clients))
        if number % PIECE == 0:
            yield _take(out)
    yield _take(out)


def _take(out: io.BytesIO) -> bytes:
    written = out.getvalue()
    out.seek(0)
    out.truncate()
    return written


def make_flow(judged: Judged, clients: dict[str, connection.Client]) -> http.HTTPFlow:
    """Return an exchange as a flow. `clients` are the connections that were met with, by their ids."""
    exchange, patched = judged.entry.exchange, judged.entry.patched
    made = http.HTTPFlow(_find_client(exchange, clients), connection.Server(address=None))
    made.id = exchange.id
    version = b"HTTP/2.0" if exchange.http2 else b"HTTP/1.1"
    made.request = _make_request(exchange, version)
    response = exchange.response
    if response is not None:
        made.response = http.Response(
            http_version=version,
            status_code=response.status,
            reason=b"",
            headers=http.Headers(_clean_fields(response.headers)),
            content=None,
            trailers=None,
            timestamp_start=response.received,
            timestamp_end=response.received,
        )
        if response.body is not None:
            made.metadata[BODY] = response.body
    if exchange.error is not None:
        made.error = flow.Error(shown(exchange.error), exchange.request.started)
    if exchange.marker is not None:
        made.metadata[MARKER] = exchange.marker
    if exchange.word is not None:
        write_word(made.metadata, exchange.word)
        made.metadata.update({key: redact(text) for key, text in made.metadata.items() if isinstance(text, str)})
    if patched is not None and response is not None:
        _write_patch(made, response, None if patched.without is None else patched.without.response)
    return made


def _find_client(exchange: Exchange, clients: dict[str, connection.Client]) -> connection.Client:
    client = clients.get(exchange.connection)
    if client is None:
        started = exchange.request.started
        client = connection.Client(peername=(exchange.client, 0), sockname=("", 0), timestamp_start=started)
        client.id = exchange.connection
        clients[exchange.connection] = client
    return client


def _make_request(exchange: Exchange, version: bytes) -> http.Request:
    request = exchange.request
    scheme, _, rest = redact(request.url).partition("://")
    ends = [place for place in map(rest.find, "/?") if place >= 0]
    authority = rest[: min(ends, default=len(rest))]
    host, _, port = authority.rpartition("@")[2].rpartition(":")
    named = port.isdecimal() and int(port) < 65536
    return http.Request(
        host=(host if named else authority.rpartition("@")[2]).strip("[]"),
        port=int(port) if named else (443 if scheme in ("https", "wss") else 80),
        method=request.method.encode("latin-1", "replace"),
        scheme=scheme.encode("latin-1", "replace"),
        authority=authority.encode("latin-1", "replace"),
        path=rest[len(authority) :].encode("latin-1", "replace") or b"/",
        http_version=version,
        headers=http.Headers(_clean_fields(request.headers)),
        content=None,
        trailers=None,
        timestamp_start=request.started,
        timestamp_end=request.started,
    )


def _clean_fields(headers: HeaderList) -> tuple[tuple[bytes, bytes], ...]:
    """Return header fields that are safe to show: all names, and the values that are not secret."""
    return tuple((name, _clean_value(name, value)) for name, value in headers.fields)


def _clean_value(name: bytes, value: bytes) -> bytes:
    known = name.decode("latin-1").lower()
    if known not in NAMES and not known.startswith(BEGINNINGS):
        return REDACTED.encode()
    label = f"{name.decode('latin-1')}: "
    return redact(label + value.decode("latin-1")).removeprefix(label).encode("latin-1", "replace")


def _write_patch(made: http.HTTPFlow, response: Response, sent: Response | None) -> None:
    """Write into the metadata what was patched, and what the server itself sent."""
    before = HeaderList() if sent is None else sent.headers
    names = [*dict.fromkeys((*response.headers.names(), *before.names()))]
    edited = [name for name in names if response.headers.lines(name) != before.lines(name)]
    made.metadata[PATCHED] = [shown(name) for name in edited] or ["status"]
    if sent is not None:
        wanted = {name.encode("latin-1") for name in edited}
        lines = [b": ".join((name, value)) for name, value in _clean_fields(before) if name.lower() in wanted]
        made.metadata["cors.server.status"] = sent.status
        made.metadata["cors.server.headers"] = "\n".join(line.decode("latin-1") for line in lines)
