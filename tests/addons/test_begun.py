"""Requests that set out wait to be taken in together; what they show is said all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from corsight.addons import begun
from corsight.addons.adapter import request_of
from corsight.addons.begun import MANY, Begun
from corsight.policies.exchange import Exchange
from tests.addons.mitm import cors, flow, lines, mitmproxy, preflight


def asked(count: int) -> list[Exchange]:
    return [request_of(flow(url=f"https://api.test/{number}")) for number in range(count)]


async def wait_until_empty(taken: list[Exchange], count: int) -> None:
    async with asyncio.timeout(60):
        while len(taken) < count:
            await asyncio.sleep(0.01)


def test_requests_are_taken_in_together_in_their_order() -> None:
    taken: list[Exchange] = []
    requests = asked(3)

    async def pass_by() -> None:
        waiting = Begun(taken.append)
        for request in requests:
            waiting.put(request, waits=True)
            assert taken == []
        waiting.take_in()
        assert taken == requests

    asyncio.run(pass_by())


def test_requests_are_taken_in_after_a_while_though_no_answer_comes() -> None:
    taken: list[Exchange] = []
    first, second = asked(2)

    async def pass_by() -> None:
        waiting = Begun(taken.append)
        waiting.put(first, waits=True)
        await wait_until_empty(taken, 1)
        waiting.put(second, waits=True)
        await wait_until_empty(taken, 2)

    asyncio.run(pass_by())
    assert taken == [first, second]


def test_only_so_many_requests_wait() -> None:
    taken: list[Exchange] = []

    async def pass_by() -> None:
        waiting = Begun(taken.append)
        for request in asked(MANY - 1):
            waiting.put(request, waits=True)
        assert taken == []
        waiting.put(asked(1)[0], waits=True)
        assert len(taken) == MANY

    asyncio.run(pass_by())


def test_a_request_that_cannot_wait_comes_after_those_that_do() -> None:
    """A patch turns on the session as it is when the request comes."""
    taken: list[Exchange] = []
    first, second = asked(2)

    async def pass_by() -> None:
        waiting = Begun(taken.append)
        waiting.put(first, waits=True)
        waiting.put(second, waits=False)
        assert taken == [first, second]

    asyncio.run(pass_by())


def test_without_an_event_loop_nothing_waits() -> None:
    taken: list[Exchange] = []
    requests = asked(2)
    waiting = Begun(taken.append)
    for request in requests:
        waiting.put(request, waits=True)
    assert taken == requests


def test_a_request_that_fails_is_told_and_the_others_are_taken_in(caplog: pytest.LogCaptureFixture) -> None:
    taken: list[Exchange] = []
    first, bad, last = asked(3)

    def begin(exchange: Exchange) -> None:
        if exchange is bad:
            raise ValueError("no such\x1b thing")
        taken.append(exchange)

    async def pass_by() -> None:
        waiting = Begun(begin)
        for request in (first, bad, last):
            waiting.put(request, waits=True)
        waiting.take_in()

    asyncio.run(pass_by())
    assert taken == [first, last]
    (line,) = [record.getMessage() for record in caplog.records]
    assert bad.id in line
    assert "\x1b" not in line


def test_a_request_whose_answer_never_comes_shows_that_its_preflight_passed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said while the request is still under way: a server may take long, or wait at a breakpoint."""
    monkeypatch.setattr(begun, "LONGEST_WAIT", 0.0)
    log = tmp_path / "log.jsonl"
    answered = preflight()
    request = cors(method="PUT", answered=None)

    async def pass_by() -> list[dict[str, object]]:
        running.addon.requestheaders(request)
        async with asyncio.timeout(60):
            while len(lines(log)) < 2:
                await asyncio.sleep(0.01)
        return lines(log)

    with mitmproxy(cors_log=str(log)) as running:
        running.judge(answered)
        (before,) = lines(log)
        assert before["certainty"] == "likely"
        _, after = asyncio.run(pass_by())
    assert (after["flow"], after["outcome"], after["certainty"]) == (answered.id, "allowed", "certain")
