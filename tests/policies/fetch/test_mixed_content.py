"""Mixed content: what a secure page may not load over http, and what is upgraded."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.fetch.mixed_content import is_mixed_content, is_upgraded, upgraded

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
    assert not is_mixed_content(PAGE, url, localhost_is_mixed=True)


@pytest.mark.parametrize("url", ["http://localhost:3000/", "http://127.0.0.1/", "http://[::1]/", "http://x.localhost/"])
def test_this_machine_is_safe_but_for_engines_that_go_by_the_scheme(url: str) -> None:
    assert not is_mixed_content(PAGE, url)
    assert is_mixed_content(PAGE, url, localhost_is_mixed=True)


def test_a_page_on_localhost_may_load_over_http() -> None:
    assert not is_mixed_content("http://localhost:3000", "http://b.example/")


@pytest.mark.parametrize("destination", ["image", "audio", "video"])
def test_images_and_media_are_upgraded(destination: str) -> None:
    assert upgraded(destination, "http://b.example/x?y") == "https://b.example/x?y"
    assert upgraded(destination, "http://b.example:8080/") == "https://b.example:8080/"
    assert upgraded(destination, "http://u@b.example/") == "https://u@b.example/"


@pytest.mark.parametrize("destination", ["empty", "script", "style", "font", "track", "document", "unknown", ""])
def test_nothing_else_is(destination: str) -> None:
    assert upgraded(destination, "http://b.example/") is None


@pytest.mark.parametrize(
    "url",
    [
        "http://192.168.0.1/",
        "http://[fe80::1]/",
        "http://u@10.0.0.1:80/",
        "http://localhost/",
        "https://b.example/",
        "x",
    ],
)
def test_addresses_and_what_is_safe_already_are_not_upgraded(url: str) -> None:
    assert upgraded("image", url) is None


def test_images_from_a_set_are_not_upgraded() -> None:
    assert upgraded("image", "http://b.example/", image_set=True) is None
    assert upgraded("video", "http://b.example/", image_set=True) == "https://b.example/"


@given(st.text(max_size=30) | st.text("[]:@/a1.", max_size=20).map("http://".__add__))
def test_no_url_raises(url: str) -> None:
    assert is_upgraded("image", url) is (upgraded("image", url) is not None)
    assert isinstance(is_mixed_content(PAGE, url), bool)
