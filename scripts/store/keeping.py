"""`audit --store`: opens the store before the audit, so that a wrong one stops it at once, and keeps the run after."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from corsight.scripts.errors import print_problem
from corsight.scripts.report.drift import Drifts
from corsight.scripts.report.findings import Findings
from corsight.scripts.store.database import Store
from corsight.scripts.store.keep import identify_run, keep


class Keeping:
    """A run that is to be kept."""

    def __init__(self, place: str, paths: Sequence[str], options: Mapping[str, str], policies: Sequence[str]) -> None:
        self._store = Store(place)
        with self._store.write():
            pass
        self._run = identify_run(paths, options, policies)

    def keep(self, findings: Findings, drifts: Drifts | None, exchanges: int) -> None:
        """Keep it, and say so on stderr."""
        number, new = keep(self._store, self._run, findings, drifts, exchanges, time.time())
        print_problem(f"{self._store.name}: {'kept as run' if new else 'this is run'} {number}")
        self._store.close()
