"""The report for people: one finding a cause, in plain words, at 80 columns and more. No wire text is ever markup."""

from __future__ import annotations

import re
from collections import Counter
from typing import TextIO

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from policies.engines import ENGINES
from policies.verdict import EngineName, Outcome
from scripts.report.findings import Answer, Finding, Findings, Place, Unsure, shown

ENDPOINTS = 5
"""How many endpoints of a finding are shown; the rest is counted."""
WIDEST = 110

NEVER_SENT = "The browser's preflight was turned down, so it never sent the request itself."
IN_PREFLIGHT = "in the preflight: the request itself was never sent"
IN_REDIRECT = "in the redirect's own response, which is checked as well"
REVALIDATED = "in the stored response that the server's 304 confirmed"
NULL = (
    "null is the origin of every sandboxed frame and local file, an attacker's included: better let the page ask from "
    "an origin of its own, and without a redirect across origins."
)

SECTIONS = {
    "#concept-cors-check": "CORS check",
    "#cors-preflight-fetch-0": "CORS-preflight fetch",
    "#http-redirect-fetch": "HTTP-redirect fetch",
    "#concept-main-fetch": "main fetch",
    "#cross-origin-resource-policy-check": "cross-origin resource policy check",
    "#should-block-fetch": "Should fetching be blocked as mixed content?",
    "#concept-network-error": "network error",
    "/orb": "Opaque Response Blocking",
}
"""What the end of a rule's link is called where it leads."""

