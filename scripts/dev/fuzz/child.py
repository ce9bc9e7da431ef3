"""Fuzzes one target in a process of its own. Importing this instruments Corsight, which takes seconds: once for all.

Atheris takes the process over and ends it. What fails is kept, and the run goes on.
"""

from __future__ import annotations

import os
import random
import sys
from contextlib import redirect_stderr
from functools import partial
from io import StringIO
from pathlib import Path

import atheris  # type: ignore[import-untyped]

from corsight.scripts.dev.fuzz import mutate
from corsight.scripts.dev.fuzz.checks import check_cost
from corsight.scripts.dev.fuzz.found import Finds, Slowest

with redirect_stderr(StringIO()), atheris.instrument_imports(include=["corsight"], enable_loader_override=False):
    from corsight.scripts.dev.fuzz.targets import TARGETS


def start(name: str, options: list[str], found: Path, output: Path) -> int:
    """Start to fuzz a target with libFuzzer's options. The id of the process, whose output goes into the file."""
    process = os.fork()
    if process:
        return process
    with output.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        _fuzz(name, options, found)
    finally:
        os._exit(1)


def _fuzz(name: str, options: list[str], found: Path) -> None:
    target, finds, slowest = TARGETS[name], Finds(found, name), Slowest(found, name)
    change = mutate.mutate_recording if name == "recordings" else mutate.mutate_text

    def test(data: bytes) -> None:
        try:
            slowest.add(data, check_cost(partial(target, data), len(data)))
        except Exception as error:
            finds.add(data, error)

    def mutator(data: bytes, longest: int, seed: int) -> bytes:
        return change(data, longest, random.Random(seed), atheris.Mutate)

    atheris.Setup([sys.argv[0], *options], test, custom_mutator=mutator)
    atheris.Fuzz()
