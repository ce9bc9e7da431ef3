"""The script as users start it: a real mitmdump, loopback only."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from mitmproxy.certs import CertStore

from corsight.policies.log_record import LogRecord
from corsight.scripts.paths import ROOT

SCRIPT = ROOT / "addons" / "cors.py"
SHOP = ROOT / "examples" / "shop.mitm"
BESIDE = Path(sys.executable).with_name("mitmdump")
MITMDUMP = (
    [str(BESIDE)]
    if BESIDE.exists()
    else [sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()"]
)
LATE = 30.0
"""Seconds that anything may take before the test fails."""
PAGE = "http://app.example"


@pytest.fixture(scope="module")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """mitmproxy's folder, its certificate authority in it: making one takes long."""
    folder = tmp_path_factory.mktemp("confdir")
    CertStore.from_store(folder, "mitmproxy", 2048)
    return folder


class Mitmdump:
    """A running mitmdump, and what it prints."""

    def __init__(self, confdir: Path, *arguments: str | Path, cwd: Path | None = None, path: str | None = None) -> None:
        outside = {"PYTHONPATH", "PYTEST_CURRENT_TEST"}
        environment = {name: value for name, value in os.environ.items() if name not in outside}
        if path is not None:
            environment["PYTHONPATH"] = path
        self._process = subprocess.Popen(
            [*MITMDUMP, "--set", f"confdir={confdir}", *map(str, arguments)],
            cwd=cwd or confdir,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.printed: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                # Without the time that each line of the event log begins with.
                self.printed.append(re.sub(r"^\[[0-9:.]+\](\[\S+\])? ", "", line.decode().rstrip("\n")))
                self._changed.notify_all()

    def wait_for(self, pattern: str, times: int = 1) -> re.Match[str]:
        """Wait until so many lines match; the last match."""
        with self._changed:
            ready = self._changed.wait_for(lambda: len(self._matches(pattern)) >= times, LATE)
            assert ready, f"{pattern} is not in {self.printed}"
            return self._matches(pattern)[-1]

    def _matches(self, pattern: str) -> list[re.Match[str]]:
        return [match for line in self.printed if (match := re.search(pattern, line))]

    @property
    def port(self) -> int:
        return int(self.wait_for(r"proxy listening at (?:\S*:)?(\d+)")[1])

    def end(self, number: int | None = None) -> int:
        """Wait for its end, after a signal if it is given one; its exit code."""
        if number is not None:
            self._process.send_signal(number)
        code = self._process.wait(LATE)
        self._reader.join(LATE)
        return code

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self.end()


type Start = Callable[..., Mitmdump]


@pytest.fixture
def start(confdir: Path) -> Iterator[Start]:
    """Starts mitmdumps that do not outlive the test."""
    with contextlib.ExitStack() as stack:

        def start(*arguments: str | Path, **more: Any) -> Mitmdump:
            process = Mitmdump(confdir, *arguments, **more)
            stack.callback(process.kill)
            return process

        yield start


def live(log: Path | None = None, script: Path = SCRIPT) -> list[str | Path]:
    """Arguments for a proxy on a port of its own choice; with a log, it runs the script too."""
    addon: list[str | Path] = ["-s", script, "--set", f"cors_log={log}"] if log else []
    return ["--listen-host", "127.0.0.1", "--listen-port", "0", "--set", "stream_large_bodies=1k", *addon]


def replay(log: Path, script: str | Path = SCRIPT) -> list[str | Path]:
    return ["-n", "-q", "-r", SHOP, "-s", script, "--set", f"cors_log={log}"]


def records(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_bytes().splitlines()]


# -- how it is started ------------------------------------------------------------------------------------------------


def test_it_starts_from_everywhere(start: Start, tmp_path: Path) -> None:
    """By absolute, relative and symbolic paths, and past packages of the same names in the way."""
    other = tmp_path / "another project"
    for name in ("addons", "policies"):
        (other / name).mkdir(parents=True)
        (other / name / "__init__.py").write_text(f"raise ImportError('the wrong {name}')\n")
    (other / "link.py").symlink_to(SCRIPT)
    (other / "checkout").symlink_to(ROOT)
    ways: dict[str, tuple[str | Path, Path, str | None]] = {
        "from its folder": ("addons/cors.py", ROOT, None),
        "absolute": (SCRIPT, other, None),
        "relative": (os.path.relpath(SCRIPT, other), other, None),
        "a link to it": ("link.py", other, None),
        "a link to its checkout": ("checkout/addons/cors.py", other, None),
        "others on PYTHONPATH": (SCRIPT, other, os.pathsep.join((str(other), str(ROOT)))),
    }
    running = {}
    for number, (way, (script, cwd, path)) in enumerate(ways.items()):
        running[way] = start(*replay(tmp_path / f"{number}.jsonl", script), cwd=cwd, path=path)
    for number, (way, process) in enumerate(running.items()):
        assert process.end() == 0, (way, process.printed)
        assert len(records(tmp_path / f"{number}.jsonl")) == len(records(tmp_path / "0.jsonl")) > 10, way


def test_a_recording_is_judged_and_annotated(start: Start, tmp_path: Path) -> None:
    log, again, annotated = tmp_path / "log", tmp_path / "again", tmp_path / "annotated.mitm"
    process = start(*replay(log), "-w", annotated)
    assert process.end() == 0
    assert process.printed == []
    written = records(log)
    validator = jsonschema.Draft202012Validator(json.loads((ROOT / "docs" / "log.schema.json").read_text("utf-8")))
    for one in written:
        validator.validate(one)
        LogRecord.model_validate(one)
    process = start("-n", "-r", annotated, "-s", SCRIPT, "--set", f"cors_log={again}")
    assert process.end() == 0
    assert records(again) == written
    assert process.printed[-1].startswith("Corsight: ")
    told = {(one["url"], one["rule"], one["cause"]) for one in written if one["rule"]}
    assert len(process._matches(r"^(likely )?blocked \[")) == len(told)


BAD = {
    "cors_engine=netscape": "cors_engine: 'netscape' is not one of auto, standard, chromium, firefox, webkit; add ",
    "cors_typo=1": "cors_typo: there is no such option; there are cors_engine, cors_log, ",
    "cors_mark=maybe": "Failed to parse option cors_mark: boolean must be ",
    "cors_scope=~nothing": "cors_scope: '~nothing' is not a filter expression.",
    "cors_log=missing/log": "cors_log: cannot write missing/log: No such file or directory.",
}


def test_what_cannot_be_stops_the_start_with_a_line(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "log"
    running = {bad: start(*replay(log), "--set", bad) for bad in list(BAD)[:-1]}
    running |= {bad: start("-q", "-s", SCRIPT, "--listen-port", "0", "--set", bad) for bad in list(BAD)[-1:]}
    for bad, process in running.items():
        assert process.end() == 1, bad
        line, closing = process.printed
        assert line.startswith(BAD[bad])
        assert closing == "Error logged during startup, exiting..."
    assert log.read_bytes() == b"", "nothing was judged"


# -- traffic ----------------------------------------------------------------------------------------------------------


class Server:
    """Answers what each path says, byte for byte, and keeps what it was sent."""

    def __init__(self, answers: dict[str, Sequence[bytes]]) -> None:
        self.answers = answers
        self.received: queue.Queue[bytes] = queue.Queue()
        self.go_on = threading.Semaphore(0)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(LATE)
            asked = read_message(connection)
            if not asked:
                return
            self.received.put(asked)
            first, *later = self.answers[asked.split(b" ")[1].decode("latin-1").partition("?")[0]]
            connection.sendall(first)
            for part in later:
                # Only once the client has what came before.
                assert self.go_on.acquire(timeout=LATE)
                connection.sendall(part)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(ANSWERS)
    yield server
    server.close()


def read_message(connection: socket.socket) -> bytes:
    """A request, with the body that its header names."""
    got = b""
    while b"\r\n\r\n" not in got:
        if not (more := connection.recv(65536)):
            return got
        got += more
    head, _, body = got.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    chunked = re.search(rb"(?i)\r\ntransfer-encoding: *chunked", head)
    while (length and len(body) < int(length[1])) or (chunked and not body.endswith(b"0\r\n\r\n")):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def talk(proxy: int, request: bytes, server: Server | None = None, pause: bytes = b"") -> bytes:
    """What the client gets; where it gets `pause`, the server may go on."""
    with socket.create_connection(("127.0.0.1", proxy), LATE) as connection:
        connection.sendall(request)
        got = b""
        with contextlib.suppress(ConnectionResetError):
            while more := connection.recv(65536):
                got += more
                if server is not None and pause and pause in got:
                    pause = b""
                    server.go_on.release()
        return got


CLOSE = b"Connection: close\r\n"
LARGE = b"x" * 5000
ANSWERS: dict[str, Sequence[bytes]] = {
    "/plain": [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAccess-Control-Allow-Origin: *\r\n" + CLOSE + b"\r\nok"],
    "/blocked": [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + CLOSE + b"\r\nno"],
    "/empty": [b"HTTP/1.1 204 No Content\r\n" + CLOSE + b"\r\n"],
    "/cached": [b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n' + CLOSE + b"\r\n"],
    "/chunked": [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + CLOSE + b"\r\n2\r\nok\r\n0\r\n\r\n"],
    "/until-the-end": [b"HTTP/1.0 200 OK\r\nAccess-Control-Allow-Origin: *\r\n\r\nuntil the end"],
    "/large": [b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n" + CLOSE + b"\r\n" + LARGE],
    "/events": [
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
        + CLOSE
        + b"Access-Control-Allow-Origin: *\r\n\r\n5dc\r\n"
        + b"data: first".ljust(1498)
        + b"\n\n\r\n",
        b"e\r\ndata: second\n\n\r\n0\r\n\r\n",
    ],
    "/odd": [
        b"HTTP/1.1 200 \xfcber\r\ncontent-LENGTH: 2\r\nX-Empty:\r\nX-B: \xff\xfe\r\nx-b:  two  \r\nX-B: \t3\r\n"
        b"ACCESS-CONTROL-allow-ORIGIN: \x80\r\nAccess-Control-Allow-Origin: *\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
        + CLOSE
        + b"\r\nok"
    ],
    "/unreadable": [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n" + CLOSE + b"\r\nok"],
    "/refused": [
        b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nTransfer-Encoding: chunked\r\nAccess-Control-Allow-Origin: *\r\n"
        + CLOSE
        + b"\r\n2\r\nok\r\n0\r\n\r\n"
    ],
    "/broken": [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nAccess-Control-Allow-Origin: *\r\n" + CLOSE + b"\r\nok"],
}


def request(path: str, port: int, *lines: bytes, method: str = "GET", body: bytes = b"") -> bytes:
    """A request as a browser sends it to its proxy, with these lines too."""
    head = f"{method} http://127.0.0.1:{port}{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: {PAGE}\r\n".encode(
        "latin-1"
    )
    return head + b"".join(line + b"\r\n" for line in (*lines, b"Connection: close")) + b"\r\n" + body


def exchanges(port: int) -> dict[str, bytes]:
    odd = (b"x-a: \xff", b"X-A:  b ", b"X-Empty:", b"aCCEPT: */*", b"Cookie: \x80=\x81", b"Sec-Fetch-Mode: cors, cors")
    asks = b"Access-Control-Request-Method: PUT"
    made = {path: request(path, port) for path in ANSWERS}
    made["odd request"] = request("/odd?%ff%00#f", port, *odd)
    made["preflight"] = request("/empty", port, asks, method="OPTIONS")
    made["post"] = request("/plain", port, b"Content-Length: 4", method="POST", body=b"body")
    made["chunked post"] = request(
        "/chunked", port, b"Transfer-Encoding: chunked", method="POST", body=b"4\r\nbody\r\n0\r\n\r\n"
    )
    made["lower-case method"] = request("/plain", port, method="patch")
    made["large post"] = request("/large", port, b"Content-Length: 5000", method="POST", body=LARGE)
    made["connect"] = f"CONNECT 127.0.0.1:{unused_port()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    made["nowhere"] = request("/", unused_port())
    smuggling = (b"Content-Length: 4", b"Transfer-Encoding: chunked")
    made["refused"] = request("/refused", port, *smuggling, method="POST", body=b"0\r\n\r\n")
    made["malformed"] = request("/malformed", port, b"Content-Length: 1", b"Content-Length: 2")
    return made


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_what_passes_is_byte_for_byte_what_came(start: Start, server: Server, tmp_path: Path) -> None:
    plain, watched = start(*live()), start(*live(tmp_path / "log"))
    unheard = {"connect", "nowhere", "refused", "malformed"}
    sent = exchanges(server.port)
    for name, asked in sent.items():
        got, received = [], []
        for proxy in (plain, watched):
            got.append(talk(proxy.port, asked, server, pause=b"data: first"))
            received.append(b"" if name in unheard else server.received.get(timeout=LATE))
        assert got[0] == got[1], name
        assert received[0] == received[1], name
        assert got[0].startswith(b"HTTP/1."), name
    assert server.received.empty()
    assert watched.end(signal.SIGTERM) == 0
    written = {
        (one["method"], one["url"].removeprefix(f"http://127.0.0.1:{server.port}")): one
        for one in records(tmp_path / "log")
    }
    assert len(written) == len(sent) - 1, "all but the CONNECT"
    said = {path: one["outcome"] for (method, path), one in written.items() if method == "GET"}
    assert (said["/plain"], said["/blocked"], said["/events"]) == ("allowed", "blocked", "allowed")
    for key in (("GET", "/unreadable"), ("GET", "/refused"), ("POST", "/refused"), ("GET", "/malformed")):
        assert (written[key]["status"], written[key]["rule"]) == (None, "network-error")
    assert not any("could not judge" in line or "Traceback" in line for line in watched.printed)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_however_it_is_ended_the_last_word_is_written(
    number: signal.Signals, start: Start, server: Server, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    process = start(*live(log))
    talk(process.port, request("/blocked", server.port))
    server.answers = {"/empty": [b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nAccess-Control-Allow-Origin: *\r\n\r\n"]}
    talk(process.port, request("/empty", server.port, b"Access-Control-Request-Method: GET", method="OPTIONS"))
    assert [one["outcome"] for one in records(log)] == ["blocked", "allowed"], "written at once"
    assert process.end(number) == 0
    _, likely, last = records(log)
    assert (last["flow"], likely["certainty"], last["outcome"]) == (likely["flow"], "likely", "blocked")
    assert process.printed[-1].startswith("Corsight: 2 exchanges blocked (")


def test_a_reloaded_script_judges_once_and_goes_on_with_its_log(start: Start, server: Server, tmp_path: Path) -> None:
    checkout, log = tmp_path / "a checkout", tmp_path / "log"
    for name in ("addons", "policies"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    script = checkout / "addons" / "cors.py"
    process = start(*live(log, script))
    talk(process.port, request("/blocked", server.port))
    os.utime(script, (time.time() + 5, time.time() + 5))
    process.wait_for("^Loading script", times=2)
    for number in range(2):
        talk(process.port, request("/blocked", server.port, b"X-Number: %d" % number))
    assert process.end(signal.SIGTERM) == 0
    assert len(records(log)) == 3
    assert len({one["flow"] for one in records(log)}) == 3
    assert len(process._matches("^Corsight: [12] exchanges? blocked")) == 2
    assert not any("Traceback" in line or "rror: " in line for line in process.printed)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full, a disk that is full, is Linux's")
def test_a_full_disk_does_not_stop_traffic(start: Start, server: Server) -> None:
    process = start(*live(Path("/dev/full")))
    for _ in range(2):
        assert talk(process.port, request("/plain", server.port)).endswith(b"ok")
    assert process.end(signal.SIGTERM) == 0
    assert len(process._matches("cors_log: cannot write /dev/full: No space left on device")) == 1
