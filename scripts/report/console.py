"""The terminal that reports are written to."""

from __future__ import annotations

from typing import TextIO

from rich.console import Console

WIDEST = 110


def console_for(stream: TextIO, **options: object) -> Console:
    """Return a console that takes nothing in a text for markup."""
    console = Console(file=stream, markup=False, emoji=False, highlight=False, **options)  # type: ignore[arg-type]
    console.width = min(console.width, WIDEST)
    return console
