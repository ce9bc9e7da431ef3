"""HARs of Splash, which renders pages with QtWebKit.

Seen in 2.3.2 and 3.0: of a request's headers those that WebKit itself set, with the Origin, and not those that the
network stack adds.
"""

from __future__ import annotations

from typing import Any

from corsight.scripts.recordings.har.format import Entry, Log
from corsight.scripts.recordings.har.producers.model import Browser, Engine, asks_for_method

UNNAMED = "?"
"""What stands for each method but GET, HEAD, POST, PUT and DELETE."""


class Splash(Browser):
    """What `render.har` returns."""

    title = "Splash"
    names = ("splash",)
    engine = "webkit"

    def find_browser(self, log: Log[Any]) -> tuple[Engine | None, int | None]:
        """The version is that of QtWebKit, which counts otherwise than Safari."""
        return self.engine, None

    def find_method(self, entry: Entry) -> str:
        """Of the methods without a name one is a preflight's."""
        method = super().find_method(entry)
        return "OPTIONS" if method == UNNAMED and asks_for_method(entry) else method

    def shows_origin(self, entry: Entry) -> bool:
        """WebKit sets it before the request is recorded."""
        return True
