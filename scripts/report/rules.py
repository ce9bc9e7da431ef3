"""Writes the catalogue in a terminal: every rule and cause in a line, or one in full."""

from __future__ import annotations

from typing import Any, TextIO

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from corsight.policies.actor import name_actor
from corsight.policies.causes import CAUSES, KnownCause
from corsight.policies.causes import FAMILIES as CAUSE_FAMILIES
from corsight.policies.rules import ADVICE, DECISIONS, FAMILIES, RULES, Rule
from corsight.scripts.catalogue import CORS_SAYS, KINDS, NO_HEADER, WRITERS, cause_data, data, kind_of
from corsight.scripts.paths import name_command
from corsight.scripts.report.console import console_for, render

WIDEST = 100
"""Columns that text is set in at most."""


def write_list(stream: TextIO) -> None:
    """Write every rule and every cause in a line, by family."""
    _write(_list(), stream)


def write_rule(rule: Rule, stream: TextIO) -> None:
    """Write one rule in full."""
    _write(_describe(rule), stream)


def write_cause(cause: KnownCause, stream: TextIO) -> None:
    """Write one cause in full."""
    _write(_describe_cause(cause), stream)


def _write(parts: list[RenderableType], stream: TextIO) -> None:
    console = console_for(stream)
    console.width = min(console.width, WIDEST)
    for part in parts:
        stream.write(render(console, part))


# -- the list --------------------------------------------------------------------------------------------------------


def _list() -> list[RenderableType]:
    width = max(map(len, (*RULES, *CAUSES)))
    parts: list[RenderableType] = []
    for title, family in FAMILIES.items():
        blocks = family.RULES[0].kind == "decision"
        heading = Text(title, "bold red" if blocks else "bold yellow")
        heading.append("" if blocks else " (advice)", "dim")
        table = _make_table(width + 2)
        for rule in family.RULES:
            table.add_row(f"  {rule.code}", rule.title)
        parts += [heading, table, Text()]
    for title, causes in CAUSE_FAMILIES.items():
        heading = Text(title, "bold cyan")
        heading.append(" (causes)", "dim")
        table = _make_table(width + 2)
        for cause in causes.CAUSES:
            table.add_row(f"  {cause.code}", cause.title.rstrip("."))
        parts += [heading, table, Text()]
    parts.append(
        f"{len(DECISIONS)} rules block, {len(ADVICE)} are advice, which blocks nothing, and {len(CAUSES)} causes are "
        f"behind them or beside CORS. {name_command()} rules CODE shows one in full."
    )
    return parts


def _make_table(width: int, style: str = "cyan") -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, width=width, style=style)
    table.add_column(overflow="fold")
    return table


# -- one cause -------------------------------------------------------------------------------------------------------


def _describe_cause(cause: KnownCause) -> list[RenderableType]:
    heading = Text(cause.title.rstrip("."), "bold red" if cause.stops else "bold yellow")
    table = _make_table(9, "dim")
    table.add_row("cause", Text.assemble((cause.code, "cyan"), (f" ({CORS_SAYS[cause.cors].rstrip('.')})", "dim")))
    table.add_row("why", cause.why)
    console = cause_data(cause)["console"]
    if console:
        table.add_row()
    for engine, texts in console.items():
        for number, text in enumerate(texts):
            table.add_row("" if number else WRITERS[engine].lower(), text)
    table.add_row()
    table.add_row("fix", cause.advice)
    table.add_row("who", name_actor(cause.actor))
    return [heading, table]


# -- one rule --------------------------------------------------------------------------------------------------------


def _describe(rule: Rule) -> list[RenderableType]:

    whole = data(rule)
    example, fix = whole["example"], whole["fix"]
    heading = Text(rule.title, "bold red" if rule.kind == "decision" else "bold yellow")
    table = _make_table(9, "dim")
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
    for label, said in (browsers := _browsers(whole)):
        table.add_row(label, said)
    if browsers:
        table.add_row()
    edits = [f"answer with status {example['status']}"] if example["status"] else []
    edits += example["edits"]
    table.add_row("fix", Text("\n".join(edits) or NO_HEADER, "bold green" if edits else ""))
    if fix["mendable"]:
        if fix["widens"] is None:
            table.add_row("safe", "the fix lets nobody do what they could not do before")
        else:
            table.add_row("careful", f"the fix {fix['widens']}")
    table.add_row("to do", rule.advice)
    table.add_row("who", name_actor(rule.actor))
    return [heading, table]


def _browsers(whole: dict[str, Any]) -> list[tuple[str, RenderableType]]:
    """Return what each engine says of the example, each in a row."""

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
