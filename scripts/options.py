"""Options and arguments that several subcommands share."""

from __future__ import annotations

from typing import Annotated

import typer

from corsight.scripts.judging import EngineChoice

Engine = Annotated[EngineChoice, typer.Option(help="Judge as this engine; auto judges each client as its own.")]
