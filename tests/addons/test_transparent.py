"""What passes through a real mitmdump with the addon, on the wire: byte for byte what passes through one without.

With patching on, only header fields of responses differ, and the status of preflights.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

ADDON = Path(__file__).resolve().parents[2] / "addons" / "cors.py"
MITMDUMP = (sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()")
WAIT = 20.0

AGENT = b"user-AGENT: Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0\r\n"
CORS = AGENT + b"ORIGIN: http://app.test\r\nSec-fetch-mode: cors\r\nsec-fetch-site: cross-site\r\n"
ASKS = CORS + b"Access-control-request-METHOD: PUT\r\nAccess-Control-Request-Headers: x-a\r\n"
CHUNKS = b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n"

CHUNKED = re.compile(rb"(?i)\r\ntransfer-encoding: *chunked")

EXCHANGES: dict[str, tuple[bytes, bytes]] = {
    # The browser's method and, after the first line and Host, what it sends; then what the server sends.
    "plain": (b"GET", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    "blocked": (b"GET\n" + CORS, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    "allowed": (
        b"GET\n" + CORS,
        b"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: http://app.test\r\nvary: Origin\r\n"
        b"Content-Length: 2\r\n\r\nok",
    ),
    "odd names and values": (
        b"GET\n" + CORS + b"x-TWICE: 1\r\nX-twice:2\r\nx-latin: \xe4\xff\r\nx-empty:\r\nx-tabs:\t a \t\r\n",
        b"HTTP/1.1 200 Very  fine\r\naCCess-control-ALLOW-origin:   *\r\nAccess-Control-Allow-Origin: *\r\n"
        b"X-A: \r\nx-a:1\r\nx-latin: \xe4\xff\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nContent-Length: 0\r\n\r\n",
    ),
    "chunked": (b"GET\n" + CORS, b"HTTP/1.1 200 OK\r\ntransfer-ENCODING: chunked\r\n\r\n" + CHUNKS),
    "chunked request": (
        b"PUT\n" + CORS + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
        b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
    ),
    "body to the end": (b"GET\n" + CORS, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"z" * 70_000),
    "large": (b"GET\n" + CORS, b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"y" * 300_000),
    "compressed": (
        b"GET\n" + CORS,
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8bno",
    ),
    "events": (
        b"GET\n" + CORS + b"Accept: text/event-stream\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"9\r\ndata: 1\n\n\r\n0\r\n\r\n",
    ),
    "preflight refused": (b"OPTIONS\n" + ASKS, b"HTTP/1.1 405 No\r\nAllow: GET\r\nContent-Length: 3\r\n\r\nno!"),
    "preflight redirected": (
        b"OPTIONS\n" + ASKS,
        b"HTTP/1.1 301 Moved\r\nLocation: http://other.test/\r\nContent-Length: 0\r\n\r\n",
    ),
    "preflight granted": (
        b"OPTIONS\n" + ASKS,
        b"HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: *\r\n"
        b"Access-Control-Max-Age: 600\r\n\r\n",
    ),
    "redirect": (
        b"GET\n" + CORS,
        b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
    ),
    "not modified": (b"GET\n" + CORS + b'If-None-Match: "a"\r\n', b'HTTP/1.1 304 Not Modified\r\nEtag: "a"\r\n\r\n'),
    "head": (b"HEAD\n" + CORS, b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"),
    "old": (b"GET\n" + CORS + b"Connection: close\r\n", b"HTTP/1.0 200 OK\r\n\r\nto the end"),
    # mitmproxy reads no trailers in HTTP/1.1: it hangs up, with the addon or without.
    "trailers": (
        b"GET\n" + CORS,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-t\r\n\r\n2\r\nok\r\n0\r\nx-t: 1\r\n\r\n",
    ),
    "malformed": (b"GET\n" + CORS, b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok"),
    "nothing": (b"GET\n" + CORS, b""),
    "no answer to a preflight": (b"OPTIONS\n" + ASKS, b""),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["buffered", "streamed"])
def test_the_same_bytes_pass_with_the_addon_as_without(streamed: bool, tmp_path: Path) -> None:
    options = ["--set", "stream_large_bodies=1"] if streamed else []
    # A scope alone patches nothing.
    addon = ["-s", str(ADDON), "--set", f"cors_log={tmp_path / 'log.jsonl'}", "--set", "cors_patch_scope=everything"]
    with Upstream() as upstream:
        with mitmdump(tmp_path / "plain", options) as plain:
            expected = {name: upstream.ask(plain, name) for name in EXCHANGES}
        with mitmdump(tmp_path / "corsight", [*options, *addon]) as corsight:
            passed = {name: upstream.ask(corsight, name) for name in EXCHANGES}
    assert passed == expected
    answered = [name for name, (_, got) in expected.items() if b"HTTP/1." in got]
    assert len(answered) >= len(EXCHANGES) - 1, "the comparison is of something"
    assert b"hello" in expected["chunked request"][0]
    assert b"world" in expected["chunked"][1]
    assert (tmp_path / "log.jsonl").read_text().count("\n") >= len(EXCHANGES)


@pytest.mark.parametrize("streamed", [False, True], ids=["buffered", "streamed"])
def test_a_patch_changes_no_request_no_body_and_the_status_of_preflights_only(streamed: bool, tmp_path: Path) -> None:
    options = ["--set", "stream_large_bodies=1"] if streamed else []
    patching = ["-s", str(ADDON), "--set", "cors_patch=blocked", "--set", "cors_patch_scope=~d 127.0.0.1"]
    patching += ["--set", "cors_patch_origins=http://app.test"]
    with Upstream() as upstream:
        with mitmdump(tmp_path / "plain", options) as plain:
            expected = {name: upstream.ask(plain, name) for name in EXCHANGES}
        with mitmdump(tmp_path / "patching", [*options, *patching]) as corsight:
            passed = {name: upstream.ask(corsight, name) for name in EXCHANGES}
    patched = []
    for name, (asked, got) in expected.items():
        assert passed[name][0] == asked, name
        (head, _, body), (new_head, _, new_body) = got.partition(b"\r\n\r\n"), passed[name][1].partition(b"\r\n\r\n")
        assert new_body == body, name
        (status, *lines), (new_status, *new_lines) = head.split(b"\r\n"), new_head.split(b"\r\n")
        if not asked.startswith(b"OPTIONS"):
            assert new_status == status, name
        if b"X-Corsight-Patched" not in new_head:
            assert (new_status, new_lines) == (status, lines), name
            continue
        patched.append(name)
        edited = {line.partition(b":")[0].lower() for line in new_lines if line not in lines}
        kept = [line for line in lines if line.partition(b":")[0].lower() not in edited]
        assert [line for line in new_lines if line.partition(b":")[0].lower() not in edited] == kept, name
        assert edited <= {b"vary", b"cache-control", b"x-corsight-patched"} | {
            one for one in edited if one.startswith(b"access-control-")
        }
    assert {"blocked", "chunked", "large", "events", "redirect", "preflight refused", "not modified"} <= set(patched)
    assert "allowed" not in patched
    assert passed["preflight refused"][1].startswith(b"HTTP/1.1 200 OK\r\n")


ECHO = """
from mitmproxy import http
def request(flow):
    asked = flow.request
    body = repr((asked.headers.fields, asked.trailers and asked.trailers.fields, asked.content)).encode()
    fields = [(b"x-twice", b"1"), (b"x-twice", b"2"), (b"x-latin", b"\\xe4"), (b"vary", b"accept")]
    trailers = http.Headers([(b"x-t", b"1")])
    flow.response = http.Response(b"HTTP/2.0", 200, b"", http.Headers(fields), body, trailers, 0, 0)
