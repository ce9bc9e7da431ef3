"""How large a policy file may be, and the error that says why a text cannot be read."""

from __future__ import annotations

from corsight.policies.server.problems import Path

LARGEST = 1_000_000
"""Characters of a file."""
PARTS = 50_000
"""Names of fields, entries and values of a file, each as often as it is used: YAML's aliases repeat them."""
DEEPEST = 20
"""Lists and tables within each other."""
LONGEST_NUMBER = 20
"""Digits of a number."""

type Lines = dict[Path, int]
"""The line, from 1, of each field and entry."""


class Unreadable(ValueError):
    """A text that cannot be read: what is wrong, on which line, what to write instead, and in which field."""

    def __init__(self, what: str, line: int | None = None, instead: str = "", path: Path = ()) -> None:
        super().__init__(what)
        self.what, self.line, self.instead, self.path = what, line, instead, path


def check_depth(depth: int, line: int) -> None:
    """Raise Unreadable where lists and tables are within each other more often than any policy's."""
    if depth > DEEPEST:
        raise Unreadable(f"nested more than {DEEPEST} deep", line, "a policy needs four levels")


def check_parts(parts: int, line: int) -> None:
    """Raise Unreadable where there are more parts than any policy file has."""
    if parts > PARTS:
        raise Unreadable(f"has more than {PARTS} parts", line, "split it: several files are used together")


def read_integer(digits: str, base: int = 10) -> int | float:
    """Return the number; infinity for one that is longer than any of a policy."""
    return int(digits, base) if len(digits) <= LONGEST_NUMBER else float("inf")
