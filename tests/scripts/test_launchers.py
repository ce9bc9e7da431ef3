"""Starts scripts/corsight and scripts/test in a checkout of their own, where `uv` and `python3` are stand-ins.

The stand-in uv makes an environment whose python prints where it is and what it was given. No network is needed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from corsight.scripts.paths import ROOT

TOOLS = ["cat", "chmod", "cksum", "dirname", "head", "ln", "mkdir", "mv", "readlink", "rm", "sed", "sh", "sleep"]
TOOLS += ["tail"]

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the launchers are POSIX shell scripts")

PYTHON = f"""#!{sys.executable}
import json, os, sys
print(json.dumps({{"cwd": os.getcwd(), "args": sys.argv[1:], "path": os.environ.get("PYTHONPATH")}}))
"""

UV = """#!/bin/sh
echo "$*" >>"$UV_CALLS"
case $1 in
    venv)
        for folder; do :; done
        mkdir -p "$folder/bin"
        cat "$UV_PYTHON_STAND_IN" >"$folder/bin/python"
        chmod +x "$folder/bin/python"
        ;;
    pip) sleep "${UV_SECONDS:-0}"; eval "${UV_FAILS:-}" ;;
esac
"""


@dataclass
class Checkout:
    root: Path
    tools: Path
    environment: dict[str, str]

    def start(self, name: str, *args: str, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
        command, environment = [str(self.root / "scripts" / name), *args], self.environment | more
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60)

    def uv_calls(self) -> list[str]:
        calls = Path(self.environment["UV_CALLS"])
        return [line for line in calls.read_text().splitlines() if line != "--version"] if calls.exists() else []


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout in a folder with a space in its name, and a PATH with a few tools, our Python and the stand-in uv."""
    root, tools = tmp_path / "a checkout", tmp_path / "tools"
    (root / "scripts").mkdir(parents=True)
    tools.mkdir()
    for name in ("_setup.sh", "corsight", "test"):
        shutil.copy(ROOT / "scripts" / name, root / "scripts" / name)
    for name in ("requirements.txt", "requirements-dev.txt", ".python-version"):
        (root / name).write_text("stand-in")
    for tool in TOOLS:
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    (tmp_path / "python").write_text(PYTHON)
    write(tools / "uv", UV)
    return Checkout(
        root,
        tools,
        {
            "PATH": str(tools),
            "HOME": str(tmp_path),
            "CORSIGHT_PYTHON": sys.executable,
            "UV_CALLS": str(tmp_path / "calls"),
            "UV_PYTHON_STAND_IN": str(tmp_path / "python"),
        },
    )


def write(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def complaint(ended: subprocess.CompletedProcess[str]) -> str:
    """The one line of error; a line of progress may stand above it."""
    assert ended.returncode == 2
    assert ended.stdout == ""
    progress, _, line = ended.stderr.rstrip("\n").rpartition("\n")
    assert progress.count("\n") == 0
    assert line.startswith("corsight: ")
    return line


def test_folder_and_arguments_are_kept(checkout: Checkout, tmp_path: Path) -> None:
    here = tmp_path / "elsewhere"
    here.mkdir()
    ended = checkout.start("corsight", "audit", "two words", "", "*", "--x=$HOME", cwd=here, PYTHONPATH="/theirs")
    assert json.loads(ended.stdout) == {
        "cwd": str(here),
        "args": ["-P", "-m", "corsight.scripts.cli", "audit", "two words", "", "*", "--x=$HOME"],
        "path": f"{checkout.root}/.corsight/src:/theirs",
    }


def test_a_link_to_the_launcher_works(checkout: Checkout, tmp_path: Path) -> None:
    (checkout.root / "link").symlink_to("scripts/corsight")
    (tmp_path / "corsight").symlink_to(checkout.root / "link")
    ended = subprocess.run([tmp_path / "corsight"], env=checkout.environment, capture_output=True, text=True)
    assert json.loads(ended.stdout)["path"] == f"{checkout.root}/.corsight/src"


def test_the_first_start_says_one_line_and_the_second_runs_no_uv_and_no_python(checkout: Checkout) -> None:
    first = checkout.start("corsight")
    assert first.stderr.count("\n") == 1
    assert [call.split()[0] for call in checkout.uv_calls()] == ["venv", "pip"]
    (checkout.tools / "uv").unlink()
    second = checkout.start("corsight", CORSIGHT_PYTHON="/nowhere")
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout == first.stdout


def test_new_pins_are_installed_at_the_next_start(checkout: Checkout) -> None:
    checkout.start("corsight")
    (checkout.root / "requirements.txt").write_text("moved on")
    checkout.start("corsight")
    assert len(checkout.uv_calls()) == 4


def test_a_lost_python_is_replaced(checkout: Checkout) -> None:
    checkout.start("corsight")
    python = checkout.root / ".corsight" / "venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/uninstalled/python3")
    assert checkout.start("corsight").returncode == 0


def test_the_tests_environment_serves_the_command_too(checkout: Checkout) -> None:
    ended = checkout.start("test", "-k", "one and two")
    assert json.loads(ended.stdout)["args"] == ["-P", "-m", "pytest", "-k", "one and two"]
    assert json.loads(ended.stdout)["cwd"] == str(checkout.root)
    assert checkout.uv_calls()[-1].endswith("requirements-dev.txt")
    assert checkout.start("corsight").stderr == ""
    assert len(checkout.uv_calls()) == 2


