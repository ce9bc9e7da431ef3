"""Virtual environments that hold what some packages require, and nothing else. No registry is asked: the packages are
those that the tests run with, linked."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Iterable
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def closure(requirements: Iterable[str]) -> dict[str, Distribution]:
    """The distributions that `requirements` name, and all that those require, by canonical name.

    Raises PackageNotFoundError for one that is not installed here.
    """
    distributions: dict[str, Distribution] = {}
    visited = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        wanted = waiting.pop()
        name, extras = canonicalize_name(wanted.name), frozenset(wanted.extras) or frozenset({""})
        if (name, extras) in visited:
            continue
        visited.add((name, extras))
        distributions[name] = distribution(name)
        required = [Requirement(text) for text in distributions[name].requires or ()]
        waiting += [
            one for one in required if one.marker is None or any(one.marker.evaluate({"extra": e}) for e in extras)
        ]
    return distributions


class Environment:
    """A virtual environment in a folder of its own, without pip."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, symlinks=True)
        self.bin = folder / "bin"
        self.python = self.bin / "python"
        [self.site] = folder.glob("lib/python*/site-packages")

    def link(self, distributions: Iterable[Distribution]) -> None:
        """Put these distributions in: their packages as links, their commands as scripts."""
        for one in distributions:
            for top in {file.parts[0] for file in one.files or ()} - {"..", "__pycache__"}:
                if not (self.site / top).exists():
                    (self.site / top).symlink_to(os.path.realpath(str(one.locate_file(top))))
            for command in one.entry_points.select(group="console_scripts"):
                script = self.bin / command.name
                script.write_text(
                    f"#!{self.python}\nimport sys\nfrom {command.module} import {command.attr}\n"
                    f"sys.exit({command.attr}())\n"
                )
                script.chmod(0o755)

    def install(self, wheel: Path) -> None:
        """Install a wheel with pip, which refuses where what is in here does not meet its requirements."""
        command = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "--no-index", "--quiet"]
        settings = {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_CACHE_DIR": "1"}
        subprocess.run([*command, str(wheel)], env=clean_environment() | settings, check=True)


def clean_environment() -> dict[str, str]:
    """The environment variables without those that Python, pip and pytest are told by."""
    told = ("PYTHON", "PIP_", "PYTEST_", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(told)}
