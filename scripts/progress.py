"""Shows the progress of long work, on a terminal only, in a line that is overwritten and removed at the end."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from corsight.policies.verdict import Outcome
from corsight.scripts.recordings import Recording
from corsight.scripts.recordings.opening import STDIN
from corsight.scripts.recordings.remote import is_url
from corsight.scripts.report.findings import Findings

EVERY = 512
"""How many exchanges pass between two looks at the clock."""
FIRST, PAUSE = 1.0, 0.25
"""Seconds before the first line, and between two updates."""
CLEAR = "\r\x1b[K"


class Progress:
    """Shows how far an audit is: bytes read, exchanges, how many are blocked so far, and the time left. `live` says
    whether a terminal is there.
    """

    def __init__(
        self, paths: Sequence[str], stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._began = self._said = clock()
        self._sizes = {path: _find_size(path) for path in paths}
        self._total = sum(size or 0 for size in self._sizes.values())
        self._known = all(size is not None for size in self._sizes.values())
        self._done = self._exchanges = self._blocked = self._calls = 0
        self._shown = False
        self.live = self._stream.isatty()

    def tick(self, recording: Recording, findings: Findings) -> None:
        """Count an exchange that was judged; `findings` are those of its recording so far."""
        self._calls += 1
        if self.live and self._calls % EVERY == 0:
            blocked = findings.count(Outcome.BLOCKED) + findings.open
            self._say(self._done + recording.position, self._exchanges + findings.total, self._blocked + blocked)

    def finish(self, path: str, findings: Findings) -> None:
        """Count a recording that was read to its end."""
        self._done += self._sizes.get(path) or 0
        self._exchanges += findings.total
        self._blocked += findings.count(Outcome.BLOCKED) + findings.open
        if self.live:
            self._say(self._done, self._exchanges, self._blocked)

    def end(self) -> None:
        """Remove the line."""
        if self._shown:
            self._stream.write(CLEAR)
            self._stream.flush()

    def _say(self, read: int, exchanges: int, blocked: int) -> None:
        now = self._clock()
        if now - self._began < FIRST or now - self._said < PAUSE:
            return
        self._said, self._shown = now, True
        parts = [f"{read / 1e6:,.1f} of {self._total / 1e6:,.1f} MB" if self._known else f"{read / 1e6:,.1f} MB"]
        parts += [f"{exchanges:,} exchanges", f"{blocked:,} blocked or open"]
        if self._known and 0 < read < self._total:
            parts.append(f"about {_word_time((now - self._began) * (self._total - read) / read)} left")
        self._stream.write(f"{CLEAR}{', '.join(parts)}"[: _width() + len(CLEAR)])
        self._stream.flush()


def _find_size(path: str) -> int | None:
    """Return the size of a recording in bytes; None if it is not known before reading."""
    if path == STDIN or is_url(path):
        return None
    try:
        return os.stat(path).st_size
    except OSError:
        return None


def _word_time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns - 1
    except (OSError, ValueError):
        return 79
