"""Runs a checkout's tests in a browser behind mitmdump with the addon, page by page, and keeps the recording."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from websockets.sync.client import connect

from corsight.scripts.processes import browsers
from corsight.scripts.processes.browsers import BrowserError
from corsight.scripts.processes.launch import start
from corsight.scripts.processes.machine import end_group, free_port
from tests.browser.lab.record import ADDON, MITMDUMP, ROOT
from tests.browser.lab.wpt import chromium, firefox, webkit
from tests.browser.lab.wpt.ground import Page, Served, serve
from tests.running import is_served

WEB = Path(__file__).with_name("web.py")
FLOWS, VERDICTS, SAID, TESTS = "flows.mitm", "verdicts.jsonl", "said.json", "tests.json"
PATIENCE = 20.0
"""Seconds that a page has to report; the harness itself gives up after 10, where its test is not a long one."""
REST = 0.3
"""Seconds after a page's report until the next page: what it left under way may end."""


class Watch(Protocol):
    version: str

    def go(self, url: str) -> None:
        """Open `url`."""

    def look(self) -> None:
        """Collect what the browser has to say by now. Called several times a second."""

    def heard(self) -> dict[str, Any]:
        """All that was said, as the engine's own `collect` reads it."""


def record(engine: str, checkout: Path, tests: Sequence[Page], out: Path, python: str) -> dict[str, Any]:
    """Run the tests in a browser; leave the recording in the folder `out`, and return what was said."""
    out.mkdir(parents=True, exist_ok=True)
    for name in (FLOWS, VERDICTS, SAID, TESTS):
        (out / name).unlink(missing_ok=True)
    pages: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="corsight-") as scratch:
        confdir, posted = Path(scratch), Path(scratch) / "results.jsonl"
        posted.touch()
        with serve(checkout, python) as served, proxy(out, confdir, posted) as port, watch(engine, port, confdir) as it:
            for number, test in enumerate(tests):
                pages.append(_run(it, served, test, posted, len(pages)))
                if (number + 1) % 50 == 0:
                    print(f"{number + 1} of {len(tests)} pages", file=sys.stderr)
            time.sleep(1)
            it.look()
            said = {
                "engine": engine,
                "browser": it.version,
                "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
                "pages": pages,
                "heard": it.heard(),
            }
        (out / TESTS).write_text(json.dumps([json.loads(line) for line in posted.read_text().splitlines()]))
    (out / SAID).write_text(json.dumps(said))
    return said


def _run(it: Watch, served: Served, test: Page, posted: Path, number: int) -> dict[str, Any]:
    """Open a test's page, and wait until it has reported, or long enough."""
    url, before = served.url(test), posted.stat().st_size
    page = {"url": url, "folder": test.folder, "path": test.path, "from": time.time()}
    it.go(url)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        it.look()
        with posted.open() as results:
            results.seek(before)
            if any(line.endswith("\n") and json.loads(line)["page"].partition("#")[0] == url for line in results):
                time.sleep(REST)
                it.look()
                return page | {"reported": True, "to": time.time()}
        time.sleep(0.05)
    return page | {"reported": False, "to": time.time()}


@contextlib.contextmanager
def watch(engine: str, port: int, confdir: Path) -> Iterator[Watch]:
    """Start the browser behind the proxy at `port`; end it on leaving."""
    if engine == "chromium":
        arguments = ["--disable-popup-blocking"]
        with (
            start(browsers.pick("chromium"), port, confdir, remote=True, arguments=arguments) as running,
            connect(running.devtools or "", max_size=None, proxy=None) as devtools,
        ):
            yield chromium.Watch(devtools)
    elif engine == "webkit":
        with contextlib.closing(webkit.Watch(port)) as watched:
            yield watched
    else:
        prefs = {"dom.disable_open_during_load": False, "dom.security.https_first": False}
        with start(browsers.pick("firefox"), port, confdir, remote=True, prefs=prefs) as running:
            yield firefox.Watch(running)


@contextlib.contextmanager
def proxy(out: Path, confdir: Path, posted: Path) -> Iterator[int]:
    """A mitmdump with the addon whose web is the checkout's; yields its port."""
    port = free_port()
    options = {
        "confdir": confdir,
        "connection_strategy": "lazy",
        "cors_log": out / VERDICTS,
        "http2": "false",
        "lab_flows": out / FLOWS,
        "lab_results": posted,
        "listen_host": "127.0.0.1",
        "listen_port": port,
        "ssl_insecure": "true",
    }
    command = [*MITMDUMP, "--quiet", "-s", str(ADDON), "-s", str(WEB)]
    for name, value in options.items():
        command += ["--set", f"{name}={value}"]
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with (out / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            command, start_new_session=True, env=os.environ | {"PYTHONPATH": path}, stdout=log, stderr=log
        )
        try:
            deadline = time.monotonic() + 30
            while not is_served(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise BrowserError("the lab's mitmdump did not start", where=str(out / "proxy.log"))
                time.sleep(0.05)
            yield port
        finally:
            end_group(process)
