"""The demo shows every mistake of the shop, and nothing else; the browser agrees; and nothing is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from corsight.policies.record import record
from corsight.scripts import cli
from corsight.scripts.demo import run as demo
from corsight.scripts.demo.shop import REQUESTS
from corsight.scripts.errors import CorsightError
from corsight.scripts.paths import ROOT
from corsight.scripts.processes import browsers, proxy, signals
from corsight.scripts.processes.browsers import Browser
from tests.running import BROWSERS, eventually, list_processes

pytestmark = pytest.mark.usefixtures("temporary")


def records_of(folder: Path) -> list[dict[str, Any]]:
    return demo.latest(folder / "verdicts.jsonl")


def rules_by_url(records: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Of each request's URL, what blocked it anywhere on its way."""
    found = {}
    for request in REQUESTS:
        fetches = {record["fetch"] for record in records if record["url"] == request.url}
        assert len(fetches) == 1
        found[request.url] = {
            record["rule"] for record in records if record["fetch"] in fetches and record["outcome"] == "blocked"
        }
    return found


def verdicts(records: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What is said of each exchange; evidence may come later, and change nothing."""
    said = ("flow", "role", "fetch", "engine", "outcome", "certainty", "rule", "error", "message")
    return [tuple(one[key] for key in said) for one in records]


EXPECTED = {request.url: {request.mistake} if request.mistake else set() for request in REQUESTS}


def test_the_shop_makes_seven_mistakes() -> None:
    assert sum(request.mistake is not None for request in REQUESTS) == 7
    assert len({request.url for request in REQUESTS}) == len(REQUESTS)


FIXES = {
    "https://reviews.test/lamp": "fix Access-Control-Allow-Origin: https://shop.test Vary: Origin",
    "https://api.shop.test/cart/1": "fix Access-Control-Allow-Methods: GET, PUT, DELETE",
    "https://api.shop.test/price": "fix Access-Control-Allow-Headers: content-type, x-currency",
    "https://api.shop.test/orders": "status 204",
    "https://api.shop.test/stock": "to do Redirect to https",
    "https://api.shop.test/account": "to do Send the user to the login",
    "https://pay.test/wallet": "fix Access-Control-Allow-Origin: https://shop.test Vary: Origin "
    "Access-Control-Allow-Credentials: true",
}
"""Of each mistake, how its report begins to say what to do. Mixed content and a missing login no header mends."""


def test_the_recording_shows_every_mistake_with_its_fix_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    demo.run("none", keep=tmp_path / "kept", verbose=True)
    printed = capsys.readouterr().out
    shows_every_mistake_with_its_fix(printed)
    visit = printed.partition("\nThe recorded browser")[2].partition("Your own traffic")[0]
    assert max(len(line) for line in visit.splitlines()) <= 80
    assert "The recorded browser agreed on 11 of 11:" in printed
    records = records_of(tmp_path / "kept")
    assert rules_by_url(records) == EXPECTED
    # A fetch() that does not follow redirects would not have been blocked: the wire does not tell.
    unsure = {one["url"] for one in records if one["certainty"] != "certain"}
    assert unsure == {"https://api.shop.test/stock"}
    assert (tmp_path / "kept" / "shop.mitm").read_bytes() == demo.RECORDING.read_bytes()


def test_each_mistake_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    demo.run("none")
    printed = capsys.readouterr().out
    rows = [line for line in printed.splitlines() if line.endswith((" server", " page"))]
    assert [row.split()[0] for row in rows] == list("1234567")
    assert len(printed.splitlines()) <= 40
    assert "corsight audit " in printed


def shows_every_mistake_with_its_fix(printed: str) -> None:
    text = " ".join(printed.split())
    assert set(FIXES) == {url for url, rules in EXPECTED.items() if rules}
    for request in REQUESTS:
        asked = f"request {(request.init or {}).get('method', 'GET')} {request.url} "
        if request.mistake is None:
            assert asked not in text
            continue
        after = text.partition(asked)[2]
        assert FIXES[request.url] in after[: after.index(" rule ")].partition(" request ")[0]
        assert after.partition(" rule ")[2].startswith(f"{request.mistake} (")


def test_the_recording_is_of_the_shop_as_it_is(tmp_path: Path) -> None:
    """Where this fails, examples/README.md says how to record it again."""
    from mitmproxy.io import FlowReader

    from corsight.scripts.demo.shop import answer

    with demo.RECORDING.open("rb") as file:
        for flow in FlowReader(file).stream():
            said = answer(flow.request.method, flow.request.pretty_url)
            headers = {name: value for name, value in flow.response.headers.items() if name != "content-length"}
            assert (flow.response.status_code, headers, flow.response.text) == (said.status, said.headers, said.body)
            assert flow.client_conn.peername[0] == "127.0.0.1"


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_browser_agrees_on_every_request(
    browser: str, tmp_path: Path, temporary: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["demo", "-v", "--browser", browser, "--keep", str(tmp_path / "kept")]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert "The browser agreed on 11 of 11:" in printed.out
    shows_every_mistake_with_its_fix(printed.out)
    records = records_of(tmp_path / "kept")
    assert rules_by_url(records) == EXPECTED
    asked = [record["url"] for record in records if record["url"] in EXPECTED]
    assert list(dict.fromkeys(asked)) == list(EXPECTED), "in the order of the page"
    assert nothing_left(temporary)
    _, judged = demo.judge_again(tmp_path / "kept" / "shop.mitm")
    assert verdicts([record(one) for one in judged]) == verdicts(records), "audit says what the addon said"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), pytest.param(signal.SIGKILL, -9)]
)
@pytest.mark.browser("chromium")
def test_whatever_ends_it_ends_the_proxy_and_the_browser(number: int, code: int, temporary: Path) -> None:
    command = [sys.executable, "-m", "corsight.scripts.cli", "demo", "--browser", "chromium"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        assert eventually(lambda: any("--user-data-dir" in line for line in running_in(temporary)))
        process.send_signal(number)
        assert process.wait(20) == code
        if number == signal.SIGKILL:
            # Nobody can clean up then; at least the proxy, which holds the port, ends.
            assert eventually(lambda: not any("mitmdump" in line for line in running_in(temporary)))
        else:
            assert nothing_left(temporary)
    finally:
        end_all_in(temporary)


def test_without_a_browser_the_recording_stands_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browsers, "find", lambda engine=None: [])
    demo.run("auto")
    printed = capsys.readouterr().out
    assert "\nThere is no browser that starts here.\nReading the visit recorded in " in printed
    assert "The recorded browser agreed on 11 of 11:" in printed


def test_a_browser_that_does_not_start_is_named_and_the_recording_stands_in(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = Browser("chromium", "Chromium", Path("/bin/false"))
    monkeypatch.setattr(browsers, "find", lambda engine=None: [broken])
    demo.run("auto")
    printed = capsys.readouterr().out
    assert "The visit failed: Chromium ended early: it said nothing.\nThere is no browser" in printed
    assert "The recorded browser agreed on 11 of 11:" in printed
    assert nothing_left(temporary)


def test_a_browser_asked_for_by_name_has_to_be_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(browsers, "find", lambda engine=None: [])
    assert cli.run(["demo", "--browser", "firefox"]) == 2
    assert capsys.readouterr().err == "corsight: Firefox is not on the PATH or in its usual place; install it\n"


def test_a_proxy_that_does_not_start_is_said_in_one_line(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(proxy, "ADDON", temporary / "missing.py")
    monkeypatch.setattr(browsers, "find", lambda engine=None: [Browser("chromium", "Chromium", Path("/bin/false"))])
    assert cli.run(["demo"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("corsight: mitmproxy did not start: ")
    assert printed.count("\n") == 1
    assert nothing_left(temporary)


def test_a_missing_recording_is_said_in_one_line(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "RECORDING", temporary / "shop.mitm")
    with pytest.raises(CorsightError, match="the recorded visit is not there"):
        demo.run("none")


def test_without_a_display_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(CorsightError, match=r"^there is no display to show the browser on; leave --show out$"):
        demo.run("auto", show=True)


def test_a_page_that_is_never_done_is_waited_for_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signals, "PATIENCE", 0.1)
    with pytest.raises(signals.LateError, match=r"^the page is late within 0 seconds$"):
        signals.wait_for(lambda: False, lambda: None, "the page is late")


def test_where_the_browser_disagrees_it_says_so() -> None:
    url, other, *_ = (request.url for request in REQUESTS)
    records = [
        {"url": request.url, "fetch": request.url, "outcome": "blocked" if request.mistake else "allowed"}
        | {"rule": request.mistake}
        for request in REQUESTS
        if request.url != url
    ]
    seen = {request.url: request.mistake is None for request in REQUESTS} | {other: False}
    assert demo.agreement(records, seen, "Firefox").splitlines() == [
        "The browser agreed on 9 of 11, but not on:",
        f"  {url}: never seen in the proxy",
        f"  {other}: Corsight says allowed, and the page did not get it",
    ]


# -- helpers ----------------------------------------------------------------------------------------------------------


def nothing_left(folder: Path) -> bool:
    """Whether every process that worked in the folder ended, and its files are gone."""
    return eventually(lambda: not running_in(folder) and not list(folder.iterdir()), seconds=5)


def running_in(folder: Path) -> list[str]:
    """The command lines of the running processes that name the folder."""
    return [line for line, _ in list_processes() if str(folder) in line]


def end_all_in(folder: Path) -> None:
    for line, number in list_processes():
        if str(folder) in line:
            os.kill(number, signal.SIGKILL)
