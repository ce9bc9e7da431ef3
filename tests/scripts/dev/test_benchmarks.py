"""The benchmarks run and print their figures; what the figures are is for no test to say."""

from __future__ import annotations

import re

import pytest

from corsight.scripts.dev.benchmarks import __main__ as command
from corsight.scripts.dev.benchmarks import audit, hostile, judge, live, memory, start


def test_a_decision_is_timed_with_and_without_memory(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "ROUNDS", 2)
    judge.run()
    assert len(re.findall(r"^  (?:allowed|blocked|credentials).* +[\d.]+ +[\d.]+$", capsys.readouterr().out, re.M)) == 5


def test_memory_is_told_at_every_tenth(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "EXCHANGES", 640)
    monkeypatch.setattr(memory, "LARGE", 1)
    monkeypatch.setattr(hostile, "PLACES", {"path": ("blocked",)})
    memory.run()
    _, marks, _, *filled = capsys.readouterr().out.splitlines()
    assert len(re.findall(r"[\d,]+", marks)) == memory.MARKS
    assert [line for line in filled if "KiB are held" not in line] == []
    assert len(filled) == 4


def test_the_proxy_is_measured_with_and_without_the_addon(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "PAGES", 1)
    monkeypatch.setattr(live, "SLICES", 3)
    monkeypatch.setattr(live, "WARM_UP", 0)
    live.run()
    assert re.findall(r"^  (plain|empty hooks|corsight|patching) ", capsys.readouterr().out, re.M) == [
        "plain",
        "empty hooks",
        "corsight",
        "patching",
    ]


def test_each_start_is_timed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "ROUNDS", 1)
    start.run()
    assert re.findall(r"^  (.+?) +\d+   \d+\.\d\d$", capsys.readouterr().out, re.M) == list(start.COMMANDS)


def test_a_benchmark_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "speed"])
    assert command.main() == 2
    assert "there are judge, start, memory, live, cost, audit" in capsys.readouterr().err


def test_an_audit_is_held_against_the_readers_that_everybody_has(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "ROUNDS", 1)
    monkeypatch.setattr("sys.argv", ["bench", "audit", "--megabytes", "1"])
    assert command.main() == 0
    said = capsys.readouterr().out
    assert len(re.findall(r"^  .+ +[\d.]+   [\d.]+ +\d+$", said, re.M)) == 8
    assert len(re.findall(r"^  .+ +[\d.]+ [\d.]+   \([\d.]+ and ", said, re.M)) == 2


@pytest.mark.parametrize("size", [[], ["many"], ["0"]])
def test_a_size_that_is_none_is_refused(size: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "audit", "--megabytes", *size])
    assert command.main() == 2
