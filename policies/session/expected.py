"""The preflights and redirects whose sequel may still come, and which of them a request follows."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from corsight.policies.exchange import Exchange, Response
from corsight.policies.fetch.headers import has_directive
from corsight.policies.fetch.origin import leave_out_userinfo
from corsight.policies.fetch.preflight_cache import CacheEntry, CacheRules, read_max_age
from corsight.policies.fetch.redirect import MAX_REDIRECTS
from corsight.policies.session.absence import get_start
from corsight.policies.session.fetches import Entry
from corsight.policies.session.loops import HORIZON, SAME_URL, Loops
from corsight.policies.session.memory import Memory
from corsight.policies.session.pace import HELD_UP, TIMES, Pace
from corsight.policies.session.reading import Reading

PATIENCE = 2.0
"""Seconds after which a request that should have followed did not: the sequel of a preflight is sent at once."""
AT_ONCE = 0.25
"""Seconds within which a browser follows a redirect: what comes later, and asks for the same, a page may have asked."""
MUCH = 8
"""How many times longer than after one preflight a request that came after another was held up for no reason."""
SLACK = 0.005
"""Seconds by which a sequel's start may precede the end of what it follows, as two clocks were read."""
LONGEST = 64
"""Exchanges of one fetch; what goes on after that is taken for a new one."""


