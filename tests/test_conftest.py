from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

RequireBrowser = Callable[[str], str]


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("name", ["chromium", "firefox", "webkit"])
def test_a_missing_browser_skips_and_says_how_to_get_it(
    name: str, require_browser: RequireBrowser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CORSIGHT_CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=f"{name} is not installed.*apt-get install"):
        require_browser(name)


@pytest.mark.usefixtures("nothing_installed")
def test_a_missing_browser_fails_in_ci(require_browser: RequireBrowser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORSIGHT_CI", "1")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        require_browser("chromium")


def test_an_installed_browser_is_found(
    require_browser: RequireBrowser, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert require_browser("chromium") == str(browser)


@pytest.mark.parametrize(("marks", "nice"), [([], 10), ([pytest.mark.browser("chromium")], 0)])
def test_tests_give_way_to_those_that_drive_a_browser(
    marks: list[pytest.MarkDecorator], nice: int, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_to: list[int] = []
    conftest = request.config.pluginmanager.get_plugin(str(Path(__file__).with_name("conftest.py")))
    monkeypatch.setattr(conftest, "GIVES_WAY", True)
    monkeypatch.setattr(conftest, "NICE", 0)
    monkeypatch.setattr(conftest, "browser_executable", lambda name: name)
    monkeypatch.setattr("os.setpriority", lambda which, who, priority: set_to.append(priority))
    item = SimpleNamespace(iter_markers=lambda name: [one.mark for one in marks if one.name == name])
    conftest.pytest_runtest_setup(item)
    assert set_to == [nice]


def test_no_garbage_is_looked_for_in_what_was_collected() -> None:
    assert gc.isenabled()
    assert gc.get_freeze_count() > 10_000
