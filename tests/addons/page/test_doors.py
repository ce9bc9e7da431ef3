"""The page's two doors in a real mitmdump: a port of loopback, and a name in the proxy."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corsight.scripts.processes.machine import free_port
from tests.addons.test_cors import SCRIPT, Mitmdump, confdir

__all__ = ["confdir"]
LINKS = r"page: http://corsight\.localhost:(\d+)/\?token=(\S+) \(through the proxy: http://cors\.sight/\?token=(\S+)\)"


type Got = tuple[int, dict[str, str], str]
"""Status, headers and body."""


class Doors:
    """A mitmdump with a page, and how to ask at either door."""

    def __init__(self, running: Mitmdump) -> None:
        self.proxy = running.port
        link = running.wait_for(LINKS)
        self.port, self.local_token, self.magic_token = int(link[1]), link[2], link[3]

    def ask(self, path: str, *, cookie: str = "", host: str = "", **headers: str) -> Got:
        """Ask at the port."""
        return self._ask(self.port, path, host or f"corsight.localhost:{self.port}", cookie, headers)

    def ask_proxy(self, url: str, *, cookie: str = "", host: str = "", **headers: str) -> Got:
        """Ask through the proxy."""
        return self._ask(self.proxy, url, host or url.split("/")[2], cookie, headers)

    def _ask(self, port: int, target: str, host: str, cookie: str, headers: dict[str, str]) -> Got:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        method = headers.pop("method", "GET")
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host)
        if cookie:
            connection.putheader("Cookie", cookie)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        reply = connection.getresponse()
        body = "" if "event-stream" in reply.headers.get("content-type", "") and port == self.port else reply.read()
        fields = {name.lower(): value for name, value in reply.getheaders()}
        connection.close()
        return reply.status, fields, body.decode() if isinstance(body, bytes) else body


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "log.jsonl"


@pytest.fixture(scope="module")
def doors(confdir: Path, log: Path) -> Iterator[Doors]:
    options = ["--set", f"cors_page={free_port()}", "--set", f"cors_log={log}", "--set", "connection_strategy=lazy"]
    running = Mitmdump(confdir, "--listen-host", "127.0.0.1", "--listen-port", "0", "-s", SCRIPT, *options)
    try:
        yield Doors(running)
    finally:
        running.kill()


def log_in(doors: Doors) -> str:
    status, headers, _ = doors.ask(f"/?token={doors.local_token}")
    assert (status, headers["location"]) == (303, "/")
    return headers["set-cookie"].partition(";")[0]


def test_the_printed_link_opens_the_page_and_nothing_else_does(doors: Doors) -> None:
    own = log_in(doors)
    status, headers, body = doors.ask("/", cookie=own)
    assert status == 200
    assert "<title>Corsight, live</title>" in body
    assert headers["content-type"].startswith("text/html")
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers
    for name, kind in (("page.js", "text/javascript"), ("page.css", "text/css")):
        assert doors.ask(f"/static/{name}", cookie=own)[1]["content-type"].startswith(kind)
        assert doors.ask(f"/static/{name}")[0] == 401
    assert doors.ask("/events?window=0123456789abcdef", cookie=own)[0] == 200
    assert doors.ask("/", host="evil.test", cookie=own)[0] == 421
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x"}
    assert doors.ask("/events?window=0123456789abcdef", **upgrade)[0] == 401


def test_the_name_is_answered_in_the_proxy_with_a_token_of_its_own(doors: Doors, log: Path) -> None:
    assert doors.ask_proxy("http://cors.sight/")[0] == 401
    assert doors.ask_proxy(f"http://cors.sight/?token={doors.local_token}")[0] == 403
    status, headers, _ = doors.ask_proxy(f"http://cors.sight/?token={doors.magic_token}")
    assert status == 303
    own = headers["set-cookie"].partition(";")[0]
    assert "Corsight, live" in doors.ask_proxy("http://cors.sight/", cookie=own)[2]
    assert doors.ask("/", cookie=own)[0] == 401
    status, headers, body = doors.ask_proxy("http://cors.sight/events?window=0123456789abcdee", cookie=own)
    assert headers["content-type"].startswith("text/event-stream")
    assert "event: start" in body
    # Browsers do not say on plain http where a request comes from.
    json_type = {"Content_Type": "application/json", "Content_Length": "0", "Origin": "http://cors.sight"}
    assert doors.ask_proxy("http://cors.sight/patch/off", cookie=own, method="POST", **json_type)[0] == 403
    assert not log.exists() or "cors.sight" not in log.read_text()


def test_no_other_name_is(doors: Doors) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    for name in (f"127.0.0.1:{port}", f"x.cors.sight.localhost:{port}"):
        status, headers, _ = doors.ask_proxy(f"http://{name}/?token={doors.magic_token}")
        assert status == 502
        assert "set-cookie" not in headers
    assert doors.ask_proxy("http://cors.sight:81/", host="cors.sight:81")[0] == 421


def test_news_reach_a_window_that_looks(doors: Doors) -> None:
    own = log_in(doors)
    connection = http.client.HTTPConnection("127.0.0.1", doors.port, timeout=30)
    host = {"Host": f"corsight.localhost:{doors.port}", "Cookie": own}
    connection.request("GET", "/events?window=00000000000000aa", headers=host)
    stream = connection.getresponse()
    assert stream.readline().startswith(b"retry")
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    doors.ask_proxy(f"http://127.0.0.1:{port}/news", Origin="https://app.example")
    said = b""
    end = time.monotonic() + 30
    while b"/news" not in said and time.monotonic() < end:
        said = stream.readline()
    [row] = json.loads(said.removeprefix(b"data: "))
    assert re.fullmatch(rf"http://127\.0\.0\.1:{port}/news", row["url"])
    connection.close()


def test_a_port_that_is_taken_stops_the_start_with_a_line(confdir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = Mitmdump(confdir, "--listen-port", "0", "-s", SCRIPT, "--set", f"cors_page={port}")
        assert running.end() == 1
        assert f"cors_page: port {port} is not available (Address already in use); name another." in running.printed
        assert not any("Traceback" in line for line in running.printed)
