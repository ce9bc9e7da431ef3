"""`corsight history list`: the runs, newest first."""

from __future__ import annotations

from typing import Annotated

import typer

from corsight.scripts.commands.history.options import Format, Place, opened
from corsight.scripts.report.lines import print_lines


def list(
    context: typer.Context,
    store: Place = None,
    most: Annotated[int | None, typer.Option(metavar="N", min=1, help="List only the N newest runs.")] = None,
    format: Format = "text",
) -> None:
    """List the runs, newest first."""
    with opened(context, store) as found:
        from corsight.scripts.report.history import list_runs, make_json
        from corsight.scripts.store import look

        runs = look.list_runs(found, most)
        print_lines([make_json(runs)] if format == "json" else list_runs(runs))
