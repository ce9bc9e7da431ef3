"""HTTPFlow -> Exchange: the only reader of mitmproxy's flows."""

from __future__ import annotations

from mitmproxy import http

from policies.exchange import Exchange, HeaderList, Request, Response

UNANSWERED = ("Connection killed", "Client disconnected", "client disconnected", "reset", "HTTP/1.1 required")
"""Errors after which the browser got no answer from the proxy either; after every other one it got a 502."""
BAD_GATEWAY = 502


def exchange_of(flow: http.HTTPFlow) -> Exchange:
    """What the flow looked like on the wire; `proxy_status` where mitmproxy answered in the server's place."""
    request, response, client = flow.request, flow.response, flow.client_conn
    return Exchange(
        id=flow.id,
        client=client.peername[0] if client.peername else "unknown",
        connection=client.id,
        request=Request(
            # Request.method is upper-cased by mitmproxy; to CORS, `patch` is not `PATCH`.
            method=request.data.method.decode("latin-1"),
            url=_url(request),
            headers=HeaderList(request.data.headers.fields),
            started=request.timestamp_start,
        ),
        response=None if response is None else _response(response),
        http2=request.data.http_version not in (b"HTTP/1.1", b"HTTP/1.0"),
        proxy_status=_proxy_status(flow) if response is None else None,
    )


def _response(response: http.Response) -> Response:
    data = response.data
    return Response(data.status_code, HeaderList(data.headers.fields), data.timestamp_start or 0.0)


def _url(request: http.Request) -> str:
    """The URL the browser asked for, without fragment: the Host it named, not the address the proxy went to."""
    return request.pretty_url.partition("#")[0]


def _proxy_status(flow: http.HTTPFlow) -> int | None:
    if flow.error is None or any(word in flow.error.msg for word in UNANSWERED):
        return None
    return BAD_GATEWAY
