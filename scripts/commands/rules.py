"""`corsight rules`: the catalogue of all that Corsight finds, and one rule of it whole."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Annotated, Any, Literal, TextIO

import typer

from corsight.scripts.errors import CorsightError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from corsight.policies.rules import Rule

WIDEST = 100
"""Columns that text is set in at most."""
PADDED = re.compile(r" +((?:\x1b\[[0-9;]*m)*)$", re.MULTILINE)


def rules(
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="A rule's code: shows that rule whole.")] = None,
    format: Annotated[Literal["text", "json"], typer.Option(help="text for people, json for programs.")] = "text",
) -> None:
    """List everything that Corsight finds, or show one rule whole: why it is, what browsers say, what mends it."""
    from corsight.policies.rules import RULES
    from corsight.scripts.catalogue import data

    if code is not None and code not in RULES:
        raise CorsightError(
            "there is no rule of that code", where=code[:80], todo=f"the nearest are {', '.join(nearest(code))}"
        )
    if format == "json":
        shown = data(RULES[code]) if code is not None else [data(rule) for rule in RULES.values()]
        print(json.dumps(shown, indent=2, ensure_ascii=True))
        return
    _write(_whole(RULES[code]) if code is not None else _list(), sys.stdout)


def nearest(code: str) -> list[str]:
    """The three codes that look most like `code`; those that hold it, or a word of it, come first."""
    from difflib import SequenceMatcher

    from corsight.policies.rules import RULES

    wanted = code.lower()[:80]
    words = {word for word in wanted.split("-") if len(word) > 2}

    def likeness(known: str) -> tuple[bool, float]:
        ratio = SequenceMatcher(None, wanted, known).ratio()
        return wanted in known, ratio + len(words & set(known.split("-"))) / 4

    return sorted(RULES, key=likeness, reverse=True)[:3]


def _write(parts: list[RenderableType], stream: TextIO) -> None:
    from rich.console import Console

    console = Console(file=stream, markup=False, emoji=False, highlight=False)
    console.width = min(console.width, WIDEST)
    for part in parts:
        stream.write(_set(console, part))


def _set(console: Console, part: RenderableType) -> str:
    with console.capture() as capture:
        console.print(part)
    # Tables pad their cells: no line is to end in spaces.
    return PADDED.sub(r"\1", capture.get())


# -- the list --------------------------------------------------------------------------------------------------------


def _list() -> list[RenderableType]:
    from rich.text import Text

    from corsight.policies.rules import ADVICE, DECISIONS, FAMILIES, RULES

    width = max(map(len, RULES))
    parts: list[RenderableType] = []
    for title, family in FAMILIES.items():
        blocks = family.RULES[0].kind == "decision"
        heading = Text(title, "bold red" if blocks else "bold yellow")
        heading.append("" if blocks else " (advice)", "dim")
        table = _grid(width)
        for rule in family.RULES:
            table.add_row(f"  {rule.code}", rule.title)
        parts += [heading, table, Text()]
    parts.append(
        f"{len(DECISIONS)} rules block, {len(ADVICE)} are advice, which blocks nothing. "
        "corsight rules CODE shows one whole."
    )
    return parts


def _grid(width: int) -> Table:
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, width=width + 2, style="cyan")
    table.add_column(overflow="fold")
    return table


# -- one rule --------------------------------------------------------------------------------------------------------


def _whole(rule: Rule) -> list[RenderableType]:
    from rich.table import Table
    from rich.text import Text

    from corsight.scripts.catalogue import ACTORS, KINDS, NO_HEADER, data, kind_of

    whole = data(rule)
    example, fix = whole["example"], whole["fix"]
    heading = Text(rule.title, "bold red" if rule.kind == "decision" else "bold yellow")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, width=9, style="dim")
    table.add_column(overflow="fold")
    table.add_row("rule", Text.assemble((rule.code, "cyan"), (f" ({KINDS[kind_of(rule)]})", "dim")))
    table.add_row("why", rule.why)
    if rule.many:
        table.add_row("found", "in several exchanges together")
    table.add_row("standard", Text.assemble(whole["section"], "\n", (whole["spec"], "dim")))
    table.add_row()
    for number, one in enumerate(example["exchanges"]):
        table.add_row("" if number else "example", one["request"])
        table.add_row("", Text(one["response"] or "(no response)", "dim"))
        table.add_row()
    table.add_row("seen", Text(example["seen"], "red"))
    table.add_row("needed", Text(example["needed"], "green"))
    table.add_row()
    for label, said in _browsers(whole):
        table.add_row(label, said)
    table.add_row()
    edits = [f"answer with status {example['status']}"] if example["status"] else []
    edits += example["edits"]
    table.add_row("fix", Text("\n".join(edits) or NO_HEADER, "bold green" if edits else ""))
    if fix["mendable"]:
        safe = "safe: it lets nobody do what they could not do before"
        table.add_row("care", safe if fix["widens"] is None else f"it {fix['widens']}")
    table.add_row("advice", rule.advice)
    table.add_row("who acts", ACTORS[rule.actor])
    return [heading, table]


def _browsers(whole: dict[str, Any]) -> list[tuple[str, RenderableType]]:
    """What each engine says of the example, each in a row."""
    from rich.text import Text

    if whole["kind"] == "advice":
        named = [one["label"] for one in whole["engines"].values() if one["says"]]
        return [] if len(named) == len(whole["engines"]) else [("for", ", ".join(named))]
    rows: list[tuple[str, RenderableType]] = []
    for name, one in whole["engines"].items():
        if name == "standard":
            continue
        said = one["message"] or "(nothing in the console)"
        if one["rule"] is None:
            said = "(does not block it)"
        elif one["rule"] != whole["code"]:
            said = f"(for {one['rule']}) {said}"
        head = f"{one['error']}: " if one["error"] is not None else ""
        rows.append((one["label"].lower(), Text.assemble((head, "dim"), said)))
    return rows
