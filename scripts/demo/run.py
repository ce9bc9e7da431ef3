"""Runs the demo: proxy, browser, report.

1. Whatever ends it, an error or Ctrl-C too, ends the browser's process group and the proxy.
2. Where no browser starts, the recording that comes with Corsight stands in, and that is said.
3. What the page saw is held against what was judged, request by request.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader

from corsight.policies.record import record
from corsight.policies.session import Judged
from corsight.scripts.demo.shop import HOME, REQUESTS, SEEN
from corsight.scripts.errors import CorsightError, one_line
from corsight.scripts.gate.sift import sift
from corsight.scripts.judging import judge_recording
from corsight.scripts.paths import ADDON, ROOT, show_path
from corsight.scripts.processes import browsers, launch, proxy
from corsight.scripts.processes.browsers import Browser, BrowserError
from corsight.scripts.processes.machine import has_display
from corsight.scripts.processes.running import Running
from corsight.scripts.processes.signals import LateError, end_by_signals, end_if_signalled, wait_for
from corsight.scripts.recordings import Recording
from corsight.scripts.report.findings import Findings
from corsight.scripts.report.text import Report, write

type Record = dict[str, Any]
Choice = Literal["auto", "chromium", "firefox", "none"]

RECORDING = ROOT / "examples" / "shop.mitm"
INSIDE = Path(__file__).with_name("inside.py")
SHOP = r"~d \.test$"
"""The filter expression of the shop's own traffic: browsers talk to their makers too, and are told 404 here."""


def run(choice: Choice, *, keep: Path | None = None, show: bool = False, verbose: bool = False) -> None:
    """Visit the shop, and print what Corsight says of it."""
    if show and not has_display():
        raise CorsightError("there is no display to show the browser on", todo="leave --show out")
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
    with (
        end_by_signals(),
        tempfile.TemporaryDirectory(prefix="corsight-demo-", ignore_cleanup_errors=True) as temporary,
    ):
        folder = Path(temporary)
        say("A small shop, its servers inside a mitmproxy: nothing leaves this machine.")
        browser = visit_with_first(choice, folder, show)
        if browser is None:
            replay(folder)
        if keep is not None:
            for name in ("shop.mitm", "verdicts.jsonl"):
                shutil.copyfile(folder / name, keep / name)
        recording, judged = judge_again(folder / "shop.mitm")
        records = latest(folder / "verdicts.jsonl")
        seen = seen_by_page(folder / "shop.mitm")
    print()
    name = "the visit to the shop" if browser else show_path(RECORDING)
    print_report(judged, name, recording.exchanges, verbose=verbose)
    print()
    print(agreement(records, seen, browser))
    print()
    print(next_steps(keep, browser=browser, verbose=verbose))


# -- the visit, with a browser ----------------------------------------------------------------------------------------


def visit_with_first(choice: Choice, folder: Path, show: bool) -> str | None:
    """Visit the shop with the first browser that can; its name, or None where none can."""
    if choice == "none":
        return None
    if choice != "auto":
        visit(browsers.pick(choice), folder, show)
        return browsers.pick(choice).name
    for browser in browsers.find():
        try:
            visit(browser, folder, show)
        except (BrowserError, LateError) as problem:
            say(f"The visit failed: {one_line(str(problem))}.")
        else:
            return browser.name
    say("There is no browser that starts here.")
    return None


def visit(browser: Browser, folder: Path, show: bool = False) -> None:
    """Open the shop in the browser; leaves `shop.mitm` and `verdicts.jsonl` in the folder."""
    say(f"Opening it in {browser.name}, behind Corsight's proxy.")
    for name in ("seen.json", "shop.mitm", "verdicts.jsonl"):
        (folder / name).unlink(missing_ok=True)
    done = folder / "seen.json"
    with shop(folder) as port, launch.start(browser, port, folder, HOME, headless=not show) as running:
        wait_for(done.exists, lambda: _ended(running), f"{browser.name} did not finish the page")
        if show:
            _stay_open(running)


def _ended(running: Running) -> BrowserError | None:
    if running.is_alive():
        return None
    return BrowserError(f"{running.browser.name} ended early: {running.read_last_line()}")


def _stay_open(running: Running) -> None:
    say(f"Press Enter here, or close {running.browser.name}, to see the report.")
    pressed = threading.Event()

    def read() -> None:
        # Not sys.stdin: a daemon thread that waits in there may break the interpreter's own end.
        os.read(0, 1024)
        pressed.set()

    if sys.stdin is not None and sys.stdin.isatty():
        threading.Thread(target=read, daemon=True).start()
    while running.is_alive() and not pressed.wait(0.1):
        end_if_signalled()


