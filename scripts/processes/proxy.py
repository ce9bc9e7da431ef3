"""Starts mitmproxy with the addon for a command, and ends it with the command.

    with ended_by_signals(), proxy.start(folder, cors_log=folder / "verdicts.jsonl") as running:
        ...

What mitmproxy keeps, its certificate authority too, lies in the folder given: nothing of the user's own is touched.
"""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from corsight.scripts.errors import CorsightError
from corsight.scripts.processes.browsers import BrowserError, end_group

type Tool = Literal["mitmdump", "mitmweb"]

ROOT = Path(__file__).resolve().parents[2]
ADDON = ROOT / "addons" / "cors.py"
CONTROL = Path(__file__).with_name("control.py")
CA = "mitmproxy-ca-cert.pem"
PATIENCE = 30.0
"""Seconds that the proxy has to start, and what else is waited for."""


class Tail:
    """What is appended to a file of JSON Lines, as it comes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def new(self) -> list[dict[str, Any]]:
        """The objects of the lines that were finished since the last call."""
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
    folder: Path
    process: subprocess.Popen[bytes]
    events: Tail
    _orders: int = field(default=0)

    @property
    def authority(self) -> Path:
        """The certificate of its certificate authority."""
        return self.folder / CA

    def set(self, **options: object) -> int:
        """Set options of the running proxy; the id of the `answer` that will come among `events`."""
        self._orders += 1
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps({"id": self._orders, "set": options}).encode() + b"\n")
            self.process.stdin.flush()
        return self._orders

    def problem(self) -> CorsightError | None:
        """Why it runs no more, None while it does."""
        return _broken(self.process, self.folder, "ended too early")


@contextlib.contextmanager
def start(
    folder: Path, *, tool: Tool = "mitmdump", scripts: Sequence[Path] = (), port: int = 0, **options: object
) -> Iterator[Proxy]:
    """Start `tool` with the addon and `scripts` on 127.0.0.1:`port`, 0 for one of its own choice; end it on leaving.

    Raises CorsightError where it does not start, and where the port is taken.
    """
    if port:
        check_free(port)
    settings = {"confdir": folder, "corsight_folder": folder, "listen_host": "127.0.0.1", "listen_port": port} | options
    command = [sys.executable, "-P", "-c", f"from mitmproxy.tools.main import {tool}; {tool}()"]
    command += ["--quiet"] if tool == "mitmdump" else []
    for script in (ADDON, CONTROL, *scripts):
        command += ["-s", str(script)]
    for name, value in settings.items():
        command += ["--set", f"{name}={value}"]
    started, log = folder / "started.json", folder / "mitmproxy.log"
    started.unlink(missing_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=sys.platform != "win32"
        )
    assert process.stdin is not None
    try:
        wait(started.exists, lambda: _broken(process, folder, "did not start"), "mitmproxy did not start")
        said = json.loads(started.read_bytes())
        yield Proxy(said["port"], said["web"], folder, process, Tail(folder / "events.jsonl"))
    finally:
        # It ends by itself when its input does, and so writes all it has to.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            end_group(process)


def check_free(port: int) -> None:
    """Raise CorsightError where something listens on the port already, or it cannot be had."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CorsightError(
                f"port {port} cannot be had ({error.strerror or error})",
                todo="name another with --port, or leave it out",
            ) from None


def _broken(process: subprocess.Popen[bytes], folder: Path, what: str) -> CorsightError | None:
    if process.poll() is None:
        return None
    log = (folder / "mitmproxy.log").read_text(errors="replace")
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return CorsightError(f"mitmproxy {what}: {lines[0] if lines else 'it said nothing'}")


def wait(done: Callable[[], bool], broken: Callable[[], CorsightError | None], late: str) -> None:
    """Wait until it is done; raises what is broken, or that it is late."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        end_if_signalled()
        if problem := broken():
            raise problem
        if time.monotonic() > deadline:
            raise BrowserError(f"{late} within {PATIENCE:.0f} seconds")
        time.sleep(0.05)


# -- signals ----------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal end the block as Ctrl-C does, at the next `wait` or its end.

    Nowhere else: a signal that hits while a process is being started, or ended, would leave it behind.
    """
    _signalled.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), lambda number, _: _signalled.append(number)) for name in names}
    try:
        yield
        end_if_signalled()
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


_signalled: list[int] = []


def end_if_signalled() -> None:
    """Raise what ends the command, if a signal asked for that."""
    if _signalled:
        raise KeyboardInterrupt if _signalled[0] == signal.SIGINT else SystemExit(128 + _signalled[0])


def interrupted() -> bool:
    """Whether Ctrl-C was pressed since the last call, where that is the way to go on; other signals end the command."""
    if _signalled and all(number == signal.SIGINT for number in _signalled):
        _signalled.clear()
        return True
    end_if_signalled()
    return False


def pause() -> None:
    """Wait a moment, until it is worth looking again."""
    time.sleep(0.05)


def shown(path: Path) -> str:
    """The path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
