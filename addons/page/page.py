"""The two ways to reach the live page: a port of 127.0.0.1, and a name that is answered in the proxy itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader
from mitmproxy.log import ALERT

from corsight.addons.drift import Drifting
from corsight.addons.events import get_logger
from corsight.addons.page.hosting import MAGIC, Hosting
from corsight.addons.views import Stories
from corsight.policies.findings import Known
from corsight.policies.session import Judged

if TYPE_CHECKING:
    from corsight.addons.page.book import Book
    from corsight.addons.page.feed import Feed
    from corsight.addons.page.gate import App, Gate

logger = get_logger(__name__)
LOCAL = "corsight.localhost"
"""The page's own name on this machine: another site than `localhost`, so that no server there is sent its cookie."""

type Mount = Callable[[Stories, int, str], App]


class Page:
    """The live page, while `cors_page` names a port. `on` tells whether it does."""

    def __init__(self, stories: Stories, known: Known, drifting: Callable[[], Drifting | None]) -> None:
        self.on = False
        self._stories, self._known, self._drifting = stories, known, drifting
        self._feed: Feed | None = None
        self._book: Book | None = None
        self._gates: list[tuple[str, Gate]] = []
        self._socket: socket.socket | None = None
        self._server: asyncio.Task[None] | None = None
        self.hosting = Hosting()
        self._mounts: dict[str, Mount] = {}

    def load(self, loader: Loader) -> None:
        """Declare the option and the command."""
        loader.add_option(
            "cors_page",
            int,
            0,
            "Show the verdicts on a live page: on this port of 127.0.0.1, and at http://cors.sight/ through the "
            "proxy. 0: no page.",
        )
        loader.add_command("cors.page", self.links)

    def configure(self, port: int) -> None:
        """Open the page's port and name, after closing those that are open. Raises OptionsError with one line."""
        self.close()
        if not port:
            return
        if not 0 < port < 65536:
            raise exceptions.OptionsError(f"cors_page: {port} is not a port; give 1 to 65535, or 0 for no page.")
        try:
            from corsight.addons.page.app import make_app
            from corsight.addons.page.book import Book
            from corsight.addons.page.feed import Feed
            from corsight.addons.page.gate import Gate
        except ImportError as error:
            raise exceptions.OptionsError(
                f"cors_page: {error}; in mitmproxy's Python, run: pip install starlette uvicorn"
            ) from None
        try:
            self._socket = socket.create_server(("127.0.0.1", port))
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else error
            raise exceptions.OptionsError(
                f"cors_page: port {port} is not available ({reason}); name another."
            ) from None
        self._feed = Feed()
        self._book = Book(self._stories, self._known, self._drifting)
        app = make_app(self._feed, self._book)
        local = Gate(app, (f"{LOCAL}:{port}", f"127.0.0.1:{port}"), f"corsight-{port}")
        self._gates = [(f"http://{LOCAL}:{port}/", local), (f"http://{MAGIC}/", Gate(app, (MAGIC,), "corsight"))]
        self.on = True
        self._serve_mounted()

    def start(self) -> None:
        """Start to answer, and log the links. Without a running event loop, nobody can answer."""
        if not self.on or self._server is not None:
            return
        with contextlib.suppress(RuntimeError):
            loop = asyncio.get_running_loop()
            self.hosting.gate = self._gates[1][1]
            ctx.master.addons.register(self.hosting)
            self._server = loop.create_task(self._serve())
            logger.log(ALERT, "Corsight's page: %s (through the proxy: %s)", *self.links())

    def links(self) -> Sequence[str]:
        """Return the links that open the live page, on this machine and through the proxy. They are secret."""
        return [f"{address}?token={gate.token}" for address, gate in self._gates]

    def mount(self, path: str, make: Mount) -> None:
        """Serve another app at a path of the page's port, now and whenever it is opened anew: `make` makes it of what
        is remembered, the port and the page's token, and it lets in whom it wants.
        """
        self._mounts[path] = make
        self._serve_mounted()

    def _serve_mounted(self) -> None:
        if self._socket is not None and self._gates:
            port, gate = self._socket.getsockname()[1], self._gates[0][1]
            for path, make in self._mounts.items():
                gate.mounted[path] = make(self._stories, port, gate.token)

    def tell(self, judged: Judged) -> None:
        """Tell the windows that an exchange has news."""
        feed = self._feed
        if feed:
            feed.tell(judged.entry.exchange.id, urgent=judged.verdict.blocking is not None)

    def note(self, said: Mapping[str, Any]) -> None:
        """Show what the browser says that it stopped, before the proxy saw it: the fields of `stopped.Stopped`."""
        if self._book is None or self._feed is None:
            return
        from corsight.addons.page.stopped import Stopped

        stopped = Stopped(**said)
        self._book.note(stopped)
        self._feed.tell(stopped.id, urgent=True)

    def close(self) -> None:
        """Stop answering, and forget the tokens."""
        self.on = False
        if self.hosting.gate is not None:
            self.hosting.gate = None
            self.hosting.waiting.clear()
            with contextlib.suppress(exceptions.AddonManagerError):
                ctx.master.addons.remove(self.hosting)
        if self._server is not None:
            self._server.cancel()
            self._server = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._gates, self._feed, self._book = [], None, None

    async def _serve(self) -> None:
        import uvicorn

        class Server(uvicorn.Server):
            @contextlib.contextmanager
            def capture_signals(self) -> Iterator[None]:
                """Signals are mitmproxy's."""
                yield

        settings: dict[str, Any] = {"lifespan": "off", "ws": "none", "access_log": False, "log_config": None}
        settings |= {"log_level": "critical", "server_header": False, "date_header": False, "proxy_headers": False}
        config = uvicorn.Config(self._gates[0][1], **settings)
        assert self._socket is not None
        await Server(config).serve([self._socket])
