"""`scripts/lab wpt`: runs a checkout's tests, or holds recordings of them against today's code."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader

from corsight.policies.fetch.origin import parse_url
from corsight.policies.record import Lines
from corsight.policies.rules.isolation import MIME_TYPE, NOSNIFF, WORKER_COEP
from corsight.scripts.errors import CorsightError
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from tests.browser.lab.drive import ENGINES
from tests.browser.lab.wpt import chromium, firefox, webkit
from tests.browser.lab.wpt.ground import FOLDERS, list_tests
from tests.browser.lab.wpt.run import FLOWS, SAID, VERDICTS, record
from tests.browser.lab.wpt.scoring import Score, score
from tests.browser.lab.wpt.seen import Seen, Sent
from tests.browser.lab.wpt.truth import tell

LINES = Lines(secrets=True)
DOMAINS = ("web-platform.test", "localhost", "127.0.0.1")
"""The hosts of the tests; all else is the browser's own background traffic."""
UNTOLD = {
    "chromium": frozenset({(NOSNIFF, ""), (MIME_TYPE, "")}),
    "firefox": frozenset({(MIME_TYPE, "style")}),
    "webkit": frozenset({(NOSNIFF, ""), (MIME_TYPE, ""), (WORKER_COEP, "")}),
}
"""The rules of checks before which what a browser says of a load ends, each with the destination that this holds for
("" for all): in Chromium that of workers and style sheets, in Firefox that of style sheets, and in WebKit that of a
frame's document. The tests themselves see what becomes of it (header-parsing, require-corp).
"""


def add_to(commands: Any) -> None:
    """Add the subcommand to the lab's."""
    command = commands.add_parser("wpt", help="run web-platform-tests, and hold the verdicts against the browser")
    command.add_argument("checkout", type=Path, nargs="?", metavar="DIR", help="a checkout of web-platform-tests")
    command.add_argument("--browser", choices=ENGINES, default="chromium")
    command.add_argument("--only", nargs="+", metavar="FOLDER", help="these folders or files of it")
    command.add_argument("--every", type=int, default=1, metavar="N", help="only each Nth page")
    command.add_argument("--python", default=sys.executable, help="runs the checkout's server (2019: a Python 2)")
    command.add_argument("--out", type=Path, help="keep the recording there")
    command.add_argument(
        "--again", type=Path, nargs="+", metavar="RECORDING", help="hold recordings against today's code"
    )
    command.add_argument("--ground", default="a checkout", help="what the checkout is, for the report")
    command.add_argument("--result", type=Path, help="write a result file, for the report")


def run(arguments: argparse.Namespace) -> int:
    """Run the tests, or take recordings of them; print the figures and every miss. Return 1 where there is one."""
    if arguments.again:
        paths = arguments.again
        scored = [hold(path) for path in paths]
        pages = sum(len(json.loads((path / SAID).read_text("utf-8"))["pages"]) for path in paths)
        said = json.loads((paths[0] / SAID).read_text("utf-8"))
    elif arguments.checkout is None:
        raise CorsightError("no checkout is named", todo="scripts/lab wpt DIR, or --again RECORDING")
    else:
        checkout = arguments.checkout.resolve()
        folders = arguments.only or [folder for folder in FOLDERS if (checkout / folder).is_dir()]
        tests = list_tests(checkout, folders)[:: arguments.every]
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="corsight-") as scratch:
            out = arguments.out or Path(scratch)
            said = record(arguments.browser, checkout, tests, out, arguments.python)
            scored, pages = [hold(out, live=True)], len(tests)
        unreported = sum(not page["reported"] for page in said["pages"])
        print(f"{len(tests)} pages, {unreported} without a report, {time.monotonic() - started:.0f} s", file=sys.stderr)
    total = scored[0]
    for other in scored[1:]:
        total.plus(other)
    if arguments.result:
        head = {name: said[name] for name in ("engine", "browser", "date")}
        head |= {"ground": arguments.ground, "pages": pages}
        arguments.result.write_text(json.dumps(head | as_json(total), indent=1) + "\n", encoding="utf-8")
    print(f"{said['browser']}\n{total}")
    return int(bool(total.misses))


def hold(out: Path, *, live: bool = False) -> Score:
    """Score a recording: by the addon's log of the run, or by what today's code says of it."""
    if not (out / SAID).is_file():
        raise CorsightError("this is no recording of web-platform-tests", where=str(out))
    said = json.loads((out / SAID).read_text("utf-8"))
    truths = tell(listen(said, out / FLOWS))
    records = (json.loads(line) for line in ((out / VERDICTS).open() if live else judge(out / FLOWS)))
    untold = UNTOLD[said["engine"]]
    return score(truths, [one for one in records if is_of_tests(one["url"])], said["pages"], untold)


def judge(flows: Path) -> Iterable[str]:
    """Yield the last log record of every exchange of a recording, by today's code."""
    return (LINES.line(judged) for judged in judge_recording(Recording(str(flows)), held=10**6))


def listen(said: dict[str, Any], flows: Path) -> list[Seen]:
    """Return the requests that a browser told of."""
    if said["engine"] == "webkit":
        return webkit.collect(said["heard"], list_sent(flows))
    return {"chromium": chromium, "firefox": firefox}[said["engine"]].collect(said["heard"])


def list_sent(flows: Path) -> list[Sent]:
    """Return the flows of a recording as what is joined by URL looks at them."""
    found = []
    with flows.open("rb") as file:
        for flow in FlowReader(file).stream():
            if isinstance(flow, HTTPFlow):
                request, target = flow.request, None
                if flow.response is not None and flow.response.status_code in range(300, 400):
                    location = flow.response.headers.get("location")
                    target = parse_url(location, request.url) if location is not None else None
                found.append(Sent(flow.id, request.url, request.method, request.timestamp_start, target))
    return found


def is_of_tests(url: str) -> bool:
    """Whether a URL is one of the tests', and none of the lab's own or of the browser's background traffic."""
    parts = urlsplit(url)
    return (parts.hostname or "").endswith(DOMAINS) and not parts.path.startswith("/__corsight_lab__")


def as_json(total: Score) -> dict[str, Any]:
    """A score as a result file keeps it."""
    kept = asdict(total)
    for miss in kept["misses"]:
        del miss["flow"], miss["url"]
    return kept
