"""What the entries of a HAR mean: the plain case. A producer that means something else is a class of its own."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, ClassVar, Literal, NamedTuple

from corsight.scripts.recordings.har.format import Entry, Log, Program, decode_headers

type Engine = Literal["chromium", "firefox", "webkit", "standard"]

CHROMIUM_EDGE = 79
"""The version from which Edge is Chromium."""
STATUSES = 1000
"""A status has three digits."""
DAY = 24 * 60 * 60 * 1000
"""Milliseconds from which a phase is taken for a mistake."""
CREDENTIALS = frozenset({"cookie", "set-cookie", "authorization"})


class Fate(StrEnum):
    """What became of a request, as far as an entry tells."""

    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    """No answer came; the error says why, where one is told."""
    FAILED = "failed"
    """It failed in the browser, and its answer, if there was one, is not recorded. With a preflight near, that is what
    failed, and the request was never sent."""
    UNSENT = "unsent"
    """The browser itself kept it back."""
    INTERNAL = "internal"
    """A redirect inside the browser (HSTS, an extension): the server was not asked."""
    WORKER = "worker"
    """A service worker answered."""
    ROUTED = "routed"
    """A route of the test answered or stopped it."""
    OTHER = "other"
    """It is no request over HTTP."""
    BARE = "bare"
    """No answer is recorded, or no header of it (a cache of images, or one that was given up), or not the value of one
    that decides."""


SKIPPED = {
    Fate.UNSENT: "{} never left the browser, or had no answer yet",
    Fate.INTERNAL: "{} only redirected inside the browser",
    Fate.WORKER: "{} came from a service worker",
    Fate.ROUTED: "{} met a route of the test",
}
"""The fates of what no server answered, which is not judged; each in a clause about so many entries."""


class Kind(NamedTuple):
    """What asked ("fetch", "xhr", "" for others), and the request mode and destination that follow from it."""

    asked: str = ""
    mode: str = ""
    destination: str = ""


UNTOLD = Kind()
KINDS: Mapping[str, Kind] = {
    "fetch": Kind("fetch", "", "empty"),
    "xhr": Kind("xhr", "cors", "empty"),
    "eventsource": Kind("", "cors", "empty"),
    "document": Kind("", "navigate", "document"),
    "font": Kind("", "cors", "font"),
    "image": Kind("", "", "image"),
    "manifest": Kind("", "cors", "manifest"),
    "media": Kind("", "", "video"),
    "script": Kind("", "", "script"),
    "stylesheet": Kind("", "", "style"),
    "texttrack": Kind("", "", "track"),
    "ping": Kind("", "no-cors", "empty"),
    "beacon": Kind("", "no-cors", "empty"),
    "websocket": Kind("", "websocket", ""),
}
"""Chromium's resource types, which other producers use as well."""


class Outcome(NamedTuple):
    """The browser's own outcome: whether the page got it (None where that is not told), its error, and our rule.

    `kept` tells that only what passed is recorded so.
    """

    passed: bool | None = None
    error: str | None = None
    rule: str | None = None
    kept: bool = False


