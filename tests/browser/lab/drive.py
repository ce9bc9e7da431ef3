"""Drives a browser from page to page, and collects what it says about its requests.

Chromium is asked over DevTools, Firefox over Marionette, and WebKitGTK's MiniBrowser over its remote inspector, for the
console alone.
"""

from __future__ import annotations

import contextlib
import glob
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Protocol

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from corsight.scripts.processes import browsers
from corsight.scripts.processes.browsers import Browser, BrowserError
from corsight.scripts.processes.launch import start
from corsight.scripts.processes.machine import end_group, free_port, remove_folder
from corsight.scripts.processes.running import PATIENCE, Running
from tests.browser.lab import webengine

type Engine = Literal["chromium", "firefox", "webkit"]

ENGINES: tuple[Engine, ...] = ("chromium", "firefox", "webkit")
VERSION = 0
"""The id of the first thing that DevTools is asked."""
CONSOLE = json.dumps({"id": 1, "method": "Console.enable"})
NO_PROXY = urllib.request.ProxyHandler({})
MINIBROWSERS = (
    "/usr/lib/*/webkit2gtk-4.*/MiniBrowser",
    "/usr/lib*/webkit2gtk-4.*/MiniBrowser",
    "/usr/libexec/webkit2gtk-4.*/MiniBrowser",
)


class Driver(Protocol):
    version: str
    console: list[str]
    failed: list[dict[str, Any]]

    def go(self, url: str) -> None:
        """Navigate to `url`, without waiting for it."""

    def look(self) -> None:
        """Collect what the browser has to say by now. Called several times a second."""


def available(engine: Engine) -> bool:
    """Whether `engine` can be driven here."""
    return bool(_minibrowser() and shutil.which("xvfb-run")) if engine == "webkit" else bool(browsers.find(engine))


@contextlib.contextmanager
def drive(engine: Engine, port: int, confdir: Path, program: Path | None = None) -> Iterator[Driver]:
    """Start the browser behind the proxy at `port`; end it on leaving.

    `program` is the one to start, instead of the one that is installed: any Chromium, or the Python of an environment
    that holds PyQt6-WebEngine.
    """
    if program is not None and engine != "chromium":
        raise BrowserError("--browser takes a Chromium or the Python of a PyQt6-WebEngine, and --engine chromium")
    if engine == "webkit":
        if not available(engine):
            raise BrowserError("MiniBrowser of WebKitGTK or xvfb-run is missing")
        with contextlib.closing(MiniBrowser(port)) as minibrowser:
            yield minibrowser
    elif engine == "firefox":
        prefs = {"dom.disable_open_during_load": False, "dom.security.https_first": False}
        with start(browsers.pick("firefox"), port, confdir, remote=True, prefs=prefs) as running:
            yield Firefox(running, _version([str(running.browser.path)]))
    else:
        with (
            _start_chromium(program, port, confdir) as address,
            connect(address, max_size=None) as socket,
        ):
            yield Chromium(socket)


@contextlib.contextmanager
def _start_chromium(program: Path | None, port: int, confdir: Path) -> Iterator[str]:
    """Start Chromium, or QtWebEngine, behind the proxy; yields the address of its DevTools."""
    if program is not None and not program.is_file():
        raise BrowserError("there is no such program", where=str(program))
    if program is not None and webengine.is_python(program):
        with webengine.start(program, port, confdir) as address:
            yield address
        return
    chromium = browsers.pick("chromium") if program is None else Browser("chromium", "Chromium", program)
    with start(chromium, port, confdir, remote=True, arguments=["--disable-popup-blocking"]) as running:
        yield running.devtools or ""


class Chromium:
    """Listens to DevTools, attached to every page, frame and worker from its first request on."""

    def __init__(self, socket: ClientConnection) -> None:
        self.version = ""
        self.console: list[str] = []
        self.failed: list[dict[str, Any]] = []
        self._socket = socket
        self._urls: dict[str, str] = {}
        self._page = ""
        self._attached = threading.Event()
        self._count = 0
        socket.send(json.dumps({"id": VERSION, "method": "Browser.getVersion"}))
        # A headless shell that is asked by its command line starts instead, and QtWebEngine tells in its User-Agent.
        said = json.loads(socket.recv())["result"]
        number = re.search(r"Chrome/([\d.]+)", f"{said['product']} {said['userAgent']}")
        self.version = f"Chromium {number[1] if number else ''}"
        self._attach()
        threading.Thread(target=self._listen, daemon=True).start()
        if not self._attached.wait(PATIENCE):
            raise BrowserError("Chromium did not let DevTools attach to its page")

    def go(self, url: str) -> None:
        self._send("Page.navigate", self._page, url=url)

    def look(self) -> None:
        """Nothing to do: events come by themselves."""

    def _listen(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            for message in self._socket:
                event = json.loads(message)
                self._take(event.get("method"), event.get("params"))

    def _take(self, method: str | None, params: dict[str, Any]) -> None:
        match method:
            case "Target.attachedToTarget":
                session = params["sessionId"]
                for domain in ("Network", "Log"):
                    self._send(f"{domain}.enable", session)
                self._attach(session)
                self._send("Runtime.runIfWaitingForDebugger", session)
                if params["targetInfo"]["type"] == "page" and not self._page:
                    self._page = session
                    self._attached.set()
            case "Network.requestWillBeSent":
                self._urls[params["requestId"]] = params["request"]["url"]
            case "Network.loadingFailed":
                failure = {key: params.get(key) for key in ("errorText", "blockedReason", "corsErrorStatus")}
                self.failed.append({"url": self._urls.get(params["requestId"]), **failure})
            case "Log.entryAdded":
                self.console.append(params["entry"]["text"])

    def _attach(self, session: str | None = None) -> None:
        self._send("Target.setAutoAttach", session, autoAttach=True, waitForDebuggerOnStart=True, flatten=True)

    def _send(self, method: str, session: str | None = None, **params: Any) -> None:
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))


