"""Writes what `corsight history` prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from corsight.scripts.report.lines import pluralize
from corsight.scripts.store.look import Comparison, Kept, Row

BAR = 40
"""Columns of the longest bar of a trend."""


def list_runs(runs: Sequence[Row]) -> Iterator[str]:
    """Yield a line for each run."""
    if not runs:
        yield "no runs are kept"
        return
    width = max(len(str(run["id"])) for run in runs)
    for run in runs:
        counts = f"{_count(run)}, {pluralize(run['findings'], 'finding')}"
        yield f"{run['id']:>{width}}  {_when(run)}  {counts}  {_names(run)}"


def list_kept(kept: Kept) -> Iterator[str]:
    """Yield the lines that show one run."""
    run = kept.run
    yield f"run {run['id']}, kept {_when(run)} by Corsight {run['version']}"
    yield f"  {_names(run, most=20)}"
    yield f"  {_count(run)}; {', '.join(f'{name} {one}' for name, one in run['options'].items() if name != 'policy')}"
    for finding in kept.findings:
        yield ""
        sure = "" if finding["certainty"] == "certain" else "likely, "
        yield f"{finding['fingerprint']}  {finding['kind']}: {finding['title']} [{finding['code']}]"
        yield f"  {sure}{_times(finding)}; do: {finding['action']}"
        for trace in kept.traces:
            if trace["finding"] == finding["fingerprint"]:
                yield f"  {_trace(trace)}"
    yield from _list_section("Drift from the policies", map(_drift, kept.drifts))
    yield from _list_section("Verdicts", map(_verdict, kept.verdicts))


def list_comparison(found: Comparison) -> Iterator[str]:
    """Yield the lines that tell how two runs differ."""
    yield f"from run {found.first['id']} ({_when(found.first)}) to run {found.second['id']} ({_when(found.second)})"
    yield from _list_section("New", map(_trace, found.new))
    yield from _list_section("Gone", map(_trace, found.gone))
    changed = [(one, other) for one, other in found.still if one["count"] != other["count"]]
    yield from _list_section(
        "Still there, counted otherwise", (f"{_trace(b)}, before {a['count']}" for a, b in changed)
    )
    yield from _list_section("New drift from the policies", map(_drift, found.new_drifts))
    yield from _list_section("Drift that is gone", map(_drift, found.gone_drifts))
    drifts = [(one, other) for one, other in found.still_drifts if one["count"] != other["count"]]
    yield from _list_section(
        "Drift that is counted otherwise", (f"{_drift(b)}, before {a['count']}" for a, b in drifts)
    )
    yield ""
    yield f"{len(found.new)} new, {len(found.gone)} gone, {len(found.still)} still there"


def list_trend(name: str, met: Sequence[tuple[Row, int]]) -> Iterator[str]:
    """Yield a line for each run, with a bar as long as it was met often."""
    most = max(count for _, count in met)
    width = max(len(str(run["id"])) for run, _ in met)
    yield f"{name}, run by run"
    for run, count in met:
        bar = "#" * -(-BAR * count // most)
        yield f"{run['id']:>{width}}  {_when(run)}  {count:>{len(str(most))}} {bar}".rstrip()


def list_pruned(runs: Sequence[Row], *, dry: bool) -> Iterator[str]:
    """Yield the lines that name the runs that were taken out."""
    yield f"{pluralize(len(runs), 'run')} {'would be ' if dry else ''}taken out"
    yield from (f"  {run['id']}  {_when(run)}  {_names(run)}" for run in runs)


def make_json(what: Any) -> str:
    """Return rows as one line of JSON."""
    return json.dumps(what, separators=(",", ":"), default=str)


def _list_section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield ""
        yield f"{title}: {len(found)}"
        yield from (f"  {line}" for line in found)


def _when(run: Row) -> str:
    return datetime.fromtimestamp(run["stored"], UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _count(run: Row) -> str:
    likely = f" ({run['likely_blocked']} likely)" if run["likely_blocked"] else ""
    return f"{pluralize(run['exchanges'], 'exchange')}, {run['blocked']} blocked{likely}"


def _names(run: Row, most: int = 2) -> str:
    names = run["recordings"]
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def _trace(trace: Row) -> str:
    met = f"{trace['method']} {trace['endpoint']}{_page(trace)}"
    return f"{trace['fingerprint']}  {trace['cause']}: {met}, {_times(trace)}"


def _drift(drift: Row) -> str:
    sure = "" if drift["certainty"] == "certain" else "likely "
    said = f"{sure}{drift['kind']}: {drift['text']} [policy {drift['policy']}]"
    return f"{drift['fingerprint']}  {said}, {_times(drift)}"


def _verdict(verdict: Row) -> str:
    likely = "likely " if verdict["certainty"] == "likely" else ""
    cause = f" [{verdict['cause']}]" if verdict["cause"] else ""
    said = f"{likely}{verdict['outcome']}{cause} in {verdict['engine']}"
    return f"{verdict['count']:>7}  {said}: {verdict['endpoint']}{_page(verdict)}"


def _page(row: Row) -> str:
    return f" from {row['origin']}" if row["origin"] else ""


def _times(row: Row) -> str:
    return pluralize(row["count"], "time")
