"""An agent's seat in the running proxy: at /mcp on the live page's port, with the token of its printed link.

mitmproxy loads this script beside addons/cors.py; `corsight browse --web` does by itself. Nothing is made before
somebody with the token asks.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from mitmproxy import ctx

from corsight.policies.session import Judged
from corsight.scripts.agents.door import App, Door, Receive, Scope, Send

if TYPE_CHECKING:
    from corsight.scripts.agents.traffic import Traffic

PATH = "/mcp"
NAME = "proxy"
"""What the running proxy's traffic is called among recordings."""


class Remembered(Protocol):
    """What the proxy remembers of late."""

    def in_time(self) -> Iterator[Judged]:
        """Return the last word on each exchange, in the order they set out."""


class Live:
    """What the running proxy judged. It is looked at when somebody asks: until then it costs nothing."""

    name = NAME

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered
        self._taken: dict[str, Judged] = {}
        self._traffic: Traffic | None = None
        self._turn = threading.Lock()

    def read(self) -> Traffic:
        from corsight.scripts.agents.traffic import Traffic

        with self._turn:
            judgeds = {judged.entry.exchange.id: judged for judged in self._remembered.in_time()}
            if self._traffic is None or (self._taken and self._taken.keys().isdisjoint(judgeds)):
                # At first, and after all was forgotten.
                self._traffic, self._taken = Traffic(NAME, 1), {}
            for id, judged in judgeds.items():
                before = self._taken.get(id)
                if before is not judged:
                    self._traffic.add(judged if before is not None else replace(judged, revises=False))
            self._taken = judgeds
            return self._traffic

    def close(self) -> None:
        pass


class Serving:
    """The server of the protocol as an ASGI app, made by the first request that comes through the door."""

    def __init__(self, remembered: Remembered, port: int) -> None:
        self._remembered, self._port = remembered, port
        self._app: App | None = None
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._turn:
            if self._app is None:
                await self._start()
        assert self._app is not None
        await self._app(scope, receive, send)

    async def _start(self) -> None:
        server = await asyncio.to_thread(self._build)
        self._app = server.streamable_http_app()
        ready = asyncio.Event()
        self._task = asyncio.create_task(self._keep(server, ready))
        await ready.wait()

    def _build(self) -> Any:
        from corsight.scripts.agents.seat import Seat
        from corsight.scripts.agents.serve import build

        return build(Seat((), sources=[Live(self._remembered)]), self._port)

    async def _keep(self, server: Any, ready: asyncio.Event) -> None:
        async with server.session_manager.run():
            ready.set()
            await asyncio.Event().wait()

    def close(self) -> None:
        """Serve no more."""
        if self._task is not None:
            self._task.cancel()


class Seated:
    """Offers the seat on the live page's port, while there is one."""

    def __init__(self) -> None:
        self._serving: list[Serving] = []

    def running(self) -> None:
        """Offer it, where the protocol's package is installed."""
        cors = ctx.master.addons.get("cors")
        if cors is not None and find_spec("mcp") is not None:
            cors.page.mount(PATH, self._make)

    def _make(self, remembered: Remembered, port: int, token: str) -> App:
        serving = Serving(remembered, port)
        self._serving.append(serving)
        return Door(serving, port, token)

    def done(self) -> None:
        """Serve no more."""
        for serving in self._serving:
            serving.close()


addons = [Seated()]
