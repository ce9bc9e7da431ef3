"""Runs the benchmarks named on the command line, or all of them."""

from __future__ import annotations

import sys

from corsight.scripts.dev.benchmarks import cost, judge, live, memory, start

BENCHMARKS = {"judge": judge.run, "start": start.run, "memory": memory.run, "live": live.run, "cost": cost.run}


def main() -> int:
    """Run what was asked for; 2 for a name that is none."""
    names = sys.argv[1:] or list(BENCHMARKS)
    for name in names:
        if name not in BENCHMARKS:
            print(f"corsight: there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
            return 2
    for name in names:
        BENCHMARKS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
