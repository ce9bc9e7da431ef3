"""The reader of mitmproxy's recordings: equal to mitmproxy's own in every exchange, also in damaged ones."""

from __future__ import annotations

import copy
import io
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy.exceptions import FlowReadException
from mitmproxy.flow import Error, Flow
from mitmproxy.http import Headers, HTTPFlow
from mitmproxy.io import FlowReader, tnetstring
from mitmproxy.test import tflow, tutils

from corsight.addons.adapter import exchange_of, is_whole
from corsight.addons.wire import LONGEST_NAME
from corsight.policies.exchange import Exchange
from corsight.scripts.errors import CorsightError
from corsight.scripts.paths import ROOT
from corsight.scripts.recordings import flows, mitmproxy
from tests.examples import examples

RECORDINGS = [ROOT / "examples" / "shop.mitm", *sorted((ROOT / "tests" / "recordings").glob("*.tar.xz"))]


def bytes_of(path: Path) -> bytes:
    if path.suffix == ".mitm":
        return path.read_bytes()
    with tarfile.open(path) as archive:
        file = archive.extractfile("flows.mitm")
        assert file is not None
        return file.read()


def ask_mitmproxy(content: bytes) -> tuple[list[Exchange | None], bool]:
    """What mitmproxy's reader and the adapter make of it, and whether they took all of it to its end."""
    read: list[Exchange | None] = []
    everything = True
    try:
        for flow in FlowReader(io.BytesIO(content)).stream():
            if not isinstance(flow, HTTPFlow):
                read.append(None)
            elif is_whole(flow):
                read.append(exchange_of(flow))
            else:
                everything = False
    except Exception:
        return read, False
    return read, everything


def ask_ours(content: bytes) -> tuple[list[Exchange | None], bool]:
    read: list[Exchange | None] = []
    try:
        for exchange in mitmproxy.read(io.BytesIO(content), lambda _: None):
            read.append(exchange)
    except CorsightError:
        return read, False
    return read, True


def record(*recorded: Flow) -> bytes:
    return b"".join(tnetstring.dumps(flow.get_state()) for flow in recorded)


def alter(change: Callable[[HTTPFlow], None]) -> HTTPFlow:
    asked = tutils.treq(timestamp_start=1.25, timestamp_end=1.5)
    flow = tflow.tflow(req=asked, resp=tutils.tresp(timestamp_start=2.25, timestamp_end=2.5))
    change(flow)
    return flow


def _set_long(flow: HTTPFlow) -> None:
    flow.request.headers = Headers([(b"X" * 300, b"1" * 5000), (b"", b"")])


def _address(flow: HTTPFlow) -> None:
    flow.client_conn.peername = ("2001:db8::1", 443, 0, 0)


def _metadata(flow: HTTPFlow) -> None:
    flow.metadata = {"cors.patched": ["A"], "": None, "cors.x": {"cors.patched": 1}}


def _quoted(flow: HTTPFlow) -> None:
    flow.metadata = {"x": "12:cors.patched;", "y": {"cors.patched": 1}}


