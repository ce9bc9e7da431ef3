"""The report for people: one finding a cause, in plain words, at 80 columns and more. No wire text is ever markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TextIO

from rich.box import HORIZONTALS
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from policies.engines import ENGINES
from policies.rules import RULES
from policies.verdict import EngineName, Outcome
from scripts.report.findings import Answer, Finding, Findings, Place, Unsure, shown

ENDPOINTS = 5
"""How many endpoints of a finding are shown; the rest is counted."""
UNSURE = 2
WIDEST = 110

NEVER_SENT = "The preflight failed, so the request itself was never sent."
REDIRECT = "This is the redirect's own response: a redirect is checked too, and was not followed."
REVALIDATED = "The server said 304: what counts are the headers of the stored response it confirmed."
NULL = (
    "null is also the origin of sandboxed frames, local files and data: URLs, an attacker's included; better let the page "
    "ask from an origin of its own, without a redirect across origins"
)

SECTIONS = {
    "#concept-cors-check": "CORS check",
    "#cors-preflight-fetch-0": "CORS-preflight fetch",
    "#http-redirect-fetch": "HTTP-redirect fetch",
    "#concept-main-fetch": "main fetch",
    "#cross-origin-resource-policy-check": "cross-origin resource policy check",
    "#should-block-fetch": "should fetching request be blocked as mixed content?",
    "#concept-network-error": "network error",
    "/orb": "opaque response blocking",
}
"""What the end of a rule's link is called where it leads."""


def write(findings: Findings, recordings: list[tuple[str, int]], engine: str, stream: TextIO) -> None:
    """Write the report."""
    console = Console(file=stream, markup=False, emoji=False, highlight=False, soft_wrap=False)
    console.width = min(console.width, WIDEST)
    console.print(_head(findings, recordings, engine))
    for number, finding in enumerate(findings.sorted(), 1):
        console.print()
        console.print(_finding(finding, number))
    console.print()
    console.print(_foot(findings))


# -- the two ends -------------------------------------------------------------------------------------------------------


def _head(findings: Findings, recordings: list[tuple[str, int]], engine: str) -> RenderableType:
    fields = _fields()
    for name, exchanges in recordings[:10]:
        fields.add_row("read", _text(shown(name), "bold", f": {_plural(exchanges, 'exchange')}"))
    if len(recordings) > 10:
        rest = recordings[10:]
        fields.add_row("", f"and {_plural(len(rest), 'more file')}: {_plural(sum(count for _, count in rest), 'exchange')}")
    for client, count in findings.clients.most_common(10):
        fields.add_row("from", _text(_capital(client), "", f": {count}"))
    if engine != "auto":
        fields.add_row("judged as", _name(engine))  # type: ignore[arg-type]
    return fields


def _foot(findings: Findings) -> RenderableType:
    blocked = findings.count(Outcome.BLOCKED)
    parts: list[RenderableType] = [Line(style="dim")]
    total = sum(findings.outcomes.values())
    if not total:
        parts.append("There is no HTTP exchange in it. Is the browser set to use the proxy?")
        return Group(*parts)
    if not blocked:
        asked = findings.count(Outcome.ALLOWED) + findings.count(Outcome.OPAQUE)
        said = "CORS let the pages have all they asked for." if asked else "No page asked for anything from another origin."
        parts.append(_text("Nothing was blocked. ", "bold green", said))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold", style="dim")
    for outcome, style, meaning in (
        (Outcome.BLOCKED, "bold red", _certainties(findings, Outcome.BLOCKED)),
        (Outcome.ALLOWED, "green", _certainties(findings, Outcome.ALLOWED)),
        (Outcome.OPAQUE, "", "asked for without CORS: a page may use it, but not read it"),
        (Outcome.NOT_CORS, "", "same origin, navigation, WebSocket or no browser: CORS has no say"),
    ):
        count = findings.count(outcome)
        if outcome is Outcome.NOT_CORS and findings.unanswered:
            meaning += f"; {findings.unanswered} without a response"
        name = "not CORS" if outcome is Outcome.NOT_CORS else outcome.value
        table.add_row(Text(name, style if count else "dim"), Text(str(count), style if count else "dim"), meaning)
    parts.append(table)
    for (outcome, rule), count in findings.perhaps.most_common(3):
        parts.append(
            Text(
                f"{_plural(count, 'exchange')} likely {outcome.value}: the recording cannot rule out {rule} "
                f"({RULES[rule].title[0].lower()}{RULES[rule].title[1:]})",
                "dim",
            )
        )
    return Group(*parts)


def _certainties(findings: Findings, outcome: Outcome) -> str:
    certain, likely = findings.outcomes[outcome, "certain"], findings.outcomes[outcome, "likely"]
    if not likely:
        return "all certain" if certain else ""
    return f"{certain} certain, {likely} likely"


# -- a finding ----------------------------------------------------------------------------------------------------------


def _finding(finding: Finding, number: int) -> RenderableType:
    rule = finding.rule
    title = Table(box=HORIZONTALS, show_header=False, show_edge=False, padding=0, expand=True)
    title.add_column(overflow="fold", ratio=1)
    title.add_column(justify="right", no_wrap=True)
    title.add_row(_text(f"{number}  {rule.title}", "bold"), _counts(finding))
    answers = sorted(finding.places.items(), key=lambda item: (-item[1].total(), item[0]))
    body: list[RenderableType] = ["", rule.why, ""]
    left, several = ENDPOINTS, len(answers) > 1
    for answer, places in answers:
        if not left:
            break
        showing = places.most_common(min(left, ENDPOINTS if not several else 3))
        left -= len(showing)
        body += [_answer(answer, showing, finding), ""]
    body.append(_about(finding, answers))
    return Group(title, Padding(Group(*body), (0, 0, 0, 3)))


def _counts(finding: Finding) -> Text:
    if not finding.likely:
        return Text(f"{finding.certain} blocked", "bold red")
    if not finding.certain:
        return Text(f"{finding.likely} likely blocked", "bold yellow")
    return _text(f"{finding.exchanges} blocked", "bold red", f", {finding.likely} of them likely", "yellow")


def _answer(answer: Answer, places: list[tuple[Place, int]], finding: Finding) -> RenderableType:
    fields = _fields()
    for place, count in places:
        where = _text(f"{place.method} {place.url}", "cyan")
        if place.origin is not None:
            where.append(f" from {place.origin}")
        if count > 1:
            where.append(f"  ×{count}", "bold")
        fields.add_row("where", where)
    fields.add_row("needed", Text(answer.needed, "green"))
    fields.add_row("was", Text("\n".join(answer.was), "red"))
    if answer.fix:
        fields.add_row("fix", Text("\n".join(answer.fix), "bold green"))
    for note, holds in ((NEVER_SENT, answer.role == "preflight"), (REDIRECT, _is_redirects_own(answer, finding)), (REVALIDATED, answer.revalidated)):
        if holds:
            fields.add_row("", Text(note, "dim"))
    return fields
