"""A zip archive whose end is missing, and with it the list of what is in it: read by what stands before each file.

https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, sections 4.3.7 (the header of a file) and 4.3.9 (what
stands behind one whose size was not known before it was packed).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from io import BufferedReader, RawIOBase
from typing import BinaryIO, NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED

from corsight.scripts.recordings.allowance import Allowance, TooMuch

LISTED = 16 << 20
"""Bytes that the list of what is in an archive may have: in memory they are ten times as many."""
BLOCK = 64 * 1024
DENSE = 2 * 1024
"""How many packed bytes are unpacked at once: they may come to a thousand times as many."""
_HEADER = struct.Struct("<4sHHHHHLLLHH")
_MARK = b"PK\x03\x04"
_ENCRYPTED, _SIZE_BEHIND, _UTF_8 = 1, 8, 0x800
_UNKNOWN_SIZE = 0xFFFFFFFF
_DESCRIPTORS = (16, 24, 12, 20)
"""Bytes of what may stand behind a file: with a mark or without, with sizes of 4 bytes or of 8."""


class Member(NamedTuple):
    """A file in the archive: its name, where its data begin, whether they are packed, and how many there are, if known.

    The last one may be cut off.
    """

    filename: str
    start: int
    packed: bool
    size: int | None


class CutArchive:
    """The files that stand whole in what is left of an archive, and the beginning of the last, in its order."""

    def __init__(self, stream: BinaryIO, largest: int, allowance: Allowance) -> None:
        """Look through an archive: `allowance` is for what has to be unpacked to find its end."""
        self._stream, self._largest, self._allowance = stream, largest, allowance
        self.members = tuple(self._list_members())

    def open(self, member: Member) -> BufferedReader:
        """Return the bytes of a file, unpacked, as far as they are there. One at a time is read."""
        return BufferedReader(_Unpacked(self._stream, member))

    def _list_members(self) -> Iterator[Member]:
        self._stream.seek(0)
        listed = 0
        while listed < LISTED and (header := self._read_header()) is not None:
            member, size_behind = header
            listed += _HEADER.size + len(member.filename)
            if member.size is not None:
                self._stream.seek(member.start + member.size)
            yield member
            if member.size is None and not self._pass_over(member):
                return
            if size_behind and not self._pass_descriptor():
                return

    def _read_header(self) -> tuple[Member, bool] | None:
        """Return the file whose header is next, and whether its size stands behind it; None where none can be read."""
        data = self._stream.read(_HEADER.size)
        if len(data) < _HEADER.size:
            return None
        mark, _, flags, method, _, _, _, packed_size, _, name_length, more_length = _HEADER.unpack(data)
        if mark != _MARK or flags & _ENCRYPTED or method not in (ZIP_STORED, ZIP_DEFLATED):
            return None
        size_behind = bool(flags & _SIZE_BEHIND)
        known = packed_size != _UNKNOWN_SIZE and not size_behind
        if not known and method == ZIP_STORED:
            # Nothing tells where it ends.
            return None
        name = self._stream.read(name_length)
        start = self._stream.seek(more_length, 1)
        if len(name) < name_length:
            return None
        text = name.decode("utf-8" if flags & _UTF_8 else "cp437", "replace")
        return Member(text, start, method == ZIP_DEFLATED, packed_size if known else None), size_behind

    def _pass_over(self, member: Member) -> bool:
        """Go behind a packed file of unknown size; return whether it ends, within what is read of any."""
        unpacked, total = _Unpacked(self._stream, member), 0
        while block := unpacked.read(BLOCK):
            total += len(block)
            try:
                self._allowance.take(len(block))
            except TooMuch:
                return False
            if total > self._largest:
                return False
        return unpacked.find_end()

    def _pass_descriptor(self) -> bool:
        """Go behind the sizes that stand behind a file; return whether another file, or the end, follows them."""
        start = self._stream.tell()
        data = self._stream.read(max(_DESCRIPTORS) + 2)
        for length in _DESCRIPTORS:
            if data[length : length + 2] == _MARK[:2]:
                self._stream.seek(start + length)
                return True
        return False


class _Unpacked(RawIOBase):
    """The bytes of one file in an archive, as far as they are there and good."""

    def __init__(self, stream: BinaryIO, member: Member) -> None:
        super().__init__()
        self._stream, self._place, self._left = stream, member.start, member.size
        self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if member.packed else None
        self._ready, self._ended = b"", False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        while not self._ready and not self._ended:
            self._take()
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def find_end(self) -> bool:
        """Place the stream behind the packed bytes, once all were read; return whether their end was met."""
        self._stream.seek(self._place)
        return self._unpacker is not None and self._unpacker.eof

    def _take(self) -> None:
        # The stream is the archive's: something else may have been read from it since.
        self._stream.seek(self._place)
        data = self._stream.read(DENSE if self._left is None else min(DENSE, self._left))
        self._place += len(data)
        if self._left is not None:
            self._left -= len(data)
        if not data:
            self._ended = True
        elif self._unpacker is None:
            self._ready = data
        else:
            try:
                self._ready = self._unpacker.decompress(data)
            except zlib.error:
                self._ended = True
            if self._unpacker.eof:
                self._place -= len(self._unpacker.unused_data)
                self._ended = True
