"""The credentials mode: what a browser's requests tell of it by themselves, by their connections, and by habit.

On the wire it has no name. `omit` and `same-origin` behave alike across origins, so what is told is whether it is
`include`.
"""

from __future__ import annotations

from corsight.policies.engines import ENGINES, EnginePolicy
from corsight.policies.evidence import Certainty, Reason
from corsight.policies.exchange import Exchange, Request, Response
from corsight.policies.fetch.origin import is_potentially_trustworthy, origin_of, schemelessly_same_site, split_origin
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.memory import Memory
from corsight.policies.session.reading import Reading

HABIT = 8
"""How many requests without credentials, and none with them, make a habit."""

A_MOMENT = 10.0
"""Seconds for which a cookie that was sent is taken to be still there."""

BY_ELEMENTS = frozenset({"image", "script", "style", "audio", "video", "track", "document", "iframe", "frame"})
"""Destinations of no-cors requests that elements make, always with credentials."""
SUBRESOURCES = BY_ELEMENTS - {"document", "iframe", "frame"}
WORKERS = frozenset({"worker", "sharedworker", "serviceworker"})
BY_WORKERS = WORKERS | {"empty", "script", "unknown"}
"""Destinations of what workers ask for; Firefox gives what a worker's modules import the worker's own."""


