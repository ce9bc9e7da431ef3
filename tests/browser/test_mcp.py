"""An agent's way from a page that does not load to a mended server, in real browsers: what the tools say is done."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

COMMAND = [sys.executable, "-P", "-m", "corsight.scripts.cli", "mcp", "--allow-browse"]
PAGE = b"""<!doctype html><script>
fetch("http://127.0.0.1:PORT/cart/1", {method: "DELETE", headers: {"X-Shop": "1"}})
    .then(() => fetch("/done"), () => fetch("/failed"));
</script>"""


class Server(ThreadingHTTPServer):
    """A page, and an API that sends what `lines` say: header lines, and the status of preflights."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lines: list[str] = []
        self.asked: list[str] = []
        self.told = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def _answer(self) -> None:
        if self.path != "/favicon.ico":
            self.server.asked.append(f"{self.command} {self.path}")
        at_home = self.path in ("/", "/done", "/failed")
        preflight = self.command == "OPTIONS"
        mended = "answer OPTIONS with status 204" in self.server.lines
        body = PAGE.replace(b"PORT", str(self.server.server_port).encode()) if self.path == "/" else b""
        self.send_response(405 if preflight and not mended else 200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        for line in () if at_home else self.server.lines:
            name, colon, value = line.partition(": ")
            if colon:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if self.path in ("/done", "/failed"):
            self.server.told.set()

    do_GET = do_DELETE = do_OPTIONS = _answer

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    "browser",
    [
        pytest.param("chromium", marks=pytest.mark.browser("chromium")),
        pytest.param("firefox", marks=pytest.mark.browser("firefox")),
    ],
)
def test_the_lines_that_the_tools_name_mend_the_page(server: Server, browser: str) -> None:
    async def run() -> None:
        parameters = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=dict(os.environ))
        async with stdio_client(parameters) as streams, ClientSession(*streams) as client:
            await client.initialize()

            async def get(tool: str, **arguments: Any) -> Any:
                result = await client.call_tool(tool, arguments)
                assert not result.isError, result.content
                return result.structuredContent

            async def visit() -> list[Any]:
                server.told.clear()
                await get("start_browser", url=f"http://localhost:{server.server_port}/", browser=browser)
                await asyncio.to_thread(server.told.wait, 60)
                await get("stop_browser")
                return [one for one in (await get("list_findings"))["findings"] if one["kind"] == "blocked"]

            # A browser may stop at one thing after the other: each round mends what it stopped at.
            for _ in range(4):
                findings = await visit()
                if not findings:
                    break
                [finding] = findings
                assert finding["certainty"] == "certain"
                assert finding["fix"]
                server.lines += [line.strip("\u27e6\u27e7") for line in finding["fix"]]
            assert "GET /done" in server.asked
            assert server.asked[-1] == "GET /done"
            assert "DELETE /cart/1" in server.asked
            fetches = (await get("list_fetches", url="/cart/1"))["fetches"]
            assert [one["outcome"] for one in fetches] == ["allowed"]

    asyncio.run(run())


@pytest.mark.browser("chromium")
@pytest.mark.skipif(not os.path.isdir("/proc"), reason="looks for processes in /proc")
def test_a_signal_ends_the_browser_too(server: Server) -> None:
    async def run() -> None:
        parameters = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=dict(os.environ))
        async with stdio_client(parameters) as streams, ClientSession(*streams) as client:
            await client.initialize()
            url = f"http://localhost:{server.server_port}/"
            assert not (await client.call_tool("start_browser", {"url": url})).isError
            await asyncio.to_thread(server.told.wait, 60)
            started = processes_with(url)
            assert started
            [corsight] = {parent(one) for one in started} & set(processes_with("--allow-browse"))
            os.kill(corsight, signal.SIGTERM)
            for _ in range(300):
                if not processes_with(url):
                    break
                await asyncio.sleep(0.1)
            assert not processes_with(url)

    asyncio.run(run())


def processes_with(word: str) -> list[int]:
    """The processes that have a word in their command lines, this one aside."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    if word.encode() in file.read():
                        found.append(int(name))
            except OSError:
                continue
    return found


def parent(process: int) -> int:
    with open(f"/proc/{process}/stat", encoding="utf-8", errors="replace") as file:
        return int(file.read().rpartition(")")[2].split()[1])
