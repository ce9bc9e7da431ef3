"""What a cluster costs a recording: small ones are audited here, and on a scheduler and one worker on this machine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from corsight.scripts.dev.benchmarks.audit import AUDIT, TELL, Shared
from corsight.scripts.paths import ROOT

FEW, MANY = 50, 250
"""How many recordings: what a start costs is in both."""
WAIT = 60


def run() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="corsight-bench-") as folder, ExitStack() as stack:
        files = [str(shutil.copy(ROOT / "examples" / "shop.mitm", f"{folder}/{number}.mitm")) for number in range(MANY)]
        address = _start(Path(folder), stack)
        # The first audit on a worker has it import everything.
        first = [sys.executable, "-P", *AUDIT, files[0], "--dask", address]
        subprocess.run(first, cwd=ROOT, stderr=subprocess.DEVNULL, check=True)
        here, there = _cost_each(files), _cost_each(files, "--dask", address)
    print(
        f"a recording of 15 exchanges, among {MANY}: milliseconds by the clock, and of CPU time where it is asked for"
    )
    print(f"  here           {here.wall * 1000:6.1f} {here.own * 1000:6.1f}")
    print(f"  on one worker  {there.wall * 1000:6.1f} {there.own * 1000:6.1f}")


def _cost_each(files: Sequence[str], *options: str) -> Shared:
    few, many = _audit(files[:FEW], *options), _audit(files, *options)
    return Shared(*((more - less) / (MANY - FEW) for more, less in zip(many, few, strict=True)))


def _audit(files: Sequence[str], *options: str) -> Shared:
    command = [sys.executable, "-P", "-c", TELL, *AUDIT[1:], *files, *options]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    return Shared(*json.loads(done.stdout.splitlines()[-1]))


def _start(folder: Path, stack: ExitStack) -> str:
    """Start a scheduler and a worker; return the scheduler's address."""
    file = folder / "scheduler.json"
    for words in (("scheduler", "--port", "0"), ("worker", "--nthreads", "1", "--no-nanny")):
        command = [sys.executable, "-P", "-m", "dask", *words, "--scheduler-file", str(file), "--no-dashboard"]
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        stack.callback(process.wait)
        stack.callback(process.kill)
    end = time.monotonic() + WAIT
    while not (file.exists() and file.stat().st_size) and time.monotonic() < end:
        time.sleep(0.1)
    return str(json.loads(file.read_text())["address"])
