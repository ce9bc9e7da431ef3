"""Where traffic comes from: a recording that lies there, or one that is still written."""

from __future__ import annotations

import os
import threading
from typing import Protocol

from corsight.policies.engines import EngineChoice
from corsight.scripts.agents.traffic import Traffic
from corsight.scripts.judging import judge_moment, judge_recording, open_session
from corsight.scripts.recordings import Recording
from corsight.scripts.recordings.growing import Growing
from corsight.scripts.recordings.order import Moments
from corsight.scripts.recordings.remote import is_url

PATIENCE = 30.0
"""Seconds that what a file holds already is waited for."""


class Source(Protocol):
    """A recording that was named at the start, or that of a browser session."""

    name: str

    def read(self) -> Traffic:
        """Return what was judged of it so far."""

    def close(self) -> None:
        """Read it no further."""


class Recorded:
    """A recording that lies there. It is read when it is asked for, and anew where its file has changed."""

    def __init__(self, path: str, place: int, engine: EngineChoice) -> None:
        self.name = Recording(path).name
        self._path = path
        self._place = place
        self._engine = engine
        self._traffic: Traffic | None = None
        self._signature: tuple[int, int] | None = None
        self._turn = threading.Lock()

    def read(self) -> Traffic:
        with self._turn:
            signature = self._sign()
            if self._traffic is None or signature != self._signature:
                self._traffic, self._signature = self._judge(), signature
            return self._traffic

    def close(self) -> None:
        pass

    def _judge(self) -> Traffic:
        traffic, recording = Traffic(self.name, self._place), Recording(self._path)
        for judged in judge_recording(recording, self._engine):
            traffic.add(judged)
        traffic.problem = None if recording.problem is None else str(recording.problem)
        traffic.remarks = tuple(recording.remarks)
        return traffic

    def _sign(self) -> tuple[int, int] | None:
        if is_url(self._path):
            return None
        try:
            told = os.stat(self._path)
        except OSError:
            return None
        return told.st_size, told.st_mtime_ns


class Followed:
    """A recording of mitmproxy that is still written: it is judged as it grows."""

    def __init__(self, path: str, place: int, engine: EngineChoice, name: str | None = None) -> None:
        self.name = name or path
        self._recording = Growing(path, idle=self._rest, stopped=self._ended)
        self._session = open_session(engine)
        self._moments = Moments()
        self._traffic = Traffic(self.name, place)
        self._over = threading.Event()
        self._caught_up = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def read(self) -> Traffic:
        self._caught_up.wait(PATIENCE)
        return self._traffic

    def close(self) -> None:
        self._over.set()
        self._thread.join(PATIENCE)

    def _ended(self) -> bool:
        return self._over.is_set()

    def _follow(self) -> None:
        for exchange in self._recording:
            self._moments.put(exchange)
            self._judge(full=True)
        self._judge(full=False)
        for judged in self._session.finish():
            self._traffic.add(judged)
        self._tell_problem()
        self._caught_up.set()

    def _rest(self) -> None:
        self._judge(full=False)
        self._tell_problem()
        self._caught_up.set()

    def _judge(self, *, full: bool) -> None:
        for begins, exchange in self._moments.take_over() if full else self._moments.take_all():
            for judged in judge_moment(self._recording, self._session, exchange, begins=begins):
                self._traffic.add(judged)

    def _tell_problem(self) -> None:
        problem = self._recording.problem
        self._traffic.problem = None if problem is None else str(problem)
