"""Findings as a table, a line for each: who is blocked, how often, at which endpoint, by what, and who has to act."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from corsight.policies.actor import shorten_actor
from corsight.policies.findings import Finding, Kind
from corsight.policies.findings.model import Place
from corsight.scripts.report.lines import pluralize

COLOURS: dict[Kind, str] = {"blocked": "bold red", "open": "bold yellow", "failed": "yellow", "advice": "cyan"}
HEADS = ("#", "×", "page", "endpoint", "cause", "who")
PAGE, LEAST_PAGE = (16, 30), 10
"""The largest width of the column of pages (in a narrow and a wide terminal), and the smallest that is of use."""
ENDPOINT = 14, 18
"""The smallest width for endpoints, without and with a column of pages."""
WIDE = 100
GAP = 2
"""Spaces between two columns."""
ACTOR = len("server")
"""Characters of the longest word for who has to act."""


type Widths = tuple[int, ...]


def measure(findings: Sequence[Finding], width: int) -> Widths:
    """Return how wide each column is in a table of these findings, so that no line is wider than `width`.

    If a cause would be cut, the column of pages gets narrower, and is left out (0) if that is not enough.
    """
    number, count = len(str(len(findings))), max(len(_count(finding)) for finding in findings)
    left = width - number - count - ACTOR - GAP * 5
    page = max(len(_name_pages(finding.places)) for finding in findings)
    page = max(len(HEADS[2]), min(page, PAGE[width >= WIDE]))
    code = max(len(HEADS[4]), *(len(finding.code) for finding in findings))
    page = min(page, max(LEAST_PAGE, left - ENDPOINT[True] - code))
    if page + ENDPOINT[True] + code > left:
        left, page = left + GAP, 0
        code = max(len(HEADS[4]), min(code, left - ENDPOINT[False]))
    return number, count, page, left - page - code, code, ACTOR


def list_rows(findings: Sequence[Finding], widths: Widths, first: int = 1) -> list[Text]:
    """Return a line for each finding; `first` is the number of the first. Before number 1 comes the table's head."""
    rows = [_row(HEADS, widths, "dim")] if first == 1 else []
    for number, finding in enumerate(findings, first):
        _, _, page, endpoint, code, _ = widths
        origin, where = fit(_name_pages(finding.places), page), _name_endpoint(finding, endpoint)
        cells = str(number), _count(finding), origin, where, fit(finding.code, code), shorten_actor(finding.actor)
        rows.append(_row(cells, widths, "", COLOURS[finding.kind]))
    return rows


def _count(finding: Finding) -> str:
    """Return the count; with a question mark if all of them are only likely to be blocked."""
    return f"{finding.count}{'?' if finding.kind == 'blocked' and not finding.certain else ''}"


def describe_kind(kind: Kind, findings: Sequence[Finding]) -> str:
    """Return the heading of the findings of one kind."""
    times = sum(finding.count for finding in findings)
    causes = pluralize(len(findings), "cause")
    return {
        "blocked": f"Blocked: {pluralize(times, 'exchange')}, for {causes}"
        + (" (?: only likely)" if any("?" in _count(finding) for finding in findings) else ""),
        "open": f"Open: {pluralize(times, 'exchange')}, passed or blocked, for {causes}",
        "failed": f"Failed without an answer: {pluralize(times, 'exchange')}",
        "advice": f"Advice on what works: {pluralize(len(findings), 'finding')}",
    }[kind]


def describe_openings(findings: Sequence[Finding]) -> list[str]:
    """Return what the open findings depend on, one line for each kind."""
    return list(
        dict.fromkeys(
            f"Blocked if requested {doubt.taken}; {doubt.otherwise}."
            for finding in findings
            for doubt in finding.doubts[:1]
            if doubt.taken
        )
    )


def fit(text: str, width: int) -> str:
    """Return a text cut to a width; a sign shows that it was cut."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _row(cells: Sequence[str], widths: Sequence[int], style: str, sign: str | None = None) -> Text:
    row = Text()
    for index, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        if not width:
            continue
        padded = cell.rjust(width) if index < 2 else cell.ljust(width)
        row.append(padded.rstrip() if index == len(cells) - 1 else padded, sign if index == 1 and sign else style)
        row.append("" if index == len(cells) - 1 else " " * GAP)
    return row


def _name_pages(places: Sequence[Place]) -> str:
    origins = list(dict.fromkeys(place.origin for place in places if place.origin))
    if not origins:
        return "-"
    more = f" +{len(origins) - 1}" if len(origins) > 1 else ""
    return f"{origins[0].rpartition('://')[2]}{more}"


def _name_endpoint(finding: Finding, width: int) -> str:
    """Return the first endpoint, and how many more there are. A long one loses its start: paths differ at the end."""
    if not finding.places:
        return "-"
    place = finding.places[0]
    ends = dict.fromkeys((one.method, one.url.partition("?")[0]) for one in finding.places)
    others = len(ends) - 1 + finding.more
    more = f" +{others}" if others else ""
    where = place.url.partition("://")[2].partition("?")[0]
    room = width - len(place.method) - 1 - len(more)
    if len(where) > room:
        path = f"…/{where.partition('/')[2]}"
        where = path if len(path) <= room else f"…{where[1 - room :]}" if room > 1 else ""
    return f"{fit(place.method, 8)} {where}{more}"[:width]
