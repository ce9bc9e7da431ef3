"""A browser's side of a connection: sends what it is told, byte for byte, and reads one answer to its end."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from dataclasses import dataclass

AGENT = b"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0\r\n"
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
CHUNKED = re.compile(rb"(?i)\r\ntransfer-encoding: *chunked")
CLOSES = re.compile(rb"(?i)\r\nconnection: *close")


@dataclass
class Answer:
    """The bytes of an answer, and the seconds until the first of its body came."""

    data: bytes
    first: float


class Client:
    """One connection through a proxy, opened when it is needed."""

    def __init__(self, port: int, wait: float) -> None:
        self._port = port
        self._wait = wait
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: bytes, message: bytes = b"") -> Answer:
        """The answer to a request; `message` is sent once that is a WebSocket. Raises TimeoutError, and OSError or
        IncompleteReadError where the proxy is gone.
        """
        try:
            async with asyncio.timeout(self._wait):
                return await self._ask(request, message)
        except BaseException:
            self.close()
            raise

    async def _ask(self, request: bytes, message: bytes) -> Answer:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        body = bytearray()
        status = head[9:12]
        if status == b"101":
            writer.write(message)
            body += await reader.read()
            self.close()
            return Answer(head + body, 0.0)
        if status in (b"204", b"304"):
            return Answer(head, 0.0)
        first = 0.0
        if CHUNKED.search(head):
            while True:
                line = await reader.readuntil(b"\r\n")
                size = int(line.partition(b";")[0], 16)
                body += line + await reader.readexactly(size + 2)
                first = first or time.perf_counter() - started
                if size == 0:
                    break
        elif (length := LENGTH.search(head)) is not None:
            body += await reader.readexactly(int(length[1]))
        else:
            body += await reader.read()
        if CLOSES.search(head):
            self.close()
        return Answer(head + bytes(body), first)

    def close(self) -> None:
        """Close the connection."""
        if self._streams is not None:
            with contextlib.suppress(OSError, RuntimeError):
                self._streams[1].close()
            self._streams = None


def request(server: int, kind: str, number: int, page: str = "http://app.test") -> bytes:
    """Return the request for an answer of that kind."""
    host = b"127.0.0.1:%d" % server
    method = {"refused": b"OPTIONS", "granted": b"OPTIONS", "chunks": b"PUT"}.get(kind, b"GET")
    lines = b"Host: %s\r\n" % host + AGENT + b"ORIGIN: %s\r\nsec-fetch-site: cross-site\r\n" % page.encode()
    if kind == "socket":
        lines += b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        lines += b"Sec-WebSocket-Key: " + KEY + b"\r\nSec-Fetch-Mode: websocket\r\n"
    else:
        lines += b"Sec-fetch-mode: cors\r\nAccept: */*\r\n"
    if method == b"OPTIONS":
        lines += b"Access-control-request-METHOD: PUT\r\nAccess-Control-Request-Headers: x-a\r\n"
    if kind == "unmodified":
        lines += b'If-None-Match: "a"\r\n'
    body = b""
    if method == b"PUT":
        body = b"sent %d" % number
        lines += b"x-a: 1\r\nContent-Length: %d\r\n" % len(body)
    return b"%s http://%s/%s/%d HTTP/1.1\r\n%s\r\n" % (method, host, kind.encode(), number, lines) + body


MESSAGE = (
    bytes((0x82, 0x84)) + b"\x01\x02\x03\x04" + bytes(a ^ b for a, b in zip(b"ping", b"\x01\x02\x03\x04", strict=True))
)
"""A WebSocket message of four bytes, masked as a browser has to."""
