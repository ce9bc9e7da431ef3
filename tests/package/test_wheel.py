"""What users install: the wheel, in an environment that holds what it requires and nothing else, beside a project whose
packages have the names of ours."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from corsight.addons.page.app import TYPES
from corsight.scripts.paths import ROOT
from tests.package.environment import Environment, clean_environment, closure

SHOP = ROOT / "examples" / "shop.mitm"
TENANTS, PUBLIC = (ROOT / "examples" / "policies" / name for name in ("tenants.yaml", "public-read-only.yaml"))

pytestmark = pytest.mark.wheel

COMMANDS: dict[str, tuple[list[str | Path], int, str]] = {
    "addon": ([], 0, "corsight/addons/cors.py"),
    "audit": ([SHOP], 1, "allow-origin-missing"),
    "browse": (["--script", "exit 3"], 3, ""),
    "check": (["--origin", "https://app.example", "--url", "https://api.example/cart"], 2, "curl "),
    "config": ([], 0, "fail-on      open"),
    "demo": (["--browser", "none"], 0, "The recorded browser agreed on 11 of 11"),
    "explain": ([SHOP, "--url", "/price", "--for", "nginx"], 0, "add_header Access-Control-Allow-Headers"),
    "history": ([], 2, ""),
    "mcp": ([SHOP], 2, ""),
    "policy check": ([TENANTS], 0, "files, api"),
    "policy diff": ([TENANTS, PUBLIC], 1, "https://*.saas.example"),
    "policy export": (["caddy", TENANTS], 0, "Access-Control-Allow-Origin"),
    "policy infer": ([SHOP], 0, "api.shop.test"),
    "policy show": ([TENANTS, "https://api.saas.example/v2/x"], 0, "Authorization"),
    "replay": ([SHOP, "--to", "http://127.0.0.1:9", "--from", "https://api.shop.test", "--dry-run"], 0, "OPTIONS"),
    "run": (["--allow-empty", "sh", "-c", "echo $CORSIGHT_PROXY; exit 3"], 3, "http://127.0.0.1:"),
    "rules": (["allow-origin-missing"], 0, "https://fetch.spec.whatwg.org/"),
}
"""Of each command: arguments, the exit code that they lead to, and a part of what is printed."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-P", "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, env=clean_environment(), check=True)
    [wheel] = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the wheel and what it requires."""
    environment = Environment(tmp_path_factory.mktemp("installed"))
    [information] = [path for path in zipfile.Path(wheel).iterdir() if path.name.endswith(".dist-info")]
    required = [Requirement(text) for text in PathDistribution(information).requires or ()]
    plain = [str(one) for one in required if one.marker is None or one.marker.evaluate({"extra": ""})]
    environment.link(closure(plain).values())
    environment.install(wheel)
    return environment


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with packages of the names that ours have, none of which can be imported."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("addons", "examples", "policies", "scripts", "tests"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(f"raise ImportError('the wrong {name}')\n")
    return folder


def test_the_wheel_holds_the_files_of_the_live_page(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"corsight/addons/page/static/{name}" for name in TYPES} <= names


def test_the_wheel_brings_a_plugin_to_pytest_and_a_file_to_playwright(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    [entries] = [name for name in archive.namelist() if name.endswith(".dist-info/entry_points.txt")]
    assert "[pytest11]\ncorsight = corsight.scripts.runs.plugin\n" in archive.read(entries).decode()
    assert {"corsight/scripts/runs/plugin.py", "corsight/scripts/runs/playwright.cjs"} <= set(archive.namelist())


def run(command: list[str | Path], project: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in the project, with the project on PYTHONPATH and an empty home."""
    home = project / "home"
    home.mkdir(exist_ok=True)
    environment = clean_environment() | {"PYTHONPATH": str(project), "HOME": str(home)}
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=120)


def test_it_holds_the_packages_in_one_namespace_and_nothing_of_the_repository(wheel: Path) -> None:
    paths = [path for top in ("addons", "policies", "scripts") for path in (ROOT / top).rglob("*") if path.is_file()]
    files = {path.relative_to(ROOT) for path in paths if "__pycache__" not in path.parts}
    launchers = {path for path in files if path.parts[0] == "scripts" and path.suffix in ("", ".sh")}
    tools = {path for path in files if path.parts[:2] == ("scripts", "dev")}
    assert launchers
    assert tools
    ours = {Path("corsight") / path for path in files - launchers - tools} | {Path("corsight/examples/shop.mitm")}
    with zipfile.ZipFile(wheel) as archive:
        packed = {Path(name) for name in archive.namelist()}
    assert {path for path in packed if not path.parts[0].endswith(".dist-info")} == ours
    # A namespace says for each of its packages that it is typed (https://peps.python.org/pep-0561/).
    assert {Path("corsight", top, "py.typed") for top in ("addons", "policies", "scripts")} <= packed


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_works(command: str, installed: Environment, project: Path) -> None:
    arguments, code, printed = COMMANDS[command]
    ended = run([installed.bin / "corsight", *command.split(), *arguments], project)
    assert ended.returncode == code, ended.stderr
    assert printed in ended.stdout


def test_each_command_is_tried(installed: Environment, project: Path) -> None:
    def list_commands(*group: str) -> set[str]:
        text = run([installed.bin / "corsight", *group, "--help"], project).stdout
        return set(re.findall(r"^  ([a-z]+) ", text.partition("Commands:")[2], re.MULTILINE))

    commands = list_commands() - {"policy"} | {f"policy {name}" for name in list_commands("policy")}
    assert commands == set(COMMANDS)


def test_it_says_its_version(installed: Environment, project: Path) -> None:
    assert re.fullmatch(r"corsight \d+\.\d+\.\d+\n", run([installed.bin / "corsight", "--version"], project).stdout)


def test_its_addon_writes_the_log_that_the_checkout_writes(
    installed: Environment, project: Path, tmp_path: Path
) -> None:
    theirs = Path(run([installed.bin / "corsight", "addon"], project).stdout.rstrip("\n"))
    assert theirs.is_relative_to(installed.site)
    assert judge_shop(installed, project, theirs, tmp_path / "installed.jsonl") == ""
    assert judge_shop(installed, project, ROOT / "addons" / "cors.py", tmp_path / "checkout.jsonl") == ""
    log = (tmp_path / "installed.jsonl").read_bytes()
    assert log == (tmp_path / "checkout.jsonl").read_bytes()
    assert log.count(b"\n") == 15


def judge_shop(environment: Environment, project: Path, script: Path, log: Path) -> str:
    """Replay the recorded shop through mitmdump with `script`; what mitmdump says."""
    arguments: list[str | Path] = ["-n", "-q", "-r", SHOP, "-s", script, "--set", f"cors_log={log}"]
    ended = run([environment.bin / "mitmdump", *arguments], project)
    return ended.stdout + ended.stderr


def test_a_mitmproxy_that_lacks_a_package_is_told_what_to_install(project: Path, tmp_path: Path) -> None:
    environment, log = Environment(tmp_path / "bare"), tmp_path / "log.jsonl"
    environment.link(closure(["mitmproxy"]).values())
    first, closing = judge_shop(environment, project, ROOT / "addons" / "cors.py", log).splitlines()
    remedy = re.fullmatch(
        r"\[\S+\] corsight: No module named '\w+'; in its Python, run: pip install --upgrade (.+)", first
    )
    assert remedy is not None, first
    assert closing == "Error logged during startup, exiting..."
    environment.link(closure(remedy[1].split()).values())
    assert judge_shop(environment, project, ROOT / "addons" / "cors.py", log) == ""
    assert log.read_bytes().count(b"\n") == 15
