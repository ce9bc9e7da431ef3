"""A mitmproxy without a network, and the addon in it: flows are handed to its hooks as a real proxy does."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mitmproxy import ctx, eventsequence, hooks, http
from mitmproxy.addons.view import View
from mitmproxy.master import Master
from mitmproxy.options import Options
from mitmproxy.proxy.layers.http._hooks import HttpRequestHeadersHook

from corsight.addons.addon import Cors


class Messages(logging.Handler):
    """Keeps what the addon writes into the event log, and the exceptions that it writes of."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.errors: list[Exception] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one message."""
        self.lines.append(record.getMessage())
        if isinstance(error := sys.exception(), Exception):
            self.errors.append(error)

    def clear(self) -> None:
        """Forget all."""
        self.lines.clear()
        self.errors.clear()


class Hooks:
    """The addon's hooks, in a mitmproxy whose user interface is there or not, as `watched` says."""

    def __init__(self, master: Master, *, watched: bool = False) -> None:
        self.messages = Messages()
        self._master = master
        self._options: dict[str, Any] = {}
        if watched:
            master.addons.add(View())
        # What declares the options is not in the chain afterwards: only the addon of the day hears of them.
        first = Cors()
        master.addons.add(first)
        master.addons.remove(first)
        self.renew()

    def renew(self, **options: Any) -> None:
        """Take a new addon that remembers nothing, with these options and all others as declared.

        An option that cannot be is told in the messages.
        """
        ctx.master, ctx.options = self._master, self._master.options
        if options != self._options:
            self._master.options.reset()
            self._master.options.update(**options)
            self._options = options
        self.messages.clear()
        self.addon = Cors()
        self.addon.configure(set(self._master.options.keys()))
        self.addon.running()

    def call(self, flow: http.HTTPFlow) -> None:
        """Call every hook of the flow's life. Its response comes after its request, as on the wire."""
        response, flow.response = flow.response, None
        self._call(HttpRequestHeadersHook(flow))
        if flow.response is None:
            flow.response = response
        for hook in eventsequence.iterate(flow):
            if not isinstance(hook, HttpRequestHeadersHook):
                self._call(hook)

    def end(self) -> None:
        """Call the hook by which mitmproxy ends."""
        self._call(hooks.DoneHook())

    def _call(self, hook: hooks.Hook) -> None:
        self._master.addons.invoke_addon_sync(self.addon, hook)


@contextmanager
def started(*, watched: bool = False, **options: Any) -> Iterator[Hooks]:
    """Start a mitmproxy with the addon and these options, and end it on leaving."""
    loop = asyncio.new_event_loop()

    async def make() -> Master:
        return Master(Options())

    made = Hooks(loop.run_until_complete(make()), watched=watched)
    logger = logging.getLogger("corsight")
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.addHandler(made.messages)
    logger.propagate = False
    try:
        made.renew(**options)
        yield made
        made.end()
    finally:
        logger.removeHandler(made.messages)
        logger.setLevel(level)
        logger.propagate = propagate
        loop.close()
