"""Starts Chromium, Chrome or Edge behind the proxy."""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from corsight.scripts.processes.browsers import BrowserError
from corsight.scripts.processes.machine import is_root
from corsight.scripts.processes.running import Running, Setup, run_browser

ARGUMENTS = (
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


@contextlib.contextmanager
def launch(setup: Setup) -> Iterator[Running]:
    """Start it with its profile; end it on leaving."""
    if setup.prefs:
        raise BrowserError(f"{setup.browser.name} takes no prefs")
    profile = setup.profile
    arguments = [
        f"--user-data-dir={profile}",
        f"--proxy-server=127.0.0.1:{setup.port}",
        f"--ignore-certificate-errors-spki-list={hash_public_key(setup.authority)}",
        *ARGUMENTS,
        *(["--headless=new"] if setup.headless else []),
        *(["--no-sandbox"] if is_root() else []),
        *(["--remote-debugging-port=0"] if setup.remote else []),
        *setup.arguments,
        setup.url,
    ]
    with _remove_socket_folder() as folders, run_browser(setup, arguments) as running:
        try:
            if setup.remote:
                written = profile / "DevToolsActivePort"
                running.wait_until(lambda: written.is_file() and "\n" in written.read_text(), "its DevTools port")
                debugger, path = written.read_text().split("\n")
                running.devtools = f"ws://127.0.0.1:{debugger}{path}"
            yield running
        finally:
            with contextlib.suppress(OSError):
                folders.append((profile / "SingletonSocket").readlink().parent)


@contextlib.contextmanager
def _remove_socket_folder() -> Iterator[list[Path]]:
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


def hash_public_key(authority: Path) -> str:
    """Return the hash of a certificate's public key, as Chromium's --ignore-certificate-errors-spki-list takes it."""
    certificate = x509.load_pem_x509_certificate(authority.read_bytes())
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()
