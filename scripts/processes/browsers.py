"""Finds the browsers installed here, and starts one behind the proxy with a throw-away profile.

    with start(pick(), port, confdir, "https://app.test/") as running:
        ...

Three laws. A started browser trusts the proxy's own certificate authority and nothing else new. Everything it loads
goes through the proxy, loopback addresses too. Leaving the `with` block ends its process group, no other process, and
removes its profile.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from corsight.scripts.errors import CorsightError

type Engine = Literal["chromium", "firefox"]
type Pref = bool | int | str

PATIENCE = 30.0
"""Seconds a browser has to open its remote interface, and to answer a command there."""


class BrowserError(CorsightError):
    """A browser is missing, did not start, or does not answer."""


@dataclass(frozen=True, slots=True)
class Browser:
    """An installed browser."""

    engine: Engine
    name: str
    path: Path


KNOWN: tuple[tuple[Engine, str, tuple[str, ...], str, str], ...] = (
    # engine, name, commands on the PATH, macOS application, Windows path below the program folders
    ("chromium", "Chromium", ("chromium", "chromium-browser"), "Chromium", "Chromium/Application/chrome.exe"),
    (
        "chromium",
        "Google Chrome",
        ("google-chrome", "google-chrome-stable"),
        "Google Chrome",
        "Google/Chrome/Application/chrome.exe",
    ),
    (
        "chromium",
        "Microsoft Edge",
        ("microsoft-edge", "microsoft-edge-stable"),
        "Microsoft Edge",
        "Microsoft/Edge/Application/msedge.exe",
    ),
    ("firefox", "Firefox", ("firefox", "firefox-esr"), "Firefox", "Mozilla Firefox/firefox.exe"),
)

CHROMIUM_ARGUMENTS = (
    "--proxy-bypass-list=<-loopback>",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-quic",
    "--disable-sync",
    "--password-store=basic",
    "--use-mock-keychain",
)

FIREFOX_PREFS: Mapping[str, Pref] = {
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.no_proxies_on": "",
    "network.proxy.allow_hijacking_localhost": True,
    "network.proxy.failover_direct": False,
    # no traffic of its own
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "app.update.enabled": False,
    "browser.newtabpage.enabled": False,
    "browser.newtabpage.activity-stream.unifiedAds.spocs.enabled": False,
    "browser.newtabpage.activity-stream.unifiedAds.tiles.enabled": False,
    "browser.region.network.url": "",
    "browser.topsites.contile.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.search.update": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.usage.uploadEnabled": False,
    "dom.push.connection.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.systemAddon.update.enabled": False,
    "extensions.update.enabled": False,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.disablePrefetch": True,
    "network.prefetch-next": False,
    "network.trr.mode": 5,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.server": "",
    "toolkit.telemetry.unified": False,
    # no questions, no first-run pages
    "browser.aboutwelcome.enabled": False,
    "browser.sessionstore.resume_from_crash": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.tabs.warnOnClose": False,
    "datareporting.policy.firstRunURL": "",
    "termsofuse.bypassNotification": True,
}


ENVIRONMENT = {"MOZ_REMOTE_SETTINGS_DEVTOOLS": "1"}
"""Without it Firefox keeps its own `services.settings.server`, and asks there for fifty lists at its start."""


def find(engine: Engine | None = None) -> list[Browser]:
    """The installed browsers (of one engine), the freest first."""
    found = []
    for kind, name, commands, app, program in KNOWN:
        path = next(_places(commands, app, program), None)
        if path and engine in (None, kind):
            found.append(Browser(kind, name, path))
    return found


def pick(engine: Engine | None = None) -> Browser:
    """The first installed browser (of one engine)."""
    for browser in find(engine):
        return browser
    wanted = {"chromium": "Chromium, Chrome or Edge", "firefox": "Firefox", None: "Chromium, Chrome, Edge or Firefox"}
    raise BrowserError(f"{wanted[engine]} is not on the PATH or in its usual place", todo="install it")


def _places(commands: Sequence[str], app: str, program: str) -> Iterator[Path]:
    for command in commands:
        if path := shutil.which(command):
            yield Path(path)
    candidates: list[Path] = []
    if sys.platform == "darwin":
        binary = "firefox" if app == "Firefox" else app
        candidates = [
            folder / f"{app}.app/Contents/MacOS/{binary}"
            for folder in (Path("/Applications"), Path.home() / "Applications")
        ]
    elif sys.platform == "win32":
        folders = (os.environ.get(name) for name in ("ProgramFiles", "ProgramFiles(x86)", "LocalAppData"))
        candidates = [Path(folder) / program for folder in folders if folder]
    yield from (path for path in candidates if path.is_file())


@dataclass(slots=True)
class Running:
    """A started browser."""

    browser: Browser
    process: subprocess.Popen[bytes]
    profile: Path
    devtools: str | None = None
    """The WebSocket address of Chromium's remote interface, when asked for."""
    marionette: Marionette | None = None
    """Firefox's remote interface, when asked for or needed to trust the proxy."""

    def alive(self) -> bool:
        return self.process.poll() is None

    def last_words(self) -> str:
        """The last line that it wrote."""
        return _last_words(self.profile)


