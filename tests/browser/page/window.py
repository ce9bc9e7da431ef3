"""One window of a browser: go somewhere, and run a script there. Loopback is reached without the proxy."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Protocol

from websockets.sync.client import ClientConnection, connect

from corsight.scripts.processes import browsers, launch
from corsight.scripts.processes.marionette import Marionette

type Engine = Literal["chromium", "firefox"]
PATIENCE = 30.0


class Window(Protocol):
    def go(self, url: str) -> None:
        """Go to a URL as if it was typed, and wait until its page is there."""

    def run(self, script: str) -> Any:
        """Run the body of an async function in the page, and return what it returns."""


@contextlib.contextmanager
def open_window(engine: Engine, port: int, folder: Path) -> Iterator[Window]:
    """A window of a browser behind the proxy at `port`, whose authority lies in `folder`."""
    prefs: dict[str, bool | int | str] = {
        "network.proxy.allow_hijacking_localhost": False,
        # It would ask before a form is sent over plain http.
        "security.warn_submit_secure_to_insecure": False,
    }
    more: dict[str, Any] = {"prefs": prefs} if engine == "firefox" else {}
    if engine == "chromium":
        more = {"arguments": ["--proxy-bypass-list=127.0.0.1;localhost;*.localhost"]}
    with launch.start(browsers.pick(engine), port, folder, remote=True, **more) as running:
        if running.devtools is None:
            assert running.marionette is not None
            yield Firefox(running.marionette)
            return
        with connect(running.devtools, max_size=None, proxy=None) as socket:
            yield Chromium(socket)


class Chromium:
    """Over DevTools."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._ids, self._session = socket, itertools.count(1), ""
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(one["targetId"] for one in targets if one["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command, and return its result."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params}
        self._socket.send(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while True:
            said = json.loads(self._socket.recv(timeout=PATIENCE))
            if said.get("id") == number:
                assert "error" not in said, said
                return dict(said["result"])

    def go(self, url: str) -> None:
        """Go there."""
        self.call("Page.navigate", url=url)
        wait(lambda: self.run("return document.readyState") == "complete")

    def run(self, script: str) -> Any:
        """Run it."""
        expression = f"(async () => {{ {script} }})()"
        said = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")


class Firefox:
    """Over Marionette."""

    def __init__(self, marionette: Marionette) -> None:
        self._call = marionette.call
        # What a hostile page tries takes a while, and longer on a busy machine.
        self._call("WebDriver:SetTimeouts", script=1000 * 4 * PATIENCE)

    def go(self, url: str) -> None:
        """Go there."""
        # A browser that has just started may still be on its way to its first page.
        wait(lambda: self.run("document.documentElement.setAttribute('data-left', ''); return true"))
        self._call("WebDriver:Navigate", url=url)
        there = "return document.readyState === 'complete' && !document.documentElement.hasAttribute('data-left')"
        wait(lambda: self.run(there))

    def run(self, script: str) -> Any:
        """Run it."""
        wrapped = (
            "const done = arguments[arguments.length - 1];"
            f"(async () => {{ {script} }})()"
            ".then((value) => done([value ?? null]), (error) => done([null, String(error)]))"
        )
        said = self._call("WebDriver:ExecuteAsyncScript", script=wrapped, args=[], newSandbox=True)
        assert isinstance(said, list), "the page went away meanwhile"
        assert len(said) == 1, said
        return said[0]


def wait(holds: Any) -> None:
    """Wait until something holds."""
    end = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(AssertionError):
            if holds():
                return
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)
