"""Runs the benchmarks named on the command line, or all; --megabytes N says how large the recordings of audit are."""

from __future__ import annotations

import sys
from functools import partial

from corsight.scripts.dev.benchmarks import audit, cluster, cost, judge, live, memory, start

BENCHMARKS = {
    "judge": judge.run,
    "start": start.run,
    "memory": memory.run,
    "live": live.run,
    "cost": cost.run,
    "audit": audit.run,
    "cluster": cluster.run,
}
SIZE = "--megabytes"


def main() -> int:
    """Run what was asked for; 2 for a name that is none."""
    names, benchmarks = sys.argv[1:], dict(BENCHMARKS)
    if SIZE in names:
        place = names.index(SIZE)
        given = names[place + 1 : place + 2]
        if not given or not given[0].isdigit() or given[0] == "0":
            print(f"corsight: {SIZE} takes a number", file=sys.stderr)
            return 2
        benchmarks["audit"] = partial(audit.run, megabytes=float(given[0]))
        del names[place : place + 2]
    names = names or list(benchmarks)
    for name in names:
        if name not in benchmarks:
            print(f"corsight: there is no benchmark {name!r}; there are {', '.join(benchmarks)}", file=sys.stderr)
            return 2
    for name in names:
        benchmarks[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
