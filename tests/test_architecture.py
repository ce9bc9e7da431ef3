"""Holds the direction of docs/architecture.md: what each part of the house may import.

Every `import` counts, also one inside a function or under TYPE_CHECKING. Standard library and third-party modules are
free, but for the few that would make policies/ impure.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FACTS = {"policies.exchange", "policies.value", "policies.verdict"}
RULES = FACTS | {"policies.fetch", "policies.rules"}
DECIDE = RULES | {"policies.engines", "policies.facts", "policies.shape"}
JUDGE = DECIDE | {"policies.advise", "policies.decide", "policies.judge"}
POLICIES = JUDGE | {"policies.session", "policies.diagnosis", "policies.server", "policies.redact", "policies.record"}
POLICIES |= {"policies.story", "policies.console", "policies.patching"}

MAY_IMPORT = {
    "policies": set(),
    "policies.value": set(),
    "policies.exchange": {"policies.value"},
    "policies.verdict": {"policies.exchange", "policies.value"},
    "policies.fetch": FACTS,
    "policies.rules": RULES | {"policies.facts"},
    "policies.engines": RULES,
    "policies.facts": FACTS,
    "policies.shape": RULES | {"policies.facts"},
    "policies.decide": DECIDE,
    "policies.advise": DECIDE,
    "policies.patching": JUDGE | {"policies.server"},
    "policies.judge": JUDGE,
    "policies.session": JUDGE,
    "policies.diagnosis": JUDGE | {"policies.session", "policies.redact"},
    "policies.server": RULES | {"policies.facts", "policies.session", "policies.redact"},
    "policies.console": RULES | {"policies.engines"},
    "policies.redact": set(),
    "policies.record": JUDGE | {"policies.session", "policies.redact"},
    "policies.story": JUDGE | {"policies.session", "policies.redact", "policies.record"},
    "addons.adapter": FACTS,
    "addons": POLICIES | {"addons.adapter"},
    "scripts": POLICIES | {"addons.adapter"},
}
"""Each part of the house, and the parts it may import beside itself."""

IMPURE = {
    "mitmproxy": "an adapter in addons/ turns a flow into an Exchange",
    "os": "what is outside comes in as a parameter",
    "pathlib": "a file's text comes in as a parameter; package data is read with importlib.resources",
    "random": "chance comes in as a parameter",
    "time": "the time comes in as a parameter",
}
"""What policies/ must not import, and what it does instead."""


def imported(source: str, module: str, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """The line and full dotted name of everything `source`, the text of `module`, imports."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = [*base, *(node.module.split(".") if node.module else [])]
            yield from ((node.lineno, ".".join([*prefix, alias.name])) for alias in node.names)


def part_of(name: str) -> str:
    """The part of the house that the dotted `name` belongs to; the adapter is one of its own: recordings hold flows."""
    pair = ".".join(name.split(".")[:2])
    return pair if name.startswith("policies.") or pair == "addons.adapter" else name.split(".")[0]