class Firefox:
    """Reads the browser console through Marionette's chrome context. Lines are `category | text`."""

    READ = """
        const errors = Services.console.getMessageArray().filter(message => message instanceof Ci.nsIScriptError);
        Services.console.reset();
        return errors.map(error => `${error.category} | ${error.errorMessage}`);
    """

    def __init__(self, running: Running, version: str) -> None:
        self.version = version
        self.console: list[str] = []
        self.failed: list[dict[str, Any]] = []
        assert running.marionette
        self._marionette = running.marionette

    def go(self, url: str) -> None:
        self._call("content", "WebDriver:Navigate", url=url)

    def look(self) -> None:
        lines = self._call("chrome", "WebDriver:ExecuteScript", script=self.READ, args=[])
        self.console += (line for line in lines if ".test" in line)

    def run(self, script: str) -> Any:
        """Run a script in the browser's own page; return what it hands to its last argument."""
        self._call("chrome", "WebDriver:SetTimeouts", script=60_000)
        return self._call("chrome", "WebDriver:ExecuteAsyncScript", script=script, args=[])

    def _call(self, context: str, command: str, **parameters: Any) -> Any:
        self._marionette.call("Marionette:SetContext", value=context)
        return self._marionette.call(command, **parameters)


class MiniBrowser:
    """WebKitGTK: a new browser, with a new private session, for every page. Console lines are `source | text`,
    for what could not be loaded `network | text | URL`.
    """

    def __init__(self, port: int) -> None:
        self.version = _version(["xvfb-run", "-a", _minibrowser() or ""])
        self.console: list[str] = []
        self.failed: list[dict[str, Any]] = []
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None
        self._home = Path(tempfile.mkdtemp(prefix="corsight-"))

    def go(self, url: str) -> None:
        self._end()
        inspector = free_port()
        command = [
            *("xvfb-run", "-a", "dbus-run-session", "--", _minibrowser() or ""),
            *("--private", "--ignore-tls-errors", "--javascript-can-open-windows-automatically=true"),
            *("--enable-developer-extras=true", f"--proxy=http://127.0.0.1:{self._port}", url),
        ]
        environment = {
            "HOME": str(self._home),
            "XDG_RUNTIME_DIR": str(self._home),
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "WEBKIT_INSPECTOR_HTTP_SERVER": f"127.0.0.1:{inspector}",
        }
        self._process = subprocess.Popen(
            command,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        threading.Thread(target=self._listen, args=(self._process, inspector), daemon=True).start()

    def look(self) -> None:
        """Nothing to do: messages come by themselves."""

    def close(self) -> None:
        self._end()
        remove_folder(self._home)

    def _listen(self, process: subprocess.Popen[bytes], inspector: int) -> None:
        """Take the console of the browser's first page: the inspector repeats what was said before it came."""
        address = None
        while address is None:
            if process.poll() is not None:
                return
            with (
                contextlib.suppress(OSError),
                urllib.request.build_opener(NO_PROXY).open(f"http://127.0.0.1:{inspector}/", timeout=5) as listed,
            ):
                address = re.search(r"/socket/\d+/\d+/WebPage", listed.read().decode("utf-8", "replace"))
            time.sleep(0.05)
        with (
            contextlib.suppress(ConnectionClosed, OSError),
            connect(f"ws://127.0.0.1:{inspector}{address[0]}", max_size=None, proxy=None) as socket,
        ):
            for message in socket:
                event = json.loads(message)
                params = event.get("params", {})
                if event.get("method") == "Target.targetCreated":
                    asked = {"targetId": params["targetInfo"]["targetId"], "message": CONSOLE}
                    socket.send(json.dumps({"id": 1, "method": "Target.sendMessageToTarget", "params": asked}))
                elif event.get("method") == "Target.dispatchMessageFromTarget":
                    inner = json.loads(params["message"])
                    if inner.get("method") == "Console.messageAdded":
                        said = inner["params"]["message"]
                        where = f" | {said.get('url')}" if said["source"] == "network" else ""
                        self.console.append(f"{said['source']} | {said['text']}{where}")

    def _end(self) -> None:
        if self._process:
            end_group(self._process)


def _minibrowser() -> str | None:
    return next((path for pattern in MINIBROWSERS for path in glob.glob(pattern)), None)


def _version(command: list[str]) -> str:
    """What a browser calls itself, such as `Chromium 156.0.8078.79`."""
    said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False).stdout
    return " ".join(said.split()[:3]).removesuffix(" built").removeprefix("Mozilla ")
