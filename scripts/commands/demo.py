"""`corsight demo`: a small shop with seven CORS mistakes, opened in a browser behind the proxy, and the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from corsight.scripts.demo.run import Choice, run
from corsight.scripts.options import Verbose


def demo(
    browser: Annotated[
        Choice,
        typer.Option(help="The browser that opens the shop. none uses a recorded visit instead."),
    ] = "auto",
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Save the recording (shop.mitm) and the verdicts (verdicts.jsonl) in this folder."
        ),
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Show the browser's window, and leave it open until you press Enter.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Open a small shop with seven CORS mistakes in a browser, and report what Corsight found."""
    run(browser, keep=keep, show=show, verbose=verbose)
