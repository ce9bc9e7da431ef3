"""Whom `corsight browse` lets read what it patches."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from corsight.policies.exchange import Word
from corsight.scripts.browse.rows import Row
from corsight.scripts.browse.run import Plan
from corsight.scripts.browse.session import Session
from corsight.scripts.processes.proxy import Proxy

OWN = "https://app.test"


class Events(list[dict[str, Any]]):
    """Stands for the file of what happened."""

    def read_new(self) -> list[dict[str, Any]]:
        new = [*self]
        self.clear()
        return new


class Options:
    """Stands for the proxy, and keeps what is set."""

    def __init__(self) -> None:
        self.set: dict[str, Any] = {}
        self.events = Events()
        self.lanes = (8081,)

    def set_options(self, **options: Any) -> None:
        self.set = options


@pytest.fixture
def proxy() -> Options:
    return Options()


def start(proxy: Options, tmp_path: Path, *origins: str) -> Session:
    return Session(cast(Proxy, proxy), tmp_path / "flows.mitm", Plan(patch_origins=origins))


def row(path: str, origin: str) -> Row:
    return Row(path, 1.0, "GET", f"https://api.test/{path}", "blocked", origin=origin)


def test_an_origin_may_read_no_longer_than_its_endpoint_is_patched(proxy: Options, tmp_path: Path) -> None:
    session = start(proxy, tmp_path, OWN)
    session.patch(row("a", "https://one.test"))
    session.patch(row("b", "https://two.test"))
    assert proxy.set["cors_patch_origins"] == [OWN, "https://one.test", "https://two.test"]
    session.patch(row("a", "https://one.test"))
    assert proxy.set["cors_patch_origins"] == [OWN, "https://two.test"]
    assert "api\\\\.test/a" not in proxy.set["cors_patch_scope"]
    session.patch(row("b", "https://two.test"))
    assert (proxy.set["cors_patch"], proxy.set["cors_patch_origins"]) == ("off", [OWN])


def test_null_may_read_only_where_it_was_named_at_the_start(proxy: Options, tmp_path: Path) -> None:
    assert "--patch-origin null" in start(proxy, tmp_path, OWN).patch(row("a", "null"))
    assert proxy.set == {}
    assert "Patched from now on" in start(proxy, tmp_path, "null").patch(row("a", "null"))
    assert proxy.set["cors_patch_origins"] == ["null"]


def test_what_is_remembered_of_exchanges_and_hosts_is_bounded(proxy: Options, tmp_path: Path) -> None:
    session = start(proxy, tmp_path)
    for number in range(300):
        name = f"{number}{'a' * 50_000}"
        proxy.events.append({"kind": "lane", "flow": name, "port": 8081})
        proxy.events.append({"kind": "untrusted", "host": name})
        session.words.put(name, Word(loaded=True), len(name))
    session.poll()
    for memory in (session.words, session.lanes, session._untrusted):
        assert 0 < len(memory) < 200
        assert next(reversed(memory)).startswith("299")
