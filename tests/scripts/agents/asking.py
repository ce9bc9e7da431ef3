"""A client of the official SDK, at a server in the same process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mcp import ClientSession
from mcp.shared.memory import create_connected_server_and_client_session
from mcp.types import CallToolResult, TextContent
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowWriter

from corsight.scripts.agents.seat import Seat
from corsight.scripts.agents.serve import build
from corsight.scripts.paths import ROOT

SHOP = str(ROOT / "examples" / "shop.mitm")

type Answer = Any


def with_client[T](seat: Seat, use: Callable[[ClientSession], Awaitable[T]]) -> T:
    """What is done with a client of that seat."""

    async def run() -> T:
        # The SDK has no other way to its low-level server.
        server = build(seat)._mcp_server
        async with create_connected_server_and_client_session(server, raise_exceptions=True) as client:
            return await use(client)

    try:
        return asyncio.run(run())
    finally:
        seat.close()


def call(seat: Seat, tool: str, **arguments: Any) -> CallToolResult:
    """What a tool answers; the SDK holds it against the tool's schema."""
    return with_client(seat, lambda client: client.call_tool(tool, arguments))


def ask(seat: Seat, tool: str, **arguments: Any) -> Answer:
    """What a tool answers, as data."""
    result = call(seat, tool, **arguments)
    assert not result.isError, result.content
    return result.structuredContent


def problem(seat: Seat, tool: str, **arguments: Any) -> str:
    """The error that a tool answers: one line."""
    result = call(seat, tool, **arguments)
    assert result.isError
    [content] = result.content
    assert isinstance(content, TextContent)
    assert "\n" not in content.text
    assert "Traceback" not in content.text
    return content.text


def strings(data: Any) -> Iterator[str]:
    """Every text in some data, the names of fields too."""
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield name
            yield from strings(value)
    elif isinstance(data, list):
        for value in data:
            yield from strings(value)


def record(path: Path, flows: Sequence[HTTPFlow]) -> str:
    """Write a recording; return its path."""
    with path.open("ab") as file:
        writer = FlowWriter(file)
        for flow in flows:
            writer.add(flow)
    return str(path)