@contextlib.contextmanager
def shop(folder: Path) -> Iterator[int]:
    """Start a mitmdump with Corsight and the shop in it, on a loopback port of its own choice; yield the port."""
    options: dict[str, Any] = {
        "connection_strategy": "lazy",
        "cors_log": folder / "verdicts.jsonl",
        "cors_scope": SHOP,
        "save_stream_file": folder / "shop.mitm",
        "save_stream_filter": SHOP,
    }
    with proxy.start(folder, scripts=[INSIDE], **options) as running:
        yield running.port


# -- the visit, as recorded -------------------------------------------------------------------------------------------


def replay(folder: Path) -> None:
    """Judge the recording that comes with Corsight; leaves `shop.mitm` and `verdicts.jsonl` in the folder."""
    say(f"Reading the visit recorded in {show_path(RECORDING)}.")
    if not RECORDING.is_file():
        raise CorsightError("the recorded visit is not there", where=str(RECORDING), todo="install Corsight again")
    shutil.copyfile(RECORDING, folder / "shop.mitm")
    _, judged = judge_again(RECORDING)
    records = (json.dumps(record(one)) for one in judged)
    (folder / "verdicts.jsonl").write_text("".join(f"{line}\n" for line in records), encoding="utf-8")


def judge_again(path: Path) -> tuple[Recording, list[Judged]]:
    """Return what `corsight audit` makes of a recording."""
    recording = Recording(str(path))
    judged = list(judge_recording(recording))
    if recording.problem is not None:
        raise recording.problem
    return recording, judged


def seen_by_page(recording: Path) -> dict[str, bool]:
    """Return, for each URL that the page asked for, whether the page got it: what the page posted to the shop."""
    with recording.open("rb") as file:
        for flow in FlowReader(file).stream():
            if isinstance(flow, HTTPFlow) and flow.request.pretty_url == SEEN:
                return {result["url"]: result["loaded"] for result in json.loads(flow.request.content or b"[]")}
    return {}


# -- what is printed --------------------------------------------------------------------------------------------------


def say(line: str) -> None:
    print(line, flush=True)


def latest(verdicts: Path) -> list[Record]:
    """Return the records of a log: of each exchange the last one, in the order of the exchanges."""
    records = (json.loads(line) for line in verdicts.read_text(encoding="utf-8").splitlines())
    return sorted({record["flow"]: record for record in records}.values(), key=lambda one: one["started"])


def print_report(judged: list[Judged], name: str, exchanges: int, *, verbose: bool = False) -> None:
    """Print the report of `corsight audit`."""
    findings = Findings()
    for one in judged:
        findings.add(one)
    sifted = sift(findings.sorted())
    write(Report(findings, sifted, [(name, exchanges)]), sys.stdout, verbose=verbose)


def agreement(records: list[Record], seen: dict[str, bool], browser: str | None) -> str:
    """Return how often the page got what Corsight says it got, and where not."""
    wrong = []
    for request in REQUESTS:
        fetches = {record["fetch"] for record in records if record["url"] == request.url}
        blocked = {
            record["rule"] for record in records if record["fetch"] in fetches and record["outcome"] == "blocked"
        }
        loaded = seen.get(request.url)
        if not fetches or loaded is None:
            wrong.append(f"  {request.url}: " + ("the page did not say" if fetches else "never seen in the proxy"))
        elif loaded == bool(blocked):
            said = f"blocked ({', '.join(sorted(blocked))})" if blocked else "allowed"
            wrong.append(f"  {request.url}: Corsight says {said}, and the page {'got' if loaded else 'did not get'} it")
    who = "The browser" if browser else "The recorded browser"
    agreed = f"{who} agreed on {len(REQUESTS) - len(wrong)} of {len(REQUESTS)}"
    if wrong:
        return "\n".join([f"{agreed}, but not on:", *wrong])
    return f"{agreed}:\nwhat is blocked above never reached the page, and everything else did."


def next_steps(keep: Path | None, *, browser: str | None = None, verbose: bool = False) -> str:
    """Return what to run next, as it can be typed here."""
    beside = Path(sys.executable).with_name("mitmdump")
    mitmdump = "mitmdump" if shutil.which("mitmdump") or not beside.is_file() else show_path(beside)
    launcher = ROOT / "scripts" / "corsight"
    launcher = launcher if launcher.is_file() else Path(sys.executable).with_name("corsight")
    corsight = "corsight" if shutil.which("corsight") else show_path(launcher)
    recording = RECORDING if browser is None else None if keep is None else keep / "shop.mitm"
    lines = []
    if not verbose:
        lines.append("What is wrong with each of them, and the fix:")
        again = "demo -v" if recording is None else f"audit {show_path(recording)} -v"
        lines.append(f"  {corsight} {again}")
    lines += ["Your own traffic next, as it passes:", f"  {mitmdump} -s {show_path(ADDON)}"]
    lines += ["or as it was recorded:", f"  {corsight} audit FILE"]
    if keep is not None:
        lines.append(f"The recording and the verdicts of this visit are in {show_path(keep)}.")
    return "\n".join(lines)
