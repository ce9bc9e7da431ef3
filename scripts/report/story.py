"""Writes the story of a fetch in the terminal: a tree, in colour where there is colour, at 80 columns and more."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TextIO

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from corsight.policies.evidence import Certainty
from corsight.policies.story import Inference, Part, Remedy, Step, Story
from corsight.policies.story.picture import ARROWS, picture
from corsight.policies.story.text import (
    ASCII_SIGNS,
    SIGNS,
    answered,
    asides,
    describe_request,
    elsewhere,
    evidence,
    outcome,
    remedies,
)
from corsight.policies.story.words import ROLES
from corsight.policies.verdict import Outcome
from corsight.scripts.report.console import COLOURS, console_for

GUIDE = "dim"
BRANCH = "├── "
WHOLE = 80
"""Columns that every picture fits in."""
STEPS = {"passed": "green", "failed": "bold red", "not reached": "dim"}
PADDED = re.compile(r"(?: |\x1b\[[0-9;]*m)+$", re.MULTILINE)


def write(story: Story, stream: TextIO) -> None:
    """Write the story."""
    console = console_for(stream)
    with console.capture() as capture:
        console.print(tree(story, ascii_only=not console.encoding.startswith("utf"), width=console.width))
    # Tables pad their cells: no line is to end in spaces.
    stream.write(PADDED.sub(lambda match: match[0].replace(" ", ""), capture.get()))


def tree(story: Story, *, ascii_only: bool = False, width: int = WHOLE) -> RenderableType:
    """Return the story as a tree: how it ended and what changes that, who asked, the picture, every exchange. On a
    screen that is narrower than the picture there is none: cut, it would show another story.
    """
    asked, end = story.asked, story.end
    root = Tree(Text(f"{asked.method} {asked.url}", "bold", overflow="fold"), guide_style=GUIDE)
    ended = root.add(_said(story.conclusion, end.outcome, story.certainty))
    if end.remedy is not None:
        ended.add(_fields(_remedy(end, end.remedy)))
    root.add(_fields(_asked(story)))
    drawn = picture(story, ascii_only=ascii_only)
    if max(map(len, drawn), default=0) + len(BRANCH) <= width:
        root.add(_picture(drawn))
    for number, part in enumerate(story.parts, 1):
        _add_part(root, part, number, remedied=part is not end, signs=ASCII_SIGNS if ascii_only else SIGNS)
    if story.never_sent is not None:
        root.add(Text(story.never_sent, "bold"))
    if story.unknown:
        root.add(
            _fields([("unknown" if place == 0 else "", text, "yellow") for place, text in enumerate(story.unknown)])
        )
    return root


def _asked(story: Story) -> list[tuple[str, str, str]]:
    asked = story.asked
    rows = [("page", f"{asked.origin or 'no origin'}, in {story.client}", ""), ("", describe_request(story), "")]
    rows += [("because" if place == 0 else "", reason, "") for place, reason in enumerate(asked.because)]
    return rows + _evidence(story.evidence)


def _add_part(root: Tree, part: Part, number: int, *, remedied: bool, signs: dict[str, str]) -> None:
    colour = COLOURS[part.outcome]
    title = Text(f"{number}. {ROLES[part.role]} ", "bold", overflow="fold")
    title.append(f"{part.method} {part.url} ", "")
    title.append("-> ", "dim").append(answered(part), colour)
    branch = root.add(title)
    headers = [("sent" if place == 0 else "", line, "") for place, line in enumerate(part.sent)]
    headers += [("answered" if place == 0 else "", line, "") for place, line in enumerate(part.answered)]
    if headers:
        branch.add(_fields(headers))
    for section, steps in groupby(part.steps, key=lambda step: step.section):
        taken = list(steps)
        unreached = all(step.outcome == "not reached" for step in taken)
        node = branch.add(Text(section, "dim" if unreached else "italic"))
        for step in taken:
            node.add(_step(step, signs))
    ended = branch.add(_said(outcome(part), part.outcome, part.certainty))
    rows: list[tuple[str, str, str]] = [] if part.why is None else [("why", part.why, "")]
    if part.message is not None:
        rows.append(("console", part.message if part.error is None else f"({part.error}) {part.message}", "dim"))
    elif part.error is not None:
        rows.append(("error", part.error, "dim"))
    rows += [("evidence" if place == 0 else "", text, "dim") for place, text in enumerate(part.grounds)]
    rows += _evidence(part.evidence)
    if remedied and part.remedy is not None:
        rows += _remedy(part, part.remedy)
    for place, other in enumerate(part.elsewhere):
        rows.append(("elsewhere" if place == 0 else "", elsewhere(other), "yellow"))
    rows += [(label, text, "") for label, text in asides(part)]
    if rows:
        ended.add(_fields(rows))


def _step(step: Step, signs: dict[str, str]) -> RenderableType:
    row = Table.grid(padding=(0, 1, 0, 0))
    row.add_column(width=len(signs[step.outcome]))
    row.add_column(width=4)
    row.add_column(overflow="fold")
    style = STEPS[step.outcome]
    text = Text(f"{step.asks}: ", "dim" if step.outcome == "not reached" else "")
    text.append(step.compared or step.outcome, style if step.outcome == "failed" else "dim")
    row.add_row(Text(signs[step.outcome], style), Text(step.number, "dim"), text)
    return row


def _said(text: str, outcome: Outcome, certainty: Certainty) -> Text:
    return Text(text, "bold yellow" if certainty == "likely" else COLOURS[outcome])


def _remedy(part: Part, remedy: Remedy) -> list[tuple[str, str, str]]:
    styles = {"fix": "bold green", "careful": "yellow"}
    style, rows = "", []
    for label, text in remedies(part, remedy):
        style = styles.get(label, style if not label else "")
        rows.append((label, text, style))
    return rows


def _evidence(inferences: Iterable[Inference]) -> list[tuple[str, str, str]]:
    return [("evidence" if place == 0 else "", evidence(one), "dim") for place, one in enumerate(inferences)]


def _picture(drawn: Sequence[str]) -> RenderableType:
    lines = []
    for line in drawn:
        text = Text(line, no_wrap=True, overflow="crop")
        text.highlight_regex(f"[{ARROWS}]+", "dim")
        text.highlight_regex("✘.*", "bold red")
        text.highlight_regex("✔.*", "green")
        lines.append(text)
    return Group(*lines)


def _fields(rows: list[tuple[str, str, str]]) -> RenderableType:
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True, width=9, style="dim")
    table.add_column(overflow="fold")
    for label, text, style in rows:
        table.add_row(label, Text(text, style))
    return table
