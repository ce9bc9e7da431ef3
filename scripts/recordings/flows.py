"""One flow of a mitmproxy recording, read to an exchange without building the flow.

A flow is a tnetstring: LENGTH:BYTES and a sign for the type, dictionaries and lists holding more of them. What a
decision needs is read of it; most bodies, certificates and all else are stepped over. What is in any way unusual is
`Odd`: then mitmproxy's own reader has the word on it, so that what is read here is what it would read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from math import isfinite

from corsight.addons.wire import (
    BODY,
    LONGEST_NAME,
    MARKER,
    WORD,
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

VERSIONS = {b"19", b"20", b"21"}
"""The versions of the format that are read here; in what is read of them they are alike."""
OTHERS = {b"tcp", b"udp", b"dns"}
"""The types of flows that are no exchanges."""
PATCHED, SENT = b"cors.patched", b"cors.server.status"
BESIDE = MARKER.encode(), WORD.encode(), BODY.encode()
"""How the keys of metadata begin that hold evidence from beside the wire."""
LONGEST = 4096
"""Bytes of a header list, or of what is known of a connection, up to which it is remembered."""
LONGEST_FIELD = 256
REMEMBERED = 4096

STRING, BYTES, INTEGER, FLOAT, NULL, LIST, DICTIONARY, BOOLEAN = b";,#^~]}!"

FLOW = frozenset(
    b"version type id error client_conn server_conn intercepted is_replay marked metadata comment timestamp_created "
    b"backup request response websocket".split()
)
MESSAGE = frozenset(b"http_version headers content trailers timestamp_start timestamp_end".split())
REQUEST = MESSAGE | frozenset(b"host port method scheme authority path".split())
RESPONSE = MESSAGE | frozenset(b"status_code reason".split())
ERROR = frozenset(b"msg timestamp".split())

ENDING = 256
"""Bytes in which the end of a flow is looked for that tells its client."""
_ending = re.compile(
    rb"8:peername;\d+:\d+:([^;]*);[\d:#]*\]\}5:error;0:~2:id;36:[^;]{36};4:type;4:http;7:version;2:\d\d#\Z"
).search

type Span = tuple[int, int, int]
"""Where a value begins and ends in the bytes around it, and the sign of its type."""


class Odd(Exception):
    """The flow is not what mitmproxy writes, or not of a version that is read here."""


def read_flow(data: bytes, start: int, end: int) -> Exchange | None:
    """Return the exchange that the flow in `data` between `start` and `end` is, None where it is another thing.

    Raises Odd.
    """
    flow = _index(data, start, end)
    if _value(data, flow, b"type", STRING) != b"http":
        if _value(data, flow, b"type", STRING) in OTHERS and _value(data, flow, b"version", INTEGER) in VERSIONS:
            return None
        raise Odd
    if flow.keys() != FLOW or _value(data, flow, b"version", INTEGER) not in VERSIONS:
        raise Odd
    connection = data[slice(*_span(flow, b"client_conn", DICTIONARY))]
    read = _read_connection if len(connection) <= LONGEST else _read_connection.__wrapped__
    client, name = read(connection)
    id = _value(data, flow, b"id", STRING).decode()
    if max(len(client), len(name), len(id)) > LONGEST_NAME:
        raise Odd
    asked, http2 = _read_request(data, *_span(flow, b"request", DICTIONARY))
    error = _read_error(data, flow[b"error"])
    response = _read_response(data, flow[b"response"], asked, error)
    beside = _read_beside(data, *flow[b"metadata"])
    if response is not None and response.body is None and (body := read_body(beside)) is not None:
        response = replace(response, body=body)
    return Exchange(
        id,
        client,
        name,
        asked,
        response,
        http2,
        None if response is not None else find_proxy_status(error),
        None if response is not None else error,
        _is_patched(data, flow[b"metadata"]),
        marker=read_marker(beside),
        word=read_word(beside),
    )


def find_client(data: bytes, start: int, end: int) -> bytes:
    """Return a flow's client by its address; empty where the flow is odd."""
    # Its address is usually the last thing that a flow without an error says of its client.
    found = _ending(data, max(start, end - ENDING), end)
    if found is not None:
        return found[1]
    try:
        connection = data[slice(*_span(_index(data, start, end), b"client_conn", DICTIONARY))]
        read = _read_connection if len(connection) <= LONGEST else _read_connection.__wrapped__
        return read(connection)[0].encode()
    except (Odd, ValueError, KeyError):
        return b""


