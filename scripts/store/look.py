"""Looks into a store: lists runs, shows one, compares two, follows a finding, and takes old runs out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from corsight.policies.value import value
from corsight.scripts.errors import CorsightError
from corsight.scripts.store.database import Store
from corsight.scripts.store.tables import DRIFTS, FINDINGS, PARTS, RUNS, TRACES, VERDICTS

type Row = dict[str, Any]


@value
class Kept:
    """One run as it is kept: its own row, and the rows of each of its parts."""

    run: Row
    findings: list[Row]
    traces: list[Row]
    verdicts: list[Row]
    drifts: list[Row]


@value
class Comparison:
    """What differs between two runs: traces and drifts that are new or gone, and those whose count changed."""

    first: Row
    second: Row
    new: list[Row]
    gone: list[Row]
    still: list[tuple[Row, Row]]
    new_drifts: list[Row]
    gone_drifts: list[Row]
    still_drifts: list[tuple[Row, Row]]


def list_runs(store: Store, most: int | None = None) -> list[Row]:
    """Return the runs, newest first, with how many findings each has."""
    counted = sa.select(sa.func.count()).where(FINDINGS.c.run == RUNS.c.id).scalar_subquery()
    query = sa.select(RUNS, counted.label("findings")).order_by(RUNS.c.stored.desc(), RUNS.c.id.desc()).limit(most)
    with store.read() as connection:
        return [_read(row) for row in connection.execute(query).mappings()]


def show_run(store: Store, name: str) -> Kept:
    """Return one run. Raises CorsightError where there is none of this name."""
    with store.read() as connection:
        run = _find(connection, store, name)
        parts = [_list_part(connection, table, run["id"]) for table in (FINDINGS, TRACES, VERDICTS, DRIFTS)]
    return Kept(run, *parts)


def compare_runs(store: Store, first: str, second: str) -> Comparison:
    """Return what the second run has that the first has not, and the other way round."""
    with store.read() as connection:
        runs = [_find(connection, store, name) for name in (first, second)]
        traces = [_by_fingerprint(_list_part(connection, TRACES, run["id"])) for run in runs]
        drifts = [_by_fingerprint(_list_part(connection, DRIFTS, run["id"])) for run in runs]
    return Comparison(runs[0], runs[1], *_differ(*traces), *_differ(*drifts))


def trend(store: Store, name: str) -> list[tuple[Row, int]]:
    """Return each run, oldest first, with how often it met what `name` names: the fingerprint of a finding or of a
    trace, or the code of a cause. Raises CorsightError where no run met it.
    """
    of_findings = sa.select(FINDINGS.c.run, FINDINGS.c.count).where(
        (FINDINGS.c.fingerprint == name) | (FINDINGS.c.code == name)
    )
    of_traces = sa.select(TRACES.c.run, TRACES.c.count).where(TRACES.c.fingerprint == name)
    with store.read() as connection:
        met: dict[int, int] = {}
        for query in (of_findings, of_traces):
            for run, count in connection.execute(query):
                met[run] = met.get(run, 0) + count
            if met:
                break
        runs = [_read(row) for row in connection.execute(sa.select(RUNS).order_by(RUNS.c.stored, RUNS.c.id)).mappings()]
    if not met:
        raise CorsightError("no run met it", where=name, todo="corsight history show RUN lists what one met")
    return [(run, met.get(run["id"], 0)) for run in runs]


def prune(store: Store, *, keep: int | None, before: float | None, dry: bool = False) -> list[Row]:
    """Take out the runs that are not among the `keep` newest, and those stored before a time; return them. `dry` leaves
    them there.
    """
    with store.write() as connection:
        query = sa.select(RUNS).order_by(RUNS.c.stored.desc(), RUNS.c.id.desc())
        runs = [_read(row) for row in connection.execute(query).mappings()]
        old = [
            run
            for place, run in enumerate(runs)
            if (keep is not None and place >= keep) or (before is not None and run["stored"] < before)
        ]
        if not dry:
            for run in old:
                for table in PARTS:
                    connection.execute(sa.delete(table).where(table.c.run == run["id"]))
                connection.execute(sa.delete(RUNS).where(RUNS.c.id == run["id"]))
    return old


def _find(connection: sa.Connection, store: Store, name: str) -> Row:
    """Return a run by its number, or by `last` or `last-N`, N runs before the last one."""
    query = sa.select(RUNS).order_by(RUNS.c.stored.desc(), RUNS.c.id.desc())
    word, _, back = name.partition("-")
    if name.isascii() and name.isdigit() and len(name) < 10:
        query = query.where(RUNS.c.id == int(name))
    elif word == "last" and (name == word or (back.isascii() and back.isdigit() and len(back) < 10)):
        query = query.limit(1).offset(int(back or 0))
    else:
        raise CorsightError("is no run", where=name, todo="write its number, last, or last-1 for the one before")
    row = connection.execute(query).mappings().first()
    if row is None:
        where, todo = f"{store.name}: {name}", "corsight history lists them"
        if word == "last":
            raise CorsightError(
                "there are not enough runs for this", where=where, todo=f"{todo}; corsight audit --store adds one"
            )
        raise CorsightError("there is no such run", where=where, todo=todo)
    return _read(row)


def _read(row: sa.RowMapping) -> Row:
    fields = dict(row)
    return {**fields, "recordings": json.loads(fields["recordings"]), "options": json.loads(fields["options"])}


def _list_part(connection: sa.Connection, table: sa.Table, run: int) -> list[Row]:
    query = sa.select(table).where(table.c.run == run).order_by(table.c.count.desc(), *table.c)
    return [dict(row) for row in connection.execute(query).mappings()]


def _by_fingerprint(rows: Sequence[Row]) -> dict[str, Row]:
    return {row["fingerprint"]: row for row in rows}


def _differ(first: dict[str, Row], second: dict[str, Row]) -> tuple[list[Row], list[Row], list[tuple[Row, Row]]]:
    new = [row for key, row in second.items() if key not in first]
    gone = [row for key, row in first.items() if key not in second]
    return new, gone, [(row, second[key]) for key, row in first.items() if key in second]
