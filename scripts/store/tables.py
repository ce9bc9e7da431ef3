"""The tables as the newest migration leaves them."""

from __future__ import annotations

import sqlalchemy as sa

_METADATA = sa.MetaData()


def _table(name: str, *columns: str) -> sa.Table:
    """Return a table by its columns' names; a colon and a type stand behind those that hold no text."""
    types = {"": sa.Text, "int": sa.Integer, "float": sa.Float}
    pairs = (column.partition(":")[::2] for column in columns)
    return sa.Table(name, _METADATA, *(sa.Column(one, types[kind]) for one, kind in pairs))


RUNS = sa.Table(
    "runs",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("digest", sa.String(64), unique=True),
    sa.Column("stored", sa.Float),
    sa.Column("version", sa.Text),
    sa.Column("recordings", sa.Text),
    sa.Column("options", sa.Text),
    sa.Column("exchanges", sa.Integer),
    sa.Column("blocked", sa.Integer),
    sa.Column("likely_blocked", sa.Integer),
)
FINDINGS = _table(
    "findings", "run:int", "fingerprint", "kind", "code", "title", "cause", "action", "actor", "rules", "certainty",
    "count:int",
)  # fmt: skip
TRACES = _table(
    "traces", "run:int", "fingerprint", "finding", "cause", "rule", "method", "endpoint", "origin", "count:int"
)
VERDICTS = _table(
    "verdicts", "run:int", "endpoint", "origin", "engine", "outcome", "certainty", "cause", "count:int"
)  # fmt: skip
DRIFTS = _table("drifts", "run:int", "fingerprint", "kind", "policy", "text", "certainty", "count:int")
PARTS = (FINDINGS, TRACES, VERDICTS, DRIFTS)
"""What a run has beside its own row."""
