"""Findings about servers of other sites: behind those of the page's own, and where there is much advice, in a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from corsight.scripts.cli import app
from tests.scripts.recordings.test_har import API, PAGE, entry, har, headers

# The answer names the page, and no cache is told that it depends on who asks.
ECHOED = headers(access_control_allow_origin=PAGE, cache_control="public, max-age=60")


def report(tmp_path: Path, *entries: dict[str, Any]) -> str:
    (tmp_path / "a.har").write_text(json.dumps(har(*entries)))
    return CliRunner().invoke(app, ["audit", str(tmp_path / "a.har"), "-v", "--fail-on", "never"]).output


def asked(server: str, **more: Any) -> dict[str, Any]:
    one = entry(**more)
    one["request"]["url"] = one["request"]["url"].replace(API, server)
    return one


def test_much_advice_about_other_sites_is_one_line(tmp_path: Path) -> None:
    servers = [f"https://ads{number}.tracker{number}.example" for number in range(6)]
    text = report(tmp_path, *(asked(server, answer=ECHOED, error=None) for server in servers))
    assert "6 pieces of advice about other sites' servers: ads0.tracker0.example (1)" in " ".join(text.split())
    assert "to do" not in text


def test_what_other_sites_block_is_told_behind_the_pages_own(tmp_path: Path) -> None:
    own, other = asked("https://api.shop.example", error="net::ERR_FAILED"), asked(API, error="net::ERR_FAILED")
    text = report(tmp_path, other, asked(API, path="/b", error="net::ERR_FAILED"), own)
    assert text.index("api.shop.example answered") < text.index("api.other.example answered")