class Producer:
    """A program that writes HARs, and what an entry of its HARs means. A proxy's, where nothing else is said.

    `lost` are the header names (lower case) that it leaves out, `preflights` tells whether it records preflights,
    `upper` whether it writes methods in upper case, `leaves_out` what to know of all its HARs, in a sentence.
    """

    title: ClassVar[str] = "a program that is not known here"
    names: ClassVar[tuple[str, ...]] = ()
    """How the creator's name begins, in lower case."""
    engine: ClassVar[Engine | None] = None
    lost: ClassVar[frozenset[str]] = frozenset()
    preflights: ClassVar[bool] = True
    upper: ClassVar[bool] = False
    leaves_out: ClassVar[str] = ""

    def find_browser(self, log: Log[Any]) -> tuple[Engine | None, int | None]:
        """Return the engine that recorded, and its major version; None where the entries' User-Agent has to tell."""
        return self.engine, None

    def find_method(self, entry: Entry) -> str:
        """Return a request's method."""
        return entry.request.method

    def find_fate(self, entry: Entry) -> Fate:
        """Return what became of a request."""
        response = entry.response
        if (response is None or response.status is None) and not self.find_outcome(entry).error:
            # Some programs record requests alone: that nothing stands there does not show that nothing came.
            return Fate.BARE
        if response is None or response.status is None or not 0 < response.status < STATUSES:
            return Fate.UNANSWERED
        if entry.fromServiceWorker or response.fromServiceWorker:
            return Fate.WORKER
        if response.status == 307 and is_internal(entry):
            return Fate.INTERNAL
        return Fate.ANSWERED

    def is_cached(self, entry: Entry) -> bool:
        """Return whether the browser's cache answered."""
        return bool(entry.fromDiskCache or entry.fromCache)

    def find_outcome(self, entry: Entry) -> Outcome:
        """Return what the browser made of it."""
        response = entry.response
        error = entry.error or (None if response is None else response.error or response.failure or None)
        return Outcome(error=error)

    def find_kind(self, entry: Entry) -> Kind:
        """Return what asked."""
        return KINDS.get((entry.resourceType or "").lower(), UNTOLD)

    def shows_origin(self, entry: Entry) -> bool:
        """Return whether even headers that are not those that were sent hold the Origin, where there was one."""
        return False

    def name_connection(self, entry: Entry) -> str:
        """Return the client connection's name; "" where it is not told."""
        return entry.connectionId or ""

    def find_status_instead(self, error: str | None) -> int | None:
        """Return the status that a proxy answered with itself after this error; None where it did not."""
        return None

    def time(self, entry: Entry) -> tuple[float, float]:
        """Return how many milliseconds after its start an entry's bytes left, and after that its answer came."""
        timings = entry.timings
        if timings is None:
            return 0.0, total(entry.time)
        return 0.0, total(timings.send, timings.wait)

    def conclude(self, shown: frozenset[str]) -> str:
        """Return what to know of this HAR; `shown` are the headers with credentials that any entry has."""
        return self.leaves_out


class Browser(Producer):
    """A browser's own network panel, or what listens to it: times begin when the page asked."""

    def find_browser(self, log: Log[Any]) -> tuple[Engine | None, int | None]:
        """The browser may be named."""
        browser = log.browser
        if browser is None:
            return self.engine, None
        return self.engine or find_engine(browser), find_major(browser.version)

    def time(self, entry: Entry) -> tuple[float, float]:
        """The wait for a connection comes first, and for a preflight is part of it."""
        timings = entry.timings
        if timings is None:
            return 0.0, total(entry.time)
        before = total(timings.blocked, timings.dns, timings.connect)
        return before, total(timings.send, timings.wait)


def total(*phases: float | None) -> float:
    """Return the sum of the phases that took place, in milliseconds."""
    together = 0.0
    for phase in phases:
        if phase is not None and 0 < phase < DAY:
            together += phase
    return together


def is_internal(entry: Entry) -> bool:
    """Return whether a 307 says that the browser made it up."""
    response = entry.response
    if response is None:
        return False
    if (response.statusText or "").lower() == "internal redirect":
        return True
    return any(header.name.lower() == "non-authoritative-reason" for header in decode_headers(response.headers))


def is_preflight(entry: Entry) -> bool:
    """Return whether an entry is a preflight's."""
    return entry.request.method == "OPTIONS" and asks_for_method(entry)


def asks_for_method(entry: Entry) -> bool:
    """Return whether a request asks for a method, as preflights do."""
    return any(
        header.name.lower() == "access-control-request-method" for header in decode_headers(entry.request.headers)
    )


def find_major(version: str | None) -> int | None:
    """Return the major number in a version such as `Chrome/120.0.6099.109`; None where there is none."""
    digits = ""
    for character in (version or "")[:64]:
        if character.isascii() and character.isdigit():
            digits += character
        elif digits:
            break
    return int(digits) if digits and len(digits) < 5 else None


def find_engine(browser: Program | None) -> Engine | None:
    """Return the engine of a browser by its name; None where that is not known."""
    name = ((browser.name if browser is not None else None) or "").lower()
    if "firefox" in name:
        return "firefox"
    if "webkit" in name or "safari" in name:
        return "webkit"
    if browser is not None and "edge" in name and (find_major(browser.version) or CHROMIUM_EDGE) < CHROMIUM_EDGE:
        return None
    return "chromium" if any(part in name for part in ("chrom", "edge", "brave", "opera")) else None
