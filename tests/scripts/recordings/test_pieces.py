"""Lines and JSON values out of a stream: whatever is long in it is not held."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.scripts.recordings import pieces
from corsight.scripts.recordings.pieces import Ended, Values, read_lines

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)
)


class Slow(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(3)


@given(st.lists(VALUES), st.integers(0, 9))
def test_each_value_is_what_it_was(values: list[Any], ready: int) -> None:
    text = json.dumps(values).encode()
    found = Values(text[:ready], Slow(text[ready:]))
    found.enter()
    read = []
    while found.peek() != b"]":
        value = found.read(10**6)
        assert value is not None
        read.append(json.loads(value))
    assert read == values


def test_a_long_string_is_cut_and_a_long_value_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "BLOCK", 64)
    monkeypatch.setattr(pieces, "KEPT", 16)
    values = ["\u00e9\\" * 500, {"a": "z" * 5000, "b": 1}, [0] * 5000, "x" * 200, 7]
    found = Values(b"", io.BytesIO(json.dumps(values).encode()))
    found.enter()
    read = [found.read(100) for _ in values]
    assert read[2] is None
    for whole, cut in (values[0], read[0]), (values[3], read[3]):
        beginning = json.loads(cut or b"")
        assert isinstance(whole, str)
        assert whole.startswith(beginning)
        assert 0 < len(beginning) <= 16
    assert json.loads(read[1] or b"")["b"] == 1
    assert read[4] == b"7"


@pytest.mark.parametrize("text", [b'"abc', b"[1, 2", b'{"a": "' + b"z" * 100, b""])
def test_a_value_that_does_not_end_is_told(text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "BLOCK", 16)
    with pytest.raises(Ended):
        Values(b"", io.BytesIO(text)).read(1000)


def test_a_long_line_is_passed_over() -> None:
    text = b"a\n" + b"z" * 5000 + b"\nb\n" + b"y" * 5000
    assert list(read_lines(io.BufferedReader(io.BytesIO(text)), 100)) == [b"a\n", None, b"b\n", None]  # type: ignore[arg-type]
