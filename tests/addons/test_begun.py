"""Requests that set out wait to be taken in together; what they show is said all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from mitmproxy.flow import Error

from corsight.addons import begun
from corsight.addons.adapter import Asked, note_request
from corsight.addons.begun import MANY, Begun
from tests.addons.mitm import cors, flow, lines, mitmproxy, preflight


def asked(count: int) -> list[Asked]:
    return [note_request(flow(url=f"https://api.test/{number}")) for number in range(count)]


async def wait_until_empty(taken: list[Asked], count: int) -> None:
    async with asyncio.timeout(60):
        while len(taken) < count:
            await asyncio.sleep(0.01)


def test_requests_are_taken_in_together_in_their_order() -> None:
    taken: list[Asked] = []
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
    taken: list[Asked] = []
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
    taken: list[Asked] = []

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
    taken: list[Asked] = []
    first, second = asked(2)

    async def pass_by() -> None:
        waiting = Begun(taken.append)
        waiting.put(first, waits=True)
        waiting.put(second, waits=False)
        assert taken == [first, second]

    asyncio.run(pass_by())


def test_without_an_event_loop_nothing_waits() -> None:
    taken: list[Asked] = []
    requests = asked(2)
    waiting = Begun(taken.append)
    for request in requests:
        waiting.put(request, waits=True)
    assert taken == requests


def test_a_request_that_fails_is_told_and_the_others_are_taken_in(caplog: pytest.LogCaptureFixture) -> None:
    taken: list[Asked] = []
    first, bad, last = asked(3)

    def begin(request: Asked) -> None:
        if request is bad:
            raise ValueError("no such\x1b thing")
        taken.append(request)

    async def pass_by() -> None:
        waiting = Begun(begin)
        for request in (first, bad, last):
            waiting.put(request, waits=True)
        waiting.take_in()

    asyncio.run(pass_by())
    assert taken == [first, last]
    (line,) = [record.getMessage() for record in caplog.records]
    assert bad[0].id in line
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


def test_an_answer_that_the_proxy_keeps_to_itself_is_judged_though_its_request_still_waits(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    made = cors()
    response, made.response = made.response, None

    async def pass_by() -> None:
        running.addon.requestheaders(made)
        made.response, made.error = response, Error("Received a header from server, refusing to prevent request …")
        running.addon.error(made)

    with mitmproxy(cors_log=str(log)) as running:
        asyncio.run(pass_by())
        assert len(lines(log)) == 1
