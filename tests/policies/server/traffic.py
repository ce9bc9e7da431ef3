"""Exchanges of a page, judged, for the tests of what is made of policies."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.session import Judged, Session

PAGE = "https://shop.example"
API = "https://api.shop.example/v1/items"
CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"

type Pairs = Iterable[tuple[str, str]]

_numbers = itertools.count(1)


def asks(
    method: str = "GET",
    url: str = API,
    *,
    origin: str = PAGE,
    sends: Pairs = (),
    answered: Pairs | None = (),
    status: int = 200,
) -> Exchange:
    """What a page's fetch() looks like, and how it was answered; not at all for None."""
    number = next(_numbers)
    headers = HeaderList.of(
        ("User-Agent", CHROMIUM),
        ("Accept", "*/*"),
        ("Origin", origin),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "empty"),
        ("Sec-Fetch-Site", "cross-site"),
        *sends,
    )
    response = None if answered is None else Response(status, HeaderList.of(*answered), number + 0.1)
    return Exchange(str(number), "192.0.2.1", "1", Request(method, url, headers, float(number)), response)


def preflights(
    method: str = "PUT",
    url: str = API,
    *,
    names: str = "",
    origin: str = PAGE,
    answered: Pairs | None = (),
    status: int = 204,
) -> Exchange:
    """A CORS-preflight request."""
    asked = [("Access-Control-Request-Method", method)]
    if names:
        asked.append(("Access-Control-Request-Headers", names))
    return asks("OPTIONS", url, origin=origin, sends=asked, answered=answered, status=status)


def judge(*exchanges: Exchange) -> list[Judged]:
    """The last word on each exchange, in order."""
    session = Session()
    latest: dict[str, Judged] = {}
    for exchange in exchanges:
        asked = Exchange(exchange.id, exchange.client, exchange.connection, exchange.request)
        for judged in (*session.begin(asked), *session.observe(exchange)):
            latest[judged.entry.exchange.id] = judged
    for judged in session.finish():
        latest[judged.entry.exchange.id] = judged
    return [latest[exchange.id] for exchange in exchanges]


COOKIE = ("Cookie", "session=1")


def allow(origin: str = PAGE, *more: tuple[str, str], credentials: bool = False) -> list[tuple[str, str]]:
    """The headers that let `origin` have an answer."""
    headers = [("Access-Control-Allow-Origin", origin), *more]
    return [*headers, ("Access-Control-Allow-Credentials", "true")] if credentials else headers
