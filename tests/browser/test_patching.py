"""Pages that fail without a patch pass with one, in real browsers; outside its scope, and once it is off, they fail."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from corsight.scripts.paths import ROOT
from corsight.scripts.processes.browsers import BrowserError
from corsight.scripts.processes.machine import end_group, free_port
from tests.browser.lab.drive import Engine, drive
from tests.browser.lab.record import MITMDUMP
from tests.browser.patching.cases import API, PAGES, SCOPE, TRUSTED, cases
from tests.running import ENGINES, is_served

PATIENCE = 60.0


POLICY = """\
version: 1
policies:
  - name: api
    match: {hosts: [api.test]}
    origins: [https://page.test]
    methods: [GET, PUT]
    request_headers: [X-A, Authorization]
    credentials: true
    max_age: 600
"""


@ENGINES
def test_a_patch_lets_pages_pass_where_it_is_asked_to_and_nowhere_else(engine: Engine, tmp_path: Path) -> None:
    got = visit(engine, tmp_path, "blocked", PAGES)
    records = logged(tmp_path)
    wrong = []
    for name, (off, on, off_again) in got.items():
        asked = cases(name)
        assert len(off) == len(on) == len(off_again) == len(asked)
        for number, case in enumerate(asked):
            seen = off[number] == "ok", on[number] == "ok", off_again[number] == "ok"
            if seen != (False, case["passes"], False):
                wrong.append((name, number, case["rule"], off[number], on[number], off_again[number], case))
            mine = [one for one in records if f"/{name}/{number}/" in one["url"] and "?first" not in one["url"]]
            blocked_by = {one["before"]["rule"] for one in mine if one["before"] is not None}
            if case["passes"] and case["rule"] not in blocked_by:
                wrong.append((name, number, case["rule"], "before", blocked_by))
            if not case["passes"] and any(one["patched"] for one in mine):
                wrong.append((name, number, case["rule"], "patched"))
    assert not wrong, "\n".join(map(str, wrong))
    rules = {case["rule"] for name in PAGES for case in cases(name)}
    assert len(rules) >= 18, "every rule that headers can mend, and some that none can"


@ENGINES
def test_a_policy_answers_in_the_servers_place_and_preflights_without_it(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    off, on, off_again = visit(engine, tmp_path, "policy", ["https"], cors_policy=tmp_path / "policy.yaml")["https"]
    preflights, wrong = 0, []
    for number, case in enumerate(cases("https")):
        # The policy says nothing of CORP, nor of the opaque origin that a redirect from another host makes.
        granted = case["passes"] and not case["rule"].startswith("corp") and case["hops"][-1]["host"] == API
        seen = off[number] == "ok", on[number] == "ok", off_again[number] == "ok"
        if seen != (False, granted, False):
            wrong.append((number, case["rule"], off[number], on[number], off_again[number], case))
        for one in logged(tmp_path):
            if f"/https/{number}/" in one["url"] and one["role"] == "preflight" and one["patched"]:
                preflights += 1
                assert one["before"] is None, "the server was not asked"
    assert not wrong, "\n".join(map(str, wrong))
    assert preflights > 20


def logged(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def visit(
    engine: Engine, folder: Path, mode: str, pages: Iterable[str], **options: object
) -> dict[str, list[list[str]]]:
    """What the pages got, by their names: with patching off, in this mode, and off again."""
    posted = folder / "results.jsonl"
    posted.touch()
    got: dict[str, list[list[str]]] = {}
    with proxy(folder, posted, options) as (port, mitmdump), drive(engine, port, folder) as driver:
        visits = [(name, phase) for name in pages for phase in ("first", mode, "off")]
        for number, (name, phase) in enumerate(visits):
            driver.go(f"{PAGES[name]}/__page?{phase}")
            deadline = time.monotonic() + PATIENCE
            while (text := posted.read_text()).count("\n") <= number:
                if mitmdump.poll() is not None or time.monotonic() > deadline:
                    raise BrowserError(f"{name} did not finish: {(folder / 'mitmdump.log').read_text()[-500:]}")
                time.sleep(0.1)
            got.setdefault(name, []).append(json.loads(text.splitlines()[number]))
    return got


@contextlib.contextmanager
def proxy(folder: Path, posted: Path, more: Mapping[str, object]) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A mitmdump that is the whole web, with Corsight in it; yields its port and process."""
    port = free_port()
    options: dict[str, object] = {
        "confdir": folder,
        "connection_strategy": "lazy",
        "cors_log": folder / "log.jsonl",
        "cors_patch": "off",
        "cors_patch_scope": SCOPE,
        "cors_patch_origins": TRUSTED,
        "listen_host": "127.0.0.1",
        "listen_port": port,
        "test_results": posted,
    }
    server = ROOT / "tests" / "browser" / "patching" / "server.py"
    command = [*MITMDUMP, "--set", "flow_detail=0", "-s", str(ROOT / "addons" / "cors.py"), "-s", str(server)]
    for name, value in (options | more).items():
        for one in value if isinstance(value, list) else [value]:
            command += ["--set", f"{name}={one}"]
    with (folder / "mitmdump.log").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    try:
        while not is_served(port):
            if process.poll() is not None:
                raise BrowserError(f"mitmdump ended at once: {(folder / 'mitmdump.log').read_text()[-500:]}")
            time.sleep(0.05)
        yield port, process
    finally:
        end_group(process)
