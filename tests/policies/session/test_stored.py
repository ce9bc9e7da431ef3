"""Stored responses, and what a 304 makes of them."""

from __future__ import annotations

import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.session.memory import GIANT
from corsight.policies.session.stored import VERSIONS, Stored, StoredResponses

URL = "https://api.test/x"
type Headers = tuple[tuple[str, str], ...]
ETAG: Headers = (("ETag", '"1"'),)
MATCH: Headers = (("If-None-Match", '"1"'),)


def exchange(
    status: int, sent: Headers = (), received: Headers = (), method: str = "GET", ident: str = "1", url: str = URL
) -> Exchange:
    request = Request(method, url, HeaderList.of(*sent))
    return Exchange(
        ident, "192.0.2.1", "c", request, Response(status, HeaderList.of(*received), received=float(status))
    )


def kept(received: Headers, **kwargs: object) -> StoredResponses:
    stored = StoredResponses(8)
    stored.keep(exchange(200, (), received, **kwargs), "https://app.test")  # type: ignore[arg-type]
    return stored


def test_a_304_is_the_stored_response_with_its_own_headers() -> None:
    stored = kept(
        (*ETAG, ("Access-Control-Allow-Origin", "https://a.test"), ("X-Old", "1"), ("Content-Type", "text/plain"))
    )
    found = stored.revalidated(
        exchange(304, MATCH, (*ETAG, ("access-control-allow-origin", "https://b.test"), ("Content-Type", "text/html")))
    )
    ((version, merged),) = found
    origin = version.origin
    assert (origin, merged.status, merged.received) == ("https://app.test", 200, 304.0)
    assert merged.headers.lines("access-control-allow-origin") == ("https://b.test",)
    assert (merged.headers.get("x-old"), merged.headers.get("content-type")) == ("1", "text/plain")
    assert merged.headers.lines("etag") == ('"1"',)


def test_every_line_of_a_header_is_replaced() -> None:
    stored = kept((*ETAG, ("Vary", "Accept"), ("Vary", "Origin")))
    found = stored.revalidated(exchange(304, MATCH, (("Vary", "Cookie"),)))
    assert [merged.headers.lines("vary") for _, merged in found] == [("Cookie",)]


@pytest.mark.parametrize(
    ("received", "sent", "found"),
    [
        (ETAG, MATCH, True),
        (ETAG, (("If-None-Match", '"2"'),), False),
        (ETAG, (("If-None-Match", 'W/"1"'),), False),
        ((("Last-Modified", "yesterday"),), (("If-Modified-Since", "yesterday"),), True),
        ((("Last-Modified", "yesterday"),), (("If-Modified-Since", "today"),), False),
        ((*ETAG, ("Last-Modified", "yesterday")), (*MATCH, ("If-Modified-Since", "today")), True),
        ((), MATCH, False),
        ((*ETAG, ("Cache-Control", "private, NO-STORE")), MATCH, False),
        ((*ETAG, ("Cache-Control", "no-cache")), MATCH, True),
    ],
)
def test_what_is_kept_and_found_again(received: Headers, sent: Headers, found: bool) -> None:
    assert bool(kept(received).revalidated(exchange(304, sent))) == found


@pytest.mark.parametrize(
    ("status", "method"), [(199, "GET"), (404, "GET"), (300, "GET"), (302, "GET"), (200, "POST"), (200, "HEAD")]
)
def test_what_is_not_kept(status: int, method: str) -> None:
    stored = StoredResponses(8)
    stored.keep(exchange(status, (), ETAG, method), None)
    assert not stored.revalidated(exchange(304, MATCH))


def test_an_unanswered_request_is_not_kept() -> None:
    stored = StoredResponses(8)
    stored.keep(Exchange("1", "192.0.2.1", "c", Request("GET", URL, HeaderList())), None)
    assert not stored.revalidated(exchange(304, MATCH))


def test_another_url_is_not_found() -> None:
    assert not kept(ETAG, url="https://api.test/y").revalidated(exchange(304, MATCH))


def test_all_of_equal_versions_are_found_the_latest_first_and_old_ones_are_forgotten() -> None:
    stored = StoredResponses(8)
    for number in range(VERSIONS + 1):
        stored.keep(exchange(200, (), (("ETag", f'"{number}"'),), ident=str(number)), None)
    assert not stored.revalidated(exchange(304, (("If-None-Match", '"0"'),)))
    assert stored.revalidated(exchange(304, (("If-None-Match", '"1"'),)))
    stored.keep(exchange(200, (), (("ETag", '"2"'),), ident="again"), None)
    found = [stored.revalidated(exchange(304, (("If-None-Match", f'"{number}"'),))) for number in range(VERSIONS + 1)]
    names = [[version.exchange for version, _ in one] for one in found]
    assert names == [[], [], ["again", "2"], ["3"], ["4"]]


@pytest.mark.parametrize(
    ("vary", "varies"),
    [(None, False), ("Accept", False), ("Accept, origin", True), ("*", True), ("X-Origin", False), ("", False)],
)
def test_whether_a_response_depends_on_the_origin(vary: str | None, varies: bool) -> None:
    headers = () if vary is None else (("Vary", vary),)
    assert Stored("1", None, Response(200, HeaderList.of(*headers))).varies == varies


def test_what_is_giant_is_not_kept() -> None:
    assert not kept((*ETAG, ("X-Giant", "x" * GIANT))).revalidated(exchange(304, MATCH))
    assert kept((*ETAG, ("X-Large", "x" * (GIANT - 100)))).revalidated(exchange(304, MATCH))


@pytest.mark.parametrize(
    ("stored", "asked", "found"),
    [(True, False, False), (False, True, False), (True, True, True), (None, True, True), (False, None, True)],
)
def test_a_response_stored_for_the_other_credentials_mode_is_not_confirmed(
    stored: bool | None, asked: bool | None, found: bool
) -> None:
    responses = StoredResponses(8)
    responses.keep(exchange(200, (), ETAG), None, stored)
    assert bool(responses.revalidated(exchange(304, MATCH), asked)) is found
