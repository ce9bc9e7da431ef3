"""The verdict log: JSON Lines, one object a judged exchange, flushed as it is written."""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO

from mitmproxy.exceptions import OptionsError

from corsight.addons.events import get_logger

logger = get_logger(__name__)


class VerdictLog:
    """A file that verdicts are appended to. Raises OSError if it cannot be opened.

    If writing fails later, this is logged and nothing more is written; the traffic goes on.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        name = os.path.expanduser(path)
        if "\0" in name:
            raise OSError(errno.EINVAL, "a path cannot contain a zero byte")
        if os.path.exists(name) and stat.S_ISFIFO(os.stat(name).st_mode):
            # Opening one waits for a reader, and the proxy with it.
            raise OSError(errno.EINVAL, "it is a pipe; write to a file, and follow that with tail -f")
        # Unbuffered: a record is there, whole, when the verdict is.
        self._file: BinaryIO = open(name, "ab", buffering=0)  # noqa: SIM115 (closed by close)
        if _ends_in_half_a_line(name):
            self._file.write(b"\n")

    def write(self, line: str) -> None:
        """Append one record's line."""
        if self._file.closed:
            return
        left = line.encode() + b"\n"
        try:
            while (written := self._file.write(left)) < len(left):
                left = left[written:]
        except OSError as error:
            reason = error.strerror or error
            logger.error("cors_log: cannot write %s: %s; no more verdicts are written to it.", self.path, reason)
            self.close()

    def close(self) -> None:
        """Close the file."""
        try:
            self._file.close()
        except OSError as error:
            logger.error("cors_log: cannot close %s: %s.", self.path, error.strerror or error)


def open_log(path: str | None) -> VerdictLog | None:
    """Return the log for a path, None without a path. Raises OptionsError with one line if it cannot be written."""
    if not path:
        return None
    try:
        return VerdictLog(path)
    except OSError as error:
        raise OptionsError(f"cors_log: cannot write {path}: {error.strerror or error}.") from None


def _ends_in_half_a_line(name: str) -> bool:
    """Return whether the log's last line is incomplete, because of a full disk or a kill. The next record then starts
    on a new line.
    """
    if not stat.S_ISREG(os.stat(name).st_mode) or os.path.getsize(name) == 0:
        return False
    with open(name, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) != b"\n"
