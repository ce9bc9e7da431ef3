"""Finds the entries of a HAR that is large, or no whole JSON text: cut off, wrapped, with something before, between or
behind. A piece of it is decoded at a time, so that as much is held of a large one as of a small one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from mmap import mmap
from typing import Any

from corsight.scripts.recordings.har.format import Program, decode_entries, decode_program

LARGEST = 1 << 28
"""Bytes of one entry that are looked at for its end."""
PIECE = 1 << 20
"""Bytes of entries that are decoded at once: decoded, they take ten times as many."""
BESIDE = 1 << 20
"""Bytes of the pages, and of what a program is called, that are looked at."""

_token = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[][{}]', re.DOTALL)
_entries = re.compile(rb'"entries"\s*:\s*\[')
_alone = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[?\s*+(?=\{)")
_request = re.compile(rb'"request"\s*:')
_string = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_word = re.compile(rb"[^\s,\]}]++")
_next = re.compile(rb"[\s,]*+")


_following = re.compile(rb'\}\s{0,64},\s{0,64}\{\s{0,64}"[^"\\]{0,64}"')
"""Where an entry ends and one begins, with the first name in it."""


def find_entries(data: bytes | mmap) -> Iterator[Any]:
    """Yield each entry of every list of entries, decoded or not, None for the one in which the data ends."""
    view = memoryview(data)
    buffer = bytearray(b"[") + bytes(PIECE + 1)
    found = _entries.search(data)
    if found is None:
        yield from _find_alone(data, view)
    while found is not None:
        position = alone = found.end()
        between = b""
        while True:
            position = _skip(data, position)
            if data[position : position + 1] in (b"]", b"}", b""):
                break
            if between and position >= alone:
                # What was looked through is gone through before it is looked again.
                entries, end = _decode_piece(view, position, between, buffer)
                alone = max(end, position + PIECE // 2)
                yield from entries
                position = end
                if entries:
                    continue
            end_of_one = _find_value_end(data, position)
            if end_of_one is None:
                yield None
                return
            yield view[position:end_of_one]
            position = end_of_one
            following = _following.match(data, position - 1)
            between = b"" if following is None else following[0]
        if position >= len(data):
            yield None
            return
        found = _entries.search(data, position)


def _decode_piece(view: memoryview, start: int, between: bytes, buffer: bytearray) -> tuple[list[Any], int]:
    """Return the entries from `start` on that end within a piece, and where the last of them ends. None are found where
    none ends with what stands between two, or that stood within another.

    What is not decoded of an entry lies in the buffer: it is to be read before the next piece is.
    """
    piece = view[start : start + PIECE]
    # To take and give back as much memory for each costs twice what it takes to decode it.
    buffer[1 : 1 + len(piece)] = piece
    behind = buffer.rfind(between, 1, 1 + len(piece)) + 1
    if not behind:
        return [], start
    buffer[behind : behind + 1] = b"]"
    entries = decode_entries(memoryview(buffer)[: behind + 1])
    return (entries, start + behind - 1) if entries else ([], start)


def _find_alone(data: bytes | mmap, view: memoryview) -> Iterator[memoryview | None]:
    """Yield the entries of a bare list, or that stand one after the other, as other programs pick them out of a HAR."""
    begun = _alone.match(data)
    position, some = len(data) if begun is None else begun.end(), False
    while data[position : position + 1] == b"{":
        end = _find_end(data, position)
        if end is None:
            if some:
                yield None
            return
        if _request.search(data, position, end) is not None:
            some = True
            yield view[position:end]
        position = _skip(data, end)


def find_program(data: bytes | mmap, name: str) -> Program | None:
    """Return the creator or the browser, before the entries or behind them; None where there is none."""
    found = _search_beside(data, rb'"' + name.encode() + rb'"\s*:\s*(?=\{)')
    end = None if found is None else _find_end(data, found.end(), BESIDE)
    return None if found is None or end is None else decode_program(data[found.end() : end])


def find_pages(data: bytes | mmap) -> list[bytes]:
    """Return the pages, each not decoded."""
    pages: list[bytes] = []
    found = _search_beside(data, rb'"pages"\s*:\s*\[')
    position = 0 if found is None else found.end()
    last = position + BESIDE
    while found is not None and position < last:
        position = _skip(data, position)
        if data[position : position + 1] != b"{" or (end := _find_end(data, position, BESIDE)) is None:
            break
        pages.append(bytes(data[position:end]))
        position = end
    return pages


def _search_beside(data: bytes | mmap, pattern: bytes) -> re.Match[bytes] | None:
    """Search before the entries, and the last bytes behind them: to search all takes nearly as long as reading them."""
    search, entries = re.compile(pattern).search, _entries.search(data)
    if entries is None:
        return search(data)
    return search(data, 0, entries.start()) or search(data, max(entries.end(), len(data) - BESIDE))


def _skip(data: Any, position: int) -> int:
    found = _next.match(data, position)
    return position if found is None else found.end()


def _find_value_end(data: Any, start: int) -> int | None:
    """Return where a value ends, which may be no entry at all; None where the data ends before."""
    if data[start] in b"{[":
        return _find_end(data, start)
    found = (_string if data[start] == ord('"') else _word).match(data, start)
    return None if found is None or found.end() >= len(data) else found.end()


def _find_end(data: Any, start: int, largest: int = LARGEST) -> int | None:
    """Return where the value that begins with a bracket at `start` ends; None where the data end before."""
    depth = 0
    for token in _token.finditer(data, start, min(len(data), start + largest)):
        first = data[token.start()]
        if first in b"{[":
            depth += 1
        elif first in b"}]":
            depth -= 1
            if depth == 0:
                return token.end()
    return None
