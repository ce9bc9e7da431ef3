"""The gate in front of the live page: every page in the same browser can reach its address, and only the live page may
use it.

Every request has to name the one host that the page has, to come from the page itself or from nowhere, and to have the
cookie that the printed link gives. A request that changes something also has to prove, by headers that no page can set,
that the live page itself sent it.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

type Scope = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST = 64 * 1024
"""The most bytes of a request's body."""
FRAMES = frozenset({b"iframe", b"frame", b"embed", b"object", b"fencedframe"})
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        b"base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        b"require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
"""The headers of every response, including refusals."""


class Gate:
    """An ASGI app before `app`. `hosts` are the values of Host that the page is asked by, `cookie` is its cookie's
    name; `token` opens it. `mounted` are apps by their paths that have doors of their own.
    """

    def __init__(self, app: App, hosts: Iterable[str], cookie: str) -> None:
        # It has 256 bits: no guessing finds it, and whoever guesses must not shut its owner out.
        self.token = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)
        self.mounted: dict[str, App] = {}
        self._app = app
        self._hosts = frozenset(host.encode() for host in hosts)
        self._cookie = cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it here."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        other = self.mounted.get(scope["path"])
        if other is not None:
            await other(scope, receive, send)
            return
        refused = self._refuse(scope)
        if refused is not None:
            status, text, headers = refused
            # Whoever may not pass keeps no connection of the proxy's process.
            kept = status == 303 or "mitmproxy.master" in scope.get("extensions", {})
            await _answer(send, status, text, headers if kept else (*headers, (b"connection", b"close")))
            return

        async def guarded(event: MutableMapping[str, Any]) -> None:
            if event["type"] == "http.response.start":
                event["headers"] = [*event.get("headers", ()), *HEADERS]
            await send(event)

        await self._app(scope, _bounded(receive), guarded)

    def _refuse(self, scope: Scope) -> tuple[int, str, tuple[tuple[bytes, bytes], ...]] | None:
        """Return the refusal of a request that may not pass: status, text and headers; None if it may pass."""
        headers = scope["headers"]
        host, site = _values(headers, b"host"), _values(headers, b"sec-fetch-site")
        if len(host) != 1 or host[0] not in self._hosts:
            return 421, "This is not the address of Corsight's page.", ()
        if scope["method"] not in ("GET", "POST"):
            return 405, "Only GET and POST are answered.", ((b"allow", b"GET, POST"),)
        if site not in ([], [b"same-origin"], [b"none"]):
            return 403, "This request came from another page. Open the printed link in a window of its own.", ()
        if FRAMES.intersection(_values(headers, b"sec-fetch-dest")):
            return 403, "The live page is not shown in frames.", ()
        own = b"%s://%s" % (scope["scheme"].lower().encode(), host[0])
        origin = _values(headers, b"origin")
        if origin not in ([], [own]):
            return 403, "Another origin asked.", ()
        if scope["method"] == "GET" and scope["path"] == "/" and b"token=" in scope["query_string"]:
            return self._log_in(scope["query_string"])
        if not self._knows(headers):
            return 401, "Open the link that Corsight printed when it started: it holds the token.", ()
        if scope["method"] == "POST":
            if origin != [own] or site != [b"same-origin"]:
                return 403, "Only the live page itself may change something (Sec-Fetch-Site has to show it).", ()
            if _values(headers, b"content-type") != [b"application/json"]:
                return 415, "The body has to be application/json.", ()
        return None

    def _log_in(self, query: bytes) -> tuple[int, str, tuple[tuple[bytes, bytes], ...]]:
        try:
            given = parse_qs(query.decode("latin-1"), max_num_fields=4).get("token", [""])
        except ValueError:
            given = []
        if len(given) != 1 or not secrets.compare_digest(given[0].encode(), self.token.encode()):
            return 403, "That token is not the one that Corsight printed when it started.", ()
        cookie = f"{self._cookie}={self._session}; Path=/; HttpOnly; SameSite=Strict"
        return 303, "", ((b"location", b"/"), (b"set-cookie", cookie.encode()))

    def _knows(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Return whether the request has the page's cookie."""
        wanted = f"{self._cookie}={self._session}".encode()
        sent = [one.strip() for line in _values(headers, b"cookie") for one in line.split(b";")]
        # Every one is compared, and each in the same time.
        return sum(secrets.compare_digest(one, wanted) for one in sent) > 0


def _values(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for other, value in headers if other.lower() == name]


def _bounded(receive: Receive) -> Receive:
    """Receive a body up to the limit. A longer one ends as if the client had disconnected."""
    taken = 0

    async def bounded() -> MutableMapping[str, Any]:
        nonlocal taken
        event = await receive()
        taken += len(event.get("body") or b"")
        return event if taken <= LARGEST else {"type": "http.disconnect"}

    return bounded


async def _answer(send: Send, status: int, text: str, headers: tuple[tuple[bytes, bytes], ...]) -> None:
    body = text.encode()
    plain = ((b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": [*plain, *headers, *HEADERS]})
    await send({"type": "http.response.body", "body": body})
