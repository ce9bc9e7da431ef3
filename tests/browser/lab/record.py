"""Runs scenarios in a browser behind mitmdump with the addon, and writes the recording."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from corsight.scripts.paths import ROOT
from corsight.scripts.processes.browsers import BrowserError
from corsight.scripts.processes.machine import end_group, free_port
from tests.browser.lab import webengine
from tests.browser.lab.drive import Driver, Engine, drive
from tests.browser.lab.origin import FILE_PAGE
from tests.running import is_served

type Scenario = dict[str, Any]

SERVER = Path(__file__).with_name("server.py")
PAGE = Path(__file__).with_name("page.html")
ADDON = ROOT / "addons" / "cors.py"
MITMDUMP = (sys.executable, "-c", "from mitmproxy.tools.main import mitmdump; mitmdump()")
FLOWS, SCENARIOS, TRUTH, VERDICTS = "flows.mitm", "scenarios.json", "truth.json", "verdicts.jsonl"


def record(
    engine: Engine,
    scenarios: list[Scenario],
    out: Path,
    http2: bool = False,
    *,
    judged: bool = False,
    marker: bool = False,
    driver_of: Callable[[int, Path], AbstractContextManager[Driver]] | None = None,
    program: Path | None = None,
) -> dict[str, Any]:
    """Record `scenarios` in `engine` into the folder `out`; the truth is returned too.

    With `judged` the addon runs in the proxy and leaves its log there, with `marker` it sets its cookie. `program` is
    the browser to start, as `drive`
    takes it; `driver_of` starts it another way, of the proxy's port and the folder of its certificates. Raises
    BrowserError where a page does not end.
    """
    if webengine.is_python(program):
        # It lets local files ask nothing of others, whatever CORS says.
        scenarios = [scenario for scenario in scenarios if scenario["page"] != FILE_PAGE]
    out.mkdir(parents=True, exist_ok=True)
    (out / SCENARIOS).write_text(json.dumps(scenarios))
    (out / FLOWS).unlink(missing_ok=True)
    (out / VERDICTS).unlink(missing_ok=True)
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="corsight-") as temporary:
        confdir, posted = Path(temporary), Path(temporary) / "results.jsonl"
        posted.touch()
        with (
            proxy(out, confdir, posted, http2, judged=judged, marker=marker) as port,
            driver_of(port, confdir) if driver_of is not None else drive(engine, port, confdir, program) as driver,
        ):
            for page in dict.fromkeys(scenario["page"] for scenario in scenarios):
                driver.go(PAGE.as_uri() if page == FILE_PAGE else f"{page}/__page")
                steps = [step for scenario in scenarios if scenario["page"] == page for step in scenario["steps"]]
                patience = 60 + len(steps) + sum(step.get("wait", 0) for step in steps) / 1000
                results += _await_page(driver, posted, page, patience)
            driver.look()
            truth = {
                "engine": engine,
                "browser": driver.version,
                "http2": http2,
                "marker": marker,
                "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
                "seed": scenarios[0]["id"] // 100_000,
                "results": results,
                # Where the checkout lies is nobody's business.
                "console": [line.replace(PAGE.as_uri(), "file:///page.html") for line in driver.console],
                "failed": driver.failed,
            }
    (out / TRUTH).write_text(json.dumps(truth))
    return truth


def _await_page(driver: Driver, posted: Path, page: str, patience: float) -> list[dict[str, Any]]:
    """What the page posted, once it has."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        driver.look()
        for line in posted.read_text().splitlines(keepends=True):
            if line.endswith("\n") and (post := json.loads(line))["page"] == page:
                if isinstance(post["results"], dict):
                    raise BrowserError(f"{page} could not run its scenarios: {post['results']['problem']}")
                return list(post["results"])
        time.sleep(0.1)
    raise BrowserError(f"{page} did not finish within {patience:.0f} seconds")


@contextlib.contextmanager
def proxy(
    out: Path, confdir: Path, posted: Path, http2: bool, *, judged: bool = False, marker: bool = False
) -> Iterator[int]:
    """A mitmdump whose web is the lab; yields its port."""
    port = free_port()
    options = {
        "confdir": confdir,
        "connection_strategy": "lazy",
        "http2": str(http2).lower(),
        "listen_host": "127.0.0.1",
        "listen_port": port,
        "ssl_insecure": "true",
        "lab_results": posted,
        "lab_scenarios": out / SCENARIOS,
    }
    command = [*MITMDUMP, "--quiet", "-s", str(SERVER), "-w", str(out / FLOWS)]
    if judged:
        command += ["-s", str(ADDON), "--set", f"cors_log={out / VERDICTS}"]
    if marker:
        command += ["--set", "cors_marker=true", "--set", "cors_marker_scope=everything"]
    for name, value in options.items():
        command += ["--set", f"{name}={value}"]
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(command, start_new_session=True, env=os.environ | {"PYTHONPATH": path})
    try:
        while not is_served(port):
            if process.poll() is not None:
                raise BrowserError("the lab's mitmdump ended at once")
            time.sleep(0.05)
        yield port
    finally:
        end_group(process)
