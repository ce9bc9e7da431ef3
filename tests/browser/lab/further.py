"""The parts of docs/agreement.md on other builds, and on the marker cookie."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

type Result = dict[str, Any]

NAMES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKit"}

VERSIONS = """\
## Other versions

Each build ran the same random scenarios, and was judged as its own version by the list in [engines.md](engines.md).
None of these recordings was used to make that list. `scripts/lab run --engine chromium --browser PATH` runs another
build.
"""

MARKER = """\
## With and without the marker cookie

The same random scenarios were run with `cors_marker` on for everything, and off. Most of their requests go to another
site, where other evidence already shows the credentials mode. No page got another result with the marker than without.
The marker matters most between ports of localhost; [marker.md](marker.md) says how it was tried there.
"""


def versions(found: list[Result]) -> str:
    """Return the section on other builds."""
    rows = [
        (
            result["browser"],
            ", ".join(result["dates"]),
            f"seed {', '.join(map(str, result['seeds']))}",
            result["scenarios"],
            *list_counts(result),
        )
        for result in sorted(found, key=lambda result: int(result["run"]))
    ]
    columns = ("Build", "Date", "Drawn from", "Scenarios", *COUNTS)
    return "\n".join([VERSIONS, *table(columns, rows)])


def marker(found: list[Result]) -> str:
    """Return the section on the marker cookie: the figures of each run, and by kind of request what is only likely."""
    ordered = sorted(found, key=lambda result: (result["engine"], result["marker"]))
    rows = [
        (
            result["browser"],
            "on" if result["marker"] else "off",
            ", ".join(result["dates"]),
            f"seed {', '.join(map(str, result['seeds']))}",
            result["scenarios"],
            *list_counts(result),
        )
        for result in ordered
    ]
    columns = ("Browser", "Marker", "Date", "Drawn from", "Scenarios", *COUNTS)
    kinds = sorted({kind for result in ordered for kind in result["kinds"]})
    by_kind: list[tuple[object, ...]] = []
    for kind in kinds:
        cells: list[object] = [kind]
        for result in ordered:
            tally = result["kinds"].get(kind)
            cells.append("" if tally is None else f"{tally['steps'] - tally['certain']} of {tally['steps']}")
        if not all(cell == "" or str(cell).startswith("0 ") for cell in cells[1:]):
            by_kind.append(tuple(cells))
    heads = [f"{NAMES[result['engine']]}, {'on' if result['marker'] else 'off'}" for result in ordered]
    note = "By kind of request, how many steps are only likely; of the kinds that are left out, none is:"
    return "\n".join([MARKER, *table(columns, rows), "", note, "", *table(["Kind of request", *heads], by_kind)])


COUNTS = ("Steps", "Right", "Wrongly allowed", "Wrongly blocked", "Certain", "Certain and wrong")


def list_counts(result: Result) -> tuple[object, ...]:
    """Return the cells of COUNTS."""
    return (
        result["steps"],
        share(result["right"], result["steps"]),
        result["wrongly_allowed"],
        result["wrongly_blocked"],
        share(result["certain"], result["steps"]),
        result["certain_wrong"],
    )


def share(part: int, whole: int) -> str:
    """Return a part of a whole in percent."""
    return f"{100 * part / whole:.2f}%" if whole else "–"


def table(columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> list[str]:
    """Return the lines of a table."""
    columns = list(columns)
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return [*lines, *("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows)]
