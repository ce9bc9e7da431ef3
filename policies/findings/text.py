"""Findings as text: what each says, in what order and under what label; and the same as plain lines.

`blocks` is the one layout. The command colours it, mitmproxy's commands print it as it is.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import NamedTuple

from corsight.policies.decision.place import locate
from corsight.policies.engines import ENGINES
from corsight.policies.findings.model import Finding, Place, Seen, Unsure
from corsight.policies.verdict import EngineName, Outcome

ENDPOINTS = 5
"""How many endpoints of a finding are shown; the rest is counted."""
LABELS = 9
"""How wide labels are."""

IN_PREFLIGHT = "in the preflight: the request itself was never sent"
IN_REDIRECT = "in the redirect's own response, which is checked as well"
REVALIDATED = "in the stored response that the server's 304 confirmed"

INFERRED = "That it is blocked is certain; that this is the cause is likely."

ACTORS = {
    "server": "the server",
    "client": "the page",
    "proxy": "what stands between: gateway, cache or proxy",
    "nobody": "nobody",
}
"""Who has to act, in words."""


class Row(NamedTuple):
    """A row of a finding: its label (None: a paragraph over the whole width), its text, and how it is meant.

    `style` is one of plain, dim, what came (`was`), what was needed (`needed`), the fix (`fix`), a request (`asked`).
    """

    label: str | None
    text: str
    style: str = "plain"


def title(finding: Finding) -> str:
    """The finding in a line."""
    return finding.title


def tally(finding: Finding) -> str:
    """How often, in words."""
    if finding.kind == "failed":
        return f"{finding.count} failed"
    if finding.kind == "advice":
        return f"advice, {finding.count}×" if finding.count > 1 else "advice"
    if not finding.likely:
        return f"{finding.certain} blocked"
    if not finding.certain:
        return f"{finding.likely} likely blocked"
    return f"{finding.count} blocked, {finding.likely} likely"


def blocks(finding: Finding) -> list[list[Row]]:
    """All that is said of a finding below its title, in blocks of rows."""
    found: list[list[Row]] = [[Row(None, finding.cause)]]
    evidence = [*finding.evidence, *([INFERRED] if finding.kind == "blocked" and _inferred(finding) else [])]
    if evidence:
        found.append([Row("" if number else "evidence", line) for number, line in enumerate(evidence)])
    found += _seen(finding) or _places(finding.places, finding.more)
    found.append(_about(finding))
    return found


def lines(findings: Iterable[Finding], width: int = 80) -> list[str]:
    """The findings as plain lines, no longer than `width` but for what cannot be broken."""
    said: list[str] = []
    for number, finding in enumerate(findings, 1):
        said += [""] if said else []
        head = f"{number}  {finding.title}"
        counted = tally(finding)
        first, *rest = textwrap.wrap(
            head, width - len(counted) - 2, subsequent_indent="   ", break_on_hyphens=False
        ) or [head]
        said += [f"{first:<{width - len(counted)}}{counted}", *rest]
        for block in blocks(finding):
            said.append("")
            for row in block:
                said += _wrapped(row, width)
    return [line.rstrip() for line in said]


def _wrapped(row: Row, width: int) -> list[str]:
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


def _inferred(finding: Finding) -> bool:
    return finding.certainty == "likely" and finding.certain > 0


# -- what was seen ---------------------------------------------------------------------------------------------------


def _seen(finding: Finding) -> list[list[Row]]:
    found: list[list[Row]] = []
    left = ENDPOINTS
    for seen in finding.seen[:ENDPOINTS]:
        showing = seen.places[: left if len(finding.seen) == 1 else min(left, ENDPOINTS - 2)]
        left -= len(showing)
        if not showing:
            break
        found.append(_answer(seen, showing, finding))
    endpoints = sum(len(seen.places) for seen in finding.seen) - (ENDPOINTS - left)
    if finding.seen and (endpoints or finding.more_untold):
        least = "at least " if finding.more_untold else ""
        found.append([Row(None, f"and {least}{_plural(endpoints, 'more endpoint')} with the same cause", "dim")])
    return found


def _answer(seen: Seen, places: tuple[Place, ...], finding: Finding) -> list[Row]:
    rows = _asked(places)
    rows += [Row("" if number else "was", line, "was") for number, line in enumerate(seen.was)]
    rows += [Row("", note, "dim") for note in _notes(seen, finding)]
    rows.append(Row("needed", seen.needed, "needed"))
    rows += [Row("" if number else "fix", line, "fix") for number, line in enumerate(seen.fix)]
    return rows


def _asked(places: tuple[Place, ...]) -> list[Row]:
    rows: list[Row] = []
    origins = {place.origin for place in places}
    one = len(origins) == 1
    if one and (origin := places[0].origin) is not None:
        rows.append(Row("page", _origin(origin)))
    for number, place in enumerate(places):
        times = f"{place.count}× " if place.count > 1 else ""
        asking = "" if one or place.origin is None else f" from {place.origin}"
        rows.append(Row("" if number else "asked", f"{times}{place.method} {place.url}{asking}", "asked"))
    return rows


def _places(places: tuple[Place, ...], more: int) -> list[list[Row]]:
    if not places:
        return []
    found = [_asked(places[:ENDPOINTS])]
    left = len(places) - ENDPOINTS + more if len(places) > ENDPOINTS else more
    if left > 0:
        found.append([Row(None, f"and {_plural(left, 'more endpoint')}", "dim")])
    return found


def _origin(origin: str) -> str:
    return "null (sandboxed frame, local file, or redirected across origins)" if origin == "null" else origin


def _notes(seen: Seen, finding: Finding) -> list[str]:
    notes: list[str] = []
    if finding.kind == "advice":
        return notes
    if seen.role == "preflight" and any(other.role != "preflight" for other in finding.seen):
        notes.append(IN_PREFLIGHT)
    if seen.role == "redirect" and finding.rules[0].startswith("allow-"):
        notes.append(IN_REDIRECT)
    if seen.revalidated:
        notes.append(REVALIDATED)
    return notes


# -- what holds for all of its places --------------------------------------------------------------------------------


def _about(finding: Finding) -> list[Row]:
    who = ACTORS[finding.actor]
    rows = [Row("to do", finding.action), Row("who", f"{who[0].upper()}{who[1:]}.")]
    rows += [Row("" if number else "care", line) for number, line in enumerate(finding.care)]
    for said in finding.said:
        named = f" ({said.error})" if said.error is not None else ""
        rows.append(Row("console", f"{ENGINES[said.engine].label}{named}: {said.message}"))
    rows += [Row("likely", _unsure(unsure, finding)) for unsure in finding.unsure[:2]]
    rows += [Row("" if number else "elsewhere", line) for number, line in enumerate(_elsewhere(finding))]
    if finding.code not in finding.rules:
        rows.append(Row("code", finding.code, "dim"))
    for code in finding.rules[:3]:
        place = locate(code)
        rows.append(Row("rule", f"{code} ({place})\n{place.spec}", "dim"))
    return rows


def _unsure(unsure: Unsure, finding: Finding) -> str:
    some = "" if unsure.count == finding.count else f"{unsure.count} of {finding.count}: "
    if not unsure.taken:
        return f"{some}{unsure.because}"
    return (
        f"{some}The recording does not show how the page asked. Likely {unsure.taken}, since {unsure.because}; "
        f"{unsure.otherwise}."
    )


def _elsewhere(finding: Finding) -> list[str]:
    """The engines that decide otherwise, in a line for each way they do."""
    ways: dict[tuple[Outcome, str | None, int], list[EngineName]] = {}
    for other in finding.elsewhere:
        ways.setdefault((other.outcome, other.rule, other.count), []).append(other.engine)
    said = []
    for (outcome, rule, count), engines in sorted(
        ways.items(), key=lambda way: (way[0][0] == Outcome.BLOCKED, -way[0][2])
    ):
        does = f"blocked by {rule}" if outcome is Outcome.BLOCKED else outcome.value
        some = "" if count == finding.count else f" ({count} of {finding.count})"
        said.append(f"{', '.join(ENGINES[engine].label for engine in engines)}: {does}{some}")
    return said


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
