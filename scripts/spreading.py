"""Audits recordings on a cluster of Dask: a task a recording, its result put together with the others in their order.

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
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TextIO

import zstandard

from corsight.scripts import __version__
from corsight.scripts.auditing import LIVING, Audited, Plan, audit_one
from corsight.scripts.errors import CorsightError, one_line
from corsight.scripts.paths import name_extra
from corsight.scripts.recordings import Recording, check_readable
from corsight.scripts.recordings.opening import STDIN
from corsight.scripts.recordings.remote import is_url
from corsight.scripts.report.findings import Findings

if TYPE_CHECKING:
    from distributed import Client, Future

WHERE = "--dask"
WAIT = 30.0
"""Seconds that the scheduler, and then the first worker, may take to answer."""
LONGEST = 300

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


def audit_on_worker(path: str, plan: Plan, version: str) -> tuple[Audited, bytes]:
    """Return what came of a recording, and its records, packed. Runs on a worker."""
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
        audited = audit_one(Recording(path), plan, records)  # type: ignore[arg-type]
    audited.findings.conclude()
    return audited, records.finish()


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
    from distributed import as_completed

    # A path stands for the same file to a worker that was started elsewhere.
    asked = [path if is_url(path) else os.path.abspath(path) for path in paths]
    futures: list[Future[Any]] = [client.submit(audit_on_worker, path, plan, __version__, pure=False) for path in asked]
    places = {future.key: place for place, future in enumerate(futures)}
    findings, audited = Findings(diagnose=plan.diagnose, gather=plan.gather), list[Audited]()
    done: dict[int, tuple[Audited, bytes]] = {}
    progress = _Progress(len(paths))
    for future in as_completed(futures, loop=client.loop):
        place = places[future.key]
        done[place] = _take(future, paths[place], address)
        future.release()
        progress.tell(done[place][0])
        while len(audited) in done:
            result, records = done.pop(len(audited))
            findings.unite(result.findings)
            result.findings = Findings(diagnose=False)
            audited.append(result)
            _write(records, stream)
    progress.end()
    return findings, audited


def _take(future: Future[Any], path: str, address: str) -> tuple[Audited, bytes]:
    """Return what a task came to, under the name that the person gave the recording."""
    from distributed import KilledWorker

    name = Recording(path).name
    if future.status in ("cancelled", "lost"):
        raise CorsightError("the cluster was lost", where=address, todo="start it again")
    error = future.exception()
    if error is None:
        audited, records = future.result()
    elif isinstance(error, KilledWorker):
        problem = CorsightError("the workers that read it were ended, again and again", where=name)
        problem.todo = "it may take more memory than they have"
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


def _write(records: bytes, stream: TextIO) -> None:
    if records:
        for chunk in zstandard.ZstdDecompressor().read_to_iter(records):
            stream.write(chunk.decode("ascii"))


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
