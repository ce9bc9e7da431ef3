"""What tests share that start browsers and other processes."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

BROWSERS = [
    pytest.param("chromium", marks=pytest.mark.browser("chromium")),
    pytest.param("firefox", marks=pytest.mark.browser("firefox")),
]
ENGINES = pytest.mark.parametrize("engine", BROWSERS)


def eventually(true: Callable[[], bool], seconds: float = 30) -> bool:
    """Wait until something holds, and return whether it did."""
    deadline = time.monotonic() + seconds
    while not (held := true()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return held


def is_served(port: int) -> bool:
    """Return whether something listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def list_processes() -> list[tuple[str, int]]:
    """Return the command lines of the processes that run, each with its id."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found.append((entry.read_bytes().replace(b"\0", b" ").decode(errors="replace"), int(entry.parent.name)))
        except OSError:
            continue
    return found
