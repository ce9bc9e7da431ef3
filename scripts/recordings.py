"""Recordings: opens a file, tells by its content what it is, and yields the exchanges in it, one at a time."""

from __future__ import annotations

import heapq
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from io import BufferedReader

from mitmproxy.exceptions import FlowReadException
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader

from corsight.addons.adapter import exchange_of, is_whole
from corsight.policies.exchange import Exchange
from corsight.policies.session.memory import weigh_exchange
from corsight.scripts.errors import CorsightError

STDIN = "-"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
REORDERED, HELD_BYTES = 1024, 32 * 1024 * 1024
"""How many exchanges, and bytes of their URLs and headers, are held back to bring them into the order of time."""
SLACK = 0.005
"""Seconds by which a request's start may precede, by its clock, the response it follows."""

type Reader = Callable[[BufferedReader], Iterator[Exchange | None]]
"""Yields the exchanges of an open recording, None for what is in it and no exchange."""


class Recording:
    """The exchanges of one file, in its order. Bodies and the file as a whole are never held.

    `problem` is set once the iteration ends where the file was not whole: all that was good before it has been yielded.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.name = "stdin" if path == STDIN else path
        self.problem: CorsightError | None = None
        self.exchanges = 0

    def __iter__(self) -> Iterator[Exchange]:
        with open(sys.stdin.fileno() if self.path == STDIN else self.path, "rb", closefd=self.path != STDIN) as file:
            try:
                for exchange in reader_for(file)(file):
                    if exchange is not None:
                        self.exchanges += 1
                        yield exchange
            except CorsightError as error:
                error.where = self.name
                self.problem = error
            except Exception as error:
                # What is wrong in a damaged file shows in as many ways as there are lines of code that read it.
                self.problem = self._damaged(error)

    def _damaged(self, error: Exception) -> CorsightError:
        reason = str(error) if isinstance(error, FlowReadException) else ""
        if "flow format version" in reason:
            return CorsightError(reason.rstrip("."), where=self.name, todo="read it with the mitmproxy that wrote it")
        if not self.exchanges:
            return CorsightError(
                "is no mitmproxy recording, or damaged from its start",
                where=self.name,
                todo="make one with mitmdump -w FILE",
            )
        return CorsightError(
            f"is cut short or damaged after {_count(self.exchanges)}; what came before it was judged",
            where=self.name,
            todo="stop mitmproxy before its recording is read, or record again",
        )


def check_readable(path: str) -> None:
    """Raise CorsightError where there is no file to read."""
    if path == STDIN:
        return
    if os.path.isdir(path):
        raise CorsightError("is a directory", where=path, todo="name the recordings in it")
    if not os.path.exists(path):
        raise CorsightError("no such file", where=path)
    if not os.access(path, os.R_OK):
        raise CorsightError("may not be read", where=path)


def check_output(output: str | None, inputs: Iterable[str], what: str) -> None:
    """Raise CorsightError where writing `what` to `output` would write over one of the inputs."""
    if output is None or not os.path.exists(output):
        return
    if any(os.path.exists(path) and os.path.samefile(output, path) for path in inputs):
        raise CorsightError("this command reads it", where=output, todo=f"name another file for the {what}")


def reader_for(file: BufferedReader) -> Reader:
    """The reader for what is in the file, told by how it begins: the door for other formats."""
    start = file.peek(64)[:64].removeprefix(BYTE_ORDER_MARK).lstrip()
    if start.startswith(b"{"):
        raise CorsightError("HAR and JSON are not read yet", todo="make a recording with mitmdump -w FILE")
    return _mitmproxy


def _mitmproxy(file: BufferedReader) -> Iterator[Exchange | None]:
    damaged = 0
    for flow in FlowReader(file).stream():
        if isinstance(flow, HTTPFlow) and not is_whole(flow):
            damaged += 1
            continue
        yield exchange_of(flow) if isinstance(flow, HTTPFlow) else None
    if damaged:
        raise CorsightError(f"holds {_count(damaged)} with values of a wrong kind, which were left out")


def in_time(exchanges: Iterable[Exchange], held: int = REORDERED) -> Iterator[tuple[bool, Exchange]]:
    """The moments of the exchanges in the order of time: True for a request that set out, False for what came of it.

    A recording holds exchanges in the order of their ends: what follows a preflight stands behind all that ended
    meanwhile, and would be missed there. `held` bounds how many are looked at together.
    """
    moments: list[tuple[float, int, bool, Exchange]] = []
    weight = 0
    for number, exchange in enumerate(exchanges):
        start = exchange.request.started
        end = start if exchange.response is None else max(start, exchange.response.received - SLACK)
        heapq.heappush(moments, (start, 2 * number, True, replace(exchange, response=None, proxy_status=None)))
        heapq.heappush(moments, (end, 2 * number + 1, False, exchange))
        weight += weigh_exchange(exchange)
        while len(moments) > 2 * held or (moments and weight > HELD_BYTES):
            _, _, begins, first = heapq.heappop(moments)
            weight -= 0 if begins else weigh_exchange(first)
            yield begins, first
    while moments:
        yield heapq.heappop(moments)[2:]


def _count(exchanges: int) -> str:
    return f"{exchanges} exchange{'s' if exchanges != 1 else ''}"
