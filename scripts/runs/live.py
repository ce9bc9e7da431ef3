"""A recording that a proxy of ours still writes, judged as far as it got."""

from __future__ import annotations

import sys
from pathlib import Path

from corsight.policies.session import Judged
from corsight.scripts.gate.gate import Gate
from corsight.scripts.judging import judge_moment, open_session, take_for_granted
from corsight.scripts.recordings import Recording
from corsight.scripts.recordings.mitmproxy import WrongKind, read_record, read_records
from corsight.scripts.recordings.order import Moments
from corsight.scripts.recordings.stepping import Damaged


class Live:
    """What was said last of each exchange since `forget` was called."""

    def __init__(self, path: Path, gate: Gate) -> None:
        self._path = path
        self._gate = gate
        self._recording = Recording(str(path))
        self._session = open_session(gate.engine)
        self._moments = Moments()
        self._read = 0
        self._latest: dict[str, Judged] = {}

    def take(self, since: float) -> list[Judged]:
        """Take in what was written since the last call; return the last word on what was asked since that time."""
        self._load()
        for begins, exchange in self._moments.take_all():
            for judged in judge_moment(self._recording, self._session, exchange, begins=begins):
                if self._gate.scope.takes(judged):
                    self._latest[judged.entry.exchange.id] = take_for_granted(judged, self._gate.assumptions)
        self._latest = {
            id: judged for id, judged in self._latest.items() if judged.entry.exchange.request.started >= since
        }
        return list(self._latest.values())

    def _load(self) -> None:
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return
        with file:
            file.seek(self._read)
            try:
                for data, start, end in read_records(file, sys.maxsize):
                    self._read += len(str(end - start)) + 1 + end - start + 1
                    try:
                        exchange = read_record(data, start, end)
                    except WrongKind:
                        continue
                    if exchange is not None:
                        self._moments.put(exchange)
            except Damaged:
                # What is not whole yet is read the next time.
                return
