"""Starts QtWebEngine, which is an older Chromium: PyQt6-WebEngine brings one for each of its versions.

Run by the Python of an environment that holds PyQt6-WebEngine, this file is the browser itself, one window and what its
pages open:  python webengine.py PROXY_PORT PROFILE
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATIENCE = 60
"""Seconds in which it has to have started."""


def is_python(program: Path | None) -> bool:
    """Whether what is to be driven is QtWebEngine, by the Python that holds it."""
    return program is not None and program.name.startswith("python")


@contextlib.contextmanager
def start(python: Path, port: int, confdir: Path) -> Iterator[str]:
    """Start it behind the proxy at `port`; yields the address of its DevTools. Raises BrowserError where it fails."""
    from corsight.scripts.processes.browsers import BrowserError
    from corsight.scripts.processes.chromium import ARGUMENTS, hash_public_key
    from corsight.scripts.processes.machine import end_group, free_port, remove_folder

    devtools, profile = free_port(), Path(tempfile.mkdtemp(prefix="corsight-"))
    flags = [
        *ARGUMENTS,
        "--no-sandbox",
        "--disable-gpu",
        "--disable-popup-blocking",
        "--remote-allow-origins=*",
        f"--proxy-server=127.0.0.1:{port}",
        f"--user-data-dir={profile}",
        f"--ignore-certificate-errors-spki-list={hash_public_key(confdir / 'mitmproxy-ca-cert.pem')}",
    ]
    environment = {
        "HOME": str(profile),
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "QT_QPA_PLATFORM": "offscreen",
        "QT_QUICK_BACKEND": "software",
        "QTWEBENGINE_CHROMIUM_FLAGS": " ".join(flags),
        "QTWEBENGINE_DISABLE_SANDBOX": "1",
        "QTWEBENGINE_REMOTE_DEBUGGING": f"127.0.0.1:{devtools}",
    }
    process = subprocess.Popen(
        [str(python), __file__, str(port), str(profile)],
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        deadline = time.monotonic() + PATIENCE
        while True:
            if process.poll() is not None or time.monotonic() > deadline:
                raise BrowserError("QtWebEngine did not start", where=str(python), todo="install PyQt6-WebEngine there")
            with contextlib.suppress(OSError), opener.open(f"http://127.0.0.1:{devtools}/json/version") as told:
                address: str = json.load(told)["webSocketDebuggerUrl"]
                break
            time.sleep(0.1)
        yield address
    finally:
        end_group(process)
        remove_folder(profile)


def browse(port: int, profile: str) -> int:
    """Be the browser, until ended."""
    from PyQt6.QtCore import QUrl
    from PyQt6.QtNetwork import QNetworkProxy
    from PyQt6.QtWebEngineCore import QWebEnginePage, QWebEngineProfile
    from PyQt6.QtWebEngineWidgets import QWebEngineView
    from PyQt6.QtWidgets import QApplication

    QNetworkProxy.setApplicationProxy(QNetworkProxy(QNetworkProxy.ProxyType.HttpProxy, "127.0.0.1", port))
    application = QApplication(sys.argv[:1])
    store = QWebEngineProfile("lab")
    store.setPersistentStoragePath(profile)
    views: list[Any] = []

    class Page(QWebEnginePage):  # type: ignore[misc]
        def createWindow(self, _: object) -> Any:
            return show().page()

    def show() -> Any:
        view = QWebEngineView()
        page = Page(store, view)
        page.certificateError.connect(lambda error: error.acceptCertificate())
        page.windowCloseRequested.connect(view.close)
        view.setPage(page)
        view.show()
        views.append(view)
        return view

    show().load(QUrl("about:blank"))
    return int(application.exec())


if __name__ == "__main__":
    sys.exit(browse(int(sys.argv[1]), sys.argv[2]))
