"""`corsight history`: the runs that `corsight audit --store` kept: lists them, shows one, compares two, follows a
finding, and takes old ones out.
"""

from __future__ import annotations

from typing import Annotated

import typer

from corsight.scripts.group import lazy_group

history = lazy_group(
    "corsight.scripts.commands.history",
    {
        "list": "List the runs.",
        "show": "Show one run: its findings, drift and verdicts.",
        "compare": "Compare two runs: what is new and what is gone.",
        "trend": "Follow a finding from run to run.",
        "prune": "Delete old runs.",
    },
)


@history.callback(invoke_without_command=True)
def _list(
    context: typer.Context,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="A file (SQLite), or postgresql://user@host/database. Default: $CORSIGHT_STORE, or corsight.db here.",
        ),
    ] = None,
) -> None:
    """Look at the runs that corsight audit --store has kept. Without a command, list them."""
    context.obj = store
    if context.invoked_subcommand is None:
        from corsight.scripts.commands.history.list import list

        list(context, store)
