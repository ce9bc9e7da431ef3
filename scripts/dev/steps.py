"""Where the code transcribes the standards: the links and step comments of policies/fetch and policies/decision.

A step comment is a line of its own: the step's number and a phrase of its wording in double quotes. A quote on the
line below it belongs to the same step. What we say ourselves stands on lines of its own.

    # 7.7. "For each unsafeName of the CORS-unsafe request-header names"
    # "and request's credentials mode is "include" or headerNames does not contain `*`"

The number counts in the algorithm that the last link above it names: in a comment of the same function, else in the
function's docstring, else in the module's. A comment may name the algorithm as well: `# HTTP-redirect fetch, 5. "…"`.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from corsight.policies.rules.sections import SECTIONS

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("policies/fetch", "policies/decision")
"""The folders that are read."""
LINKS = {name.lower(): link for link, name in SECTIONS.items()}
"""The links of algorithms by their names, in lower case."""

_LINK = re.compile(r"https?://[^\s()`<>,]+#[\w:-]+")
_NUMBER = r"\d{1,2}(?:\.\d{1,2})*"
_STEP = re.compile(
    rf"(?:(?P<name>[A-Z][\w -]+), )?(?:[Ss]teps? )?(?P<numbers>{_NUMBER}(?:(?:\.? and |-){_NUMBER})*)"
    r"(?P<stop>[.:,]?)(?: (?P<rest>.*))?"
)
_QUOTE = re.compile(r'"(.+)"')

type _Definition = ast.FunctionDef | ast.ClassDef


class Step(NamedTuple):
    """A place in the code that does what a standard says.

    `link` leads to the algorithm, `number` is the step's or "" for the whole, `words` the phrase quoted or "". `module`
    is the file from the root, `name` the function, class or constant in it, "" for the module.
    """

    link: str
    number: str
    words: str
    module: str
    name: str


def read_steps() -> list[Step]:
    """Return every step that the code transcribes, in the order of the files."""
    files = [file for room in ROOMS for file in sorted((ROOT / room).glob("*.py"))]
    return [step for file in files for step in read_module(file.read_text("utf-8"), file.relative_to(ROOT).as_posix())]


def read_module(source: str, module: str) -> Iterator[Step]:
    """Yield the steps that one file transcribes: the links of its definitions, and its step comments."""
    tree = ast.parse(source)
    outer = _links(ast.get_docstring(tree) or "")
    definitions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for node in definitions:
        yield from (Step(link, "", "", module, node.name) for link in _links(ast.get_docstring(node) or ""))
    for constant, text in pairwise(tree.body):
        # A constant, and the text below it that says what it is.
        if isinstance(constant, ast.Assign | ast.AnnAssign) and isinstance(text, ast.Expr):
            target = constant.targets[0] if isinstance(constant, ast.Assign) else constant.target
            yield from (Step(link, "", "", module, ast.unparse(target)) for link in _links(ast.unparse(text)))
    last: Step | None = None
    where: _Definition | None = None
    link, line_before = "", 0
    for line, comment in _comments(source):
        inner = _innermost(definitions, line)
        if inner is not where or not link:
            own = _links(ast.get_docstring(inner) or "") if inner is not None else []
            where, link = inner, (own or outer or [""])[0]
        if found := _links(comment):
            link, last = found[0], None
            continue
        quote = _QUOTE.fullmatch(comment)
        if quote is not None and last is not None and line == line_before + 1:
            yield last._replace(words=quote[1])
        match = _STEP.fullmatch(comment)
        if match is not None and (match["stop"] or "." in match["numbers"] or match["name"]):
            link = LINKS.get((match["name"] or "").lower(), link)
            quote = _QUOTE.fullmatch(match["rest"] or "")
            for number in re.findall(_NUMBER, match["numbers"]):
                name = inner.name if inner is not None else ""
                last = Step(link, number, quote[1] if quote is not None else "", module, name)
                yield last
        elif quote is None:
            last = None
        line_before = line


def _links(text: str) -> list[str]:
    return _LINK.findall(text)


def _comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield the comments that have a line of their own, without their `#`."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#"):
            yield token.start[0], token.string.removeprefix("#").strip()


def _innermost(definitions: list[_Definition], line: int) -> _Definition | None:
    around = [node for node in definitions if node.lineno <= line <= (node.end_lineno or 0)]
    return max(around, key=lambda node: node.lineno, default=None)
