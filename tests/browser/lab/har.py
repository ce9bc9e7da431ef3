"""Records the same visits behind the proxy and in the browser's own tools, and compares what is said of them.

Chromium's HAR is that of its own DevTools, opened on the page that runs the scenarios and asked for what `Save all as
HAR` writes; its NetLog is written by --log-net-log. Firefox's HAR is its network panel's. Playwright's is what its
recordHar writes of the same Chromium. mitmproxy's is its export.
"""

from __future__ import annotations

import collections
import contextlib
import json
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from mitmproxy.addons.savehar import SaveHar
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader
from websockets.sync.client import connect

from corsight.scripts.judging import judge_recording
from corsight.scripts.processes import browsers
from corsight.scripts.processes.browsers import BrowserError
from corsight.scripts.processes.launch import start
from corsight.scripts.recordings import Recording
from tests.browser.lab.drive import NO_PROXY, Chromium, Driver, Engine, Firefox, _version
from tests.browser.lab.record import FLOWS, ROOT, record
from tests.browser.lab.score import LINES, Score, judge, scenario_of, score_records

type Record = dict[str, Any]
type Scenario = dict[str, Any]

HAR, WHOLE, NETLOG, EXPORT = "sanitized.har", "whole.har", "netlog.json", "mitmproxy.har"
NAMES = {
    FLOWS: "recording of mitmproxy",
    HAR: "HAR of DevTools, as saved by default",
    WHOLE: "HAR of DevTools, with sensitive data",
    NETLOG: "NetLog",
    EXPORT: "HAR of mitmproxy",
    "firefox.har": "HAR of Firefox's network panel",
    "playwright.har": "HAR of Playwright",
}
CHECKOUT = "/corsight"
"""Where a kept HAR says that the checkout lies."""

READY = """(async () => {
    const sdk = await import('./core/sdk/sdk.js'), common = await import('./core/common/common.js');
    await import('./models/har/har.js'); await import('./models/logs/logs.js');
    if (!sdk.TargetManager.TargetManager.instance().primaryPageTarget()) return false;
    common.Settings.Settings.instance().moduleSetting('network-log.preserve-log').set(true);
    return true;
})()"""
SAVE = """(async () => {
    const logs = await import('./models/logs/logs.js'), har = await import('./models/har/har.js');
    const requests = logs.NetworkLog.NetworkLog.instance().requests();
    return JSON.stringify({log: await har.Log.Log.build(requests, {sanitize: %s})});
})()"""
TAB = """
    const done = arguments[arguments.length - 1];
    const { require } = ChromeUtils.importESModule('resource://devtools/shared/loader/Loader.sys.mjs');
    const { gDevTools } = require('devtools/client/framework/devtools');
    const tab = Services.wm.getMostRecentWindow('navigator:browser').gBrowser.tabs[0];
"""
OPEN = f"""{TAB}
    Services.prefs.setBoolPref('devtools.netmonitor.persistlog', true);
    gDevTools.showToolboxForTab(tab, {{toolId: 'netmonitor'}}).then(() => done('open'), error => done(`${{error}}`));
"""
EXPORT_FIREFOX = f"""{TAB}
    gDevTools.getToolboxForTab(tab).getHARFromNetMonitor().then(
        har => done(JSON.stringify({{log: har.log || har}})), error => done(`failed: ${{error}}`));
"""


def record_with_hars(tool: str, scenarios: list[Scenario], out: Path) -> Record:
    """Record the scenarios into a folder, by the proxy and by one of the TOOLS; the truth is returned."""
    out.mkdir(parents=True, exist_ok=True)
    engine, driver = TOOLS[tool]
    truth = record(engine, scenarios, out, driver_of=lambda port, confdir: driver(port, confdir, out))
    with (out / FLOWS).open("rb") as file:
        flows = [flow for flow in FlowReader(file).stream() if isinstance(flow, HTTPFlow)]
    (out / EXPORT).write_text(json.dumps(SaveHar().make_har(flows)), encoding="utf-8")
    return truth


@contextlib.contextmanager
def _drive_chromium(port: int, confdir: Path, out: Path) -> Iterator[Driver]:
    chromium = browsers.pick("chromium")
    netlog = (out / NETLOG).resolve()
    arguments = ["--disable-popup-blocking", f"--log-net-log={netlog}", "--remote-allow-origins=*"]
    with (
        start(chromium, port, confdir, remote=True, arguments=arguments) as running,
        connect(running.devtools or "", max_size=None) as socket,
    ):
        driver = Chromium(socket)
        with connect(running.devtools or "", max_size=None) as own:
            tools = _DevTools(own, (running.devtools or "").split("/")[2])
            yield driver
            time.sleep(1)
            for name, sanitized in ((HAR, "true"), (WHOLE, "false")):
                (out / name).write_text(tools.evaluate(SAVE % sanitized).replace(str(ROOT), CHECKOUT), encoding="utf-8")
    netlog.write_text(netlog.read_text("utf-8", "replace").replace(str(ROOT), CHECKOUT), encoding="utf-8")


