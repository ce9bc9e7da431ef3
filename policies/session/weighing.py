"""Bounds what all browsers of a session remember together: those that were silent longest are forgotten first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from corsight.policies.fetch.preflight_cache import PreflightCache
from corsight.policies.session.browser import Browser
from corsight.policies.session.memory import Memory
from corsight.policies.session.sequels import Sequels

BUDGET = 12 * 1024 * 1024
"""Bytes of what peers sent that the memories of all browsers hold together. Several hold the same exchange, and each
counts it: what is really held is less.
"""
PART = "corsight.policies.session."
"""The modules whose objects are parts of a browser."""


class Scales:
    """Weighs the memories of one browser. They are looked for once: no part of it need tell that it has one."""

    def __init__(self, browser: Browser) -> None:
        parts = list(_list_parts(browser))
        self._memories = [part for part in parts if isinstance(part, Memory | PreflightCache)]
        self._sequels = [part for part in parts if isinstance(part, Sequels)]

    def weigh(self) -> int:
        """Return how many bytes of what peers sent its memories hold."""
        return sum(memory.weight for memory in self._memories)

    def last(self) -> float:
        """Return when its latest request set out."""
        return max(sequels.now for sequels in self._sequels)


def list_silent[K](browsers: Mapping[K, Scales], budget: int) -> list[K]:
    """Return the browsers to forget, so that the others weigh no more than the budget: those silent longest."""
    weights = {key: scales.weigh() for key, scales in browsers.items()}
    total, silent = sum(weights.values()), list[K]()
    if total <= budget:
        return silent
    for key in sorted(weights, key=lambda key: browsers[key].last())[:-1]:
        if total <= budget:
            break
        # Whoever is light makes no room, and is not to suffer for it.
        if weights[key]:
            silent.append(key)
            total -= weights[key]
    return silent


def _list_parts(whole: object) -> Iterator[object]:
    """Yield an object's parts, and theirs, each once: what a memory holds is none."""
    seen, left = {id(whole)}, [whole]
    while left:
        part = left.pop()
        yield part
        if isinstance(part, Memory | PreflightCache):
            continue
        for value in _list_values(part):
            is_part = isinstance(value, Memory | PreflightCache) or type(value).__module__.startswith(PART)
            if is_part and id(value) not in seen:
                seen.add(id(value))
                left.append(value)


def _list_values(part: object) -> Iterable[Any]:
    yield from getattr(part, "__dict__", {}).values()
    for kind in type(part).__mro__:
        names = kind.__dict__.get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            yield getattr(part, name, None)
