"""Which headers of a request its page may have set, and which the browser adds."""

from __future__ import annotations

from corsight.policies.engines.added import list_page_set_headers
from corsight.policies.exchange import HeaderList
from corsight.policies.fetch.safelist import cors_unsafe_request_header_names


def test_what_the_browser_adds_is_not_the_pages() -> None:
    headers = HeaderList.of(
        ("Host", "a"),
        ("Connection", "keep-alive"),
        ("User-Agent", "x"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip"),
        ("Accept-Language", "de"),
        ("Content-Length", "1"),
        ("Content-Type", "text/plain"),
        ("Origin", "null"),
        ("Referer", "x"),
        ("Cookie", "x"),
        ("Sec-Fetch-Mode", "cors"),
        ("sec-ch-ua", "x"),
        ("Priority", "u=1"),
        ("Pragma", "no-cache"),
        ("Cache-Control", "max-age=0"),
        ("If-None-Match", "x"),
        ("If-Modified-Since", "x"),
        ("Save-Data", "on"),
        ("DNT", "1"),
        ("Proxy-Authorization", "x"),
        ("Upgrade-Insecure-Requests", "1"),
        ("Authorization", "Negotiate abc="),
        ("Last-Event-ID", "1"),
        ("X-Client-Data", "x"),
    )
    assert list_page_set_headers(headers) == [
        ("accept", "*/*"),
        ("accept-language", "de"),
        ("content-type", "text/plain"),
    ]
    assert cors_unsafe_request_header_names(list_page_set_headers(headers)) == ()


def test_what_only_a_page_writes_is_the_pages() -> None:
    headers = HeaderList.of(
        ("Cache-Control", "no-store"),
        ("Pragma", "x"),
        ("Save-Data", "off"),
        ("Authorization", "Bearer t"),
        ("authorization", "Basic eA=="),
        ("X-Requested-With", " XMLHttpRequest "),
        ("If-Match", "x"),
        ("DPR", "high"),
    )
    assert list_page_set_headers(headers) == [
        ("cache-control", "no-store"),
        ("pragma", "x"),
        ("save-data", "off"),
        ("authorization", "Bearer t"),
        ("authorization", "Basic eA=="),
        ("x-requested-with", ""),
        ("if-match", ""),
        ("dpr", "high"),
    ]
