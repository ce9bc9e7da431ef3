"""Runs the scenarios in Playwright's Chromium behind the proxy, and keeps what its recordHar writes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, sync_playwright

from corsight.scripts.processes import browsers
from corsight.scripts.processes.chromium import ARGUMENTS, hash_public_key
from tests.browser.lab.drive import Driver

AUTHORITY = "mitmproxy-ca-cert.pem"
BEAT = 50
"""Milliseconds that Playwright is given at a time to take in what happened."""


@contextlib.contextmanager
def drive(port: int, confdir: Path, har: Path) -> Iterator[Driver]:
    """Start the Chromium that is installed under Playwright; its HAR is written on leaving."""
    arguments = [*ARGUMENTS, f"--ignore-certificate-errors-spki-list={hash_public_key(confdir / AUTHORITY)}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browsers.pick("chromium").path,
            args=[*arguments, "--disable-popup-blocking"],
            proxy={"server": f"http://127.0.0.1:{port}"},
            chromium_sandbox=False,
        )
        with contextlib.closing(browser):
            context = browser.new_context(record_har_path=har)
            with contextlib.closing(context):
                yield Playwright(context, f"Chromium {browser.version}")


class Playwright:
    """A page of Playwright's. What the console says is heard; which requests failed is in its HAR."""

    def __init__(self, context: BrowserContext, version: str) -> None:
        self.version = version
        self.console: list[str] = []
        self.failed: list[dict[str, Any]] = []
        context.on("console", lambda message: self.console.append(message.text))
        self._page: Page = context.new_page()

    def go(self, url: str) -> None:
        """Navigate, and wait for no more than the answer."""
        with contextlib.suppress(Error):
            self._page.goto(url, wait_until="commit")

    def look(self) -> None:
        """Let Playwright take in its events."""
        self._page.wait_for_timeout(BEAT)
