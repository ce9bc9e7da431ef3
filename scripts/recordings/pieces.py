"""Reads lines and JSON values out of a stream one at a time: what is longer than a bound is passed over, not held."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BufferedIOBase, BufferedReader

BLOCK = 1 << 20
"""How many bytes are read at once, where they are there."""
KEPT = 1 << 16
"""Bytes of a string that are held of one that does not end within what is read at once."""

# A string that does not end yet has an empty group.
_token = re.compile(rb'"(?:[^"\\]++|\\.)*+("?)|[][{}]', re.DOTALL)
_inside = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_whole = re.compile(rb'"(?:[^"\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+', re.DOTALL)
_between = re.compile(rb"[\s,:]*+")
_word = re.compile(rb'[^\s,:"\[\]{}]++')


def read_lines(file: BufferedReader, longest: int) -> Iterator[bytes | None]:
    """Yield each line, None for one that is longer than that."""
    while line := file.readline(longest):
        if len(line) < longest or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(BLOCK)
        yield None


class Ended(Exception):
    """The stream ends within a value."""


class Values:
    """The values in a stream of JSON, in turn; `ready` was read of it already."""

    def __init__(self, ready: bytes, file: BufferedIOBase) -> None:
        self._data, self._at, self._file = ready, 0, file

    def peek(self) -> bytes:
        """Return the next byte that is no space, comma or colon; nothing at the end."""
        while True:
            found = _between.match(self._data, self._at)
            self._at = self._at if found is None else found.end()
            if self._at < len(self._data):
                return self._data[self._at : self._at + 1]
            if not self._read_more():
                return b""

    def enter(self) -> None:
        """Go behind the bracket that is next."""
        self.peek()
        self._at += 1

    def read(self, longest: int) -> bytes | None:
        """Return the next value, None where it is longer than that; the ends of long strings are cut. Raises Ended."""
        first = self.peek()
        if first == b"":
            raise Ended
        if first not in b'"[{':
            return self._read_word(longest)
        parts: list[bytes] = []
        size = depth = 0
        while True:
            start = place = self._at
            done = open_string = False
            for token in _token.finditer(self._data, start):
                sign = self._data[token.start()]
                if sign == ord('"'):
                    if not token[1]:
                        place, open_string = token.start(), True
                        break
                else:
                    depth += 1 if sign in b"[{" else -1
                place = token.end()
                if depth <= 0:
                    done = True
                    break
            # What stands behind the last token is no string: it need not be looked at again.
            place = place if done or open_string else len(self._data)
            size += place - start
            if size <= longest:
                parts.append(self._data[start:place])
            self._at = place
            if done:
                return b"".join(parts) if size <= longest else None
            if open_string and len(self._data) - place > BLOCK:
                string = self._cut_string()
                size += len(string)
                parts.append(string if size <= longest else b"")
                if depth <= 0:
                    return b"".join(parts) if size <= longest else None
            elif not self._read_more():
                raise Ended

    def _cut_string(self) -> bytes:
        """Go behind the long string that is next; return its beginning, as a string."""
        found = _whole.match(self._data, self._at, self._at + KEPT)
        string = b'"' if found is None else found[0]
        self._at += 1
        while True:
            inside = _inside.match(self._data, self._at)
            self._at = self._at if inside is None else inside.end()
            if self._data[self._at : self._at + 1] == b'"':
                self._at += 1
                return string + b'"'
            if not self._read_more():
                raise Ended

    def _read_word(self, longest: int) -> bytes | None:
        word = b""
        while True:
            found = _word.match(self._data, self._at)
            end = self._at + (not word) if found is None else found.end()
            word = (word + self._data[self._at : end])[: longest + 1]
            self._at = end
            if end < len(self._data) or not self._read_more():
                return word if len(word) <= longest else None

    def _read_more(self) -> bool:
        piece = self._file.read(BLOCK)
        self._data, self._at = self._data[self._at :] + piece, 0
        return bool(piece)
