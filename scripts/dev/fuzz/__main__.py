"""Fuzzes what reads other people's bytes, and keeps what breaks:

    scripts/fuzz                              every target, two minutes in all
    scripts/fuzz hooks curl --seconds 3600    these targets, an hour in all
    scripts/fuzz hooks --input FILE           one input again, without the fuzzer: what it breaks, with a traceback

Inputs that lead somewhere new are kept in .corsight/fuzz/corpus, those that break something in .corsight/fuzz/found.
Exits with 0 when nothing broke, 1 when something did, 2 for what could not be done.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import sys
import time
import traceback
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from corsight.scripts.dev.fuzz.found import finds_in, read_slowest
from corsight.scripts.dev.fuzz.seeds import SEEDS, seeds
from corsight.scripts.paths import ROOT

FOLDER = ROOT / ".corsight" / "fuzz"
LONGEST = 8192
"""Bytes of an input."""
MEMORY = 1500
"""Megabytes that a target's process may take: what is remembered is bounded, whatever is fed in."""
HANGS = 300
"""Seconds after which an input counts as one that never ends, by the clock on the wall: other processes count too."""
LEAST = 5.0
"""Seconds that are worth another start, after the fuzzer ended too early."""
EXECUTED = re.compile(rb"^#(\d+)\s", re.MULTILINE)


class Run:
    """A target that is fuzzed for so many seconds. Where its process ends too early, another one goes on."""

    def __init__(self, name: str, folder: Path, seconds: float, seed: int) -> None:
        self.name = name
        self.found, self.corpus, self.output = folder / "found", folder / "corpus" / name, folder / f"{name}.log"
        self.executions = 0
        self._ends = time.monotonic() + seconds
        self._seed = seed
        self.found.mkdir(parents=True, exist_ok=True)
        self.corpus.mkdir(parents=True, exist_ok=True)
        for old in self.found.glob(f"{name}-*"):
            old.unlink()
        for data in seeds(name):
            (self.corpus / hashlib.sha1(data).hexdigest()).write_bytes(data)
        self._start()

    def is_over(self) -> bool:
        """Return whether its time is over, and its process has ended."""
        if os.waitpid(self._process, os.WNOHANG) == (0, 0):
            return False
        self.executions += max(map(int, EXECUTED.findall(self.output.read_bytes())), default=0)
        if self._ends - time.monotonic() < LEAST:
            return True
        self._start()
        return False

    def slowest(self) -> tuple[float, int]:
        """Return the seconds that the slowest input took, and its bytes."""
        return read_slowest(self.found, self.name)

    def _start(self) -> None:
        from corsight.scripts.dev.fuzz import child

        options = {
            "max_total_time": max(1, round(self._ends - time.monotonic())),
            "max_len": LONGEST,
            "rss_limit_mb": MEMORY,
            "timeout": HANGS,
            "seed": self._seed,
            "artifact_prefix": f"{self.found / self.name}-",
        }
        words = [f"-{name}={value}" for name, value in options.items()]
        self.output.unlink(missing_ok=True)
        self._process = child.start(self.name, [*words, str(self.corpus)], self.found, self.output)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz, or try one input again; the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(SEEDS)}; all when none is named")
    parser.add_argument("--seconds", type=float, default=120, help="how long, for all targets together")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many targets at once")
    parser.add_argument("--seed", type=int, default=0, help="begin the fuzzer's chances here; 0 for anywhere")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where inputs are kept")
    parser.add_argument("--input", type=Path, metavar="FILE", help="try this input alone, with the one target named")
    chosen = parser.parse_args(arguments)
    for name in chosen.targets:
        if name not in SEEDS:
            print(f"fuzz: there is no target {name!r}; there are {', '.join(SEEDS)}", file=sys.stderr)
            return 2
    if chosen.input is not None:
        if len(chosen.targets) != 1:
            print("fuzz: --input needs the one target that it is for", file=sys.stderr)
            return 2
        return _try(chosen.targets[0], chosen.input)
    if find_spec("atheris") is None:
        print("fuzz: atheris, the fuzzer, is there for Linux on x86-64 only; --input works anywhere", file=sys.stderr)
        return 2
    return fuzz(chosen.targets or list(SEEDS), chosen.folder, chosen.seconds, chosen.jobs, chosen.seed)


def fuzz(names: Sequence[str], folder: Path, seconds: float, jobs: int, seed: int = 0) -> int:
    """Fuzz the targets for so many seconds in all, some at once, and print what came of it; 1 when something broke."""
    waiting, running, over = list(names), list[Run](), list[Run]()
    share = seconds * min(jobs, len(names)) / len(names)
    while waiting or running:
        while waiting and len(running) < jobs:
            running.append(Run(waiting.pop(0), folder, share, seed))
        time.sleep(0.1)
        for run in list(running):
            if run.is_over():
                running.remove(run)
                over.append(run)
                print(_row(run, share), flush=True)
    finds = [(run, find) for run in over for find in finds_in(run.found, run.name)]
    for run, find in finds:
        print(f"\n{find.kind}\n  scripts/fuzz {run.name} --input {find.input}")
    print(f"\n{sum(run.executions for run in over):,} executions, {len(finds)} kinds of failures")
    return 1 if finds else 0


def _row(run: Run, seconds: float) -> str:
    took, size = run.slowest()
    return (
        f"{run.name:12} {run.executions:10,} executions {run.executions / seconds:8,.0f} a second"
        f"   {len(list(run.corpus.iterdir())):6,} inputs kept   slowest {took * 1000:6.0f} ms for {size:5} bytes"
        f"   {len(finds_in(run.found, run.name))} kinds of failures"
    )


def _try(name: str, path: Path) -> int:
    """Try one input; 1 where something breaks."""
    from corsight.scripts.dev.fuzz.checks import check_cost
    from corsight.scripts.dev.fuzz.targets import TARGETS

    data = path.read_bytes()
    try:
        seconds = check_cost(partial(TARGETS[name], data), len(data))
    except Exception:
        traceback.print_exc()
        return 1
    print(f"{name}: nothing breaks, in {seconds * 1000:.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
