"""The fuzzer: what its targets hold inputs against, and what it keeps of those that break something."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from itertools import islice
from pathlib import Path

import pytest

from corsight.scripts.dev.fuzz import __main__ as fuzz
from corsight.scripts.dev.fuzz import checks, found
from corsight.scripts.dev.fuzz.checks import SECRET, Broken
from corsight.scripts.dev.fuzz.seeds import SEEDS, seeds
from corsight.scripts.dev.fuzz.targets import TARGETS

TRIED = 4


def test_every_target_has_seeds() -> None:
    assert TARGETS.keys() == SEEDS.keys()


@pytest.mark.parametrize("name", TARGETS)
def test_what_holds_whatever_comes_holds_for_the_seeds(name: str) -> None:
    for data in islice(seeds(name), TRIED):
        TARGETS[name](data)
        TARGETS[name](data[: len(data) // 2])
    for data in (b"", b"\0", b"\xff\xfe\xed\xa0\x80", b"\n\n\n", b"https://?" * 50):
        TARGETS[name](data)


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (checks.check_printable, "a\x1b[31mb"),
        (checks.check_line, "a\nb"),
        (checks.check_line, "\u202e"),
        (checks.check_shown, f"token={SECRET}"),
        (checks.check_shown, "\udc80"),
    ],
)
def test_what_must_not_be_shown_is_found(check: object, text: str) -> None:
    with pytest.raises(Broken):
        check(text, "a report")  # type: ignore[operator]


def test_more_steps_than_bytes_are_worth_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from corsight.policies.redact import redact

    monkeypatch.setattr(checks, "QUICK", -1)
    monkeypatch.setattr(checks, "STEPS", 1000)
    checks.check_cost(lambda: redact("https://a.test/?a=b"), 19)
    with pytest.raises(Broken, match="steps of"):
        checks.check_cost(lambda: [redact("https://a.test/?a=b") for _ in range(10_000)], 19)


def test_the_shortest_input_of_each_kind_is_kept(tmp_path: Path) -> None:
    finds = found.Finds(tmp_path, "curl")
    for data in (b"long one", b"short", b"longest one of all"):
        finds.add(data, Broken("a kind", "it broke"))
    finds.add(b"other", ValueError("no"))
    kept = {find.kind: find.input.read_bytes() for find in found.finds_in(tmp_path, "curl")}
    assert kept == {"a kind": b"short", "ValueError in the target": b"other"}


def test_an_input_is_tried_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "input"
    file.write_bytes(b"CORS policy")
    assert fuzz.main(["console", "--input", str(file)]) == 0
    assert capsys.readouterr().out.startswith("console: nothing breaks")


@pytest.mark.parametrize("arguments", [["nothing"], ["--input", "x"], ["curl", "hooks", "--input", "x"]])
def test_bad_usage_is_said_in_a_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(arguments) == 2
    assert re.fullmatch(r"fuzz: .+\n", capsys.readouterr().err)


def test_where_the_fuzzer_is_not_to_be_had_a_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzz, "find_spec", lambda name: None)
    assert fuzz.main([]) == 2
    assert "Linux on x86-64" in capsys.readouterr().err


@pytest.mark.skipif(find_spec("atheris") is None, reason="the fuzzer is there for Linux on x86-64 only")
def test_a_short_run_says_what_it_did(tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-m", "corsight.scripts.dev.fuzz", "redaction", "--seconds", "3", "--jobs", "1"]
    ended = subprocess.run([*command, "--folder", str(tmp_path)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"^redaction +[\d,]+ executions .* slowest .* 0 kinds of failures$", ended.stdout, re.MULTILINE)
    assert re.search(r"^[1-9][\d,]* executions, 0 kinds of failures$", ended.stdout, re.MULTILINE)
