"""Recordings to measure with: browsers of several clients visit pages, whose answers are never quite the same."""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

from mitmproxy import connection, http
from mitmproxy.io import FlowWriter

from corsight.scripts.dev.benchmarks.traffic import Sample, endless

PORT = 8000
CLIENTS = 16
PAGE = 16
"""Exchanges after which it is the next client's turn."""
STARTED = 1_800_000_000.0
BODY = 6000
"""Bytes of a body on average, most are shorter: as it is sent, mostly packed."""
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


def _headers(pairs: list[tuple[str, str]]) -> http.Headers:
    return http.Headers([(name.encode(), value.encode()) for name, value in pairs])
