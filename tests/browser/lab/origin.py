"""The lab's origin servers: they listen on loopback, inside the proxy's process, and answer as the scenarios say.

`/__page` is a page of the lab, `/__list` its scenarios, `/__result` takes what it saw; `/s/<id>/<hop>` is answered as
the scenario says, late or broken where it says so. All else is the browser's own background traffic, and gets a 404.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import http
import json
import ssl
import struct
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
CODE = PAGE.partition("<script>")[2].partition("</script>")[0].replace("\nmain();\n", "\n")
WORKER = CODE + "\nonmessage = async event => postMessage(await all(event.data));\n"
SERVICE_WORKER = """
onactivate = event => event.waitUntil(clients.claim());
oninstall = () => skipWaiting();
onfetch = event => {
  if (new URL(event.request.url).pathname.startsWith('/s/')) event.respondWith(fetch(event.request));
};
"""
EMBEDDER_POLICY = {"coep.test": "require-corp", "credentialless.test": "credentialless"}
FILE_PAGE = "file://"
"""The page whose list and results go another way: it has no origin of its own."""

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgAAIAAAUAAXpeqz8AAAAASUVORK5CYII=")
FONT = base64.b64decode(
    "d09GMgABAAAAAADoAAoAAAAAAhwAAAChAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAABmAANAoUMgE2AiQDBAsEAAQgBSIHIBuFAfgfB7k56Z6EbolihSOe/37pzv3vp6l0"
    "m1klkgCuKpxCSCSDNDhZ7aK3EXC+PiVKjaMbHEcUgGQBJqKJhiMMG3BYEsxfVBnzbqaTAW583LmrQdEAGgoHJTjoBnRdcDdNPTV9CoCAhqDQAR2kkqPVGxCE149rff6n"
    "6hu+fM+MlRVKA6GGSTKSPysBACQjgigBDQAAzUlJX4nG06Z+9qIAAA=="
)
VISIT = b"<!doctype html><script>opener.postMessage('visited', '*'); close();</script>"
SILENCE = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 836, b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8, b"data", 800)

BODIES = {"@png": PNG, "@font": FONT, "@visit": VISIT, "@wav": SILENCE + b"\x80" * 800, "@vtt": b"WEBVTT\n\n"}

type Headers = list[tuple[bytes, bytes]]
type Answer = dict[str, Any]


class Request:
    """What a server reads of a request."""

    def __init__(self, scheme: str, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        self.scheme, self.method, self.target, self.headers, self.body = scheme, method, target, headers, body

    @property
    def host(self) -> str:
        return self.headers.get("host", "").partition(":")[0]

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.headers.get('host', '')}"


class Origins:
    """All the lab's hosts: one server that speaks TLS, one that does not."""

    def __init__(self, scenarios: list[Answer], results: Path) -> None:
        self.scenarios = {str(scenario["id"]): scenario for scenario in scenarios}
        self.results = results
        self.ports: dict[str, int] = {}
        self._servers: list[asyncio.Server] = []

    async def start(self, certificate: Path) -> None:
        """Listen; `certificate` holds a certificate and its key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        for scheme, tls in (("http", None), ("https", context)):

            async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, scheme: str = scheme) -> None:
                with contextlib.suppress(OSError, asyncio.IncompleteReadError, ssl.SSLError):
                    while request := await read(reader, scheme):
                        if not await self.answer(request, writer):
                            break
                writer.close()

            server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
            self._servers.append(server)
            self.ports[scheme] = server.sockets[0].getsockname()[1]

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection may go on."""
        match urlsplit(request.target).path.split("/"):
            case ["", "__page" | "__tab"]:
                return await send(writer, 200, self._own(request, b"text/html"), PAGE.encode())
            case ["", "__worker.js"]:
                return await send(writer, 200, self._own(request, b"text/javascript"), WORKER.encode())
            case ["", "__sw.js"]:
                return await send(writer, 200, self._own(request, b"text/javascript"), SERVICE_WORKER.encode())
            case ["", "__list"]:
                return await send(writer, 200, self._own(request, b"application/json"), self._list(request))
            case ["", "__result"]:
                with self.results.open("a") as file:
                    post = {"page": self._page(request), "results": json.loads(request.body)}
                    file.write(json.dumps(post) + "\n")
                return await send(writer, 200, self._own(request, b"text/plain"), b"")
            case ["", "s", ident, hop] if ident in self.scenarios and hop in self.scenarios[ident]["serve"]:
                return await serve(request, self.scenarios[ident]["serve"][hop], writer)
        return await send(writer, 404, [], b"")

    def _page(self, request: Request) -> str:
        return (parse_qs(urlsplit(request.target).query).get("page") or [request.origin])[0]

    def _list(self, request: Request) -> bytes:
        page = self._page(request)
        mine = [scenario for scenario in self.scenarios.values() if scenario["page"] == page]
        return json.dumps(
            [{key: scenario.get(key) for key in ("id", "frame", "together", "steps")} for scenario in mine]
        ).encode()

    def _own(self, request: Request, content_type: bytes) -> Headers:
        headers = [(b"content-type", content_type), (b"cache-control", b"no-store")]
        if policy := EMBEDDER_POLICY.get(request.host):
            headers.append((b"cross-origin-embedder-policy", policy.encode()))
        if request.headers.get("origin") == "null":
            headers.append((b"access-control-allow-origin", b"null"))
        return headers