class _DevTools:
    """The DevTools of the first page, in a tab of its own."""

    def __init__(self, socket: Any, address: str) -> None:
        self._socket = socket
        self._count = 0
        with urllib.request.build_opener(NO_PROXY).open(f"http://{address}/json/list") as answer:
            page = next(target["id"] for target in json.load(answer) if target["type"] == "page")
        url = f"devtools://devtools/bundled/devtools_app.html?ws={address}/devtools/page/{page}&panel=network"
        target = self._call("Target.createTarget", url=url)["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for _ in range(60):
            time.sleep(0.5)
            if self.evaluate(READY) is True:
                time.sleep(2)
                return
        raise BrowserError("DevTools did not open on the page")

    def evaluate(self, expression: str) -> Any:
        """Return what an expression comes to in DevTools' own page; None where it fails."""
        arguments = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        return self._call("Runtime.evaluate", self._session, **arguments)["result"].get("value")

    def _call(self, method: str, session: str | None = None, **params: Any) -> Any:
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            answer = json.loads(self._socket.recv(timeout=60))
            if answer.get("id") == self._count:
                return answer.get("result", {"result": {}})


@contextlib.contextmanager
def _drive_firefox(port: int, confdir: Path, out: Path) -> Iterator[Driver]:
    prefs = {"dom.disable_open_during_load": False, "dom.security.https_first": False}
    firefox = browsers.pick("firefox")
    with start(firefox, port, confdir, remote=True, prefs=prefs) as running:
        driver = Firefox(running, _version([str(firefox.path)]))
        opened = driver.run(OPEN)
        if opened != "open":
            raise BrowserError(f"Firefox did not open its network panel: {opened}")
        time.sleep(2)
        yield driver
        time.sleep(2)
        text = driver.run(EXPORT_FIREFOX)
        if not text.startswith("{"):
            raise BrowserError(f"Firefox exported no HAR: {text[:200]}")
        (out / "firefox.har").write_text(text.replace(str(ROOT), CHECKOUT), encoding="utf-8")


def _drive_playwright(port: int, confdir: Path, out: Path) -> AbstractContextManager[Driver]:
    # Its package is there for the tests of suites, and only this takes it.
    from tests.browser.lab.playwright import drive

    return drive(port, confdir, out / "playwright.har")


TOOLS: dict[str, tuple[Engine, Callable[[int, Path, Path], AbstractContextManager[Driver]]]] = {
    "chromium": ("chromium", _drive_chromium),
    "firefox": ("firefox", _drive_firefox),
    "playwright": ("chromium", _drive_playwright),
}
"""Whose own tools record, and the engine that it is."""


def compare(out: Path) -> dict[str, Record]:
    """Return for each file how its verdicts stand to the proxy's recording, and to what the pages saw.

    `same` exchanges came to the same outcome; of those that did not, `contradicted` are certain in both. `lost` are not
    in the file, and `likelier` only likely in it.
    """
    base = judge(out)
    table = {}
    for name in filter(lambda name: name != FLOWS and (out / name).exists(), NAMES):
        recording = Recording(str(out / name))
        records = [json.loads(LINES.line(judged)) for judged in judge_recording(recording, held=10**6)]
        table[name] = _compare(base, records) | _figures(score_records(out, records))
    return {
        FLOWS: {"exchanges": sum(map(len, _by_request(base).values()))} | _figures(score_records(out, base))
    } | table


def _figures(score: Score) -> Record:
    return {name: getattr(score, name) for name in ("steps", "right", "certain", "certain_wrong")}


def _compare(base: list[Record], records: list[Record]) -> Record:
    here, there = _by_request(base), _by_request(records)
    counts: collections.Counter[str] = collections.Counter(dict.fromkeys(KINDS, 0))
    for key, mine in here.items():
        theirs = there.get(key, [])
        counts["exchanges"] += len(mine)
        if len(theirs) != len(mine):
            counts["lost"] += len(mine)
            continue
        for one, other in zip(mine, theirs, strict=True):
            if one["status"] is None:
                # The proxy answered in the server's place, and the browser took that for the server's answer.
                counts["exchanges"] -= 1
                continue
            if one["outcome"] == other["outcome"]:
                counts["likelier" if (one["certainty"], other["certainty"]) == ("certain", "likely") else "same"] += 1
            elif one["certainty"] == other["certainty"] == "certain":
                counts["contradicted"] += 1
            else:
                counts["other"] += 1
    return dict(counts)


KINDS = ("exchanges", "same", "likelier", "other", "contradicted", "lost")


def _by_request(records: list[Record]) -> dict[tuple[str, str], list[Record]]:
    """The records of the scenarios by method and URL, in the order of time."""
    found: dict[tuple[str, str], list[Record]] = collections.defaultdict(list)
    for one in sorted(records, key=lambda one: one["started"]):
        if scenario_of(one["url"]):
            found[one["method"].upper(), one["url"]].append(one)
    return found


def run(tool: str, scenarios: list[Scenario], out: Path | None) -> tuple[Record, dict[str, Record]]:
    """Record and compare; return the truth and the table."""
    with tempfile.TemporaryDirectory(prefix="corsight-") as scratch:
        folder = out or Path(scratch)
        truth = record_with_hars(tool, scenarios, folder)
        return truth, compare(folder)
