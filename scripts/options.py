"""Options and arguments that several subcommands share."""

from __future__ import annotations

from typing import Annotated

import typer

from corsight.policies.engines import read_engine
from corsight.scripts.judging import EngineChoice


def check_engine(text: str, every: str = "auto") -> str:
    """Return an engine's name as it was typed. Raises typer.BadParameter, in one line, for what names none."""
    try:
        read_engine(text, every)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    return text


Engine = Annotated[
    EngineChoice,
    typer.Option(
        metavar="NAME[@VERSION]",
        callback=lambda text: check_engine(text),
        help="Judge as this engine: chromium, firefox, webkit or standard, chromium@120 for a version; auto judges "
        "each client as its own.",
    ),
]