async def read(reader: asyncio.StreamReader, scheme: str) -> Request | None:
    """The next request of a connection; None where there is none."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    start, *lines = head.strip().split("\r\n")
    method, target, _ = start.split(" ", 2)
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = b""
    if length := headers.get("content-length"):
        body = await reader.readexactly(int(length))
    elif "chunked" in headers.get("transfer-encoding", ""):
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    return Request(scheme, method, target, headers, body)


async def serve(request: Request, answers: Answer, writer: asyncio.StreamWriter) -> bool:
    preflight = request.method == "OPTIONS" and "access-control-request-method" in request.headers
    answer = answers["preflight" if preflight and "preflight" in answers else "actual"]
    text = answer.get("body", "ok")
    body = BODIES.get(text, text.encode())
    headers, status = encode(answer["headers"]), answer["status"]
    if etag := answer.get("etag"):
        if request.headers.get("if-none-match") == etag:
            status, headers = 304, encode(answer["headers304"])
        headers = [(b"etag", etag.encode()), (b"cache-control", answer.get("fresh", "no-cache").encode()), *headers]
    await asyncio.sleep(answer.get("late", 0) / 1000)
    if answer.get("fault") == "reset":
        return False
    if answer.get("fault") == "garbage":
        writer.write(b"\x00\x01 this is no HTTP\r\n\r\n")
        await writer.drain()
        return False
    if answer.get("fault") == "cut":
        headers = [*headers, (b"content-length", str(len(body) + 100).encode())]
        await send(writer, status, headers, body, raw=True)
        return False
    return await send(writer, status, headers, body, bare=request.method == "HEAD" or status in (204, 304))


def encode(headers: list[list[str]]) -> Headers:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers]


async def send(
    writer: asyncio.StreamWriter, status: int, headers: Headers, body: bytes, bare: bool = False, raw: bool = False
) -> bool:
    """Send a response; a bare one has no body whatever its headers say (HEAD, 204, 304). True: the connection holds."""
    if not raw and status not in (204, 304):
        headers = [*headers, (b"content-length", str(len(body)).encode())]
    try:
        reason = http.HTTPStatus(status).phrase
    except ValueError:
        reason = "Unknown"
    lines = [f"HTTP/1.1 {status} {reason}".encode(), *(name + b": " + value for name, value in headers)]
    writer.write(b"\r\n".join([*lines, b"", b""]) + (b"" if bare else body))
    await writer.drain()
    return True
