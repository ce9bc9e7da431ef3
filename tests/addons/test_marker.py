"""The marker cookie in a real mitmdump: who gets to see it, and what is left of it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from mitmproxy import exceptions
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader

from corsight.addons.marker import without_marker
from corsight.policies.session.memory import GIANT
from corsight.scripts.processes import proxy
from corsight.scripts.processes.proxy import Proxy
from tests.addons.mitm import cors, flow, mitmproxy

PAGE, HOST = "http://localhost:3000", "localhost:8000"
SERVER = """
import json
from pathlib import Path
from mitmproxy import ctx, http

class Server:
    def request(self, flow):
        with Path(ctx.options.confdir, "seen.jsonl").open("a") as seen:
            seen.write(json.dumps(list(flow.request.headers.items(multi=True))) + "\\n")
        if flow.request.path != "/streamed":
            flow.response = http.Response.make(200, b"ok", {"Access-Control-Allow-Origin": "*", "Set-Cookie": "own=1"})

    def responseheaders(self, flow):
        flow.response.stream = "streamed" in flow.request.path

addons = [Server()]
"""
ACROSS = "corsight-marker=1; Max-Age=3600; Path=/; HttpOnly; SameSite=None; Secure"
WITHIN = "corsight-marker-lax=1; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy that marks api.test and localhost."""
    folder = tmp_path_factory.mktemp("marker")
    script = folder / "server.py"
    script.write_text(SERVER)
    marked = {"cors_marker": "true", "cors_marker_scope": "~d localhost | ~d api.test"}
    with proxy.start(folder, scripts=[script], save_stream_file=folder / "flows.mitm", **marked) as started:
        yield started


