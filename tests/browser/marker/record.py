"""Runs drawn steps in a browser behind the proxy, with the marker or without."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from corsight.scripts.processes.machine import end_group, free_port
from tests.browser.lab.drive import Engine, drive
from tests.browser.lab.record import ADDON, MITMDUMP, ROOT
from tests.browser.marker.steps import Step
from tests.running import is_served

SERVER = Path(__file__).with_name("server.py")
FLOWS, VERDICTS, SEEN, RESULTS = "flows.mitm", "verdicts.jsonl", "seen.jsonl", "results.jsonl"


def record(engine: Engine, steps: list[Step], folder: Path, *, marker: bool, http2: bool = True) -> dict[str, str]:
    """Run `steps` in `engine`, and return what became of each by its name. Recording, log, and what the servers saw are
    in `folder`.
    """
    (folder / "steps.json").write_text(json.dumps(steps))
    (folder / RESULTS).touch()
    port = free_port()
    options: dict[str, Any] = {
        "confdir": folder,
        "connection_strategy": "lazy",
        "listen_host": "127.0.0.1",
        "listen_port": port,
        "http2": str(http2).lower(),
        "cors_log": folder / VERDICTS,
        "marker_folder": folder,
    }
    if marker:
        options |= {"cors_marker": "true", "cors_marker_scope": "everything"}
    command = [*MITMDUMP, "--quiet", "-s", str(ADDON), "-s", str(SERVER), "-w", str(folder / FLOWS)]
    for name, value in options.items():
        command += ["--set", f"{name}={value}"]
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with (folder / "mitmdump.log").open("wb") as log:
        process = subprocess.Popen(
            command, start_new_session=True, stdout=log, stderr=log, env=os.environ | {"PYTHONPATH": path}
        )
    results: dict[str, str] = {}
    try:
        _wait(lambda: (folder / "mitmproxy-ca-cert.pem").exists() and is_served(port), folder)
        with drive(engine, port, folder) as driver:
            for page in dict.fromkeys(step["page"] for step in steps):
                driver.go(f"{page}/")
                results |= _await(folder, page)
    finally:
        process.terminate()
        process.wait(timeout=20)
        end_group(process)
    return results


def _await(folder: Path, page: str) -> dict[str, str]:
    found: dict[str, str] = {}

    def posted() -> bool:
        for line in (folder / RESULTS).read_text().splitlines():
            origin, said = json.loads(line)
            if origin == page:
                found.update(said)
        return bool(found)

    _wait(posted, folder)
    return found


def _wait(ready: Any, folder: Path) -> None:
    deadline = time.monotonic() + 120
    while not ready():
        if time.monotonic() > deadline:
            raise AssertionError(f"not in time; {(folder / 'mitmdump.log').read_text()[-2000:]}")
        time.sleep(0.1)


def read_lines(path: Path) -> list[Any]:
    """The objects of a file of JSON Lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def last_words(folder: Path) -> dict[str, dict[str, Any]]:
    """The last record of the request of each step, by the step's name; of its preflight where no request came."""
    records = {one["flow"]: one for one in read_lines(folder / VERDICTS)}
    said: dict[str, dict[str, Any]] = {}
    for one in records.values():
        name = one["url"].rpartition("/step/")[2]
        if "/step/" in one["url"] and (one["role"] == "request" or name not in said):
            said[name] = one
    return said
