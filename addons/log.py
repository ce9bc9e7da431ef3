"""The verdict log: JSON Lines, one object a judged exchange, flushed as it is written."""

from __future__ import annotations

import logging
import os
from typing import BinaryIO

logger = logging.getLogger(__name__)


class VerdictLog:
    """A file that verdicts are appended to. Raises OSError where it cannot be opened.

    Once it cannot be written to, that is said, and nothing more is written: traffic goes on.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        # Unbuffered: a record is there, whole, when the verdict is.
        self._file: BinaryIO = open(os.path.expanduser(path), "ab", buffering=0)  # noqa: SIM115 (closed by close)

    def write(self, line: str) -> None:
        """Append one record's line."""
        if self._file.closed:
            return
        left = line.encode() + b"\n"
        try:
            while left:
                left = left[self._file.write(left) :]
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
