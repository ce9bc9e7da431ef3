"""HTTPFlow -> Exchange: the only reader of mitmproxy's flows."""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, Literal

from mitmproxy import http

from corsight.policies.exchange import Exchange, HeaderList, Request, Response, Word

UNANSWERED = ("Connection killed", "Client disconnected", "client disconnected", "stream reset by client")
"""Errors after which the browser got no answer from the proxy either."""
REFUSED = "from server, refusing"
"""Part of the error with which the proxy keeps a malformed response to itself."""
STATUSES = {"from client, refusing": 400, "Invalid request scheme": 400, "Request body exceeds": 413}
"""Parts of errors, and the status that the proxy answered with; after every other one it was a 502."""
BAD_GATEWAY = 502
SHORT = 512
"""Characters of a host up to which the beginning of its URLs is remembered."""
MARKER = "cors.marker"
"""The metadata that tells whether the request carried the proxy's marker cookie, which is taken off it: `carried` or
`missing`."""
WORD = "cors.browser."
"""How the metadata begins that holds the browser's own word: `loaded`, `error`, `initiator`, `credentials`, `place`."""
LONGEST_WORD = 1024
"""Characters of a text in it that are read."""
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def request_of(flow: http.HTTPFlow) -> Exchange:
    """What the browser asked, its answer still to come."""
    request, client = flow.request.data, flow.client_conn
    return Exchange(
        id=flow.id,
        # A recording may lack it, whatever the type says.
        client=client.peername[0] if client.peername else "unknown",  # type: ignore[redundant-expr]
        connection=client.id,
        request=Request(
            # Request.method is upper-cased by mitmproxy; to CORS, `patch` is not `PATCH`.
            method=request.method.decode("latin-1"),
            url=_url(flow.request),
            headers=HeaderList(request.headers.fields),
            started=request.timestamp_start,
        ),
        http2=request.http_version not in (b"HTTP/1.1", b"HTTP/1.0"),
        marker=_marker(flow.metadata),
    )


def exchange_of(flow: http.HTTPFlow, asked: Exchange | None = None) -> Exchange:
    """What the flow looked like on the wire: its request, as `asked` where that was read before, and what came of it.

    `proxy_status` tells that mitmproxy answered in the server's place.
    """
    asked = asked or request_of(flow)
    if flow.response is None or withheld(flow):
        response, status, error = None, _proxy_status(flow), flow.error.msg if flow.error is not None else None
    else:
        data = flow.response.data
        headers = HeaderList(data.headers.fields)
        response, status = Response(data.status_code, headers, data.timestamp_start or asked.request.started), None
        error = None
    patched = "cors.patched" in flow.metadata
    return Exchange(
        asked.id,
        asked.client,
        asked.connection,
        asked.request,
        response,
        asked.http2,
        status,
        error,
        patched,
        asked.marker,
        read_word(flow.metadata),
    )


def read_word(metadata: MutableMapping[str, Any]) -> Word | None:
    """Return what the browser itself said of a flow, by its metadata; None where it was not asked."""
    loaded = metadata.get(f"{WORD}loaded")
    if not isinstance(loaded, bool):
        return None
    said = {name: metadata.get(f"{WORD}{name}") for name in ("error", "initiator", "credentials", "place")}
    texts = {name: text[:LONGEST_WORD] if isinstance(text, str) else "" for name, text in said.items()}
    return Word(
        loaded=loaded,
        error=texts["error"],
        initiator=texts["initiator"] if texts["initiator"] in ("fetch", "xhr") else None,  # type: ignore[arg-type]
        credentials=texts["credentials"] if texts["credentials"] in ("include", "not-include") else None,  # type: ignore[arg-type]
        place=texts["place"],
    )


def write_word(metadata: MutableMapping[str, Any], word: Word) -> None:
    """Write into a flow's metadata what the browser itself said of it."""
    said = {
        "loaded": word.loaded,
        "error": word.error,
        "initiator": word.initiator,
        "credentials": word.credentials,
        "place": word.place,
    }
    metadata.update({f"{WORD}{name}": value for name, value in said.items() if value not in (None, "")})


def _marker(metadata: MutableMapping[str, Any]) -> Literal["carried", "missing"] | None:
    said = metadata.get(MARKER)
    return said if said in ("carried", "missing") else None


def withheld(flow: http.HTTPFlow) -> bool:
    """Whether the proxy kept the server's response to itself: it refused it, or waited for an end that never came."""
    if flow.error is None or flow.response is None:
        return False
    if REFUSED in flow.error.msg:
        return True
    cut = flow.response.data.timestamp_end is None and not flow.response.stream
    return cut and not any(part in flow.error.msg for part in UNANSWERED)


def _url(request: http.Request) -> str:
    """The URL the browser asked for, without fragment: the host it named, not the address the proxy went to."""
    data = request.data
    named = data.authority or next((value for name, value in data.headers.fields if name.lower() == b"host"), b"")
    path = data.path.decode("latin-1").partition("#")[0]
    if " " in path or "\t" in path:
        # A browser sends none; a text with the URL in it would end there.
        path = path.replace(" ", "%20").replace("\t", "%09")
    base = _base if len(data.host) + len(named) <= SHORT else _base.__wrapped__
    return base(data.scheme, data.host, data.port, named) + (path if path.startswith("/") else "/")


@lru_cache(maxsize=4096)
def _base(scheme: bytes, host: str, port: int, named: bytes) -> str:
    name = scheme.decode("latin-1")
    authority = named.decode("latin-1") or f"{f'[{host}]' if ':' in host else host}:{port}"
    return f"{name}://{authority.removesuffix(DEFAULT_PORTS.get(name, ':'))}"


def _proxy_status(flow: http.HTTPFlow) -> int | None:
    if flow.error is None or any(part in flow.error.msg for part in UNANSWERED):
        return None
    return next((status for part, status in STATUSES.items() if part in flow.error.msg), BAD_GATEWAY)
