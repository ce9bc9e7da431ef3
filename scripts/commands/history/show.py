"""`corsight history show`: one run."""

from __future__ import annotations

from dataclasses import asdict

import typer

from corsight.scripts.commands.history.options import Format, Place, RunName, opened
from corsight.scripts.report.lines import print_lines


def show(context: typer.Context, run: RunName = "last", store: Place = None, format: Format = "text") -> None:
    """Show one run: its findings with their fingerprints, drift from policies, and verdicts by endpoint."""
    with opened(context, store) as found:
        from corsight.scripts.report.history import list_kept, make_json
        from corsight.scripts.store import look

        kept = look.show_run(found, run)
        print_lines([make_json(asdict(kept))] if format == "json" else list_kept(kept))