# -- tnetstrings -----------------------------------------------------------------------------------------------------


def _index(data: bytes, start: int, end: int) -> dict[bytes, Span]:
    """Return where the values of a dictionary are, by their keys."""
    spans: dict[bytes, Span] = {}
    find = data.find
    while start < end:
        colon = find(b":", start, end)
        middle = colon + 1 + int(data[start:colon])
        if middle >= end or middle <= colon or data[middle] != STRING or colon < start:
            raise Odd
        key = data[colon + 1 : middle]
        start = middle + 1
        colon = find(b":", start, end)
        stop = colon + 1 + int(data[start:colon])
        if stop >= end or stop <= colon or colon < start:
            raise Odd
        spans[key] = colon + 1, stop, data[stop]
        start = stop + 1
    return spans


def _split(data: bytes, start: int, end: int) -> list[Span]:
    """Return where the values of a list are."""
    spans: list[Span] = []
    while start < end:
        colon = data.find(b":", start, end)
        stop = colon + 1 + int(data[start:colon])
        if stop >= end or stop <= colon or colon < start:
            raise Odd
        spans.append((colon + 1, stop, data[stop]))
        start = stop + 1
    return spans


def _span(spans: dict[bytes, Span], key: bytes, sign: int) -> tuple[int, int]:
    start, stop, found = spans[key]
    if found != sign:
        raise Odd
    return start, stop


def _value(data: bytes, spans: dict[bytes, Span], key: bytes, sign: int) -> bytes:
    start, stop, found = spans[key]
    if found != sign:
        raise Odd
    return data[start:stop]


# -- the parts of a flow ---------------------------------------------------------------------------------------------


def _read_request(data: bytes, start: int, end: int) -> tuple[Request, bool]:
    spans = _index(data, start, end)
    if spans.keys() != REQUEST:
        raise Odd
    _check_rest(spans)
    headers = _read_headers(data, *_span(spans, b"headers", LIST))
    url = make_url(
        _value(data, spans, b"scheme", BYTES),
        _value(data, spans, b"host", STRING).decode(),
        int(_value(data, spans, b"port", INTEGER)),
        _value(data, spans, b"authority", BYTES),
        _value(data, spans, b"path", BYTES),
        headers.fields,
    )
    method = _value(data, spans, b"method", BYTES).decode("latin-1")
    started = _read_moment(data, spans)
    return Request(method, url, headers, started), is_multiplexed(_value(data, spans, b"http_version", BYTES))


def _read_response(data: bytes, span: Span, asked: Request, error: str | None) -> Response | None:
    start, end, sign = span
    if sign == NULL and start == end:
        return None
    if sign != DICTIONARY:
        raise Odd
    spans = _index(data, start, end)
    if spans.keys() != RESPONSE:
        raise Odd
    _check_rest(spans)
    headers = _read_headers(data, *_span(spans, b"headers", LIST))
    status = int(_value(data, spans, b"status_code", INTEGER))
    received = _read_moment(data, spans) or asked.started
    if error is not None and is_withheld(error, whole=spans[b"timestamp_end"][2] != NULL):
        return None
    start, end, sign = spans[b"content"]
    body, told = None, asked.headers.get("sec-fetch-mode")
    if sign == BYTES and spans[b"timestamp_end"][2] != NULL and told in (None, "no-cors"):
        body = look_at_body(asked.headers, headers, data[start:end])
    return Response(status, headers, received, body)


