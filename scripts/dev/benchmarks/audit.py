"""What an audit costs, as ratios of CPU time to that of reading the same file with the reader that everybody has.

Each thing is measured in a process of its own, in turn, and the least of several rounds told: what else the machine
does only ever adds. Processes count for themselves and for those that they waited for, and their bytecode is kept.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from corsight.scripts.dev.benchmarks.bytecode import keep_bytecode
from corsight.scripts.dev.benchmarks.har import write_har
from corsight.scripts.dev.benchmarks.recording import write_mitmproxy
from corsight.scripts.paths import ROOT

MEGABYTES = 500.0
ROUNDS = 3
FILES = 10
AUDIT = ("-m", "corsight.scripts.cli", "audit", "--fail-on", "never", "--output", os.devnull)
JSONL = ("--format", "jsonl")
FLOW_READER = (
    "import sys; from mitmproxy.io import FlowReader\nfor _ in FlowReader(open(sys.argv[1], 'rb')).stream(): pass"
)
JSON_LOAD = "import sys, json; json.load(open(sys.argv[1], 'rb'))"


TELL = """
import json, resource, runpy, sys, time
sys.argv = sys.argv[1:]
started = time.monotonic()
try:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
except SystemExit:
    pass
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps([time.monotonic() - started, *(one.ru_utime + one.ru_stime for one in used)]))
"""
"""Runs a module, and tells the seconds by the clock, of its own CPU time, and of that of its processes."""


class Shared(NamedTuple):
    """Seconds by the clock, of CPU time of the first process, and of the others together."""

    wall: float
    own: float
    others: float


class Cost(NamedTuple):
    """Seconds of CPU time and of the clock, and the most memory that one process held, in MiB."""

    cpu: float
    wall: float
    memory: float


def run(*, megabytes: float = MEGABYTES) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="corsight-bench-") as folder:
        _measure_mitmproxy(Path(folder), megabytes)
        _measure_har(Path(folder), megabytes)
        _measure_jobs(Path(folder), megabytes)


def _measure_mitmproxy(folder: Path, megabytes: float) -> None:
    whole, half = str(folder / "whole.mitm"), str(folder / "half.mitm")
    exchanges = write_mitmproxy(whole, megabytes)
    write_mitmproxy(half, megabytes / 2)
    costs = _measure(
        {
            "FlowReader alone": ("-c", FLOW_READER, whole),
            "audit to jsonl": (*AUDIT, *JSONL, whole),
            "audit to text": (*AUDIT, whole),
            "half of it, to text": (*AUDIT, half),
            "a start": (*AUDIT, str(ROOT / "examples" / "shop.mitm")),
        },
        folder,
    )
    _print(f"a recording of mitmproxy, {megabytes:.0f} MB, {exchanges:,} exchanges", costs, "FlowReader alone")


def _measure_har(folder: Path, megabytes: float) -> None:
    path = str(folder / "whole.har")
    entries = write_har(path, megabytes)
    costs = _measure(
        {
            "json.load alone": ("-c", JSON_LOAD, path),
            "audit to jsonl": (*AUDIT, *JSONL, path),
            "audit to text": (*AUDIT, path),
        },
        folder,
    )
    _print(f"a HAR file, {megabytes:.0f} MB, {entries:,} entries (its map counts as memory)", costs, "json.load alone")
    os.unlink(path)


def _measure_jobs(folder: Path, megabytes: float) -> None:
    whole = str(folder / "whole.mitm")
    files = [str(folder / f"{number}.mitm") for number in range(FILES)]
    for file in files:
        write_mitmproxy(file, megabytes / FILES)
    print(f"many cores, {os.cpu_count()} in this machine: how many times as fast two are as one, by the clock, and by")
    print("the CPU time that is not shared (of the first process) and that is (of the others)")
    for name, paths in (("one large file", [whole]), (f"{FILES} files", files)):
        command = (*AUDIT[1:], *JSONL, *paths, "--jobs")
        alone, both = (
            min((_run_shared((*command, jobs), folder) for _ in range(ROUNDS)), key=lambda cost: cost.wall)
            for jobs in "12"
        )
        by_cpu = (alone.own + alone.others) / (both.own + both.others / 2)
        print(
            f"  {name:22} {alone.wall / both.wall:.2f} {by_cpu:.2f}   ({alone.wall:.2f} and {both.wall:.2f} seconds; "
            f"{both.own:.2f} not shared, {both.others:.2f} shared)"
        )


def _measure(commands: dict[str, tuple[str, ...]], folder: Path) -> dict[str, Cost]:
    rounds = [{name: _run(arguments, folder) for name, arguments in commands.items()} for _ in range(ROUNDS)]
    return {name: Cost(*map(min, zip(*(one[name] for one in rounds), strict=True))) for name in commands}


def _run(arguments: tuple[str, ...], folder: Path) -> Cost:
    """Run Python with these arguments, below a process that tells what it and its own took."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "corsight.scripts.dev.benchmarks.audit", *arguments],
        cwd=ROOT,
        env=keep_bytecode(folder),
        stdout=subprocess.PIPE,
        check=True,
    )
    return Cost(*json.loads(done.stdout))


def _run_shared(arguments: tuple[str, ...], folder: Path) -> Shared:
    """Run a module with these arguments, and return what it and its processes took."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", TELL, *arguments],
        cwd=ROOT,
        env=keep_bytecode(folder),
        stdout=subprocess.PIPE,
        check=True,
    )
    return Shared(*json.loads(done.stdout))


def _print(title: str, costs: dict[str, Cost], base: str) -> None:
    print(f"{title}: seconds of CPU time, as a ratio, and MiB")
    for name, cost in costs.items():
        print(f"  {name:22} {cost.cpu:6.2f}   {cost.cpu / costs[base].cpu:.2f}   {cost.memory:5.0f}")


def _tell(arguments: list[str]) -> list[Any]:
    started = time.monotonic()
    subprocess.run([sys.executable, "-P", *arguments], stdout=subprocess.DEVNULL, check=True)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return [usage.ru_utime + usage.ru_stime, time.monotonic() - started, usage.ru_maxrss / 1024]


if __name__ == "__main__":
    print(json.dumps(_tell(sys.argv[1:])))
