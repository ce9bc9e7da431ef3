"""A browser behind the proxy, started and stopped for a client, where the start allowed that: headless, on loopback."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal

from corsight.policies.engines import EngineChoice
from corsight.policies.fetch.origin import is_localhost, origin_of, parse_url, split_origin
from corsight.scripts.agents.sources import Followed
from corsight.scripts.errors import CorsightError
from corsight.scripts.processes import browsers, launch, proxy
from corsight.scripts.processes.proxy import Proxy
from corsight.scripts.processes.running import Running
from corsight.scripts.runs.recording import MAKERS, RECORDING

NAME = "browser"
"""What the recording of the browser is called."""
PLACE = 0


class Browsing:
    """One browser at a time, and what the proxy before it records. Nothing that passes is changed.

    `origins` are those whose pages may be opened, beside pages on loopback.
    """

    def __init__(self, engine: EngineChoice = "auto", origins: Sequence[str] = ()) -> None:
        self.source: Followed | None = None
        self._engine = engine
        self._origins = frozenset(origins)
        self._stack: ExitStack | None = None
        self._running: tuple[Proxy, Running] | None = None
        self._turn = threading.Lock()

    @property
    def state(self) -> Literal["none", "running", "ended"]:
        """Whether there is a browser."""
        if self._running is not None and self._running[1].is_alive():
            return "running"
        return "none" if self.source is None else "ended"

    def start(self, url: str, browser: browsers.Engine | None) -> str:
        """Open the URL in a new browser; what was recorded before is forgotten. Return the browser's name.

        Raises CorsightError for a page that may not be opened, and where something does not start.
        """
        page = self._check(url)
        chosen = browsers.pick(browser)
        self.stop()
        with self._turn, ExitStack() as stack:
            temporary = tempfile.TemporaryDirectory(prefix="corsight-mcp-", ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(temporary))
            # Once the proxy has ended: then all is written.
            stack.callback(self._close_source)
            not_makers = f'!~u "{MAKERS}"'
            running = stack.enter_context(
                proxy.start(
                    folder,
                    connection_strategy="lazy",
                    cors_scope=not_makers,
                    save_stream_file=folder / RECORDING,
                    save_stream_filter=not_makers,
                )
            )
            self.source = Followed(str(folder / RECORDING), PLACE, self._engine, NAME)
            opened = stack.enter_context(launch.start(chosen, running.port, running.folder, page))
            self._running = running, opened
            self._stack = stack.pop_all()
        return chosen.name

    def stop(self) -> None:
        """End the browser and the proxy. What was recorded can still be asked."""
        with self._turn:
            stack, self._stack, self._running = self._stack, None, None
            if stack is not None:
                stack.close()

    def _close_source(self) -> None:
        if self.source is not None:
            self.source.close()

    def find_problem(self) -> str | None:
        """Return what broke, None where all is well."""
        if self._running is None:
            return None
        running, opened = self._running
        if (problem := running.find_problem()) is not None:
            return str(problem)
        return None if opened.is_alive() else f"{opened.browser.name} ended by itself: {opened.read_last_line()}"

    def _check(self, url: str) -> str:
        page = parse_url(url, None)
        origin = None if page is None else origin_of(page)
        parts = None if origin is None else split_origin(origin)
        if page is None or origin is None or parts is None or not page.startswith(("http://", "https://")):
            raise CorsightError("is not an http or https URL", where="url", todo="write it in full")
        if not is_localhost(parts[1]) and origin not in self._origins:
            raise CorsightError(
                "only pages on this machine may be opened",
                where="url",
                todo="the person who starts the server allows others with --browse-origin",
            )
        return page
