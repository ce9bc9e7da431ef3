"""Browsers for the tests that drive one, and how Hypothesis looks for examples.

    @pytest.mark.browser("chromium")
    def test_it(require_browser):
        executable = require_browser("chromium")

A test whose browser is not installed is skipped, with a reason that says how to get it. Where CORSIGHT_CI=1 is set it
fails instead: there, a skip would hide that the decisions were held against nothing.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
# Commands that tests start in processes of their own find the namespace corsight where the tests do.
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, (str(ROOT / ".corsight" / "src"), os.environ.get("PYTHONPATH")))
)

# No test asserts a time; and a check that is run again is to say the same again. Look for more with --hypothesis-seed.
settings.register_profile("corsight", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=3)
settings.load_profile("ci" if os.environ.get("CORSIGHT_CI") == "1" else "corsight")

# Only root can take back that it gave way; and where one test runs at a time, there is nothing to give way to.
GIVES_WAY = "PYTEST_XDIST_WORKER" in os.environ and os.name == "posix" and os.geteuid() == 0
NICE = os.nice(0) if GIVES_WAY else 0
LATER = 10
"""By how much nicer tests are than those that drive a browser."""

BROWSERS = {
    "chromium": (("chromium", "chromium-browser", "google-chrome"), "apt-get install chromium"),
    "firefox": (("firefox-esr", "firefox"), "apt-get install firefox-esr"),
    "webkit": (("WebKitWebDriver",), "apt-get install webkit2gtk-driver"),
}
"""Of each browser: its executables, the first found on PATH is taken; and how to get it."""


def browser_executable(name: str) -> str:
    """The path of the browser `name`; without one, skips the running test, or fails it under CORSIGHT_CI=1."""
    executables, how = BROWSERS[name]
    for executable in executables:
        if path := shutil.which(executable):
            return path
    reason = f"{name} is not installed (looked for {', '.join(executables)} on PATH); get it with: {how}"
    if os.environ.get("CORSIGHT_CI") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def require_browser() -> Callable[[str], str]:
    return browser_executable


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that all temporary files go into, but pytest's, which are made before. Its name is short: Chromium has
    a socket below it.
    """
    with tempfile.TemporaryDirectory(prefix="test-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr(tempfile, "tempdir", None)
        yield Path(folder)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays: garbage is not looked for in it, now or while the tests run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Look for the browsers that a test drives. Tests beside it give way: pages have clocks of their own."""
    names = [name for mark in item.iter_markers("browser") for name in mark.args]
    if GIVES_WAY:
        os.setpriority(os.PRIO_PROCESS, 0, NICE if names else NICE + LATER)
    for name in names:
        browser_executable(name)
