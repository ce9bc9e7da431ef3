"""The addon inside a mitmproxy that somebody looks at: one with a view, as mitmproxy and mitmweb have it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mitmproxy import http
from mitmproxy.addons.view import View

from tests.addons.mitm import Running, mitmproxy

WEB_COLUMNS = ["tls", "icon", "path", "method", "status", "size", "time"]


class Interface:
    """A running mitmproxy, its view, and its commands."""

    def __init__(self, running: Running, view: View) -> None:
        self.running = running
        self.view = view
        self.master = running._context.master

    def show(self, *flows: http.HTTPFlow) -> None:
        """Let flows pass, and hold them in the list."""
        for flow in flows:
            self.view.add([flow])
            self.running.judge(flow)

    def call(self, command: str, *arguments: Any) -> Any:
        """Run a command with native arguments."""
        return self.master.commands.call(command, *arguments)

    def execute(self, text: str) -> Any:
        """Run a command as it is typed."""
        return self.master.commands.execute(text)


@contextmanager
def interface(columns: Sequence[str] | None = WEB_COLUMNS, **options: Any) -> Iterator[Interface]:
    """A mitmproxy with a view, the addon and these options; with mitmweb's columns, unless they are None."""
    with mitmproxy(loaded=False) as running:
        context = running._context
        if columns is not None:
            context.options.add_option("web_columns", Sequence[str], WEB_COLUMNS, "Columns.")
            context.options.update(web_columns=list(columns))
        view = View()
        context.master.addons.add(view)
        running.start()
        if options:
            running.set(**options)
        yield Interface(running, view)
