"""What one exchange looked like on the wire: plain facts, no judgement.

Header names and values are bytes on the wire. They are read here the way the Fetch standard reads them: isomorphic
decoded (one byte, one code point), names compared without case, values without surrounding white space.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from corsight.policies.value import value

HTTP_WHITESPACE = "\t\n\r "
"""https://fetch.spec.whatwg.org/#http-whitespace"""

SWITCHING_PROTOCOLS = 101
"""The one status below 200 that ends an exchange."""
SHORT, NAMES = 64, 4096
"""Bytes of a header name up to which its lower case is remembered, and of how many names it is."""
MANY = 256
"""Header lines from which no lower case is remembered."""
LONG = 4096
"""Bytes of a value from which its text is kept: it is asked for time and again."""


class HeaderList:
    """A header list, in the order of the wire (https://fetch.spec.whatwg.org/#concept-header-list).

    `fields` are the (name, value) pairs exactly as sent; every reading of them is derived, and only when asked for: a
    request's headers are usually just compared with those of the one before.
    """

    __slots__ = ("_joined", "_lines", "_names", "_weight", "fields")

    def __init__(self, fields: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        self.fields = fields
        self._names: dict[str, bytes | list[bytes]] | None = None
        self._joined: dict[str, str] | None = None
        self._lines: dict[str, tuple[str, ...]] | None = None
        self._weight: int | None = None

    @classmethod
    def indexed(cls, fields: tuple[tuple[bytes, bytes], ...], index: dict[str, bytes], weight: int) -> HeaderList:
        """Return the header list of fields whose names differ; `index` has their values by name in lower case."""
        headers = cls(fields)
        headers._names, headers._weight = index, weight  # type: ignore[assignment]
        return headers

    def _index(self) -> dict[str, bytes | list[bytes]]:
        index = self._names
        if index is None:
            fields = self.fields
            if len(fields) > MANY:
                index = _index_many(fields)
            else:
                index = {_lower[name]: value for name, value in fields}
                if len(index) < len(fields):
                    index = _gather_lines(fields)
            self._names = index
        return index

    def adopt(self, equal: HeaderList) -> None:
        """Take over what was already derived from an equal list."""
        self._names, self._joined, self._lines, self._weight = equal._names, equal._joined, equal._lines, equal._weight

    @property
    def weight(self) -> int:
        """How many bytes its names and values have, lines counted."""
        weight = self._weight
        if weight is None:
            weight = 2 * len(self.fields)
            for name, sent in self.fields:
                weight += len(name) + len(sent)
            self._weight = weight
        return weight

    @property
    def repeats(self) -> bool:
        """Whether any name stands on several lines."""
        return len(self._index()) < len(self.fields)

    @classmethod
    def of(cls, *pairs: tuple[str, str]) -> HeaderList:
        """Return the header list of these (name, value) texts, encoded isomorphically."""
        return cls(tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs))

    def get(self, name: str) -> str | None:
        """All values of `name` (lower case) joined with ", ", or None (https://fetch.spec.whatwg.org/#concept-header-list-get)."""
        value = (self._names or self._index()).get(name)
        if value is None:
            return None
        if isinstance(value, bytes):
            if len(value) <= LONG:
                return value.decode("latin-1").strip(HTTP_WHITESPACE)
            value = [value]
        if self._joined is None:
            self._joined = {}
        joined = self._joined.get(name)
        if joined is None:
            joined = self._joined[name] = ", ".join(self._read_lines(name, value))
        return joined

    def lines(self, name: str) -> tuple[str, ...]:
        """Return the value of each line named `name` (lower case), in order; empty when there is none."""
        value = (self._names or self._index()).get(name, ())
        if isinstance(value, bytes):
            return (self.get(name) or "",)
        return self._read_lines(name, value) if value else ()

    def _read_lines(self, name: str, values: Sequence[bytes]) -> tuple[str, ...]:
        if self._lines is None:
            self._lines = {}
        lines = self._lines.get(name)
        if lines is None:
            lines = self._lines[name] = tuple([one.decode("latin-1").strip(HTTP_WHITESPACE) for one in values])
        return lines

    def names(self) -> tuple[str, ...]:
        """Return every header name once, lower case, in the order of its first appearance."""
        return tuple(self._index())

    def __contains__(self, name: str) -> bool:
        return name in (self._names or self._index())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HeaderList) and self.fields == other.fields

    def __hash__(self) -> int:
        return hash(self.fields)

    def __repr__(self) -> str:
        return f"HeaderList({self.fields!r})"


def _index_many(fields: tuple[tuple[bytes, bytes], ...]) -> dict[str, bytes | list[bytes]]:
    """Return the values of each name, where all lines may have the same name, or each a name of its own."""
    names = b"\n".join([name for name, _ in fields]).decode("latin-1").lower().split("\n")
    if len(set(names)) == len(names) == len(fields):
        return {name: value for name, (_, value) in zip(names, fields, strict=True)}
    index: dict[str, list[bytes]] = {}
    as_written: dict[bytes, list[bytes]] = {}
    for raw, sent in fields:
        values = as_written.get(raw)
        if values is None:
            values = as_written[raw] = index.setdefault(raw.decode("latin-1").lower(), [])
        values.append(sent)
    return index  # type: ignore[return-value]