def breaches(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """A line for each import in `source`, the text of `module`, that points the wrong way."""
    part = part_of(module)
    if part not in MAY_IMPORT:
        return [f"{module}: {part} is not in the plan; give it a place in MAY_IMPORT and in docs/architecture.md"]
    found = []
    for line, name in imported(source, module, is_package=is_package):
        top, target = name.split(".")[0], part_of(name)
        if top in IMPURE and module.split(".")[0] == "policies":
            found.append(f"{module}:{line} imports {top}, and policies/ is pure: {IMPURE[top]}")
        elif top in {"policies", "addons", "scripts", "tests"} and target != part and target not in MAY_IMPORT[part]:
            allowed = ", ".join(sorted(MAY_IMPORT[part])) or "nothing of ours"
            found.append(f"{module}:{line} imports {name}, but {part} stands only on: {allowed}")
    return found


def modules() -> Iterator[tuple[str, Path]]:
    for top in ("policies", "addons", "scripts"):
        for path in sorted((ROOT / top).rglob("*.py")):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def test_every_import_points_the_right_way() -> None:
    found = []
    for module, path in modules():
        found += breaches(path.read_text("utf-8"), module, is_package=path.name == "__init__.py")
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize(
    ("module", "source", "breach"),
    [
        ("policies.fetch.orb", "from policies.rules import cors_check", "imports policies.rules.cors_check"),
        ("policies.fetch.orb", "from ..rules.model import Rule", "imports policies.rules.model.Rule"),
        (
            "policies.fetch.orb",
            "def f():\n    from policies import judge",
            "policies.fetch.orb:2 imports policies.judge",
        ),
        ("policies.exchange", "import policies.verdict", "policies.exchange stands only on: policies.value"),
        ("policies.server.lint", "from policies.judge import judge", "policies.server.lint:1 imports policies.judge"),
        ("policies.session.clock", "import time", "the time comes in as a parameter"),
        ("policies.session.flows", "from mitmproxy.http import HTTPFlow", "an adapter in addons/"),
        ("policies.server.load", "from pathlib import Path", "importlib.resources"),
        ("policies.judge", "import os.path", "policies.judge:1 imports os"),
        ("addons.log", "from scripts.cli import main", "addons.log:1 imports scripts.cli.main"),
        ("scripts.audit", "import addons.addon", "scripts.audit:1 imports addons.addon"),
        ("scripts.audit", "from addons import log", "scripts.audit:1 imports addons.log"),
        ("addons.adapter", "from addons.addon import Cors", "addons.adapter:1 imports addons.addon.Cors"),
        ("scripts.audit", "from tests.conftest import x", "scripts.audit:1 imports tests.conftest.x"),
        ("policies.helpers", "", "policies.helpers is not in the plan"),
    ],
)
def test_an_import_that_points_back_is_found(module: str, source: str, breach: str) -> None:
    [found] = breaches(source, module)
    assert breach in found


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("policies.fetch.orb", "from . import origin\nfrom ..exchange import Exchange"),
        ("policies.server.lint", "import re\nfrom policies.rules import RULES"),
        ("addons.adapter", "import time\nfrom mitmproxy import http\nfrom policies.exchange import Exchange"),
        ("addons.addon", "from addons.adapter import exchange_of\nfrom policies.session import Browser"),
        ("scripts.recordings", "from addons.adapter import exchange_of"),
        ("scripts.audit", "from scripts.errors import CorsightError\nfrom policies.diagnosis import diagnose"),
    ],
)
def test_an_import_that_points_down_is_left_alone(module: str, source: str) -> None:
    assert breaches(source, module) == []


def test_a_package_is_its_own_parent_in_relative_imports() -> None:
    assert list(imported("from .origin import serialize", "policies.fetch", is_package=True)) == [
        (1, "policies.fetch.origin.serialize")
    ]


def shim_breaches(source: str) -> list[str]:
    """What keeps `source`, the text of addons/cors.py, from being a shim.

    mitmproxy runs that file as a module which is never in sys.modules: a dataclass, a pydantic model or an annotated
    hook in it breaks. So it finds the repository, and names the addon.
    """
    tree = ast.parse(source)
    found = [
        f"addons/cors.py:{node.lineno} defines {node.name}; define it in a module beside it"
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    last = ast.unparse(tree.body[-1]) if tree.body else ""
    if last != "addons = [Cors()]":
        found.append("addons/cors.py: must end with addons = [Cors()]")
    return found


def test_the_script_mitmproxy_loads_is_a_shim() -> None:
    script = ROOT / "addons" / "cors.py"
    assert script.exists(), "addons/cors.py is missing: the script that mitmproxy -s loads"
    found = shim_breaches(script.read_text("utf-8"))
    assert not found, "\n".join(["", *found])


def test_a_shim_that_does_more_is_found() -> None:
    assert shim_breaches("class Cors:\n    def load(self, loader): ...\naddons = [Cors()]") == [
        "addons/cors.py:1 defines Cors; define it in a module beside it",
        "addons/cors.py:2 defines load; define it in a module beside it",
    ]
    assert shim_breaches("from addons.addon import Cors") == ["addons/cors.py: must end with addons = [Cors()]"]
