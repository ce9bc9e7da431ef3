"""Explains verdicts: gives each its cause, using what the others show."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from corsight.policies.findings import Explanation, Known
from corsight.policies.session import Judged

HELD = 4096
"""How many later verdicts one waits for: they may show more about its cause."""


def add_to(known: Known, verdicts: Iterable[Judged]) -> Iterator[Judged]:
    """Yield the verdicts, each after it was added to the knowledge."""
    for judged in verdicts:
        known.add(judged)
        yield judged


def explain(verdicts: Iterable[Judged], held: int = HELD) -> Iterator[tuple[Judged, Explanation | None]]:
    """Yield each verdict with its cause, from what is known `held` exchanges later: usually everything."""
    known, waiting = Known(), deque[Judged]()
    for judged in add_to(known, verdicts):
        waiting.append(judged)
        if len(waiting) > held:
            yield waiting[0], known.diagnose(waiting.popleft())
    for judged in waiting:
        yield judged, known.diagnose(judged)
