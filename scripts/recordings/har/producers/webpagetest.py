"""HARs of WebPageTest: statuses below zero, HTTP versions that are cut words, several runs in one file."""

from __future__ import annotations

from corsight.scripts.recordings.har.format import Entry
from corsight.scripts.recordings.har.producers.model import Browser, Kind


class WebPageTest(Browser):
    """The result's export. Its User-Agent names the browser, with PTST behind it."""

    title = "WebPageTest"
    names = ("webpagetest",)

    def find_kind(self, entry: Entry) -> Kind:
        """It is not told in words that are known."""
        return Kind()
