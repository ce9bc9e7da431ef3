"""The lines of curl's transcripts, however it was asked for them, as `curl -v` writes them.

`-vv`, `--trace-time` and `--trace-ids` put the time and numbers before each line, the progress meter stands in front of
some, and `--trace` and `--trace-ascii` dump what was sent and received, with an offset before each line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedReader

from corsight.scripts.recordings.stepping import HELD

LONGEST = 1 << 16
"""Bytes of a line that are read."""
BLOCKS = {b"=> Send header": b"> ", b"<= Recv header": b"< "}
"""How the blocks of a trace begin that hold headers, and the mark of their lines."""
INFO = b"== Info: "

# Passes over no return: from each, as far as the next one is looked.
BEFORE = rb"[\d \t.,kMGTPZ:+-]*+(?:\[[\dx]+-[\dx]+\] )?"
"""What may stand before the mark of a line: the progress meter, a time (also that of a CI's log), numbers."""

_before = re.compile(rb"(?:\A|\r)" + BEFORE + rb"(?=[*<>{}] |=> |<= |== Info)")
_colour = re.compile(rb"\x1b\[[\d;]*+[mK]")
_hexadecimal = re.compile(rb"[0-9a-f]{4,16}: ((?:[0-9a-f]{2} ){1,16})")
_text = re.compile(rb"([0-9a-f]{4,16}): ([^\r\n]*)")


class Block:
    """The headers of one block of a trace; `end` is the offset behind its last line, where that may be unfinished."""

    def __init__(self, mark: bytes) -> None:
        self._mark = mark
        self._bytes = bytearray()
        self._end = -1

    def add(self, line: bytes) -> bool:
        """Take in a line of the dump; return whether it is one. Of what no server takes, the beginning is kept."""
        if len(self._bytes) > HELD:
            return _hexadecimal.match(line) is not None or _text.match(line) is not None
        if found := _hexadecimal.match(line):
            self._bytes += bytes.fromhex(found[1].decode())
        elif found := _text.match(line):
            # What is longer than a line of the dump goes on in the next; a line end counts two.
            offset, text = int(found[1], 16), found[2]
            if self._bytes and offset != self._end:
                self._bytes += b"\n"
            self._bytes += text
            self._end = offset + len(text)
        else:
            return False
        return True

    def list_lines(self) -> Iterator[bytes]:
        """Yield its lines."""
        for line in self._bytes.splitlines():
            yield self._mark + line + b"\n"


def drop_colours(text: bytes) -> bytes:
    """Return a text without what sets a terminal's colours."""
    return _colour.sub(b"", text) if b"\x1b" in text else text


def read_lines(file: BufferedReader) -> Iterator[bytes]:
    """Yield the lines of a transcript."""
    block: Block | None = None
    while line := drop_colours(file.readline(LONGEST)):
        if block is not None and block.add(line):
            continue
        start = 0
        # The progress meter is written over: what stands behind its last return counts.
        for found in _before.finditer(line):
            start = found.end()
        line = line[start:]
        mark = next((mark for start, mark in BLOCKS.items() if line.startswith(start)), None)
        if block is not None:
            yield from block.list_lines()
        block = None if mark is None else Block(mark)
        if line.startswith(INFO):
            yield b"* " + line.removeprefix(INFO)
        elif mark is None:
            yield line
    if block is not None:
        yield from block.list_lines()
