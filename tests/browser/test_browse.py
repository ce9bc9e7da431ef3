"""Browsing with real browsers: what they say and what is judged agree, and nothing is left behind."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from websockets.sync.client import connect

from corsight.scripts.browse import session as sessions
from corsight.scripts.browse.plan import Plan
from corsight.scripts.browse.rows import Row
from corsight.scripts.browse.run import run
from corsight.scripts.browse.session import Session
from corsight.scripts.demo.shop import HOME, REQUESTS, SEEN
from corsight.scripts.errors import CorsightError
from corsight.scripts.gate.gate import Gate
from corsight.scripts.paths import ROOT
from corsight.scripts.processes import browsers, chromium
from corsight.scripts.processes.browsers import BrowserError, Engine
from corsight.scripts.processes.running import Running
from tests.running import ENGINES
from tests.scripts.commands.test_browse import nothing_left

pytestmark = pytest.mark.usefixtures("temporary")

SHOP = ROOT / "scripts" / "demo" / "inside.py"
LEGACY = "http://legacy.shop.test/stock/"
CALM = 2.0
"""Seconds that a browser is given to say what it has to, after the page is done."""


class Onlooker:
    """Sees the session that runs, and acts once the shop's page is done."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, act: Callable[[], bool] = lambda: True) -> None:
        self.session: Session | None = None
        self.rows: list[Row] = []
        self._act = act
        self._done: float | None = None
        made = Session.__init__

        def make(session: Session, *arguments: Any) -> None:
            made(session, *arguments)
            self.session = session

        monkeypatch.setattr(Session, "__init__", make)
        monkeypatch.setattr(sessions.signals, "was_interrupted", self._interrupted)

    def _interrupted(self) -> bool:
        assert self.session is not None
        self.rows = list(self.session.rows)
        if self._done is None and any(row.url == SEEN for row in self.rows):
            self._done = time.monotonic()
        return self._done is not None and time.monotonic() - self._done > CALM and self._act()


