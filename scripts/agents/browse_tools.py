"""The tools that start and stop a browser. They are there only where the start allowed it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from corsight.scripts.agents import results
from corsight.scripts.agents.browsing import NAME, Browsing
from corsight.scripts.agents.server import Server

Url = Annotated[str, Field(max_length=2000, description="a page on this machine, or of an origin that was allowed")]


def add_tools(server: Server, browsing: Browsing) -> None:
    """Add the tools of this module."""

    def start_browser(url: Url, browser: Literal["chromium", "firefox"] | None = None) -> results.BrowserState:
        """Open a page in a new headless browser behind the proxy, and record what it asks. Nothing is changed on the
        way. Then wait_for_findings, or list_findings of the recording `browser`."""
        name = browsing.start(url, browser)
        return results.BrowserState(state=browsing.state, recording=NAME, browser=name, problem=browsing.find_problem())

    def stop_browser() -> results.BrowserState:
        """End the browser and the proxy. What was recorded can still be asked."""
        problem = browsing.find_problem()
        browsing.stop()
        return results.BrowserState(state=browsing.state, recording=NAME, browser=None, problem=problem)

    for tool in (start_browser, stop_browser):
        server.add(tool, changes=True)
