"""The mutants of a source file, and those that nothing can tell from the original."""

from __future__ import annotations

import ast
import difflib
import hashlib
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import parso
from cosmic_ray.ast import ast_nodes  # type: ignore[import-untyped]

from corsight.scripts.dev.mutate.operators import Span, texts
from corsight.scripts.paths import ROOT

EQUIVALENT = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True)
class Mutant:
    """A source file with one change in it."""

    file: str
    """The path of the file, from the root."""
    scope: str
    """The function or class that encloses the change, with the classes around it; empty for the module itself."""
    function: str
    """The outermost function whose body is changed; empty where the change is carried out when the file is imported."""
    before: str
    after: str

    @cached_property
    def changed(self) -> tuple[str, str]:
        """The lines that went, and those that came in their place, with single spaces."""
        old, new = self.before.splitlines(), self.after.splitlines()
        while old and new and old[0] == new[0]:
            del old[0], new[0]
        while old and new and old[-1] == new[-1]:
            del old[-1], new[-1]
        return " ".join(" ".join(old).split()), " ".join(" ".join(new).split())

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What it is known by, wherever its lines move to."""
        return self.file, self.scope, *self.changed

    @cached_property
    def key(self) -> str:
        """A hash of the file's path and its text with the change."""
        return hashlib.blake2b(f"{self.file}\0{self.after}".encode(), digest_size=12).hexdigest()

    def diff(self) -> str:
        """Return the change, as a unified diff with one line around it."""
        lines = difflib.unified_diff(
            self.before.splitlines(), self.after.splitlines(), self.file, f"{self.file} ({self.scope})", "", "", 1, ""
        )
        return "\n".join(lines)


@dataclass(frozen=True)
class _Place:
    """A function or a class: what it is called, where it is, and where its body is."""

    name: str
    span: Span
    body: Span
    is_function: bool


def find_mutants(path: Path) -> list[Mutant]:
    """Return every mutant of a file, in the order of its lines."""
    source = path.read_text("utf-8")
    tree = ast.parse(source)
    places, skipped = list(_places(tree)), list(_annotations(tree))
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found: dict[str, tuple[Span, Mutant]] = {}
    for node in ast_nodes(parso.parse(source)):
        start, end = (starts[line - 1] + column for line, column in (node.start_pos, node.end_pos))
        for span, text in texts(node):
            after = source[:start] + text + source[end:]
            if any(_is_in(span, one) for one in skipped) or not _compiles(after):
                continue
            around = [place for place in places if _is_in(span, place.span)]
            outermost = next((place for place in around if place.is_function), None)
            function = outermost.name if outermost is not None and _is_in(span, outermost.body) else ""
            scope = around[-1].name if around else ""
            mutant = Mutant(str(path.relative_to(ROOT)), scope, function, source, after)
            found.setdefault(after, (span, mutant))
    return [mutant for _, mutant in sorted(found.values(), key=lambda one: one[0])]


def read_equivalent() -> dict[tuple[str, str, str, str], str]:
    """Return the mutants that no test can tell from the original, by their identities, and why it cannot."""
    listed = tomllib.loads(EQUIVALENT.read_text("utf-8")).get("mutant", [])
    return {(one["file"], one["in"], one["original"], one["mutated"]): one["because"] for one in listed}


def _places(tree: ast.AST, above: Sequence[str] = ()) -> Iterator[_Place]:
    for node in ast.iter_child_nodes(tree):
        inside = above
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = (*above, node.name)
            first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
            body = (_span(node.body[0])[0], _span(node)[1])
            name, is_function = ".".join(inside), not isinstance(node, ast.ClassDef)
            yield _Place(name, ((first, 0), _span(node)[1]), body, is_function)
        yield from _places(node, inside)


def _annotations(tree: ast.AST) -> Iterator[Span]:
    """Yield where annotations stand, which nobody evaluates."""
    for node in ast.walk(tree):
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(annotation, ast.expr):
                yield _span(annotation)
        if isinstance(node, ast.TypeAlias):
            yield _span(node)


def _span(node: ast.stmt | ast.expr) -> Span:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)


def _is_in(span: Span, other: Span) -> bool:
    return other[0] <= span[0] and span[1] <= other[1]


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True
