"""What `corsight browse` and `corsight run` are asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from corsight.scripts.gate.gate import Gate
from corsight.scripts.processes.browsers import Engine

LOOKING = Gate(fail_on="never")
"""The gate where a person watches: nothing makes the exit code 1."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The options of a run."""

    url: str = "about:blank"
    browser: Engine | None = None
    save: Path | None = None
    web: bool = False
    port: int = 0
    headless: bool = False
    script: str | tuple[str, ...] | None = None
    """The command to run instead of a browser: a line for a shell, or its words."""
    lanes: int = 0
    """How many tests the command runs at a time, at most: each can have a port of its own."""
    gate: Gate = LOOKING
    verbose: bool = False
    watch: bool = True
    formats: tuple[str, ...] = ()
    marker: str = ""
    """The marker cookie's scope; empty for none."""
    patch_scope: str | None = None
    patch_origins: tuple[str, ...] = ()
