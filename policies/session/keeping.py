"""Which servers are seen to keep their connections, and which connections are free.

A connection that is not used again tells nothing of a server that closes it: HTTP/1.0, `Connection: close`, a limit, a
timeout. So a server has to be seen to keep one first, and what is concluded reaches no further than that.
"""

from __future__ import annotations

from dataclasses import dataclass

from corsight.policies.exchange import Exchange, Response
from corsight.policies.fetch.origin import origin_of
from corsight.policies.session.memory import Memory

AT_ONCE = 1.0
"""Seconds for which a server that keeps connections at all is taken to keep them."""
BODILESS = frozenset({204, 205, 304})


@dataclass(slots=True)
class Use:
    """The last exchange on a connection, and when its response came (None while it has not); `again` tells that it was
    not the first.
    """

    exchange: str
    received: float | None = None
    kept: bool = True
    again: bool = False


class Keeping:
    """The connections of one browser, who was last on each, and the servers that keep theirs."""

    def __init__(self, size: int) -> None:
        self._uses: Memory[str, Use] = Memory(size)
        self._servers: Memory[str, float] = Memory(size)

    def begin(self, exchange: Exchange, server: str) -> None:
        """Note that a request to a server takes a connection."""
        use = self._uses.get(exchange.connection)
        if use is None:
            self._uses.put(exchange.connection, Use(exchange.id))
            return
        if use.received is not None and use.exchange != exchange.id:
            idle = max(exchange.request.started - use.received, 0.0)
            if idle > self._servers.get(server, -1.0):
                self._servers.put(server, idle, len(server))
        use.again = use.again or use.exchange != exchange.id
        use.exchange, use.received, use.kept = exchange.id, None, True

    def end(self, exchange: Exchange, *, closes: bool) -> None:
        """Note that its response came; `closes` tells that the connection ends with it."""
        use, response = self._uses.get(exchange.connection), exchange.response
        if use is not None and use.exchange == exchange.id and response is not None:
            use.received, use.kept = response.received, not closes

    def is_used(self, connection: str) -> bool:
        """Return whether a connection carried a request before."""
        return connection in self._uses

    def opens(self, exchange: Exchange) -> bool:
        """Return whether an exchange is the first on its connection, as far as was seen."""
        use = self._uses.get(exchange.connection)
        return use is None or (use.exchange == exchange.id and not use.again)

    def keeps(self, url: str) -> bool:
        """Return whether a URL's server was seen to have a connection used again."""
        return origin_of(url) in self._servers

    def would_be_kept(self, url: str, idle: float) -> bool:
        """Return whether a URL's server is seen to keep connections that are idle for so many seconds."""
        longest = self._servers.get(origin_of(url))
        return longest is not None and idle <= max(longest, AT_ONCE)

    def is_free(self, exchange: Exchange, now: float) -> bool:
        """Return whether the connection of an answered exchange is sure to be free still: nobody took it, and it is
        kept.

        A body may still be under way on it when its headers have come.
        """
        use, response = self._uses.get(exchange.connection), exchange.response
        if use is None or use.exchange != exchange.id or response is None or use.received is None or not use.kept:
            return False
        if response.status not in BODILESS and response.headers.get("content-length") != "0":
            return False
        return self.would_be_kept(exchange.request.url, now - use.received)


def says_close(response: Response) -> bool:
    """Return whether a response says that its connection ends with it."""
    value = response.headers.get("connection")
    return value is not None and "close" in [part.strip().lower() for part in value.split(",")]
