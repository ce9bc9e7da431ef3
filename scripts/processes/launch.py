"""Starts a browser behind the proxy with a throw-away profile.

    with start(pick(), port, confdir, "https://app.test/") as running:
        ...

Three laws. A started browser trusts the proxy's own certificate authority and nothing else new. Everything it loads
goes through the proxy, loopback addresses too. Leaving the `with` block ends its process group, no other process, and
removes its profile.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from corsight.scripts.processes import chromium, firefox
from corsight.scripts.processes.browsers import Browser, BrowserError
from corsight.scripts.processes.machine import remove_folder
from corsight.scripts.processes.running import Pref, Running, Setup

LAUNCHERS = {"chromium": chromium.launch, "firefox": firefox.launch}


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
    come on top of ours. Raises BrowserError where it does not start.
    """
    authority = Path(confdir).expanduser() / "mitmproxy-ca-cert.pem"
    if not authority.is_file():
        raise BrowserError("there is no proxy certificate", where=str(authority), todo="start the proxy first")
    profile = Path(tempfile.mkdtemp(prefix="corsight-", dir=_profile_home(browser)))
    try:
        setup = Setup(browser, port, authority, profile, url, headless, remote, arguments, prefs or {})
        with LAUNCHERS[browser.engine](setup) as running:
            yield running
    finally:
        remove_folder(profile)


def _profile_home(browser: Browser) -> Path | None:
    """Return where a browser's profile may lie.

    A browser that is packed as a snap sees no /tmp, but a folder of its own below $HOME.
    """
    with browser.path.open("rb") as program:
        snap = browser.path.resolve().name == "snap" or b"/snap/" in program.read(4096)
    home = Path.home() / "snap" / browser.engine / "common"
    if not snap:
        return None
    home.mkdir(parents=True, exist_ok=True)
    return home
