"""Mutants: what is changed, that the list of equivalent ones is true, and that one that a test notices is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import parso
import pytest

from corsight.scripts.dev.mutate import __main__ as mutate
from corsight.scripts.dev.mutate.mutants import Mutant, find_mutants, read_equivalent
from corsight.scripts.dev.mutate.operators import DropOperand, SwapIn
from corsight.scripts.paths import ROOT

CORS_CHECK = ROOT / "policies" / "fetch" / "cors_check.py"


@pytest.mark.parametrize("operator", [DropOperand(), SwapIn()])
def test_an_operator_changes_what_its_examples_say(operator: DropOperand | SwapIn) -> None:
    for example in operator.examples():
        [node] = parso.parse(example.pre_mutation_code).children[:1]
        assert len(list(operator.mutation_positions(node))) > example.occurrence
        assert operator.mutate(node, example.occurrence).get_code() == example.post_mutation_code


def test_every_mutant_is_another_program() -> None:
    mutants = find_mutants(CORS_CHECK)
    assert len({mutant.key for mutant in mutants}) == len(mutants) > 30
    assert all(mutant.before == CORS_CHECK.read_text("utf-8") != mutant.after for mutant in mutants)
    changed = {mutant.changed[1] for mutant in mutants}
    assert "if counted_lines >= 1:" in changed, "a comparison"
    assert 'if " " in allow_origin:' in changed, "a condition that goes"
    assert 'elif include and allow_origin == "*":' in changed, "a negation"
    assert not [text for text in changed if "str & None" in text], "annotations are not carried out"
    assert not [text for text in changed if ", /, " in text], "a star in a signature calculates nothing"


def test_a_mutant_is_known_by_what_it_changes_wherever_its_lines_move_to() -> None:
    before = "x = 1\ny = 2\n"
    [mutant, moved] = (
        Mutant("policies/x.py", "f", "f", head + before, head + before.replace("2", " 3"))
        for head in ("", "import a\n")
    )
    assert mutant.identity == moved.identity == ("policies/x.py", "f", "y = 2", "y = 3")
    assert mutant.key != moved.key


def test_what_is_listed_as_equivalent_is_a_mutant_with_a_reason() -> None:
    listed = read_equivalent()
    found = {mutant.identity for file in {file for file, *_ in listed} for mutant in find_mutants(ROOT / file)}
    assert [identity for identity in listed if identity not in found] == []
    assert all(listed.values())


def test_mutants_are_tried(tmp_path: Path) -> None:
    """One function of the CORS check, and a constant, which is carried out when its module is imported."""
    command = [sys.executable, "-P", "-m", "corsight.scripts.dev.mutate", "policies/fetch/steps.py", "--jobs", "1"]
    run = subprocess.run(
        [*command, "--results", str(tmp_path / "results.jsonl")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.startswith("1 of 1 mutants of 1 files")
    assert "100.0% killed" in run.stdout
    assert "tests/policies/fetch/" in (tmp_path / "results.jsonl").read_text("utf-8")


@pytest.mark.parametrize("path", ["policies/nowhere.py", "scripts", "../elsewhere"])
def test_what_is_no_policy_is_refused(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert mutate.main([path]) == 2
    assert capsys.readouterr().err == f"mutate: {path} is no file or folder in policies/\n"
