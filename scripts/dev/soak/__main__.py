"""Sends very many exchanges through real mitmdump processes on loopback, and holds what comes of it to what has to be:

    scripts/soak                              a few thousand of each, in a minute or two
    scripts/soak --exchanges 1000000          through one mitmdump with the addon and its log, killed in the middle
    scripts/soak --identity 100000            through one with the addon and one without: the same bytes

Exits with 0 when all is well, 1 when something is not.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from corsight.scripts.dev.soak import identity, load

FEW = 2_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; the exit code."""
    parser = argparse.ArgumentParser(
        prog="scripts/soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--exchanges", type=int, metavar="N", help="how many exchanges with the addon and its log")
    parser.add_argument("--identity", type=int, metavar="N", help="how many to compare with what passes without it")
    parser.add_argument("--connections", type=int, default=200, metavar="N", help="how many at once, with --exchanges")
    chosen = parser.parse_args(arguments)
    if chosen.exchanges is None and chosen.identity is None:
        chosen.exchanges = chosen.identity = FEW
    well = True
    with tempfile.TemporaryDirectory(prefix="corsight-soak-") as folder:
        if chosen.exchanges:
            well = load.run(chosen.exchanges, chosen.connections, Path(folder)) and well
        if chosen.identity:
            well = identity.run(chosen.identity, Path(folder)) and well
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
