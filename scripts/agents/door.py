"""The door of the server on a port: who may come in.

Any page in a browser on this machine can reach a port on loopback. So whoever asks has to name this address in Host,
which a rebound name does not; must not be a page, which an Origin or Sec-Fetch-Site tells; and has to bring the token,
which only the person who started the server has. Nothing is ever answered with a header of CORS.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST = 4 * 1024 * 1024
"""Bytes of a request's body."""
HARDENING = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


class Door:
    """Lets in who knows the token, and speaks to this port of loopback by its own name."""

    def __init__(self, app: App, port: int, token: str) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = {f"{host}:{port}".encode() for host in ("127.0.0.1", "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif (refusal := self._refuse(scope)) is not None:
            status, words = refusal
            headers = [*HARDENING, *([(b"www-authenticate", b"Bearer")] if status == 401 else [])]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": words.encode()})
        else:
            await self._app(scope, receive, send)

    def _refuse(self, scope: Scope) -> tuple[int, str] | None:
        """Return the status and the words that turn a request away; None where it may come in."""
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        host = headers.get(b"host", [])
        if len(host) != 1 or host[0].lower() not in self._hosts:
            return 421, "This server goes by 127.0.0.1 and its port only.\n"
        if b"origin" in headers or headers.get(b"sec-fetch-site", [b"none"]) != [b"none"]:
            return 403, "Requests by web pages are refused.\n"
        scheme, _, given = headers.get(b"authorization", [b""])[0].partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self._token):
            return 401, "Send the token that was printed at the start: Authorization: Bearer TOKEN.\n"
        length = headers.get(b"content-length", [b"0"])[0]
        if not length.isdigit() or int(length) > LARGEST:
            return 413, "That is too long.\n"
        return None
