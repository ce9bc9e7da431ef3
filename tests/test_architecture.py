"""Holds the house to docs/architecture.md: what each part may import, that no imports go in a circle, that imports
stand on top, and that files stay small.

For the direction every `import` counts, also one inside a function or under TYPE_CHECKING. Standard library and
third-party modules are free, but for the few that would make policies/ impure.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

NOUNS = {
    "policies.actor",
    "policies.evidence",
    "policies.exchange",
    "policies.facts",
    "policies.value",
    "policies.verdict",
}
RULES = NOUNS | {"policies.fetch", "policies.engines", "policies.rules"}
DECISION = RULES | {"policies.decision"}
POLICIES = DECISION | {"policies.session", "policies.findings", "policies.server", "policies.redact", "policies.record"}
POLICIES |= {"policies.story", "policies.console", "policies.log_record", "policies.causes", "policies.report"}
POLICIES |= {"policies.version"}

MAY_IMPORT = {
    "policies": set(),
    "policies.value": set(),
    "policies.actor": set(),
    "policies.version": set(),
    "policies.redact": set(),
    "policies.evidence": set(),
    "policies.exchange": {"policies.value"},
    "policies.fetch": {"policies.exchange", "policies.value"},
    "policies.facts": {"policies.exchange", "policies.fetch", "policies.value"},
    "policies.verdict": {"policies.evidence", "policies.facts", "policies.fetch", "policies.value"},
    "policies.rules": RULES,
    "policies.engines": NOUNS | {"policies.fetch"},
    "policies.decision": DECISION,
    "policies.session": DECISION,
    "policies.findings": DECISION | {"policies.session", "policies.redact", "policies.causes"},
    "policies.server": DECISION | {"policies.session", "policies.redact"},
    "policies.causes": {"policies.actor", "policies.value"},
    "policies.console": RULES | {"policies.causes"},
    "policies.log_record": NOUNS,
    "policies.record": DECISION | {"policies.session", "policies.redact", "policies.log_record", "policies.findings"},
    "policies.story": DECISION | {"policies.session", "policies.redact", "policies.findings"},
    "policies.report": DECISION
    | {"policies.session", "policies.redact", "policies.findings", "policies.story", "policies.server"}
    | {"policies.causes"},
    "addons.wire": {"policies.exchange", "policies.fetch"},
    "addons.adapter": NOUNS | {"addons.wire"},
    "addons": POLICIES | {"addons.adapter", "addons.wire"},
    "scripts": POLICIES | {"addons.adapter", "addons.wire"},
    # The fuzzer and the benchmarks drive the addon itself.
    "scripts.dev": POLICIES | {"addons", "addons.adapter", "addons.wire", "scripts"},
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


LATE = {
    "pydantic_core": "plain URLs need no parser, and it takes as long as half the rest of a start",
    "corsight.policies.server.formats": "a parser a format of policy files: YAML's takes 40 ms",
    # What takes long, or an extra that may not be installed.
    "mitmproxy": "half a second: most recordings are read without it",
    "multiprocessing": "where there is one recording, there is one process",
    "concurrent.futures.ProcessPoolExecutor": "with multiprocessing",
    "uvicorn": "with the page",
    "zstandard": "for recordings that are packed with it",
    "fsspec": "an extra: recordings behind URLs",
    "distributed": "an extra: recordings on a cluster",
    "corsight.scripts.agents": "an extra: the Model Context Protocol",
    "corsight.scripts.store": "an extra: a database of runs",
    "corsight.scripts.report.history": "with the database",
    # Parts that are started when they are asked for.
    "corsight.addons.page": "most who load the addon never open the page",
    "corsight.addons.report": "a command of the addon: pydantic, and the templates of a page",
    "corsight.scripts.recordings": "a reader a format: most files are of one",
    "corsight.addons.adapter": "with mitmproxy, for recordings that only it reads",
    "corsight.policies.report": "pydantic, and the templates of a page: for the formats that need them",
    "corsight.scripts.runs.pytest_run": "the plugin costs nothing without --corsight",
    "corsight.scripts.runs.pytest_playwright": "with --corsight, where pytest-playwright is",
    "corsight.scripts.runs.met": "with the report that it is part of",
    "corsight.scripts.replay": "what sends: an option of check, and replay without --dry-run",
    "corsight.scripts.whatif": "options of check: --send, --paste",
    "corsight.scripts.report": "options of check and audit: --story, --versions, --paste, --policy, --assume",
    "corsight.scripts.policy_files": "options of audit: --policy, --assume",
    "corsight.scripts.following": "an option of audit: --follow",
    "corsight.scripts.spreading": "an option of audit: --dask",
    "corsight.scripts.commands.history.list": "a group of subcommands runs one of them by default",
    "corsight.scripts.dev.fuzz": "the fuzzer instruments what is imported after it",
}
"""What may be imported inside a function, by how its name begins, and why."""

LONGEST = 350
"""Lines of a file in policies/ and addons/."""

NAMESPACE = "corsight."


def imported(source: str, module: str, *, is_package: bool = False) -> Iterator[tuple[int, str]]:
    """The line and full dotted name of everything `source`, the text of `module`, imports."""
    package = [NAMESPACE[:-1], *module.split(".")]
    package = package if is_package else package[:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            prefix = [*base, *(node.module.split(".") if node.module else [])]
            yield from ((node.lineno, ".".join([*prefix, alias.name])) for alias in node.names)


def part_of(name: str) -> str:
    """The part of the house that the dotted `name` belongs to; what reads flows is one of its own."""
    name = name.removeprefix(NAMESPACE)
    pair = ".".join(name.split(".")[:2])
    alone = name.startswith("policies.") or pair in ("addons.adapter", "addons.wire", "scripts.dev")
    return pair if alone else name.split(".")[0]


def breaches(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """A line for each import in `source`, the text of `module`, that points the wrong way."""
    part = part_of(module)
    if part not in MAY_IMPORT:
        return [f"{module}: {part} is not in the plan; give it a place in MAY_IMPORT and in docs/architecture.md"]
    found = []
    for line, name in imported(source, module, is_package=is_package):
        ours, target = name.startswith(NAMESPACE), part_of(name)
        top = name.split(".")[0]
        if top in IMPURE and module.split(".")[0] == "policies":
            found.append(f"{module}:{line} imports {top}, and policies/ is pure: {IMPURE[top]}")
        elif top in {"policies", "addons", "scripts"}:
            found.append(f"{module}:{line} imports {name}, and it is called {NAMESPACE}{name}")
        elif (ours or top == "tests") and target != part and target not in MAY_IMPORT[part]:
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
        (
            "policies.fetch.orb",
            "from corsight.policies.rules import cors_check",
            "imports corsight.policies.rules.cors_check",
        ),
        ("policies.fetch.orb", "from ..rules.model import Rule", "imports corsight.policies.rules.model.Rule"),
        (
            "policies.fetch.orb",
            "def f():\n    from corsight.policies import decision",
            "policies.fetch.orb:2 imports corsight.policies.decision",
        ),
        ("policies.exchange", "import corsight.policies.verdict", "policies.exchange stands only on: policies.value"),
        (
            "policies.server.lint",
            "from corsight.policies.story import tell",
            "policies.server.lint:1 imports corsight.policies.story",
        ),
        ("policies.session.clock", "import time", "the time comes in as a parameter"),
        ("policies.session.flows", "from mitmproxy.http import HTTPFlow", "an adapter in addons/"),
        ("policies.server.load", "from pathlib import Path", "importlib.resources"),
        ("policies.decision.judge", "import os.path", "policies.decision.judge:1 imports os"),
        ("addons.log", "from corsight.scripts.cli import main", "addons.log:1 imports corsight.scripts.cli.main"),
        ("scripts.audit", "import corsight.addons.addon", "scripts.audit:1 imports corsight.addons.addon"),
        ("scripts.audit", "from corsight.addons import log", "scripts.audit:1 imports corsight.addons.log"),
        (
            "addons.adapter",
            "from corsight.addons.addon import Cors",
            "addons.adapter:1 imports corsight.addons.addon.Cors",
        ),
        ("scripts.audit", "from tests.conftest import x", "scripts.audit:1 imports tests.conftest.x"),
        ("policies.helpers", "", "policies.helpers is not in the plan"),
        ("scripts.audit", "from policies.session import Session", "it is called corsight.policies.session.Session"),
    ],
)
def test_an_import_that_points_back_is_found(module: str, source: str, breach: str) -> None:
    [found] = breaches(source, module)
    assert breach in found


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("policies.fetch.orb", "from . import origin\nfrom ..exchange import Exchange"),
        ("policies.server.lint", "import re\nfrom corsight.policies.rules import RULES"),
        ("addons.adapter", "import time\nfrom mitmproxy import http\nfrom corsight.policies.exchange import Exchange"),
        (
            "addons.addon",
            "from corsight.addons.adapter import exchange_of\nfrom corsight.policies.session import Browser",
        ),
        ("scripts.recordings", "from corsight.addons.adapter import exchange_of"),
        (
            "scripts.audit",
            "from corsight.scripts.errors import CorsightError\nfrom corsight.policies.findings import diagnose",
        ),
    ],
)
def test_an_import_that_points_down_is_left_alone(module: str, source: str) -> None:
    assert breaches(source, module) == []


def test_a_package_is_its_own_parent_in_relative_imports() -> None:
    assert list(imported("from .origin import serialize", "policies.fetch", is_package=True)) == [
        (1, "corsight.policies.fetch.origin.serialize")
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
    if not last.endswith("addons = [Cors()]"):
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
    assert shim_breaches("from corsight.addons.addon import Cors") == [
        "addons/cors.py: must end with addons = [Cors()]"
    ]


# -- circles ----------------------------------------------------------------------------------------------------------


@cache
def parse_all() -> dict[str, ast.Module]:
    """The syntax tree of each module of the house, by its dotted name."""
    return {module: ast.parse(path.read_text("utf-8")) for module, path in modules()}


def is_for_types(node: ast.AST) -> bool:
    """Whether a statement is an `if TYPE_CHECKING`."""
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def list_imports(node: ast.AST, *, late: bool, inside: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The line and the full names of each import: of those inside functions where `late`, else of those that run when
    the module is loaded.
    """
    for child in ast.iter_child_nodes(node):
        if is_for_types(child):
            continue
        if inside == late and isinstance(child, ast.Import):
            yield child.lineno, [alias.name for alias in child.names]
        elif inside == late and isinstance(child, ast.ImportFrom):
            yield child.lineno, [f"{child.module}.{alias.name}" for alias in child.names]
        within = inside or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from list_imports(child, late=late, inside=within)


