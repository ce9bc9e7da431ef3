"""What became of each flow, by what the browser said of its requests.

A hop that another one followed passed. The last one carries the request's end; where the request was refused for its
preflight, the preflight does. What two requests say differently of one flow is told of none.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.browser.lab.wpt.seen import Seen

type End = Literal["passed", "blocked", "aborted", "failed", "contested"]

ENDS: dict[str, End] = {
    "passed": "passed",
    "refused": "blocked",
    "aborted": "aborted",
    "failed": "failed",
    "unsent": "passed",
    "open": "aborted",
}


@dataclass(frozen=True, slots=True)
class Truth:
    """What a browser did with the response of one flow, `why` by its own words, and on which page."""

    end: End
    why: str = ""
    page: str = ""


def tell(said: Sequence[Seen]) -> dict[str, Truth]:
    """Return what became of each flow that a request is known to have had."""
    found: dict[str, list[Truth]] = collections.defaultdict(list)
    preflights = _by_parent(said)
    refused = {seen.parent for seen in said if seen.preflight and seen.end in ("refused", "failed")}
    for seen in said:
        before = preflights.get(seen.id, [])
        if seen.preflight and (seen.parent is None or seen.end in ("refused", "failed")):
            _end(found, seen)
        elif seen.preflight:
            # What is said of it by itself is that it was answered; its request tells whether it passed.
            continue
        elif seen.before and before and seen.id not in refused:
            for preflight in before[:-1]:
                _pass(found, preflight)
            _pass(found, seen)
            _refuse(found, before[-1], seen)
        else:
            given_up = seen.end in ("aborted", "open")
            for preflight in before[:-1] if given_up else before:
                _pass(found, preflight)
            for preflight in before[-1:] if given_up else ():
                _leave(found, preflight)
            _end(found, seen)
    return {flow: _agree(truths) for flow, truths in found.items() if flow}


def _by_parent(said: Iterable[Seen]) -> dict[str, list[Seen]]:
    preflights: dict[str, list[Seen]] = collections.defaultdict(list)
    for seen in said:
        if seen.preflight and seen.parent is not None and seen.end not in ("refused", "failed"):
            preflights[seen.parent].append(seen)
    return preflights


def _end(found: dict[str, list[Truth]], seen: Seen) -> None:
    for flow in seen.flows[:-1]:
        found[flow].append(Truth("passed", page=seen.page))
    for flow in seen.flows[-1:]:
        found[flow].append(Truth(ENDS[seen.end], seen.error, seen.page))


def _pass(found: dict[str, list[Truth]], seen: Seen) -> None:
    for flow in seen.flows:
        found[flow].append(Truth("passed", page=seen.page))


def _refuse(found: dict[str, list[Truth]], preflight: Seen, seen: Seen) -> None:
    for flow in preflight.flows:
        found[flow].append(Truth("blocked", seen.error, preflight.page))


def _leave(found: dict[str, list[Truth]], preflight: Seen) -> None:
    for flow in preflight.flows:
        found[flow].append(Truth("aborted", page=preflight.page))


def _agree(truths: list[Truth]) -> Truth:
    ends = {truth.end for truth in truths}
    return truths[0] if len(ends) == 1 else Truth("contested", " and ".join(sorted(ends)), truths[0].page)