"""


@pytest.mark.parametrize("patch", ["off", "blocked"])
def test_http2_passes_whole_with_its_trailers(patch: str, tmp_path: Path) -> None:
    (tmp_path / "echo.py").write_text(ECHO)
    options = ["--set", "connection_strategy=lazy", "-s", str(tmp_path / "echo.py")]
    addon = ["-s", str(ADDON), "--set", f"cors_patch={patch}", "--set", "cors_patch_scope=~d api.test"]
    addon += ["--set", "cors_patch_origins=https://app.test"]
    with mitmdump(tmp_path / "plain", options) as plain:
        expected = ask_http2(plain)
    with mitmdump(tmp_path / "corsight", [*options, *addon]) as corsight:
        headers, body, trailers = ask_http2(corsight)
    assert expected[2] == [(b"x-t", b"1")]
    assert b"x-sent" in body
    assert b"(b'x-r', b'1')" in body
    assert (body, trailers) == expected[1:]
    if patch == "off":
        assert headers == expected[0]
        return
    assert dict(headers)[b"access-control-allow-origin"] == b"https://app.test"
    assert [field for field in headers if field in expected[0]] == [one for one in expected[0] if one[0] != b"vary"]
    assert dict(headers)[b"vary"] == b"accept, Origin"


ANSWERS = """
from mitmproxy import http
def request(flow):
    kind = flow.request.path.strip("/").partition("/")[0]
    fields = [(b"x-asked-by", flow.request.headers.get("origin", "").encode())]
    fields += {
        "cached": [(b"cache-control", b"max-age=600"), (b"vary", b"accept")],
        "star": [(b"access-control-allow-origin", b"https://other.test")],
        "kept": [(b"etag", b'"1"'), (b"cache-control", b"x-no-store")],
    }.get(kind, [])
    status = {"kept": 304, "moved": 302, "failed": 500, "asked": 401}.get(kind, 200)
    if kind == "moved":
        fields.append((b"location", b"https://api.test/plain"))
    body = b"" if status == 304 else kind.encode()
    fields += [] if status == 304 else [(b"content-length", b"%d" % len(body))]
    flow.response = http.Response(b"HTTP/1.1", status, b"", http.Headers(fields), body, None, 0, 0)
