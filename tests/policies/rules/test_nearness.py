"""Near misses: how a written origin differs from the one that was meant, and what is not near."""

from __future__ import annotations

import pytest

from corsight.policies.rules.nearness import LONGEST, SPELLINGS, compare_origins

APP = "https://app.example"


@pytest.mark.parametrize(
    ("meant", "written", "kind"),
    [
        (APP, f"{APP}/", "slash"),
        (APP, "https://App.example", "case"),
        (APP, f'"{APP}"', "quotes"),
        (APP, f'["{APP}"]', "list"),
        (APP, f"{APP};", "punctuation"),
        (APP, f"{APP},", "punctuation"),
        (APP, "app.example", "no-scheme"),
        (APP, "//app.example", "no-scheme"),
        ("http://localhost:3000", "localhost", "no-scheme"),
        (APP, f"{APP}/shop", "path"),
        (APP, f"{APP}:443", "default-port"),
        (APP, "http://app.example", "scheme"),
        (APP, "http://App.example/", "scheme"),
        (f"{APP}:8443", APP, "port"),
        ("http://localhost:3000", "http://localhost:3001", "port"),
        ("https://localhost:3000", "http://localhost:3001", "scheme-and-port"),
        (APP, "https://www.app.example", "www"),
        ("http://localhost:3000", "http://127.0.0.1:3000", "loopback"),
        ("http://[::1]:3000", "http://localhost:3000", "loopback"),
        ("http://tauri.localhost", "https://tauri.localhost", "scheme"),
        ("capacitor://localhost", "http://localhost", "scheme"),
        ("capacitor://localhost", "capacitor://localhost/", "slash"),
    ],
)
def test_what_is_near(meant: str, written: str, kind: str) -> None:
    difference = compare_origins(meant, written)
    assert difference is not None
    assert difference.kind == kind
    assert difference is SPELLINGS[difference.kind]


@pytest.mark.parametrize(
    ("meant", "written"),
    [
        (APP, APP),
        (APP, "https://admin.example"),
        (APP, "https://app.example.evil.example"),
        (APP, "https://api.app.example"),
        (APP, "*"),
        (APP, "null"),
        (APP, ""),
        ("null", APP),
        (APP, f"{APP}, https://b.example"),
        (APP, APP + "/" * (LONGEST + 1)),
        ("http://localhost:3000", "http://192.168.1.7:3000"),
    ],
)
def test_what_is_not(meant: str, written: str) -> None:
    assert compare_origins(meant, written) is None
