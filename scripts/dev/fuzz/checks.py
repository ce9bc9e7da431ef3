"""What has to hold whatever comes in. What does not is raised as Broken."""

from __future__ import annotations

from collections.abc import Callable

from corsight.scripts.dev.cpu import cpu_time, hash_pace, slowest_functions

SECRET = "hunter2SECRETvalue"
"""Stands where secrets do in what is fed in, and must be in nothing that comes out."""
LIMIT = 1500
"""How many times as long as the hash of its bytes an input may take: ten times scripts/bench's limit, since the
fuzzer's own bookkeeping makes everything slower."""
BASE = 0.25
"""Seconds that any input may take."""
ROUNDS = 3


class Broken(Exception):
    """An invariant that does not hold: `kind` is the same for all inputs that break it in the same way."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(f"{kind}: {what}")
        self.kind = kind


def check_printable(text: str, where: str) -> None:
    """Raise Broken where a line of the text holds what a terminal may obey."""
    for line in text.split("\n"):
        if not line.isprintable():
            bad = next(character for character in line if not character.isprintable())
            raise Broken(f"{where}: not printable", f"{bad!r} is written as it came, in {line[:300]!r}")


def check_shown(text: str, where: str) -> None:
    """Raise Broken where a line of the text holds what a terminal may obey, or the secret."""
    check_printable(text, where)
    check_secret(text, where)


def check_line(text: str, where: str) -> None:
    """Raise Broken where the text is not one line that may be shown."""
    if "\n" in text:
        raise Broken(f"{where}: more than one line", repr(text[:300]))
    check_shown(text, where)


def check_secret(text: str, where: str) -> None:
    """Raise Broken where the text holds the secret."""
    if SECRET in text:
        at = text.index(SECRET)
        raise Broken(f"{where}: the secret is in it", repr(text[max(0, at - 150) : at + 60]))


def check_equal(one: object, other: object, where: str) -> None:
    """Raise Broken where two things that have to be the same are not."""
    if one != other:
        raise Broken(f"{where}: not the same", f"{str(one)[:300]} became {str(other)[:300]}")


def check_cost(work: Callable[[], object], size: int) -> float:
    """Do the work. Its CPU time, in seconds; raises Broken where it takes too long for that many bytes, each time."""
    allowed = BASE + LIMIT * hash_pace() * size
    seconds = cpu_time(work)
    for _ in range(ROUNDS):
        if seconds <= allowed:
            return seconds
        # Once more: what loads a list or collects garbage takes its time once.
        seconds = min(seconds, cpu_time(work))
    ratio, functions = seconds / max(size, 1) / hash_pace(), slowest_functions(work)
    raise Broken(
        f"cost of {functions[0] if functions else 'what is outside Corsight'}",
        f"{seconds * 1000:.0f} ms for {size} bytes, {ratio:.0f} times their hash, in {', '.join(functions)}",
    )
