"""`corsight history prune`: takes old runs out."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from corsight.scripts.commands.history.options import Format, Place, opened
from corsight.scripts.errors import CorsightError
from corsight.scripts.report.lines import print_lines

DAY = 86_400.0


def prune(
    context: typer.Context,
    keep: Annotated[int | None, typer.Option(metavar="N", min=0, help="Keep the N newest runs.")] = None,
    days: Annotated[float | None, typer.Option(metavar="N", min=0, help="Keep the runs of the last N days.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List the runs that would be deleted, and keep them.")
    ] = False,
    store: Place = None,
    format: Format = "text",
) -> None:
    """Delete the runs that are not among the N newest, or older than N days; with both options, the runs of either."""
    if keep is None and days is None:
        raise CorsightError("nothing says which runs are old", todo="give --keep N or --days N")
    with opened(context, store) as found:
        from corsight.scripts.report.history import list_pruned, make_json
        from corsight.scripts.store import look

        before = None if days is None else time.time() - days * DAY
        old = look.prune(found, keep=keep, before=before, dry=dry_run)
        print_lines([make_json(old)] if format == "json" else list_pruned(old, dry=dry_run))
