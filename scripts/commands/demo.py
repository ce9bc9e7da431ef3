"""`corsight demo`: a small shop with seven CORS mistakes, opened in a browser behind the proxy, and the report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Choice = Literal["auto", "chromium", "firefox", "none"]


def demo(
    browser: Annotated[
        Choice,
        typer.Option(help="The browser that opens the shop; none reads the recording that comes with Corsight."),
    ] = "auto",
    keep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep the recording (shop.mitm) and the verdicts (verdicts.jsonl) here."),
    ] = None,
    show: Annotated[
        bool, typer.Option("--show", help="Show the browser's window, and leave it open to look at.")
    ] = False,
) -> None:
    """Open a small shop with seven CORS mistakes in a browser, and print what Corsight says of it."""
    from corsight.scripts.demo.run import run

    run(browser, keep=keep, show=show)