class Expected:
    """The preflights and redirects of one browser whose sequel may still come, by the URL it would ask for.

    Of `preflights` and `redirects` is asked outside only whether there are any of a URL: of most there are none.
    """

    def __init__(self, size: int) -> None:
        self.preflights: Memory[str, list[Entry]] = Memory(size)
        self._by_path: Memory[str, list[Entry]] = Memory(size)
        self._kept: Memory[str, bool] = Memory(size)
        self.redirects: Memory[str, list[Entry]] = Memory(size)
        self.loops = Loops(size)
        self.pace = Pace()

    def after_preflight(self, entry: Entry) -> None:
        """Remember a preflight that set out: its request would ask for the same URL."""
        url = entry.exchange.request.url
        _remember(self.preflights, url, entry)
        if "?" in url:
            _remember(self._by_path, url.partition("?")[0], entry)

    def after_redirect(self, entry: Entry, target: str) -> None:
        """Remember a redirect: what follows it would ask for `target`.

        Or for its https twin: browsers upgrade what a secure page embeds, and hosts that asked for it.
        """
        if target == entry.exchange.request.url:
            self.loops.note(entry, target)
        target = leave_out_userinfo(target)
        _remember(self.redirects, target, entry)
        if target.startswith("http:"):
            _remember(self.redirects, f"https:{target.removeprefix('http:')}", entry)

    def add_weight(self, entry: Entry, weight: int) -> None:
        """Count what a preflight that is remembered holds more, now that it was answered."""
        if entry.role == "preflight":
            url = entry.exchange.request.url
            for memory, key in ((self.preflights, url), (self._by_path, url.partition("?")[0])):
                if key in memory:
                    memory.add_weight(key, weight)

    def forget(self, entry: Entry) -> None:
        """Forget a preflight: its answer turned out too large to be kept."""
        url = entry.exchange.request.url
        for memory, key in ((self.preflights, url), (self._by_path, url.partition("?")[0])):
            if entry in (memory.get(key) or ()):
                memory.forget(key)

    def note_kept(self, exchange: Exchange) -> None:
        """Note that a response came that the HTTP cache may answer with when its URL is asked for again."""
        response, url = exchange.response, exchange.request.url
        if response is not None and exchange.request.method == "GET":
            cache_control = response.headers.get("cache-control")
            if not has_directive(cache_control, "no-store") and not has_directive(cache_control, "no-cache"):
                self._kept.put(url, True, len(url))

    def is_kept(self, url: str) -> bool:
        """Return whether the HTTP cache may hold an answer for this URL."""
        return url in self._kept

    def find_typed_over(self, preflight: Entry) -> Entry | None:
        """Return the followed preflight that one was given up for, as the page asked on with another query each time.

        Each set out before the one before it was answered, as those of a search field do that asks at every key.
        """
        others = [
            other
            for other in self._by_path.get(preflight.exchange.request.url.partition("?")[0]) or []
            if other is not preflight and _asks_alike(other, preflight)
        ]
        last, left, slack = preflight, len(others), max(SLACK, self.pace.usual)
        while left:
            later = [other for other in others if overtook(other, last, slack) and get_start(other) > get_start(last)]
            found = next((other for other in later if other.sequel == "followed"), None)
            if found is not None or not later:
                return found
            last, left = max(later, key=get_start), left - 1
        return None

    def asked_on(self, preflight: Entry) -> bool:
        """Return whether the page asked on while an answer to a preflight was on its way, as one that gives up does."""
        url, answered, pace = preflight.exchange.request.url, _answered(preflight), self.pace
        others = (self._by_path.get(url.partition("?")[0]) if "?" in url else self.preflights.get(url)) or ()
        return any(
            other is not preflight and -pace.usual <= get_start(other) - answered <= pace.slack for other in others
        )

    def list_alike(self, preflight: Entry) -> list[Entry]:
        """Return the other preflights of late that asked for just the same."""
        if preflight.role != "preflight":
            return []
        others = self.preflights.get(preflight.exchange.request.url) or []
        return [other for other in others if other is not preflight and _asks_alike(other, preflight)]

    def may_have_passed(self, exchange: Exchange, reading: Reading, cached: CacheEntry, rules: CacheRules) -> bool:
        """Return whether a preflight of another credentials mode than a cached one, or of one that is not known, may
        have passed since then or just before, or may still be cached: in another profile, or below another site.
        """
        return any(
            other.exchange.id != cached.exchange
            and other.reading.origin == reading.origin
            and not (other.fetch.include is cached.include and other.fetch.certainty == "certain")
            and not other.failed
            and _may_matter(other.exchange.response, cached.since, exchange.request.started, rules)
            for other in self.preflights.get(exchange.request.url) or ()
        )

    def find_redirect(self, exchange: Exchange, reading: Reading, rules_out: Callable[[Entry], bool]) -> Entry | None:
        """Return the redirect that led to this request, None where none did: the latest of the same page.

        `rules_out` tells that a redirect cannot have led to it.
        """
        latest: Entry | None = None
        for entry in reversed(self.redirects.get(exchange.request.url) or []):
            if (
                _may_precede(entry, exchange)
                and _may_lead_on(entry, exchange)
                and (entry.fetch.page_origin is None or reading.origin in (None, "null", entry.fetch.page_origin))
                and not rules_out(entry)
            ):
                if has_same_referrer(entry, reading):
                    return entry
                latest = latest or entry
        return latest

    def list_other_redirects(self, redirect: Entry, exchange: Exchange, reading: Reading) -> list[Entry]:
        """Return the other redirects that may have led to this request, or whose own sequel may have been its."""
        return [
            entry
            for entry in self.redirects.get(exchange.request.url) or ()
            if entry is not redirect and (_may_precede(entry, exchange) or _is_doubtful(entry, exchange))
            if has_same_referrer(entry, reading) or not has_same_referrer(redirect, reading)
            if entry.fetch.page_origin is None or reading.origin in (None, "null", entry.fetch.page_origin)
        ]

    def find_preflight(
        self,
        exchange: Exchange,
        reading: Reading,
        rules_out: Callable[[Entry], bool],
        *,
        apart: bool = False,
        unnamed: bool = False,
    ) -> Entry | None:
        """Return the preflight whose request this is: the latest answered one that asked for it and can have passed.

        `rules_out` tells that a preflight cannot have been this request's. `apart` tells that requests of two modes
        share no connection: then the one on the request's own is preferred. `unnamed` looks for one that did not name
        all that the request carries, since something else may have added it. One that certainly failed is the last.
        """
        latest: Entry | None = None
        ranked = False, False, False, False, 0.0
        for entry in self.preflights.get(exchange.request.url) or []:
            response = entry.exchange.response
            if response is None or entry.sequel == "followed" or not _may_precede(entry, exchange):
                continue
            own = apart and entry.exchange.connection == exchange.connection
            # An Authorization out of the browser's own store is named by none.
            named = not reading.authorization or "authorization" in entry.reading.names
            rank = not entry.failed, named, has_same_referrer(entry, reading), own, response.received
            if rank < ranked:
                continue
            at_once = exchange.request.started - response.received <= PATIENCE
            if not at_once and (unnamed or not reading.needs_preflight):
                continue
            if _asked_for(entry, reading, unnamed=unnamed) and not rules_out(entry):
                latest, ranked = entry, rank
        return latest

    def list_rivals(
        self, preflight: Entry, exchange: Exchange, reading: Reading, rules_out: Callable[[Entry], bool]
    ) -> tuple[Entry, ...]:
        """Return the other preflights that a request may have followed as well, as far as the wire tells.

        What came just after the one did not wait for much longer behind another, unless the HTTP cache was locked.
        """
        answered, started = _answered(preflight), exchange.request.started
        entries = self.preflights.get(exchange.request.url) or ()
        earliest = answered - PATIENCE
        if reading.method != "GET" or not any(entry.sequel == "followed" for entry in entries):
            held_up = max(HELD_UP, TIMES * self.pace.usual, MUCH * (started - answered))
            earliest = max(earliest, started - held_up)
        return tuple(
            entry
            for entry in entries
            if entry is not preflight and _may_precede(entry, exchange) and _answered(entry) >= earliest
            if has_same_referrer(entry, reading) or not has_same_referrer(preflight, reading)
            if _asked_for(entry, reading, unnamed=False) and not rules_out(entry)
        )


