"""What cors.report and the live page write: the report on everything that is remembered, in every format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mitmproxy import ctx

from corsight.addons.views import write_findings
from corsight.policies.findings import Diagnosis, Explanation
from corsight.policies.record import Lines, record
from corsight.policies.report.found import Found
from corsight.policies.report.gather import Gathered
from corsight.policies.report.make import list_flows, make_report
from corsight.policies.report.model import Recording
from corsight.policies.report.render import render, render_html
from corsight.policies.report.table import write_rows
from corsight.policies.session import Judged
from corsight.policies.version import VERSION

NAME = "this session"
PIECE = 20
"""How many exchanges are processed between two pieces."""


def write_report(
    name: str, judgeds: Sequence[Judged], explain: Callable[[Judged], Explanation | None]
) -> Iterator[str]:
    """Yield the report on these exchanges in one of the formats, in pieces.

    Empty pieces let the caller do other work in between.
    """
    if name == "jsonl":
        lines = Lines(ascii=True)
        yield from (f"{lines.line(judged, explain(judged))}\n" for judged in judgeds)
        return
    if name == "csv":
        yield from write_rows(record(judged, explain(judged)) for judged in judgeds)
        return
    diagnosis, gathered = Diagnosis(), Gathered()
    for number, judged in enumerate(judgeds):
        diagnosis.add(judged)
        gathered.add(judged)
        if number % PIECE == 0:
            yield ""
    if name == "text":
        yield "\n".join(write_findings(diagnosis)) + "\n"
        return
    found = [Found(*one) for one in diagnosis.list_examples()]
    wanted = list_flows(found)
    report = make_report(
        found,
        gathered,
        version=VERSION,
        engine=ctx.options.cors_engine,
        recordings=[Recording(name=NAME, exchanges=len(judgeds))],
        records={
            judged.entry.exchange.id: record(judged, explain(judged))
            for judged in judgeds
            if judged.entry.exchange.id in wanted
        },
    )
    yield render_html(report, gathered) if name == "html" else render(name, report)
