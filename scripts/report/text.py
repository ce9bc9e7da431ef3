"""The report for people: one finding a cause, in plain words, at 80 columns and more. No wire text is ever markup."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from corsight.policies.engines import ENGINES, label_engine
from corsight.policies.fetch.origin import origin_of, same_site
from corsight.policies.findings import Finding, Kind
from corsight.policies.findings.groups import NULL
from corsight.policies.findings.text import Row, lay_out, tally
from corsight.policies.findings.words import clean
from corsight.policies.verdict import EngineName, Outcome
from corsight.scripts.report.findings import Findings

WIDEST = 110
LONGEST_REMARK = 400

STYLES = {"plain": "", "dim": "dim", "was": "red", "needed": "green", "fix": "bold green", "asked": "cyan"}
"""How a row's meaning looks in colour."""
OPAQUE = "asked for without CORS: a page may use it, but not read it"
IN_FULL: dict[Kind, int] = {"blocked": 50, "failed": 10, "advice": 10}
"""How many findings of a kind are told in full; the rest is named."""

FOREIGN = 3
"""How many pieces of advice about other sites' servers are told; more are counted."""
NAMED = 5

PADDED = re.compile(r" +((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)


def write(
    findings: Findings,
    recordings: list[tuple[str, int]],
    engine: str,
    stream: TextIO,
    remarks: Iterable[str] = (),
) -> None:
    """Write the report. `remarks` are what to know of the recordings."""
    console = Console(file=stream, markup=False, emoji=False, highlight=False)
    console.width = min(console.width, WIDEST)
    parts = [_head(findings, recordings, engine, remarks)]
    told, rest, foreign = _arrange(findings)
    parts += [_finding(finding, number) for number, finding in enumerate(told, 1)]
    if rest:
        parts.append(_rest(rest))
    if foreign:
        parts.append(_foreign(foreign))
    parts.append(_foot(findings))
    for part in parts:
        with console.capture() as capture:
            console.print(part)
        # Tables pad their cells: no line is to end in spaces.
        stream.write(PADDED.sub(r"\1", capture.get()) + ("\n" if part is not parts[-1] else ""))


def _arrange(findings: Findings) -> tuple[list[Finding], list[Finding], list[Finding]]:
    """Return the findings that are told in full, those that are only named, and those that one line counts.

    Those about servers of the page's own site come first. Advice about other sites' servers is nobody's here, where
    there is much of it; what they block is told, since an API may have a site of its own.
    """
    told: list[Finding] = []
    rest: list[Finding] = []
    foreign: list[Finding] = []
    for kind, most in IN_FULL.items():
        found = sorted(findings.of(kind), key=lambda finding: (not finding.certain, is_foreign(finding)))
        others = [finding for finding in found if kind == "advice" and is_foreign(finding)]
        if len(others) > FOREIGN:
            foreign += others
            found = [finding for finding in found if finding not in others]
        told += found[:most]
        rest += found[most:]
    return told, rest, foreign


def is_foreign(finding: Finding) -> bool:
    """Whether all that a finding is about are servers of other sites than their pages'."""
    return bool(finding.places) and all(
        place.origin not in (None, "null") and not same_site(place.origin or "", origin_of(place.url))
        for place in finding.places
    )


# -- the two ends ----------------------------------------------------------------------------------------------------


def _head(findings: Findings, recordings: list[tuple[str, int]], engine: str, remarks: Iterable[str]) -> RenderableType:
    fields = _fields()
    for name, exchanges in recordings[:10]:
        fields.add_row("read", _text(clean(name), "bold", f": {_plural(exchanges, 'exchange')}"))
    if len(recordings) > 10:
        rest = recordings[10:]
        fields.add_row(
            "", f"and {_plural(len(rest), 'more file')}: {_plural(sum(count for _, count in rest), 'exchange')}"
        )
    for client, count in findings.clients.most_common(10):
        fields.add_row("from", f"{_client(client, engine)}: {count}")
    for remark in remarks:
        fields.add_row("note", clean(remark, LONGEST_REMARK))
    if findings.patched:
        fields.add_row(
            "patched",
            f"{_plural(findings.patched, 'answer')}, by Corsight on the way: this is what the browser got, not what "
            "the servers sent",
        )
    if engine != "auto":
        fields.add_row("judged as", label_engine(engine))
    if blocked := findings.count(Outcome.BLOCKED):
        causes = len(findings.of("blocked"))
        fields.add_row("blocked", Text(f"{blocked}, for {_plural(causes, 'cause')}", "bold red"))
    if failed := sum(finding.count for finding in findings.of("failed")):
        fields.add_row("failed", Text(f"{failed}, without an answer", "yellow"))
    if advice := len(findings.of("advice")):
        fields.add_row("advice", Text(f"{advice}, on what works and could be better", "cyan"))
    return fields


def _foot(findings: Findings) -> RenderableType:
    blocked = findings.count(Outcome.BLOCKED)
    parts: list[RenderableType] = [Line(style="dim")]
    total = sum(findings.outcomes.values())
    if not total:
        parts.append("There is no HTTP exchange in it. Is the browser set to use the proxy?")
        return Group(*parts)
    if not blocked:
        across = findings.count(Outcome.ALLOWED) + findings.count(Outcome.OPAQUE)
        parts.append(_text("Nothing was blocked. ", "bold green", _sum_up(findings, across)))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold", style="dim")
    for outcome, style, meaning in (
        (Outcome.BLOCKED, "bold red", _certainties(findings, Outcome.BLOCKED)),
        (Outcome.ALLOWED, "green", _certainties(findings, Outcome.ALLOWED)),
        (Outcome.OPAQUE, "", OPAQUE),
        (Outcome.NOT_CORS, "", "same origin, navigation, WebSocket or no browser: CORS has no say"),
    ):
        count = findings.count(outcome)
        if outcome is Outcome.NOT_CORS and findings.unanswered:
            meaning += f"; {findings.unanswered} without a response"
        if outcome is Outcome.OPAQUE and count:
            meaning += ", nor a canvas that it is drawn on; crossorigin on the element, or mode cors, asks with CORS"
        name = "not CORS" if outcome is Outcome.NOT_CORS else outcome.value
        table.add_row(Text(name, style if count else "dim"), Text(str(count), style if count else "dim"), meaning)
    parts.append(table)
    for (outcome, asked, rule), count in findings.perhaps.most_common(3):
        parts.append(Text(f"{count} likely {outcome.value}; if asked {asked}, blocked by {rule}", "dim"))
    return Group(*parts)


def _sum_up(findings: Findings, across: int) -> str:
    """What can be said where nothing was blocked, and no more."""
    if not across:
        told = findings.of("advice") or findings.of("failed")
        return "What went wrong beside CORS is told here." if told else "CORS was asked for nothing."
    if findings.perhaps:
        return "Some of it would be, if asked in another way: see below."
    if findings.of("advice") or findings.of("failed") or findings.count(Outcome.OPAQUE) or findings.hides:
        return "What pages may not read of it, or what could be better, is told here."
    return "CORS let the pages have all they asked for."


def _certainties(findings: Findings, outcome: Outcome) -> str:
    certain, likely = findings.outcomes[outcome, "certain"], findings.outcomes[outcome, "likely"]
    if not likely:
        return "all certain" if certain else ""
    return f"{certain} certain, {likely} likely"


# -- a finding -------------------------------------------------------------------------------------------------------


def _finding(finding: Finding, number: int) -> RenderableType:
    title = Table.grid(expand=True, padding=(0, 2, 0, 0))
    title.add_column(no_wrap=True, width=len(str(number)))
    title.add_column(overflow="fold", ratio=1)
    title.add_column(justify="right", no_wrap=True)
    title.add_row(_text(str(number), "bold"), Text(finding.title, "bold"), Text(tally(finding), _weight(finding)))
    parts: list[RenderableType] = []
    for block in lay_out(finding):
        parts += ["", *_block(block)]
    return Group(Line(style="dim"), title, Padding(Group(*parts), (0, 0, 0, 3)))


def _block(block: list[Row]) -> list[RenderableType]:
    """Rows with labels as one table, paragraphs by themselves."""
    parts: list[RenderableType] = []
    fields: Table | None = None
    for row in block:
        text = Text(row.text, STYLES[row.style])
        if row.label is None:
            parts.append(text)
            fields = None
            continue
        if fields is None:
            fields = _fields()
            parts.append(fields)
        fields.add_row(row.label, text)
    return parts


def _where(finding: Finding) -> str:
    """The server, as far as it is known."""
    return f", {finding.places[0].url.partition('://')[2].partition('/')[0]}" if finding.places else ""


def _foreign(findings: list[Finding]) -> RenderableType:
    """Findings about other sites' servers, in a line."""
    servers = Counter[str]()
    for finding in findings:
        servers[_where(finding).removeprefix(", ")] += 1
    named = ", ".join(f"{server} ({count})" for server, count in servers.most_common(NAMED))
    more = f" and {_plural(len(servers) - NAMED, 'other')}" if len(servers) > NAMED else ""
    fields = _fields()
    fields.add_row("others", f"{_plural(len(findings), 'piece')} of advice about other sites' servers: {named}{more}")
    return Group(Line(style="dim"), fields)


def _weight(finding: Finding) -> str:
    if finding.kind != "blocked":
        return "yellow" if finding.kind == "failed" else "cyan"
    return "bold red" if finding.certain else "bold yellow"


def _rest(findings: list[Finding]) -> RenderableType:
    """Findings that are only named."""
    fields = _fields()
    for finding in findings:
        fields.add_row(finding.kind, f"{finding.title} ({finding.code}{_where(finding)}, {finding.count}×)")
    return Group(Line(style="dim"), fields)


# -- pieces ----------------------------------------------------------------------------------------------------------


def _fields() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, width=9, style="dim")
    table.add_column(overflow="fold")
    return table


def _text(*parts: str) -> Text:
    """Text of (words, style) pairs."""
    text = Text()
    for index in range(0, len(parts), 2):
        text.append(parts[index], parts[index + 1] if index + 1 < len(parts) else "")
    return text


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _name(engine: EngineName) -> str:
    return ENGINES[engine].label


def _client(label: str, engine: str) -> str:
    """A client's label with its engine's proper name, and without how it is judged where one engine judges all."""
    name, space, version = label.partition(" ")
    if name in ENGINES:
        return f"{_name(name)}{space}{version}"
    return label if engine == "auto" else label.partition(" (")[0]


__all__ = ["NULL", "write"]
