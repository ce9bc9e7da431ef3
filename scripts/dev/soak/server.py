"""The server behind the proxies: what it answers depends on the path, /KIND/NUMBER, and on nothing else.

Each answer holds the digest of all that was asked, so that who compares answers compares requests too.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
import re
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
PORT = re.compile(rb"127\.0\.0\.1:\d+")
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
LIMIT = 4 * 1024 * 1024
"""Bytes of a request's headers."""
PAUSE = 0.02
"""Seconds between two events of a stream."""


@contextlib.asynccontextmanager
async def serve() -> AsyncIterator[int]:
    """Answer on a port of 127.0.0.1, which is yielded."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, limit=LIMIT)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
            _, kind, number, *_ = head.split(b" ", 2)[1].split(b"/")
            chance = random.Random(kind + number)
            digest = hashlib.sha256(PORT.sub(b"server", head) + body).hexdigest().encode()
            if await ANSWERS[kind.decode()](reader, writer, head, b"X-Got: " + digest + b"\r\n", chance):
                break
            await writer.drain()
    with contextlib.suppress(ConnectionError):
        writer.close()


type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def _grants(chance: random.Random) -> bytes:
    return chance.choice(
        (
            b"",
            b"Access-Control-Allow-Origin: *\r\n",
            b"access-control-ALLOW-origin:  http://app.test\r\nVary: Origin\r\n",
        )
    )


def _fixed(status: bytes, make: Callable[[random.Random], tuple[bytes, bytes]]) -> _Answer:
    """Return an answer of a known length: `make` gives header lines and the body."""

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, got: bytes, chance: random.Random
    ) -> bool:
        lines, body = make(chance)
        length = b"" if status[:3] in (b"204", b"304") else b"Content-Length: %d\r\n" % len(body)
        writer.write(b"HTTP/1.1 " + status + b"\r\n" + _grants(chance) + got + lines + length + b"\r\n" + body)
        return False

    return answer


async def _chunks(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, got: bytes, chance: random.Random
) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\n" + _grants(chance) + got + b"transfer-ENCODING: chunked\r\n\r\n")
    for _ in range(chance.randrange(1, 6)):
        data = chance.randbytes(chance.randrange(1, 3000))
        writer.write(b"%X\r\n" % len(data) + data + b"\r\n")
    writer.write(b"0\r\n\r\n")
    return False


async def _events(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, got: bytes, chance: random.Random
) -> bool:
    lines = b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(b"HTTP/1.1 200 OK\r\n" + _grants(chance) + got + lines)
    for number in range(3):
        event = b"data: %d\n\n" % number
        writer.write(b"%x\r\n" % len(event) + event + b"\r\n")
        await writer.drain()
        await asyncio.sleep(PAUSE)
    writer.write(b"0\r\n\r\n")
    return False


async def _to_the_end(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, got: bytes, chance: random.Random
) -> bool:
    writer.write(b"HTTP/1.1 200 OK\r\n" + _grants(chance) + got + b"Connection: close\r\n\r\n" + chance.randbytes(900))
    return True


async def _socket(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes, got: bytes, chance: random.Random
) -> bool:
    """Return a WebSocket that sends two messages, and what it is sent, and then closes."""
    key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)
    accept = b64encode(hashlib.sha1((key[1] if key else b"") + GUID).digest())
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n" + got + b"\r\n"
    )
    for size in (5, 100):
        writer.write(bytes((0x82, size)) + chance.randbytes(size))
    start = await reader.readexactly(2)
    mask, sent = await reader.readexactly(4), await reader.readexactly(start[1] & 0x7F)
    plain = bytes(byte ^ mask[place % 4] for place, byte in enumerate(sent))
    writer.write(bytes((0x82, len(plain))) + plain + b"\x88\x02\x03\xe8")
    await writer.drain()
    await reader.read()
    return True


type _Answer = Callable[
    [asyncio.StreamReader, asyncio.StreamWriter, bytes, bytes, random.Random],
    Awaitable[bool],
]

ANSWERS = {
    "plain": _fixed(b"200 OK", lambda chance: (b"", chance.randbytes(chance.randrange(3000)))),
    "odd": _fixed(
        b"200 Very  fine",
        lambda chance: (b"X-MiXeD: a\r\nx-dup: 1\r\nX-Dup:2\r\nx-empty:\r\nx-latin: \xe4\xff\r\n", b"ok"),
    ),
    "many": _fixed(b"200 OK", lambda chance: (b"".join(b"X-%d: %s\r\n" % (n, b"v" * 30) for n in range(200)), b"ok")),
    "cookies": _fixed(
        b"200 OK", lambda chance: (b"".join(b"Set-Cookie: c%d=1; Path=/\r\n" % n for n in range(50)), b"")
    ),
    "refused": _fixed(b"405 No", lambda chance: (b"Allow: GET\r\n", b"no!")),
    "granted": _fixed(
        b"204 No Content",
        lambda chance: (
            b"Access-Control-Allow-Methods: *\r\nAccess-Control-Max-Age: %d\r\n" % chance.randrange(99),
            b"",
        ),
    ),
    "redirect": _fixed(b"302 Found", lambda chance: (b"Location: /plain/%d\r\n" % chance.randrange(99), b"")),
    "unmodified": _fixed(b"304 Not Modified", lambda chance: (b'ETag: "a"\r\n', b"")),
    "large": _fixed(b"200 OK", lambda chance: (b"", chance.randbytes(200_000))),
    "chunks": _chunks,
    "events": _events,
    "end": _to_the_end,
    "socket": _socket,
}
"""By the first part of the path. An answer tells whether its connection is to be closed."""
