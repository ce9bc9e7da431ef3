"""CSV of exchanges, a row each, from the log's records. No cell of it is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from corsight.policies.redact import shown
from corsight.policies.report.model import Exchange

COLUMNS = tuple(Exchange.model_fields)
FORMULA = tuple("=+-@\t\r＝＋－＠")
LONGEST = 2000
"""Characters of a cell."""


def write_rows(records: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the header and a row for each record, with the lines' ends. Of a flow's records the last one counts."""
    yield _write_row(COLUMNS)
    for record in records:
        yield _write_row("" if record[name] is None else str(record[name]) for name in COLUMNS)


def _write_row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow([escape(cell) for cell in cells])
    return line.getvalue()


def escape(cell: str) -> str:
    """Return a cell that spreadsheets take for text."""
    cell = shown(cell, LONGEST)
    return f"'{cell}" if cell.lstrip().startswith(FORMULA) else cell
