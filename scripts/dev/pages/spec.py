"""docs/spec.md: the standards' algorithms and steps, with the code, the rules, the fixes and the tests."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path

from corsight.policies.decision.place import locate
from corsight.policies.rules import RULES, Rule
from corsight.scripts.catalogue import data
from corsight.scripts.dev.standard import order
from corsight.scripts.dev.steps import Step, read_steps
from corsight.scripts.paths import ROOT

FILE = "docs/spec.md"
FETCH = "https://fetch.spec.whatwg.org/"
HEAD = (
    "<!-- Written by scripts/dev/write from policies/: change it there. -->",
    "",
    "# The standards, step by step",
    "",
    "This page is for people who check or change Corsight's code. For each algorithm of the standards, and each of its "
    "steps, it names the code, the rules that can fail there, and the tests. After each rule come the headers that fix "
    "its example. Cases are the files in [tests/cases](../tests/cases) whose names begin with the rule's code. "
    "`scripts/dev/standard` has compared every number and quote with the text of the standards.",
)


def render() -> dict[str, str]:
    """Return the page's text by its path."""
    lines, steps = list(HEAD), read_steps()
    places = {code: locate(code) for code in RULES}
    titles = {place.spec: place.section for place in places.values()}
    links = {step.link for step in steps} | titles.keys()
    # An algorithm that no rule is from is called after its link.
    titles |= {link: _name(link) for link in links - titles.keys()}
    ordered = sorted(links, key=lambda link: (not link.startswith(FETCH), _standard(link), titles[link].lower()))
    for standard, algorithms in groupby(ordered, key=_standard):
        lines += ["", f"## {standard}", "", "| Step | Code | Rules | Tests |", "| --- | --- | --- | --- |"]
        for link in algorithms:
            here = [step for step in steps if step.link == link]
            mine = {code: place.number for code, place in places.items() if place.spec == link}
            numbers = {"", *(step.number for step in here), *mine.values()}
            for number in sorted(numbers, key=order):
                lines.append(_row(f"**[{titles[link]}]({link})**", number, here, mine))
    return {FILE: "\n".join(lines) + "\n"}


def _standard(link: str) -> str:
    return link.partition("#")[0]


def _name(link: str) -> str:
    anchor = re.sub(r"^(concept|http)-", "", link.partition("#")[2])
    return anchor.replace("-", " ").replace("cors ", "CORS ")


def _row(title: str, number: str, steps: Iterable[Step], rules: Mapping[str, str]) -> str:
    """Return the row of one step, or of the algorithm as a whole where there is no number."""
    here = [step for step in steps if step.number == number]
    mine = [RULES[code] for code, at in rules.items() if at == number]
    words = " … ".join(dict.fromkeys(step.words.strip("… ") for step in here if step.words))
    code = dict.fromkeys(f"[`{step.name or Path(step.module).name}`](../{step.module})" for step in here)
    # The tests of the code stand once, in the row of the whole algorithm.
    files = dict.fromkeys(step.module for step in steps) if not number else ()
    tests = [f"[{twin.name}](../{twin.as_posix()})" for file in files if (twin := _twin(file)) is not None]
    tests += [f"{count} cases of {rule.code}" for rule in mine if (count := _cases(rule))]
    step = f"{number}. {words if '`' in words else words.replace('*', '\\*')}" if number else title
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
