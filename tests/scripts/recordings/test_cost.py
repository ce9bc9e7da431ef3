"""What recordings hold costs a number of steps in proportion to its bytes, however it is arranged."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from corsight.policies.exchange import Exchange
from corsight.scripts.dev.cpu import count_steps
from corsight.scripts.recordings import Recording, archive, curl, netlog
from corsight.scripts.recordings.netlog import OPEN
from tests.scripts.recordings.test_har import entry
from tests.scripts.recordings.test_trace import OPTIONS

CONSTANTS = {
    "logEventTypes": {"URL_REQUEST_START_JOB": 2, "CREATED_BY": 5, "CORS_PREFLIGHT_ERROR": 6},
    "logSourceType": {"URL_REQUEST": 1},
}

FEW = 250
"""Steps that an entry may take of which nothing is judged."""
MOST = 2000
"""Steps that an event, or an entry and its line in the console, may take."""


def write_netlog(size: int) -> bytes:
    """Return as many open requests as are followed, and again and again that one's preflight failed."""
    events = [_event(2, number, 1, url=f"https://a.test/{number}") for number in range(OPEN)]
    events += [_event(6, 1, 0, error="x") for _ in range(size)]
    lines = ",\n".join(json.dumps(event) for event in events)
    return f'{json.dumps({"constants": CONSTANTS})[:-1]},\n"events": [\n{lines}]}}'.encode()


def _event(kind: int, source: int, phase: int, **params: str) -> dict[str, Any]:
    return {"type": kind, "source": {"id": source, "type": 1}, "time": "1", "phase": phase, "params": params}


def write_trace(size: int) -> bytes:
    """Return a trace of so many requests that failed, each with its line in the console."""
    urls = [f"https://api.test/{number}" for number in range(size)]
    console = [
        {
            "type": "console",
            "text": f"Access to fetch at '{url}' from origin 'https://app.test' has been blocked by CORS policy: No "
            "'Access-Control-Allow-Origin' header is present on the requested resource.",
        }
        for url in urls
    ]
    entries = [{"type": "resource-snapshot", "snapshot": _failed(url)} for url in urls]
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("trace.trace", "\n".join(map(json.dumps, [OPTIONS, *console])))
        archive.writestr("trace.network", "\n".join(map(json.dumps, entries)))
    return packed.getvalue()


def _failed(url: str) -> dict[str, Any]:
    one = entry("PUT", "/", status=-1, whole=False, kind="xhr")
    one["request"]["url"] = url
    one["response"]["_failureText"] = "net::ERR_FAILED"
    return one


@pytest.mark.parametrize("write", [write_netlog, write_trace])
def test_a_recording_costs_what_its_bytes_are_worth(write: Callable[[int], bytes], tmp_path: Path) -> None:
    path, steps = tmp_path / "recording", list[int]()
    for size in (10, 100, 300):
        path.write_bytes(write(size))
        steps.append(count_steps(lambda: sum(1 for _ in _read(path))))
    _, some, many = steps
    assert many - some < 200 * MOST


@pytest.mark.parametrize("junk", ["1", "{}", '{"request":{}}', '{"request":{"url":"/"},"connection":{}}'])
def test_a_bad_entry_costs_few_steps(junk: str, tmp_path: Path) -> None:
    path, steps = tmp_path / "a.har", list[int]()
    for size in (10, 1010):
        path.write_text(f'{{"log":{{"entries":[{",".join([junk] * size)}]}}}}')
        steps.append(count_steps(lambda: sum(1 for _ in Recording(str(path)))))
    assert steps[1] - steps[0] < 1000 * FEW


def _read(path: Path) -> Iterator[Exchange | None]:
    reader = archive.read if path.read_bytes()[:2] == b"PK" else netlog.read
    with path.open("rb") as file:
        yield from reader(file, lambda text: None)


def test_a_trace_tells_each_message_of_one_request(tmp_path: Path) -> None:
    path = tmp_path / "trace.zip"
    path.write_bytes(write_trace(3))
    told = [one.told.message for one in _read(path) if one is not None and one.told is not None]
    assert [f"/{number}'" in (message or "") for number, message in enumerate(told)] == [True] * 3


def test_no_pattern_for_a_transcript_gives_back_what_it_took() -> None:
    for pattern in (curl._request, curl._status, curl._field):
        bare = re.sub(r"\[(?:\\.|[^\]\\])*\]|\\.", "x", pattern.pattern.decode())
        assert not re.findall(r"(?<![*+?}])[*+](?!\+)", bare), pattern


def test_a_transcripts_field_is_read_without_the_space_around_it() -> None:
    text = b"> GET /x HTTP/1.1\r\n> Host: a.test\r\n> X-A: \t b  c \t\r\n> \r\n< HTTP/1.1 200\r\n< X-B:\r\n"
    taken = curl.Transcript()
    ended = [one for line in text.splitlines(keepends=True) for one in taken.take(line)] + list(taken.end())
    assert ended[0].request.headers.get("x-a") == "b  c"
    assert ended[0].response is not None
    assert ended[0].response.headers.get("x-b") == ""
