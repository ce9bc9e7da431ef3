"""Unpacks gzip, zlib and Zstandard as a stream, and reads UTF-16: what was whole before a cut comes out, and the cut is
told.
"""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Callable
from io import BufferedReader, RawIOBase
from typing import Protocol

from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings.allowance import Allowance

BLOCK = 64 * 1024
DENSE = 2 * 1024
"""How many packed bytes are unpacked at once: few, since they may come to a thousand times as many, and nothing comes
out of those in which the damage is.
"""


ZLIB = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
"""How what zlib packed begins: mitmproxy's `hardump=FILE.zhar`."""
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How texts begin that PowerShell wrote."""


class Unpacker(Protocol):
    """Unpacks one stream."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class _Reader(RawIOBase):
    """A stream that is made from another one, a block at a time."""

    def __init__(self, source: BufferedReader) -> None:
        self._source = source
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        while not self._ready and self._take():
            pass
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size

    def close(self) -> None:
        self._source.close()
        super().close()

    def _take(self) -> bool:
        """Make the next block ready, which may be empty; return whether more may come."""
        raise NotImplementedError


class Unpacked(_Reader):
    """What was packed in a stream, in one piece or several.

    Where one is cut off or damaged the stream ends, and `damaged` tells: what came out before is good. Reading it
    raises TooMuch where more comes out than is allowed; without an allowance, the stream has its own.
    """

    def __init__(self, packed: BufferedReader, begin: Callable[[], Unpacker], allowance: Allowance | None) -> None:
        super().__init__(packed)
        self._counts_packed = allowance is None
        self.allowance = allowance or Allowance()
        self._begin = begin
        self._unpacker: Unpacker | None = None
        self._rest = b""
        self.damaged = False

    def _take(self) -> bool:
        packed = b"" if self.damaged else self._rest or self._source.read1(DENSE)
        self._rest = b""
        if not packed:
            self.damaged = self._unpacker is not None
            return False
        if self._unpacker is None:
            self._unpacker = self._begin()
        try:
            self._ready = memoryview(self._unpacker.decompress(packed))
        except Exception:
            # zlib's error, or one that Zstandard's package raises.
            self.damaged = True
            return False
        self.allowance.take(len(self._ready), len(packed) if self._counts_packed else 0)
        if self._unpacker.eof:
            self._rest, self._unpacker = self._unpacker.unused_data, None
            if self._counts_packed:
                self.allowance.take(0, -len(self._rest))
        return True


class Counted(_Reader):
    """A stream of which all that is read counts as unpacked, and its opening as a block: very many cost that."""

    def __init__(self, source: BufferedReader, allowance: Allowance) -> None:
        super().__init__(source)
        self._allowance = allowance
        allowance.take(BLOCK)

    def _take(self) -> bool:
        piece = self._source.read1(BLOCK)
        self._allowance.take(len(piece))
        self._ready = memoryview(piece)
        return bool(piece)


class Recoded(_Reader):
    """A text in UTF-16 as one in UTF-8; what is no character is replaced."""

    def __init__(self, text: BufferedReader) -> None:
        super().__init__(text)
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")

    def _take(self) -> bool:
        text = self._source.read1(BLOCK)
        self._ready = memoryview(self._decoder.decode(text, final=not text).encode())
        return bool(text)


def unpack(file: BufferedReader, allowance: Allowance | None = None) -> BufferedReader:
    """Return what is packed in a file by gzip, zlib or Zstandard, told by how it begins; a text in UTF-16 in UTF-8;
    the file itself where it is none of these. The allowance is that of what the file lies in, if it lies in something.

    Raises CorsightError where nothing comes out.
    """
    start = file.peek(4)[:4]
    if start.startswith(b"\x1f\x8b") or start[:2] in ZLIB:
        unpacked = Unpacked(file, lambda: zlib.decompressobj(wbits=47), allowance)
    elif start == b"\x28\xb5\x2f\xfd":
        import zstandard

        unpacked = Unpacked(file, lambda: zstandard.ZstdDecompressor().decompressobj(), allowance)
    elif start.startswith(UTF_16):
        return BufferedReader(Recoded(file))
    else:
        return file
    stream: BufferedReader = BufferedReader(unpacked)
    if not stream.peek(1) and unpacked.damaged:
        raise CorsightError("is packed, and damaged from its start", todo="pack it again")
    return stream


def is_damaged(file: BufferedReader) -> bool:
    """Return whether a file that was unpacked turned out to be cut off or damaged, as far as it was read."""
    return isinstance(file.raw, Unpacked) and file.raw.damaged


def find_allowance(file: BufferedReader, size: int) -> Allowance:
    """Return what may be unpacked of what is in a file of this size: it may come out of something packed already."""
    return file.raw.allowance if isinstance(file.raw, Unpacked) else Allowance(size)
