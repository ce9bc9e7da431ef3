"""Hold the step comments against the standards' own text: scripts/dev/standard LINK=FILE ...

    scripts/dev/standard https://fetch.spec.whatwg.org/=fetch.html

FILE is the page that LINK leads to (HTML, or its Bikeshed source where that has HTML lists). Every number and phrase
that the code cites of it has to be there. What was found is written to tests/scripts/dev/standard.tsv, so that a test
can hold the code against it without the standard; rows of pages that are not given stay as they are.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from corsight.scripts.dev.steps import Step, read_steps
from corsight.scripts.paths import ROOT

TABLE = ROOT / "tests" / "scripts" / "dev" / "standard.tsv"
ENOUGH = 12
"""Words of a step that are kept where the code quotes none."""

_BLOCKS = frozenset({"dd", "div", "dt", "h2", "h3", "h4", "h5", "h6", "p", "pre"})


class Row(NamedTuple):
    """A step of an algorithm, and words that are in it."""

    link: str
    number: str
    words: str


class Algorithms(HTMLParser):
    """The steps of a standard's algorithms: their texts, by the id of what is defined before them and their number."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: dict[tuple[str, str], str] = defaultdict(str)
        self._lists: list[int | None] = []
        self._ids: list[str] = []
        self._text: list[str] = []
        self._term: tuple[dict[str, str | None], int] | None = None
        self._closed = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the place in the lists, and the ids since the last one ended."""
        if tag in ("ol", "ul"):
            self._flush()
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li" and self._lists:
            self._flush()
            if (count := self._lists[-1]) is not None:
                self._lists[-1] = count + 1
        elif tag in _BLOCKS:
            self._flush()
        names = dict(attrs)
        if names.get("id"):
            self._define(names["id"] or "")
        if tag == "dfn":
            self._term = names, len(self._text)

    def handle_endtag(self, tag: str) -> None:
        """Take the text that has ended; a defined term without an id has the one that Bikeshed gives it."""
        if tag == "dfn" and self._term is not None:
            names, start = self._term
            term = _slug("".join(self._text[start:]))
            for name in (term, f"{_slug(names.get('for') or '')}-{term}"):
                self._define(name)
            self._term = None
        elif tag in ("ol", "ul"):
            self._flush()
            if self._lists:
                self._lists.pop()
            self._closed = not self._lists
        elif tag == "li" or tag in _BLOCKS:
            self._flush()

    def handle_data(self, data: str) -> None:
        """Gather text."""
        self._text.append(data)

    def _define(self, name: str) -> None:
        if self._closed and not self._lists:
            self._ids, self._closed = [], False
        self._ids.append(name)

    def _flush(self) -> None:
        text, self._text = " ".join("".join(self._text).split()), []
        number = ".".join(str(count) for count in self._lists if count is not None)
        if text and number:
            for name in dict.fromkeys(self._ids):
                self.steps[name, number] += f"{text} "


def main(arguments: Sequence[str] | None = None, table: Path = TABLE) -> int:
    """Hold what the code cites against the pages given; 1 where a number or a phrase is not there."""
    parser = argparse.ArgumentParser(prog="scripts/dev/standard")
    parser.add_argument("pages", nargs="+", metavar="LINK=FILE", help="a standard's address and a copy of its page")
    pages = [page.rpartition("=") for page in parser.parse_args(arguments).pages]
    rows = read_table(table)
    cited = cited_steps()
    for link, _, file in pages:
        algorithms = Algorithms()
        algorithms.feed(Path(file).read_text("utf-8"))
        rows = [row for row in rows if not row.link.startswith(f"{link}#")]
        for step in cited:
            if not step.link.startswith(f"{link}#"):
                continue
            text = algorithms.steps.get((step.link.partition("#")[2], step.number), "")
            if not text or not holds(text, step.words):
                there = f'says "{text.strip()}"' if text else "is not there"
                print(f"corsight: {step.module}: {step.name}: {step.link} step {step.number} {there}", file=sys.stderr)
                return 1
            rows.append(Row(step.link, step.number, step.words or " ".join(text.split()[:ENOUGH])))
    lines = ["\t".join(row) for row in sorted(set(rows), key=lambda row: (row.link, order(row.number), row.words))]
    table.write_text("\n".join(lines) + "\n", "utf-8")
    return 0


def cited_steps() -> list[Step]:
    """Return the steps that the code names by their number."""
    return [step for step in read_steps() if step.number]


def read_table(table: Path = TABLE) -> list[Row]:
    """Return the rows of the table; none where there is no table yet."""
    lines = table.read_text("utf-8").splitlines() if table.exists() else []
    return [Row(*line.split("\t")) for line in lines]


def holds(text: str, words: str) -> bool:
    """Return whether the words are in the text, whatever its markup: letters and digits count, and their order.

    `…` in the words stands for any others.
    """
    place, plain = 0, f" {_plain(text)} "
    for part in filter(None, map(_plain, words.split("…"))):
        place = plain.find(f" {part} ", place)
        if place < 0:
            return False
    return True


def order(number: str) -> list[int]:
    """Return what step numbers are sorted by."""
    return [int(part) for part in number.split(".") if part]


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9-]", "", "-".join(text.lower().split()))


if __name__ == "__main__":
    sys.exit(main())
