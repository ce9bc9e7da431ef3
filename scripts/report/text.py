"""Writes the report for people: a table of the findings, or each in full, at 80 columns and more.

Text from the traffic is never markup.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from corsight.policies.engines import ENGINES, label_engine
from corsight.policies.findings import Finding, Kind
from corsight.policies.findings.diagnosis import is_foreign
from corsight.policies.findings.text import Row, lay_out, list_settling, tally
from corsight.policies.findings.words import clean
from corsight.policies.redact import printable
from corsight.policies.verdict import EngineName, Outcome
from corsight.scripts.gate.sift import Sifted
from corsight.scripts.gate.suppressions import Expected
from corsight.scripts.report.console import console_for, render
from corsight.scripts.report.findings import Findings
from corsight.scripts.report.lines import pluralize
from corsight.scripts.report.table import COLOURS, describe_kind, describe_openings, list_rows, measure

LONGEST_REMARK = 400
LABEL = 11

STYLES = {"plain": "", "dim": "dim", "was": "red", "needed": "green", "fix": "bold green", "asked": "cyan"}
"""The style of a row, by what the row says."""
OPEN = "passed or blocked; the recording does not show which"
OPAQUE = "loaded without CORS: the page can show or run it, but not read it"
FEW = 3
"""Up to this many findings, everything known of each is written below the table without being asked for."""
IN_FULL: dict[Kind, int] = {"blocked": 50, "open": 20, "failed": 10, "advice": 10}
"""How many findings of a kind are written in full; the rest is only named."""
GONE = 5
"""How many findings that are gone are named."""

FOREIGN = 3
"""How many pieces of advice about other sites' servers are written; more are only counted."""
NAMED = 5


@dataclass(frozen=True, slots=True)
class Report:
    """What is reported: the counts, the findings as the gate parts them, what was read, and the engine that judged.

    `remarks` are what to know of the recordings, `given` what was taken for granted, `left_out` how many exchanges are
    outside the scope, `next` the commands that tell more. `brief` leaves the findings to the table, however few.
    """

    counts: Findings
    sifted: Sifted
    recordings: Sequence[tuple[str, int]]
    engine: str = "auto"
    remarks: Sequence[str] = ()
    given: Sequence[str] = ()
    left_out: int = 0
    next: Sequence[str] = ()
    brief: bool = False


class Arranged(NamedTuple):
    """The findings that are told, those that are only named, and those that one line counts; numbered in this order."""

    told: list[Finding]
    rest: list[Finding]
    foreign: list[Finding]


def number_findings(sifted: Sifted) -> list[Finding]:
    """Return the findings in the order of their numbers, which begin with 1."""
    return [finding for part in arrange(sifted) for finding in part]


def arrange(sifted: Sifted) -> Arranged:
    """Return the findings as they are written: the worst kind first, and of each kind the new ones first.

    Much advice about servers of other sites is only counted: nobody here can act on it. What such servers block is
    written, since an API may have a site of its own.
    """
    arranged, known = Arranged([], [], []), {id(finding) for finding in sifted.known}
    for kind, most in IN_FULL.items():
        found = sorted(sifted.of(kind), key=lambda finding: id(finding) in known)
        others = [finding for finding in found if kind == "advice" and is_foreign(finding)]
        if len(others) > FOREIGN:
            arranged.foreign.extend(others)
            found = [finding for finding in found if finding not in others]
        arranged.told.extend(found[:most])
        arranged.rest.extend(found[most:])
    return arranged


def write(report: Report, stream: TextIO, *, verbose: bool = False) -> None:
    """Write the report: a line for each finding, or with `verbose` all that is known of each."""
    console = console_for(stream)
    parts: list[RenderableType] = [_head(report, verbose=verbose)]
    arranged = arrange(report.sifted)
    if verbose:
        parts += [_finding(finding, number) for number, finding in enumerate(arranged.told, 1)]
        if arranged.rest:
            parts.append(_rest(arranged.rest))
    else:
        parts += _tables(arranged, report.sifted, console.width)
        if len(arranged.told) <= FEW and not report.brief:
            parts += [_finding(finding, number) for number, finding in enumerate(arranged.told, 1)]
    if arranged.foreign:
        parts.append(_foreign(arranged.foreign))
    parts.append(_foot(report))
    if lines := report.counts.to_send.lines():
        parts.append(_to_send(lines))
    _print(console, stream, parts)
    for number, command in enumerate(report.next):
        # Left whole, whatever its width: it is to be copied.
        stream.write(f"{'' if number else chr(10)}{'' if number else 'next':<{LABEL}}{printable(command)}\n")


def write_finding(finding: Finding, number: int, stream: TextIO) -> None:
    """Write one finding in full."""
    _print(console_for(stream), stream, [_finding(finding, number)])