def has_same_referrer(entry: Entry, reading: Reading) -> bool:
    """Return whether the Referer of a preflight or redirect names the same page as that of a request, or both name
    none. Those of one fetch do: all of 446 preflights and 60 redirects in the three engines.
    """
    return entry.reading.referrer_origin == reading.referrer_origin


def _asks_alike(one: Entry, other: Entry) -> bool:
    a, b = one.reading, other.reading
    return a is b or (a.origin, a.method, a.names) == (b.origin, b.method, b.names)


def _answered(entry: Entry) -> float:
    response = entry.exchange.response
    return response.received if response is not None else entry.exchange.request.started


def overtook(later: Entry, earlier: Entry, slack: float = SLACK) -> bool:
    """Return whether one exchange set out after another did, and before the browser had the answer to that."""
    response, started = earlier.exchange.response, get_start(later)
    return response is not None and get_start(earlier) <= started <= response.received + slack


def _remember(memory: Memory[str, list[Entry]], url: str, entry: Entry) -> None:
    """Remember the newest of a URL, and with it that URL, as the newest of all."""
    entries = memory.get(url) or []
    oldest = entry.exchange.request.started - HORIZON
    while entries and (len(entries) >= SAME_URL or entries[0].exchange.request.started <= oldest):
        del entries[0]
    entries.append(entry)
    weight = len(url) + sum([one.fetch.weight for one in entries])
    while len(entries) > 1 and 4 * weight > memory.limit:
        weight -= entries.pop(0).fetch.weight
    memory.put(url, entries, weight)


def _may_matter(response: Response | None, since: float, now: float, rules: CacheRules) -> bool:
    """Return whether the answer to a preflight came after such a moment or just before, or may still be cached."""
    if response is None or response.received > since - PATIENCE:
        return response is not None
    return response.received + (read_max_age(response.headers.get("access-control-max-age"), rules) or 0.0) > now


def _may_lead_on(redirect: Entry, exchange: Exchange) -> bool:
    """Return whether a redirect may have been followed this once more.

    What asks again for a URL that redirects to itself is another fetch, unless it does so at once.
    """
    url, response = redirect.exchange.request.url, redirect.exchange.response
    if redirect.index >= MAX_REDIRECTS or len(redirect.fetch.entries) >= LONGEST or response is None:
        return False
    return url != exchange.request.url or exchange.request.started - response.received <= AT_ONCE


def _may_precede(entry: Entry, exchange: Exchange) -> bool:
    response = entry.exchange.response
    if entry.sequel == "followed" or response is None:
        return False
    return -SLACK <= exchange.request.started - response.received <= HORIZON


def _is_doubtful(redirect: Entry, exchange: Exchange) -> bool:
    """Return whether a redirect was followed of late, and what followed it may have come from another one."""
    if not 0.0 <= exchange.request.started - _answered(redirect) <= PATIENCE:
        return False
    entries = redirect.fetch.entries
    return any(one is redirect and other.strayed for one, other in pairwise(entries))


def _asked_for(preflight: Entry, reading: Reading, *, unnamed: bool) -> bool:
    """Return whether the preflight asked for just such a request."""
    asked, redirected = preflight.reading, len(preflight.fetch.urls) > 1
    if asked.method != reading.method or reading.mode not in ("cors", "unknown"):
        return False
    if asked.origin != reading.origin and not (redirected and reading.origin == "null"):
        return False
    # More than was asked for: an Authorization out of the browser's own store. Less: a redirect dropped it, and
    # WebKit's preflight had not noticed. Headers that a browser sets too, a page may have set: they count as sent.
    more = frozenset(reading.names).difference(asked.names)
    less = frozenset(asked.names) - reading.sent
    # A Content-Type is named for its value: one that is safelisted belongs to another request, or to a beacon.
    if "content-type" in asked.names and "content-type" not in reading.carried:
        less |= {"content-type"}
    return (unnamed or more <= {"authorization"}) and (redirected or not less)
