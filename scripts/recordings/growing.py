"""A recording that is still being written: where it ends for now, what comes is waited for."""

from __future__ import annotations

import os
import select
import stat
import time
from collections.abc import Callable, Iterator
from io import BufferedReader, FileIO, RawIOBase

from corsight.policies.exchange import Exchange
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings.mitmproxy import WrongKind, describe, read_record, read_records
from corsight.scripts.recordings.opening import open_file
from corsight.scripts.recordings.recording import Recording
from corsight.scripts.recordings.stepping import Damaged

PAUSE = 0.25
"""Seconds after which it is looked again whether more has come."""


class Growing(Recording):
    """The exchanges of a recording of mitmproxy as they come, until `stopped` says that it is enough.

    Where there is nothing more for now, `idle` is called: what came can be told. Of a pipe, the end is the end.
    """

    def __init__(self, path: str, *, idle: Callable[[], None], stopped: Callable[[], bool]) -> None:
        super().__init__(path)
        self._idle = idle
        self._stopped = stopped

    def __iter__(self) -> Iterator[Exchange]:
        ended = False

        def stopped() -> bool:
            nonlocal ended
            ended = ended or self._stopped()
            return ended

        try:
            with open_file(self.path) as file:
                for data, start, end in read_records(BufferedReader(_Growth(file.raw, self._idle, stopped))):  # type: ignore[arg-type]
                    try:
                        exchange = read_record(data, start, end)
                    except WrongKind:
                        continue
                    if exchange is not None:
                        self.exchanges += 1
                        yield exchange
        except Damaged as error:
            # A flow may be half written at the moment that nobody waits any longer.
            if not self.exchanges:
                self.problem = CorsightError(
                    "is not a mitmproxy recording; --follow reads only those", todo="read it without --follow"
                )
            elif not ended:
                self.problem = describe(error, self.exchanges)
        except CorsightError as error:
            self.problem = error
        except Exception as error:
            self.problem = describe(error, self.exchanges)
        if self.problem is not None:
            self.problem.where = self.name


class _Growth(RawIOBase):
    """The bytes of a file, also those to come."""

    def __init__(self, file: FileIO, idle: Callable[[], None], stopped: Callable[[], bool]) -> None:
        self._file = file
        self._idle = idle
        self._stopped = stopped
        self._plain = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
        self._last: int | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        while not self._stopped():
            if self._plain:
                if size := self._file.readinto(buffer):
                    return size
                if os.fstat(self._file.fileno()).st_size < self._file.tell():
                    raise CorsightError("was replaced while it was followed", todo="follow it again")
                self._idle()
                time.sleep(PAUSE)
            elif select.select([self._file], [], [], 0)[0]:
                return self._file.readinto(buffer) or 0
            else:
                self._idle()
                select.select([self._file], [], [], PAUSE)
        if not self._plain:
            return 0
        # What was written by then belongs to it.
        if self._last is None:
            self._last = os.fstat(self._file.fileno()).st_size
        left = self._last - self._file.tell()
        return self._file.readinto(buffer[:left]) or 0 if left > 0 else 0
