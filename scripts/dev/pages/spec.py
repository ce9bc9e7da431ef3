"""docs/spec.md, written from the code and the catalogue: python -m corsight.scripts.dev.pages.spec [--check]"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from corsight.policies.rules import RULES, Rule
from corsight.policies.rules.sections import FETCH, SECTIONS
from corsight.scripts.catalogue import data
from corsight.scripts.dev.pages.rules import escape
from corsight.scripts.dev.standard import order
from corsight.scripts.dev.steps import ROOT, Step, read_steps

FILE = ROOT / "docs" / "spec.md"
HEAD = (
    "<!-- Written by python -m corsight.scripts.dev.pages.spec from policies/: change it there. -->",
    "",
    "# The standards, step by step",
    "",
    "The algorithms that Corsight transcribes, and their steps: the code, the rules that fail there, and the tests. "
    "Behind a rule stands what mends its example. Cases are the files in [tests/cases](../tests/cases) that are named "
    "for the rule. Every number and quote was held against the standard's text by "
    "`python -m corsight.scripts.dev.standard`.",
)


def main(arguments: Sequence[str] | None = None, file: Path = FILE) -> int:
    """Write the page, or with --check say whether it is what it would be."""
    parser = argparse.ArgumentParser(
        prog="python -m corsight.scripts.dev.pages.spec", description="Writes docs/spec.md."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the page is stale")
    text = page()
    if not parser.parse_args(arguments).check:
        file.write_text(text, "utf-8")
        return 0
    if file.exists() and file.read_text("utf-8") == text:
        return 0
    print("corsight: docs/spec.md is stale: write it with python -m corsight.scripts.dev.pages.spec", file=sys.stderr)
    return 1


def page() -> str:
    """Return the page's text."""
    lines, steps = list(HEAD), read_steps()
    links = {step.link for step in steps} | {rule.spec for rule in RULES.values()}
    ordered = sorted(links, key=lambda link: (not link.startswith(FETCH), _standard(link), _title(link).lower()))
    for standard, algorithms in groupby(ordered, key=_standard):
        lines += ["", f"## {standard}", "", "| Step | Code | Rules | Tests |", "| --- | --- | --- | --- |"]
        for link in algorithms:
            here = [step for step in steps if step.link == link]
            rules = [rule for rule in RULES.values() if rule.spec == link]
            numbers = {"", *(step.number for step in here), *(rule.step for rule in rules)}
            lines += [_row(link, number, here, rules) for number in sorted(numbers, key=order)]
    return "\n".join(lines) + "\n"


def _standard(link: str) -> str:
    return link.partition("#")[0]


def _title(link: str) -> str:
    """Return what an algorithm is called; after its link where nothing else names it."""
    anchor = re.sub(r"^(concept|http)-", "", link.partition("#")[2])
    return SECTIONS.get(link) or anchor.replace("-", " ").replace("cors ", "CORS ")


def _row(link: str, number: str, steps: Iterable[Step], rules: Iterable[Rule]) -> str:
    """Return the row of one step, or of the algorithm as a whole where there is no number."""
    here = [step for step in steps if step.number == number]
    mine = [rule for rule in rules if rule.step == number]
    words = " … ".join(dict.fromkeys(step.words for step in here if step.words))
    code = dict.fromkeys(f"[`{step.name}`](../{step.module})" for step in here)
    # The tests of the code stand once, in the row of the whole algorithm.
    files = dict.fromkeys(step.module for step in steps) if not number else ()
    tests = [f"[{twin.name}](../{twin.as_posix()})" for file in files if (twin := _twin(file)) is not None]
    tests += [f"{count} cases of {rule.code}" for rule in mine if (count := _cases(rule))]
    step = f"{number}. {escape(words)}" if number else f"**[{_title(link)}]({link})**"
    cells = [step.strip(), ", ".join(code), "<br>".join(map(_rule, mine)), "<br>".join(tests)]
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _rule(rule: Rule) -> str:
    example = data(rule)["example"]
    mends = [edit.partition(":")[0] for edit in example["edits"]]
    mends += [f"status {example['status']}"] if example["status"] is not None else []
    return f"[`{rule.code}`](rules/{rule.code}.md): {', '.join(mends) or 'no header'}"


def _twin(module: str) -> Path | None:
    """Return the test file that stands beside a source file, None where there is none."""
    path = Path("tests") / module
    twin = path.with_name(f"test_{path.name}")
    return twin if (ROOT / twin).exists() else None


def _cases(rule: Rule) -> int:
    """Return how many exchanges of the casebook are named for a rule."""
    longer = tuple(code for code in RULES if code.startswith(f"{rule.code}-"))
    names = [file.name for file in (ROOT / "tests" / "cases").glob(f"{rule.code}*.txt")]
    return sum(not name.startswith(longer) for name in names)


if __name__ == "__main__":
    sys.exit(main())
