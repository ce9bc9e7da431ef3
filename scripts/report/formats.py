"""Reads `--format NAME[=FILE]`, once or several times, and writes each report to its place."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Container, Hashable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from corsight.policies.report.found import Baseline, Found
from corsight.policies.report.names import FORMATS, MADE, WITH_RECORDS
from corsight.scripts import __version__
from corsight.scripts.auditing import Audited, Plan
from corsight.scripts.errors import NO_ROOM, CorsightError, naming, one_line
from corsight.scripts.inputs import open_output
from corsight.scripts.recordings import STDOUT, check_output, list_remarks
from corsight.scripts.report.text import number_findings

if TYPE_CHECKING:
    from corsight.policies.findings import Finding
    from corsight.policies.report.model import Report
    from corsight.scripts.gate.sift import Sifted
    from corsight.scripts.report.findings import Findings
    from corsight.scripts.runs.met import Met

SUMMARY = "GITHUB_STEP_SUMMARY"


class Output(NamedTuple):
    """A report that is asked for: its format, and its file; None is stdout, which is also written as -."""

    name: str
    path: str | None


def read_formats(
    values: Sequence[str], path: str | None, inputs: Iterable[str], *, where: str = "--format"
) -> list[Output]:
    """Return the reports that are asked for. `path` is the file of the one that names none, `where` who asks.

    Raises CorsightError where a format is none, two go to one place, or a file cannot be written.
    """
    outputs: list[Output] = []
    inputs, others = list(inputs), None if path == STDOUT else path
    for value in values:
        name, named, file = value.partition("=")
        if name not in FORMATS:
            raise CorsightError(f"{name!r} is not one of {', '.join(FORMATS)}", where=where)
        if named and not file:
            raise CorsightError(f"{value} names no file", where=where, todo=f"write {name}=FILE")
        outputs.append(Output(name, (None if file == STDOUT else file) if named else others))
    places = [None if one.path is None else os.path.realpath(one.path) for one in outputs]
    if len(set(places)) < len(places):
        raise CorsightError(
            "two reports would go to one place", where=where, todo="give each its file: --format NAME=FILE"
        )
    if path is not None and all("=" in value for value in values):
        raise CorsightError("every format names its file already", where="--output", todo="leave it out")
    for one in outputs:
        check_output(one.path, inputs, "report")
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


class Reports(AbstractContextManager["Reports"]):
    """The reports of one audit: opens their files at once, so that what cannot be written fails before the work.

    `records` is where the log's records go meanwhile, or what is told live.
    """

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = outputs
        self._stack = ExitStack()
        self._streams: list[TextIO] = []
        self._held: TextIO | None = None
        self.names = {one.name for one in outputs}

    def plan(self, plan: Plan) -> Plan:
        """Return how to audit for them: the plan, with what it takes to write them."""
        return plan._replace(
            diagnose=plan.diagnose or bool(self.names - {"jsonl", "csv"}),
            records=bool(self.names & WITH_RECORDS),
            gather=bool(self.names & MADE),
        )

    @property
    def records(self) -> TextIO:
        """The stream for the records: held back where more than the addon's log is made of them."""
        if self._held is not None:
            return self._held
        return self._streams[0] if self._streams else sys.stdout

    def __enter__(self) -> Reports:
        try:
            self._streams = [self._stack.enter_context(_open(one.path)) for one in self._outputs]
            if (WITH_RECORDS & self.names and len(self._outputs) > 1) or (WITH_RECORDS - {"jsonl"}) & self.names:
                file = tempfile.TemporaryFile("w+", encoding="ascii")
                self._held = self._stack.enter_context(file)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, _: object, error: object, __: object) -> None:
        if isinstance(error, OSError) and error.errno in NO_ROOM and error.filename is None and self._outputs:
            # Records are written as the recordings are read.
            error.filename = tempfile.gettempdir() if self._held is not None else self._outputs[0].path or "stdout"
        self._stack.close()

    def write(
        self,
        findings: Findings,
        found: Sequence[Found],
        audited: Sequence[Audited],
        engine: str,
        write_text: Callable[[TextIO], None],
        met: Sequence[Met] = (),
    ) -> None:
        """Write each of them.

        `found` are the findings of the report, `audited` is what came of each recording, `write_text` writes the report
        for people, `met` is what the tests of a test run met.
        """
        report = self._make(findings, found, audited, engine, met) if MADE & self.names else None
        for output, stream in zip(self._outputs, self._streams, strict=True):
            with naming(output.path or "stdout"):
                if output.name == "text":
                    write_text(stream)
                elif output.name == "csv":
                    stream.writelines(write_table(self._read()))
                elif output.name == "jsonl":
                    if self._held is not None:
                        stream.writelines(self._read())
                elif report is not None:
                    stream.write(_render(output.name, report, findings))
                stream.flush()

    def _read(self) -> Iterator[str]:
        """Yield the records that were held back, a line each."""
        if self._held is not None:
            self._held.seek(0)
            yield from self._held

    def _make(
        self,
        findings: Findings,
        found: Sequence[Found],
        audited: Sequence[Audited],
        engine: str,
        met: Sequence[Met],
    ) -> Report:
        from corsight.policies.report.make import list_flows, make_report
        from corsight.policies.report.model import Recording
        from corsight.scripts.runs.met import list_tests

        return make_report(
            found,
            findings.get_gathered(),
            version=__version__,
            engine=engine,
            recordings=[
                Recording(name=one.name, exchanges=one.exchanges, problem=one.problem and one_line(str(one.problem)))
                for one in audited
            ],
            remarks=list_remarks(audited),
            records=read_records(self._read(), list_flows(found)),
            tests=list_tests(met, [one.finding for one in found]),
        )


def list_found(findings: Findings, sifted: Sifted) -> list[Found]:
    """Return the findings in the order of their numbers, each with the first exchange that it was met with; those that
    are suppressed come last.
    """
    first = {_key(finding): judged for finding, judged in findings.list_examples()}
    new: Baseline = "new" if sifted.compared else None
    known: Baseline = "unchanged" if sifted.compared else None
    before = {id(one) for one in sifted.known}
    return [
        *(
            Found(one, first[_key(one)], baseline=known if id(one) in before else new)
            for one in number_findings(sifted)
        ),
        *(Found(one, first[_key(one)], suppressed=why.reason) for one, why in sifted.suppressed),
    ]


def _key(finding: Finding) -> Hashable:
    """Return what stays of a finding when it is narrowed."""
    return finding.kind, finding.code, finding.title, finding.exchanges


@contextmanager
def _open(path: str | None) -> Iterator[TextIO]:
    if path is None:
        yield sys.stdout
        return
    # What a full disk did not take is written once more as the file is closed.
    with open_output(path, "backslashreplace") as file:
        yield file


def _render(name: str, report: Report, findings: Findings) -> str:
    from corsight.policies.report.render import render, render_html

    if name == "html":
        return render_html(report, findings.get_gathered())
    if name == "github" and (summary := os.environ.get(SUMMARY)):
        try:
            with open(summary, "a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(render("markdown", report))
        except OSError as error:
            raise CorsightError(f"cannot be written ({error.strerror})", where=f"{SUMMARY}={summary}") from None
    return render(name, report)


def write_table(lines: Iterable[str]) -> Iterator[str]:
    """Yield the rows of the exchanges' table, from the lines of the log's records."""
    from corsight.policies.report.table import write_rows

    return write_rows(json.loads(line) for line in lines)
