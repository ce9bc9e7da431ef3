"""Which of Corsight's functions took the time, and how long hashing takes: by both, cost is told on any machine."""

from __future__ import annotations

import functools
import hashlib
import pstats
import time
from collections import Counter
from collections.abc import Callable
from cProfile import Profile
from functools import cache
from pathlib import Path
from sys import monitoring
from types import CodeType

from corsight.scripts.paths import ROOT

PARTS = ("addons", "policies", "scripts")
SHOWN = 3
"""How many functions are told."""


def cpu_time(work: Callable[[], object]) -> float:
    """Do the work. The seconds of CPU time it takes in this thread."""
    started = time.thread_time()
    work()
    return time.thread_time() - started


@cache
def hash_pace() -> float:
    """Return the seconds of CPU time that hashing takes, a byte. BLAKE2b: no processor has an instruction for it."""
    data = bytes(100_000)
    return min(cpu_time(functools.partial(hashlib.blake2b, data)) for _ in range(50)) / len(data)


def count_steps(work: Callable[[], object]) -> int:
    """Do the work. How many steps of Corsight's code it takes: calls, branches and jumps; the same on any machine."""
    steps = 0

    def count(code: CodeType, *_: object) -> object:
        nonlocal steps
        if name_of(code.co_filename, code.co_firstlineno, code.co_name) is None:
            return monitoring.DISABLE
        steps += 1
        return None

    tool, kinds = 4, monitoring.events
    events = (kinds.PY_START, kinds.PY_RESUME, kinds.BRANCH, kinds.JUMP)
    monitoring.use_tool_id(tool, "steps")
    try:
        for event in events:
            monitoring.register_callback(tool, event, count)
        monitoring.set_events(tool, sum(events))
        work()
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)
    return steps


def slowest_functions(work: Callable[[], object]) -> tuple[str, ...]:
    """Do the work. Corsight's functions by the time that they, and what they call outside Corsight, take in it."""
    profile = Profile()
    profile.runcall(work)
    taken: Counter[str] = Counter()
    for place, (_, _, own, _, callers) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        if (name := name_of(*place)) is not None:
            taken[name] += own
        else:
            for caller, (*_, whole) in callers.items():
                if (name := name_of(*caller)) is not None:
                    taken[name] += whole
    return tuple(name for name, _ in taken.most_common(SHOWN))


@cache
def name_of(file: str, line: int, function: str) -> str | None:
    """What a function is called: `policies/redact.py:19 redact`. None for what is not Corsight's, and for the tools."""
    path = Path(file).resolve()
    if not path.is_relative_to(ROOT) or path.suffix != ".py":
        return None
    parts = path.relative_to(ROOT).parts
    if parts[0] not in PARTS or parts[:2] == ("scripts", "dev"):
        return None
    return f"{'/'.join(parts)}:{line} {function}"
