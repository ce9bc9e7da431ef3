"""`corsight history trend`: a finding from run to run."""

from __future__ import annotations

from typing import Annotated

import typer

from corsight.scripts.commands.history.options import Format, Place, opened
from corsight.scripts.report.lines import print_lines


def trend(
    context: typer.Context,
    finding: Annotated[
        str, typer.Argument(metavar="FINDING", help="A fingerprint as show prints it, or the code of a cause.")
    ],
    store: Place = None,
    format: Format = "text",
) -> None:
    """Show how often each run met a finding, oldest run first."""
    with opened(context, store) as found:
        from corsight.scripts.report.history import list_trend, make_json
        from corsight.scripts.store import look

        met = look.trend(found, finding)
        rows = [{"run": run["id"], "stored": run["stored"], "count": count} for run, count in met]
        print_lines([make_json(rows)] if format == "json" else list_trend(finding, met))
