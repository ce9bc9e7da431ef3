"""Flows, and the addon inside mitmproxy's own test context, which has no stable API and is used nowhere else."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mitmproxy import eventsequence, http
from mitmproxy.flow import Error, Flow
from mitmproxy.io import FlowReader, FlowWriter
from mitmproxy.test import taddons, tflow

from corsight.addons.adapter import exchange_of
from corsight.addons.addon import Cors
from corsight.addons.begun import LONGEST_WAIT
from corsight.policies.session import Judged, Session

type Pairs = Sequence[tuple[str, str]]

CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
WEBKITGTK = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"
PAGE = "https://app.example"
CROSS: Pairs = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "cross-site")]
STAR: Pairs = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "*")]
OURS: Pairs = [("Access-Control-Allow-Origin", PAGE)]
LOST = "server closed connection"
GONE = "Client disconnected."
"""Errors after which the proxy answers 502, and not at all."""

_seconds = itertools.count(1000)


class Running:
    """A mitmproxy with the addon in it, started."""

    def __init__(self, context: taddons.context, addon: Cors, loop: asyncio.AbstractEventLoop) -> None:
        self._context = context
        self._loop = loop
        self.addon = addon
        self.updated: list[Flow] = []

    def set(self, **options: Any) -> None:
        """Set options; raises OptionsError."""
        self._context.configure(self.addon, **options)

    def defer(self, *specs: str) -> None:
        """Take settings as `--set` gives them, before there is an addon they could be for."""
        self._context.options.set(*specs, defer=True)

    def start(self) -> None:
        """Load the addon, configure and start it, as a script's."""
        self._context.master.addons.add(self.addon)
        self.addon.configure(self._context.options.keys())
        self.addon.running()

    def judge(self, *flows: Flow) -> None:
        """Let flows pass, with every hook of each; what a hook raises comes out."""
        for flow in flows:
            self.hooks(*eventsequence.iterate(flow))

    def hooks(self, *events: Any) -> None:
        """Call these hooks, in the event loop as mitmproxy does."""

        async def call() -> None:
            for event in events:
                self._context.master.addons.invoke_addon_sync(self.addon, event)

        self._loop.run_until_complete(call())

    def let_time_pass(self) -> None:
        """Let so much time go by that no request waits any more to be taken in."""
        self._loop.run_until_complete(asyncio.sleep(2 * LONGEST_WAIT))

    def update(self, flows: Sequence[Flow]) -> None:
        """The hook by which user interfaces learn that flows changed."""
        self.updated += flows


@contextmanager
def mitmproxy(*, loaded: bool = True, **options: Any) -> Iterator[Running]:
    """A mitmproxy with the addon and these options."""
    loop = asyncio.new_event_loop()

    async def make() -> taddons.context:
        return taddons.context()

    context = loop.run_until_complete(make())
    running = Running(context, Cors(), loop)
    context.master.addons.add(running)
    if loaded:
        running.start()
        if options:
            running.set(**options)
    try:
        yield running
    finally:
        loop.run_until_complete(context.master.done())
        loop.close()


def flow(
    *asked: tuple[str, str],
    url: str = "https://api.test/v1",
    method: str = "GET",
    answered: Pairs | None = (),
    status: int = 200,
    agent: str = CHROMIUM,
    error: str | None = None,
    http2: bool = True,
    after: float = 0,
) -> http.HTTPFlow:
    """A flow that passed, answered with these headers or not at all. It began a second after the last, and `after`."""
    for _ in range(int(after)):
        next(_seconds)
    began = float(next(_seconds))
    request = http.Request.make("GET", url)
    data = request.data
    data.method, data.http_version = method.encode("latin-1"), b"HTTP/2.0" if http2 else b"HTTP/1.1"
    data.authority = url.split("/")[2].encode() if http2 else b""
    host = [] if http2 else [("Host", url.split("/")[2])]
    data.headers = headers([*host, ("User-Agent", agent), ("Accept", "*/*"), *asked])
    request.timestamp_start = began
    response = None
    if answered is not None:
        response = http.Response.make(status)
        response.data.headers = headers(answered)
        response.timestamp_start = began + 0.1
    made = tflow.tflow(req=request)
    made.response = response
    made.error = Error(error) if error is not None else None
    made.live = False
    return made


def cors(*asked: tuple[str, str], origin: str = PAGE, **more: Any) -> http.HTTPFlow:
    """A cross-origin CORS request of a page."""
    return flow(("Origin", origin), *CROSS, *asked, **more)


def preflight(*asked: tuple[str, str], wants: str = "PUT", answered: Pairs | None = STAR, **more: Any) -> http.HTTPFlow:
    """A CORS-preflight request, answered so that all turns on the credentials mode."""
    more = {"method": "OPTIONS", "status": 204} | more
    return cors(("Access-Control-Request-Method", wants), *asked, answered=answered, **more)


def headers(pairs: Iterable[tuple[str, str]]) -> http.Headers:
    return http.Headers([(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs])


def judged(flow: http.HTTPFlow) -> Judged:
    """What is said of one flow alone."""
    return Session().observe(exchange_of(flow))[0]


def through_a_dump(*flows: Flow) -> list[Flow]:
    """The flows as a dump gives them back."""
    file = io.BytesIO()
    writer = FlowWriter(file)
    for one in flows:
        writer.add(one)
    file.seek(0)
    return list(FlowReader(file).stream())


def traffic(flow: http.HTTPFlow) -> dict[str, Any]:
    """What goes over the wire of it, in full."""
    state = flow.get_state()
    kept = ("request", "response", "error", "websocket", "client_conn", "server_conn", "intercepted", "is_replay")
    streams = [message.stream for message in (flow.request, flow.response) if message is not None]
    return {name: state[name] for name in kept} | {"streams": streams}


def lines(log: Path) -> list[dict[str, Any]]:
    """The records of a log."""
    return [json.loads(line) for line in log.read_bytes().splitlines()]
