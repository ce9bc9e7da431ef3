"""Opens a store: SQLite in a file, or PostgreSQL by its URL. What is written is whole or not there, and writers wait
for each other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from corsight.policies.redact import redact
from corsight.scripts.errors import CorsightError, one_line
from corsight.scripts.paths import name_command, name_extra

try:
    import sqlalchemy as sa
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError
except ImportError:
    raise CorsightError(
        "keeping runs takes SQLAlchemy and Alembic", where="--store", todo=name_extra("store")
    ) from None

VARIABLE = "CORSIGHT_STORE"
DEFAULT = "corsight.db"
WAIT = 60.0
"""Seconds that a writer waits for the others."""
LOCK = 0xC0851647
"""The number of the advisory lock that writers hold in PostgreSQL."""
LONGEST = 300


class Store:
    """A database of runs. Raises CorsightError where it cannot be opened, read or written."""

    def __init__(self, place: str | None = None, *, must_exist: bool = False) -> None:
        place = place or os.environ.get(VARIABLE) or DEFAULT
        self.name = place
        self._url = _read(place)
        if self._url.get_backend_name() == "sqlite":
            self.name = self._url.database or place
            if must_exist and not os.path.exists(self.name):
                todo = f"{name_command()} audit FILE --store {self.name} makes it"
                raise CorsightError("there is no store", where=self.name, todo=todo)
        else:
            self.name = self._url.render_as_string(hide_password=True)
        self._engine = self._connect()

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Yield a transaction on the newest schema; other writers wait until it ends."""
        with self._said(), self._engine.connect() as connection:
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
            _migrate(connection, self.name)
            yield connection
            connection.commit()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Yield a transaction that only reads, in which nothing changes."""
        with self._said(), self._engine.connect() as connection:
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")
            else:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            if not sa.inspect(connection).has_table("runs"):
                todo = "corsight audit FILE --store makes one"
                raise CorsightError("is not a Corsight store", where=self.name, todo=todo)
            _check(connection, self.name)
            yield connection

    def _connect(self) -> sa.Engine:
        try:
            if self._url.get_backend_name() != "sqlite":
                return sa.create_engine(self._url, connect_args={"connect_timeout": 10})
            engine = sa.create_engine(self._url, connect_args={"timeout": WAIT})
            # Transactions begin where this module says so: by itself, sqlite3 begins none for a change of the schema.
            sa.event.listen(engine, "connect", _leave_transactions_to_us)
            return engine
        except ImportError:
            raise CorsightError(
                "PostgreSQL takes one package more", where=self.name, todo=name_extra("postgresql")
            ) from None

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            words = " ".join(str(getattr(error, "orig", None) or error).split())
            said = one_line(redact(words))[:LONGEST]
            raise CorsightError(f"the store failed: {said}", where=self.name) from None


def _leave_transactions_to_us(connection: Any, _: Any) -> None:
    connection.isolation_level = None


def _read(place: str) -> sa.URL:
    """Return the URL of a store: a path is SQLite's."""
    if place == "-":
        raise CorsightError("- is no file", where="--store", todo=HOW)
    if "://" not in place:
        return sa.URL.create("sqlite", database=place)
    try:
        url = sa.make_url(place)
    except (sa.exc.ArgumentError, ValueError):
        raise CorsightError("is not a database URL", where=redact(place), todo=HOW) from None
    kind = url.drivername.partition("+")[0]
    if kind == "sqlite" and url.database not in (None, "", ":memory:"):
        return sa.URL.create("sqlite", database=url.database)
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise CorsightError("is neither SQLite nor PostgreSQL", where=redact(place), todo=HOW)


HOW = "write a path, or postgresql://user@host/database"


# -- the schema --------------------------------------------------------------------------------------------------------


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(Path(__file__).parent / "migrations"))


def _migrate(connection: sa.Connection, name: str) -> None:
    """Bring the schema to its newest revision, within the transaction that is under way."""
    script = _script()
    options: dict[str, Any] = {
        "fn": lambda revision, _: script._upgrade_revs("head", revision),
        "script": script,
        "transactional_ddl": True,
    }
    context = MigrationContext.configure(connection, opts=options)
    _check(connection, name, context)
    with Operations.context(context):
        context.run_migrations()


def _check(connection: sa.Connection, name: str, context: MigrationContext | None = None) -> None:
    """Raise CorsightError where the schema is one that this version does not know."""
    current = (context or MigrationContext.configure(connection)).get_current_revision()
    try:
        if current is not None:
            _script().get_revision(current)
    except CommandError:
        raise CorsightError(
            f"was written by a newer Corsight (schema {current})", where=name, todo="update this one"
        ) from None
