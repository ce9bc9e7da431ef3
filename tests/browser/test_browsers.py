"""Every browser starts behind the proxy, trusts it, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corsight.scripts.processes import browsers, firefox
from corsight.scripts.processes.browsers import Browser, BrowserError, Engine, pick
from corsight.scripts.processes.launch import start
from tests.browser.lab.record import proxy
from tests.running import eventually


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The port and the folder of a proxy that answers everything, loopback addresses too."""
    (tmp_path / "scenarios.json").write_text("[]")
    (tmp_path / "results.jsonl").touch()
    with proxy(tmp_path, tmp_path, tmp_path / "results.jsonl", http2=True) as port:
        yield port, tmp_path


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param("chromium", marks=pytest.mark.browser("chromium")),
        pytest.param("firefox", marks=pytest.mark.browser("firefox")),
    ],
)
def test_it_loads_a_loopback_page_over_https_and_leaves_nothing(engine: Engine, lab: tuple[int, Path]) -> None:
    loads_a_page_and_leaves_nothing(engine, *lab)


@pytest.mark.browser("firefox")
def test_firefox_trusts_the_proxy_without_certutil_too(lab: tuple[int, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(firefox, "_trust", lambda authority, profile: False)
    loads_a_page_and_leaves_nothing("firefox", *lab)


def test_without_a_proxy_it_says_so_in_one_line(tmp_path: Path) -> None:
    browser = Browser("chromium", "Chromium", Path("/nowhere"))
    with pytest.raises(BrowserError, match="there is no proxy certificate; start the proxy first"):
        start(browser, 1, tmp_path).__enter__()


def test_what_is_not_installed_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsers, "find", lambda engine: [])
    with pytest.raises(BrowserError, match=r"^Firefox is not on the PATH or in its usual place; install it$"):
        pick("firefox")


def loads_a_page_and_leaves_nothing(engine: Engine, port: int, folder: Path) -> None:
    with start(pick(engine), port, folder, "https://localhost:4433/__page") as running:
        assert eventually(lambda: "https://localhost:4433" in (folder / "results.jsonl").read_text())
    assert not running.is_alive()
    assert not running.profile.exists()
    assert eventually(lambda: not members(running.process.pid))


def members(group: int) -> list[str]:
    """The processes of a group that still run; one that ended, and waits for init to notice, does not."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, leader, *_ = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(leader) == group and state != "Z":
            found.append(entry.parent.name)
    return found
