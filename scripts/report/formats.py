"""`--format NAME[=FILE]`, several at once: where each report goes, and what it takes to write it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import IO, TYPE_CHECKING, Any, NamedTuple, TextIO

from corsight.scripts import __version__
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings import check_output

if TYPE_CHECKING:
    from corsight.policies.report import Recording, Report
    from corsight.scripts.report.findings import Findings

FORMATS = {
    "text": "for people, at a terminal",
    "jsonl": "the records of the addon's log",
    "json": "findings as docs/report.schema.json says",
    "sarif": "for code scanning",
    "junit": "a case for each endpoint",
    "github": "annotations of a job, and its summary",
    "markdown": "for a pull request's comment",
    "csv": "the exchanges, for spreadsheets",
    "html": "a page of one file",
}
"""The formats, and what each is for."""
ENDINGS = {
    "txt": "text",
    "log": "text",
    "jsonl": "jsonl",
    "json": "json",
    "sarif": "sarif",
    "xml": "junit",
    "md": "markdown",
    "csv": "csv",
    "html": "html",
    "htm": "html",
}
"""The formats that files are in by their endings."""
MADE = frozenset(FORMATS) - {"text", "jsonl", "csv"}
"""Formats that are written from the report's model."""
WITH_RECORDS = frozenset({"jsonl", "csv", "json", "html"})
"""Formats that take the log's records."""
SUMMARY = "GITHUB_STEP_SUMMARY"


class Output(NamedTuple):
    """A report that is asked for: its format, and its file; None is stdout."""

    name: str
    path: str | None

    def open(self) -> AbstractContextManager[TextIO]:
        """Open what it goes to."""
        if self.path is None:
            return nullcontext(sys.stdout)
        # Spreadsheets and pages have line ends of their own.
        return open(self.path, "w", encoding="utf-8", errors="backslashreplace", newline="\n")


def read_formats(values: Sequence[str], path: str | None, inputs: Iterable[str]) -> list[Output]:
    """Return the reports that are asked for. `path` is the file of the one that names none.

    Raises CorsightError where a format is none, two go to one place, or a file cannot be written.
    """
    outputs: list[Output] = []
    inputs = list(inputs)
    for value in values:
        name, named, file = value.partition("=")
        if name not in FORMATS:
            raise CorsightError(f"{name!r} is none of {', '.join(FORMATS)}", where="--format")
        if named and not file:
            raise CorsightError(f"{value} names no file", where="--format", todo=f"write {name}=FILE")
        outputs.append(Output(name, file or path))
    places = [None if one.path is None else os.path.realpath(one.path) for one in outputs]
    if len(set(places)) < len(places):
        raise CorsightError(
            "two reports would go to one place", where="--format", todo="give each its file: --format NAME=FILE"
        )
    if path is not None and all("=" in value for value in values):
        raise CorsightError("every format names its file already", where="--output", todo="leave it out")
    for one in outputs:
        check_output(one.path, inputs, f"{one.name} report")
    return outputs


def read_records(lines: Iterable[str], wanted: Container[str]) -> dict[str, dict[str, Any]]:
    """Return the log's records with these ids, by them."""
    start = len('{"schema":2,"flow":')
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        flow = json.JSONDecoder().raw_decode(line, start)[0]
        if flow in wanted:
            found[flow] = json.loads(line)
    return found


class Writer:
    """Writes the reports of one audit. `open_records` opens the log's records, a line each."""

    def __init__(
        self,
        outputs: Sequence[Output],
        findings: Findings,
        recordings: Sequence[Recording],
        remarks: Sequence[str],
        engine: str,
        open_records: Callable[[], AbstractContextManager[IO[str]]],
        text: Callable[[TextIO], None],
    ) -> None:
        self._outputs, self._findings, self._open_records, self._text = outputs, findings, open_records, text
        self._recordings, self._remarks, self._engine = recordings, remarks, engine

    def write(self) -> None:
        """Write each of them, whole ones over what was there."""
        report = self._make() if any(one.name in MADE for one in self._outputs) else None
        for output in self._outputs:
            with output.open() as stream:
                if output.name == "text":
                    self._text(stream)
                elif output.name in ("jsonl", "csv"):
                    with self._open_records() as lines:
                        stream.writelines(lines if output.name == "jsonl" else write_table(lines))
                elif report is not None:
                    stream.write(self._render(output.name, report))
                stream.flush()

    def _make(self) -> Report:
        from corsight.policies.report import list_flows, make_report

        found = self._findings.list_examples()
        with self._open_records() as lines:
            records = read_records(lines, list_flows(found))
        return make_report(
            found,
            self._findings.get_gathered(),
            version=__version__,
            engine=self._engine,
            recordings=self._recordings,
            remarks=self._remarks,
            records=records,
        )

    def _render(self, name: str, report: Report) -> str:
        from corsight.policies.report.render import render, render_html

        if name == "html":
            return render_html(report, self._findings.get_gathered())
        if name == "github" and (summary := os.environ.get(SUMMARY)):
            try:
                with open(summary, "a", encoding="utf-8", errors="backslashreplace") as file:
                    file.write(render("markdown", report))
            except OSError as error:
                raise CorsightError(f"cannot write {summary}: {error.strerror}", where=SUMMARY) from None
        return render(name, report)


def write_table(lines: Iterable[str]) -> Iterator[str]:
    """Yield the rows of the exchanges' table, from the lines of the log's records."""
    from corsight.policies.report.table import write_rows

    return write_rows(json.loads(line) for line in lines)
