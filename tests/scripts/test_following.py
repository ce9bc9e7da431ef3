"""Following a recording while it is written: what comes is told at once, and the end is the report."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corsight.policies.exchange import Exchange
from corsight.scripts.auditing import Plan, audit
from corsight.scripts.following import follow
from corsight.scripts.paths import ROOT
from corsight.scripts.recordings import growing
from corsight.scripts.recordings.growing import Growing
from tests.scripts.recordings.test_mitmproxy import RECORDINGS, bytes_of

SHOP = bytes_of(RECORDINGS[0])
COMMAND = [sys.executable, "-P", "-m", "corsight.scripts.cli", "audit", "--follow"]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "PAUSE", 0.001)


def grow(path: Path, pieces: Iterator[bytes]) -> tuple[list[Exchange], list[int], Growing]:
    """Read a recording to which a piece is added whenever nothing more is there: what is read, and how much of it
    when each piece was waited for.
    """
    path.write_bytes(b"")
    read: list[Exchange] = []
    seen: list[int] = []
    over = False

    def add() -> None:
        nonlocal over
        seen.append(len(read))
        piece = next(pieces, None)
        over = piece is None
        with open(path, "ab") as file:
            file.write(piece or b"")

    recording = Growing(str(path), idle=add, stopped=lambda: over)
    for exchange in recording:
        read.append(exchange)
    return read, seen, recording


def test_what_comes_is_read_as_it_comes(tmp_path: Path) -> None:
    size = len(SHOP) // 7 + 1
    pieces = (SHOP[start : start + size] for start in range(0, len(SHOP), size))
    read, seen, recording = grow(tmp_path / "a", pieces)
    assert (len(read), recording.problem) == (15, None)
    assert seen[0] == 0
    assert len(set(seen)) > 5


def test_a_flow_that_is_half_written_at_the_end_is_no_damage(tmp_path: Path) -> None:
    read, _, recording = grow(tmp_path / "a", iter([SHOP[:-10]]))
    assert (len(read), recording.problem) == (14, None)


def test_damage_is_told(tmp_path: Path) -> None:
    read, _, recording = grow(tmp_path / "a", iter([SHOP, b"damage, " * 9, b"more"]))
    assert len(read) == 15
    assert recording.problem is not None
    assert "damaged after 15 exchanges" in str(recording.problem)
    read, _, recording = grow(tmp_path / "b", iter([b'{"log": {}}']))
    assert read == []
    assert "is not a mitmproxy recording; --follow reads only those" in str(recording.problem)


def test_a_recording_that_is_written_anew_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a"

    def pieces() -> Iterator[bytes]:
        yield SHOP
        path.write_bytes(SHOP[:5000])
        yield b""

    read, _, recording = grow(path, pieces())
    assert len(read) == 15
    assert str(recording.problem) == f"{path}: was replaced while it was followed; follow it again"


def test_what_is_found_is_what_an_audit_finds(tmp_path: Path) -> None:
    for number, path in enumerate(RECORDINGS[:3]):
        content, plain, pipe = bytes_of(path), tmp_path / str(number), tmp_path / f"pipe{number}"
        plain.write_bytes(content)
        os.mkfifo(pipe)
        writer = threading.Thread(target=pipe.write_bytes, args=(content,))
        writer.start()
        followed = follow(str(pipe), Plan(), io.StringIO())
        writer.join()
        findings, [audited] = audit([str(plain)], Plan(), io.StringIO())
        assert followed.problem is None
        assert followed.exchanges == audited.exchanges
        assert followed.findings.clients == findings.clients
        assert sum(followed.findings.outcomes.values()) == sum(findings.outcomes.values())


def wait_for(path: Path, text: str) -> str:
    deadline = time.monotonic() + 60
    while text not in (said := path.read_text()):
        assert time.monotonic() < deadline, said
        time.sleep(0.02)
    return said


@pytest.mark.parametrize("format", ["text", "jsonl"])
def test_it_tells_at_once_and_ends_by_ctrl_c_with_the_report(format: str, tmp_path: Path) -> None:
    recording, out = tmp_path / "a.mitm", tmp_path / "out"
    recording.write_bytes(SHOP[:20000])
    with open(out, "wb") as stream:
        process = subprocess.Popen([*COMMAND, str(recording), "--format", format], stdout=stream, cwd=ROOT)
    try:
        said = wait_for(out, "https://reviews.test/lamp")
        assert "pay.test/wallet" not in said
        with open(recording, "ab") as file:
            file.write(SHOP[20000:])
        wait_for(out, "https://pay.test/wallet")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 1
    finally:
        process.kill()
    said = out.read_text()
    if format == "text":
        assert said.startswith("blocked: GET https://reviews.test/lamp [allow-origin-missing]: No Access-Control-Allow")
        assert "15 exchanges\n" in said
        assert "Blocked: 7 exchanges, for 7 causes" in said
    else:
        assert len({json.loads(line)["flow"] for line in said.splitlines()}) == 15


def test_a_pipe_ends_by_itself() -> None:
    done = subprocess.run([*COMMAND, "-"], input=SHOP, capture_output=True, cwd=ROOT, check=False)
    assert done.returncode == 1
    assert b"stdin: 15 exchanges" in done.stdout


@pytest.mark.parametrize("arguments", [["a", "b"], ["https://a.test/a"], ["a", "--policy", "p"]])
def test_one_recording_is_followed(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").touch()
    (tmp_path / "p").write_text("version: 1\npolicies: []")
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("corsight: ")
    assert done.stderr.count("\n") == 1
