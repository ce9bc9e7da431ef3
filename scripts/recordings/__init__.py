"""Recordings: opens a file, tells by its content what it is, and yields the exchanges in it, one at a time."""

from __future__ import annotations

from corsight.scripts.recordings.opening import STDIN, STDOUT, check_output, check_readable, list_recordings
from corsight.scripts.recordings.order import in_time
from corsight.scripts.recordings.recording import Recording, list_remarks

__all__ = [
    "STDIN",
    "STDOUT",
    "Recording",
    "check_output",
    "check_readable",
    "in_time",
    "list_recordings",
    "list_remarks",
]
