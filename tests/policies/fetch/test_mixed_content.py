"""Mixed content: what a secure page may not load over http, and what is upgraded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.fetch.mixed_content import is_mixed_content, is_upgraded

PAGE = "https://a.example"


@pytest.mark.parametrize(
    "url", ["http://b.example/", "ws://b.example/", "http://192.168.0.1/", "http://a.example:443/"]
)
def test_what_is_not_delivered_safely_is_mixed_on_a_secure_page(url: str) -> None:
    assert is_mixed_content(PAGE, url)
    assert not is_mixed_content("http://a.example", url)
    assert not is_mixed_content("null", url)


@pytest.mark.parametrize("url", ["https://b.example/", "wss://b.example/", "data:,x", "blob:https://a.example/u"])
def test_what_is_delivered_safely_never_is(url: str) -> None:
    assert not is_mixed_content(PAGE, url)


@pytest.mark.parametrize("url", ["http://localhost:3000/", "http://127.0.0.1/", "http://[::1]/", "http://x.localhost/"])
def test_this_machine_is_safe(url: str) -> None:
    assert not is_mixed_content(PAGE, url)


def test_a_page_on_localhost_may_load_over_http() -> None:
    assert not is_mixed_content("http://localhost:3000", "http://b.example/")


@pytest.mark.parametrize("destination", ["image", "audio", "video"])
def test_images_and_media_are_upgraded(destination: str) -> None:
    for url in ("http://b.example/x?y", "http://b.example:8080/", "http://u@b.example/"):
        assert is_upgraded(destination, url)


@pytest.mark.parametrize("destination", ["empty", "script", "style", "font", "track", "document", "unknown", ""])
def test_nothing_else_is(destination: str) -> None:
    assert not is_upgraded(destination, "http://b.example/")


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.0.1/",
        "http://[fe80::1]/",
        "http://u@10.0.0.1:80/",
        "http://localhost/",
        "https://b.example/",
        "http://[/",
        "x",
    ],
)
def test_addresses_and_what_is_safe_already_are_not_upgraded(url: str) -> None:
    assert not is_upgraded("image", url)


@given(st.text(max_size=30) | st.text("[]:@/a1.", max_size=20).map("http://".__add__))
def test_no_url_raises(url: str) -> None:
    assert not (is_upgraded("image", url) and not is_mixed_content(PAGE, url)), "what is safe is not upgraded"
