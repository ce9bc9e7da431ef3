"""Reports to test with: of friendly traffic, of hostile traffic, and of very many findings."""

from __future__ import annotations

from corsight.policies.findings import Diagnosis
from corsight.policies.record import record
from corsight.policies.report.found import Found
from corsight.policies.report.gather import Gathered
from corsight.policies.report.make import list_flows, make_report
from corsight.policies.report.model import Recording, Report
from tests.policies.findings.traffic import ALLOW, API, CREDENTIALS, STAR, WITH, Traffic

NEAR = ("Access-Control-Allow-Origin", "https://shop.example.evil.test")
HOSTILE = (
    "<script>document.title='ran';fetch('//evil.test/hit')</script>",
    "<img src=//evil.test/hit onerror=document.title='ran'>",
    "</pre></style></script><link rel=stylesheet href=//evil.test/hit>",
    "'\"><svg/onload=document.title='ran'>",
    "<meta http-equiv=refresh content=0;url=//evil.test/hit>",
    "<base href=//evil.test/><iframe src=/hit>",
    "javascript:document.title='ran'",
    "{{7*7}}${7*7}]]>&lt;",
    "@octocat #1 [x](http://evil.test/hit) ![x](//evil.test/hit) `` ``` |",
    "::error::x",
    "=1+1",
)
"""What a server or a page may send, to be run, fetched or taken for a command."""


def report_of(traffic: Traffic, **more: object) -> tuple[Report, Gathered]:
    """The report on the traffic, and what was gathered beside its findings."""
    diagnosis, gathered = Diagnosis(), Gathered()
    for judged in traffic.last.values():
        diagnosis.add(judged)
        gathered.add(judged)
    found = [Found(*one, **more) for one in diagnosis.list_examples()]  # type: ignore[arg-type]
    wanted = list_flows(found)
    records = {name: record(judged) for name, judged in traffic.last.items() if name in wanted}
    recordings = [Recording(name="visit.mitm", exchanges=len(traffic.last))]
    report = make_report(
        found,
        gathered,
        version="1.0",
        engine="auto",
        recordings=recordings,
        records=records,
    )
    return report, gathered


def friendly() -> Traffic:
    """A certain, a likely and an open one, a preflight that is refused, a failure, and much that passes."""
    traffic = Traffic()
    traffic.get("/cart", 200)
    traffic.get("/wallet", 200, STAR, asked=(WITH,))
    traffic.preflight("PUT", "/items/17", 403)
    traffic.get("/down", None, error="connection refused")
    traffic.get("/me", 200, ALLOW, CREDENTIALS, asked=(WITH,))
    traffic.passed(3)
    return traffic


def hostile() -> Traffic:
    """Servers, paths, headers and origins that try to be more than text."""
    traffic = Traffic()
    for number, text in enumerate(HOSTILE):
        traffic.get(f"/{text}", 200)
        traffic.get(f"/a{number}", 200, ("Access-Control-Allow-Origin", text))
        traffic.get(f"/b{number}", 302, ("Location", text), ("Access-Control-Allow-Origin", text))
        traffic.send("GET", f"https://h{number}{text.replace('/', '')}.test/c", 200, origin=f"https://{text}")
        traffic.preflight(text, f"/d{number}", 204, ALLOW, ("Access-Control-Allow-Methods", text), names=text)
    return traffic


def many(report: Report, count: int) -> Report:
    """The report with so many findings: its own, over and over."""
    copies = [
        finding.model_copy(update={"title": f"{finding.title} {number}", "server": f"{API}:{number % 50 + 1}"})
        for number in range(count)
        for finding in [report.findings[number % len(report.findings)]]
    ]
    return report.model_copy(update={"findings": copies})
