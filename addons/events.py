"""mitmproxy's event log, as the addon writes to it: its handlers are other people's code, and may fail."""

from __future__ import annotations

import contextlib
import logging
from typing import Any


class EventLog(logging.LoggerAdapter[logging.Logger]):
    """A logger that lets nothing be raised: a handler that fails loses its line, and breaks no hook."""

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Log a message."""
        with contextlib.suppress(Exception):
            super().log(level, msg, *args, **kwargs)


def get_logger(name: str) -> EventLog:
    """Return the event log under a module's name."""
    return EventLog(logging.getLogger(name))
