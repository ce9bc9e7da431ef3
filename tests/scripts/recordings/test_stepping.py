"""Large flows: their bodies are stepped over, and what is too large costs itself only."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from mitmproxy.io import tnetstring
from mitmproxy.test import tflow

from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings import mitmproxy, stepping
from corsight.scripts.recordings.stepping import Damaged, Stepper

PIECE = 1 << 20


def record(**response: object) -> bytes:
    state = tflow.tflow(resp=True).get_state()
    state["response"] = {**state["response"], **response}
    return tnetstring.dumps(state)


SMALL = record()


class Endless(io.BufferedIOBase):
    """A stream of pieces that tells the largest one asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self.asked = pieces, 0

    def read1(self, size: int = -1, /) -> bytes:
        self.asked = max(self.asked, size)
        return next(self._pieces, b"")


def huge(field: str, size: int) -> Iterator[bytes]:
    """A flow with a value of so many bytes, between two small ones."""
    mark = b"a" * 11
    short = record(**{field: mark if field == "content" else ((b"x-h", mark),)})
    body = short.partition(b":")[2][:-1]
    before, value, behind = body.partition(b"11:" + mark)
    assert value
    yield SMALL
    yield from grow(before, behind, size)
    yield SMALL


def grow(before: bytes, behind: bytes, size: int) -> Iterator[bytes]:
    """A flow with a value of `size` bytes between its parts, where one of 11 was: each length around it grows."""
    place, lengths = 0, list[tuple[int, int, int]]()
    end = len(before)
    while place < end:
        colon = before.index(b":", place)
        length = int(before[place:colon])
        if colon + 1 + length <= end:
            place = colon + 2 + length
        else:
            lengths.append((place, colon, length))
            place = colon + 1
    grown, last = bytearray(before), size - 11
    for start, colon, length in reversed(lengths):
        last += len(str(size)) - 2 if (start, colon, length) == lengths[-1] else 0
        text = str(length + last).encode()
        grown[start:colon] = text
        last += len(text) - (colon - start)
    if not lengths:
        last += len(str(size)) - 2
    total = len(before) + 14 + len(behind) + last
    yield b"%d:" % total + bytes(grown) + b"%d:" % size
    for left in range(size, 0, -PIECE):
        yield b"a" * min(PIECE, left)
    yield behind + b"}"


@pytest.mark.parametrize("field", ["content", "headers"])
def test_what_is_huge_in_a_flow_is_not_held(field: str) -> None:
    stream = Endless(huge(field, 40 * PIECE))
    records = [(data[start:end], len(data)) for data, start, end in mitmproxy.read_records(stream)]
    assert len(records) == 3
    assert records[0] == records[2]
    assert all(size < 4 * PIECE for _, size in records)
    assert stream.asked <= 2 * mitmproxy.LARGE
    assert bool(records[1][0]) is (field == "content")


def test_a_flow_too_large_is_told_and_the_others_are_judged() -> None:
    found = []
    with pytest.raises(CorsightError, match=r"1 exchange with larger headers.*left out"):
        found += mitmproxy.read(Endless(huge("headers", 40 * PIECE)), lambda _: None)


def test_a_large_body_changes_nothing_that_is_read() -> None:
    for body in b"<html>" + b"x" * 3 * PIECE, b'{"a":' + b"1" * 3 * PIECE:
        large = record(content=body)
        ((data, start, end),) = mitmproxy.read_records(io.BytesIO(large))
        assert len(data) < PIECE
        whole = large.index(b":") + 1
        assert mitmproxy.read_record(data, start, end) == mitmproxy.read_record(large, whole, len(large) - 1)


def test_messages_and_copies_are_left_out() -> None:
    state = tflow.tflow(resp=True).get_state()
    state["backup"] = {**state, "comment": "x" * 3 * PIECE}
    large = tnetstring.dumps(state)
    ((data, start, end),) = mitmproxy.read_records(io.BytesIO(large))
    assert len(data) < PIECE
    assert mitmproxy.read_record(data, start, end) is not None


@pytest.mark.parametrize("junk", [b"x", b"5:abc", b"3:abc;9999999:", b"99:99:99:", b"7:request;30:1:a;"])
def test_what_is_no_flow_costs_itself_only(junk: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stepping, "BLOCK", 7)
    bad = junk + b"z" * 40
    stepper = Stepper(bad[:3], io.BytesIO(bad[3:] + b"}" + SMALL))
    assert stepper.read_flow(len(bad)) == b""
    assert SMALL.startswith(stepper.rest)


def test_where_the_stream_ends_in_a_body_it_is_damaged() -> None:
    with pytest.raises(Damaged):
        Stepper(b"8:response;999999:7:content;900000:aaaa", io.BytesIO(b"aaaa")).read_flow(10**6)
