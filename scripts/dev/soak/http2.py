"""HTTP/2 as a browser speaks it to the proxy, over TLS in a tunnel; a script in the proxy answers."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, ResponseReceived, StreamEnded, StreamReset, TrailersReceived

HOST = "h2.test"
SCRIPT = f"""
import random
from mitmproxy import http
def request(flow):
    if flow.request.host != {HOST!r}:
        return
    asked = flow.request
    chance = random.Random(asked.path)
    trailers = asked.trailers and asked.trailers.fields
    said = repr((asked.method, asked.path, asked.headers.fields, trailers, asked.content))
    fields = [(b"x-twice", b"1"), (b"x-twice", b"2"), (b"x-latin", b"\\xe4"), (b"vary", b"accept")]
    fields += chance.choice(([], [(b"access-control-allow-origin", b"*")]))
    body = said.encode() + chance.randbytes(chance.randrange(2000))
    trailers = http.Headers([(b"x-t", b"1")]) if chance.randrange(2) else None
    flow.response = http.Response(b"HTTP/2.0", 200, b"", http.Headers(fields), body, trailers, 0, 0)
"""
"""What answers: as the request says, and nothing else."""

type Got = tuple[list[tuple[bytes, bytes]], bytes, list[tuple[bytes, bytes]]]
"""The headers, the body and the trailers of an answer."""


def ask_all(proxy: int, numbers: Iterator[int], wait: float) -> Iterator[Got]:
    """Yield the answer to each number, over one connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", proxy), timeout=wait) as plain:
        plain.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode())
        if not plain.recv(4096).startswith(b"HTTP/1.1 200"):
            raise OSError("the proxy opens no tunnel")
        with context.wrap_socket(plain, server_hostname=HOST) as client:
            connection = H2Connection(H2Configuration(header_encoding=False))
            connection.initiate_connection()
            for number in numbers:
                yield _ask(client, connection, number)


def _ask(client: ssl.SSLSocket, connection: H2Connection, number: int) -> Got:
    stream = connection.get_next_available_stream_id()
    page = [("origin", "https://app.test"), ("sec-fetch-mode", "cors"), ("sec-fetch-site", "cross-site")]
    target = [(":method", "PUT"), (":scheme", "https"), (":authority", HOST), (":path", f"/{number}")]
    connection.send_headers(stream, [*target, *page, ("x-sent", str(number))])
    connection.send_data(stream, b"content")
    connection.send_headers(stream, [("x-r", "1")], end_stream=True)
    headers, body, trailers = list[tuple[bytes, bytes]](), bytearray(), list[tuple[bytes, bytes]]()
    while True:
        client.sendall(connection.data_to_send())
        data = client.recv(65536)
        if not data:
            raise OSError("the proxy hung up")
        for event in connection.receive_data(data):
            match event:
                case ResponseReceived():
                    headers.extend((name, value) for name, value in event.headers)
                case DataReceived():
                    body.extend(event.data)
                    connection.acknowledge_received_data(event.flow_controlled_length, stream)
                case TrailersReceived():
                    trailers.extend((name, value) for name, value in event.headers)
                case StreamEnded():
                    client.sendall(connection.data_to_send())
                    return headers, bytes(body), trailers
                case StreamReset() | ConnectionTerminated():
                    raise OSError(f"the proxy gave up: {event}")
