"""What the fuzzer found: each kind once, by its shortest input, kept in files."""

from __future__ import annotations

import hashlib
import traceback
from dataclasses import dataclass
from pathlib import Path

from corsight.scripts.dev.cpu import name_of
from corsight.scripts.dev.fuzz.checks import Broken

INPUT, REPORT = ".input", ".txt"
ENDS = {"crash": "the process crashed", "oom": "too much memory was taken", "timeout": "it does not end"}
"""What ends the fuzzer itself, by how libFuzzer names the file of the input."""


@dataclass(frozen=True)
class Find:
    """One kind of failure, and an input that shows it."""

    kind: str
    input: Path


class Finds:
    """The finds of one target, in a folder."""

    def __init__(self, folder: Path, target: str) -> None:
        self._folder = folder
        self._target = target
        self._lengths: dict[str, int] = {}

    def add(self, data: bytes, error: Exception) -> None:
        """Keep an input that failed, unless a shorter one failed in the same way."""
        kind = kind_of(error)
        if self._lengths.get(kind, len(data) + 1) <= len(data):
            return
        self._lengths[kind] = len(data)
        path = self._folder / f"{self._target}-{hashlib.blake2b(kind.encode(), digest_size=5).hexdigest()}{INPUT}"
        path.write_bytes(data)
        path.with_suffix(REPORT).write_text(f"{kind}\n\n{''.join(traceback.format_exception(error))}", "utf-8")


class Slowest:
    """The slowest input of a target, in a folder."""

    def __init__(self, folder: Path, target: str) -> None:
        self._paths = _slowest(folder, target)
        self._seconds = 0.0

    def add(self, data: bytes, seconds: float) -> None:
        """Keep an input that took longer than all before."""
        if seconds > self._seconds:
            self._seconds = seconds
            for path, content in zip(self._paths, (data, str(seconds).encode()), strict=True):
                path.write_bytes(content)


def read_slowest(folder: Path, target: str) -> tuple[float, int]:
    """Return the seconds that the slowest input of a target took, and its bytes."""
    data, seconds = _slowest(folder, target)
    return (float(seconds.read_bytes()), data.stat().st_size) if seconds.exists() else (0.0, 0)


def _slowest(folder: Path, target: str) -> tuple[Path, Path]:
    """Return where the slowest input is kept, and the seconds it took."""
    return folder / f"{target}-slowest", folder / f"{target}-slowest.seconds"


def kind_of(error: Exception) -> str:
    """What is the same in all failures of one kind: the invariant that broke, or what Corsight raised and where."""
    if isinstance(error, Broken):
        return error.kind
    innermost = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        innermost = name_of(frame.f_code.co_filename, line, frame.f_code.co_name) or innermost
    return f"{type(error).__name__} in {innermost or 'the target'}"


def finds_in(folder: Path, target: str) -> list[Find]:
    """Return the finds of a target in a folder, and what made the fuzzer itself give up."""
    finds = []
    for path in sorted(folder.glob(f"{target}-*{INPUT}")):
        finds.append(Find(path.with_suffix(REPORT).read_text("utf-8").partition("\n")[0], path))
    for end, kind in ENDS.items():
        finds += [Find(kind, path) for path in sorted(folder.glob(f"{target}-{end}-*"))]
    return finds
