"""Exchanges written as text, so that a fuzzer's inputs can be read, and any bytes at all are some exchanges.

    patch=blocked watched               what the proxy is to do; words that mean nothing here are passed over
                                        (an empty line)
    OPTIONS https://api.test/v1 h2 #1   method, URL, whether HTTP/2, the number of the connection
    Origin: https://app.test
                                        (an empty line)
    204                                 the status, or - where no response came; behind it an error, if there was one
    Access-Control-Allow-Origin: *

Every exchange takes two such blocks. Where secrets belong, in cookies, authorizations and URLs, one is put in.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from mitmproxy import connection, http
from mitmproxy.flow import Error

from corsight.scripts.dev.fuzz.checks import SECRET

MANY = 12
"""How many exchanges of one input are taken."""
URL = re.compile(rb"(?:([a-z]+)://([^/?#]*))?([^\0]*)", re.DOTALL)
NUMBER = re.compile(rb"\d{1,5}")
CREDENTIALS = (b"authorization", b"proxy-authorization")
COOKIES = (b"cookie", b"set-cookie")
URLS = (b"location", b"referer")
TOKEN = b"access_token=" + SECRET.encode()


@dataclass(frozen=True)
class Script:
    """The words of the first line, and the flows of the rest."""

    words: frozenset[str]
    flows: tuple[http.HTTPFlow, ...]


def read(data: bytes) -> Script:
    """Read any bytes as a script."""
    first, *blocks = data.split(b"\n\n")
    words = frozenset(first.decode("latin-1").split())
    pairs = zip(blocks[::2], [*blocks[1::2], b"-"], strict=False)
    clients: dict[int, connection.Client] = {}
    flows = [_flow(asked, answered, number, clients) for number, (asked, answered) in enumerate(pairs)]
    return Script(words, tuple(flows[:MANY]))


def _flow(asked: bytes, answered: bytes, number: int, clients: dict[int, connection.Client]) -> http.HTTPFlow:
    (line, *lines), (status, *more) = asked.split(b"\n"), answered.split(b"\n")
    method, _, rest = line.partition(b" ")
    target, *words = rest.split(b" ") or [b""]
    scheme, host, path = (part or b"" for part in _parts(target))
    http2 = b"h2" in words
    which = next((int(word[1:2]) for word in words if re.match(rb"#\d", word)), 0)
    if which not in clients:
        clients[which] = _client(which)
    name, _, port = host.rpartition(b":") if NUMBER.fullmatch(host.rpartition(b":")[2]) else (host, b"", b"")
    began = 1_800_000_000.0 + number
    flow = http.HTTPFlow(clients[which], connection.Server(address=("api.test", 443)), live=True)
    flow.id = str(uuid.UUID(int=number + 1))
    flow.request = http.Request(
        (name or b"api.test").decode("latin-1"),
        int(port or 443) & 0xFFFF,
        method,
        scheme or b"https",
        host if http2 else b"",
        _secret_url(path or b"/"),
        b"HTTP/2.0" if http2 else b"HTTP/1.1",
        http.Headers([*([] if http2 else [(b"Host", host or b"api.test")]), *_fields(lines)]),
        b"sent",
        None,
        began,
        began,
    )
    code, _, error = status.partition(b" ")
    if NUMBER.fullmatch(code):
        fields = http.Headers(_fields(more))
        version = flow.request.data.http_version
        flow.response = http.Response(version, int(code), b"", fields, b"body", None, began + 0.1, began + 0.2)
    if error or flow.response is None:
        flow.error = Error(error.decode("latin-1") or "server closed connection")
    return flow


def _parts(target: bytes) -> tuple[bytes | None, ...]:
    match = URL.match(target)
    return match.groups() if match is not None else (b"", b"", target)


def _client(number: int) -> connection.Client:
    client = connection.Client(
        peername=(f"127.0.0.{number}", 50_000), sockname=("127.0.0.1", 8080), timestamp_start=1.0
    )
    client.id = str(uuid.UUID(int=number))
    return client


def _fields(lines: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for line in lines:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        lower = name.lower()
        if lower in CREDENTIALS:
            value += SECRET.encode()
        elif lower in COOKIES and b"=" in value:
            value = value.replace(b"=", b"=" + SECRET.encode(), 1)
        elif lower in URLS:
            value = _secret_url(value)
        yield name, value


def _secret_url(url: bytes) -> bytes:
    """Return the URL with a secret as its last parameter, and another as its password where it names a host."""
    url = re.sub(rb"^(https?://)", rb"\1user:" + SECRET.encode() + rb"@", url)
    return url + (b"&" if b"?" in url or b"#" in url else b"?") + TOKEN
