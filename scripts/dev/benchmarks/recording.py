"""Recordings to measure with: browsers of several clients visit pages, whose answers are never quite the same."""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

from mitmproxy import connection, http
from mitmproxy.io import FlowWriter

from corsight.scripts.dev.benchmarks.traffic import Sample, endless

PORT = 8000
CLIENTS = 16
PAGE = 16
"""Exchanges after which it is the next client's turn."""
STARTED = 1_800_000_000.0
BODY, TEXT_BODY = 6000, 40000
"""Bytes of a body on average, most are shorter: as it is sent, mostly packed, and as a HAR holds it, unpacked."""
TEXT = Path(argparse.__file__).read_bytes()
"""What bodies are made of: source text, as most of what pages load."""


class Exchanges:
    """An endless row of them: sample, number, start, what is answered, body."""

    def __init__(self, body: int) -> None:
        self._chance = random.Random(7)
        self._body = body

    def __iter__(self) -> Iterator[tuple[Sample, int, float, list[tuple[str, str]], bytes]]:
        for number, sample in enumerate(endless(PORT)):
            started = STARTED + number * 0.01
            body = b""
            if sample.status == 200:
                size = int(self._chance.expovariate(1 / self._body))
                start = self._chance.randrange(len(TEXT))
                body = (TEXT[start:] + TEXT * (size // len(TEXT) + 1))[:size]
            answered = [
                ("Date", formatdate(started, usegmt=True)),
                ("ETag", f'"{self._chance.getrandbits(64):x}"'),
                ("Content-Length", str(len(body))),
                *sample.answered,
            ]
            yield sample, number, started, answered, body


def write_mitmproxy(path: str, megabytes: float) -> int:
    """Write a recording of mitmproxy of about that size; return how many exchanges it holds."""
    client = connection.Client(peername=("", 0), sockname=("", 0))
    with open(path, "wb") as file:
        writer = FlowWriter(file)
        for sample, number, started, answered, body in Exchanges(BODY):
            if number % PAGE == 0:
                if file.tell() > megabytes * 1e6:
                    return number
                client = connection.Client(
                    peername=(f"10.0.0.{number // PAGE % CLIENTS}", 40000 + number % 20000),
                    sockname=("10.0.0.200", 8080),
                    timestamp_start=started,
                )
            server = connection.Server(address=(sample.host, PORT), timestamp_start=started)
            flow = http.HTTPFlow(client, server)
            host = f"{sample.host}:{PORT}"
            flow.request = http.Request(
                host=sample.host,
                port=PORT,
                method=sample.method.encode(),
                scheme=b"http",
                authority=b"",
                path=f"{sample.path}?page={number // PAGE}".encode(),
                http_version=b"HTTP/1.1",
                headers=_headers([("Host", host), *sample.asked]),
                content=b"",
                trailers=None,
                timestamp_start=started,
                timestamp_end=started + 0.0005,
            )
            flow.response = http.Response(
                http_version=b"HTTP/1.1",
                status_code=sample.status,
                reason=b"OK",
                headers=_headers(answered),
                content=body,
                trailers=None,
                timestamp_start=started + 0.004,
                timestamp_end=started + 0.005,
            )
            writer.add(flow)
    raise AssertionError


def write_har(path: str, megabytes: float) -> int:
    """Write a HAR file of about that size, as Chrome exports one; return how many entries it holds."""
    with open(path, "w", encoding="utf-8") as file:
        creator = {"name": "WebInspector", "version": "537.36"}
        file.write(f'{{"log": {{"version": "1.2", "creator": {json.dumps(creator)}, "pages": [], "entries": [')
        for sample, number, started, answered, body in Exchanges(TEXT_BODY):
            if number % PAGE == 0 and file.tell() > megabytes * 1e6:
                file.write("\n]}}")
                return number
            file.write(",\n" if number else "\n")
            json.dump(_entry(sample, number, started, answered, body), file, indent=2)
    raise AssertionError


def _headers(pairs: list[tuple[str, str]]) -> http.Headers:
    return http.Headers([(name.encode(), value.encode()) for name, value in pairs])


def _entry(sample: Sample, number: int, started: float, answered: list[tuple[str, str]], body: bytes) -> dict[str, Any]:
    kind = dict(sample.asked)["Sec-Fetch-Dest"]
    seconds, fraction = divmod(started, 1)
    day = formatdate(seconds, usegmt=True).split()
    return {
        "_connectionId": str(number % 6),
        "_initiator": {"type": "script", "stack": {"callFrames": [_frame(number, depth) for depth in range(12)]}},
        "_priority": "High",
        "_resourceType": "preflight" if sample.method == "OPTIONS" else "fetch" if kind == "empty" else kind,
        "cache": {},
        "connection": str(PORT),
        "request": {
            "method": sample.method,
            "url": f"http://{sample.host}:{PORT}{sample.path}?page={number // PAGE}",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": name, "value": value} for name, value in sample.asked],
            "queryString": [{"name": "page", "value": str(number // PAGE)}],
            "cookies": [],
            "headersSize": 700,
            "bodySize": 0,
        },
        "response": {
            "status": sample.status,
            "statusText": "OK",
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": name, "value": value} for name, value in answered],
            "cookies": [],
            "content": {"size": len(body), "mimeType": "application/json", "text": body.decode()},
            "redirectURL": "",
            "headersSize": 300,
            "bodySize": len(body),
            "_transferSize": len(body) + 300,
            "_error": None,
        },
        "serverIPAddress": "127.0.0.1",
        "startedDateTime": f"2027-01-{int(day[1]):02}T{day[4]}.{int(fraction * 1000):03}Z",
        "time": 5.0,
        "timings": {"blocked": 0.4, "dns": -1, "ssl": -1, "connect": -1, "send": 0.1, "wait": 4.0, "receive": 0.5},
    }


def _frame(number: int, depth: int) -> dict[str, Any]:
    url = f"http://localhost:{PORT}/assets/chunk-{number % 7}.js"
    return {"functionName": f"load{depth}", "scriptId": "7", "url": url, "lineNumber": number, "columnNumber": depth}
