"""HARs of Splash, which renders pages with QtWebKit.

Seen in 2.3.2 and 3.0: of a request's headers those that WebKit itself set, with the Origin, and not those that the
network stack adds.
"""

from __future__ import annotations

from corsight.scripts.recordings.har.format import Entry
from corsight.scripts.recordings.har.producers.model import Browser


class Splash(Browser):
    """What `render.har` returns."""

    title = "Splash"
    names = ("splash",)
    engine = "webkit"

    def shows_origin(self, entry: Entry) -> bool:
        """WebKit sets it before the request is recorded."""
        return True
