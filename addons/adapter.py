"""HTTPFlow -> Exchange: the only reader of mitmproxy's flows."""

from __future__ import annotations

import zlib
from functools import lru_cache

from mitmproxy import http

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.fetch.sniff import LENGTH, BodyKind, sniff

UNANSWERED = ("Connection killed", "Client disconnected", "client disconnected", "stream reset by client")
"""Errors after which the browser got no answer from the proxy either."""
REFUSED = "from server, refusing"
"""Part of the error with which the proxy keeps a malformed response to itself."""
STATUSES = {"from client, refusing": 400, "Invalid request scheme": 400, "Request body exceeds": 413}
"""Parts of errors, and the status that the proxy answered with; after every other one it was a 502."""
BAD_GATEWAY = 502
LARGE = 256 * 1024
"""Bytes of a body up to which an encoding is undone that cannot be undone in part."""
SHORT = 512
"""Characters of a host up to which the beginning of its URLs is remembered."""
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
        received, body = data.timestamp_start or asked.request.started, _sniff(flow.response, asked)
        response, status, error = Response(data.status_code, headers, received, body), None, None
    patched = "cors.patched" in flow.metadata
    return Exchange(
        asked.id, asked.client, asked.connection, asked.request, response, asked.http2, status, error, patched
    )


def _sniff(response: http.Response, asked: Exchange) -> BodyKind | None:
    """What the body looks like, where a browser would look too: of what was asked for without CORS."""
    content, mode = response.raw_content, asked.request.headers.get("sec-fetch-mode")
    if content is None or response.timestamp_end is None or mode not in (None, "no-cors"):
        return None
    encoding = (response.headers.get("content-encoding") or "identity").strip().lower()
    try:
        if encoding in ("gzip", "x-gzip", "deflate"):
            content = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(content, LENGTH + 1)
        elif encoding != "identity":
            content = None if len(content) > LARGE else response.get_content(strict=True)
    except (ValueError, zlib.error):
        return None
    return None if content is None else sniff(content[:LENGTH], whole=len(content) <= LENGTH)


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
