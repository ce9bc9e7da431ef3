"""A mitmdump process on loopback, and what the system says of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

MITMDUMP = (sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()")
ADDON = Path(__file__).resolve().parents[3] / "addons" / "cors.py"
START = 180.0
"""Seconds that a start may take."""


class Proxy:
    """A mitmdump; `arguments` on top of those that every one here has."""

    def __init__(self, folder: Path, arguments: Sequence[str]) -> None:
        self._folder = folder
        self._arguments = arguments
        self.port = 0

    async def start(self) -> None:
        """Start it, on the port that it had before, if it had one."""
        settings = {"listen_host": "127.0.0.1", "listen_port": self.port, "confdir": self._folder, "flow_detail": 0}
        words = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        self._process = await asyncio.create_subprocess_exec(
            *MITMDUMP, *words, *self._arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        assert self._process.stdout is not None
        seen = b""
        while (found := re.search(rb"listening at (?:\S*:)?(\d+)", seen)) is None:
            line = await asyncio.wait_for(self._process.stdout.readline(), START)
            if not line:
                raise RuntimeError(f"the proxy did not start: {seen.decode(errors='replace')}")
            seen += line
        self.port = int(found[1])
        self._drain = asyncio.create_task(_read_all(self._process.stdout))

    async def kill(self) -> None:
        """End it at once, as `kill -9` does."""
        self._process.kill()
        await self._process.wait()

    async def stop(self) -> None:
        """End it as a user does."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        await self._process.wait()

    def memory(self) -> float:
        """Return the megabytes it holds, 0 where the system does not tell."""
        with contextlib.suppress(OSError):
            pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
            return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20
        return 0.0

    def open_files(self) -> int:
        """Return how many files and connections it has open, 0 where the system does not tell."""
        with contextlib.suppress(OSError):
            return len(os.listdir(f"/proc/{self._process.pid}/fd"))
        return 0


async def _read_all(stream: asyncio.StreamReader) -> None:
    while await stream.read(65536):
        pass
