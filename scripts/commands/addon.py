"""`corsight addon`: where the script is that mitmproxy loads."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import typer


def addon() -> None:
    """Print the path of the script for mitmproxy, mitmdump and mitmweb: mitmdump -s "$(corsight addon)"."""
    typer.echo(Path(str(files("corsight.addons") / "cors.py")).resolve())
