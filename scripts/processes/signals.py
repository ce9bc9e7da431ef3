"""Waiting, and the signals that end it."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator

from corsight.scripts.errors import CorsightError

PATIENCE = 30.0
"""Seconds that are waited for what has to come."""
_signalled: list[int] = []


class LateError(CorsightError):
    """What was waited for did not come in time."""


def wait_for(done: Callable[[], bool], find_problem: Callable[[], CorsightError | None], late: str) -> None:
    """Wait until it is done. Raises the problem that there is meanwhile, or LateError."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        end_if_signalled()
        if problem := find_problem():
            raise problem
        if time.monotonic() > deadline:
            raise LateError(f"{late} within {PATIENCE:.0f} seconds")
        pause()


def pause() -> None:
    """Wait a moment, until it is worth looking again."""
    time.sleep(0.05)


@contextlib.contextmanager
def end_by_signals() -> Iterator[None]:
    """SIGTERM and a closed terminal end the block as Ctrl-C does, at the next `wait_for` or its end.

    Nowhere else: a signal that hits while a process is being started, or ended, would leave it behind.
    """
    _signalled.clear()
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), lambda number, _: _signalled.append(number)) for name in names}
    try:
        yield
        end_if_signalled()
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def end_if_signalled() -> None:
    """Raise what ends the command, if a signal asked for that."""
    if _signalled:
        raise KeyboardInterrupt if _signalled[0] == signal.SIGINT else SystemExit(128 + _signalled[0])


def was_interrupted() -> bool:
    """Return whether Ctrl-C was pressed since the last call, where that is the way to go on; other signals end the
    command.
    """
    if _signalled and all(number == signal.SIGINT for number in _signalled):
        _signalled.clear()
        return True
    end_if_signalled()
    return False
