"""What a start costs: the CPU time of whole commands, beside that of importing the libraries they stand on."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

from corsight.scripts.dev.benchmarks.bytecode import keep_bytecode
from corsight.scripts.paths import ROOT

ROUNDS = 15
LIBRARIES = ("-c", "import typer, rich, pydantic")
CORSIGHT = ("-m", "corsight.scripts.cli")
CHECK = (*CORSIGHT, "check", "--origin", "https://app.example", "--url", "https://api.example/cart", "--method", "PUT")
ALLOW = ("-R", "Access-Control-Allow-Origin: *", "-P", "Access-Control-Allow-Origin: *")
COMMANDS: dict[str, tuple[str, ...]] = {
    "python": ("-c", "pass"),
    "typer, rich, pydantic": LIBRARIES,
    "corsight --help": (*CORSIGHT, "--help"),
    "corsight check --help": (*CORSIGHT, "check", "--help"),
    "corsight check": (*CHECK, *ALLOW),
    "corsight rules": (*CORSIGHT, "rules"),
    "corsight policy check": (*CORSIGHT, "policy", "check", "examples/policies/public-read-only.yaml"),
    "corsight audit": (*CORSIGHT, "audit", "examples/shop.mitm"),
}


def run() -> None:
    """Measure and print: the commands in turn, so that what else the machine does weighs on all of them alike."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="corsight-bench-") as bytecode:
        for number in range(ROUNDS + 1):
            for name, arguments in COMMANDS.items():
                seconds = _time(arguments, bytecode)
                # The first round compiles, as an installation does.
                if number:
                    times[name].append(seconds)
    libraries = times["typer, rich, pydantic"]
    print(f"a start, CPU time in milliseconds, and as a ratio to importing the libraries (medians of {ROUNDS} rounds)")
    for name, taken in times.items():
        ratio = statistics.median(one / base for one, base in zip(taken, libraries, strict=True))
        print(f"  {name:22} {statistics.median(taken) * 1000:6.0f}   {ratio:.2f}")


def _time(arguments: tuple[str, ...], bytecode: str) -> float:
    """Return the seconds of user and system time that Python needs for the arguments, its bytecode kept in a folder."""
    process = subprocess.Popen(
        [sys.executable, "-P", *arguments],
        cwd=ROOT,
        env=keep_bytecode(bytecode),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # 1 says that something was blocked.
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(arguments)} exited with {process.returncode}")
    return usage.ru_utime + usage.ru_stime
