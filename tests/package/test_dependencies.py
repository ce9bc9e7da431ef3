"""Every package that a module imports is declared in pyproject.toml, and every one declared is imported."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from corsight.scripts.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
EXTRAS = PROJECT["project"].get("optional-dependencies", {})
RUNTIME = {
    str(canonicalize_name(Requirement(text).name))
    for text in [*PROJECT["project"]["dependencies"], *(text for extra in EXTRAS.values() for text in extra)]
}
DEVELOPMENT = {str(canonicalize_name(Requirement(text).name)) for text in PROJECT["dependency-groups"]["dev"]}
TOOLS = {"hatchling", "mypy", "pip", "ruff"}
"""What is run as a command."""
PLUGINS = {"adlfs", "gcsfs", "psycopg", "s3fs"}
"""What fsspec loads by itself for the URLs of a service, and SQLAlchemy for those of a database."""
HOSTS = {"pytest"}
"""What loads a plugin of ours, and so is there where that is imported."""
SUITES = {"pytest-playwright", "pytest-xdist", "selenium"}
"""What the test suites need that the tests write, and run behind the proxy."""
DEV = ROOT / "scripts" / "dev"
"""The repository's own tools."""
APART = (ROOT / "tests" / "recipes" / "apps", ROOT / "tests" / "browser" / "lab" / "webengine.py")
"""Servers and a browser, each of which runs in an environment of its own."""


def imported(source: str) -> Iterator[tuple[int, str]]:
    """The line and the dotted name of every absolute import in `source`; those of a module by its name too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, node.module or ""
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            [name, *_] = [*node.args, ast.Constant(None)]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield node.lineno, name.value


def distributions_of(source: str) -> Iterator[tuple[int, str]]:
    """The line of every import in `source` that is neither ours nor Python's, and the distribution that brings it."""
    for line, name in imported(source):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top not in ("corsight", "tests"):
            brought = sorted({canonicalize_name(one) for one in DISTRIBUTIONS.get(top, ())})
            yield line, " or ".join(brought) or f"none that is installed ({name})"


DISTRIBUTIONS = packages_distributions()


def imports(*, development: bool) -> Iterator[tuple[str, str]]:
    """Where a distribution is imported, and its name: by what users run, or by the repository's own tools and tests."""
    for top in ("addons", "policies", "scripts", "tests"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if (top == "tests" or path.is_relative_to(DEV)) is development and not any(map(path.is_relative_to, APART)):
                for line, name in distributions_of(path.read_text("utf-8")):
                    yield f"{path.relative_to(ROOT)}:{line}", name


@pytest.mark.parametrize("development", [False, True])
def test_every_import_is_declared(development: bool) -> None:
    declared = RUNTIME | DEVELOPMENT if development else RUNTIME | HOSTS
    missing = [f"{where}: {name}" for where, name in imports(development=development) if name not in declared]
    assert not missing, "\n".join(["declare them in pyproject.toml:", *missing])


def test_every_declared_dependency_is_imported() -> None:
    assert {name for _, name in imports(development=False)} - HOSTS | PLUGINS == RUNTIME
    assert {name for _, name in imports(development=True)} - RUNTIME | TOOLS | SUITES == DEVELOPMENT


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import numpy.linalg", "none that is installed (numpy.linalg)"),
        ("def f():\n    from ruamel.yaml import YAML", "ruamel-yaml"),
        ("from importlib import import_module\nimport_module('pydantic_core')", "pydantic-core"),
        ("import os, click", "click"),
    ],
)
def test_an_import_is_found_with_its_distribution(source: str, name: str) -> None:
    [(line, found)] = distributions_of(source)
    assert (line, found) == (source.count("\n") + 1, name)


@pytest.mark.parametrize("source", ["from . import x", "import os.path", "from corsight.policies import exchange"])
def test_what_is_ours_or_python_s_needs_no_declaration(source: str) -> None:
    assert list(distributions_of(source)) == []