CHANGES: dict[str, Callable[[HTTPFlow], Any]] = {
    "as it is": lambda flow: None,
    "no response": lambda flow: setattr(flow, "response", None),
    "an error": lambda flow: setattr(flow, "error", Error("Connection killed", 1.5)),
    "an error in place of a response": lambda flow: (
        setattr(flow, "error", Error("server closed connection", 1.5)),
        setattr(flow, "response", None),
    ),
    "a refused response": lambda flow: setattr(flow, "error", Error("bad header from server, refusing to", 1.5)),
    "a response without an end": lambda flow: (
        setattr(flow, "error", Error("stalled", 1.5)),
        setattr(flow.response, "timestamp_end", None),
    ),
    "a streamed body": lambda flow: setattr(flow.response, "raw_content", None),
    "trailers": lambda flow: setattr(flow.response, "trailers", Headers(a="b")),
    "no headers": lambda flow: setattr(flow.request, "headers", Headers()),
    "long headers": _set_long,
    "no address": lambda flow: setattr(flow.client_conn, "peername", ()),
    "an IPv6 address": _address,
    "HTTP/2": lambda flow: setattr(flow.request, "http_version", "HTTP/2.0"),
    "an authority": lambda flow: setattr(flow.request, "authority", "api.test:8443"),
    "a path with a fragment and spaces": lambda flow: setattr(flow.request, "path", "/a b#c"),
    "no path": lambda flow: setattr(flow.request, "path", "*"),
    "a method in lower case": lambda flow: setattr(flow.request.data, "method", b"patch"),
    "a foreign host": lambda flow: setattr(flow.request.data, "host", "bücher.test"),
    "a patch": _metadata,
    "a patch only quoted": _quoted,
    "a backup": lambda flow: flow.backup(),
    "a comment": lambda flow: setattr(flow, "comment", "7:version;2:99#}"),
    "no time of a response": lambda flow: setattr(flow.response, "timestamp_start", 0.0),
    "a whole number for a time": lambda flow: setattr(flow.request, "timestamp_start", 5),
    "a text for a time": lambda flow: setattr(flow.request, "timestamp_start", "5"),
    "a number for a name": lambda flow: setattr(flow, "id", 7),
    "a time without end": lambda flow: setattr(flow.request, "timestamp_start", float("inf")),
}
ODD = {
    "a whole number for a time": True,
    "a text for a time": False,
    "a number for a name": False,
    "a time without end": False,
}
"""What mitmproxy's own reader is asked about, and whether that reads it."""


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name.partition(".")[0])
def test_recordings_are_read_as_mitmproxy_reads_them(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = ask_mitmproxy(bytes_of(path))
    monkeypatch.delattr(mitmproxy, "_ask_mitmproxy")
    assert ask_ours(bytes_of(path)) == expected
    assert expected[1]


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_flow_may_hold_is_read_as_mitmproxy_reads_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = alter(CHANGES[name])
    expected = ask_mitmproxy(record(flow, flow))
    assert ask_ours(record(flow, flow)) == expected
    if name in ODD:
        assert len(expected[0]) == 2 * ODD[name]
    else:
        monkeypatch.delattr(mitmproxy, "_ask_mitmproxy")
        assert ask_ours(record(flow, flow)) == expected


def test_flows_of_other_kinds_are_no_exchanges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mitmproxy, "_ask_mitmproxy")
    others = tflow.ttcpflow(), tflow.tudpflow(), tflow.tdnsflow(resp=True), tflow.ttcpflow(err=True)
    assert ask_ours(record(*others)) == ([None] * 4, True)


# -- damage ----------------------------------------------------------------------------------------------------------


@cache
def flow_states() -> list[bytes]:
    flows = [alter(change) for name, change in CHANGES.items() if name not in ODD]
    shop = bytes_of(RECORDINGS[0])
    return [record(flow) for flow in flows] + [
        b"%d:%b" % (end - start, data[start : end + 1]) for data, start, end in mitmproxy.read_records(io.BytesIO(shop))
    ]


def check_damaged(whole: bytes, damaged: bytes, *, alone: bool = True) -> None:
    """What mitmproxy reads of it is read alike; what it refuses is refused, or was damaged where nothing is read."""
    expected, ours = ask_mitmproxy(damaged), ask_ours(damaged)
    if ours != expected:
        assert not expected[1]
        assert ours[0][: len(expected[0])] == expected[0]
        if alone:
            # Of the metadata one key counts, and that it is there no more is all that damage to it says.
            assert list(map(without_patch, ours[0])) == list(map(without_patch, ask_mitmproxy(whole)[0]))


def without_patch(exchange: Exchange | None) -> Exchange | None:
    return None if exchange is None else replace(exchange, patched=False)


@given(st.data())
@examples(5)
def test_a_flipped_byte_makes_no_difference_to_mitmproxy(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(flow_states()))
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[place] = data.draw(st.sampled_from(b"0123456789:;,#^!~]}-+_ \x00\xff") | st.integers(0, 255))
    check_damaged(whole, bytes(damaged))


@given(st.data())
@examples(2)
def test_neither_does_a_piece_that_is_missing_or_doubled(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from(flow_states()))
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    check_damaged(
        whole, whole[:start] + whole[start:end] * data.draw(st.sampled_from([0, 2])) + whole[end:], alone=False
    )


@given(st.data())
def test_a_recording_that_is_cut_off_yields_what_is_whole(data: st.DataObject) -> None:
    states = data.draw(st.lists(st.sampled_from(flow_states()), min_size=1, max_size=3))
    whole = b"".join(states)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    assert ask_ours(cut) == ask_mitmproxy(cut)


