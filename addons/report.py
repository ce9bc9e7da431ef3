"""What cors.report writes for machines and for browsers: the report of all that is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from mitmproxy import ctx

from corsight.policies.findings import Diagnosis, Explanation
from corsight.policies.record import record
from corsight.policies.report.found import Found
from corsight.policies.report.gather import Gathered
from corsight.policies.report.make import list_flows, make_report
from corsight.policies.report.model import Recording
from corsight.policies.report.render import render, render_html
from corsight.policies.report.table import write_rows
from corsight.policies.session import Judged
from corsight.policies.version import VERSION

NAME = "this session"


def write_report(
    name: str, judgeds: Sequence[Judged], explain: Callable[[Judged], Explanation | None]
) -> Iterator[str]:
    """Yield the report on these exchanges in one of the formats, in pieces."""
    if name == "csv":
        yield from write_rows(record(judged, explain(judged)) for judged in judgeds)
        return
    diagnosis, gathered = Diagnosis(), Gathered()
    for judged in judgeds:
        diagnosis.add(judged)
        gathered.add(judged)
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
