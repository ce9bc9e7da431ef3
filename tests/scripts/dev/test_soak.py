"""The soak, small: real mitmdump processes, one of them killed in the middle."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from corsight.scripts.dev.soak.identity import KINDS, Compared
from corsight.scripts.dev.soak.load import read_log
from corsight.scripts.dev.soak.server import ANSWERS

SOAK = (sys.executable, "-P", "-m", "corsight.scripts.dev.soak")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory and files are read from /proc")
def test_no_line_is_lost_though_the_proxy_is_killed() -> None:
    ended = subprocess.run(
        [*SOAK, "--exchanges", "400", "--connections", "20"], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ", 0 answered exchanges without one" in ended.stdout
    [memory] = re.findall(r"memory of its process, MB: ([\d ]+)", ended.stdout)
    assert all(int(size) > 20 for size in memory.split())


def test_the_same_bytes_pass() -> None:
    ended = subprocess.run([*SOAK, "--identity", "260"], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.findall(r"(\d+) exchanges, [\d,]+ bytes, (\d+) different", ended.stdout) == [("130", "0"), ("130", "0")]
    assert "first byte of an event stream" in ended.stdout


def test_every_kind_of_answer_is_compared() -> None:
    assert set(KINDS) == set(ANSWERS)
    assert {KINDS[number * 7919 % len(KINDS)] for number in range(len(KINDS))} == set(ANSWERS)


def test_what_differs_is_counted() -> None:
    compared = Compared()
    compared.add("plain 1", b"a", b"a")
    compared.add("plain 2", b"a", b"b")
    assert (compared.count, compared.different) == (2, ["plain 2"])


def test_a_log_is_counted(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(
        b'{"url":"http://a.test/plain/0"}\n{"url":"http://a.test/odd/2","x":1}\n{"url":"http://a\n{"url":"http://a.test/p/1"}\n'
    )
    assert read_log(log, 4) == (bytearray((1, 1, 1, 0)), 4, 1)
