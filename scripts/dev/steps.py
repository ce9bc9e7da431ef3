"""Where the code transcribes the standards: the links and step comments of policies/fetch and policies/decision.

A step comment names a step's number and, in double quotes, a phrase of its wording; `…` stands for what is left out.
It may go on over several lines, with further steps and with words of our own:

    # 7.6. "If one of request's header list's names is a CORS non-wildcard request-header name …"
    # 7.7. "… and request's credentials mode is "include" or headerNames does not contain `*`" To the byte.

The number counts in the algorithm whose link stands last above it: in a comment of the same function, else in the
function's docstring, else in the module's.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from corsight.scripts.paths import ROOT

ROOMS = ("policies/fetch", "policies/decision")
"""The folders that are read."""

_LINK = re.compile(r"https?://[^\s()`<>,]+#[\w:-]+\??")
_NUMBER = r"\d{1,2}(?:\.\d{1,2})*"
_STEP = re.compile(rf"(?<![\w-])({_NUMBER})(?:\. (?=\")|(?=, ))")
_QUOTE_ENDS = re.compile(r'"(?=\.?(?: [A-Z0-9"]|$))')
"""A quote inside a step's wording goes on in small letters, or with a comma."""

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
    definitions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    for node in definitions:
        yield from (Step(link, "", "", module, node.name) for link in _links(ast.get_docstring(node) or ""))
    for constant, text in pairwise(tree.body):
        # A constant, and the text below it that says what it is.
        if isinstance(constant, ast.Assign | ast.AnnAssign) and isinstance(text, ast.Expr):
            target = constant.targets[0] if isinstance(constant, ast.Assign) else constant.target
            yield from (Step(link, "", "", module, ast.unparse(target)) for link in _links(ast.unparse(text)))
    where: _Definition | None = None
    link = next(iter(_links(ast.get_docstring(tree) or "")), "")
    outer = link
    for line, comment in _comments(source):
        inner = _innermost(definitions, line)
        if inner is not where:
            where, link = inner, outer
            if inner is not None:
                link = next(iter(_links(ast.get_docstring(inner) or "")), outer)
        link = next(reversed(_links(comment)), link)
        name = where.name if where is not None else ""
        yield from (Step(link, number, words, module, name) for number, words in _cited(comment))


def _links(text: str) -> list[str]:
    return _LINK.findall(text)


def _comments(source: str) -> Iterator[tuple[int, str]]:
    """Yield the comments that have lines of their own, without their `#`: lines below each other are one."""
    first, last, parts = 0, 0, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or not token.line.lstrip().startswith("#"):
            continue
        line, text = token.start[0], token.string.removeprefix("#").strip()
        if parts and (line != last + 1 or _STEP.match(text) or _LINK.search(text)):
            yield first, " ".join(parts)
            parts = []
        first, last = (line if not parts else first), line
        parts.append(text)
    if parts:
        yield first, " ".join(parts)


def _cited(comment: str) -> Iterator[tuple[str, str]]:
    """Yield the steps that a comment names, each with its words; several quotes are several phrases of one step."""
    while (step := _STEP.search(comment)) is not None:
        comment = comment[step.end() :]
        quoted = False
        while comment.startswith('"') and (end := _QUOTE_ENDS.search(comment, 1)) is not None:
            yield step[1], comment[1 : end.start()]
            comment, quoted = comment[end.end() :].lstrip(". "), True
        if not quoted:
            yield step[1], ""


def _innermost(definitions: list[_Definition], line: int) -> _Definition | None:
    around = [node for node in definitions if node.lineno <= line <= (node.end_lineno or 0)]
    return max(around, key=lambda node: node.lineno, default=None)
