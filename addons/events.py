"""mitmproxy's event log, as the addon writes to it: its handlers are other people's code, and may fail."""

from __future__ import annotations

import contextlib
import logging
from typing import Any

from corsight.policies.redact import printable


class EventLog(logging.LoggerAdapter[logging.Logger]):
    """A logger that lets nothing be raised, and no control character through: a handler that fails loses its line, and
    breaks no hook.
    """

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log a message, in one line."""
        with contextlib.suppress(Exception):
            text = str(msg) % args if args else str(msg)
            super().log(level, printable(text), **kwargs)


def get_logger(name: str) -> EventLog:
    """Return the event log under a module's name."""
    return EventLog(logging.getLogger(name))
