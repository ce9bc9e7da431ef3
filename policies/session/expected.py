"""The preflights and redirects whose sequel may still come, and which of them a request follows."""

from __future__ import annotations

from collections.abc import Callable

from corsight.policies.exchange import Exchange
from corsight.policies.session.fetches import Entry
from corsight.policies.session.memory import Memory
from corsight.policies.session.reading import Reading

PATIENCE = 2.0
"""Seconds after which a request that should have followed did not: the sequel of a preflight is sent at once."""
SLACK = 0.005
"""Seconds by which a sequel's start may precede the end of what it follows, as two clocks were read."""
HORIZON = 30.0
"""Seconds for which a sequel is still looked for."""
SAME_URL = 32
"""Preflights or redirects to one URL that are remembered at once: a page may ask one endpoint for a whole list."""
LONGEST = 64
"""Exchanges of one fetch; what goes on after that is taken for a new one."""


class Expected:
    """The preflights and redirects of one browser whose sequel may still come, by the URL it would ask for."""

    __slots__ = ("_preflights", "_redirects")

    def __init__(self, size: int) -> None:
        self._preflights: Memory[str, list[Entry]] = Memory(size)
        self._redirects: Memory[str, list[Entry]] = Memory(size)

    def after_preflight(self, entry: Entry) -> None:
        """Remember a preflight that set out: its request would ask for the same URL."""
        _remember(self._preflights, entry.exchange.request.url, entry)

    def after_redirect(self, entry: Entry, target: str) -> None:
        """Remember a redirect: what follows it would ask for `target`.

        Or for its https twin: browsers upgrade what a secure page embeds, and hosts that asked for it.
        """
        _remember(self._redirects, target, entry)
        if target.startswith("http:"):
            _remember(self._redirects, f"https:{target.removeprefix('http:')}", entry)

    def add_weight(self, entry: Entry, weight: int) -> None:
        """Count what a preflight that is remembered holds more, now that it was answered."""
        if entry.role == "preflight" and entry.exchange.request.url in self._preflights:
            self._preflights.add_weight(entry.exchange.request.url, weight)

    def forget(self, entry: Entry) -> None:
        """Forget a preflight or redirect: it turned out too large to be kept."""
        for memory in (self._preflights, self._redirects):
            if entry in (memory.get(entry.exchange.request.url) or ()):
                memory.forget(entry.exchange.request.url)

    def list_alike(self, preflight: Entry) -> list[Entry]:
        """Return the other preflights of late that asked for just the same."""
        asked = preflight.reading
        return [
            other
            for other in self._preflights.get(preflight.exchange.request.url) or []
            if other is not preflight
            and preflight.role == "preflight"
            and (other.reading.origin, other.reading.method, other.reading.names)
            == (asked.origin, asked.method, asked.names)
        ]

    def find_redirect(self, exchange: Exchange, reading: Reading) -> Entry | None:
        """Return the redirect that led to this request, None where none did."""
        for entry in reversed(self._redirects.get(exchange.request.url) or []):
            page = entry.fetch.page_origin
            if not _may_precede(entry, exchange) or len(entry.fetch.entries) >= LONGEST:
                continue
            if page is None or reading.origin in (None, "null", page):
                return entry
        return None

    def find_preflight(self, exchange: Exchange, reading: Reading, rules_out: Callable[[Entry], bool]) -> Entry | None:
        """Return the preflight whose request this is: the latest answered one that asked for it and can have passed.

        `rules_out` tells that a preflight cannot have been this request's.
        """
        latest: Entry | None = None
        received = 0.0
        for entry in self._preflights.get(exchange.request.url) or []:
            response = entry.exchange.response
            if response is None or response.received < received or not _may_precede(entry, exchange):
                continue
            if not reading.needs_preflight and exchange.request.started - response.received > PATIENCE:
                continue
            if _asked_for(entry, reading) and not rules_out(entry):
                latest, received = entry, response.received
        return latest


def overtook(later: Entry, earlier: Entry) -> bool:
    """Whether one exchange set out after another did, and before that was answered."""
    response, started = earlier.exchange.response, later.exchange.request.started
    return response is not None and earlier.exchange.request.started <= started <= response.received + SLACK


def _remember(memory: Memory[str, list[Entry]], url: str, entry: Entry) -> None:
    entries = memory.get(url)
    if entries is None:
        memory.put(url, [entry], len(url) + entry.fetch.weight)
        return
    oldest = entry.exchange.request.started - HORIZON
    entries[:] = [old for old in entries[1 - SAME_URL :] if old.exchange.request.started > oldest]
    entries.append(entry)
    memory.add_weight(url, entry.fetch.weight)


def _may_precede(entry: Entry, exchange: Exchange) -> bool:
    response = entry.exchange.response
    if entry.sequel == "followed" or response is None:
        return False
    return -SLACK <= exchange.request.started - response.received <= HORIZON


def _asked_for(preflight: Entry, reading: Reading) -> bool:
    """Whether the preflight asked for just such a request."""
    asked, redirected = preflight.reading, len(preflight.fetch.urls) > 1
    if asked.method != reading.method:
        return False
    if asked.origin != reading.origin and not (redirected and reading.origin == "null"):
        return False
    # More than was asked for: an Authorization out of the browser's own store. Less: a redirect dropped it, and
    # WebKit's preflight had not noticed. Headers that a browser sets too, a page may have set: they count as sent.
    more = frozenset(reading.names).difference(asked.names)
    less = frozenset(asked.names) - reading.sent
    return more <= {"authorization"} and (redirected or not less)