def find_circle(trees: Mapping[str, ast.Module]) -> list[str] | None:
    """A circle of modules that import each other when they are loaded; None where there is none.

    A name that is a module counts as that module, and not as the package that it is in.
    """
    graph: dict[str, set[str]] = {module: set() for module in trees}
    for module, tree in trees.items():
        for _, names in list_imports(tree, late=False):
            for name in names:
                ours = name.removeprefix(NAMESPACE)
                graph[module].add(ours if ours in trees else ours.rpartition(".")[0])
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return None


def test_no_imports_go_in_a_circle() -> None:
    assert find_circle(parse_all()) is None


def test_a_circle_is_found() -> None:
    trees = {
        "policies": ast.parse(""),
        "policies.a": ast.parse("from corsight.policies import b"),
        "policies.b": ast.parse("from corsight.policies.c import name"),
        "policies.c": ast.parse("import corsight.policies.a"),
    }
    assert set(find_circle(trees) or ()) == {"policies.a", "policies.b", "policies.c"}
    trees["policies.c"] = ast.parse(
        "if TYPE_CHECKING:\n    import corsight.policies.a\ndef f():\n    import corsight.policies.a"
    )
    assert find_circle(trees) is None


# -- imports on top ---------------------------------------------------------------------------------------------------


def find_late(trees: Mapping[str, ast.Module]) -> tuple[list[str], set[str]]:
    """A line for each import inside a function that LATE does not name, and what of LATE is used."""
    found, used = [], set()
    for module, tree in trees.items():
        for line, names in list_imports(tree, late=True):
            for name in names:
                ways = {one for one in LATE if f"{name}.".startswith(f"{one}.")}
                used |= ways
                if not ways:
                    found.append(
                        f"{module}:{line} imports {name} inside a function; import it on top, or say why in LATE"
                    )
    return found, used


