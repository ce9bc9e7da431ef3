"""Writes lines for a terminal: labels and texts, verdicts, and commands, which are never wrapped, so that they can be
copied.
"""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable
from io import TextIOWrapper
from typing import TextIO

from rich.text import Text

from corsight.policies.decision.place import locate
from corsight.policies.redact import printable, redact
from corsight.policies.redact.plain import REDACTED
from corsight.policies.rules import Rule
from corsight.scripts.report.console import console_for

LABEL = 11
NARROWEST = 40
STYLES = {"fix": "bold green", "careful": "yellow", "note": "yellow", "was": "red", "failed": "red"}
FILES = {"preflight": "preflight.txt", "response": "response.txt"}
"""The file names that the printed commands use for a server's answers."""
FILE_OPTIONS = (["--preflight"], ["--response"])


class Page:
    """Writes lines for a terminal, and is the only place that wraps them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        if isinstance(stream, TextIOWrapper):
            # Firefox's quotes are in no code page of old.
            stream.reconfigure(errors="backslashreplace")
        self._console = console_for(stream)
        self._width = max(self._console.width, NARROWEST)
        self._blank = False
        self._begun = False
        self._style = ""

    def say(self, text: Text) -> None:
        """Write a line, wrapped if it is too long."""
        plain = text.plain
        if len(plain) <= self._width and plain.isprintable():
            self._print(text)
            return
        for line in self._wrap(plain, "", "    "):
            self._print(Text(line, text.style))

    def verdict(self, said: str, style: str, longest: int, words: str) -> None:
        """Write a verdict: its word, and in a second column the engines and what it means."""
        indent = 2 + longest + 2
        for number, line in enumerate(self._wrap(words, " " * indent, " " * indent)):
            head = f"  {said if number == 0 else '':<{indent - 2}}"
            self._print(Text.assemble((head, style), line[indent:]))

    def field(self, label: str, text: str) -> None:
        """Write a label and its text; without a label, the text belongs to the label before."""
        style = self._style = STYLES.get(label, "") if label else self._style
        rest = LABEL + 2 * text.startswith("- ")
        for number, line in enumerate(self._wrap(text, " " * LABEL, " " * rest)):
            head = f"{label:<{LABEL}}" if number == 0 else " " * LABEL
            self._print(Text.assemble((head, "dim"), (line[LABEL:], style)))

    def commands(self, label: str, commands: Iterable[str]) -> None:
        """Write commands to copy, under a heading."""
        lines = [line for command in commands for line in command.split("\n")]
        if any(REDACTED in line for line in lines):
            label += f". Replace {REDACTED} with your own value"
        for line in self._wrap(label, "# ", "# "):
            self._print(Text(line, "dim"))
        for line in lines:
            self._print(Text(printable(line), "bold cyan"))
        self.blank()

    def blank(self) -> None:
        """Write an empty line, if anything follows."""
        self._blank = True

    def flush(self) -> None:
        """Write what is left to the stream."""
        self._stream.flush()

    def _wrap(self, text: str, first: str, rest: str) -> list[str]:
        # What is copied has to stay whole, however long. What peers sent is in it, whoever wrote the text around it.
        return textwrap.wrap(
            printable(text.replace("\n", " ")),
            self._width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [first]

    def _print(self, text: Text) -> None:
        if self._blank and self._begun:
            self._console.print()
        self._blank, self._begun = False, True
        self._console.print(text, soft_wrap=True)


def joined(words: Iterable[str]) -> str:
    """Return the command for a shell, one option on each line."""
    lines: list[list[str]] = [[]]
    for word in words:
        if word.startswith("-") and len(lines[-1]) > 1 and len(shlex.join(lines[-1])) > 30:
            lines.append([])
        # The name of a file is not a URL, and has to stay whole for the command to run.
        lines[-1].append(word if lines[-1][-1:] in FILE_OPTIONS else redact(word))
    return " \\\n  ".join(shlex.join(line) for line in lines)


def rule_line(rule: Rule) -> str:
    """Return a rule's code, and its place in the standard."""
    place = locate(rule.code)
    return f"{rule.code}, {place.spec}" + (f" (step {place.number})" if place.number else "")