@ENGINES
def test_the_browser_agrees_and_tells_what_the_proxy_cannot_see(
    engine: Engine, temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onlooker = Onlooker(monkeypatch)
    assert run(Plan(url=HOME, browser=engine, headless=True, gate=Gate(fail_on="certain")), scripts=[SHOP]) == 1
    assert [row.url for row in onlooker.rows if row.disagrees] == []
    stopped = [row for row in onlooker.rows if row.by_browser]
    assert [(row.url, row.cause) for row in stopped] == [(LEGACY, "mixed-content")]
    for request in REQUESTS:
        rows = [row for row in onlooker.rows if row.url == request.url]
        said = {row.seen for row in rows if row.seen is not None}
        if request.mistake is None:
            assert said == {"loaded"}, request.url
        elif request.mistake != "mixed-content":
            assert said, request.url
            assert "loaded" not in said, request.url
    printed = capsys.readouterr()
    assert f"{LEGACY}: Mixed content" in printed.out
    assert "blocked by the browser" in printed.out
    assert "blocked   7" in printed.out
    assert printed.err == ""
    assert nothing_left(temporary)


@ENGINES
def test_where_corsight_says_the_contrary_a_report_is_written(
    engine: Engine, temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "https://reviews.test/lamp"
    onlooker = Onlooker(monkeypatch)
    tell = sessions.Rows.tell

    def mistaken(rows: Any, record: dict[str, Any]) -> Any:
        wrong = {"outcome": "allowed", "rule": None, "error": None, "message": None}
        return tell(rows, record | wrong if record["url"] == url else record)

    monkeypatch.setattr(sessions.Rows, "tell", mistaken)
    kept = tmp_path / "kept.mitm"
    assert run(Plan(url=HOME, browser=engine, headless=True, save=kept), scripts=[SHOP]) == 0
    assert [row.url for row in onlooker.rows if row.disagrees] == [url]
    written = (tmp_path / "kept.mitm.disagreements.md").read_text()
    name = browsers.pick(engine).name
    assert written.startswith(f"## {name} and Corsight disagree on GET {url}\n\n{name} kept it from the page (")
    assert "    GET https://reviews.test/lamp" in written
    assert "disagreements.md" in capsys.readouterr().out
    assert nothing_left(temporary)


@ENGINES
def test_without_watching_the_proxy_alone_tells(
    engine: Engine, temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onlooker = Onlooker(monkeypatch)
    assert run(Plan(url=HOME, browser=engine, headless=True, watch=False), scripts=[SHOP]) == 0
    assert {row.seen for row in onlooker.rows} == {None}
    assert not any(row.by_browser for row in onlooker.rows)
    assert sum(row.outcome == "blocked" for row in onlooker.rows) == 7
    assert nothing_left(temporary)


@ENGINES
def test_a_browser_that_is_killed_is_said_and_the_report_is_printed(
    engine: Engine, temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[int] = []
    look_on = Session.look_on

    def remember(session: Session, running: Running) -> Any:
        started.append(running.process.pid)
        return look_on(session, running)

    def kill() -> bool:
        os.killpg(started[0], signal.SIGKILL)
        return False

    monkeypatch.setattr(Session, "look_on", remember)
    Onlooker(monkeypatch, kill)
    with pytest.raises(BrowserError, match=f"^{browsers.pick(engine).name} ended by itself: "):
        run(Plan(url=HOME, browser=engine, headless=True), scripts=[SHOP])
    assert "blocked   7" in capsys.readouterr().out
    assert nothing_left(temporary)


@pytest.mark.browser("chromium")
def test_a_browser_that_does_not_trust_the_proxy_is_said(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onlooker = Onlooker(monkeypatch)
    monkeypatch.setattr(chromium, "hash_public_key", lambda authority: "A" * 43 + "=")

    def refused() -> bool:
        assert onlooker.session is not None
        return onlooker.session.mistrust() is not None

    monkeypatch.setattr(sessions.signals, "was_interrupted", refused)
    with pytest.raises(CorsightError, match=r"^the browser does not trust the proxy's certificate for shop\.test; "):
        run(Plan(url=HOME, browser="chromium", headless=True), scripts=[SHOP])
    assert nothing_left(temporary)


@ENGINES
def test_a_browser_that_is_closed_ends_the_session(
    engine: Engine, temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[Running] = []
    look_on = Session.look_on

    def remember(session: Session, running: Running) -> Any:
        opened.append(running)
        return look_on(session, running)

    def close() -> bool:
        [running] = opened
        if asked:
            return False
        asked.append(True)
        if running.devtools is not None:
            with connect(running.devtools, proxy=None) as socket:
                socket.send(json.dumps({"id": 1, "method": "Browser.close"}))
        elif running.marionette is not None:
            running.marionette.call("Marionette:SetContext", value="chrome")
            quit = "setTimeout(() => Services.startup.quit(Ci.nsIAppStartup.eAttemptQuit), 100);"
            running.marionette.call("WebDriver:ExecuteScript", script=quit, args=[], sandbox="system")
        return False

    asked: list[bool] = []
    monkeypatch.setattr(Session, "look_on", remember)
    Onlooker(monkeypatch, close)
    assert run(Plan(url=HOME, browser=engine, headless=True), scripts=[SHOP]) == 0
    assert "blocked   7" in capsys.readouterr().out
    assert nothing_left(temporary)


@pytest.mark.browser("chromium")
def test_a_proxy_that_is_killed_is_said(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    onlooker = Onlooker(monkeypatch, lambda: onlooker.session._proxy.process.kill() or False)  # type: ignore[union-attr, func-returns-value]
    with pytest.raises(CorsightError, match=r"^mitmproxy ended too early: "):
        run(Plan(url=HOME, browser="chromium", headless=True), scripts=[SHOP])
    assert nothing_left(temporary)


@ENGINES
def test_the_live_page_shows_what_the_browser_itself_stopped(
    engine: Engine, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[str] = []

    def save() -> bool:
        assert onlooker.session is not None
        assert onlooker.session._proxy.page is not None
        saved.append(read_page(onlooker.session._proxy.page, "/export/findings.txt"))
        return True

    onlooker = Onlooker(monkeypatch, save)
    assert run(Plan(url=HOME, browser=engine, headless=True, web=True), scripts=[SHOP]) == 0
    [text] = saved
    assert "Stopped by the browser itself" in text
    assert f"{LEGACY}: Mixed content" in text
    assert "[mixed-content]" in text


def read_page(link: str, path: str) -> str:
    """A file of the live page, as whoever has the printed link gets it."""
    where = urlsplit(link)
    connection = HTTPConnection("127.0.0.1", where.port or 80)
    headers = {"Host": where.netloc}
    connection.request("GET", f"/?{where.query}", headers=headers)
    answer = connection.getresponse()
    answer.read()
    cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
    connection.request("GET", path, headers=headers | {"Cookie": cookie})
    text = connection.getresponse().read().decode()
    connection.close()
    return text


@pytest.mark.browser("chromium")
def test_mitmweb_can_show_it_instead(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Onlooker(monkeypatch)
    assert run(Plan(url=HOME, browser="chromium", headless=True, web=True), scripts=[SHOP]) == 0
    printed = capsys.readouterr().out
    assert "\nmitmweb shows it at http://127.0.0.1:" in printed
    assert "The live page shows it at http://corsight.localhost:" in printed
    assert "blocked   7" in printed
    assert nothing_left(temporary)


@pytest.mark.browser("chromium")
def test_in_a_terminal_the_table_is_live_and_keys_patch_and_end_it(temporary: Path, tmp_path: Path) -> None:
    control, terminal = pty.openpty()
    code = (
        "from pathlib import Path; from corsight.scripts.browse.plan import Plan; "
        "from corsight.scripts.browse.run import run; "
        "from corsight.scripts.demo.shop import HOME; "
        f"raise SystemExit(run(Plan(url=HOME, browser='chromium', headless=True), scripts=[Path({str(SHOP)!r})]))"
    )
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "40"}
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        cwd=tmp_path,
        env=environment,
        start_new_session=True,
    )
    os.close(terminal)
    try:
        shown = read_until(control, "shop.test/seen")
        assert "\x1b[?1049h" in shown, "the alternate screen"
        assert "blocked" in shown
        os.write(control, b"/reviews.test\r")
        read_until(control, "1 shown")
        os.write(control, b"p")
        read_until(control, "Patched from now on")
        os.write(control, b"\r")
        read_until(control, "reviews.test in the browser", "scroll")
        os.write(control, b"q")
        read_until(control, "Enter story")
        os.write(control, b"s")
        read_until(control, "Saved so far: corsight-")
        os.write(control, b"q")
        assert f"{LEGACY}: Mixed content" in read_until(control, "Stopped by the browser itself")
        assert process.wait(20) == 0
        [saved] = tmp_path.glob("corsight-*.mitm")
        assert saved.stat().st_size > 0
        assert nothing_left(temporary)
    finally:
        process.kill()
        os.close(control)


def read_until(control: int, *wanted: str) -> str:
    """What the terminal shows until it showed any of `wanted`, and then nothing new for a moment."""
    shown, deadline = "", time.monotonic() + 40
    while time.monotonic() < deadline:
        ready = select.select([control], [], [], 0.5)[0]
        if not ready:
            if any(one in shown for one in wanted):
                return shown
            continue
        try:
            shown += os.read(control, 65536).decode(errors="replace")
        except OSError:
            return shown
    raise AssertionError(f"none of {wanted} in: {shown[-2000:]!r}")
