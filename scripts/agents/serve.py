"""Serves a client: over stdin and stdout, or on a port of loopback."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

import uvicorn

from corsight.scripts.agents import browse_tools, pages, policy_tools, traffic_tools, typed_tools
from corsight.scripts.agents.door import Door
from corsight.scripts.agents.seat import Seat
from corsight.scripts.agents.server import Server
from corsight.scripts.errors import CorsightError, print_problem

TOKEN = "CORSIGHT_MCP_TOKEN"
"""The environment variable with a token of one's own."""
SHORTEST_TOKEN = 16
PATH = "/mcp"


def build(seat: Seat, port: int = 0) -> Server:
    """Return the server with all that the start allowed."""
    server = Server(port=port)
    traffic_tools.add_tools(server, seat)
    typed_tools.add_tools(server)
    policy_tools.add_tools(server, seat)
    if seat.browsing is not None:
        browse_tools.add_tools(server, seat.browsing)
    pages.add_pages(server)
    return server


def serve_stdio(seat: Seat) -> None:
    """Serve the one client at stdin and stdout until it leaves."""

    if sys.stdin is None:
        raise CorsightError("is closed", where="stdin", todo="let the assistant start this, or add --http 0")

    async def serve() -> None:
        try:
            await build(seat).run_stdio_async()
        finally:
            seat.ended.set()

    logger = logging.getLogger("mcp")
    logger.propagate = False
    logger.addHandler(_Lines())
    _end_by_signals(seat)
    try:
        asyncio.run(serve())
    except ExceptionGroup as group:
        raise _find_cause(group) from None
    finally:
        seat.close()
        # What served the client closed it.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (to the end of the process)


class _Lines(logging.Handler):
    """Says in one line that what a client sends is none of the protocol's messages: the first time only."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self._said = False

    def emit(self, record: logging.LogRecord) -> None:
        """Say it. What came is not quoted: whatever sent it knows it."""
        if not self._said:
            self._said = True
            what = "what came is not a message of the Model Context Protocol"
            print_problem(CorsightError(what, where="stdin", todo="let an assistant start this"))


def _find_cause(error: Exception) -> Exception:
    """Return what went wrong by itself: whatever it is, what serves the client groups it, such as a full disk."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def serve_http(seat: Seat, port: int) -> None:
    """Serve whoever brings the token, on 127.0.0.1 at the port, 0 for one that is free, until Ctrl-C."""
    token = _read_token()
    with socket.socket() as listener:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            # Whoever reads the line below may come at once.
            listener.listen()
        except OSError as error:
            raise CorsightError(
                f"port {port} is not available ({error.strerror or error})", todo="name another with --http"
            ) from None
        port = listener.getsockname()[1]
        door = Door(build(seat, port).streamable_http_app(), port, token)
        options = uvicorn.Config(door, log_level="error", access_log=False, timeout_graceful_shutdown=2)
        shown = f"the token in {TOKEN}" if TOKEN in os.environ else token
        print(
            f"corsight: http://127.0.0.1:{port}{PATH} with Authorization: Bearer {shown}", file=sys.stderr, flush=True
        )
        _end_by_signals(seat)
        try:
            uvicorn.Server(options).run(sockets=[listener])
        finally:
            seat.close()


def _end_by_signals(seat: Seat) -> None:
    """End what was started, and the process, at once on a signal: a thread that waits for stdin would keep it."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        seat.close()
        os._exit(128 + number)

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)


def _read_token() -> str:
    """Return the token of the environment, or a new one."""
    token = os.environ.get(TOKEN)
    if token is None:
        return secrets.token_urlsafe(32)
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise CorsightError(
            f"is not a token: at least {SHORTEST_TOKEN} characters, without spaces",
            where=TOKEN,
            todo="leave it out, and one is made",
        )
    return token
