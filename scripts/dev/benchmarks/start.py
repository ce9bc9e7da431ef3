"""What a start costs: the CPU time of whole commands, beside that of importing the libraries they stand on."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

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
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(ROUNDS + 1):
        for name, arguments in COMMANDS.items():
            seconds = _time(arguments)
            if number:
                taken[name].append(seconds)
    libraries = taken["typer, rich, pydantic"]
    print(f"a start, CPU time in milliseconds, and as a ratio to importing the libraries (medians of {ROUNDS} rounds)")
    for name, seconds in taken.items():
        ratio = statistics.median(one / base for one, base in zip(seconds, libraries, strict=True))
        print(f"  {name:22} {statistics.median(seconds) * 1000:6.0f}   {ratio:.2f}")


def _time(arguments: tuple[str, ...]) -> float:
    """Return the seconds of user and system time that Python needs for the arguments."""
    # Whatever it finds, it exits with 0 or 1.
    process = subprocess.Popen(
        [sys.executable, "-P", *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(arguments)} exited with {process.returncode}")
    return usage.ru_utime + usage.ru_stime
