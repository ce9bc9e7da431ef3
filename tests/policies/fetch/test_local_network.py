"""Address spaces, and which pages leave the public one."""

from __future__ import annotations

import pytest

from corsight.policies.fetch.local_network import asks_local_network, find_address_space, leaves_public


@pytest.mark.parametrize(
    ("host", "space"),
    [
        ("127.0.0.1", "loopback"),
        ("127.9.9.9", "loopback"),
        ("localhost", "loopback"),
        ("api.localhost", "loopback"),
        ("[::1]", "loopback"),
        ("0.0.0.0", "loopback"),
        ("198.18.0.1", "loopback"),
        ("0.1.2.3", "local"),
        ("10.1.2.3", "local"),
        ("100.64.0.1", "local"),
        ("169.254.1.1", "local"),
        ("172.31.255.255", "local"),
        ("172.32.0.1", "public"),
        ("192.168.0.9", "local"),
        ("[fd00::1]", "local"),
        ("[fe80::1]", "local"),
        ("[::ffff:192.168.0.9]", "local"),
        ("[2606:4700::1]", "public"),
        ("8.8.8.8", "public"),
        ("printer.local", "local"),
        ("api.example", None),
        ("intranet", None),
    ],
)
def test_the_space_of_a_host(host: str, space: str | None) -> None:
    assert find_address_space(host) == space


@pytest.mark.parametrize(
    ("page", "server", "leaves"),
    [
        ("https://app.example", "http://192.168.1.2", True),
        ("http://app.example", "http://localhost:3000", True),
        ("https://8.8.8.8", "https://10.0.0.1", True),
        ("https://app.example", "https://api.example", False),
        ("https://10.0.0.2", "https://10.0.0.1", False),
        ("http://localhost:5173", "http://127.0.0.1:3000", False),
        ("https://wiki.corp", "http://10.0.0.1", False),
        ("http://intranet", "http://10.0.0.1", False),
        ("https://nas.local", "http://10.0.0.1", False),
        ("null", "http://10.0.0.1", False),
        ("capacitor://localhost", "http://10.0.0.1", False),
        ("chrome-extension://abc", "http://10.0.0.1", False),
    ],
)
def test_a_public_page_that_asks_a_local_server(page: str, server: str, leaves: bool) -> None:
    assert leaves_public(page, server) is leaves
    assert asks_local_network(page, f"{server}/x?y") is leaves


def test_without_a_page_nothing_is_told() -> None:
    assert not asks_local_network(None, "http://10.0.0.1/")
