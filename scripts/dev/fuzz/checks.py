"""What has to hold whatever comes in. What does not is raised as Broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from corsight.scripts.dev.cpu import count_steps, cpu_time, hash_pace, slowest_functions

SECRET = "hunter2SECRETvalue"
"""Stands where secrets do in what is fed in, and must be in nothing that comes out."""
LIMIT = 1500
"""How many times as long as the hash of its bytes an input may take: ten times scripts/bench's limit, since the
fuzzer's own bookkeeping makes everything slower."""
BASE = 0.5
"""Seconds that any input may take."""
QUICK = 0.02
"""Seconds up to which an input's steps are not counted."""
STEPS, STEPS_A_BYTE = 400_000, 400
"""Steps that any input may take, and that each of its bytes may cost."""
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
    """Do the work. Its CPU time, in seconds; raises Broken where it takes more steps than so many bytes are worth, or
    too long each time.
    """
    seconds = cpu_time(work)
    if seconds <= QUICK:
        return seconds
    steps, most = count_steps(work), STEPS + STEPS_A_BYTE * size
    if steps > most:
        named = slowest_functions(work)
        raise Broken(f"steps of {_first(named)}", f"{steps:,} for {size} bytes, {most:,} at most; {', '.join(named)}")
    allowed = BASE + LIMIT * hash_pace() * size
    for _ in range(ROUNDS):
        if seconds <= allowed:
            return seconds
        # Once more: what loads a list or collects garbage takes its time once.
        seconds = min(seconds, cpu_time(work))
    ratio, named = seconds / max(size, 1) / hash_pace(), slowest_functions(work)
    told = f"{seconds * 1000:.0f} ms for {size} bytes, {ratio:.0f} times their hash; {', '.join(named)}"
    raise Broken(f"time of {_first(named)}", told)


def _first(functions: Sequence[str]) -> str:
    return functions[0] if functions else "what is outside Corsight"
