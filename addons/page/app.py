"""The live page's responses: a Starlette app behind the gate."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from importlib.resources import files

from mitmproxy import exceptions
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from corsight.addons.events import get_logger
from corsight.addons.page import opening
from corsight.addons.page.book import Book
from corsight.addons.page.feed import Feed
from corsight.addons.page.stream import Stream, encode
from corsight.policies.redact import shown
from corsight.policies.server.export import TARGETS, RecipeError

logger = get_logger(__name__)
TYPES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "list.js": "text/javascript; charset=utf-8",
    "story.js": "text/javascript; charset=utf-8",
}
"""The files of the page; there are no others."""
FORGOTTEN = "It is not remembered any more: the log and the recording have it."

type Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(feed: Feed, book: Book) -> Starlette:
    """Return the app that shows the content of the book and streams the feed's news."""
    folder = files("corsight.addons.page") / "static"
    texts = {name: (folder / name).read_bytes() for name in TYPES}

    async def show(request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        if name not in texts:
            return _say(404, "There is no such file.")
        return Response(texts[name], headers={"content-type": TYPES[name]})

    async def listen(request: Request) -> Response:
        name = request.query_params.get("window", "")
        if not re.fullmatch(r"[0-9a-f]{16,64}", name):
            return _say(400, "The request does not name its window.")
        listener = feed.open(name)
        if listener is None:
            return _say(503, "Too many windows look at this already: close one.")
        whole = "mitmproxy.master" in request.scope.get("extensions", {})
        return Stream(feed, book, name, listener, whole=whole)  # type: ignore[return-value]

    async def tell(request: Request) -> Response:
        story = book.story(request.path_params["id"])
        return _say(404, FORGOTTEN) if story is None else _data(story)

    async def fix(request: Request) -> Response:
        target = request.query_params.get("for", "")
        if target not in TARGETS:
            return _say(400, "There is no configuration for such a server.")
        try:
            text = book.fix(request.path_params["id"], target)
        except RecipeError as error:
            return _data({"text": None, "problem": shown(str(error), 500)})
        return _say(404, FORGOTTEN) if text is None else _data({"text": text, "file": TARGETS[target].file})

    async def export(request: Request) -> Response:
        name = request.path_params["name"]
        parts = book.write(name)
        if parts is None:
            return _say(404, "There is no such report.")
        headers = {"content-disposition": f'attachment; filename="corsight-{name}"'}
        return StreamingResponse(_pace(parts), 200, headers, "application/octet-stream")

    async def patch(request: Request) -> Response:
        asked = await _read(request)
        judged = book.judged(str(asked.get("id")))
        if judged is None:
            return _say(404, FORGOTTEN)
        origins = asked.get("origins")
        try:
            opening.patch(opening.make_opening(judged), origins if isinstance(origins, list) else [])
        except exceptions.OptionsError as error:
            return _say(400, shown(str(error), 500))
        feed.wake()
        return _data(book.describe_state())

    async def stop(request: Request) -> Response:
        opening.stop()
        feed.wake()
        return _data(book.describe_state())

    return Starlette(
        routes=[
            Route("/", _guard(show), methods=["GET"]),
            Route("/static/{name}", _guard(show), methods=["GET"]),
            Route("/events", _guard(listen), methods=["GET"]),
            Route("/story/{id}", _guard(tell), methods=["GET"]),
            Route("/fix/{id}", _guard(fix), methods=["GET"]),
            Route("/export/{name}", _guard(export), methods=["GET"]),
            Route("/patch", _guard(patch), methods=["POST"]),
            Route("/patch/off", _guard(stop), methods=["POST"]),
        ]
    )


def _guard(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that logs its own failure in one line."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except (ValueError, ClientDisconnect):
            return _say(400, "The request cannot be read.")
        except Exception as error:
            reason = shown(f"{type(error).__name__}: {error}")
            logger.warning("Corsight's page could not answer (%s): please report this.", reason)
            return _say(500, "Corsight failed here: its event log says more.")

    return guarded


async def _pace(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces, and let the proxy work after each one. An error on the way ends the response early."""
    for part in parts:
        if part:
            yield part
        await asyncio.sleep(0)


async def _read(request: Request) -> dict[str, object]:
    body = await request.body()
    try:
        asked = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if not isinstance(asked, dict):
        raise ValueError("no object")
    return asked


def _say(status: int, text: str) -> Response:
    return PlainTextResponse(text, status)


def _data(value: object) -> Response:
    return Response(encode(value), media_type="application/json")
