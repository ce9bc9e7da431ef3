"""The report of a run: printed, and written in the formats that are asked for, with what its tests met."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from corsight.scripts.auditing import Audited, Plan, audit_one
from corsight.scripts.errors import CorsightError, print_problem
from corsight.scripts.gate.empty import find_emptiness
from corsight.scripts.gate.gate import Gate
from corsight.scripts.gate.sift import Sifted
from corsight.scripts.recordings import Recording, list_remarks
from corsight.scripts.report.findings import Findings
from corsight.scripts.report.formats import Output, Reports, list_found, read_formats
from corsight.scripts.report.text import Report, number_findings, write
from corsight.scripts.runs.met import ByTest, Met, write_tests

if TYPE_CHECKING:
    from corsight.scripts.report.drift import Drifts


@dataclass(frozen=True, slots=True)
class Told:
    """What is said at the end of a run.

    `name` is what the recording is called, `next` are the commands that tell more, `hint` stands in their place where
    there are none.
    """

    name: str
    verbose: bool = False
    next: Sequence[str] = ()
    hint: str = ""
    brief: bool = False
    """Whether the findings were told in full before."""


@dataclass(slots=True)
class Reported:
    """What came of a run: `failures` is how much of it makes the run fail."""

    findings: Findings
    sifted: Sifted
    failures: int
    met: list[Met]
    left_out: int = 0
    drifts: Drifts | None = None

    def find_emptiness(self, name: str, engine: str) -> CorsightError | None:
        """Return why the run says nothing, None where it says something."""
        unmatched = [] if self.drifts is None else self.drifts.unmatched
        return find_emptiness(self.findings, [name], engine, left_out=self.left_out, unmatched=unmatched)


def report(
    recordings: Sequence[Recording],
    gate: Gate,
    outputs: Sequence[Output],
    told: Told,
    *,
    tests: ByTest | None = None,
    stream: TextIO | None = None,
) -> Reported:
    """Audit what was recorded, print what `corsight audit` says of it, and write the files that are asked for."""
    stream = sys.stdout if stream is None else stream
    drifts, flips = gate.read_policies()
    sections = [one for one in (drifts, flips) if one is not None]
    findings, audited = Findings(gather=True), list[Audited]()
    with Reports(outputs) as reports:
        plan = Plan(gate.engine, secrets=gate.secrets, assumptions=gate.assumptions, scope=gate.scope, gather=True)
        plan = reports.plan(plan)
        for recording in recordings:
            every = [*sections, *([] if tests is None else [tests])]
            audited.append(audit_one(recording, plan, reports.records, sections=every))
            findings.unite(audited[-1].findings)
        met = [] if tests is None else tests.list_met()
        sifted = (gate if tests is None else gate.expect(tests.list_expected())).sift(findings.sorted())
        gate.keep(findings.sorted())
        left_out = sum(one.left_out for one in audited)

        def write_text(stream: TextIO) -> None:
            what = Report(
                findings,
                sifted,
                [(told.name, sum(one.exchanges for one in audited))],
                gate.engine,
                remarks=list_remarks(audited),
                given=gate.given,
                left_out=left_out,
                next=told.next if sifted.findings and not told.verbose else (),
                brief=told.brief,
            )
            write(what, stream, verbose=told.verbose)
            write_tests(met, number_findings(sifted), stream)
            for section in sections:
                section.write(stream)

        write_text(stream)
        if told.hint and sifted.findings and not told.verbose:
            print(told.hint, file=stream)
        stream.flush()
        reports.write(findings, list_found(findings, sifted), audited, gate.engine, write_text, met)
    for one in audited:
        if one.problem is not None:
            print_problem(one.problem)
    failures = gate.count_failures(sifted.count_failures(gate.fail_on), sections)
    return Reported(findings, sifted, failures, met, left_out, drifts)


def read_files(values: Sequence[str], inputs: Sequence[str], *, where: str = "--format") -> list[Output]:
    """Return the reports that are asked for, each in a file, but for annotations: a job reads those of its stdout.

    Raises CorsightError where another names none.
    """
    outputs = read_formats(values, None, inputs, where=where)
    for output in outputs:
        if output.path is None and output.name == "github":
            continue
        if output.path is None:
            raise CorsightError(f"{output.name} needs a file", where=where, todo=f"write {output.name}=FILE")
        if not Path(output.path).absolute().parent.is_dir():
            raise CorsightError("there is no such folder", where=str(Path(output.path).parent), todo="make it first")
    return outputs
