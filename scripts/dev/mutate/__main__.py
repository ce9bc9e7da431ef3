"""Changes the code, one thing at a time, and asks whether a test fails:

    scripts/mutate                                    all of policies/session and policies/fetch
    scripts/mutate policies/fetch/preflight_cache.py  these files or folders
    scripts/mutate --sample 400 --seed 1              so many mutants of them, drawn by chance
    scripts/mutate --resume                           go on: what was killed before is not tried again

Prints the mutants that survive, and the share that was killed of those that are not listed as equivalent in
scripts/dev/mutate/equivalent.toml. Exits with 0 when that share is at least --least, 1 when it is not, or when a
mutant that is listed as equivalent was killed, 2 for what could not be done.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from collections.abc import Iterable, Sequence
from math import sqrt
from pathlib import Path

from corsight.scripts.dev.mutate.mutants import Mutant, find_mutants, read_equivalent
from corsight.scripts.dev.mutate.trial import Result, try_mutants
from corsight.scripts.paths import ROOT

FOLDERS = ("policies/session", "policies/fetch")
RESULTS = ROOT / ".corsight" / "mutate" / "results.jsonl"
LEAST = 85
"""The percentage of mutants that has to be killed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the mutants that were asked for; the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/mutate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help=f"files or folders; {' and '.join(FOLDERS)} without")
    parser.add_argument("--sample", type=int, metavar="N", help="try so many of the mutants, drawn by chance")
    parser.add_argument("--seed", type=int, default=0, help="what the chance of --sample begins with")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many mutants at once")
    parser.add_argument("--resume", action="store_true", help="do not try again what was killed in an earlier run")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE", help="where --resume finds them")
    parser.add_argument("--least", type=float, default=LEAST, metavar="PERCENT", help="the share that has to be killed")
    chosen = parser.parse_args(arguments)
    try:
        files = list(_files(chosen.paths or FOLDERS))
    except ValueError as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 2
    mutants = [mutant for file in files for mutant in find_mutants(file)]
    total = len(mutants)
    if chosen.sample is not None and chosen.sample < total:
        drawn = random.Random(chosen.seed).sample(range(total), chosen.sample)
        mutants = [mutants[index] for index in sorted(drawn)]
    print(f"{len(mutants):,} of {total:,} mutants of {len(files)} files", flush=True)
    try:
        results = _try(mutants, chosen.jobs, chosen.results, chosen.resume)
    except RuntimeError as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 2
    return _print(results, total, chosen.least)


def _files(paths: Iterable[str]) -> Iterable[Path]:
    for path in paths:
        place = (ROOT / path).resolve()
        if not place.is_relative_to(ROOT / "policies") or not place.exists():
            raise ValueError(f"{path} is no file or folder in policies/")
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]


def _try(mutants: Sequence[Mutant], jobs: int, file: Path, resume: bool) -> list[Result]:
    """Print the mutants that survive. What came of each one, in this run or an earlier one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    killers: dict[str, str] = {}
    equivalent = read_equivalent()
    if resume and file.exists():
        killers = dict(json.loads(line) for line in file.read_text("utf-8").splitlines())
    waiting = [mutant for mutant in mutants if mutant.key not in killers]
    with file.open("a" if resume else "w", encoding="utf-8") as kept:
        for done, result in enumerate(try_mutants(waiting, jobs), 1):
            if result.killer:
                killers[result.mutant.key] = result.killer
                print(json.dumps([result.mutant.key, result.killer]), file=kept, flush=True)
            elif result.mutant.identity not in equivalent:
                print(f"\n{result.mutant.diff()}", flush=True)
            if sys.stderr.isatty():
                print(f"\r{done:,} of {len(waiting):,}", end="", file=sys.stderr, flush=True)
    return [Result(mutant, killers.get(mutant.key, "")) for mutant in mutants]


def _print(results: Sequence[Result], total: int, least: float) -> int:
    equivalent = read_equivalent()
    survivors = [one for one in results if not one.killer and one.mutant.identity not in equivalent]
    mistaken = [one for one in results if one.killer and one.mutant.identity in equivalent]
    print(f"\n{'killed':>8}{'survived':>10}{'equivalent':>12}")
    for file in dict.fromkeys(one.mutant.file for one in results):
        print(_row([one for one in results if one.mutant.file == file], survivors, file))
    print(_row(results, survivors, "all"))
    for one in mistaken:
        print(f"\nlisted as equivalent, and killed by {one.killer}:\n{one.mutant.diff()}")
    killed = sum(bool(one.killer) for one in results)
    share, tried = 100.0, killed + len(survivors)
    if tried:
        share = 100 * killed / tried
    low, high = _interval(killed, tried)
    of_all = f" (95% interval: {low:.1f}% to {high:.1f}%)" if len(results) < total else ""
    print(f"\n{share:.1f}% killed{of_all}, without {len(results) - tried} that are equivalent; at least {least:g}%")
    return 1 if mistaken or share < least else 0


def _row(results: Sequence[Result], survivors: Sequence[Result], name: str) -> str:
    killed = sum(bool(one.killer) for one in results)
    survived = sum(one in survivors for one in results)
    return f"{killed:8,}{survived:10,}{len(results) - killed - survived:12,}   {name}"


def _interval(killed: int, tried: int) -> tuple[float, float]:
    """Wilson's interval of the share that is killed, in percent, for a confidence of 95%."""
    if not tried:
        return 0.0, 100.0
    z, share = 1.96, killed / tried
    middle = share + z * z / (2 * tried)
    around = z * sqrt(share * (1 - share) / tried + z * z / (4 * tried * tried))
    return tuple(100 * (middle + sign * around) / (1 + z * z / tried) for sign in (-1, 1))  # type: ignore[return-value]


if __name__ == "__main__":
    sys.exit(main())
