"""Exchanges as a browser's memory holds them, made by hand: for the tests of one part of it alone."""

from __future__ import annotations

from dataclasses import replace

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.reading import read
from corsight.policies.verdict import Branch, Outcome, Ruling, Verdict

PAGE = "https://app.example"
API = "https://api.test/v1"
BLOCKED = Verdict("chromium", (Branch(Ruling(Outcome.BLOCKED, "allow-origin-missing")),))
"""What failed for certain."""

type Pairs = list[tuple[str, str]]


def make_exchange(
    name: str = "r",
    *headers: tuple[str, str],
    method: str = "GET",
    url: str = API,
    origin: str | None = PAGE,
    referrer: str | None = None,
    at: float = 100.0,
    connection: str = "c1",
    http2: bool = False,
) -> Exchange:
    """A request that sets out at some second."""
    told = [("Origin", origin), ("Referer", referrer)]
    sent = [(field, value) for field, value in told if value is not None]
    request = Request(method, url, HeaderList.of(*sent, *headers), at)
    return Exchange(name, "127.0.0.1", connection, request, http2=http2)


def make_entry(
    exchange: Exchange,
    *answer: tuple[str, str],
    status: int = 200,
    after: float | None = 0.1,
    fetch: Fetch | None = None,
    role: str = "request",
) -> Entry:
    """An exchange in its fetch, answered so many seconds after it set out; never where that is None."""
    if after is not None:
        received = exchange.request.started + after
        exchange = replace(exchange, response=Response(status, HeaderList.of(*answer), received))
    reading = read(exchange.request.method, exchange.request.headers)
    fetch = fetch or Fetch(exchange.id, reading.referrer_origin if reading.origin is None else reading.origin)
    fetch.urls.append(exchange.request.url)
    entry = Entry(exchange, reading, fetch, reading.mode, reading.destination, len(fetch.entries))
    entry.role = role  # type: ignore[assignment]
    fetch.entries.append(entry)
    fetch.server = fetch.server or entry.server
    return entry


def make_preflight(
    name: str = "p",
    *answer: tuple[str, str],
    asks: str = "PUT",
    names: str = "",
    url: str = API,
    origin: str = PAGE,
    referrer: str | None = None,
    at: float = 99.0,
    after: float | None = 0.1,
    connection: str = "c0",
    http2: bool = False,
) -> Entry:
    """A preflight that asks for a method and headers, and its answer."""
    asked = [("Access-Control-Request-Method", asks)]
    asked += [("Access-Control-Request-Headers", names)] if names else []
    exchange = make_exchange(
        name,
        *asked,
        method="OPTIONS",
        url=url,
        origin=origin,
        referrer=referrer,
        at=at,
        connection=connection,
        http2=http2,
    )
    return make_entry(exchange, *answer, status=204, after=after, role="preflight")