def _to_send(lines: list[str]) -> RenderableType:
    """Return the end of a report on patched traffic: what servers have to send so that it passes unpatched."""
    parts: list[RenderableType] = [Text("What the servers have to send so that it passes without the patch:", "bold")]
    return Group(*parts, *(Padding(_text(line), (0, 0, 0, 2)) for line in lines))


def _tables(arranged: Arranged, sifted: Sifted, width: int) -> list[RenderableType]:
    parts: list[RenderableType] = []
    widths, number = measure(arranged.told, width) if arranged.told else (), 1
    for kind in IN_FULL:
        findings = [finding for finding in arranged.told if finding.kind == kind]
        if not findings:
            continue
        more = [finding for finding in arranged.rest if finding.kind == kind]
        lines = [Text(describe_kind(kind, [*findings, *more]), COLOURS[kind]), *list_rows(findings, widths, number)]
        if more:
            lines.append(Text(f"and {pluralize(len(more), 'more finding')}: -v names them", "dim"))
        if kind == "open":
            lines += [Text(line, "dim") for line in describe_openings(findings)]
        known = sum(finding.kind == kind for finding in sifted.known)
        if known:
            last = "All" if known == len(findings) + len(more) else f"The last {known}"
            lines.append(Text(f"{last} of these {'was' if last.endswith(' 1') else 'were'} known before.", "dim"))
        parts.append(Group(*lines))
        number += len(findings)
    return parts


def _print(console: Console, stream: TextIO, parts: Sequence[RenderableType]) -> None:
    for part in parts:
        stream.write(render(console, part) + ("\n" if part is not parts[-1] else ""))


# -- the two ends ----------------------------------------------------------------------------------------------------


def _head(report: Report, *, verbose: bool) -> RenderableType:
    findings, recordings, engine = report.counts, report.recordings, report.engine
    fields = _fields()
    for name, exchanges in recordings[:10]:
        fields.add_row("read", _text(printable(name), "bold", f": {pluralize(exchanges, 'exchange')}"))
    if len(recordings) > 10:
        rest = list(recordings[10:])
        fields.add_row(
            "", f"and {pluralize(len(rest), 'more file')}: {pluralize(sum(count for _, count in rest), 'exchange')}"
        )
    for client, count in findings.clients.most_common(10):
        fields.add_row("from", f"{_client(client, engine)}: {count}")
    for given in report.given:
        fields.add_row("assumed", clean(given))
    if report.left_out:
        fields.add_row("left out", f"{pluralize(report.left_out, 'exchange')} outside the hosts and origins asked for")
    for remark in report.remarks:
        fields.add_row("note", clean(remark, LONGEST_REMARK))
    if findings.patched:
        fields.add_row(
            "patched",
            f"{pluralize(findings.patched, 'answer')}, by Corsight on the way: this is what the browser got, not what "
            "the servers sent",
        )
    if engine != "auto":
        fields.add_row("judged as", label_engine(engine))
    if not verbose:
        return fields
    if blocked := report.sifted.of("blocked"):
        count = sum(finding.count for finding in blocked)
        fields.add_row("blocked", Text(f"{count}, for {pluralize(len(blocked), 'cause')}", "bold red"))
    if opened := report.sifted.of("open"):
        count = sum(finding.count for finding in opened)
        fields.add_row("open", Text(f"{count}, passed or blocked, which is not known", "bold yellow"))
    if failed := sum(finding.count for finding in report.sifted.of("failed")):
        fields.add_row("failed", Text(f"{failed}, without an answer", "yellow"))
    if advice := len(report.sifted.of("advice")):
        fields.add_row("advice", Text(f"{advice}, on what works but could be better", "cyan"))
    return fields


def _foot(report: Report) -> RenderableType:
    findings, sifted = report.counts, report.sifted
    parts: list[RenderableType] = [Line(style="dim")]
    if not findings.total:
        # Why that may be is said on stderr, in one line.
        parts.append(
            "No exchange in it matches the hosts and origins asked for."
            if report.left_out
            else "There is no HTTP exchange in it to judge."
        )
        return Group(*parts)
    if not findings.count(Outcome.BLOCKED):
        parts.append(_say_nothing_blocked(report))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold", style="dim")
    for outcome, style, meaning in (
        (Outcome.BLOCKED, "bold red", _certainties(findings, Outcome.BLOCKED)),
        (None, "bold yellow", OPEN),
        (Outcome.ALLOWED, "green", _certainties(findings, Outcome.ALLOWED)),
        (Outcome.OPAQUE, "", OPAQUE),
        (Outcome.NOT_CORS, "", "same origin, navigation, WebSocket, no browser: CORS does not apply"),
    ):
        count = findings.open if outcome is None else findings.count(outcome)
        if outcome is Outcome.NOT_CORS and findings.unanswered:
            meaning += f"; {findings.unanswered} without a response"
        if outcome is Outcome.OPAQUE and count:
            meaning += (
                ". To read it, or a canvas that it is drawn on, load it with CORS: crossorigin on the element, or "
                "mode: 'cors'"
            )
        name = "open" if outcome is None else "not CORS" if outcome is Outcome.NOT_CORS else outcome.value
        table.add_row(Text(name, style if count else "dim"), Text(str(count), style if count else "dim"), meaning)
    parts.append(table)
    fields = _fields()
    for label, words in _list_held(sifted):
        fields.add_row(label, words)
    ways = dict.fromkeys(way for one in sifted.of("open") for way in list_settling(one))
    for number, way in enumerate(ways):
        fields.add_row("" if number else "to settle", way)
    return Group(*parts, "", fields) if fields.row_count else Group(*parts)


