"""HARs of Playwright's recordHar, and the entries of its traces, which are alike.

Measured with 1.65: no preflights, but for a service worker's; what was blocked or failed has status -1, no response
headers, and the error.
"""

from __future__ import annotations

from corsight.scripts.recordings.har.format import Entry
from corsight.scripts.recordings.har.producers.chromium import FAILED, RULES
from corsight.scripts.recordings.har.producers.model import Browser, Fate, Outcome, is_preflight

GENERAL = (FAILED, "NS_ERROR_FAILURE", "NS_ERROR_DOM_BAD_URI")
"""The errors that a request has which CORS blocks."""
ABORTED = ("net::ERR_ABORTED", "NS_BINDING_ABORTED")
"""The errors of what was given up: left, cancelled, or stopped at a redirect, whose answer is not recorded then."""
KEPT_BACK = ("mixed-content", "csp", "net::ERR_BLOCKED_BY_CSP")
"""The words for what the browser itself does not let out; Chromium names a reason where it has no error."""
WEBKITS = ("access control checks", "access-control-allow")
"""Parts of WebKit's texts for the same."""


class Playwright(Browser):
    """recordHar and routeFromHAR with update."""

    title = "Playwright"
    names = ("playwright",)
    preflights = False
    leaves_out = (
        "Playwright records neither preflights nor the responses of failed requests: it shows what was blocked, but "
        "not why. A Playwright trace shows why, in its console messages."
    )

    def find_fate(self, entry: Entry) -> Fate:
        """Status -1 is no answer; its error tells whether that may have been CORS."""
        if entry.wasFulfilled or entry.wasAborted:
            return Fate.ROUTED
        fate = super().find_fate(entry)
        if fate is not Fate.UNANSWERED:
            return fate
        error = self._error(entry) or ""
        if error in KEPT_BACK:
            return Fate.UNSENT
        return Fate.FAILED if error.startswith(ABORTED) or self._may_be_cors(error) else fate

    def find_outcome(self, entry: Entry) -> Outcome:
        """What Chromium blocked has no response here, so what has one passed. Of preflights, which it records of a
        service worker's requests, that says nothing.
        """
        error, response = self._error(entry), entry.response
        if is_preflight(entry):
            return Outcome(None, error)
        if error in RULES:
            return Outcome(False, error, RULES[error or ""])
        if response is None or (response.status or 0) <= 0:
            return Outcome(False if self._may_be_cors(error or "") else None, error)
        return Outcome(None if error else True)

    def _may_be_cors(self, error: str) -> bool:
        return error.startswith(GENERAL) or any(part in error.lower() for part in WEBKITS)

    def _error(self, entry: Entry) -> str | None:
        response = entry.response
        return None if response is None else response.failure or response.error or None
