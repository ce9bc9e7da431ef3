"""Stored responses: what a 304 was merged into (https://httpwg.org/specs/rfc9111.html#freshening.responses)."""

from __future__ import annotations

from corsight.policies.exchange import Exchange, HeaderList, Response
from corsight.policies.fetch.headers import has_directive
from corsight.policies.session.memory import GIANT, Memory
from corsight.policies.value import value

KEPT = frozenset(
    {b"content-length", b"content-encoding", b"content-range", b"content-type", b"transfer-encoding", b"etag"}
)
"""What a 304 never replaces in a stored response."""
VERSIONS = 4


@value
class Stored:
    """A response that a browser may revalidate: the exchange that brought it, for which origin, whether it varies."""

    exchange: str
    origin: str | None
    response: Response

    @property
    def varies(self) -> bool:
        """Whether the response says that it depends on the Origin header."""
        vary = self.response.headers.get("vary") or ""
        return any(part.strip().lower() in ("origin", "*") for part in vary.split(","))


class StoredResponses:
    """The responses of one browser that carried a validator, a few versions a URL."""

    def __init__(self, size: int) -> None:
        self._by_url: Memory[str, list[Stored]] = Memory(size)

    def keep(self, exchange: Exchange, origin: str | None) -> None:
        """Remember a response that can be revalidated later."""
        response = exchange.response
        if response is None or exchange.request.method != "GET" or not 200 <= response.status < 300:
            return
        headers = response.headers
        if "etag" not in headers and "last-modified" not in headers:
            return
        if has_directive(headers.get("cache-control"), "no-store") or headers.weight > GIANT:
            return
        url, stored = exchange.request.url, Stored(exchange.id, origin, response)
        known = self._by_url.get(url)
        if known is None:
            self._by_url.put(url, [stored], len(url) + headers.weight)
            return
        versions = [*known[-VERSIONS + 1 :], stored]
        self._by_url.put(url, versions, len(url) + sum([one.response.headers.weight for one in versions]))

    def revalidated(self, exchange: Exchange) -> tuple[Stored, Response] | None:
        """Return the stored response that this exchange's 304 confirmed, and the response that the 304 made of it; None
        when it was not seen.
        """
        response = exchange.response
        if response is None:
            return None
        validator = exchange.request.headers.get("if-none-match")
        since = exchange.request.headers.get("if-modified-since")
        for stored in reversed(self._by_url.get(exchange.request.url) or []):
            headers = stored.response.headers
            if validator is not None and headers.get("etag") != validator:
                continue
            if validator is None and headers.get("last-modified") != since:
                continue
            new = [field for field in response.headers.fields if field[0].lower() not in KEPT]
            replaced = {name.lower() for name, _ in new}
            kept = [field for field in headers.fields if field[0].lower() not in replaced]
            merged = Response(stored.response.status, HeaderList((*kept, *new)), response.received)
            return stored, merged
        return None
