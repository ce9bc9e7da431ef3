"""Options that the subcommands of `corsight history` share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from corsight.scripts.store.database import Store

Place = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="A file (SQLite), or postgresql://user@host/database. Default: $CORSIGHT_STORE, or corsight.db here.",
    ),
]
Format = Annotated[Literal["text", "json"], typer.Option(help="text for people, json for programs.")]
RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="The run's number; or last, or last-1 for the one before it.")
]


@contextmanager
def opened(context: typer.Context, place: str | None) -> Iterator[Store]:
    """Yield the store that a person names, here or before the subcommand. Raises CorsightError where there is none."""
    from corsight.scripts.store.database import Store

    store = Store(place or context.obj, must_exist=True)
    try:
        yield store
    finally:
        store.close()
