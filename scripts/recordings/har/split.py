"""Finds the entries of a HAR that is no whole JSON text: cut off, wrapped, with something before, between or behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from mmap import mmap
from typing import Any

from corsight.scripts.recordings.har.format import Program, decode_program

LARGEST = 1 << 28
"""Bytes of one entry that are looked at for its end."""

_token = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[][{}]', re.DOTALL)
_entries = re.compile(rb'"entries"\s*:\s*\[')
_alone = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[?\s*+(?=\{)")
_request = re.compile(rb'"request"\s*:')
_string = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_word = re.compile(rb"[^\s,\]}]++")
_next = re.compile(rb"[\s,]*+")


def find_entries(data: bytes | mmap) -> Iterator[memoryview | None]:
    """Yield each entry of every list of entries, None for the one in which the data ends."""
    view = memoryview(data)
    found = _entries.search(data)
    if found is None:
        yield from _find_alone(data, view)
    while found is not None:
        position = found.end()
        while True:
            position = _skip(data, position)
            if data[position : position + 1] in (b"]", b"}", b""):
                break
            end = _find_value_end(data, position)
            if end is None:
                yield None
                return
            yield view[position:end]
            position = end
        if position >= len(data):
            yield None
            return
        found = _entries.search(data, position)


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
    """Return the creator or the browser, wherever it stands; None where there is none."""
    found = re.search(rb'"' + name.encode() + rb'"\s*:\s*(?=\{)', data)
    end = None if found is None else _find_end(data, found.end())
    return None if found is None or end is None else decode_program(data[found.end() : end])


def find_pages(data: bytes | mmap) -> list[bytes]:
    """Return the pages, each not decoded."""
    pages: list[bytes] = []
    found = re.search(rb'"pages"\s*:\s*\[', data)
    position = 0 if found is None else found.end()
    while found is not None:
        position = _skip(data, position)
        if data[position : position + 1] != b"{" or (end := _find_end(data, position)) is None:
            break
        pages.append(bytes(data[position:end]))
        position = end
    return pages


def _skip(data: Any, position: int) -> int:
    found = _next.match(data, position)
    return position if found is None else found.end()


def _find_value_end(data: Any, start: int) -> int | None:
    """Return where a value ends, which may be no entry at all; None where the data ends before."""
    if data[start] in b"{[":
        return _find_end(data, start)
    found = (_string if data[start] == ord('"') else _word).match(data, start)
    return None if found is None or found.end() >= len(data) else found.end()


def _find_end(data: Any, start: int) -> int | None:
    """Return where the value that begins with a bracket at `start` ends; None where the data ends before."""
    depth = 0
    for token in _token.finditer(data, start, min(len(data), start + LARGEST)):
        first = data[token.start()]
        if first in b"{[":
            depth += 1
        elif first in b"}]":
            depth -= 1
            if depth == 0:
                return token.end()
    return None
