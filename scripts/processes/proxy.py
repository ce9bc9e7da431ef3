"""Starts mitmproxy with the addon for a command, and ends it with the command.

    with end_by_signals(), proxy.start(folder, cors_log=folder / "verdicts.jsonl") as running:
        ...

What mitmproxy keeps, its certificate authority too, lies in the folder given: nothing of the user's own is touched.
"""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from corsight.policies.exchange import Word
from corsight.scripts.errors import CorsightError
from corsight.scripts.paths import ADDON
from corsight.scripts.processes.machine import end_group, free_ports
from corsight.scripts.processes.signals import wait_for

type Tool = Literal["mitmdump", "mitmweb"]

CONTROL = Path(__file__).with_name("control.py")
CA = "mitmproxy-ca-cert.pem"


class Tail:
    """What is appended to a file of JSON Lines, as it comes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def read_new(self) -> list[dict[str, Any]]:
        """Return the objects of the lines that were finished since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                whole, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return []
        self._read += len(whole) + len(newline)
        return [json.loads(line) for line in whole.split(b"\n") if line]


@dataclass(slots=True)
class Proxy:
    """A started mitmproxy."""

    port: int
    web: str | None
    """The address of mitmweb's page."""
    page: str | None
    """The link to the live page."""
    folder: Path
    process: subprocess.Popen[bytes]
    events: Tail
    lanes: tuple[int, ...] = ()
    """The ports of its lanes: each takes what one of several tests sends that run at a time."""
    _orders: int = field(default=0)

    @property
    def url(self) -> str:
        """Its address, as clients take it."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def authority(self) -> Path:
        """The certificate of its certificate authority."""
        return self.folder / CA

    def set_options(self, **options: object) -> int:
        """Set options of the running proxy; return the id of the `answer` that will come among `events`."""
        return self._order(set=options)

    def flush(self) -> int:
        """Have it write the recording so far; return the id of the `answer` that will come among `events`."""
        return self._order(flush=True)

    def tell_word(self, flow: str, word: Word) -> None:
        """Pass on to the addon what the browser said of a flow."""
        self._order(flow=flow, word=asdict(word))

    def tell_stopped(self, **stopped: object) -> None:
        """Pass on to the live page what the browser stopped by itself."""
        if self.page is not None:
            self._order(stopped=stopped)

    def _order(self, **order: object) -> int:
        self._orders += 1
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps({"id": self._orders} | order).encode() + b"\n")
            self.process.stdin.flush()
        return self._orders

    def find_problem(self) -> CorsightError | None:
        """Return why it runs no more, None while it does."""
        return _find_problem(self.process, self.folder, "ended too early")


@contextlib.contextmanager
def start(
    folder: Path,
    *,
    tool: Tool = "mitmdump",
    scripts: Sequence[Path] = (),
    port: int = 0,
    lanes: int = 0,
    **options: object,
) -> Iterator[Proxy]:
    """Start `tool` with the addon and `scripts` on 127.0.0.1:`port`, 0 for one of its own choice; end it on leaving.

    So many `lanes` are ports of their own.

    Raises CorsightError where it does not start, and where the port is taken.
    """
    if port:
        check_free(port)
    settings = {"confdir": folder, "corsight_folder": folder, "listen_host": "127.0.0.1", "listen_port": port} | options
    ports = tuple(free_ports(lanes))
    if ports:
        settings["mode"] = ["regular", *(f"regular@{one}" for one in ports)]
    command = [sys.executable, "-P", "-c", f"from mitmproxy.tools.main import {tool}; {tool}()"]
    command += ["--quiet"] if tool == "mitmdump" else []
    for script in (ADDON, CONTROL, *scripts):
        command += ["-s", str(script)]
    for name, value in settings.items():
        for one in value if isinstance(value, list) else [value]:
            command += ["--set", f"{name}={one}"]
    started, log = folder / "started.json", folder / "mitmproxy.log"
    started.unlink(missing_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=sys.platform != "win32"
        )
    assert process.stdin is not None
    try:
        wait_for(started.exists, lambda: _find_problem(process, folder, "did not start"), "mitmproxy did not start")
        places = json.loads(started.read_bytes())
        events = Tail(folder / "events.jsonl")
        yield Proxy(places["port"], places["web"], places["page"], folder, process, events, ports)
    finally:
        # It ends by itself when its input does, and so writes all it has to.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            end_group(process)


def check_free(port: int) -> None:
    """Raise CorsightError where something listens on the port already, or it is not available."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CorsightError(
                f"port {port} is not available ({error.strerror or error})",
                todo="name another with --port, or leave it out",
            ) from None


def _find_problem(process: subprocess.Popen[bytes], folder: Path, what: str) -> CorsightError | None:
    if process.poll() is None:
        return None
    log = (folder / "mitmproxy.log").read_text(errors="replace")
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return CorsightError(f"mitmproxy {what}: {lines[0] if lines else 'it said nothing'}")
