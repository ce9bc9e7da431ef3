"""What follows a preflight or a redirect, and what that proves: it passed, or it did not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from corsight.policies.exchange import Exchange
from corsight.policies.session.fetches import Entry
from corsight.policies.session.memory import Memory
from corsight.policies.session.reading import Reading
from corsight.policies.verdict import Certainty, Outcome, Ruling, Verdict

PATIENCE = 2.0
"""Seconds after which a request that should have followed did not: the sequel of a preflight is sent at once."""
SETTLED = 0.25
"""Seconds of further recording that make an absence at its very end certain."""
SLACK = 0.005
"""Seconds by which a sequel's start may precede the end of what it follows, as two clocks were read."""
HORIZON = 30.0
"""Seconds for which a sequel is still looked for."""
SAME_URL = 32
"""Preflights or redirects to one URL that are remembered at once: a page may ask one endpoint for a whole list."""
LONGEST = 64
"""Exchanges of one fetch; what goes on after that is taken for a new one."""

FOLLOWED = {
    "preflight": "the request that follows its preflight came",
    "redirect": "the request that follows its redirect came",
}
UNFOLLOWED = {"preflight": "no request followed its preflight", "redirect": "no request followed its redirect"}


class Expected:
    """The preflights and redirects of one browser whose sequel may still come, by the URL it would ask for."""

    __slots__ = ("_preflights", "_redirects")

    def __init__(self, size: int) -> None:
        self._preflights: Memory[str, list[Entry]] = Memory(size)
        self._redirects: Memory[str, list[Entry]] = Memory(size)

    def after_preflight(self, entry: Entry) -> None:
        """A preflight set out: its request would ask for the same URL."""
        _remember(self._preflights, entry.exchange.request.url, entry)

    def after_redirect(self, entry: Entry, target: str) -> None:
        """A redirect came: what follows it would ask for `target`.

        Or for its https twin: browsers upgrade what a secure page embeds, and hosts that asked for it.
        """
        _remember(self._redirects, target, entry)
        if target.startswith("http:"):
            _remember(self._redirects, f"https:{target.removeprefix('http:')}", entry)

    def alike(self, preflight: Entry) -> list[Entry]:
        """The other preflights of late that asked for just the same."""
        asked = preflight.reading
        return [
            other
            for other in self._preflights.get(preflight.exchange.request.url) or []
            if other is not preflight
            and preflight.role == "preflight"
            and (other.reading.origin, other.reading.method, other.reading.names)
            == (asked.origin, asked.method, asked.names)
        ]

    def redirect_to(self, exchange: Exchange, reading: Reading) -> Entry | None:
        """The redirect that led to this request, if one did."""
        for entry in reversed(self._redirects.get(exchange.request.url) or []):
            page = entry.fetch.page_origin
            if not _may_precede(entry, exchange) or len(entry.fetch.entries) >= LONGEST:
                continue
            if page is None or reading.origin in (None, "null", page):
                return entry
        return None

    def preflight_of(self, exchange: Exchange, reading: Reading, ruled_out: Callable[[Entry], bool]) -> Entry | None:
        """The preflight whose request this is: the latest answered one that asked for just this and can have passed."""
        found: Entry | None = None
        received = 0.0
        for entry in self._preflights.get(exchange.request.url) or []:
            response = entry.exchange.response
            if response is None or response.received < received or not _may_precede(entry, exchange):
                continue
            if not reading.needs_preflight and exchange.request.started - response.received > PATIENCE:
                continue
            if _asked_for(entry, reading) and not ruled_out(entry):
                found, received = entry, response.received
        return found


def overtook(later: Entry, earlier: Entry) -> bool:
    """Whether one exchange set out after another did, and before that was answered."""
    response, started = earlier.exchange.response, later.exchange.request.started
    return response is not None and earlier.exchange.request.started <= started <= response.received + SLACK


def _remember(memory: Memory[str, list[Entry]], url: str, entry: Entry) -> None:
    entries = memory.get(url)
    if entries is None:
        memory.put(url, [entry])
        return
    oldest = entry.exchange.request.started - HORIZON
    entries[:] = [old for old in entries[1 - SAME_URL :] if old.exchange.request.started > oldest]
    entries.append(entry)


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


def left_over(verdict: Verdict, *, passed: bool) -> dict[str, Ruling]:
    """The branches that agree with what followed: those that pass where it came, those that block where it did not."""
    return {
        label: ruling for label, ruling in verdict.branches.items() if (ruling.outcome is not Outcome.BLOCKED) == passed
    }


def narrow(verdict: Verdict, *, passed: bool, certainty: Certainty) -> Verdict:
    """The verdict without the branches that what followed has ruled out, or behind the others where it hardly did."""
    left = left_over(verdict, passed=passed)
    if not left:
        return verdict
    ruling = next(iter(left.values()))
    if certainty == "likely":
        return replace(verdict, ruling=ruling, certainty="likely")
    branches = left if len(set(left.values())) > 1 else {}
    same = all(other.outcome is ruling.outcome for other in left.values())
    return replace(verdict, ruling=ruling, certainty=certainty if same else "likely", branches=branches)
