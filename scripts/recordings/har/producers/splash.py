"""HARs of Splash, which renders pages with QtWebKit, and of PhantomJS, which does too.

Seen in 2.3.2 and 3.0: of a request's headers those that WebKit itself set, with the Origin, and not those that the
network stack adds.
"""

from __future__ import annotations

from typing import Any

from corsight.scripts.recordings.har.format import Entry, Log
from corsight.scripts.recordings.har.producers.model import Browser, Engine, asks_for_method, find_major

SAFARIS = {1: 5, 2: 8, 534: 5, 538: 8, 602: 10}
"""The versions of Safari with the WebKit that these versions of PhantomJS and of QtWebKit have."""
UNNAMED = "?"
"""What stands for each method but GET, HEAD, POST, PUT and DELETE."""


class Splash(Browser):
    """What `render.har` returns, and what PhantomJS and CasperJS write."""

    title = "Splash"
    names = ("splash", "phantomjs")
    engine = "webkit"

    def find_browser(self, log: Log[Any]) -> tuple[Engine | None, int | None]:
        """The version is told as WebKit's own number, or as that of PhantomJS: Safari's of that time counts."""
        program = log.browser or log.creator
        number = None if program is None else find_major(program.version)
        return self.engine, SAFARIS.get(number or 0)

    def find_method(self, entry: Entry) -> str:
        """Of the methods without a name one is a preflight's."""
        method = super().find_method(entry)
        return "OPTIONS" if method == UNNAMED and asks_for_method(entry) else method

    def shows_origin(self, entry: Entry) -> bool:
        """WebKit sets it before the request is recorded."""
        return True
