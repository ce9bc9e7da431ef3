"""The terminal that reports are written to."""

from __future__ import annotations

import re
from typing import TextIO

from rich.console import Console, RenderableType

from corsight.policies.verdict import Outcome

WIDEST = 110
COLOURS = {Outcome.ALLOWED: "green", Outcome.BLOCKED: "bold red", Outcome.OPAQUE: "yellow", Outcome.NOT_CORS: "cyan"}
_PADDED = re.compile(r" +((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)


def console_for(stream: TextIO, **options: object) -> Console:
    """Return a console that takes nothing in a text for markup."""
    console = Console(file=stream, markup=False, emoji=False, highlight=False, **options)  # type: ignore[arg-type]
    console.width = min(console.width, WIDEST)
    return console


def render(console: Console, part: RenderableType) -> str:
    """Return what a console prints, without the spaces that tables pad their cells with at the end of a line."""
    with console.capture() as capture:
        console.print(part)
    return _PADDED.sub(r"\1", capture.get())
