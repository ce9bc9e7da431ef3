"""Unpacks gzip and Zstandard as a stream, and reads UTF-16: what was whole before a cut comes out, the cut is told."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Callable
from io import BufferedReader, RawIOBase
from typing import Protocol

from corsight.scripts.errors import CorsightError

BLOCK = 64 * 1024
DENSE = 2 * 1024
"""How many packed bytes are unpacked at once: of Zstandard few, since they may come to a thousand times as many."""


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
    """What was packed in a stream, in one piece or several. Raises EOFError where the last one is cut off."""

    def __init__(self, packed: BufferedReader, begin: Callable[[], Unpacker], size: int) -> None:
        super().__init__(packed)
        self._begin = begin
        self._size = size
        self._unpacker: Unpacker | None = None
        self._rest = b""

    def _take(self) -> bool:
        packed = self._rest or self._source.read1(self._size)
        self._rest = b""
        if not packed:
            if self._unpacker is not None:
                raise EOFError("it is cut off")
            return False
        if self._unpacker is None:
            self._unpacker = self._begin()
        self._ready = memoryview(self._unpacker.decompress(packed))
        if self._unpacker.eof:
            self._rest, self._unpacker = self._unpacker.unused_data, None
        return True


class Recoded(_Reader):
    """A text in UTF-16 as one in UTF-8; what is no character is replaced."""

    def __init__(self, text: BufferedReader) -> None:
        super().__init__(text)
        self._decoder = codecs.getincrementaldecoder("utf-16")("replace")

    def _take(self) -> bool:
        text = self._source.read1(BLOCK)
        self._ready = memoryview(self._decoder.decode(text, final=not text).encode())
        return bool(text)


def unpack(file: BufferedReader) -> BufferedReader:
    """Return what is packed in a file by gzip or Zstandard, told by how it begins; a text in UTF-16 in UTF-8; the file
    itself where it is none of these.

    Raises CorsightError where nothing comes out.
    """
    start = file.peek(4)[:4]
    if start.startswith(b"\x1f\x8b"):
        unpacked = Unpacked(file, lambda: zlib.decompressobj(wbits=31), BLOCK)
    elif start == b"\x28\xb5\x2f\xfd":
        import zstandard

        unpacked = Unpacked(file, lambda: zstandard.ZstdDecompressor().decompressobj(), DENSE)
    elif start.startswith(UTF_16):
        return BufferedReader(Recoded(file))
    else:
        return file
    stream: BufferedReader = BufferedReader(unpacked)
    try:
        stream.peek(1)
    except Exception:
        raise CorsightError("is packed, and damaged from its start", todo="pack it again") from None
    return stream