def _say_nothing_blocked(report: Report) -> Text:
    findings = report.counts
    across = findings.count(Outcome.ALLOWED) + findings.count(Outcome.OPAQUE)
    if not findings.open:
        return _text("Nothing was blocked. ", "bold green", _sum_up(report, across))
    many = findings.open > 1
    return _text(
        f"{findings.open} {'are' if many else 'is'} open. ",
        "bold yellow",
        f"Whether {'they were' if many else 'it was'} blocked is not known; nothing else was blocked.",
    )


def _list_held(sifted: Sifted) -> Iterator[tuple[str, str]]:
    """Yield what the gate suppresses or compares, a row for each kind."""
    if sifted.compared:
        new, known = len(sifted.new), len(sifted.known)
        yield "baseline", f"{new} new, {known} known before, {len(sifted.gone)} gone"
        for one in sifted.gone[:GONE]:
            yield "gone", clean(one.words)
        if len(sifted.gone) > GONE:
            yield "", f"and {len(sifted.gone) - GONE} more"
    if sifted.suppressed:
        count = sum(finding.count for finding, _ in sifted.suppressed)
        reasons = dict.fromkeys(f"{one.words} ({one.reason})" for _, one in sifted.suppressed)
        marked = all(isinstance(one, Expected) for _, one in sifted.suppressed)
        who = "the marks of tests" if marked else "the settings"
        yield "held back", f"{pluralize(count, 'exchange')}, by {who}: {clean('; '.join(reasons))}"
    if sifted.unselected:
        yield "held back", f"{pluralize(sifted.unselected, 'finding')}, by --select and --ignore"
    for note in sifted.notes:
        yield "note", clean(note, LONGEST_REMARK)


def _sum_up(report: Report, across: int) -> str:
    """Return what can be said where nothing was blocked."""
    findings, sifted = report.counts, report.sifted
    if sifted.suppressed or sifted.unselected:
        return "What is not reported is listed below."
    if not across:
        told = sifted.of("advice") or sifted.of("failed")
        return "Problems other than CORS are listed here." if told else "CORS did not apply to anything here."
    if sifted.of("advice") or sifted.of("failed") or findings.count(Outcome.OPAQUE) or findings.hides:
        return "What pages cannot read, or what could be better, is listed here."
    return "CORS blocked nothing that the pages requested."


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
    """Return rows with labels as one table, and paragraphs by themselves."""
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
    """Return the server, as far as it is known."""
    return f", {finding.places[0].url.partition('://')[2].partition('/')[0]}" if finding.places else ""


def _foreign(findings: list[Finding]) -> RenderableType:
    """Return the findings about other sites' servers, in a line."""
    servers = Counter[str]()
    for finding in findings:
        servers[_where(finding).removeprefix(", ")] += 1
    named = ", ".join(f"{server} ({count})" for server, count in servers.most_common(NAMED))
    more = f" and {pluralize(len(servers) - NAMED, 'other')}" if len(servers) > NAMED else ""
    fields = _fields()
    fields.add_row("others", f"{pluralize(len(findings), 'piece')} of advice about other sites' servers: {named}{more}")
    return Group(Line(style="dim"), fields)


def _weight(finding: Finding) -> str:
    return "bold yellow" if finding.kind == "blocked" and not finding.certain else COLOURS[finding.kind]


def _rest(findings: list[Finding]) -> RenderableType:
    """Return the findings that are only named."""
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
    """Return the text made of (words, style) pairs."""
    text = Text()
    for index in range(0, len(parts), 2):
        text.append(parts[index], parts[index + 1] if index + 1 < len(parts) else "")
    return text


def _name(engine: EngineName) -> str:
    return ENGINES[engine].label


def _client(label: str, engine: str) -> str:
    """Return a client's label with its engine's proper name, without the engine that judges where one judges all."""
    name, space, version = label.partition(" ")
    if name in ENGINES:
        return f"{_name(name)}{space}{version}"
    return label if engine == "auto" else label.partition(" (")[0]
