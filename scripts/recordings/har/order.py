"""Brings requests behind their preflights: browsers' HARs hold a request where the page asked, before its preflight.

What belongs together is found by URL, method and header names, nearest in time, among the entries close by.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from corsight.scripts.recordings.har.draft import Draft
from corsight.scripts.recordings.har.producers.model import Fate
from corsight.scripts.recordings.order import FIELD

WINDOW, HELD_BYTES = 256, 32 * 1024 * 1024
"""How many entries are held at once, and bytes of their URLs and headers."""
NEAR = 60.0
"""Seconds between the page's asking and its preflight."""
STEP = 0.001
"""Seconds by which a request is set behind the preflight that it follows."""


class Order:
    """Takes drafts in the order of the file, and gives them back with their times set right."""

    def __init__(self, *, upper: bool, lost: frozenset[str]) -> None:
        self._upper = upper
        self._lost = lost
        self._window: deque[tuple[Draft, int]] = deque()
        self._weight = 0
        self._preflights: dict[str, list[Draft]] = {}

    def put(self, draft: Draft) -> Iterable[Draft]:
        """Take in a draft; return those that are out of the window now."""
        url, window, preflights = draft.url, self._window, self._preflights
        if draft.preflight_for is None:
            if url in preflights:
                self._join(draft, preflights[url])
        else:
            # Few are: no index of all requests is kept for them.
            self._join(draft, [other for other, _ in window if other.url == url and other.preflight_for is None])
            preflights.setdefault(url, []).append(draft)
        weight = _weigh(draft)
        window.append((draft, weight))
        self._weight += weight
        if self._weight > HELD_BYTES:
            return self._make_room()
        return (self._pop(),) if len(window) > WINDOW else ()

    def _make_room(self) -> Iterator[Draft]:
        while self._weight > HELD_BYTES:
            yield self._pop()

    def end(self) -> Iterator[Draft]:
        """Yield what is left."""
        while self._window:
            yield self._pop()

    def _pop(self) -> Draft:
        draft, weight = self._window.popleft()
        self._weight -= weight
        if draft.preflight_for is not None:
            drafts = self._preflights[draft.url]
            drafts.remove(draft)
            if not drafts:
                del self._preflights[draft.url]
        return draft

    def _join(self, draft: Draft, others: list[Draft]) -> None:
        """Join a draft to the nearest of the others that it fits, and set the request behind its preflight."""
        best: tuple[Draft, Draft] | None = None
        for other in others:
            preflight, request = (draft, other) if draft.preflight_for is not None else (other, draft)
            if other.joined or not self._fits(preflight, request):
                continue
            if best is None or abs(other.asked - draft.asked) < abs(best[1].asked - best[0].asked):
                best = preflight, request
        if best is None or draft.joined:
            return
        preflight, request = best
        preflight.joined = request.joined = True
        preflight.told = replace(preflight.told, kind=request.told.kind, destination=request.told.destination)
        if request.told.origin is not None:
            # Its own headers were not those that were sent; what it asked first, tells.
            request.told = replace(request.told, origin=preflight.headers.get("origin"), mode="cors")
        if self._upper and preflight.preflight_for is not None:
            request.method = preflight.preflight_for[0]
        if request.fate is not Fate.FAILED and request.started < preflight.received:
            behind = preflight.received + STEP - request.started
            request.started += behind
            request.received += behind
            if request.response is not None:
                request.response = replace(request.response, received=request.received)

    def _fits(self, preflight: Draft, request: Draft) -> bool:
        """Return whether the preflight asked for such a request, and the page had asked before it was answered."""
        method, names = preflight.preflight_for or ("", frozenset[str]())
        if request.method != method and not (self._upper and request.method == method.upper()):
            return False
        if not -NEAR < preflight.asked - request.asked < NEAR:
            return False
        untold = request.fate is Fate.FAILED or request.told.origin is not None
        return untold or names <= {*request.headers.names(), *self._lost}


def _weigh(draft: Draft) -> int:
    headers, response = draft.headers, draft.response
    weight = len(draft.url) + headers.weight + FIELD * len(headers.fields)
    if response is not None:
        weight += response.headers.weight + FIELD * len(response.headers.fields)
    return weight
