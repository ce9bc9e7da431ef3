"""The parts of docs/agreement.md on scripts of wrong types, on other builds, and on the marker cookie."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

type Result = dict[str, Any]

NAMES = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKit"}

TYPED = """\
## Scripts and style sheets of wrong types

A server often answers a script with an error page. Browsers then look at the type, by rules that depend on what the
script is for: a module, a worker, an old script element. These scenarios ask for scripts, modules, JSON modules,
workers, worklets, service workers and style sheets, most of them of a wrong type.

    scripts/lab run --engine ENGINE [--http2] --seed 801 --count 6000 --kind typed

The request does not always show the use: for a module and for a script element with `crossorigin` it is the same. Where
the uses end differently, the verdict is likely, and has a branch for each.
"""

VERSIONS = """\
## Other versions

Each build ran the same random scenarios, and was judged as its own version by the list in [engines.md](engines.md).
None of these recordings was used to make that list.

    scripts/lab run --engine chromium --browser PATH --seed SEED --count COUNT
"""

UNFINISHED = """\
`scripts/test` also runs Chromium 103 and QtWebEngine 6.8 (Chromium 122), on a few scenarios. Not measured: Chromium 92,
which loads the lab's page and then sends nothing while the lab's DevTools session is attached; and earlier versions of
Firefox and WebKit.
"""

MARKER = """\
## With and without the marker cookie

The same random scenarios were run with `cors_marker` on for everything, and off. Most of their requests go to another
site, where other evidence already shows the credentials mode. No page got another result with the marker than without.
The marker matters most between ports of localhost; [marker.md](marker.md) says how it was tried there.

    scripts/lab run --engine ENGINE --seed SEED --count COUNT [--marker]
"""


def typed(found: list[Result]) -> str:
    """Return the section on scripts and style sheets of wrong types."""
    rows = [(result["browser"], protocol(result), *list_counts(result)) for result in found]
    return "\n".join([TYPED, *table(("Browser", "Protocol", *COUNTS), rows), "", *list_grounds(found)])


def versions(found: list[Result]) -> str:
    """Return the section on other builds."""
    rows = [
        (result["browser"], *list_counts(result)) for result in sorted(found, key=lambda result: int(result["run"]))
    ]
    return "\n".join([VERSIONS, *table(("Build", *COUNTS), rows), "", *list_grounds(found), "", UNFINISHED])


def marker(found: list[Result]) -> str:
    """Return the section on the marker cookie: the figures of each run, and by kind of request what is only likely."""
    ordered = sorted(found, key=lambda result: (result["engine"], result["marker"]))
    rows = [(result["browser"], "on" if result["marker"] else "off", *list_counts(result)) for result in ordered]
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
    lines = [*table(("Browser", "Marker", *COUNTS), rows), "", *list_grounds(ordered), "", note, ""]
    return "\n".join([MARKER, *lines, *table(["Kind of request", *heads], by_kind)])


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


def list_grounds(found: list[Result]) -> list[str]:
    """Return what each run was, a line for those that were alike."""
    runs: dict[str, list[str]] = {}
    for result in found:
        seeds = result["seeds"]
        drawn = f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"
        ground = f"{', '.join(result['dates'])}, {drawn}, {result['scenarios']} scenarios"
        runs.setdefault(ground, []).append(f"{NAMES[result['engine']]}{result['run']}")
    return [f"- {', '.join(dict.fromkeys(names))}: {ground}" for ground, names in runs.items()]


def protocol(result: Result) -> str:
    """Return the protocol between a run's browser and the proxy."""
    return "HTTP/2" if result["http2"] else "HTTP/1.1"


def share(part: int, whole: int) -> str:
    """Return a part of a whole in percent."""
    return f"{100 * part / whole:.2f}%" if whole else "–"


def table(columns: Iterable[str], rows: Iterable[tuple[object, ...]]) -> list[str]:
    """Return the lines of a table."""
    columns = list(columns)
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    return [*lines, *("| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows)]
