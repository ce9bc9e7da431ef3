"""HARs of Chromium's DevTools (Chrome, Edge, Brave, Opera), and of what listens to its protocol.

Measured with 156: `_error` is the browser's own outcome, and nothing else of it is exported. The default export is
sanitized: Cookie, Set-Cookie and Authorization are gone. A request stands before its preflight.
"""

from __future__ import annotations

import re
from typing import ClassVar

from msgspec import UNSET

from corsight.policies.fetch.main_fetch import COUNT, LOCATION, SCHEME
from corsight.policies.rules.isolation import CORP_COEP, CORP_SAME_ORIGIN, CORP_SAME_SITE, ORB
from corsight.scripts.recordings.har.format import Entry, Response, decode_headers
from corsight.scripts.recordings.har.producers.model import (
    CREDENTIALS,
    Browser,
    Fate,
    Outcome,
    is_preflight,
)

FAILED = "net::ERR_FAILED"
RULES = {
    "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin": CORP_SAME_ORIGIN,
    "net::ERR_BLOCKED_BY_RESPONSE.NotSameSite": CORP_SAME_SITE,
    "net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep": CORP_COEP,
    "net::ERR_BLOCKED_BY_ORB": ORB,
    "net::ERR_TOO_MANY_REDIRECTS": COUNT,
    "net::ERR_INVALID_REDIRECT": LOCATION,
    "net::ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION": LOCATION,
    "net::ERR_UNSAFE_REDIRECT": SCHEME,
}
"""Errors that name the rule."""
UNNAMED = (FAILED, "net::ERR_BLOCKED_BY_RESPONSE")
"""Errors of what was blocked, where the answer is not recorded: the second is a worker's word for any of the rules."""
AGENT, WITHOUT_ERROR = "user-agent", 79
"""The newest version whose HARs were seen without `_error`; 89 has it."""
_chrome = re.compile(r"\bChrome/(\d{1,4})\.")
KEPT_BACK = ("net::ERR_BLOCKED_BY_CSP",)
PASSED, UNTOLD = Outcome(True), Outcome()


class DevTools(Browser):
    """The network panel's `Save all as HAR`."""

    title = "Chromium's DevTools"
    names: ClassVar[tuple[str, ...]] = ("webinspector",)
    engine = "chromium"
    lost: ClassVar[frozenset[str]] = CREDENTIALS

    def find_fate(self, entry: Entry) -> Fate:
        """Status 0 with the general error is a preflight that failed, or in a worker a response that is not told."""
        fate = super().find_fate(entry)
        if fate is not Fate.UNANSWERED:
            return fate
        error = self._error(entry)
        if error in UNNAMED:
            return Fate.FAILED
        return Fate.UNSENT if not error or error in KEPT_BACK else fate

    def find_outcome(self, entry: Entry) -> Outcome:
        """`_error` null is a response that passed. Of preflights it tells the network's part only.

        Before `_error` was exported, a body tells it: none comes to the page's process of what CORS blocks.
        """
        error, response = self._error(entry), entry.response
        if error in RULES:
            return Outcome(False, error, RULES[error or ""])
        if is_preflight(entry):
            return Outcome(None, error)
        if error is not None:
            return Outcome(False if error in UNNAMED else None, error)
        if response is None or (response.status or 0) <= 0:
            return UNTOLD
        if response.error is None:
            return PASSED
        return UNTOLD._replace(kept=response.error is UNSET and _has_body(response) and _is_old(entry))

    def shows_origin(self, entry: Entry) -> bool:
        """Before `_error` was exported, it was the page's process that set the Origin, and so it is always there."""
        return entry.response is not None and entry.response.error is UNSET

    def _error(self, entry: Entry) -> str | None:
        response = entry.response
        return (None if response is None else response.error or None) or entry.error

    def conclude(self, shown: frozenset[str]) -> str:
        """Say that it is sanitized, where none of its entries shows a header that sanitizing takes away."""
        if shown:
            return ""
        return (
            "It has no Cookie and Authorization headers, because DevTools leaves them out by default. Whether a "
            "request had credentials is inferred from other evidence, or not known."
        )


def _has_body(response: Response) -> bool:
    content = response.content
    return content is not None and ((content.size or 0) > 0 or len(content.text) > len('""'))


def _is_old(entry: Entry) -> bool:
    agents = [header.value or "" for header in decode_headers(entry.request.headers) if header.name.lower() == AGENT]
    found = _chrome.search(agents[0]) if agents else None
    return found is not None and int(found[1]) <= WITHOUT_ERROR


class Listener(DevTools):
    """What writes HARs from Chromium's DevTools protocol: chrome-har (sitespeed.io, Browsertime) and others."""

    title = "a program that listens to Chromium's DevTools protocol"
    names: ClassVar[tuple[str, ...]] = ("chrome har capturer", "chrome-har", "browsertime", "sitespeed", "puppeteer")
    lost: ClassVar[frozenset[str]] = frozenset()
    leaves_out = "It has no failed requests, so blocked requests may be missing."

    def find_fate(self, entry: Entry) -> Fate:
        """What was not answered failed, for a reason that is not told."""
        return Browser.find_fate(self, entry)

    def find_outcome(self, entry: Entry) -> Outcome:
        """The protocol tells a response once it passed the CORS check; what did not has none, and is left out."""
        outcome = super().find_outcome(entry)
        answered = entry.response is not None and (entry.response.status or 0) > 0
        return outcome._replace(kept=answered and not is_preflight(entry))

    def shows_origin(self, entry: Entry) -> bool:
        """It is not told how old the browser is."""
        return False

    def name_connection(self, entry: Entry) -> str:
        """`connection` is the socket's id, "0" where none was used or none is told."""
        name = entry.connectionId or entry.connection or ""
        return name if name != "0" else ""

    def conclude(self, shown: frozenset[str]) -> str:
        """Say what is always so."""
        return self.leaves_out
