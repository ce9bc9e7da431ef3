"""Audits recordings on a cluster of Dask: a task a recording, or a share of a large one, the results put together in
their order.

A worker that is lost loses nothing: its tasks are done again by others. A recording whose workers end again and again
is named, and the others are judged all the same.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from io import BufferedReader, TextIOWrapper
from typing import TYPE_CHECKING, Any, TextIO

import zstandard

from corsight.scripts import __version__
from corsight.scripts.auditing import LIVING, Audited, Plan, audit_one, merge, unite_shares
from corsight.scripts.errors import CorsightError, one_line
from corsight.scripts.paths import name_extra
from corsight.scripts.recordings import Recording, check_readable
from corsight.scripts.recordings.opening import STDIN
from corsight.scripts.recordings.remote import is_url
from corsight.scripts.recordings.shares import Share, part
from corsight.scripts.report.findings import Findings

if TYPE_CHECKING:
    from distributed import Client, Future

WHERE = "--dask"
WAIT = 30.0
"""Seconds that the scheduler, and then the first worker, may take to answer."""
LONGEST = 300

type Result = tuple[Audited, bytes]
"""What came of a recording or a share, and its records, packed."""
type Shares = list[array[int]]
"""Where the flows of each share of a large recording are."""

_one = threading.Lock()
"""A worker judges one recording at a time, however many threads it has: Python runs one at a time in any case."""


def audit_on_cluster(paths: Sequence[str], plan: Plan, stream: TextIO, address: str) -> tuple[Findings, list[Audited]]:
    """Return what was found in all recordings, and what came of each. Records go to the stream, in the order of the
    paths.

    The workers read the recordings themselves: by the same path, or from a URL. Raises CorsightError where there is no
    cluster, or it is lost.
    """
    if STDIN in paths:
        raise CorsightError("the workers cannot read this stdin", where=WHERE, todo="name a file that they can read")
    with _connect(address) as client:
        try:
            return _gather(client, paths, plan, stream, address)
        except (OSError, asyncio.CancelledError) as error:
            raise CorsightError(
                f"the cluster was lost ({_word(error)})", where=address, todo="start it again"
            ) from None


def audit_on_worker(path: str, plan: Plan, version: str, share: array[int] | None, whole: bool) -> Result | Shares:
    """Return what came of a recording, or of a share of it, and its records, packed; of a large one its shares, unless
    it is to be judged as a `whole`. Runs on a worker.
    """
    if version != __version__:
        problem = CorsightError(
            f"a worker has Corsight {__version__}, and this is {version}",
            where=WHERE,
            todo="install one version on all",
        )
        return Audited(path, Findings(diagnose=False), problem=problem), b""
    records = _Records()
    with _one:
        gc.set_threshold(LIVING)
        try:
            check_readable(path)
        except CorsightError as problem:
            problem.what = f"{problem.what} (on a worker)"
            return Audited(path, Findings(diagnose=False), problem=problem), b""
        if share is None and not whole and (shares := part(path)):
            return [one.places for one in shares]
        recording = Recording(path) if share is None else Share(path, share)
        audited = audit_one(recording, plan, records, timed=share is not None)  # type: ignore[arg-type]
    audited.findings.conclude()
    return audited, records.finish()


class Ended(CorsightError):
    """Reading it ended its workers."""


class _Records:
    """The records of one recording, packed as they are written."""

    def __init__(self) -> None:
        self._packer = zstandard.ZstdCompressor().compressobj()
        self._parts: list[bytes] = []

    def write(self, text: str) -> None:
        if part := self._packer.compress(text.encode("ascii")):
            self._parts.append(part)

    def finish(self) -> bytes:
        return b"".join([*self._parts, self._packer.flush()])


def _connect(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise CorsightError("many machines take Dask's distributed", where=WHERE, todo=name_extra("dask")) from None
    # What goes wrong is said here, in one line.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=WAIT, set_as_default=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise CorsightError(
            f"there is no scheduler of Dask ({_word(error)})", where=address, todo="write it like tcp://host:8786"
        ) from None
    try:
        client.wait_for_workers(1, timeout=WAIT)
    except (OSError, RuntimeError) as error:
        client.close()
        raise CorsightError(f"no worker is there ({_word(error)})", where=address, todo="start one") from None
    return client


def _gather(
    client: Client, paths: Sequence[str], plan: Plan, stream: TextIO, address: str
) -> tuple[Findings, list[Audited]]:
    tasks = _Tasks(client, paths, plan, address)
    findings, audited = Findings(diagnose=plan.diagnose, gather=plan.gather), list[Audited]()
    done: dict[int, tuple[Audited, list[bytes]]] = {}
    progress = _Progress(len(paths))
    for place, result, records in tasks.finish():
        done[place] = result, records
        progress.tell(result)
        while len(audited) in done:
            result, records = done.pop(len(audited))
            findings.unite(result.findings)
            result.findings = Findings(diagnose=False)
            audited.append(result)
            _write(records, stream)
    progress.end()
    return findings, audited


class _Tasks:
    """The tasks of an audit: one a recording, and where that says that it is large, one a share of it."""

    def __init__(self, client: Client, paths: Sequence[str], plan: Plan, address: str) -> None:
        from distributed import as_completed

        self._client = client
        self._paths = paths
        self._plan = plan
        self._address = address
        self._running = as_completed(loop=client.loop)
        self._places: dict[str, tuple[int, int | None]] = {}
        self._shares: dict[int, list[Result | None]] = {}
        for place in range(len(paths)):
            self._start(place)

    def _start(
        self, place: int, number: int | None = None, share: array[int] | None = None, *, whole: bool = False
    ) -> None:
        path = self._paths[place]
        # A path stands for the same file to a worker that was started elsewhere.
        path = path if is_url(path) else os.path.abspath(path)
        future = self._client.submit(
            *(audit_on_worker, path, self._plan, __version__, share, whole),
            pure=False,
            # What was begun is ended first.
            priority=int(whole or number is not None),
        )
        self._places[str(future.key)] = place, number
        self._running.add(future)

    def finish(self) -> Iterator[tuple[int, Audited, list[bytes]]]:
        """Yield the place of each recording, what came of it, and its records, packed: one part, or one a share."""
        for future in self._running:
            place, number = self._places.pop(str(future.key))
            result = _take(future, self._paths[place], self._address)
            future.release()
            if isinstance(result, list):
                self._shares[place] = [None] * len(result)
                for share, places in enumerate(result):
                    self._start(place, share, places)
            elif number is None:
                yield place, result[0], [result[1]]
            else:
                self._shares[place][number] = result
                shares = [one for one in self._shares[place] if one is not None]
                if len(shares) == len(self._shares[place]):
                    del self._shares[place]
                    yield from self._put_together(place, shares)

    def _put_together(self, place: int, shares: list[Result]) -> Iterator[tuple[int, Audited, list[bytes]]]:
        (first, _), *others = shares
        problems = [one.problem for one, _ in shares if one.problem is not None]
        if problems and not any(isinstance(problem, Ended) for problem in problems):
            # Where it ends too early, what came before that is judged, of all clients.
            self._start(place, whole=True)
            return
        first.problem = next((problem for problem in problems if isinstance(problem, Ended)), None)
        unite_shares(first, (one for one, _ in others))
        yield place, first, [records for _, records in shares]


def _take(future: Future[Any], path: str, address: str) -> Result | Shares:
    """Return what a task came to, under the name that the person gave the recording."""
    from distributed import KilledWorker

    name = Recording(path).name
    if future.status in ("cancelled", "lost"):
        raise CorsightError("the cluster was lost", where=address, todo="start it again")
    error = future.exception()
    if error is None:
        result: Result | Shares = future.result()
        if isinstance(result, list):
            return result
        audited, records = result
    elif isinstance(error, KilledWorker):
        problem: CorsightError = Ended(
            "the workers that read it were ended, again and again",
            where=name,
            todo="it may take more memory than they have",
        )
        audited, records = Audited(name, Findings(diagnose=False), problem=problem), b""
    elif isinstance(error, ImportError):
        raise CorsightError(f"a worker lacks a package ({_word(error)})", where=WHERE, todo="install corsight on all")
    else:
        problem = CorsightError(f"could not be judged ({_word(error)})", where=name, todo="please report it")
        audited, records = Audited(name, Findings(diagnose=False), problem=problem), b""
    audited.name = name
    if audited.problem is not None and audited.problem.where not in ("", WHERE):
        audited.problem.where = name
    return audited, records


def _write(records: Sequence[bytes], stream: TextIO) -> None:
    """Write the records of a recording: its own, or those of its shares in the order of time."""
    parts = [_unpack(part) for part in records]
    stream.writelines(merge(parts) if len(parts) > 1 else parts[0])


def _unpack(records: bytes) -> Iterable[str]:
    """Return the lines of records."""
    if not records:
        return ()
    return TextIOWrapper(BufferedReader(zstandard.ZstdDecompressor().stream_reader(records)), encoding="ascii")


def _word(error: BaseException) -> str:
    return one_line(str(error))[:LONGEST] or type(error).__name__


class _Progress:
    """Tells on stderr how far it is: in place on a terminal, else at each tenth."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._read = self._exchanges = self._bad = 0
        self._live = sys.stderr.isatty()

    def tell(self, audited: Audited) -> None:
        before = self._read * 10 // self._total
        self._read += 1
        self._exchanges += audited.exchanges
        self._bad += audited.problem is not None
        bad = f", {self._bad} of them bad" if self._bad else ""
        line = f"{self._read} of {self._total} recordings, {self._exchanges} exchanges{bad}"
        if self._live:
            print(f"\r{line}", end="", file=sys.stderr, flush=True)
        elif self._read * 10 // self._total > before:
            print(line, file=sys.stderr, flush=True)

    def end(self) -> None:
        if self._live:
            print(file=sys.stderr)
