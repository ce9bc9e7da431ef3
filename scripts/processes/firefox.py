"""Starts Firefox behind the proxy."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from corsight.scripts.processes.machine import free_port
from corsight.scripts.processes.marionette import Marionette
from corsight.scripts.processes.running import PATIENCE, Pref, Running, Setup, run_browser

PREFS: Mapping[str, Pref] = {
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


@contextlib.contextmanager
def launch(setup: Setup) -> Iterator[Running]:
    """Start it with its profile; end it on leaving.

    Where its profile cannot be told to trust the proxy, it is driven over Marionette to accept what it does not trust.
    """
    trusted = _trust(setup.authority, setup.profile)
    drive = setup.remote or not trusted
    prefs: dict[str, Pref] = {**PREFS, "network.proxy.http_port": setup.port, "network.proxy.ssl_port": setup.port}
    if drive:
        prefs |= {"marionette.port": free_port(), "remote.prefs.recommended": False}
    prefs |= setup.prefs
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in prefs.items())
    (setup.profile / "user.js").write_text("".join(lines), encoding="utf-8")
    arguments = [
        "--no-remote",
        "--profile",
        str(setup.profile),
        *(["--headless"] if setup.headless else []),
        *(["--marionette"] if drive else []),
        *(["--remote-allow-system-access"] if setup.remote else []),
        *setup.arguments,
        "about:blank" if drive else setup.url,
    ]
    with run_browser(setup, arguments, ENVIRONMENT) as running:
        if not drive:
            yield running
            return
        with _connect(running, int(prefs["marionette.port"])) as marionette:
            marionette.call("WebDriver:NewSession", acceptInsecureCerts=not trusted, pageLoadStrategy="none")
            marionette.call("WebDriver:Navigate", url=setup.url)
            running.marionette = marionette
            yield running


@contextlib.contextmanager
def _connect(running: Running, port: int) -> Iterator[Marionette]:
    connections: list[socket.socket] = []

    def is_open() -> bool:
        with contextlib.suppress(OSError):
            connections.append(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE))
        return bool(connections)

    running.wait_until(is_open, "its Marionette port")
    with connections[0] as connection:
        yield Marionette(connection)


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