"""
ASKERS = {
    "https://app.test": True,
    "http://localhost:3000": True,
    "https://evil.test": False,
    "https://app.test.evil.test": False,
    "https://evilapp.test": False,
    "https://a.app.test": False,
    "http://app.test": False,
    "https://app.test:8443": False,
    "https://app.test/": False,
    "https://APP.test": False,
    "https://app.test, https://evil.test": False,
    "null": False,
}
"""Origins, and whether patches are for them."""


def test_a_patch_is_for_who_asked_however_many_ask_at_once(tmp_path: Path) -> None:
    (tmp_path / "answers.py").write_text(ANSWERS)
    options = ["-s", str(tmp_path / "answers.py"), "-s", str(ADDON), "--set", "connection_strategy=lazy"]
    options += ["--set", "cors_patch=blocked", "--set", "cors_patch_scope=~d ^api.test$"]
    for origin in ("https://app.test", "http://localhost:3000"):
        options += ["--set", f"cors_patch_origins={origin}"]
    kinds = ("plain", "cached", "star", "kept", "moved", "failed", "asked")
    with mitmdump(tmp_path / "patching", options) as proxy, ThreadPoolExecutor(len(ASKERS)) as pool:
        rows = [pool.submit(ask_many, proxy, origin, kinds) for origin in ASKERS]
        answers = dict(zip(ASKERS, (row.result() for row in rows), strict=True))
    for origin, patched in ASKERS.items():
        assert len(answers[origin]) == 3 * len(kinds)
        for head in answers[origin]:
            assert f"x-asked-by: {origin}\r\n" in head
            # Nobody is ever given what is for another.
            granted = re.findall(r"(?im)^access-control-allow-origin: (.*?)\r$", head)
            if patched:
                assert granted == [origin]
                assert re.findall(r"(?im)^cache-control: (.*?)\r$", head) == ["no-store"]
                assert re.search(r"(?im)^vary: (.*, )?origin\r$", head)
            else:
                assert granted in ([], ["https://other.test"])
                assert "x-corsight-patched" not in head.lower()


def ask_many(proxy: int, origin: str, kinds: Sequence[str]) -> list[str]:
    """The heads of the answers to a page of this origin, over one connection."""
    heads = []
    with socket.create_connection(("127.0.0.1", proxy), timeout=WAIT) as client:
        for number, kind in enumerate([*kinds] * 3):
            client.sendall(
                f"GET http://api.test/{kind}/{number} HTTP/1.1\r\nHost: api.test\r\nOrigin: {origin}\r\n".encode()
                + AGENT
                + b"Sec-Fetch-Mode: cors\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Dest: empty\r\n"
                + b'If-None-Match: "1"\r\n\r\n'
            )
            got = b""
            while not _whole(got, bare=False):
                chunk = client.recv(65536)
                assert chunk
                got += chunk
            heads.append(got.partition(b"\r\n\r\n")[0].decode("latin-1") + "\r\n")
    return heads


def ask_http2(proxy: int) -> tuple[list[tuple[bytes, bytes]], bytes, list[tuple[bytes, bytes]]]:
    """The headers, the body and the trailers that an HTTP/2 client gets through the proxy."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    got: tuple[list[tuple[bytes, bytes]], bytearray, list[tuple[bytes, bytes]]] = ([], bytearray(), [])
    with socket.create_connection(("127.0.0.1", proxy), timeout=WAIT) as plain:
        plain.sendall(b"CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n\r\n")
        assert plain.recv(4096).startswith(b"HTTP/1.1 200")
        with context.wrap_socket(plain, server_hostname="api.test") as client:
            settings = H2Configuration(header_encoding=False)
            connection = H2Connection(settings)
            connection.initiate_connection()
            asked = {":method": "PUT", ":scheme": "https", ":authority": "api.test", ":path": "/", "x-sent": "1"}
            page = {"origin": "https://app.test", "sec-fetch-mode": "cors", "sec-fetch-site": "cross-site"}
            connection.send_headers(1, list((asked | page).items()))
            connection.send_data(1, b"content")
            connection.send_headers(1, [("x-r", "1")], end_stream=True)
            while True:
                client.sendall(connection.data_to_send())
                for event in connection.receive_data(client.recv(65536)):
                    match event:
                        case ResponseReceived():
                            got[0].extend((name, value) for name, value in event.headers)
                        case DataReceived():
                            got[1].extend(event.data)
                        case TrailersReceived():
                            got[2].extend((name, value) for name, value in event.headers)
                        case StreamEnded():
                            return got[0], bytes(got[1]), got[2]
                        case StreamReset() | ConnectionTerminated():
                            raise AssertionError(event)