def test_imports_stand_on_top() -> None:
    found, used = find_late(parse_all())
    assert not found, "\n".join(["", *found])
    assert used == set(LATE), f"nothing is imported late any more: {sorted(set(LATE) - used)}"


def test_an_import_inside_a_function_is_found() -> None:
    tree = ast.parse("class A:\n    def f(self):\n        if self:\n            from json import loads")
    [found], used = find_late({"policies.a": tree})
    assert found.startswith("policies.a:4 imports json.loads inside a function")
    assert not used
    assert find_late({"policies.a": ast.parse("def f():\n    from mitmproxy.io import FlowReader")}) == (
        [],
        {"mitmproxy"},
    )


def test_no_subcommand_imports_another() -> None:
    start = "scripts.commands."
    found = []
    for module, tree in parse_all().items():
        group = module.removeprefix(start).partition(".")[0]
        if not module.startswith(start):
            continue
        for line, names in [*list_imports(tree, late=False), *list_imports(tree, late=True)]:
            for name in names:
                ours = name.removeprefix(NAMESPACE)
                if ours.startswith(start) and ours.removeprefix(start).partition(".")[0] != group:
                    found.append(f"{module}:{line} imports {name}: what two subcommands need stands beside them")
    assert not found, "\n".join(["", *found])


# -- texts ------------------------------------------------------------------------------------------------------------


def find_lost_texts(trees: Mapping[str, ast.Module], sources: Mapping[str, str]) -> list[str]:
    """A line for each string that stands as a statement and is no docstring: the rest of a text that was cut in two."""
    found = []
    for module, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant | ast.JoinedStr):
                text = ast.get_source_segment(sources[module], node) or ""
                if text != "..." and not text.startswith('"""'):
                    found.append(f"{module}:{node.lineno} {text}: put brackets around the whole text")
    return found


def test_no_text_is_cut_in_two() -> None:
    sources = {module: path.read_text("utf-8") for module, path in modules()}
    found = find_lost_texts(parse_all(), sources)
    assert not found, "\n".join(["", *found])


def test_a_text_that_is_cut_in_two_is_found() -> None:
    source = 'TEXT = "one "\n"two"\n"""What TEXT is."""\n'
    assert len(find_lost_texts({"policies.a": ast.parse(source)}, {"policies.a": source})) == 1


# -- size -------------------------------------------------------------------------------------------------------------


def test_files_stay_small() -> None:
    sizes = {
        module: len(path.read_text("utf-8").splitlines())
        for module, path in modules()
        if not module.startswith("scripts")
    }
    assert len(sizes) > 200
    assert not {module: size for module, size in sizes.items() if size > LONGEST}, "split these by their purposes"
