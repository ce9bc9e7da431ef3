"""What real browsers write to their consoles is pasted into `corsight check`, and each line is answered rightly."""

from __future__ import annotations

import contextlib
import io
import json
import time
from pathlib import Path

import pytest

from corsight.policies.console import Message, read_messages
from corsight.scripts import cli
from corsight.scripts.processes import proxy
from tests.browser.console import untrusted
from tests.browser.console.cases import CASES, FILE, Case
from tests.browser.console.listen import copy, listen
from tests.browser.console.pages import render
from tests.browser.lab.drive import Driver, Engine

SERVER = Path(__file__).with_name("console") / "server.py"
PATIENCE = 40.0
QUIET, LATE = 1.0, 8.0
"""Seconds that a console has for its last line, and those that it has for what was expected."""


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param("chromium", marks=pytest.mark.browser("chromium")),
        pytest.param("firefox", marks=pytest.mark.browser("firefox")),
        pytest.param("webkit", marks=pytest.mark.browser("webkit")),
    ],
)
def test_every_line_of_a_console_is_answered(engine: Engine, tmp_path: Path) -> None:
    said = visit(engine, tmp_path)
    wrong = []
    for case, pasted in said:
        messages = read_messages(pasted)
        if not is_right(engine, case, messages):
            codes = {message.cause or message.rule or "" for message in messages}
            wrong.append(f"{case.name}: expected {case.expect(engine)}, read {codes} of\n{pasted}\n")
        elif messages:
            assert answer(pasted) == (1 if any(message.stops for message in messages) else 0), case.name
    assert not wrong, "\n".join(wrong)
    assert len(said) >= 25


def test_the_messages_of_one_paste_are_answered_one_by_one() -> None:
    [case] = [case for case in CASES if case.name == "several"]
    assert len(case.expect("chromium")) == 3


def is_right(engine: Engine, case: Case, messages: list[Message]) -> bool:
    """Whether the messages tell what was expected, and nothing else, each as this browser's."""
    codes = {message.cause or message.rule or "" for message in messages}
    return codes == case.expect(engine) and all(message.engine == engine for message in messages)


def answer(pasted: str) -> int:
    """Return the exit code of `corsight check --paste`."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.run(["check", "--paste", pasted])
    assert code != 2, err.getvalue()
    assert "cause" in out.getvalue() or "rule" in out.getvalue()
    return code


def visit(engine: Engine, folder: Path) -> list[tuple[Case, str]]:
    """What the console showed on the page of each case that this browser can do, with what its script was told."""
    posted, files = folder / "results.jsonl", folder / "files"
    posted.touch()
    files.mkdir()
    (files / "x.json").write_text("{}")
    (files / "x.mjs").write_text("1")
    found, before = [], ""
    with (
        untrusted.serve(folder) as port,
        proxy.start(folder, scripts=(SERVER,), connection_strategy="lazy", test_results=posted) as running,
        listen(engine, running.port, folder, port) as driver,
    ):
        for case in CASES:
            if case.does(engine):
                since = len(driver.console)
                told = go(driver, case, files, posted)
                found.append((case, wait(engine, driver, case, since, (told, before))))
                before = told
    return found


def wait(engine: Engine, driver: Driver, case: Case, since: int, said: tuple[str, str]) -> str:
    """Return what the console shows of a case, as soon as that is what was expected, or else after a while.

    `said` is what its script was told, and the script before it, which the console may show late.
    """
    told, before = said
    end = time.monotonic() + (LATE if case.expect(engine) else QUIET)
    while True:
        driver.look()
        lines = [line for line in copy(driver, since) if before == told or not is_late(line, before)]
        # Most consoles show what nobody caught by themselves.
        lines += [] if any(told in line for line in lines) else [told]
        shown = "\n".join(line for line in lines if is_of(case, line))
        if time.monotonic() > end or (case.expect(engine) and is_right(engine, case, read_messages(shown))):
            return shown
        time.sleep(0.1)


def is_late(line: str, before: str) -> bool:
    """Whether a line shows what the script before was told. WebKit's inspector cuts long ones off."""
    begun = line.removeprefix("Unhandled Promise Rejection: ").removesuffix("...")
    return bool(before) and (before in line or (line.endswith("...") and before.startswith(begun)))


@pytest.mark.parametrize(
    ("line", "late"),
    [
        ("Unhandled Promise Rejection: SecurityError: Blocked an attempt of long ago", True),
        ("Unhandled Promise Rejection: SecurityError: Blocked an att...", True),
        ("Unhandled Promise Rejection: TypeError: Load failed", False),
        ("Fetch API cannot load https://api.test/ due to access control checks.", False),
    ],
)
def test_a_late_line_is_known_by_what_the_script_before_was_told(line: str, late: bool) -> None:
    assert is_late(line, "SecurityError: Blocked an attempt of long ago") is late
    assert not is_late(line, "")


def is_of(case: Case, line: str) -> bool:
    """Whether a line is of this case: Chromium repeats what an earlier service worker wrote, `-` is the page's own."""
    worker = "FetchEvent" in line or line == "Uncaught (in promise) Error: no"
    return bool(line) and not line.endswith("Error: -") and (not worker or case.name.startswith("worker-"))


def go(driver: Driver, case: Case, files: Path, posted: Path) -> str:
    """Visit the page of a case; return what its script was told of the failure, empty where nothing failed there."""
    before = posted.read_text().count("\n")
    url = f"{case.page}/__page/{case.name}"
    if case.page == FILE:
        path = files / f"{case.name}.html"
        path.write_text(render(case.name, "https://app.test/__result"))
        url = path.as_uri()
    driver.go(url)
    end = time.monotonic() + PATIENCE
    while posted.read_text().count("\n") <= before:
        assert time.monotonic() < end, f"{case.name} did not finish"
        time.sleep(0.1)
        driver.look()
    told: str = json.loads(posted.read_text().splitlines()[before])["told"]
    return told
