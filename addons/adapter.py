"""HTTPFlow -> Exchange: the only reader of mitmproxy's flows."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Literal

from mitmproxy import http

from corsight.addons.wire import find_proxy_status, is_multiplexed, is_withheld, make_url
from corsight.policies.exchange import Exchange, HeaderList, Request, Response, Word

PATCHED = "cors.patched"
"""The key of a flow's metadata that tells that Corsight changed its response."""
MARKER = "cors.marker"
"""The metadata that tells whether the request carried the proxy's marker cookie, which is taken off it: `carried` or
`missing`."""
WORD = "cors.browser."
"""How the metadata begins that holds the browser's own word: `loaded`, `error`, `initiator`, `credentials`, `place`."""
LONGEST_WORD = 1024
"""Characters of a text in it that are read."""


def request_of(flow: http.HTTPFlow) -> Exchange:
    """What the browser asked, its answer still to come."""
    request, client = flow.request.data, flow.client_conn
    fields = request.headers.fields
    return Exchange(
        id=flow.id,
        # A recording may lack it, whatever the type says.
        client=client.peername[0] if client.peername else "unknown",  # type: ignore[redundant-expr]
        connection=client.id,
        request=Request(
            # Request.method is upper-cased by mitmproxy; to CORS, `patch` is not `PATCH`.
            method=request.method.decode("latin-1"),
            url=make_url(request.scheme, request.host, request.port, request.authority, request.path, fields),
            headers=HeaderList(fields),
            started=request.timestamp_start,
        ),
        http2=is_multiplexed(request.http_version),
        marker=_marker(flow.metadata),
    )


def exchange_of(flow: http.HTTPFlow, asked: Exchange | None = None) -> Exchange:
    """What the flow looked like on the wire: its request, as `asked` where that was read before, and what came of it.

    `proxy_status` tells that mitmproxy answered in the server's place.
    """
    asked = asked or request_of(flow)
    error = flow.error.msg if flow.error is not None else None
    if flow.response is None or withheld(flow):
        response, status = None, find_proxy_status(error)
    else:
        data = flow.response.data
        headers = HeaderList(data.headers.fields)
        response, status = Response(data.status_code, headers, data.timestamp_start or asked.request.started), None
        error = None
    patched = PATCHED in flow.metadata
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
    whole = flow.response.data.timestamp_end is not None or bool(flow.response.stream)
    return is_withheld(flow.error.msg, whole=whole)