@contextlib.contextmanager
def start(
    browser: Browser,
    port: int,
    confdir: Path,
    url: str = "about:blank",
    *,
    headless: bool = True,
    remote: bool = False,
    arguments: Sequence[str] = (),
    prefs: Mapping[str, Pref] | None = None,
) -> Iterator[Running]:
    """Start `browser` at `url` behind the proxy at 127.0.0.1:`port` whose CA lies in `confdir`; end it on leaving.

    `remote` opens DevTools (Chromium) or Marionette with chrome access (Firefox). `arguments`, and for Firefox `prefs`,
    come on top of ours.
    """
    authority = Path(confdir).expanduser() / "mitmproxy-ca-cert.pem"
    if not authority.is_file():
        raise BrowserError("there is no proxy certificate", where=str(authority), todo="start the proxy first")
    profile = Path(tempfile.mkdtemp(prefix="corsight-", dir=_profile_home(browser)))
    try:
        launch = _chromium if browser.engine == "chromium" else _firefox
        with launch(browser, port, authority, url, profile, headless, remote, arguments, prefs or {}) as running:
            yield running
    finally:
        remove(profile)


@contextlib.contextmanager
def _chromium(
    browser: Browser,
    port: int,
    authority: Path,
    url: str,
    profile: Path,
    headless: bool,
    remote: bool,
    arguments: Sequence[str],
    prefs: Mapping[str, Pref],
) -> Iterator[Running]:
    if prefs:
        raise BrowserError(f"{browser.name} takes no prefs")
    command = [
        str(browser.path),
        f"--user-data-dir={profile}",
        f"--proxy-server=127.0.0.1:{port}",
        f"--ignore-certificate-errors-spki-list={spki(authority)}",
        *CHROMIUM_ARGUMENTS,
        *(["--headless=new"] if headless else []),
        *(["--no-sandbox"] if _root() else []),
        *(["--remote-debugging-port=0"] if remote else []),
        *arguments,
        url,
    ]
    with _socket_folder_removed() as folders, _process(browser, command, profile) as process:
        running = Running(browser, process, profile)
        try:
            if remote:
                written = profile / "DevToolsActivePort"
                _until(running, lambda: written.is_file() and "\n" in written.read_text(), "its DevTools port")
                debugger, path = written.read_text().split("\n")
                running.devtools = f"ws://127.0.0.1:{debugger}{path}"
            yield running
        finally:
            with contextlib.suppress(OSError):
                folders.append((profile / "SingletonSocket").readlink().parent)


@contextlib.contextmanager
def _socket_folder_removed() -> Iterator[list[Path]]:
    """Ended by a signal, Chromium leaves the folder of the socket that tells a second start of the first: remove it."""
    folders: list[Path] = []
    try:
        yield folders
    finally:
        for folder in folders:
            with contextlib.suppress(OSError):
                for name in ("SingletonSocket", "SingletonCookie"):
                    (folder / name).unlink(missing_ok=True)
                folder.rmdir()


@contextlib.contextmanager
def _firefox(
    browser: Browser,
    port: int,
    authority: Path,
    url: str,
    profile: Path,
    headless: bool,
    remote: bool,
    arguments: Sequence[str],
    prefs: Mapping[str, Pref],
) -> Iterator[Running]:
    trusted = _trust(authority, profile)
    drive = remote or not trusted
    settings: dict[str, Pref] = {**FIREFOX_PREFS, "network.proxy.http_port": port, "network.proxy.ssl_port": port}
    if drive:
        settings |= {"marionette.port": free_port(), "remote.prefs.recommended": False}
    settings |= prefs
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items())
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    command = [
        str(browser.path),
        "--no-remote",
        "--profile",
        str(profile),
        *(["--headless"] if headless else []),
        *(["--marionette"] if drive else []),
        *(["--remote-allow-system-access"] if remote else []),
        *arguments,
        "about:blank" if drive else url,
    ]
    with _process(browser, command, profile) as process:
        running = Running(browser, process, profile)
        if not drive:
            yield running
            return
        with contextlib.closing(Marionette(running, int(settings["marionette.port"]))) as marionette:
            marionette.call("WebDriver:NewSession", acceptInsecureCerts=not trusted, pageLoadStrategy="none")
            marionette.call("WebDriver:Navigate", url=url)
            running.marionette = marionette
            yield running


