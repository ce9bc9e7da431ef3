from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