def _read_moment(data: bytes, spans: dict[bytes, Span]) -> float:
    moment = float(_value(data, spans, b"timestamp_start", FLOAT))
    if not isfinite(moment):
        raise Odd
    return moment


def _check_rest(spans: dict[bytes, Span]) -> None:
    """Raise Odd where what is stepped over of a message is not of its type."""
    if (
        spans[b"content"][2] not in b",~"
        or spans[b"trailers"][2] not in b"]~"
        or spans[b"timestamp_end"][2] not in b"^~"
    ):
        raise Odd


def _read_headers(data: bytes, start: int, end: int) -> HeaderList:
    raw = data[start:end]
    return _list_fields(raw) if end - start <= LONGEST else _list_fields.__wrapped__(raw)


@lru_cache(REMEMBERED)
def _list_fields(raw: bytes) -> HeaderList:
    """Return the header list of these bytes. Equal ones are one object: what is derived of it is derived once."""
    fields: list[tuple[bytes, bytes]] = []
    start, end, find = 0, len(raw), raw.find
    while start < end:
        colon = find(b":", start, end)
        stop = colon + 1 + int(raw[start:colon])
        if stop >= end or stop <= colon or raw[stop] != LIST or colon < start:
            raise Odd
        field = raw[colon + 1 : stop]
        read = _read_field if stop - colon <= LONGEST_FIELD else _read_field.__wrapped__
        fields.append(read(field))
        start = stop + 1
    return HeaderList(tuple(fields))


@lru_cache(REMEMBERED)
def _read_field(raw: bytes) -> tuple[bytes, bytes]:
    """Return the name and value of one header field."""
    first = raw.find(b":")
    middle = first + 1 + int(raw[:first])
    second = raw.find(b":", middle)
    end = second + 1 + int(raw[middle + 1 : second])
    if middle <= first or second < middle or raw[middle] != BYTES or end != len(raw) - 1 or raw[end] != BYTES:
        raise Odd
    return raw[first + 1 : middle], raw[second + 1 : end]


@lru_cache(REMEMBERED)
def _read_connection(raw: bytes) -> tuple[str, str]:
    """Return a client's address, and the id of its connection."""
    spans = _index(raw, 0, len(raw))
    name = _value(raw, spans, b"id", STRING).decode()
    peer = _split(raw, *_span(spans, b"peername", LIST))
    if not peer:
        return "unknown", name
    address, *numbers = peer
    if address[2] != STRING or any(number[2] != INTEGER for number in numbers):
        raise Odd
    for number in numbers:
        int(raw[number[0] : number[1]])
    return raw[address[0] : address[1]].decode(), name


def _read_error(data: bytes, span: Span) -> str | None:
    start, end, sign = span
    if sign == NULL and start == end:
        return None
    spans = _index(data, start, end)
    if sign != DICTIONARY or spans.keys() != ERROR or spans[b"timestamp"][2] != FLOAT:
        raise Odd
    float(_value(data, spans, b"timestamp", FLOAT))
    return _value(data, spans, b"msg", STRING).decode()


def _is_patched(data: bytes, span: Span) -> bool:
    start, end, sign = span
    if sign != DICTIONARY:
        raise Odd
    if data.find(PATCHED, start, end) < 0:
        return False
    metadata = _index(data, start, end)
    if SENT in metadata:
        # What the server sent is told there, in a form of its own.
        raise Odd
    return PATCHED in metadata


def _read_beside(data: bytes, start: int, end: int, sign: int) -> dict[str, str | bool]:
    """Return the texts and truth values in the metadata that hold evidence from beside the wire."""
    if sign != DICTIONARY or not any(data.find(key, start, end) >= 0 for key in BESIDE):
        return {}
    found: dict[str, str | bool] = {}
    for key, (first, last, kind) in _index(data, start, end).items():
        if not key.startswith(BESIDE):
            continue
        if kind == STRING:
            found[key.decode()] = data[first:last].decode()
        elif kind == BOOLEAN:
            found[key.decode()] = data[first:last] == b"true"
    return found
