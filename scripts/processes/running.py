"""A browser that was started: its process, its profile, and what it says when it ends."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corsight.scripts.processes.browsers import Browser, BrowserError
from corsight.scripts.processes.machine import end_group
from corsight.scripts.processes.marionette import Marionette

type Pref = bool | int | str

PATIENCE = 30.0
"""Seconds a browser has to open its remote interface, and to answer a command there."""
LOG = "browser.log"


@dataclass(frozen=True, slots=True)
class Setup:
    """How a browser is to be started: `authority` is the certificate of the proxy's CA, `remote` asks for the remote
    interface, `arguments` and `prefs` (of Firefox) come on top of ours.
    """

    browser: Browser
    port: int
    authority: Path
    profile: Path
    url: str = "about:blank"
    headless: bool = True
    remote: bool = False
    arguments: Sequence[str] = ()
    prefs: Mapping[str, Pref] = field(default_factory=dict)


@dataclass(slots=True)
class Running:
    """A started browser."""

    browser: Browser
    process: subprocess.Popen[bytes]
    profile: Path
    devtools: str | None = None
    """The WebSocket address of Chromium's remote interface, when asked for."""
    marionette: Marionette | None = None
    """Firefox's remote interface, when asked for or needed to trust the proxy."""

    def is_alive(self) -> bool:
        """Return whether its process still runs."""
        return self.process.poll() is None

    def read_last_line(self) -> str:
        """Return the last line that it wrote."""
        lines = (self.profile / LOG).read_text(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")[:200]

    def wait_until(self, ready: Callable[[], bool], what: str) -> None:
        """Wait until it is ready. Raises BrowserError where it ended, or did not open `what` in time."""
        deadline = time.monotonic() + PATIENCE
        while not ready():
            if not self.is_alive():
                raise BrowserError(f"{self.browser.name} ended at once: {self.read_last_line()}")
            if time.monotonic() > deadline:
                raise BrowserError(f"{self.browser.name} did not open {what} within {PATIENCE:.0f} seconds")
            time.sleep(0.05)


@contextlib.contextmanager
def run_browser(
    setup: Setup, arguments: Sequence[str], environment: Mapping[str, str] | None = None
) -> Iterator[Running]:
    """Run the browser as a process group of its own; end the whole group on leaving."""
    group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    command = [str(setup.browser.path), *arguments]
    variables = os.environ | (environment or {})
    with (setup.profile / LOG).open("wb") as log:
        try:
            process = subprocess.Popen(
                command, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **group
            )
        except OSError as problem:
            raise BrowserError(f"{setup.browser.name} did not start: {problem}") from problem
    try:
        yield Running(setup.browser, process, setup.profile)
    finally:
        end_group(process)
