"""The errors a person can do something about, and how they are said: one line, nothing in it that moves the cursor."""

from __future__ import annotations


class CorsightError(Exception):
    """What went wrong, where, and what to do about it. Any module of this package raises it; the command prints it."""

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        return f"{line}; {self.todo}" if self.todo else line


def one_line(text: str) -> str:
    """`text` as one line that is safe in a terminal: what does not print is spelled out as an escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text.strip()
    )
