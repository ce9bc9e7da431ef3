"""HARs of Playwright's recordHar, and the entries of its traces, which are alike.

Measured with 1.65: no preflights; what was blocked or failed has status -1, no response headers, and the error.
"""

from __future__ import annotations

from corsight.scripts.recordings.har.format import Entry
from corsight.scripts.recordings.har.producers.chromium import FAILED, RULES
from corsight.scripts.recordings.har.producers.model import Browser, Fate, Outcome

GENERAL = (FAILED, "NS_ERROR_FAILURE", "NS_ERROR_DOM_BAD_URI")
"""The errors that a request has which CORS blocks."""
WEBKITS = ("access control checks", "access-control-allow")
"""Parts of WebKit's texts for the same."""


class Playwright(Browser):
    """recordHar and routeFromHAR with update."""

    title = "Playwright"
    names = ("playwright",)
    preflights = False
    leaves_out = (
        "Playwright records no preflights, and no answers of requests that failed: what is blocked is known, why is "
        "not. A trace says why, in its console lines."
    )

    def find_fate(self, entry: Entry) -> Fate:
        """Status -1 is no answer; its error tells whether that may have been CORS."""
        if entry.wasFulfilled or entry.wasAborted:
            return Fate.ROUTED
        fate = super().find_fate(entry)
        if fate is not Fate.UNANSWERED:
            return fate
        error = self._error(entry) or ""
        return Fate.FAILED if error.startswith(GENERAL) or any(part in error.lower() for part in WEBKITS) else fate

    def find_outcome(self, entry: Entry) -> Outcome:
        """What Chromium blocked has no response here, so what has one passed."""
        error, response = self._error(entry), entry.response
        if error in RULES:
            return Outcome(False, error, RULES[error or ""])
        if response is None or (response.status or 0) <= 0:
            return Outcome(False if self.find_fate(entry) is Fate.FAILED else None, error)
        return Outcome(None if error else True)

    def _error(self, entry: Entry) -> str | None:
        response = entry.response
        return None if response is None else response.failure or response.error or None
