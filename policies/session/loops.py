"""URLs that redirect to themselves: of several fetches that go round one, none is told from another."""

from __future__ import annotations

from collections.abc import Callable

from corsight.policies.fetch.redirect import MAX_REDIRECTS
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.memory import Memory

HORIZON = 30.0
"""Seconds for which a sequel is still looked for."""
SAME_URL = 32
"""Preflights or redirects to one URL that are remembered at once: a page may ask one endpoint for a whole list."""


class Loops:
    """The URLs that redirected to themselves, as one browser asked for them."""

    def __init__(self, size: int) -> None:
        self._hops: Memory[str, dict[str, Entry]] = Memory(size)

    def __contains__(self, url: str) -> bool:
        return url in self._hops

    def note(self, entry: Entry, url: str) -> None:
        """Remember the last hop of each fetch that goes round a URL, of late."""
        earliest = entry.exchange.request.started - HORIZON
        before = (self._hops.get(url) or {}).values()
        hops = {
            hop.fetch.id: hop for hop in before if hop.exchange.request.started > earliest and not _has_ended(hop.fetch)
        }
        hops[entry.fetch.id] = entry
        while len(hops) > SAME_URL:
            del hops[next(iter(hops))]
        self._hops.put(url, hops, len(url) + sum([hop.fetch.weight for hop in hops.values()]))

    def count_strays(self, entry: Entry, may_lead_to: Callable[[Entry], bool]) -> int:
        """Return how many hops of other fetches round the URL that a redirect leads back to may be its own fetch's.

        On a busy machine a hop comes so late that it is taken for another fetch's. None of one that came to its end is.
        Of more fetches than are remembered, as many as it takes.
        """
        hops = self._hops.get(entry.exchange.request.url) or {}
        if len(hops) >= SAME_URL:
            return MAX_REDIRECTS
        others = (hop for hop in hops.values() if hop.fetch is not entry.fetch and not _has_ended(hop.fetch))
        return sum([hop.index + 1 for hop in others if may_lead_to(hop)])


def _has_ended(fetch: Fetch) -> bool:
    """Return whether a fetch leads no further: its last exchange was blocked for certain, or answered for good."""
    last = fetch.entries[-1] if fetch.entries else None
    answered = last is not None and last.role == "request" and last.exchange.response is not None
    return last is None or answered or last.failed
