"""HARs of Firefox's network panel: nothing is left out of the headers, and no outcome is told.

Measured with 153: status 0 with whole headers is a preflight that failed or a network error; with few headers it is a
request that never left (Content Security Policy, mode same-origin, what follows a redirect that was blocked).
"""

from __future__ import annotations

from typing import Any

from corsight.scripts.recordings.har.format import Entry, Log, decode_headers
from corsight.scripts.recordings.har.producers.model import Browser, Engine, Fate, Kind, find_major


class Firefox(Browser):
    """`Save all as HAR`."""

    title = "Firefox's network panel"
    names = ("firefox",)
    engine = "firefox"
    leaves_out = "Firefox does not record which requests it blocked: the verdicts are based on the headers alone."

    def find_browser(self, log: Log[Any]) -> tuple[Engine | None, int | None]:
        """The version is the browser's own."""
        program = log.browser or log.creator
        return "firefox", None if program is None else find_major(program.version)

    def find_fate(self, entry: Entry) -> Fate:
        """Status 0 comes in two kinds."""
        fate = super().find_fate(entry)
        if fate is not Fate.UNANSWERED:
            return fate
        names = {header.name.lower() for header in decode_headers(entry.request.headers)}
        sent = "sec-fetch-mode" in names or "origin" in names
        return Fate.FAILED if sent else Fate.UNSENT

    def is_cached(self, entry: Entry) -> bool:
        """No header was read, and the whole body is there."""
        response = entry.response
        if response is None or response.content is None or not response.content.size:
            return False
        return response.headersSize == 0 and response.bodySize == response.content.size

    def find_kind(self, entry: Entry) -> Kind:
        """It is not told."""
        return Kind()

    def name_connection(self, entry: Entry) -> str:
        """`connection` is the server's port."""
        return ""
