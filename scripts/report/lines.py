"""Plain lines of text: fit for a terminal, and counted in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from corsight.policies.redact import printable


def print_lines(texts: Iterable[str], stream: TextIO | None = None) -> None:
    """Print texts of one or more lines, with control characters escaped; on stdout, unless another stream is given."""
    for text in texts:
        for line in text.split("\n"):
            print(line if line.isprintable() else printable(line), file=stream)


def pluralize(count: int, one: str, many: str = "") -> str:
    """Return a count and its noun: 1 exchange, 2 exchanges."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"
