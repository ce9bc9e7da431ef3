"""The errors a person can do something about, and how they are said: one line, nothing in it that moves the cursor."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterable, Iterator

import typer

from corsight.policies.redact import redact

BAD_INPUT = 2
"""The exit code for bad usage and bad input."""


_OF_FILES = {errno.ENOENT: "no such file", errno.EISDIR: "is a directory", errno.EACCES: "may not be read"}

NO_ROOM = frozenset({errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EIO})
"""What a disk that is full or fails says, which names no file."""
SECRETIVE = frozenset("?=@#")
"""What a path has where it is a URL with a secret in it."""


class CorsightError(Exception):
    """What went wrong, where, and what to do about it. Any module of this package raises it; the command prints it."""

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        # Files keep their names, however random; what is quoted of them, or was typed, may hold a secret.
        line = f"{redact_place(self.where)}: {redact(self.what)}" if self.where else redact(self.what)
        return f"{line}; {self.todo}" if self.todo else line


def redact_place(text: str) -> str:
    """Return a text that names files: redacted where it also has what only a URL has."""
    return text if SECRETIVE.isdisjoint(text) else redact(text)


def print_problem(problem: object) -> None:
    """Print a problem as one line on stderr; where that is full, the exit code has to do."""
    try:
        print(f"corsight: {one_line(str(problem))}", file=sys.stderr, flush=True)
    except OSError:
        # Python flushes what is left as it ends, and must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


@contextlib.contextmanager
def naming(path: str) -> Iterator[None]:
    """Name the file in what goes wrong while it is read or written: a disk that fails or is full does not say for which
    file.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = path
        raise


def stop_at(problems: Iterable[object | None]) -> None:
    """Print every problem, and end the command as for bad input. Do nothing where there is none."""
    real = [problem for problem in problems if problem is not None]
    for problem in real:
        print_problem(problem)
    if real:
        raise typer.Exit(BAD_INPUT)


def describe_os_error(error: OSError) -> str:
    """Return what is wrong with a file, in the words that every command has for it."""
    return _OF_FILES.get(error.errno or 0, error.strerror or str(error))


def one_line(text: str) -> str:
    """Return `text` as one line that is safe in a terminal: what does not print is spelled out as an escape."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode("ascii")
        for character in text.strip()
    )
