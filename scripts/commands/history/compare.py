"""`corsight history compare`: what is new and what is gone from one run to another."""

from __future__ import annotations

from dataclasses import asdict

import typer

from corsight.scripts.commands.history.options import Format, Place, RunName, opened
from corsight.scripts.report.lines import print_lines


def compare(
    context: typer.Context,
    first: RunName = "last-1",
    second: RunName = "last",
    store: Place = None,
    format: Format = "text",
) -> None:
    """Report which findings are new in the second run, which are gone, and how drift from policies changed.

    Exit code: 0 if nothing is new, 1 if a finding or a drift is.
    """
    with opened(context, store) as found:
        from corsight.scripts.report.history import list_comparison, make_json
        from corsight.scripts.store import look

        comparison = look.compare_runs(found, first, second)
        print_lines([make_json(asdict(comparison))] if format == "json" else list_comparison(comparison))
    if comparison.new or comparison.new_drifts:
        raise typer.Exit(1)
