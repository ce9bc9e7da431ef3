"""Recordings: what is good in a file is yielded, and what is wrong with it is said in one line."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from mitmproxy.flow import Flow
from mitmproxy.io import FlowWriter, tnetstring
from mitmproxy.test import tflow, tutils

from corsight.addons.adapter import exchange_of
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.scripts.errors import CorsightError
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording, check_readable, in_time


def recorded(*flows: Flow) -> bytes:
    file = io.BytesIO()
    writer = FlowWriter(file)
    for flow in flows:
        writer.add(flow)
    return file.getvalue()


def get(path: str) -> Flow:
    return tflow.tflow(req=tutils.treq(host="api.test", path=path.encode()), resp=tutils.tresp())


def read(path: Path, content: bytes) -> tuple[list[str], str | None]:
    """The URLs that are read of a file with this content, and what is said of it."""
    path.write_bytes(content)
    recording = Recording(str(path))
    urls = [exchange.request.url.rpartition("/")[2] for exchange in recording]
    assert recording.exchanges == len(urls)
    return urls, None if recording.problem is None else str(recording.problem)


def test_exchanges_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    assert read(tmp_path / "a", recorded(get("/a"), get("/b"), get("/c"))) == (["a", "b", "c"], None)


def test_what_is_no_http_passes(tmp_path: Path) -> None:
    socket = tflow.twebsocketflow()
    content = recorded(tflow.ttcpflow(), get("/a"), tflow.tdnsflow(resp=True), tflow.tudpflow(), socket)
    assert read(tmp_path / "a", content) == (["a", exchange_of(socket).request.url.rpartition("/")[2]], None)


def test_an_empty_file_is_an_empty_recording(tmp_path: Path) -> None:
    assert read(tmp_path / "a", b"") == ([], None)


@pytest.mark.parametrize("cut", [1, 50, 500])
def test_a_truncated_file_yields_what_is_whole(cut: int, tmp_path: Path) -> None:
    urls, problem = read(tmp_path / "a", recorded(get("/a"), get("/b"), get("/c"))[:-cut])
    assert urls == ["a", "b"]
    assert problem == (
        f"{tmp_path / 'a'}: is cut short or damaged after 2 exchanges; what came before it was judged; "
        "stop mitmproxy before its recording is read, or record again"
    )


@pytest.mark.parametrize(
    "content",
    [b"GET / HTTP/1.1\r\n", b"12:abc", b"3:abc,", b"0:}", b"999999999999:x", b"\x00" * 9],
)
def test_a_foreign_file_is_told_from_a_recording(content: bytes, tmp_path: Path) -> None:
    urls, problem = read(tmp_path / "a", content)
    assert urls == []
    assert (
        problem
        == f"{tmp_path / 'a'}: is not a recording, or is damaged at its start; make one with mitmdump -w FILE, or save "
        "a HAR"
    )


@pytest.mark.parametrize("content", [b'{"log": {}}', b'\xef\xbb\xbf{"log": {}}', b"\n [1]", b"{"])
def test_json_that_is_no_har_is_told_by_its_content(content: bytes, tmp_path: Path) -> None:
    _, problem = read(tmp_path / "a.mitm", content)
    assert (
        problem
        == f"{tmp_path / 'a.mitm'}: is not a HAR file: it has no entries; export it again, or record with mitmdump -w"
    )


def test_the_recording_of_a_later_mitmproxy(tmp_path: Path) -> None:
    _, problem = read(tmp_path / "a", recorded(get("/a")).replace(b"7:version;2:21#", b"7:version;2:99#"))
    assert problem is not None
    assert "99" in problem
    assert problem.endswith("; read it with the mitmproxy that wrote it")


def test_no_damage_raises(tmp_path: Path) -> None:
    chance = random.Random(7)
    whole = recorded(get("/a"), get("/b"))
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 3, 30])):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        read(tmp_path / "a", bytes(damaged))


@pytest.mark.parametrize(("name", "what"), [("", "is a directory"), ("none", "no such file")])
def test_what_is_no_file_is_said_at_once(name: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(CorsightError, match=what):
        check_readable(str(tmp_path / name))
    check_readable("-")


def exchange(name: str, started: float, received: float | None) -> Exchange:
    response = None if received is None else Response(200, HeaderList(), received)
    return Exchange(name, "127.0.0.1", "c", Request("GET", f"https://a.test/{name}", HeaderList(), started), response)


def moments(*exchanges: Exchange, held: int = 100) -> str:
    return " ".join(f"{'>' if begins else '<'}{one.id}" for begins, one in in_time(exchanges, held))


def test_moments_come_in_the_order_of_time() -> None:
    quick, slow, unanswered = exchange("quick", 2, 3), exchange("slow", 1, 4), exchange("dead", 5, None)
    assert moments(quick, slow, unanswered) == ">slow >quick <quick <slow >dead <dead"


def test_a_request_that_sets_out_knows_no_answer() -> None:
    (begins, begun), (ends, ended) = in_time([exchange("a", 1, 2)])
    assert (begins, begun.response) == (True, None)
    assert (ends, ended.response is not None) == (False, True)


def test_what_follows_at_once_comes_after() -> None:
    assert moments(exchange("first", 1, 1.003), exchange("then", 1.002, 1.5)) == ">first <first >then <then"


def test_no_more_than_what_is_held_is_looked_at_together() -> None:
    late = [exchange("a", 9, 9), exchange("b", 8, 8), exchange("c", 1, 1)]
    assert moments(*late, held=1) == ">b <b >c <c >a <a"


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("", "id", True),
        ("", "id", 5),
        ("request", "timestamp_start", float("nan")),
        ("request", "timestamp_start", float("inf")),
        ("request", "timestamp_start", "soon"),
        ("request", "port", "443"),
        ("request", "headers", [["a", "b"]]),
        ("response", "status_code", "200"),
        ("response", "status_code", None),
        ("response", "timestamp_start", float("nan")),
        ("response", "headers", [[b"a", None]]),
        ("client_conn", "id", 7),
        ("client_conn", "peername", [7, 8]),
    ],
)
def test_an_exchange_with_a_value_of_a_wrong_kind_is_left_out(
    part: str, name: str, value: object, tmp_path: Path
) -> None:
    flows = []
    for number, content in enumerate((get("/a"), get("/b"), get("/c"))):
        state = content.get_state()
        if number == 1:
            (state[part] if part else state)[name] = value
        flows.append(tnetstring.dumps(state))
    urls, problem = read(tmp_path / "a", b"".join(flows))
    assert urls in (["a", "c"], ["a"])
    assert problem is not None
    assert "\n" not in problem
    assert list(judge_recording(Recording(str(tmp_path / "a"))))


def test_few_are_held_back_where_they_are_large() -> None:
    def exchange(number: int) -> Exchange:
        request = Request("GET", "https://api.test/", HeaderList(((b"x", bytes(1_000_000)),)), float(number))
        return Exchange(str(number), "", "", request)

    drawn = 0

    def count() -> Iterator[Exchange]:
        nonlocal drawn
        for number in range(200):
            drawn += 1
            yield exchange(number)

    next(in_time(count()))
    assert drawn < 40
