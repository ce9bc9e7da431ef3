"""Asks an ASGI app, header by header: nothing is added to what a test says."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

from corsight.addons.page.gate import App

HOST = "corsight.localhost:8090"


class Reply(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for other, value in self.headers if other == name]


def ask(
    app: App,
    *headers: tuple[str, str],
    path: str = "/",
    query: str = "",
    method: str = "GET",
    body: bytes = b"",
    host: str | None = HOST,
    extensions: dict[str, Any] | None = None,
) -> Reply:
    """The reply to one request."""
    fields = [*([("host", host)] if host is not None else []), *headers]
    scope: dict[str, Any] = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in fields],
        "extensions": extensions or {},
    }
    return asyncio.run(_ask(app, scope, body))


async def _ask(app: App, scope: dict[str, Any], body: bytes) -> Reply:
    events: list[Any] = []
    bodies = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        event = next(bodies, None)
        if event is None:
            await asyncio.Event().wait()
        return event

    async def send(event: Any) -> None:
        events.append(event)

    await app(scope, receive, send)
    start, *rest = events
    headers = [(name.decode(), value.decode("latin-1")) for name, value in start["headers"]]
    return Reply(start["status"], headers, b"".join(event.get("body", b"") for event in rest))