class Credentials:
    """What one browser shows of its requests' credentials modes."""

    def __init__(self, policy: EnginePolicy, size: int, *, known: bool) -> None:
        self._engine = policy.name
        self._policy = policy
        self._expects_storage_access = known and policy.storage_access_told
        self._seen_storage_access = False
        # Firefox sends none where the user blocks third-party cookies: there no version makes sure of it.
        self._sent_storage_access = self._expects_storage_access and policy.name == "chromium"
        self._cookies: Memory[tuple[str, str], tuple[str, float, float]] = Memory(size)
        self._workers: Memory[str, bool] = Memory(size)
        self._pages: Memory[str, bool] = Memory(size)
        self._keeping_alive: Memory[str, bool] = Memory(size)
        self._habits: Memory[tuple[str | None, str], list[int]] = Memory(size)

    def stated(self, reading: Reading, url: str, *, first: bool) -> tuple[bool, Reason] | None:
        """Return whether a cross-origin request itself says `include`, and by what; None when it does not tell.

        `first` is False after a redirect.
        """
        if reading.cookie:
            return True, Reason.COOKIE
        if reading.storage_access:
            return True, Reason.STORAGE_ACCESS
        if self._expects_storage_access and self._would_tell(reading, url, first=first):
            return False, Reason.NO_STORAGE_ACCESS
        if reading.destination == "font" and reading.mode == "cors" and self._policy.fonts_ask_with_cors:
            return False, Reason.FONT
        return None

    def _would_tell(self, reading: Reading, url: str, *, first: bool) -> bool:
        """Return whether this request would have Sec-Fetch-Storage-Access if it had credentials."""
        if reading.site != "cross-site" or not is_potentially_trustworthy(url):
            return False
        if self._engine == "chromium":
            return not (reading.preflight or self._may_be_at_home(reading, url, first=first))
        # Firefox tells it on preflights too, but not after a redirect, not for keepalive, not for another scheme alone,
        # and not for workers.
        if reading.destination in BY_WORKERS and self._workers.get(reading.origin or "null"):
            return False
        return first and not reading.keepalive and not _schemelessly_same_site(reading.origin, url)

    def _may_be_at_home(self, reading: Reading, url: str, *, first: bool) -> bool:
        """Return whether a request without an origin may ask its page's own site: the worker of a data: URL has its
        page's site for cookies, and a redirect may lead back there.
        """
        if reading.origin != "null":
            return False
        if reading.referrer_origin is None:
            return _get_domain(url) in self._pages
        return not first and _get_domain(url) == _get_domain(reading.referrer_origin)

    def note_storage_access(self) -> bool:
        """Note that a request had Sec-Fetch-Storage-Access, so that from now on its absence counts. Return whether that
        is new.
        """
        new = not self._seen_storage_access and ENGINES[self._engine].storage_access_told
        if new:
            self._seen_storage_access = self._sent_storage_access = self._expects_storage_access = True
        return new

    def note_no_storage_access(self, reading: Reading, url: str, *, first: bool) -> bool:
        """A request that always has credentials went out. Where it lacks Sec-Fetch-Storage-Access although it would
        tell, and none carried it so far, this browser never sends it: absence tells nothing. Return whether that is
        new.
        """
        if self._seen_storage_access or not self._expects_storage_access or reading.storage_access:
            return False
        if reading.destination not in SUBRESOURCES or not self._would_tell(reading, url, first=first):
            return False
        self._expects_storage_access = self._sent_storage_access = False
        return True

    @property
    def storage_access_unseen(self) -> bool:
        """Whether no request has shown yet that this browser sends Sec-Fetch-Storage-Access."""
        return not self._seen_storage_access

    def lacks_cookie(self, reading: Reading, request: Request, server: str) -> float | None:
        """Return since when a page's origin has sent the cookie to a server that this CORS request lacks, None where it
        lacks none: it was sent to just that place a moment ago.

        A cookie that went to a path goes to what lies below it as well, and no answer since then has changed any.
        """
        if reading.preflight or reading.origin is None or reading.origin == "null":
            return None
        key = reading.origin, server
        known = self._cookies.get(key)
        if reading.cookie:
            path, since = _get_path(request.url), request.started if known is None else known[2]
            self._cookies.put(key, (path, request.started, since), len(path) + len(reading.origin) + len(server))
            return None
        if known is None or not 0.0 <= request.started - known[1] <= A_MOMENT:
            return None
        path, sent = _get_path(request.url), known[0]
        return known[2] if path == sent or path.startswith(f"{sent}/") else None

    def forget_cookies(self) -> None:
        """Forget which cookies were sent, since an answer set or cleared some."""
        self._cookies.clear()

    def note_worker(self, origin: str) -> None:
        """Note that a worker's script was requested: some requests of its origin may be the worker's."""
        self._workers.put(origin, True, len(origin))

    def note_page(self, url: str) -> None:
        """Note that a document was loaded: requests without an origin may be those of a worker of its site."""
        domain = _get_domain(url)
        self._pages.put(domain, True, len(domain))

    def note_keepalive(self, reading: Reading) -> None:
        """A request shows by the order of its headers that it is kept alive, or a worker's: so may be others of its
        page that have no headers of their own, and so no such order.
        """
        origin = reading.origin or reading.referrer_origin
        if self._engine != "firefox" or origin is None or (reading.mode, reading.destination) != ("cors", "empty"):
            return
        # XMLHttpRequest, which has no Priority, writes its Referer late at home.
        if "priority" in reading.sent:
            self._keeping_alive.put(origin, True, len(origin))

    def certainty(self, reason: Reason, reading: Reading, *, http2: bool) -> Certainty:
        """Return how sure it is what a request states: a browser may never send Sec-Fetch-Storage-Access.

        Firefox leaves it out for keepalive, which only the place of a Referer shows beside headers of the page's own
        (ESR 153). Over HTTP/1.1 connections tell of the others; over HTTP/2 nothing would, and hardly a page keeps
        alive what it sends nothing with, unless it keeps alive other requests.
        """
        if reason is Reason.FONT:
            # A preload may say crossorigin=use-credentials.
            return "likely"
        if reason is not Reason.NO_STORAGE_ACCESS:
            return "certain"
        if not self._sent_storage_access:
            return "likely"
        if self._engine != "firefox" or reading.destination not in BY_WORKERS:
            return "certain"
        if reading.preflight or http2:
            hidden = reading.referrer is None and ("priority" in reading.sent or not reading.preflight)
            hidden = hidden or (reading.keepalive is None and (reading.origin or "") in self._keeping_alive)
        else:
            hidden = reading.keepalive is None
        return "likely" if hidden else "certain"

    def overrules_absence(self, reading: Reading) -> bool:
        """Return whether this request shows that the header its preflight lacked means nothing."""
        return self._engine == "firefox" and reading.keepalive is True

    def separates(self, exchange: Exchange) -> bool:
        """Return whether the exchange's connection carries requests of one kind only."""
        how = self._policy.separate_connections
        if not exchange.connection:
            return False
        return how == "always" or (how == "http/1.1" and not exchange.http2)

    def mixes(self, exchange: Exchange) -> bool:
        """Whether the exchange's connection is Firefox's over HTTP/2: of one mode, until it has to serve the other."""
        return self._policy.separate_connections == "http/1.1" and exchange.http2 and exchange.connection != ""

    def remember(self, fetch: Fetch) -> None:
        """Count a mode that became certain: a page usually sends its requests in the same mode."""
        if fetch.certainty != "certain" or fetch.include is None:
            return
        key = fetch.page_origin, fetch.server
        counts = self._habits.get(key)
        if counts is None:
            counts = [0, 0]
            self._habits.put(key, counts, len(key[0] or "") + len(key[1]))
        counts[fetch.include] += 1

    def likelier(self, entry: Entry, response: Response | None) -> bool:
        """Return whether `include` is likelier, where nothing shows the mode for certain."""
        fetch = entry.fetch
        if fetch.include is not None:
            return fetch.include
        # Where no request from this page's origin to that server was known to have credentials so far. The contrary
        # tells nothing: on web-platform-tests it was wrong in 23 of 23, and this right in 20 of 21.
        counts = self._habits.get((fetch.page_origin, fetch.server))
        if counts is not None and counts[1] == 0 and counts[0] >= HABIT:
            return False
        return _invited(entry, response)


