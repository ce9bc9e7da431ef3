"""Maps a file into memory: what cannot be mapped is copied to a file that can."""

from __future__ import annotations

import mmap
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader, FileIO
from typing import BinaryIO

from corsight.scripts.errors import CorsightError

BLOCK = 1 << 20
"""Bytes that are copied at once."""


@contextmanager
def map_file(file: BufferedReader) -> Iterator[mmap.mmap | bytes]:
    """Give a file's bytes, mapped; pipes, terminals and what is unpacked on the way by way of a temporary file."""
    with seekable(file) as found:
        yield from _map(found.fileno())


@contextmanager
def seekable(file: BufferedReader) -> Iterator[BinaryIO]:
    """Give a file that lies on disk, at its beginning; others by way of a temporary one.

    Raises CorsightError where that would take more than half of the room that there is.
    """
    if isinstance(file.raw, FileIO) and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        left = shutil.disk_usage(tempfile.gettempdir()).free // 2
        while block := file.read(BLOCK):
            left -= len(block)
            if left < 0:
                raise CorsightError(
                    "takes more than half of the room that there is for temporary files",
                    todo="save it, unpacked, as a file, and name that",
                )
            copy.write(block)
        copy.seek(0)
        yield copy


def _map(number: int) -> Iterator[mmap.mmap | bytes]:
    if os.fstat(number).st_size == 0:
        yield b""
        return
    mapped = mmap.mmap(number, 0, access=mmap.ACCESS_READ)
    try:
        yield mapped
    finally:
        # What was decoded from it may still be in use; then it goes with that.
        with suppress(BufferError):
            mapped.close()
