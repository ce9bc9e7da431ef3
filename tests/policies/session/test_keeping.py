"""Which servers keep their connections, and which connections are free."""

from __future__ import annotations

import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.session.keeping import Keeping, says_close

ORIGIN = "https://api.test"
URL = f"{ORIGIN}/v1"


def exchange(name: str, at: float, *headers: tuple[str, str], connection: str = "c", status: int = 204) -> Exchange:
    request = Request("GET", URL, HeaderList(), at)
    return Exchange(name, "", connection, request, Response(status, HeaderList.of(*headers), at + 0.1))


def kept(*exchanges: Exchange) -> Keeping:
    keeping = Keeping(8)
    for one in exchanges:
        keeping.begin(one, ORIGIN)
        end(keeping, one)
    return keeping


def end(keeping: Keeping, one: Exchange) -> None:
    keeping.end(one, closes=one.response is not None and says_close(one.response))


def test_a_server_is_seen_to_keep_a_connection_for_as_long_as_one_was_used_again() -> None:
    assert not kept(exchange("1", 0.0)).would_be_kept(URL, 0.1)
    twice = kept(exchange("1", 0.0), exchange("2", 3.1))
    assert twice.would_be_kept(URL, 3.0)
    assert not twice.would_be_kept(URL, 3.5)
    assert not twice.would_be_kept("https://b.test/", 0.1)


def test_one_that_keeps_them_at_all_keeps_them_a_moment() -> None:
    at_once = kept(exchange("1", 0.0), exchange("2", 0.11))
    assert at_once.would_be_kept(URL, 1.0)
    assert not at_once.would_be_kept(URL, 1.1)


SEEN = (exchange("1", 0.0, connection="a"), exchange("2", 0.2, connection="a"))


@pytest.mark.parametrize(
    ("last", "free"),
    [
        pytest.param(exchange("p", 1.0), True, id="nothing to read"),
        pytest.param(exchange("p", 1.0, ("Content-Length", "0"), status=200), True, id="an empty body"),
        pytest.param(exchange("p", 1.0, status=200), False, id="its body may be under way"),
        pytest.param(exchange("p", 1.0, ("Connection", "Close")), False, id="it is closed"),
    ],
)
def test_a_connection_is_free_once_its_last_response_is_read(last: Exchange, free: bool) -> None:
    assert kept(*SEEN, last).is_free(last, 1.2) is free


def test_a_connection_that_another_took_is_not_free() -> None:
    first = exchange("p", 1.0)
    assert not kept(*SEEN, first, exchange("q", 1.2)).is_free(first, 1.3)
    assert not kept(first).is_free(first, 1.2)


def test_a_response_that_comes_late_is_not_the_next_requests() -> None:
    """HTTP/1.1 answers in order: while the second is on its way, the connection is not free."""
    first, second = exchange("p", 1.0), exchange("q", 1.05)
    keeping = kept(*SEEN)
    keeping.begin(first, ORIGIN)
    keeping.begin(second, ORIGIN)
    end(keeping, first)
    assert not keeping.is_free(second, 1.2)
    end(keeping, second)
    assert keeping.is_free(second, 1.2)
