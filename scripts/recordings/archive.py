"""Zip archives: Playwright's traces (trace.zip), HARs (har.zip), and what else was packed together, such as the results
of a run in CI. Each recording in one is read as if it lay by itself; a bad one costs itself only.
"""

from __future__ import annotations

import functools
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BufferedReader
from typing import IO, Any, BinaryIO, cast

from corsight.policies.exchange import Exchange
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings.allowance import Allowance, TooMuch
from corsight.scripts.recordings.cut_archive import LISTED, CutArchive, Member
from corsight.scripts.recordings.detect import detect
from corsight.scripts.recordings.mapping import seekable
from corsight.scripts.recordings.opening import is_named_as_recording
from corsight.scripts.recordings.recording import list_remarks
from corsight.scripts.recordings.trace import read_trace
from corsight.scripts.recordings.unpacking import Counted, find_allowance, is_damaged, unpack

LARGEST = 1 << 31
"""Bytes of one unpacked file that are read."""
DEEPEST = 3
"""How many archives may lie in each other: one of a run in CI, that of its report, a trace."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How recordings are packed: a few bytes of bzip2 come to any number at once."""
DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError)

type Remark = Callable[[str], None]


class NoRecording(CorsightError):
    """There is no recording in an archive."""


@dataclass(slots=True)
class Part:
    """A recording in an archive, and what its reader says of it."""

    name: str
    remarks: list[str] = field(default_factory=list)


def read(file: BufferedReader, remark: Remark) -> Iterator[Exchange | None]:
    """Yield the exchanges of all recordings in an archive."""
    yield from _read(file, remark, DEEPEST, None)


def _read(file: BufferedReader, remark: Remark, depth: int, outer: Allowance | None) -> Iterator[Exchange | None]:
    with seekable(file) as stream:
        size = stream.seek(0, 2)
        allowance = outer or find_allowance(file, size)
        try:
            if zipfile.is_zipfile(stream):
                with zipfile.ZipFile(cast(IO[bytes], _Listed(stream))) as archive:
                    members = [one for one in archive.infolist() if one.file_size <= LARGEST]
                    problems = yield from _Members[zipfile.ZipInfo](archive.open, remark, depth, allowance).read(
                        members
                    )
                if problems:
                    raise _sum_up(problems)
                return
            cut = CutArchive(stream, LARGEST, Allowance(size))
            if cut.members:
                yield from _Members(cut.open, remark, depth, allowance).read(cut.members)
        except DAMAGE as error:
            raise CorsightError(f"is a zip archive, cut off or damaged ({error})", todo="make it again") from None
    raise CorsightError("is a zip archive, cut off or damaged; what was whole in it was judged", todo="make it again")


class _Listed:
    """An archive's file, of which no more is read at once than its list may take."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; all that are left are asked for of a comment only."""
        if size > LISTED:
            raise CorsightError("is a zip archive of more files than any recording's", todo="unpack it")
        return self._stream.read(size)


@dataclass(frozen=True, slots=True)
class _Members[T: (zipfile.ZipInfo, Member)]:
    """What is in an archive: how it is opened, how many more archives may lie in it, and what may be unpacked."""

    open_member: Callable[[T], IO[bytes]]
    remark: Remark
    depth: int
    allowance: Allowance

    def read(self, members: Sequence[T]) -> Generator[Exchange | None, None, list[CorsightError]]:
        """Yield the exchanges; return what is wrong with some of them."""
        networks, traces = (
            [functools.partial(self._open, one) for one in members if one.filename.endswith(ending)]
            for ending in (".network", ".trace")
        )
        traced = bool(networks or traces)
        # Beside a trace lies what its pages loaded and saved, whatever its name.
        others = [
            one for one in members if one.filename.endswith(".har") or (not traced and _is_recording(one.filename))
        ]
        parts, problems = [Part("the trace")] if traced else [], list[CorsightError]()
        several = traced + len(others) > 1
        if traced:
            yield from _set_apart(read_trace(networks, traces, parts[0].remarks.append), 1 if several else 0)
        for number, member in enumerate(others, traced + 1):
            part = Part(member.filename)
            try:
                yield from _set_apart(self._read_one(member, part.remarks.append), number if several else 0)
            except NoRecording:
                continue
            except TooMuch:
                raise
            except DAMAGE as error:
                problem = CorsightError(f"{part.name} in it: is cut off or damaged ({error})", todo="make it again")
                problems.append(problem)
            except CorsightError as error:
                problems.append(CorsightError(f"{part.name} in it: {error.what}", todo=error.todo))
            parts.append(part)
        if not parts:
            if any(one.filename.startswith("raw/") for one in members):
                raise CorsightError("is Fiddler's own archive", todo="export it as HTTPArchive: File, Export Sessions")
            raise NoRecording("is a zip archive without a HAR or a Playwright trace in it", todo="name the recording")
        for text in list_remarks(parts):
            self.remark(text)
        return problems

    def _open(self, member: T) -> BufferedReader:
        # Of a cut archive, only what is packed so is listed.
        if getattr(member, "compress_type", zipfile.ZIP_DEFLATED) not in METHODS:
            raise CorsightError("is packed as no recording is", todo="pack it with Deflate, as all programs can")
        return BufferedReader(Counted(BufferedReader(cast(Any, self.open_member(member))), self.allowance))

    def _read_one(self, member: T, remark: Remark) -> Iterator[Exchange | None]:
        with self._open(member) as packed, unpack(packed, self.allowance) as file:
            reader = detect(file)
            if reader is not read:
                yield from reader(file, remark)
            elif self.depth > 1:
                yield from _read(file, remark, self.depth - 1, self.allowance)
            else:
                raise CorsightError(f"is an archive in {DEEPEST} others", todo="unpack it")
            if is_damaged(file):
                raise CorsightError(
                    "is packed, and cut off or damaged; what came before it was judged", todo="pack it again"
                )


def _sum_up(problems: list[CorsightError]) -> CorsightError:
    """Return what is wrong with some of an archive in one line: the first in full."""
    first, *others = problems
    more = f"; {len(others)} more in it could not be read to the end" if others else ""
    return CorsightError(first.what + more, todo=first.todo)


def _is_recording(name: str) -> bool:
    # Beside what it belongs to, a Mac packs what only a Mac knows of it.
    return is_named_as_recording(name) and not name.startswith("__MACOSX/")


def _set_apart(exchanges: Iterator[Exchange | None], number: int) -> Iterator[Exchange | None]:
    """Name the exchanges of each recording so that they are not taken for those of another; 0 where it is the only one.

    Each HAR counts its entries from 1, and no two tell their clients apart.
    """
    for exchange in exchanges:
        if exchange is None or not number:
            yield exchange
            continue
        connection = exchange.connection and f"{number}.{exchange.connection}"
        client = f"{exchange.client} of {number}"
        yield replace(exchange, id=f"{number}.{exchange.id}", client=client, connection=connection)
