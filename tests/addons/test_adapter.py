"""The adapter: every reading of a flow, and that no flow is too odd for it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mitmproxy import http
from mitmproxy.test import tflow

from corsight.addons.adapter import exchange_of, request_of
from corsight.policies.exchange import HeaderList, Response
from tests.addons.mitm import LOST, cors, flow, preflight

REFUSED = "Received a header from server, refusing to prevent request smuggling attacks. Disable the …"


def url(
    *hosts: bytes,
    scheme: bytes = b"http",
    host: str = "10.0.0.1",
    port: int = 80,
    authority: bytes = b"",
    path: bytes = b"/p",
    name: bytes = b"Host",
) -> str:
    """The URL of a request with these Host headers, that went to another address."""
    asked = flow(url="http://x/")
    headers = http.Headers([(name, value) for value in hosts])
    asked.request.data.scheme, asked.request.data.host, asked.request.data.port = scheme, host, port
    asked.request.data.authority, asked.request.data.path, asked.request.data.headers = authority, path, headers
    return request_of(asked).request.url


def test_the_url_names_the_host_that_the_browser_named() -> None:
    assert url(b"api.test") == "http://api.test/p"
    assert url(b"api.test:8080", port=8080) == "http://api.test:8080/p"
    assert url(b"api.test", name=b"host") == "http://api.test/p"
    assert url(b"api.test", b"other.test") == "http://api.test/p"
    assert url(b"old.test", authority=b"api.test:8443", scheme=b"https") == "https://api.test:8443/p"
    assert url(b"\xfc.test") == "http://\xfc.test/p"


def test_the_url_has_no_default_port() -> None:
    assert url(b"api.test:80") == "http://api.test/p"
    assert url(b"api.test:443", scheme=b"https") == "https://api.test/p"
    assert url(b"api.test:443") == "http://api.test:443/p"
    assert url(b"api.test:80", scheme=b"https") == "https://api.test:80/p"


def test_an_ipv6_address_keeps_its_brackets() -> None:
    assert url(b"[::1]:8080") == "http://[::1]:8080/p"
    assert url(b"[::1]") == url(b"[::1]:80") == "http://[::1]/p"
    assert url(host="::1", port=8080) == "http://[::1]:8080/p"


def test_without_a_host_the_url_names_where_the_proxy_went() -> None:
    assert url() == url(b"") == "http://10.0.0.1/p"
    assert url(port=8080) == "http://10.0.0.1:8080/p"


def test_the_url_has_a_path_and_no_fragment() -> None:
    assert url(b"a.test", path=b"/p?q#f") == "http://a.test/p?q"
    assert url(b"a.test", path=b"/\xff") == "http://a.test/\xff"
    assert url(b"a.test", path=b"*") == url(b"a.test", path=b"") == "http://a.test/"


def test_a_request_is_read_as_sent() -> None:
    asked = cors(("X-A", "\xff"), method="patch")
    exchange = request_of(asked)
    assert exchange.request.method == "patch"
    assert exchange.request.headers.fields == asked.request.data.headers.fields
    assert exchange.request.started == asked.request.timestamp_start
    assert (exchange.id, exchange.connection, exchange.response) == (asked.id, asked.client_conn.id, None)
    assert exchange.client == "127.0.0.1"


@pytest.mark.parametrize(
    ("version", "multiplexes"),
    [(b"HTTP/1.0", False), (b"HTTP/1.1", False), (b"HTTP/2.0", True), (b"HTTP/3", True)],
)
def test_http_2_and_later_multiplex(version: bytes, multiplexes: bool) -> None:
    asked = flow()
    asked.request.data.http_version = version
    assert request_of(asked).http2 is multiplexes


def test_a_client_without_an_address_is_unknown() -> None:
    asked = flow()
    asked.client_conn.peername = None
    assert request_of(asked).client == "unknown"


def test_a_response_is_read_as_sent() -> None:
    answered = flow(answered=[("Vary", "Origin"), ("vary", "Accept")], status=418)
    exchange = exchange_of(answered)
    assert exchange.response == Response(
        418, HeaderList.of(("Vary", "Origin"), ("vary", "Accept")), answered.response.timestamp_start, "empty"
    )
    assert exchange.proxy_status is None


def test_a_response_without_a_time_came_with_its_request() -> None:
    answered = flow()
    answered.response.data.timestamp_start = None
    assert exchange_of(answered).response.received == answered.request.timestamp_start


def test_what_was_asked_is_taken_from_before_others_changed_it() -> None:
    changed = cors(url="https://api.test/before")
    asked = request_of(changed)
    changed.request.url = "https://elsewhere.test/after"
    changed.request.headers["Origin"] = "https://other.example"
    exchange = exchange_of(changed, asked)
    assert exchange.request is asked.request
    assert exchange.response is not None


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (LOST, 502),
        ("[Errno 104] Connection reset by peer", 502),
        ("[Errno 111] Connect call failed ('127.0.0.1', 1)", 502),
        ("Received a header from client, refusing to prevent request smuggling attacks. Disable the …", 400),
        ("Invalid request scheme: ftp", 400),
        ("Request body exceeds mitmproxy's body_size_limit.", 413),
        ("Connection killed.", None),
        ("Client disconnected.", None),
        ("stream reset by client (CANCEL)", None),
        (None, None),
    ],
)
def test_an_unanswered_request_knows_what_the_proxy_said_instead(error: str | None, status: int | None) -> None:
    exchange = exchange_of(cors(answered=None, error=error))
    assert (exchange.response, exchange.proxy_status) == (None, status)


def test_a_response_that_the_proxy_refused_never_reached_the_browser() -> None:
    exchange = exchange_of(cors(error=REFUSED))
    assert (exchange.response, exchange.proxy_status) == (None, 502)


def test_a_response_that_broke_off_reached_the_browser() -> None:
    assert exchange_of(cors(error="peer closed connection")).response is not None


def test_flows_of_every_kind_are_read() -> None:
    for odd in (tflow.twebsocketflow(), tflow.tflow(), tflow.tflow(resp=True), tflow.tflow(err=True)):
        assert exchange_of(odd).id == odd.id
    connect = flow()
    connect.request.data.method, connect.request.data.authority = b"CONNECT", b"api.test:443"
    connect.request.data.scheme = connect.request.data.path = b""
    assert exchange_of(connect).request.method == "CONNECT"


PAIRS = st.lists(st.tuples(st.binary(max_size=12) | st.sampled_from([b"Host", b"host"]), st.binary(max_size=20)))


@given(*[st.binary(max_size=30)] * 5, st.text(max_size=10), st.integers(), PAIRS, PAIRS)
def test_nothing_is_too_odd_to_be_read(
    method: bytes,
    scheme: bytes,
    authority: bytes,
    path: bytes,
    version: bytes,
    host: str,
    port: int,
    asked: list[tuple[bytes, bytes]],
    answered: list[tuple[bytes, bytes]],
) -> None:
    odd = preflight()
    data = odd.request.data
    data.method, data.scheme, data.authority, data.path, data.http_version = method, scheme, authority, path, version
    data.host, data.port, data.headers = host, port, http.Headers(asked)
    odd.response.data.headers = http.Headers(answered)
    exchange = exchange_of(odd)
    assert exchange.request.headers.fields == tuple(asked)
    assert exchange.response.headers.fields == tuple(answered)
    assert exchange.request.url.startswith(scheme.decode("latin-1") + "://")


@pytest.mark.parametrize(("streamed", "status"), [(False, 502), (True, None)])
def test_a_body_that_was_cut_off_reaches_the_browser_only_where_it_was_streamed(
    streamed: bool, status: int | None
) -> None:
    made = cors(error=LOST)
    made.response.stream = streamed
    made.response.timestamp_end = None
    exchange = exchange_of(made)
    assert (exchange.response is None, exchange.proxy_status) == (not streamed, status)
