"""The stream of server-sent events: rows in batches, at most four times a second."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from corsight.addons.page.book import Book
from corsight.addons.page.feed import Feed, Listener
from corsight.addons.page.gate import Receive, Scope, Send

PAUSE = 0.25
"""Seconds between two batches."""
BATCH, PIECE = 200, 50
"""How many rows a batch has, and how many are made before the proxy gets a turn."""
ALIVE = 15.0
"""Seconds after which something is sent even if there is no news."""
SLOW = 20.0
"""Seconds that a reader may take for one batch. A slower one is disconnected, and connects again."""
GONE = 10.0
"""Seconds for which a listener that left is remembered."""


def encode(value: object) -> bytes:
    """Return plain data as JSON, in ASCII."""
    return json.dumps(value, ensure_ascii=True, check_circular=False, separators=(",", ":")).encode()


class Stream:
    """The answer to one listener: an ASGI app.

    Through the proxy an answer is sent when it is whole (`whole`): it ends with the first batch, and the window asks
    again.
    """

    def __init__(self, feed: Feed, book: Book, name: str, listener: Listener, *, whole: bool) -> None:
        self._feed, self._book = feed, book
        self._name, self._listener = name, listener
        self._whole = whole
        self._left = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the reader disconnects, is too slow, or opens another stream."""
        headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        watch = asyncio.create_task(self._watch(receive))
        number = self._listener.begin()
        try:
            async for part in self._parts(number):
                await asyncio.wait_for(send({"type": "http.response.body", "body": part, "more_body": True}), SLOW)
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            # The server ends a connection whose answer is not complete.
            self._listener.fresh = True
        finally:
            watch.cancel()
            self._listener.connected -= 1
            with contextlib.suppress(RuntimeError):
                asyncio.get_running_loop().call_later(GONE, self._feed.leave, self._name)

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._left = True
        self._listener.news.set()

    async def _parts(self, number: int) -> AsyncIterator[bytes]:
        listener = self._listener
        yield b"retry: 500\n\n" if not self._whole else b"retry: 250\n\n"
        fresh = listener.fresh
        if fresh:
            listener.fresh = False
            listener.said = None
            ids = self._book.list_ids()
            yield _event("start", {"run": self._book.run, **self._book.describe()})
            for place in range(0, len(ids), BATCH):
                async for part in self._rows(ids[place : place + BATCH]):
                    yield part
        while not self._left and number == listener.latest:
            state = self._book.read_state()
            if state != listener.said:
                listener.said = state
                yield _event("state", self._book.describe_state())
            if self._whole and fresh:
                return
            try:
                await asyncio.wait_for(listener.news.wait(), ALIVE)
            except TimeoutError:
                yield b": nothing new\n\n"
            else:
                await asyncio.sleep(PAUSE)
                ids = listener.take(BATCH)
                async for part in self._rows(ids):
                    yield part
                if listener.missed:
                    missed, listener.missed = listener.missed, 0
                    yield _event("missed", missed)
            if self._whole:
                return

    async def _rows(self, ids: list[str]) -> AsyncIterator[bytes]:
        for place in range(0, len(ids), PIECE):
            rows = [row for row in map(self._book.row, ids[place : place + PIECE]) if row is not None]
            if rows:
                yield _event("rows", rows)
            await asyncio.sleep(0)


def _event(name: str, value: Any) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), encode(value))