PADDED = re.compile(r" +((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)


def write(findings: Findings, recordings: list[tuple[str, int]], engine: str, stream: TextIO) -> None:
    """Write the report."""
    console = Console(file=stream, markup=False, emoji=False, highlight=False)
    console.width = min(console.width, WIDEST)
    parts = [_head(findings, recordings, engine)]
    parts += [_finding(finding, number) for number, finding in enumerate(findings.sorted(), 1)]
    parts.append(_foot(findings))
    for part in parts:
        with console.capture() as capture:
            console.print(part)
        # Tables pad their cells: no line is to end in spaces.
        stream.write(PADDED.sub(r"\1", capture.get()) + ("\n" if part is not parts[-1] else ""))


# -- the two ends ----------------------------------------------------------------------------------------------------


def _head(findings: Findings, recordings: list[tuple[str, int]], engine: str) -> RenderableType:
    fields = _fields()
    for name, exchanges in recordings[:10]:
        fields.add_row("read", _text(shown(name), "bold", f": {_plural(exchanges, 'exchange')}"))
    if len(recordings) > 10:
        rest = recordings[10:]
        fields.add_row(
            "", f"and {_plural(len(rest), 'more file')}: {_plural(sum(count for _, count in rest), 'exchange')}"
        )
    for client, count in findings.clients.most_common(10):
        fields.add_row("from", f"{_client(client, engine)}: {count}")
    if engine != "auto":
        fields.add_row("judged as", ENGINES[engine].label)  # type: ignore[index]
    blocked, causes = findings.count(Outcome.BLOCKED), len(findings.sorted())
    if blocked:
        fields.add_row("blocked", Text(f"{blocked}, for {_plural(causes, 'cause')}", "bold red"))
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
        said = (
            "CORS let the pages have all they asked for."
            if across
            else "No page asked for anything from another origin."
        )
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
    for (outcome, asked, rule), count in findings.perhaps.most_common(3):
        parts.append(Text(f"{count} likely {outcome.value}; if asked {asked}, blocked by {rule}", "dim"))
    return Group(*parts)


def _certainties(findings: Findings, outcome: Outcome) -> str:
    certain, likely = findings.outcomes[outcome, "certain"], findings.outcomes[outcome, "likely"]
    if not likely:
        return "all certain" if certain else ""
    return f"{certain} certain, {likely} likely"


# -- a finding -------------------------------------------------------------------------------------------------------


def _finding(finding: Finding, number: int) -> RenderableType:
    title = Table.grid(expand=True)
    title.add_column(overflow="fold", ratio=1)
    title.add_column(justify="right", no_wrap=True)
    title.add_row(_text(f"{number}  {finding.rule.title}", "bold"), _counts(finding))
    parts: list[RenderableType] = [finding.rule.why, ""]
    if all(answer.role == "preflight" for answer in finding.places):
        parts[1:1] = [NEVER_SENT]
    answers = sorted(finding.places.items(), key=lambda item: (-item[1].total(), item[0]))
    left = ENDPOINTS
    for answer, places in answers[:ENDPOINTS]:
        showing = places.most_common(left if len(answers) == 1 else min(left, ENDPOINTS - 2))
        left -= len(showing)
        if not showing:
            break
        parts += [_answer(answer, showing, finding), ""]
    if more := _more(finding, answers, left):
        parts += [Text(more, "dim"), ""]
    parts.append(_about(finding, answers[0][0]))
    return Group(Line(style="dim"), title, "", Padding(Group(*parts), (0, 0, 0, 3)))


def _counts(finding: Finding) -> Text:
    if not finding.likely:
        return Text(f"{finding.certain} blocked", "bold red")
    if not finding.certain:
        return Text(f"{finding.likely} likely blocked", "bold yellow")
    return _text(f"{finding.exchanges} blocked", "bold red", f", {finding.likely} likely", "yellow")


def _more(finding: Finding, answers: list[tuple[Answer, Counter[Place]]], left: int) -> str:
    """What is not shown."""
    endpoints = sum(len(places) for _, places in answers) - (ENDPOINTS - left)
    if not endpoints:
        return ""
    least = "at least " if finding.unlisted else ""
    return f"and {least}{_plural(endpoints, 'more endpoint')} with the same cause"


def _answer(answer: Answer, places: list[tuple[Place, int]], finding: Finding) -> RenderableType:
    fields = _fields()
    origins = {place.origin for place, _ in places}
    if len(origins) == 1 and (origin := origins.pop()) is not None:
        fields.add_row("page", _origin(origin))
    for number, (place, count) in enumerate(places):
        asked = _text(f"{count}× " if count > 1 else "", "bold", f"{place.method} {place.url}", "cyan")
        if origins and place.origin is not None:
            asked.append(f" from {place.origin}", "default")
        fields.add_row("" if number else "asked", asked)
    fields.add_row("was", Text("\n".join(answer.was), "red"))
    for note in _notes(answer, finding):
        fields.add_row("", Text(note, "dim"))
    fields.add_row("needed", Text(answer.needed, "green"))
    if answer.fix:
        fields.add_row("fix", Text("\n".join(answer.fix), "bold green"))
    return fields


def _origin(origin: str) -> str:
    return "null (sandboxed frame, local file, or redirected across origins)" if origin == "null" else origin


def _notes(answer: Answer, finding: Finding) -> list[str]:
    notes = []
    if answer.role == "preflight" and any(other.role != "preflight" for other in finding.places):
        notes.append(IN_PREFLIGHT)
    if answer.role == "redirect" and finding.rule.code.startswith("allow-"):
        notes.append(IN_REDIRECT)
    if answer.revalidated:
        notes.append(REVALIDATED)
    return notes


def _about(finding: Finding, answer: Answer) -> RenderableType:
    """What holds for all of the finding's places."""
    rule = finding.rule
    fields = _fields()
    fields.add_row("advice", rule.advice)
    if rule.widens is not None and any(one.fix for one in finding.places):
        fields.add_row("care", f"The fix {rule.widens}.")
        if any(line.endswith("Origin: null") for one in finding.places for line in one.fix):
            fields.add_row("", NULL)
    for (one, engine), (error, message) in finding.messages.items():
        if one == answer and message is not None:
            named = f" ({error})" if error is not None else ""
            fields.add_row("console", _text(f"{_name(engine)}{named}: ", "dim", message))
    for unsure, count in finding.unsure.most_common(2):
        fields.add_row("likely", _unsure(unsure, count, finding))
    for number, line in enumerate(_elsewhere(finding)):
        fields.add_row("" if number else "elsewhere", line)
    fields.add_row(
        "rule", _text(rule.code, "", f" ({_standard(rule.spec, rule.step)})", "dim", f"\n{rule.spec}", "dim")
    )
    return fields


def _unsure(unsure: Unsure, count: int, finding: Finding) -> str:
    some = "" if count == finding.exchanges else f"{count} of {finding.exchanges}: "
    if not unsure.taken:
        return f"{some}{unsure.because}"
    return (
        f"{some}The recording does not show how the page asked. Likely {unsure.taken}, since {unsure.because}; "
        f"{unsure.otherwise}."
    )


def _elsewhere(finding: Finding) -> list[str]:
    """The engines that decide otherwise, in a line for each way they do."""
    ways: dict[tuple[Outcome, str | None, int], list[str]] = {}
    for (engine, outcome, rule), count in sorted(finding.elsewhere.items()):
        ways.setdefault((outcome, rule, count), []).append(_name(engine))
    lines = []
    for (outcome, rule, count), engines in sorted(
        ways.items(), key=lambda way: (way[0][0] == Outcome.BLOCKED, -way[0][2])
    ):
        does = f"blocked by {rule}" if outcome is Outcome.BLOCKED else outcome.value
        some = "" if count == finding.exchanges else f" ({count} of {finding.exchanges})"
        lines.append(f"{', '.join(engines)}: {does}{some}")
    return lines


def _standard(spec: str, step: str) -> str:
    section = next((name for end, name in SECTIONS.items() if spec.endswith(end)), "")
    number = step.removeprefix("internal ")
    return f"{section}, step {number}" if number[:1].isdigit() else section


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
