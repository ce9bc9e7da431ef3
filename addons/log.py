"""The verdict log: JSON Lines, one object a judged exchange, flushed as it is written."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


class VerdictLog:
    """A file that verdicts are appended to. Raises OSError where it cannot be opened."""

    def __init__(self, path: str) -> None:
        self.path = path
        # Unbuffered: a record is there, whole, when the verdict is.
        self._file: BinaryIO = open(path, "ab", buffering=0)  # noqa: SIM115 (closed by close)

    def write(self, record: dict[str, Any]) -> None:
        """Append one record."""
        self._file.write(_ENCODER.encode(record).encode("utf-8", "backslashreplace") + b"\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()