def nested(state: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a state: what holds it, and its key there."""
    places = state.items() if isinstance(state, dict) else enumerate(state) if isinstance(state, list | tuple) else ()
    for key, value in places:
        if not isinstance(state, tuple):
            yield state, key
        yield from nested(value)


def thaw(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: thaw(value) for key, value in state.items()}
    return [thaw(one) for one in state] if isinstance(state, list | tuple) else state


WRONG = [None, True, 0, -1, 7, 2.5, float("inf"), "", "text", b"", b"bytes", [], [[]], [b"a", b"b"], {}, {"a": 1}]


@given(st.data())
@examples(5)
def test_a_value_of_another_type_is_taken_as_mitmproxy_takes_it(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([name for name in CHANGES if name not in ODD]))
    whole = thaw(alter(CHANGES[name]).get_state())
    state = copy.deepcopy(whole)
    holder, key = data.draw(st.sampled_from(list(nested(state))))
    if isinstance(holder, dict) and data.draw(st.integers(0, 4)) == 0:
        del holder[key]
    else:
        holder[key] = data.draw(st.sampled_from(WRONG))
    check_damaged(tnetstring.dumps(whole), tnetstring.dumps(state))


@pytest.mark.parametrize("place", [("id",), ("client_conn", "id"), ("client_conn", "peername", 0)])
@pytest.mark.parametrize("longer", [0, 1])
def test_names_that_no_proxy_gives_are_left_out(place: tuple[Any, ...], longer: int) -> None:
    state = thaw(tflow.tflow().get_state())
    *way, last = place
    holder = state
    for key in way:
        holder = holder[key]
    holder[last] = "a" * (LONGEST_NAME + longer)
    read, whole = ask_ours(tnetstring.dumps(state))
    assert (len(read), whole) == (1 - longer, not longer)


# -- versions --------------------------------------------------------------------------------------------------------


def to_20(state: dict[str, Any]) -> None:
    state["version"] = 20


def to_19(state: dict[str, Any]) -> None:
    to_20(state)
    state["version"] = 19
    state["client_conn"]["state"] = state["server_conn"]["state"] = 3


def to_18(state: dict[str, Any]) -> None:
    to_19(state)
    state["version"] = 18
    client, server = state["client_conn"], state["server_conn"]
    client["address"], client["tls_extensions"] = client.pop("peername"), None
    server["ip_address"], server["source_address"] = server.pop("peername"), server.pop("sockname")
    server["via2"] = server.pop("via")
    for one in client, server:
        one["tls_established"], one["cipher_name"] = False, one.pop("cipher")


def to_17(state: dict[str, Any]) -> None:
    to_18(state)
    state["version"] = 17
    del state["client_conn"]["proxy_mode"]


def to_15(state: dict[str, Any]) -> None:
    to_17(state)
    state["version"] = 15
    state["mode"] = "regular"
    del state["timestamp_created"]


VERSIONS = {20: to_20, 19: to_19, 18: to_18, 17: to_17, 15: to_15}


def recorded_by(version: int) -> bytes:
    states = [thaw(flow.get_state()) for flow in FlowReader(io.BytesIO(bytes_of(RECORDINGS[0]))).stream()]
    for state in states:
        VERSIONS[version](state)
    return b"".join(map(tnetstring.dumps, states))


@pytest.mark.parametrize("version", VERSIONS)
def test_recordings_of_earlier_versions_are_read(version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = recorded_by(version)
    read, whole = expected = ask_mitmproxy(content)
    assert whole
    assert len([one for one in read if one is not None]) == 15
    assert ask_ours(content) == expected
    if str(version).encode() in flows.VERSIONS:
        monkeypatch.delattr(mitmproxy, "_ask_mitmproxy")
        assert ask_ours(content) == expected


def test_versions_may_follow_each_other_in_one_file() -> None:
    content = recorded_by(15) + recorded_by(20) + bytes_of(RECORDINGS[0])
    assert ask_ours(content) == ask_mitmproxy(content)


# -- streams ---------------------------------------------------------------------------------------------------------


class Slow(io.BytesIO):
    """A stream that gives a few bytes at a time, as a pipe may."""

    def read1(self, size: int | None = -1, /) -> bytes:
        return super().read(min(7, size or 7))


@pytest.mark.parametrize("size", [1, 100, 10**6])
def test_flows_are_told_apart_however_they_come(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytes_of(RECORDINGS[0])
    whole = [(data[start:end], data[end]) for data, start, end in mitmproxy.read_records(io.BytesIO(content))]
    assert len(whole) >= 15
    monkeypatch.setattr(mitmproxy, "BLOCK", size)
    for stream in io.BytesIO(content), Slow(content):
        assert [(data[start:end], data[end]) for data, start, end in mitmproxy.read_records(stream)] == whole


def test_mitmproxy_is_not_loaded_for_its_recordings() -> None:
    code = (
        "import io, sys; from corsight.scripts.recordings import Recording; "
        f"print(len(list(Recording({str(RECORDINGS[0])!r}))), 'mitmproxy' in sys.modules)"
    )
    asked = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert asked.stdout.split() == ["15", "False"]


def test_a_version_that_is_not_known_is_told_as_mitmproxy_tells_it() -> None:
    content = bytes_of(RECORDINGS[0]).replace(b"7:version;2:21#", b"7:version;2:99#")
    with pytest.raises(FlowReadException, match="99"):
        list(FlowReader(io.BytesIO(content)).stream())
    with pytest.raises(CorsightError, match=r"99.*read it with the mitmproxy that wrote it"):
        list(mitmproxy.read(io.BytesIO(content), lambda _: None))
