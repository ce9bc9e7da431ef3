"""The seat in the running proxy: on the page's port, for whoever has the token, and nothing before somebody asks."""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client

from corsight.scripts.agents.inside import NAME, PATH, Live
from corsight.scripts.processes import proxy
from corsight.scripts.processes.machine import free_port
from corsight.scripts.processes.proxy import Proxy
from tests.addons.mitm import CHROMIUM, CROSS, OURS, PAGE, cors, mitmproxy


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with proxy.start(tmp_path_factory.mktemp("proxy"), cors_page=free_port()) as started:
        yield started


def read_link(running: Proxy) -> tuple[int, str]:
    """The page's port, and its token."""
    assert running.page is not None
    where = urlsplit(running.page)
    assert where.port is not None
    return where.port, parse_qs(where.query)["token"][0]


def with_client[T](running: Proxy, use: Callable[[ClientSession], Any]) -> Any:
    port, token = read_link(running)

    async def run() -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            streamablehttp_client(f"http://127.0.0.1:{port}{PATH}", headers=headers) as (read, write, _),
            ClientSession(read, write) as client,
        ):
            await client.initialize()
            return await use(client)

    return asyncio.run(run())


def request_through(running: Proxy, path: str) -> None:
    """A page's request, through the proxy, of a server that is not there."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port)
    headers = {"User-Agent": CHROMIUM, "Origin": PAGE, **dict(CROSS)}
    connection.request("GET", f"http://127.0.0.1:1{path}", headers=headers)
    connection.getresponse().read()
    connection.close()


def test_an_agent_sees_what_the_proxy_judges_as_it_comes(running: Proxy) -> None:
    async def use(client: ClientSession) -> Any:
        state = (await client.call_tool("get_state", {})).structuredContent
        assert state is not None
        assert [one["name"] for one in state["recordings"]] == [NAME]
        version = state["recordings"][0]["version"]
        waiting = asyncio.create_task(client.call_tool("wait_for_findings", {"since": {NAME: version}, "seconds": 30}))
        await asyncio.to_thread(request_through, running, "/cart")
        news = (await waiting).structuredContent
        assert news is not None
        [fetch] = news["fetches"]
        return (await client.call_tool("explain_fetch", {"id": fetch["id"]})).structuredContent

    fetch = with_client(running, use)
    assert "/cart" in json.dumps(fetch)
    assert fetch["outcome"] == "blocked"


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Authorization": None}, 401),
        ({"Authorization": "Bearer guess"}, 401),
        ({"Authorization": None, "Cookie": "corsight=1"}, 401),
        ({"Host": "evil.test"}, 421),
        ({"Host": "cors.sight"}, 421),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
def test_nobody_else_comes_in(running: Proxy, changed: dict[str, str | None], status: int) -> None:
    port, token = read_link(running)
    headers = {"Host": f"127.0.0.1:{port}", "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    sent = {name: value for name, value in (headers | changed).items() if value is not None}
    for method in ("POST", "GET", "DELETE"):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request(method, PATH, "{}", sent)
        answer = connection.getresponse()
        assert answer.status == status
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]
        connection.close()


def test_through_the_proxy_there_is_no_seat(running: Proxy) -> None:
    _, token = read_link(running)
    connection = http.client.HTTPConnection("127.0.0.1", running.port)
    connection.request("POST", f"http://cors.sight{PATH}", "{}", {"Authorization": f"Bearer {token}"})
    assert connection.getresponse().status == 401


def test_what_was_told_is_told_once_and_again_where_it_changed() -> None:
    with mitmproxy() as started:
        started.addon._watched = True
        live = Live(started.addon._stories)
        started.judge(cors(), cors(answered=OURS))
        traffic = live.read()
        assert (traffic.exchanges, traffic.version) == (2, 2)
        assert live.read().version == 2
        started.judge(cors())
        assert live.read() is traffic
        assert (traffic.exchanges, traffic.version) == (3, 3)
        started.addon._stories.clear()
        started.judge(cors())
        assert live.read().exchanges == 1


def test_nothing_of_the_protocol_is_loaded_before_somebody_asks(tmp_path: Path) -> None:
    script = tmp_path / "loaded.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\n"
        f"def running(): Path({str(tmp_path / 'loaded')!r}).write_text(str('mcp' in sys.modules))\n"
    )
    with proxy.start(tmp_path, scripts=[script], cors_page=free_port()):
        pass
    assert (tmp_path / "loaded").read_text() == "False"
    assert "mcp" in sys.modules
