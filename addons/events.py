"""Writes to mitmproxy's event log. Its handlers are other people's code, and may fail."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

from corsight.policies.redact import printable


class EventLog(logging.LoggerAdapter[logging.Logger]):
    """A logger that never raises and escapes control characters. If a handler fails, its line is lost, but no hook
    fails.
    """

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log a message, in one line."""
        with contextlib.suppress(Exception):
            text = str(msg) % args if args else str(msg)
            super().log(level, printable(text), **kwargs)


def get_logger(name: str) -> EventLog:
    """Return the event logger for a module's name."""
    return EventLog(logging.getLogger(name))
