"""Findings as text: what each says, in what order and under what label; and the same as plain lines.

`lay_out` is the one layout. The command colours it, mitmproxy's commands print it as it is.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import NamedTuple

from corsight.policies.actor import name_actor
from corsight.policies.decision.place import locate
from corsight.policies.engines import ENGINES
from corsight.policies.findings.model import Doubt, Finding, Mismatch, Place
from corsight.policies.findings.words import count
from corsight.policies.verdict import ASSUMPTIONS, EngineName, Outcome, Unknown

ENDPOINTS = 5
"""How many endpoints of a finding are shown; the rest is counted."""
LABELS = 9
"""How wide labels are."""

IN_PREFLIGHT = "in the preflight: the request itself was never sent"
IN_REDIRECT = "in the redirect's own response, which has to pass the CORS check as well"
REVALIDATED = "in the stored response that the server's 304 confirmed"

SETTLE = {
    "credentials": (
        "Visit the page with corsight browse, or set cors_marker while you record: a marker cookie then shows which "
        "requests have credentials."
    ),
    "mode": "Record it with the Sec-Fetch headers that browsers send to https and localhost.",
}
"""How it comes out what an open exchange turns on, by the fact."""
WATCH = "Visit the page with corsight browse: it asks the browser itself what became of its requests."

INFERRED = "That it is blocked is certain; that this is the cause is likely."


class Row(NamedTuple):
    """A row of a finding: its label (None: a paragraph over the whole width), its text, and how it is meant.

    `style` is one of plain, dim, the actual header (`was`), the expected one (`needed`), the fix (`fix`), a request
    (`asked`).
    """

    label: str | None
    text: str
    style: str = "plain"


def tally(finding: Finding) -> str:
    """Return how often it was met, in words."""
    if finding.kind in ("failed", "open"):
        return f"{finding.count} {finding.kind}"
    if finding.kind == "advice":
        return f"advice, {finding.count}×" if finding.count > 1 else "advice"
    if not finding.likely:
        return f"{finding.certain} blocked"
    if not finding.certain:
        return f"{finding.likely} likely blocked"
    return f"{finding.count} blocked, {finding.likely} likely"


def lay_out(finding: Finding) -> list[list[Row]]:
    """Return all that is said of a finding below its title, in blocks of rows."""
    blocks = [[Row(None, _describe_opening(doubt, finding))] for doubt in finding.doubts[:2] if finding.kind == "open"]
    blocks.append([Row(None, finding.cause)])
    inferred = finding.kind == "blocked" and finding.certainty == "likely" and finding.certain > 0
    evidence = [*finding.evidence, *([INFERRED] if inferred else [])]
    if evidence:
        blocks.append(_list_rows("evidence", evidence))
    blocks += _show_mismatches(finding) or _show_places(finding.places, finding.more)
    blocks.append(_show_rest(finding))
    return blocks


def write_lines(findings: Iterable[Finding], width: int = 80) -> list[str]:
    """Return the findings as plain lines, no longer than `width` but for what cannot be broken."""
    lines: list[str] = []
    for number, finding in enumerate(findings, 1):
        lines += [""] if lines else []
        head = f"{number}  {finding.title}"
        times = tally(finding)
        first, *rest = textwrap.wrap(head, width - len(times) - 2, subsequent_indent="   ", break_on_hyphens=False) or [
            head
        ]
        lines += [f"{first:<{width - len(times)}}{times}", *rest]
        for block in lay_out(finding):
            lines.append("")
            for row in block:
                lines += _wrap(row, width)
    return [line.rstrip() for line in lines]


def _wrap(row: Row, width: int) -> list[str]:
    indent = "   " if row.label is None else " " * (LABELS + 5)
    first = indent if row.label is None else f"   {row.label:<{LABELS}}  "
    wrapped: list[str] = []
    for line in row.text.split("\n"):
        wrapped += textwrap.wrap(
            line,
            width,
            initial_indent=indent if wrapped else first,
            subsequent_indent=indent,
            break_on_hyphens=False,
        )
    return wrapped or [first]


def _list_rows(label: str, lines: Iterable[str], style: str = "plain") -> list[Row]:
    """Return a row for each line; the first has the label."""
    return [Row("" if number else label, line, style) for number, line in enumerate(lines)]


# -- where it was met ------------------------------------------------------------------------------------------------


def _show_mismatches(finding: Finding) -> list[list[Row]]:
    blocks: list[list[Row]] = []
    left = ENDPOINTS
    for mismatch in finding.mismatches[:ENDPOINTS]:
        places = mismatch.places[: left if len(finding.mismatches) == 1 else min(left, ENDPOINTS - 2)]
        left -= len(places)
        if not places:
            break
        blocks.append(_show_mismatch(mismatch, places, finding))
    endpoints = sum(len(one.places) for one in finding.mismatches) - (ENDPOINTS - left)
    if finding.mismatches and (endpoints or finding.at_least):
        least = "at least " if finding.at_least else ""
        blocks.append([Row(None, f"and {least}{count(endpoints, 'more endpoint')} with the same cause", "dim")])
    return blocks


def _show_mismatch(mismatch: Mismatch, places: tuple[Place, ...], finding: Finding) -> list[Row]:
    return [
        *_show_requests(places),
        *_list_rows("was", mismatch.actual, "was"),
        *(Row("", note, "dim") for note in _list_notes(mismatch, finding)),
        Row("needed", mismatch.expected, "needed"),
        *_list_rows("fix", mismatch.fix, "fix"),
    ]


def _show_requests(places: tuple[Place, ...]) -> list[Row]:
    origins = {place.origin for place in places}
    one = len(origins) == 1
    rows = [Row("page", _name_origin(origin)) for origin in origins if one and origin is not None]
    requests: list[str] = []
    for place in places:
        times = f"{place.count}× " if place.count > 1 else ""
        page = "" if one or place.origin is None else f" from {place.origin}"
        requests.append(f"{times}{place.method} {place.url}{page}")
    return rows + _list_rows("request", requests, "asked")


def _show_places(places: tuple[Place, ...], more: int) -> list[list[Row]]:
    if not places:
        return []
    blocks = [_show_requests(places[:ENDPOINTS])]
    left = len(places[ENDPOINTS:]) + more
    if left:
        blocks.append([Row(None, f"and {count(left, 'more endpoint')}", "dim")])
    return blocks


def _name_origin(origin: str) -> str:
    return "null (sandboxed frame, local file, or redirected across origins)" if origin == "null" else origin


def _list_notes(mismatch: Mismatch, finding: Finding) -> list[str]:
    notes: list[str] = []
    if finding.kind == "advice":
        return notes
    if mismatch.role == "preflight" and any(other.role != "preflight" for other in finding.mismatches):
        notes.append(IN_PREFLIGHT)
    if mismatch.role == "redirect" and finding.rules[0].startswith("allow-"):
        notes.append(IN_REDIRECT)
    if mismatch.revalidated:
        notes.append(REVALIDATED)
    return notes


# -- what holds for all of its places --------------------------------------------------------------------------------


def _show_rest(finding: Finding) -> list[Row]:
    rows = [Row("to do", finding.action), Row("who", name_actor(finding.actor))]
    rows += _list_rows("careful", finding.care)
    for console in finding.console:
        error = f" ({console.error})" if console.error is not None else ""
        rows.append(Row("console", f"{ENGINES[console.engine].label}{error}: {console.text}"))
    if finding.kind == "open":
        rows += _list_rows("settle", list_settling(finding))
    else:
        rows += [Row("likely", _describe_doubt(doubt, finding)) for doubt in finding.doubts[:2]]
    rows += _list_rows("elsewhere", _list_others(finding))
    if finding.code not in finding.rules:
        rows.append(Row("cause", finding.code, "dim"))
    for code in finding.rules[:3]:
        place = locate(code)
        rows.append(Row("rule", f"{code} ({place})\n{place.spec}", "dim"))
    return rows


def list_settling(finding: Finding) -> list[str]:
    """Return how it can be found out whether what is open was blocked, a sentence a way."""
    return list_ways(one for doubt in finding.doubts for one in doubt.assumptions)


def list_ways(assumptions: Iterable[str]) -> list[str]:
    """Return how it can be found out whether these assumptions hold, a sentence a way."""
    assumed = dict.fromkeys(assumptions)
    ways = dict.fromkeys(SETTLE.get(one.partition("=")[0], WATCH) for one in assumed)
    lines = [*ways] or [WATCH]
    known = [one for one in assumed if one.partition("=")[0] in SETTLE]
    if known:
        lines.append(f"Or say it, if you know: --assume {' --assume '.join(known)}, or the opposite.")
    return lines


def list_doubts(finding: Finding) -> list[str]:
    """Return why verdicts are only likely, or what they turn on where they are open, a text a reason."""
    describe = _describe_opening if finding.kind == "open" else _describe_doubt
    return [describe(doubt, finding) for doubt in finding.doubts]


def _describe_opening(doubt: Doubt, finding: Finding) -> str:
    some = "" if doubt.count == finding.count else f"{doubt.count} of {finding.count}: "
    return (
        f"{some}Open. If the page made the request {doubt.taken or 'in the other way'}, it is blocked for the reason "
        "below; "
        f"{doubt.otherwise}. The recording does not show which. The latter is more likely, since {doubt.because}."
    )


UNSEEN_ANSWERS = tuple(text for (fact, _), text in ASSUMPTIONS.items() if fact is Unknown.ANSWER)


def _describe_doubt(doubt: Doubt, finding: Finding) -> str:
    some = "" if doubt.count == finding.count else f"{doubt.count} of {finding.count}: "
    if not doubt.taken:
        return f"{some}{doubt.because}"
    unseen = "what the response was" if doubt.taken in UNSEEN_ANSWERS else "how the page made the request"
    return (
        f"{some}The recording does not show {unseen}. Most likely {doubt.taken}, since {doubt.because}; "
        f"{doubt.otherwise}."
    )


def _list_others(finding: Finding) -> list[str]:
    """Return the engines that decide otherwise, in a line for each way they do."""
    ways: dict[tuple[Outcome, str | None, int], list[EngineName]] = {}
    for other in finding.others:
        ways.setdefault((other.outcome, other.rule, other.count), []).append(other.engine)
    lines: list[str] = []
    for (outcome, rule, number), engines in sorted(
        ways.items(), key=lambda way: (way[0][0] == Outcome.BLOCKED, -way[0][2])
    ):
        does = f"blocked by {rule}" if outcome is Outcome.BLOCKED else outcome.value
        some = "" if number == finding.count else f" ({number} of {finding.count})"
        lines.append(f"{', '.join(ENGINES[engine].label for engine in engines)}: {does}{some}")
    return lines