class Upstream:
    """A server that answers with the bytes it is told, and keeps those it got."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._answer = b""
        self._got = b""
        self._done = threading.Event()

    def __enter__(self) -> Upstream:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def ask(self, proxy: int, name: str) -> tuple[bytes, bytes]:
        """What the server got of an exchange, and the browser."""
        said, self._answer = EXCHANGES[name]
        method, _, sent = said.partition(b"\n")
        target = b"127.0.0.1:%d" % self.port
        self._got = b""
        self._done.clear()
        with socket.create_connection(("127.0.0.1", proxy), timeout=WAIT) as client:
            client.sendall(
                b"%s http://%s/%s HTTP/1.1\r\nHost: %s\r\n" % (method, target, name.replace(" ", "-").encode(), target)
                + (sent if b"\r\n\r\n" in sent else sent + b"\r\n")
            )
            got = self._read(client, method == b"HEAD")
        assert self._done.wait(WAIT)
        return self._got, re.sub(rb"127\.0\.0\.1:\d+", b"server", got)

    def _read(self, client: socket.socket, bare: bool) -> bytes:
        """All that comes until the other side has nothing more to say."""
        got = b""
        client.settimeout(WAIT)
        with contextlib.suppress(TimeoutError, ConnectionError):
            while chunk := client.recv(65536):
                got += chunk
                if self._done.is_set() and _whole(got, bare):
                    break
        return got

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(WAIT)
                    self._one(connection)

    def _one(self, connection: socket.socket) -> None:
        while True:
            got = b""
            while not _asked(got):
                chunk = connection.recv(65536)
                if not chunk:
                    return
                got += chunk
            self._got = got
            connection.sendall(self._answer)
            self._done.set()
            return


def _asked(got: bytes) -> bool:
    """Whether a request is there as a whole."""
    head, end, body = got.partition(b"\r\n\r\n")
    if not end:
        return False
    if CHUNKED.search(head):
        return body.endswith(b"0\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return length is None or len(body) >= int(length[1])


def _whole(got: bytes, bare: bool) -> bool:
    """Whether a response is there as a whole, and nothing but the connection's end would tell more."""
    head, end, body = got.partition(b"\r\n\r\n")
    if not end:
        return False
    if bare or re.match(rb"HTTP/1.\d (204|304)", head):
        return True
    if CHUNKED.search(head):
        return body.endswith(b"0\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return length is not None and len(body) >= int(length[1])


@contextlib.contextmanager
def mitmdump(confdir: Path, extra: list[str]) -> Iterator[int]:
    """A mitmdump; yields its port."""
    settings = ["--listen-host", "127.0.0.1", "--listen-port", "0", "--set", f"confdir={confdir}"]
    process = subprocess.Popen(
        [*MITMDUMP, "--set", "flow_detail=0", *settings, *extra], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    try:
        seen = b""
        while (found := re.search(rb"listening at (?:\S*:)?(\d+)", seen)) is None:
            line = process.stdout.readline()
            assert line, seen.decode(errors="replace")
            seen += line
        threading.Thread(target=process.stdout.read, daemon=True).start()
        yield int(found[1])
    finally:
        process.terminate()
        process.wait(WAIT)
