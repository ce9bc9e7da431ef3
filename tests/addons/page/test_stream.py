"""The stream of news to a window."""

from __future__ import annotations

import asyncio
from typing import Any

from corsight.addons.page import stream
from corsight.addons.page.feed import Feed
from corsight.addons.page.stream import Stream

WINDOW = "0" * 16


class Nothing:
    """A book in which nothing stands."""

    run = "run"

    def list_ids(self) -> list[str]:
        return []

    def describe(self) -> dict[str, object]:
        return {}

    describe_state = describe

    def read_state(self) -> int:
        return 0


async def _never() -> Any:
    await asyncio.Event().wait()


async def _pass_over(event: Any) -> None:
    pass


def test_a_window_reads_one_stream_and_earlier_ones_end() -> None:
    async def listen() -> tuple[list[bool], int]:
        feed = Feed()
        running = []
        for _ in range(4):
            listener = feed.open(WINDOW)
            assert listener is not None
            answer = Stream(feed, Nothing(), WINDOW, listener, whole=False)  # type: ignore[arg-type]
            running.append(asyncio.create_task(answer({}, _never, _pass_over)))
            await asyncio.sleep(0)
        await asyncio.wait(running[:-1], timeout=20 * stream.PAUSE)
        ended = [task.done() for task in running]
        running[-1].cancel()
        return ended, listener.connected if listener is not None else 0

    assert asyncio.run(listen()) == ([True, True, True, False], 1)
