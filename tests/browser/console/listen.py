"""What a browser's console shows, as a person copies it: of every source, the text alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corsight.scripts.processes import browsers
from corsight.scripts.processes.launch import start
from tests.browser.console.untrusted import HOST
from tests.browser.lab import drive
from tests.browser.lab.drive import Driver, Engine


class Chromium(drive.Chromium):
    """The console's log, what scripts wrote there, and what they did not catch."""

    def _take(self, method: str | None, params: dict[str, Any]) -> None:
        super()._take(method, params)
        if method == "Target.attachedToTarget":
            self._send("Runtime.enable", params["sessionId"])
        elif method == "Runtime.exceptionThrown":
            told = params["exceptionDetails"]
            thrown = told.get("exception", {}).get("description") or ""
            self.console.append(f"{told['text']} {thrown.partition(chr(10))[0]}".strip())


class Firefox(drive.Firefox):
    """All that its console service holds."""

    def look(self) -> None:
        lines = self._call("chrome", "WebDriver:ExecuteScript", script=self.READ, args=[])
        self.console += (line.partition(" | ")[2] for line in lines)


class MiniBrowser(drive.MiniBrowser):
    """All that its inspector shows."""

    def lines(self) -> list[str]:
        """Return the texts."""
        return [line.split(" | ")[1] for line in self.console]


def list_direct(port: int, untrusted_port: int) -> list[str]:
    """Return Chromium's arguments for the hosts that it reaches without the proxy, all of them on loopback.

    They are `untrusted.test`, a `router.test` where the proxy itself listens, and names under .invalid, for which
    nobody is asked.
    """
    rules = f"MAP {HOST} 127.0.0.1:{untrusted_port}, MAP router.test 127.0.0.1:{port}, MAP *.invalid ^NOTFOUND"
    return [
        f"--host-resolver-rules={rules}",
        f"--proxy-bypass-list=<-loopback>;{HOST};router.test;*.invalid",
    ]


@contextlib.contextmanager
def listen(engine: Engine, port: int, folder: Path, untrusted_port: int) -> Iterator[Driver]:
    """A browser behind the proxy at `port`, whose authority lies in `folder`."""
    if engine == "webkit":
        with contextlib.closing(MiniBrowser(port)) as minibrowser:
            yield minibrowser
        return
    more: dict[str, Any] = {"arguments": list_direct(port, untrusted_port)}
    if engine == "firefox":
        more = {"prefs": {"dom.security.https_first": False, "network.proxy.no_proxies_on": "api.invalid"}}
    with start(browsers.pick(engine), port, folder, remote=True, **more) as running:
        if engine == "firefox":
            yield Firefox(running, "")
            return
        with drive.connect(running.devtools or "", max_size=None) as socket:
            yield Chromium(socket)


def copy(driver: Driver, since: int) -> list[str]:
    """Return the lines that came since then, each once."""
    lines = driver.console[since:]
    if isinstance(driver, MiniBrowser):
        lines = driver.lines()[since:]
    return list(dict.fromkeys(line.strip() for line in lines if "favicon" not in line))
