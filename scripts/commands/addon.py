"""`corsight addon`: where the script is that mitmproxy loads."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer


def addon(
    mcp: Annotated[
        bool,
        typer.Option(
            "--mcp",
            help="Print the path of the script to load after it, which serves coding assistants on the page's port.",
        ),
    ] = False,
) -> None:
    """Print the path of the script for mitmproxy, mitmdump and mitmweb: mitmdump -s "$(corsight addon)"."""
    package, name = ("corsight.scripts.agents", "inside.py") if mcp else ("corsight.addons", "cors.py")
    typer.echo(Path(str(files(package) / name)).resolve())
