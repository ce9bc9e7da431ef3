"""A pipe in place of a file is read where somebody writes into it, or the other way, and one line where nobody does."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from corsight.scripts import cli
from corsight.scripts.inputs import BLOCK, open_input, open_output
from corsight.scripts.paths import ROOT

SHOP = str(ROOT / "examples" / "shop.mitm")
POLICY = ROOT / "examples" / "policies" / "public-read-only.yaml"

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are POSIX's")


@pytest.fixture
def pipe(tmp_path: Path) -> str:
    path = str(tmp_path / "pipe")
    os.mkfifo(path)
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ["audit", SHOP, "--policy"],
        ["audit", SHOP, "--baseline"],
        ["audit", SHOP, "--config"],
        ["audit", SHOP, "--assume", "policy="],
        ["policy", "check"],
        ["policy", "export", "nginx"],
        ["check", "https://api.test/", "--origin", "https://app.test", "--response"],
        ["check", "--paste"],
    ],
    ids=" ".join,
)
def test_a_pipe_that_nobody_writes_into_is_one_line(
    arguments: list[str], pipe: str, capsys: pytest.CaptureFixture[str]
) -> None:
    *before, last = arguments
    given = [last + pipe] if last.endswith("=") else [last, pipe]
    assert cli.run([*before, *given]) == 2
    assert capsys.readouterr().err == f"corsight: {pipe}: is a pipe that nobody writes into\n"


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="what cannot be read there is Linux's")
@pytest.mark.parametrize("option", ["--policy", "--baseline", "--config"])
def test_a_file_that_fails_while_it_is_read_is_named(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["audit", SHOP, option, "/proc/self/mem"]) == 2
    assert capsys.readouterr().err == "corsight: /proc/self/mem: Input/output error\n"


def test_what_is_written_into_a_pipe_is_read_to_its_end(pipe: str) -> None:
    content = b"a" * (3 * BLOCK + 7)

    def write() -> None:
        with open(pipe, "wb", buffering=0) as into:
            opened.set()
            # As of a command in <(...), nothing may be there yet.
            time.sleep(0.05)
            into.write(content)

    opened = threading.Event()
    # Whoever opens it first waits for the other: here both ends are open from the beginning.
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = threading.Thread(target=write)
    writer.start()
    opened.wait()
    with open_input(pipe) as file:
        os.close(reader)
        assert file.read() == content
    writer.join()


def test_a_policy_may_come_from_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """A shell hands the command's end of `<(command)` on as /dev/fd/N."""
    end, begin = os.pipe()
    os.write(begin, POLICY.read_bytes())
    os.close(begin)
    try:
        assert cli.run(["policy", "check", f"/dev/fd/{end}"]) == 0
    finally:
        os.close(end)
    assert "no problems" in capsys.readouterr().out


@pytest.mark.parametrize("option", [["--output"], ["--format", "json="], ["--write-baseline", "--baseline"]])
def test_a_pipe_that_nobody_reads_is_one_line(option: list[str], pipe: str, capsys: pytest.CaptureFixture[str]) -> None:
    *before, last = option
    given = [last + pipe] if last.endswith("=") else [last, pipe]
    assert cli.run(["audit", SHOP, *before, *given]) == 2
    assert f"corsight: {pipe}: is a pipe that nobody " in capsys.readouterr().err


def test_a_pipe_that_somebody_reads_is_written(pipe: str) -> None:
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with open_output(pipe) as file:
        file.write("text")
    assert os.read(reader, 10) == b"text"
    os.close(reader)