def _gather_lines(fields: tuple[tuple[bytes, bytes], ...]) -> dict[str, bytes | list[bytes]]:
    """Return the values by their names, all lines of one that stands on several."""
    index: dict[str, bytes | list[bytes]] = {}
    for raw, line in fields:
        name = _lower[raw]
        known = index.get(name)
        if known is None:
            index[name] = line
        elif isinstance(known, list):
            known.append(line)
        else:
            index[name] = [known, line]
    return index


class _Lower(dict[bytes, str]):
    """Header names in lower case; the short ones are remembered."""

    def __missing__(self, name: bytes) -> str:
        lower = name.decode("latin-1").lower()
        if len(name) <= SHORT:
            if len(self) >= NAMES:
                self.clear()
            self[name] = lower
        return lower


_lower = _Lower()


@value
class Request:
    """A request as the browser sent it.

    `method` as written on the wire, `url` absolute and without fragment, `started` in epoch seconds.
    """

    method: str
    url: str
    headers: HeaderList
    started: float = 0.0


@value
class Response:
    """A response as the server sent it; `received` is when its headers were complete, in epoch seconds.

    `body` is what its first kilobyte looks like (`policies.fetch.sniff`), None where that was not seen.
    """

    status: int
    headers: HeaderList
    received: float = 0.0
    body: str | None = None


@value
class Word:
    """What the browser itself said of a request, where it was asked: evidence from beside the wire.

    `loaded` tells whether the page got the response, `error` is the browser's own identifier of what kept it back,
    `initiator` what asked, `credentials` whether it asked with them; `place` is where in the page's code that was, as
    URL:line:column. None and "" stand for what was not said.
    """

    loaded: bool | None = None
    error: str = ""
    initiator: Literal["fetch", "xhr"] | None = None
    credentials: Literal["include", "not-include"] | None = None
    place: str = ""


@value
class Told:
    """What a recording says of an exchange beyond its bytes, and which of them it leaves out. The defaults say nothing.

    `engine` and `version` are the recording browser's, whatever User-Agent it showed; "standard" is none that sent it.
    `kind` is what asked ("fetch", "xhr", "" for others and where it is not told), `mode` and `destination` what follows
    from that, `origin` is the page's. They count where the request's own headers are silent. `passed` is the browser's
    own outcome: whether the page got it; None where that is not told. `kept` tells that what did not pass is hardly
    recorded so. `rule` is our code for what the browser says blocked it, `error` and `message` are its own identifier
    and console text. `cached` tells that the browser's cache answered, `untold` that it failed and its answer is not
    recorded, if it was sent at all. `credentials` tells whether it was sent with them. `lost` are the names of the
    headers (lower case) that are left out wherever they were, `preflights` tells whether those are there.
    """

    engine: Literal["chromium", "firefox", "webkit", "standard"] | None = None
    version: int | None = None
    kind: str = ""
    mode: str = ""
    destination: str = ""
    origin: str | None = None
    passed: bool | None = None
    kept: bool = False
    rule: str | None = None
    error: str | None = None
    message: str | None = None
    cached: bool = False
    untold: bool = False
    credentials: bool | None = None
    lost: frozenset[str] = frozenset()
    preflights: bool = True


@value
class Exchange:
    """One request and its response.

    `id` names it for good (mitmproxy's flow id), `client` is the peer's address without its port, `connection` names
    the client's connection ("" where it is not told), `http2` tells whether that connection multiplexes. `response` is
    None when none came; then `proxy_status` is the status that the proxy answered the browser with in the server's
    place, if it did, and `error` what it says went wrong. `patched` tells that Corsight changed the response on its
    way; then `sent` is what the server sent, None where it was not asked. `told` is what a recording says beside the
    wire; None for what was seen on it. `marker` tells whether the request carried the proxy's own cookie, which is no
    part of its headers, or lacked it; None where there is none. `word` is what the browser said of it when it was
    asked.
    """

    id: str
    client: str
    connection: str
    request: Request
    response: Response | None = None
    http2: bool = False
    proxy_status: int | None = None
    error: str | None = None
    patched: bool = False
    told: Told | None = None
    marker: Literal["carried", "missing"] | None = None
    word: Word | None = None
    sent: Response | None = None


def set_out(exchange: Exchange) -> Exchange:
    """Return an exchange as it is while its request sets out: nothing came of it yet."""
    # By place, which takes half of what it takes by name: each exchange is made so.
    return Exchange(
        exchange.id,
        exchange.client,
        exchange.connection,
        exchange.request,
        None,
        exchange.http2,
        None,
        exchange.error,
        exchange.patched,
        exchange.told,
        exchange.marker,
        exchange.word,
        exchange.sent,
    )


def without_interim(exchange: Exchange) -> Exchange:
    """Return the exchange, unanswered where its response is an interim one (RFC 9110, section 15.2).

    mitmproxy takes 103 Early Hints for the answer and closes the matter; the browser waits for another.
    """
    response = exchange.response
    if response is None or not 100 <= response.status <= 199 or response.status == SWITCHING_PROTOCOLS:
        return exchange
    return replace(exchange, response=None, error=f"an interim response came, {response.status}, and no other")
