"""How inputs are changed where the fuzzer's own way seldom leads far: parts repeated, recordings kept readable."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from mitmproxy.io import tnetstring

type Mutate = Callable[[bytes, int], bytes]
"""The fuzzer's own way: takes a text and how long it may become."""

REPEATS = 20
"""One input in so many has a part repeated: that is what finds cost."""
EXTREMES: tuple[Any, ...] = (None, True, False, 0, -1, 2**63, 1e308, "", "\x1b[31m", b"", [], {})


def repeat(data: bytes, longest: int, chance: random.Random) -> bytes:
    """Return the data with a short part of it over and over, as often as there is room."""
    start = chance.randrange(len(data) + 1)
    part = data[start : start + chance.choice((1, 2, 3, 5, 8, 16))] or b"a-"
    room = max(0, longest - len(data)) // len(part)
    return data[:start] + part * chance.randint(0, room) + data[start:]


def mutate_text(data: bytes, longest: int, chance: random.Random, mutate: Mutate) -> bytes:
    """Return the data changed as text."""
    return repeat(data, longest, chance) if chance.randrange(REPEATS) == 0 else mutate(data, longest)


def mutate_recording(data: bytes, longest: int, chance: random.Random, mutate: Mutate) -> bytes:
    """The data changed as a recording of mitmproxy: one value of one flow is another; or as text where it is none."""
    try:
        value, rest = tnetstring.pop(memoryview(data))
    except (ValueError, IndexError):
        return mutate_text(data, longest, chance, mutate)
    if chance.randrange(REPEATS) == 0:
        return mutate_text(data, longest, chance, mutate)
    changed = tnetstring.dumps(_change(value, longest, chance, mutate)) + bytes(rest)
    return changed if len(changed) <= longest else data


def _change(value: Any, longest: int, chance: random.Random, mutate: Mutate) -> Any:
    """Return the value, one of the values in it changed."""
    if isinstance(value, dict) and value and chance.randrange(20):
        key = chance.choice(list(value))
        return value | {key: _change(value[key], longest, chance, mutate)}
    if isinstance(value, list | tuple) and value and chance.randrange(20):
        place = chance.randrange(len(value))
        return [*value[:place], _change(value[place], longest, chance, mutate), *value[place + 1 :]]
    if isinstance(value, bytes) and chance.randrange(10):
        return mutate_text(value, longest, chance, mutate)
    if isinstance(value, str) and chance.randrange(10):
        return mutate_text(value.encode(), longest, chance, mutate).decode("utf-8", "replace")
    if isinstance(value, int | float) and chance.randrange(2):
        return value + chance.choice((-1, 1, 1000, -1e9))
    return chance.choice(EXTREMES)
