"""Turns mitmproxy's HTTPFlow into an Exchange. No other module reads mitmproxy's flows."""

from __future__ import annotations

from math import isfinite
from typing import cast

from mitmproxy import http

from corsight.addons.wire import (
    LONGEST_NAME,
    find_proxy_status,
    is_multiplexed,
    is_withheld,
    look_at_body,
    make_url,
    read_body,
    read_marker,
    read_word,
)
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.value import replace

PATCHED = "cors.patched"
"""The key of a flow's metadata that says that Corsight changed its response."""


type Asked = tuple[http.HTTPFlow, bytes, bytes, str, int, bytes, bytes, tuple[tuple[bytes, bytes], ...], float, bytes]
"""A flow, and from its request the method, scheme, host, port, authority, path, header lines, start and HTTP version.
"""


def note_request(flow: http.HTTPFlow) -> Asked:
    """Return the browser's request as it is on the flow now, before other addons change it."""
    request = flow.request.data
    return (
        flow,
        request.method,
        request.scheme,
        request.host,
        request.port,
        request.authority,
        request.path,
        request.headers.fields,
        request.timestamp_start,
        request.http_version,
    )


def read_request(asked: Asked) -> Exchange:
    """Return the exchange of a browser's request that has no response yet."""
    flow, method, scheme, host, port, authority, path, fields, started, http_version = asked
    client = flow.client_conn
    # By place, here and below: naming the fields costs as much again, for every exchange.
    request = Request(
        # Request.method is upper-cased by mitmproxy; to CORS, `patch` is not `PATCH`.
        method.decode("latin-1"),
        make_url(scheme, host, port, authority, path, fields),
        HeaderList(fields),
        started,
    )
    # A recording may lack it, whatever the type says.
    address = client.peername[0] if client.peername else "unknown"  # type: ignore[redundant-expr]
    http2 = is_multiplexed(http_version)
    if not flow.metadata:
        return Exchange(flow.id, address, client.id, request, None, http2)
    return Exchange(flow.id, address, client.id, request, None, http2, marker=read_marker(flow.metadata))


def request_of(flow: http.HTTPFlow) -> Exchange:
    """Return the exchange of the request that is on the flow now, without a response."""
    return read_request(note_request(flow))


def exchange_of(flow: http.HTTPFlow, asked: Exchange | None = None) -> Exchange:
    """Return the exchange as it was on the wire: the request (`asked`, if it was read before) and the response or
    error.

    `proxy_status` is set if mitmproxy answered instead of the server.
    """
    asked = asked or request_of(flow)
    error, metadata = flow.error.msg if flow.error is not None else None, flow.metadata
    if flow.response is None or (flow.error is not None and withheld(flow)):
        response, status = None, find_proxy_status(error)
    else:
        data = flow.response.data
        headers = HeaderList(data.headers.fields)
        received = data.timestamp_start or asked.request.started
        # While a response is under way its body is still to come.
        if data.content is None:
            body = read_body(metadata) if metadata else None
        else:
            body = None if data.timestamp_end is None else look_at_body(asked.request.headers, headers, data.content)
        response, status, error = Response(data.status_code, headers, received, body), None, None
    connection, request = asked.connection, asked.request
    exchange = Exchange(
        asked.id, asked.client, connection, request, response, asked.http2, status, error, False, None, asked.marker
    )
    if not metadata:
        return exchange
    patched = PATCHED in metadata
    sent = _read_sent(metadata, response) if patched and response is not None else None
    return replace(exchange, patched=patched, word=read_word(metadata), sent=sent)


def _read_sent(metadata: dict[str, object], patched: Response) -> Response | None:
    """Return the server's own response to a patched exchange; None if it was not asked, or if the metadata does not
    say.

    The original position of an edited line is not known, so it is placed at the end.
    """
    names, status, lines = (metadata.get(key) for key in (PATCHED, "cors.server.status", "cors.server.headers"))
    if not (isinstance(names, list | tuple) and type(status) is int and isinstance(lines, str)):
        return None
    gone = {str(name).lower().encode() for name in names}
    marker = ", ".join(map(str, names)).encode()
    kept = [field for field in patched.headers.fields if field[0].lower() not in gone and field[1] != marker]
    were = [line.partition(": ") for line in lines.split("\n") if line]
    fields = [(name.encode("utf-8", "replace"), value.encode("utf-8", "replace")) for name, _, value in were]
    return Response(status, HeaderList((*kept, *fields)), patched.received)


def is_whole(flow: http.HTTPFlow) -> bool:
    """Return whether every value read from a flow has the expected type: mitmproxy does not check recordings."""
    request, response, client = flow.request.data, flow.response, flow.client_conn
    values: list[tuple[object, type]] = [(flow.id, str), (client.id, str), (request.host, str), (request.port, int)]
    values += [(getattr(request, name), bytes) for name in ("method", "scheme", "authority", "path", "http_version")]
    values += [(part, bytes) for field in request.headers.fields for part in field]
    times: list[object] = [request.timestamp_start]
    names: list[object] = [flow.id, client.id]
    if client.peername:
        values.append((client.peername[0], str))
        names.append(client.peername[0])
    if response is not None:
        values.append((response.data.status_code, int))
        values += [(part, bytes) for field in response.data.headers.fields for part in field]
        times.append(response.data.timestamp_start or 0)
    if flow.error is not None:
        values.append((flow.error.msg, str))
    pairs = (*request.headers.fields, *(response.data.headers.fields if response is not None else ()))
    return (
        all(type(value) is kind for value, kind in values)
        and all(len(str(name)) <= LONGEST_NAME for name in names)
        and all(len(pair) == 2 for pair in pairs)
        and all(type(moment) in (int, float) and isfinite(cast(float, moment)) for moment in times)
    )


def withheld(flow: http.HTTPFlow) -> bool:
    """Return whether the proxy withheld the server's response: it refused the response, or waited for an end that never
    came.
    """
    if flow.error is None or flow.response is None:
        return False
    whole = flow.response.data.timestamp_end is not None or bool(flow.response.stream)
    return is_withheld(flow.error.msg, whole=whole)
