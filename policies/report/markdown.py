"""Markdown for a pull request's comment: under what GitHub takes, the worst findings kept, and what is cut said.

Text from the wire stands in code, or with all that could be markup escaped: it makes no link, image or mention.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence

from corsight.policies.actor import name_actor
from corsight.policies.findings.words import count
from corsight.policies.report.model import Finding, Report
from corsight.policies.report.words import list_fix, sum_up

MOST = 65_000
"""Bytes. GitHub takes 65,536 characters."""
PLACES = 10
ROWS = 100
"""How many findings the table names."""

NOTHING = "<!-- -->"
"""What parts a sign from a name: then they are no mention."""
_MARKUP = re.compile(r"[\\`*_\[\]|~>$]|^ *[-+=#:]|(?<=^\d)[.)]|(?<=^\d\d)[.)]")
_MENTION = re.compile(r"(?<=[@#])(?=\w)|(?<=\bGH)(?=-)|(?<=\bwww)(?=\.)")
_BAR = re.compile(r"(\\*+)\|")
_URL = re.compile(r"(https?://[^\s<>\"'`()]*[^\s<>\"'`().,;:!?])")


def render(report: Report) -> str:
    """Return the text."""
    counting = [finding for finding in report.findings if finding.suppressed is None]
    head = ["## Corsight", "", f"**{escape(sum_up(report))}**", ""]
    for recording in report.recordings[:PLACES]:
        problem = "" if recording.problem is None else f": {escape(recording.problem)}"
        head.append(f"- {write_code(recording.name)}, {count(recording.exchanges, 'exchange')}{problem}")
    head += [f"- {escape(remark)}" for remark in report.remarks[:PLACES]]
    if counting:
        head += ["", "| | What | Where | Who has to act |", "|---|---|---|---|"]
        head += [_write_row(finding) for finding in counting[:ROWS]]
    suppressed = len(report.findings) - len(counting)
    foot = [f"\n{count(suppressed, 'finding is', 'findings are')} suppressed."] if suppressed else []
    return _fit("\n".join(head) + "\n", [_write_finding(one) for one in counting], foot)


def _fit(head: str, told: Sequence[str], foot: Sequence[str]) -> str:
    """Return the head and as many of the findings as there is room for."""
    text, left = head, len(told)
    room = MOST - 200 - sum(len(one.encode()) for one in foot)
    size = len(text.encode())
    for one in told:
        size += len(one.encode()) + 1
        if size > room:
            break
        text, left = f"{text}\n{one}", left - 1
    cut = f"\n{count(left, 'finding is', 'findings are')} cut: this text may not be longer." if left else ""
    return "\n".join(part for part in (text.rstrip("\n"), cut, *foot) if part) + "\n"


def _write_row(finding: Finding) -> str:
    place = finding.places[0] if finding.places else None
    where = "" if place is None else _write_cell(f"{place.method} {_cut(place.url)}")
    return f"| {finding.tally} | {escape(finding.title, _write_cell)} | {where} | {name_actor(finding.actor)} |"


def _write_finding(finding: Finding) -> str:
    lines = ["<details>", f"<summary>{escape_html(finding.title)} ({finding.tally})</summary>", ""]
    lines += [escape(line) + "\n" for line in finding.doubts if finding.kind == "open"]
    lines += [escape(finding.cause), ""]
    if finding.tests:
        more = f" and {count(len(finding.tests) - PLACES, 'more test')}" if len(finding.tests) > PLACES else ""
        lines += [f"Met in {', '.join(map(write_code, finding.tests[:PLACES]))}{more}.", ""]
    for place in finding.places[:PLACES]:
        page = "" if place.origin is None else f" from {write_code(place.origin)}"
        lines.append(f"- {place.count}× {write_code(f'{place.method} {place.url}')}{page}")
    if rest := len(finding.places[PLACES:]) + finding.more:
        lines.append(f"- and {count(rest, 'more place')}")
    lines += ["", f"**To do:** {escape(finding.action)}"]
    if fix := list_fix(finding):
        lines += ["", write_block(fix)]
    lines += [escape(line) for line in finding.settle]
    lines += ["", *(f"**Careful:** {escape(care)}\n" for care in finding.care), f"Cause: {write_code(finding.code)}"]
    return "\n".join([*lines, "", "</details>", ""])


def _cut(text: str, longest: int = 120) -> str:
    return text if len(text) <= longest else f"{text[:longest]}…"


def escape(text: str, write: Callable[[str], str] | None = None) -> str:
    """Return text as words only: nothing in it is markup, a mention or a link. URLs, and what stands between
    backticks, are code, which `write` writes.
    """
    write = write or write_code
    spans = text.replace("\n", " ").split("`")
    # Backticks that are not in pairs, or stand side by side, are signs like any other.
    if len(spans) % 2 == 0 or not all(spans[1:-1]):
        spans = ["`".join(spans)]
    return "".join(write(span) if place % 2 else _escape_urls(span, write) for place, span in enumerate(spans))


def _escape_urls(text: str, write: Callable[[str], str]) -> str:
    parts = _URL.split(text)
    return "".join(write(part) if place % 2 else _escape(part) for place, part in enumerate(parts))


def _escape(text: str) -> str:
    text = _MARKUP.sub(r"\\\g<0>", text.replace("&", "&amp;").replace("<", "&lt;"))
    return _MENTION.sub(NOTHING, text)


def escape_html(text: str) -> str:
    """Return text as words only inside an HTML element, where Markdown is not read."""
    return _MENTION.sub(NOTHING, html.escape(text.replace("\n", " "), quote=False))


def write_code(text: str) -> str:
    """Return text as code in a line, whatever backticks are in it."""
    text = text.replace("\n", " ")
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{fence}{space}{text}{space}{fence}"


def _write_cell(text: str) -> str:
    """Return text as code in a cell of a table, which no bar in it ends: of several backslashes before one, each second
    one is taken for the sign behind it.
    """
    return _BAR.sub(lambda found: found[1] + ("\\" if len(found[1]) % 2 == 0 else "\\\\") + "|", write_code(text))


def write_block(lines: Sequence[str]) -> str:
    """Return lines as a block of code, whatever backticks are in them."""
    text = "\n".join(lines)
    fence = "`" * max(3, max(map(len, re.findall("`+", text)), default=0) + 1)
    return f"{fence}http\n{text}\n{fence}"
