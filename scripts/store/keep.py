"""Puts a run into a store, once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from corsight.policies.findings.fingerprint import make_fingerprint
from corsight.policies.redact import printable, redact
from corsight.policies.value import value
from corsight.policies.verdict import Outcome
from corsight.scripts import __version__
from corsight.scripts.recordings.opening import STDIN
from corsight.scripts.recordings.remote import is_url
from corsight.scripts.report.drift import Drifts
from corsight.scripts.report.findings import Findings
from corsight.scripts.store.database import Store
from corsight.scripts.store.tables import DRIFTS, FINDINGS, PARTS, RUNS, TRACES, VERDICTS

NOT_A_FILE = ""
"""The digest of what cannot be read twice: what was found in it stands for it."""


@value
class Run:
    """What identifies a run: its recordings by name, the digest of each (NOT_A_FILE where it has none), and the options
    that its findings turn on.
    """

    recordings: tuple[str, ...]
    digests: tuple[str, ...]
    options: tuple[tuple[str, str], ...]


def identify_run(paths: Sequence[str], options: Mapping[str, str], policies: Iterable[str] = ()) -> Run:
    """Return what identifies an audit of these recordings. Policy files count by what is in them."""
    names = tuple("stdin" if path == STDIN else redact(path) if is_url(path) else path for path in paths)
    policy = ",".join(_digest(path) for path in policies)
    pairs = sorted({**options, **({"policy": policy} if policy else {})}.items())
    return Run(names, tuple(_digest(path) for path in paths), tuple(pairs))


def keep(
    store: Store, run: Run, findings: Findings, drifts: Drifts | None, exchanges: int, now: float
) -> tuple[int, bool]:
    """Put the run into the store, in one transaction. Return its number, and whether it is new there."""
    parts: dict[sa.Table, list[dict[str, Any]]] = {
        FINDINGS: _unite(_list_findings(findings)),
        TRACES: _unite(_list_traces(findings)),
        VERDICTS: [_fit(row) for row in _list_verdicts(findings)],
        DRIFTS: _unite(_list_drifts(drifts)) if drifts is not None else [],
    }
    contents = [parts[table] for table in PARTS] if NOT_A_FILE in run.digests else []
    told = json.dumps([__version__, run.digests, run.options, contents], sort_keys=True)
    row = {
        "digest": hashlib.sha256(told.encode()).hexdigest(),
        "stored": now,
        "version": __version__,
        "recordings": json.dumps([printable(name) for name in run.recordings]),
        "options": json.dumps(dict(run.options)),
        "exchanges": exchanges,
        "blocked": findings.count(Outcome.BLOCKED),
        "likely_blocked": findings.outcomes[Outcome.BLOCKED, "likely"],
    }
    with store.write() as connection:
        known = connection.scalar(sa.select(RUNS.c.id).where(RUNS.c.digest == row["digest"]))
        if known is not None:
            return int(known), False
        made = connection.execute(sa.insert(RUNS).returning(RUNS.c.id), row).scalar_one()
        for table, rows in parts.items():
            if rows:
                connection.execute(sa.insert(table), [{"run": made, **one} for one in rows])
    return int(made), True


def _digest(path: str) -> str:
    if path == STDIN or is_url(path) or not os.path.isfile(path):
        return NOT_A_FILE
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# -- rows --------------------------------------------------------------------------------------------------------------


def _unite(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with one for each fingerprint, within its finding, that counts for all."""
    united: dict[tuple[str, str], dict[str, Any]] = {}
    for row in map(_fit, rows):
        known = united.setdefault((row["fingerprint"], row.get("finding", "")), row)
        if known is not row:
            known["count"] += row["count"]
    return list(united.values())


def _fit(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with nothing in its texts that a database or a terminal does not take."""
    return {name: printable(one) if isinstance(one, str) else one for name, one in row.items()}


def _list_findings(findings: Findings) -> Iterator[dict[str, Any]]:
    for one in findings.sorted():
        yield {
            "fingerprint": one.fingerprint,
            "kind": one.kind,
            "code": one.code,
            "title": one.title,
            "cause": one.cause,
            "action": one.action,
            "actor": one.actor,
            "rules": " ".join(one.rules),
            "certainty": one.certainty,
            "count": one.count,
        }


def _list_traces(findings: Findings) -> Iterator[dict[str, Any]]:
    for finding in findings.sorted():
        for trace in finding.traces:
            yield {"fingerprint": trace.fingerprint, "finding": finding.fingerprint, **trace._asdict()}


def _list_verdicts(findings: Findings) -> Iterator[dict[str, Any]]:
    for (endpoint, origin, engine, outcome, certainty, cause), times in sorted(findings.endpoints.items()):
        yield {
            "endpoint": endpoint,
            "origin": origin,
            "engine": engine,
            "outcome": outcome,
            "certainty": certainty,
            "cause": cause,
            "count": times,
        }


def _list_drifts(drifts: Drifts) -> Iterator[dict[str, Any]]:
    for drift, times in drifts.list_found():
        text = redact(drift.text)
        yield {
            "fingerprint": make_fingerprint(drift.kind, drift.policy, drift.subject, text),
            "kind": drift.kind,
            "policy": drift.policy,
            "text": text,
            "certainty": drift.certainty,
            "count": times,
        }