def ask(running: Proxy, path: str, method: str = "GET", host: str = HOST, **headers: str) -> list[str]:
    """Ask as a browser does; the Set-Cookie lines of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, f"http://{host}{path}", headers=fields)
    response = connection.getresponse()
    response.read()
    connection.close()
    return [value for name, value in response.getheaders() if name == "Set-Cookie"]


def seen(running: Proxy) -> list[dict[str, str]]:
    """What the server was sent."""
    return [dict(json.loads(line)) for line in (running.folder / "seen.jsonl").read_text().splitlines()]


def kept(running: Proxy, path: str) -> HTTPFlow:
    """The recorded flow of a path."""
    with (running.folder / "flows.mitm").open("rb") as file:
        flows: list[Any] = list(FlowReader(file).stream())
    return next(one for one in flows if isinstance(one, HTTPFlow) and one.request.path == path)


class Upstream(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Set-Cookie", "own=1")
        self.end_headers()
        self.wfile.write(b"x" * 100_000)

    def log_message(self, *_: object) -> None:
        """Nothing: the test says what it has to."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    """A server that is asked for what is streamed."""
    with HTTPServer(("127.0.0.1", 0), Upstream) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"localhost:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("path", ["/whole", "/streamed", "/not-streamed-after-all"])
def test_the_browser_gets_it_and_no_recording_holds_it(path: str, running: Proxy, upstream: str) -> None:
    assert ask(running, path, host=upstream, Origin=PAGE) == ["own=1", ACROSS, WITHIN]
    recorded = kept(running, path)
    assert recorded.response is not None
    assert recorded.response.headers.get_all("set-cookie") == ["own=1"]
    assert recorded.metadata["cors.marker"] == "missing"


def test_no_server_sees_it_and_the_other_cookies_are_as_they_were(running: Proxy) -> None:
    ask(running, "/with", Origin=PAGE, Cookie="a=1; corsight-marker=1; b=x; corsight-marker-lax=1")
    assert seen(running)[-1]["Cookie"] == "a=1; b=x"
    assert kept(running, "/with").metadata["cors.marker"] == "carried"
    ask(running, "/alone", Origin=PAGE, Cookie="corsight-marker=1")
    assert "Cookie" not in seen(running)[-1]
    # Also where nothing is marked, and where CORS has no say.
    ask(running, "/elsewhere", host="other.test", Cookie="corsight-marker=1")
    assert "Cookie" not in seen(running)[-1]


@pytest.mark.parametrize(
    ("host", "cookies"),
    [("localhost:8000", [ACROSS, WITHIN]), ("127.0.0.1:1", []), ("api.test", [WITHIN]), ("other.test", [])],
)
def test_it_is_set_in_its_scope_as_the_host_can_store_it(host: str, cookies: list[str], running: Proxy) -> None:
    assert ask(running, "/", host=host, Origin=PAGE)[1:] == cookies


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        pytest.param("GET", {}, id="without an origin"),
        pytest.param("POST", {"Origin": f"http://{HOST}"}, id="of its own origin"),
        pytest.param("OPTIONS", {"Origin": PAGE, "Access_Control_Request_Method": "PUT"}, id="a preflight"),
        pytest.param("POST", {"Origin": PAGE, "Sec_Fetch_Mode": "navigate"}, id="a navigation"),
    ],
)
def test_what_cors_has_no_say_in_and_preflights_get_none(method: str, headers: dict[str, str], running: Proxy) -> None:
    assert ask(running, "/none", method, **headers) == ["own=1"]


def test_switched_off_it_is_taken_back_where_it_comes(running: Proxy) -> None:
    running.set_options(cors_marker=False)
    try:
        while not running.events.read_new():
            pass
        assert ask(running, "/off", Origin=PAGE) == ["own=1"]
        gone = [cookie.replace("3600", "0") for cookie in (ACROSS, WITHIN)]
        assert ask(running, "/back", Origin=PAGE, Cookie="corsight-marker=1")[1:] == gone
        assert "Cookie" not in seen(running)[-1]
        assert "cors.marker" not in kept(running, "/off").metadata
    finally:
        running.set_options(cors_marker=True)


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (b"a=1", b"a=1"),
        (b"corsight-marker=1; a=1", b"a=1"),
        (b"a=1;corsight-marker-lax=1;b=2", b"a=1;b=2"),
        (b"x-corsight-marker=1; corsight-marker=2", b"x-corsight-marker=1; corsight-marker=2"),
        (b"corsight-marker=1; corsight-marker-lax=1", None),
    ],
)
def test_only_the_marker_is_taken_off(value: bytes, left: bytes | None) -> None:
    fields = ((b"Host", b"a"), (b"COOKIE", value), (b"X", b"corsight-marker=1"))
    wanted = fields if left is None else (fields[0], (b"COOKIE", left), fields[2])
    assert without_marker(fields) == (wanted if left is not None else (fields[0], fields[2]))


def test_off_nothing_is_noted_and_nothing_taken_off() -> None:
    made = cors(("Cookie", "corsight-marker=1"))
    made.live = True
    before = made.request.headers.fields
    with mitmproxy() as running:
        running.judge(made)
    assert made.request.headers.fields == before
    assert "cors.marker" not in made.metadata


def test_a_recording_is_judged_by_what_it_holds_and_not_marked_anew() -> None:
    made, other = cors(url="http://localhost:8000/", origin=PAGE), flow()
    made.metadata["cors.marker"] = "carried"
    with mitmproxy(cors_marker=True, cors_marker_scope="everything") as running:
        running.judge(made, other)
    assert made.metadata["cors.marker"] == "carried"
    assert made.metadata["cors.credentials"] == "include"
    assert "cors.marker" not in other.metadata


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("", "cors_marker: the marker cookie needs a scope"),
        ("~~", "cors_marker_scope: '~~' is not a filter expression."),
    ],
)
def test_a_scope_that_cannot_be_is_said(scope: str, said: str) -> None:
    with mitmproxy() as running, pytest.raises(exceptions.OptionsError, match=f"^{said}"):
        running.set(cors_marker=True, cors_marker_scope=scope)


def test_an_answer_with_very_many_headers_gets_none() -> None:
    with mitmproxy(cors_marker=True, cors_marker_scope="everything") as running:
        marking = running.addon._marking
        for size, marked in ((1000, True), (GIANT, False)):
            made = cors(url="http://localhost:8000/", origin=PAGE, answered=[("X-A", "a" * size)])
            made.live, made.metadata["cors.marker"] = True, "missing"
            marking.add(made)
            assert made.response is not None
            assert ("set-cookie" in made.response.headers, marking.holds(made)) == (marked, marked)
        assert 1000 < marking._added.weight < 2000
