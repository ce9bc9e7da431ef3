"""HARs of Safari's Web Inspector: only what finished is in them, so nothing that CORS blocked."""

from __future__ import annotations

from corsight.scripts.recordings.har.format import Entry
from corsight.scripts.recordings.har.producers.model import Browser, Fate, Outcome


class Safari(Browser):
    """The network tab's export."""

    title = "Safari's Web Inspector"
    names = ("webkit web inspector",)
    engine = "webkit"
    preflights = False
    leaves_out = (
        "Safari exports only what loaded: preflights, and everything that CORS blocked, are missing. If nothing is "
        "blocked here, that does not mean that nothing was blocked."
    )

    def find_fate(self, entry: Entry) -> Fate:
        """A service worker's answers are marked."""
        return Fate.WORKER if entry.fetchType == "Service Worker" else super().find_fate(entry)

    def is_cached(self, entry: Entry) -> bool:
        """Both caches are marked."""
        return entry.fetchType in ("Memory Cache", "Disk Cache")

    def find_outcome(self, entry: Entry) -> Outcome:
        """What is in the file was loaded."""
        answered = entry.response is not None and (entry.response.status or 0) > 0
        return Outcome(True if answered else None)

    def name_connection(self, entry: Entry) -> str:
        """WebKit does not tell connections of one kind from the other's."""
        return ""
