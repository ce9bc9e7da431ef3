"""Opens the files that options name. A pipe is read where somebody writes into it and written where somebody reads it,
and waited for nowhere else.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import BinaryIO, TextIO

from corsight.scripts.errors import naming

LARGEST = 64 * 1024 * 1024
"""Bytes that are read of a pipe: more than of any file that an option names."""
BLOCK = 64 * 1024


@contextmanager
def open_input(path: str) -> Iterator[BinaryIO]:
    """Open a file to read it. Raises OSError, which names the file, where it cannot be: also where a disk fails while
    it is read, and of a named pipe that nobody writes into.

    What a shell writes `<(command)` as is a pipe as well, and its command writes into it from the beginning.
    """
    with naming(path), _open(path) as file:
        yield file


@contextmanager
def open_output(path: str, errors: str = "strict") -> Iterator[TextIO]:
    """Open a file to write a text into it. Raises OSError, which names the file, where it cannot be: also where a disk
    is full, and of a named pipe that nobody reads.
    """
    with naming(path), open(path, "w", encoding="utf-8", errors=errors, opener=_open_to_write) as file:
        yield file


def _open_to_write(path: str, flags: int) -> int:
    if not is_pipe(path):
        return os.open(path, flags, 0o666)
    # Without O_NONBLOCK opening waits for a reader, for ever where none comes.
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        raise OSError(errno.EINVAL, "is a pipe that nobody reads", path) from None
    os.set_blocking(pipe, True)
    return pipe


def _open(path: str) -> BinaryIO:
    if not is_pipe(path):
        return open(path, "rb")
    # Without O_NONBLOCK opening waits for a writer, for ever where none comes.
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as pipe:
        # None: there is a writer that has not written yet.
        first = pipe.read(BLOCK)
        if first == b"":
            raise OSError(errno.EINVAL, "is a pipe that nobody writes into", path)
        os.set_blocking(pipe.fileno(), True)
        parts, size = [first or b""], len(first or b"")
        while size < LARGEST and (more := pipe.read(BLOCK)):
            parts.append(more)
            size += len(more)
    return BytesIO(b"".join(parts))


def is_pipe(path: str) -> bool:
    """Return whether a file is a pipe, with a name of its own or without."""
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False