def _get_path(url: str) -> str:
    """Return a URL's host and path, without what a cookie's path is not held against."""
    return url.partition("://")[2].partition("?")[0].rstrip("/")


def _get_domain(url: str) -> str:
    """Return the last two labels of a URL's host, which all hosts of its site have."""
    parts = split_origin(origin_of(url))
    return "" if parts is None else ".".join(parts[1].rsplit(".", 2)[-2:])


def by_nature(reading: Reading) -> bool:
    """Return whether a request always has credentials, whatever its page says."""
    if reading.mode == "navigate" or reading.cookie:
        return True
    if not reading.metadata:
        # Without Origin it asks for no CORS, and only elements ask with such an Accept.
        return reading.origin is None and reading.destination in ("image", "style")
    return reading.mode == "no-cors" and reading.destination in BY_ELEMENTS


def from_own_store(entry: Entry) -> bool:
    """Return whether the request's Authorization is the browser's own: its preflight did not ask for it."""
    preflights = [other for other in entry.fetch.entries if other.role == "preflight"]
    return bool(preflights) and "authorization" not in preflights[-1].reading.names


def _invited(entry: Entry, response: Response | None) -> bool:
    """Return whether the server's own words make a credentialed request the likelier: it allows credentials.

    Beside `*` that is thoughtless so often that it counts only once a preflight shows that the page asks for more.
    """
    if response is None or response.headers.get("access-control-allow-credentials") != "true":
        return False
    if response.headers.get("access-control-allow-origin") != "*":
        return True
    return any(other.role == "preflight" for other in entry.fetch.entries)


def _schemelessly_same_site(origin: str | None, url: str) -> bool:
    """Return whether a URL's host is of the origin's site; an opaque origin has none."""
    ours, theirs = split_origin(origin or "null"), split_origin(origin_of(url))
    return ours is not None and theirs is not None and schemelessly_same_site(ours[1], theirs[1])
