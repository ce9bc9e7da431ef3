"""Keys as they are pressed, without Enter, and by name."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator

if sys.platform == "win32":
    import msvcrt
else:
    import select
    import termios
    import tty

NAMES = {
    "\r": "enter",
    "\n": "enter",
    "\x1b": "escape",
    "\x7f": "backspace",
    "\x08": "backspace",
    "\x1b[A": "up",
    "\x1b[B": "down",
    "\x1bOA": "up",
    "\x1bOB": "down",
    "\x1b[5~": "page-up",
    "\x1b[6~": "page-down",
    "\x1b[H": "home",
    "\x1bOH": "home",
    "\x1b[1~": "home",
    "\x1b[F": "end",
    "\x1bOF": "end",
    "\x1b[4~": "end",
}
WINDOWS = {"H": "up", "P": "down", "I": "page-up", "Q": "page-down", "G": "home", "O": "end"}


def named(typed: str) -> list[str]:
    """Return what was typed, key by key; escape sequences of other keys are left out."""
    keys = []
    while typed:
        if typed[0] == "\x1b" and len(typed) > 1 and typed[1] in "[O":
            end = 2
            while end < len(typed) - 1 and not ("@" <= typed[end] <= "~"):
                end += 1
            if (name := NAMES.get(typed[: end + 1])) is not None:
                keys.append(name)
            typed = typed[end + 1 :]
        else:
            keys.append(NAMES.get(typed[0], typed[0]))
            typed = typed[1:]
    return keys


if sys.platform == "win32":

    def _windows(seconds: float) -> list[str]:
        deadline = time.monotonic() + seconds
        while not msvcrt.kbhit():
            if time.monotonic() > deadline:
                return []
            time.sleep(0.02)
        keys = []
        while msvcrt.kbhit():
            key = msvcrt.getwch()
            if key in ("\x00", "\xe0"):
                keys += [WINDOWS[code] for code in msvcrt.getwch() if code in WINDOWS]
            else:
                keys.append(NAMES.get(key, key))
        return keys


@contextlib.contextmanager
def keyboard() -> Iterator[Callable[[float], list[str]]]:
    """Yields a function that waits so many seconds for keys, and gives those that were pressed.

    The terminal is put back as it was on leaving. Ctrl-C stays a signal.
    """
    if sys.platform == "win32":
        yield _windows
        return

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)

    def read(seconds: float) -> list[str]:
        with contextlib.suppress(InterruptedError):
            if select.select([terminal], [], [], seconds)[0]:
                return named(os.read(terminal, 1024).decode(errors="replace"))
        return []

    try:
        tty.setcbreak(terminal)
        yield read
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSADRAIN, before)