class Marionette:
    """Firefox's own remote protocol: JSON arrays over TCP, each led by its length."""

    def __init__(self, running: Running, port: int) -> None:
        self._stream = b""
        self._count = 0
        self._socket = socket.socket()

        def connected() -> bool:
            try:
                self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
            except OSError:
                return False
            return True

        _until(running, connected, "its Marionette port")
        self._receive()

    def call(self, command: str, **parameters: Any) -> Any:
        """Send one command, and return its result."""
        self._count += 1
        message = json.dumps([0, self._count, command, parameters]).encode()
        try:
            self._socket.sendall(b"%d:%s" % (len(message), message))
            _, _, error, result = self._receive()
        except OSError as problem:
            raise BrowserError(f"Firefox did not answer {command}: {problem}") from problem
        if error:
            raise BrowserError(f"Firefox refused {command}: {error.get('message') or error.get('error')}")
        return result.get("value", result) if isinstance(result, dict) else result

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> Any:
        while b":" not in self._stream:
            self._stream += self._read()
        length, _, rest = self._stream.partition(b":")
        while len(rest) < int(length):
            rest += self._read()
        self._stream = rest[int(length) :]
        return json.loads(rest[: int(length)])

    def _read(self) -> bytes:
        chunk = self._socket.recv(65536)
        if not chunk:
            raise ConnectionResetError("it closed the connection")
        return chunk


@contextlib.contextmanager
def _process(browser: Browser, command: Sequence[str], profile: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` as a process group of its own; end the whole group on leaving."""
    group: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        group = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    with (profile / "browser.log").open("wb") as log:
        try:
            process = subprocess.Popen(
                command, env=os.environ | ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **group
            )
        except OSError as problem:
            raise BrowserError(f"{browser.name} did not start: {problem}") from problem
    try:
        yield process
    finally:
        end_group(process)


def end_group(process: subprocess.Popen[Any]) -> None:
    """End a process that leads its own group, and all of that group."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
        process.wait()
        return
    for signum in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)


def _until(running: Running, ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not ready():
        if not running.alive():
            raise BrowserError(f"{running.browser.name} ended at once: {_last_words(running.profile)}")
        if time.monotonic() > deadline:
            raise BrowserError(f"{running.browser.name} did not open {what} within {PATIENCE:.0f} seconds")
        time.sleep(0.05)


def _last_words(profile: Path) -> str:
    lines = (profile / "browser.log").read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")[:200]


def spki(authority: Path) -> str:
    """The hash of a certificate's public key, as Chromium's --ignore-certificate-errors-spki-list takes it."""
    certificate = x509.load_pem_x509_certificate(authority.read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


def _trust(authority: Path, profile: Path) -> bool:
    """Put the CA into the profile's certificate store; False where no certutil of NSS can.

    Windows has a certutil too: another tool.
    """
    certutil = shutil.which("certutil")
    if certutil is None or sys.platform == "win32":
        return False
    store = f"sql:{profile}"
    steps = (
        [certutil, "-N", "-d", store, "--empty-password"],
        [certutil, "-A", "-d", store, "-t", "C,,", "-n", "mitmproxy", "-i", str(authority)],
    )
    return all(subprocess.run(step, capture_output=True, check=False).returncode == 0 for step in steps)


def _profile_home(browser: Browser) -> Path | None:
    """Where a browser's profile may lie. One packed as a snap sees no /tmp, but a folder of its own below $HOME."""
    with browser.path.open("rb") as program:
        snap = browser.path.resolve().name == "snap" or b"/snap/" in program.read(4096)
    home = Path.home() / "snap" / browser.engine / "common"
    if not snap:
        return None
    home.mkdir(parents=True, exist_ok=True)
    return home


def has_display() -> bool:
    """Whether there is a display that a window could be shown on."""
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def free_port() -> int:
    """A TCP port of the loopback address that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def remove(folder: Path) -> None:
    """Remove a folder that what was just ended may still be letting go of."""
    for _ in range(30):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
