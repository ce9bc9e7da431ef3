"""Opens what a person names as a recording, and says in one line where that cannot be done."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from io import BufferedReader

from corsight.scripts.errors import CorsightError

STDIN = "-"


def open_recording(path: str) -> BufferedReader:
    """Return the bytes of a recording as a stream that can be peeked into."""
    return open(sys.stdin.fileno() if path == STDIN else path, "rb", closefd=path != STDIN)


def check_readable(path: str) -> None:
    """Raise CorsightError where there is no file to read."""
    if path == STDIN:
        return
    if os.path.isdir(path):
        raise CorsightError("is a directory", where=path, todo="name the recordings in it")
    if not os.path.exists(path):
        raise CorsightError("no such file", where=path)
    if not os.access(path, os.R_OK):
        raise CorsightError("may not be read", where=path)


def check_output(output: str | None, inputs: Iterable[str], what: str) -> None:
    """Raise CorsightError where writing `what` to `output` would write over one of the inputs."""
    if output is None or not os.path.exists(output):
        return
    if any(os.path.exists(path) and os.path.samefile(output, path) for path in inputs):
        raise CorsightError("this command reads it", where=output, todo=f"name another file for the {what}")