def test_style_and_types_come_before_the_tests_which_run_beside_each_other(checkout: Checkout) -> None:
    checkout.start("test", "-k", "x")
    calls = checkout.root / "calls"
    for tool in ("ruff", "mypy"):
        write(checkout.root / ".corsight" / "venv" / "bin" / tool, f'#!/bin/sh\necho {tool} "$1" >>"{calls}"\n')
    static = ["ruff check", "ruff format", "mypy --no-error-summary"]
    ended = checkout.start("test", "--static")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert calls.read_text().splitlines() == static
    ended = checkout.start("test")
    assert json.loads(ended.stdout)["args"][3:] == ["--numprocesses=logical", "--dist=worksteal"]
    assert calls.read_text().splitlines() == [*static, *static]
    write(checkout.root / ".corsight" / "venv" / "bin" / "mypy", "#!/bin/sh\nexit 1\n")
    assert checkout.start("test").returncode == 1
    assert checkout.start("test").stdout == ""
    assert checkout.start("test", "--static").returncode == 1


def test_what_tests_take_from_registries_is_brought_ahead(checkout: Checkout) -> None:
    said = json.loads(checkout.start("test", "--bring").stdout)
    assert said["args"] == ["-P", "-m", "tests.recipes.bring"]
    assert said["path"] == str(checkout.root)


def test_what_the_tests_need_comes_on_top_of_what_the_command_needs(checkout: Checkout) -> None:
    checkout.start("corsight")
    assert checkout.uv_calls()[-1].endswith("requirements.txt")
    checkout.start("test", "-k", "x")
    assert [call.split()[0] for call in checkout.uv_calls()] == ["venv", "pip", "pip"]
    assert checkout.uv_calls()[-1].endswith("requirements-dev.txt")


def test_of_two_first_starts_one_sets_up_and_both_run(checkout: Checkout) -> None:
    command = [str(checkout.root / "scripts" / "corsight")]
    environment = checkout.environment | {"UV_SECONDS": "1"}
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)
    ]
    said = [start.communicate(timeout=60) for start in both]
    assert [start.returncode for start in both] == [0, 0]
    assert all(json.loads(out)["args"] == ["-P", "-m", "corsight.scripts.cli"] for out, _ in said)
    assert len(checkout.uv_calls()) == 2


def test_a_start_cut_short_leaves_nothing_half_done(checkout: Checkout) -> None:
    ended = checkout.start("corsight", UV_FAILS='kill -KILL "$PPID"')
    assert ended.returncode < 0
    assert not (checkout.root / ".corsight" / "venv").exists()
    assert checkout.start("corsight").returncode == 0


def test_no_python(checkout: Checkout) -> None:
    line = complaint(checkout.start("corsight", CORSIGHT_PYTHON=str(checkout.root / "no-python")))
    assert "python3" in line
    assert "install Python 3.13" in line


def test_a_python_too_old(checkout: Checkout) -> None:
    # It answers as a Python 3.11 would: the versions a setup tool needs are in its range, the ones we need are not.
    write(
        checkout.tools / "python3.11",
        "#!/bin/sh\n"
        'case "$*" in *"(3, 8)"*) echo "$0" ;; --version) echo Python 3.11.2 ;; *fcntl*) ;; *) exit 1 ;; esac\n',
    )
    write(checkout.tools / "uv", '#!/bin/sh\n[ "$1" = --version ] || { echo "error: no download" >&2; exit 1; }\n')
    line = complaint(checkout.start("corsight", CORSIGHT_PYTHON=str(checkout.tools / "python3.11")))
    assert "needs Python 3.12 or 3.13 and found only Python 3.11.2" in line


def test_no_way_to_the_registry_for_the_packages(checkout: Checkout) -> None:
    fails = "printf 'error: Failed to fetch\\n  cause: connection refused\\n  cause: no route to host\\n' >&2; exit 1"
    line = complaint(checkout.start("test", UV_FAILS=fails))
    assert "cannot install the packages of requirements-dev.txt: no route to host" in line
    assert "package registry" in line
    assert not (checkout.root / ".corsight" / "venv").exists()


def test_no_way_to_the_registry_for_uv(checkout: Checkout) -> None:
    (checkout.tools / "uv").unlink()
    write(
        checkout.tools / "python3",
        f"#!/bin/sh\ncase $2 in venv|pip) echo 'ERROR: No matching distribution found' >&2; exit 1 ;; esac\n"
        f'[ "$1" = -I ] || exit 1\ncase $3 in *sys.executable*) echo "$0" ;; *) exec {sys.executable} "$@" ;; esac\n',
    )
    line = complaint(checkout.start("corsight", CORSIGHT_PYTHON=str(checkout.tools / "python3")))
    assert "cannot install uv" in line
    assert "No matching distribution found" in line
    assert "python3-venv" in line


def test_a_checkout_that_cannot_be_written_to(checkout: Checkout) -> None:
    (checkout.root / ".corsight").write_text("a file where the folder belongs")
    line = complaint(checkout.start("corsight"))
    assert "cannot write to" in line
