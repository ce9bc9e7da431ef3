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
from typing import IO, Any, cast

from corsight.policies.exchange import Exchange
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings.cut_archive import CutArchive, Member
from corsight.scripts.recordings.detect import detect
from corsight.scripts.recordings.mapping import seekable
from corsight.scripts.recordings.opening import is_named_as_recording
from corsight.scripts.recordings.recording import list_remarks
from corsight.scripts.recordings.trace import read_trace
from corsight.scripts.recordings.unpacking import is_damaged, unpack

LARGEST = 1 << 31
"""Bytes of one unpacked file that are read."""
DEEPEST = 3
"""How many archives may lie in each other: one of a run in CI, that of its report, a trace."""
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
    yield from _read(file, remark, DEEPEST)


def _read(file: BufferedReader, remark: Remark, depth: int) -> Iterator[Exchange | None]:
    with seekable(file) as stream:
        try:
            if zipfile.is_zipfile(stream):
                with zipfile.ZipFile(stream) as archive:
                    members = [one for one in archive.infolist() if one.file_size <= LARGEST]
                    problems = yield from _read_members(members, archive.open, remark, depth)
                if problems:
                    raise _sum_up(problems)
                return
            cut = CutArchive(stream, LARGEST)
            if cut.members:
                yield from _read_members(cut.members, cut.open, remark, depth)
        except DAMAGE as error:
            raise CorsightError(f"is a zip archive, cut off or damaged ({error})", todo="make it again") from None
    raise CorsightError("is a zip archive, cut off or damaged; what was whole in it was judged", todo="make it again")


def _read_members[T: (zipfile.ZipInfo, Member)](
    members: Sequence[T], open_member: Callable[[T], IO[bytes]], remark: Remark, depth: int
) -> Generator[Exchange | None, None, list[CorsightError]]:
    """Yield the exchanges of what is in an archive; return what is wrong with some of it."""
    networks, traces = (
        [functools.partial(open_member, one) for one in members if one.filename.endswith(ending)]
        for ending in (".network", ".trace")
    )
    traced = bool(networks or traces)
    # Beside a trace lies what its pages loaded and saved, whatever its name.
    others = [one for one in members if one.filename.endswith(".har") or (not traced and _is_recording(one.filename))]
    parts, problems = [Part("the trace")] if traced else [], list[CorsightError]()
    several = traced + len(others) > 1
    if traced:
        yield from _set_apart(read_trace(networks, traces, parts[0].remarks.append), 1 if several else 0)
    for number, member in enumerate(others, traced + 1):
        part = Part(member.filename)
        try:
            found = _read_member(open_member(member), part.remarks.append, depth)
            yield from _set_apart(found, number if several else 0)
        except NoRecording:
            continue
        except DAMAGE as error:
            problems.append(CorsightError(f"{part.name} in it: is cut off or damaged ({error})", todo="make it again"))
        except CorsightError as error:
            problems.append(CorsightError(f"{part.name} in it: {error.what}", todo=error.todo))
        parts.append(part)
    if not parts:
        if any(one.filename.startswith("raw/") for one in members):
            raise CorsightError("is Fiddler's own archive", todo="export it as HTTPArchive: File, Export Sessions")
        raise NoRecording("is a zip archive without a HAR or a Playwright trace in it", todo="name the recording")
    for text in list_remarks(parts):
        remark(text)
    return problems


def _sum_up(problems: list[CorsightError]) -> CorsightError:
    """Return what is wrong with some of an archive in one line: the first in full."""
    first, *others = problems
    more = f"; {len(others)} more in it could not be read to the end" if others else ""
    return CorsightError(first.what + more, todo=first.todo)


def _is_recording(name: str) -> bool:
    # Beside what it belongs to, a Mac packs what only a Mac knows of it.
    return is_named_as_recording(name) and not name.startswith("__MACOSX/")


def _read_member(opened: IO[bytes], remark: Remark, depth: int) -> Iterator[Exchange | None]:
    with opened as packed, unpack(BufferedReader(cast(Any, packed))) as file:
        reader = detect(file)
        if reader is not read:
            yield from reader(file, remark)
        elif depth > 1:
            yield from _read(file, remark, depth - 1)
        else:
            raise CorsightError(f"is an archive in {DEEPEST} others", todo="unpack it")
        if is_damaged(file):
            raise CorsightError(
                "is packed, and cut off or damaged; what came before it was judged", todo="pack it again"
            )


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
