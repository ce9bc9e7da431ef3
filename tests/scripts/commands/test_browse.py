"""Browsing without a browser: rows, keys, screen, what browsers say, and a command behind a real proxy."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from mitmproxy import flowfilter
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow
from rich.console import Console
from rich.text import Text

from corsight.policies.causes import CAUSES
from corsight.policies.record import record
from corsight.policies.rules import RULES
from corsight.scripts import cli
from corsight.scripts.browse import keys
from corsight.scripts.browse.join import join
from corsight.scripts.browse.plan import Plan
from corsight.scripts.browse.rows import Row, Rows
from corsight.scripts.browse.run import _absolute, run
from corsight.scripts.browse.screen import Screen
from corsight.scripts.browse.session import Session, scope_of
from corsight.scripts.browse.watch import Requests, Sighting, sightings
from corsight.scripts.errors import CorsightError
from corsight.scripts.gate.gate import Gate
from corsight.scripts.judging import judge_recording
from corsight.scripts.paths import ROOT
from corsight.scripts.processes import browsers
from corsight.scripts.recordings import Recording
from corsight.scripts.runs.recording import MAKERS
from tests.addons.mitm import cors
from tests.running import eventually, list_processes

pytestmark = pytest.mark.usefixtures("temporary")

SHOP = ROOT / "scripts" / "demo" / "inside.py"
RECORDS = [record(judged) for judged in judge_recording(Recording(str(ROOT / "examples" / "shop.mitm")))]
PYTHON = f'"{sys.executable}" -c'
ASK = (
    "import sys, urllib.request as u; "
    "u.urlopen(u.Request('https://reviews.test/lamp', headers={'Origin': 'https://shop.test', "
    "'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'empty'})); sys.exit(CODE)"
)


@pytest.fixture
def rows() -> Rows:
    """The demo's visit."""
    rows = Rows()
    for one in RECORDS:
        rows.tell(one)
    return rows


def ask(code: int = 0) -> str:
    """A command that asks a server of the shop as a page's script does; it exits with `code`."""
    return f'{PYTHON} "{ASK.replace("CODE", str(code))}"'


# -- rows -------------------------------------------------------------------------------------------------------------


def test_a_revision_replaces_its_row(rows: Rows) -> None:
    count, blocked = len(rows), next(one for one in RECORDS if one["outcome"] == "blocked")
    row, before = rows.tell(blocked | {"outcome": "allowed", "rule": None, "certainty": "likely"})
    assert (before, row.outcome, row.cause, row.certain) == ("blocked", "allowed", "", False)
    assert len(rows) == count == len(RECORDS)


def test_a_row_that_turns_out_to_be_of_another_fetch_moves_there(rows: Rows) -> None:
    blocked, allowed = of(rows, "https://reviews.test/lamp"), of(rows, "https://api.shop.test/products")
    base = next(one for one in RECORDS if one["flow"] == blocked.id)
    alone = blocked.fetch
    rows.tell(base | {"fetch": allowed.fetch})
    assert rows.of_fetch(allowed) == [allowed, blocked]
    assert alone not in rows._fetches


def test_the_oldest_rows_are_forgotten() -> None:
    rows = Rows(kept=3)
    for one in RECORDS:
        rows.tell(one)
    assert [row.id for row in rows] == [one["flow"] for one in RECORDS[-3:]]
    assert rows.forgotten == len(RECORDS) - 3
    assert sum(len(siblings) for siblings in rows._fetches.values()) == 3


def test_rows_are_bounded_in_bytes() -> None:
    rows = Rows(limit=100_000)
    for number in range(300):
        rows.tell(RECORDS[0] | {"flow": str(number), "fetch": str(number), "url": f"https://a.test/{'a' * 1000}"})
    assert 50 < len(rows) < 100
    assert (rows.weight <= 100_000, len(rows) + rows.forgotten, len(rows._fetches)) == (True, 300, len(rows))
    # A revision weighs more; and what is too large is there as long as nothing newer is.
    for _ in range(3):
        rows.tell(RECORDS[0] | {"flow": "299", "fetch": "299", "fix": ["a" * 200_000]})
    assert [row.id for row in rows] == ["299"]
    rows.tell(RECORDS[0] | {"flow": "300", "fetch": "300"})
    assert [row.id for row in rows] == ["300"]
    assert rows.weight < 2000


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("", lambda row: True),
        ("blocked", lambda row: row.outcome == "blocked"),
        ("not-cors", lambda row: row.outcome == "not-cors"),
        ("pay.test", lambda row: "//pay.test/" in row.url),
        ("Blocked PAY.test", lambda row: "//pay.test/" in row.url and row.outcome == "blocked"),
        ("https://shop.test", lambda row: row.origin == "https://shop.test"),
        ("disagrees", lambda row: False),
    ],
)
def test_a_filter_keeps_rows_by_verdict_host_and_origin(wanted: str, kept: Callable[[Row], bool], rows: Rows) -> None:
    expected = [row for row in rows if kept(row)]
    assert rows.matching(wanted) == expected
    assert bool(expected) == (wanted != "disagrees")


# -- what the browser says --------------------------------------------------------------------------------------------


def of(rows: Rows, url: str, role: str = "request") -> Row:
    return next(row for row in rows if row.url == url and row.role == role)


def sighting(row: Row, kind: Any, error: str = "", method: str | None = None) -> Sighting:
    return Sighting(kind, row.url, row.method if method is None else method, row.started + 0.2, error)


def test_where_the_browser_agrees_nothing_is_marked(rows: Rows) -> None:
    blocked, allowed = of(rows, "https://reviews.test/lamp"), of(rows, "https://api.shop.test/products")
    assert join(rows, sighting(blocked, "refused", "MissingAllowOriginHeader")) is blocked
    assert join(rows, sighting(allowed, "loaded")) is allowed
    assert not any(row.disagrees for row in rows)
    assert (blocked.seen, allowed.seen) == ("MissingAllowOriginHeader", "loaded")


def test_where_the_browser_says_the_contrary_it_is_marked_until_revised(rows: Rows) -> None:
    blocked, allowed = of(rows, "https://reviews.test/lamp"), of(rows, "https://api.shop.test/products")
    join(rows, sighting(blocked, "loaded"))
    join(rows, sighting(allowed, "refused", "MissingAllowOriginHeader"))
    assert rows.matching("disagrees") == [row for row in rows if row in (blocked, allowed)]
    corrected = next(one for one in RECORDS if one["flow"] == blocked.id) | {"outcome": "allowed", "rule": None}
    rows.tell(corrected)
    assert rows.matching("disagrees") == [allowed]


def test_a_request_that_its_preflight_stopped_agrees_with_the_preflight(rows: Rows) -> None:
    preflight = of(rows, "https://api.shop.test/cart/1", "preflight")
    assert preflight.outcome == "blocked"
    said = sighting(preflight, "refused", "MethodDisallowedByPreflightResponse", "DELETE")
    assert join(rows, said) is preflight
    assert not preflight.disagrees


def test_a_request_that_a_passing_preflight_stopped_is_marked_until_revised(rows: Rows) -> None:
    preflight = of(rows, "https://api.shop.test/cart", "preflight")
    assert preflight.outcome == "allowed"
    base = next(one for one in RECORDS if one["flow"] == preflight.id)
    rows.tell(base | {"flow": "other", "fetch": "other", "url": "https://api.shop.test/other"})
    other = rows.get("other")
    assert other is not None
    assert join(rows, sighting(other, "refused", "PreflightInvalidAllowCredentials", "PUT")) is other
    assert other.disagrees
    rows.tell(base | {"flow": "other", "fetch": "other", "outcome": "blocked", "rule": "allow-credentials-missing"})
    assert not other.disagrees


def test_of_several_alike_the_one_that_agrees_is_meant() -> None:
    rows = Rows()
    base = next(one for one in RECORDS if one["url"] == "https://reviews.test/lamp")
    rows.tell(base)
    rows.tell(base | {"flow": "other", "fetch": "other", "outcome": "allowed", "rule": None})
    join(rows, sighting(next(iter(rows)), "loaded"))
    join(rows, sighting(next(iter(rows)), "refused", "MissingAllowOriginHeader"))
    assert [(row.seen, row.disagrees) for row in rows] == [("MissingAllowOriginHeader", False), ("loaded", False)]


def test_what_never_reached_the_proxy_gets_a_row_once(rows: Rows) -> None:
    count = len(rows)
    said = Sighting("unsent", "http://never.test/x#top", "GET", 1000.0, "mixed-content")
    row = join(rows, said)
    assert row is not None
    assert (row.url, row.outcome, row.cause, row.by_browser) == (
        "http://never.test/x",
        "blocked",
        "mixed-content",
        True,
    )
    assert join(rows, replace(said, started=1000.5, method="")) is None
    assert rows.matching("browser") == [row]
    assert len(rows) == count + 1
    assert join(rows, replace(said, kind="loaded", error="")) is None, "out of a cache"
    answered = join(rows, replace(said, kind="answered", error=""))
    assert answered is not None
    assert answered.outcome == "answered"


def test_what_local_network_access_denies_is_named_by_its_rule(rows: Rows) -> None:
    for number, error in enumerate(("LocalNetworkAccessPermissionDenied", "InsecureLocalNetwork")):
        row = join(rows, Sighting("refused", f"http://192.168.1.20/{number}", "GET", 1000.0, error))
        assert row is not None
        assert (row.outcome, row.cause, row.by_browser) == ("blocked", "local-network-access", True)
        assert row.title.startswith("Local network access: ")
        assert row.fix == (RULES["local-network-access"].advice,)
    row = join(rows, Sighting("unsent", "http://never.test/csp", "GET", 1000.0, "csp"))
    assert row is not None
    assert (row.cause, row.fix) == ("csp-forbids-it", (CAUSES["csp-forbids-it"].advice,))


REQUEST = {"requestId": "1", "request": {"url": "https://a.test/", "method": "GET"}, "wallTime": 5.0}
RESPONSE = {"requestId": "1", "response": {}}


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([("requestWillBeSent", REQUEST), ("responseReceived", RESPONSE), ("loadingFinished", {})], "loaded"),
        (
            [("requestWillBeSent", REQUEST), ("responseReceived", RESPONSE), ("loadingFailed", {"errorText": "x"})],
            "loaded",
        ),
        ([("requestWillBeSent", REQUEST), ("loadingFailed", {"errorText": "net::ERR_ABORTED"})], None),
        (
            [("requestWillBeSent", REQUEST), ("loadingFailed", {"corsErrorStatus": {"corsError": "Some"}})],
            "refused Some",
        ),
        (
            [("requestWillBeSent", REQUEST), ("loadingFailed", {"blockedReason": "mixed-content"})],
            "unsent mixed-content",
        ),
        (
            [("requestWillBeSent", REQUEST), ("loadingFailed", {"blockedReason": "corp-not-same-site"})],
            "refused corp-not-same-site",
        ),
        ([("requestWillBeSent", REQUEST), ("loadingFailed", {"errorText": "net::ERR_BLOCKED_BY_ORB"})], "refused ORB"),
        (
            [
                ("requestWillBeSent", REQUEST | {"initiator": {"type": "preflight"}}),
                ("loadingFailed", {"corsErrorStatus": {"corsError": "Some"}}),
            ],
            None,
        ),
        (
            [
                ("requestWillBeSent", REQUEST),
                ("responseReceived", {"requestId": "1", "response": {"fromServiceWorker": True}}),
                ("loadingFinished", {}),
            ],
            "answered",
        ),
        (
            [
                ("requestWillBeSent", REQUEST | {"request": {"url": "chrome://x", "method": "GET"}}),
                ("loadingFailed", {}),
            ],
            None,
        ),
        ([("loadingFailed", {"corsErrorStatus": {"corsError": "Some"}})], None),
    ],
)
def test_devtools_tells_what_became_of_a_request(events: list[tuple[str, dict[str, Any]]], said: str | None) -> None:
    requests = Requests()
    found = [requests.take(f"Network.{method}", {"requestId": "1"} | params) for method, params in events]
    ends = [f"{one.kind} {one.error}".strip() for one in found if one is not None]
    assert ends == ([] if said is None else [said])
    assert not requests._open or said is None


def test_a_request_that_devtools_missed_the_beginning_of_is_known_by_its_response() -> None:
    """Chromium 156: what a page asks for first, while its navigation changes the process, is told from there on."""
    requests = Requests()
    response = {"url": "https://a.test/lamp.svg", "fromServiceWorker": False}
    assert requests.take("Network.responseReceived", {"requestId": "7", "type": "Image", "response": response}) is None
    found = requests.take("Network.loadingFinished", {"requestId": "7"})
    assert found is not None
    assert (found.kind, found.url, found.method) == ("loaded", "https://a.test/lamp.svg", "")
    requests.take("Network.responseReceived", {"requestId": "8", "type": "Preflight", "response": response})
    assert requests.take("Network.loadingFinished", {"requestId": "8"}) is None


def test_of_a_request_with_a_giant_url_nothing_is_kept() -> None:
    def begin(url: str) -> dict[str, Any]:
        return {"requestId": "1", "request": {"url": url, "method": "GET"}, "wallTime": 1.0}

    requests = Requests()
    requests.take("Network.requestWillBeSent", begin("https://a.test/" + "a" * 40_000))
    assert not requests._open
    requests.take("Network.requestWillBeSent", begin("https://a.test/"))
    assert requests._open
    requests.take("Network.requestWillBeSent", begin("https://a.test/" + "a" * 40_000))
    assert not requests._open


def test_the_requests_under_way_in_a_browser_are_bounded_in_bytes() -> None:
    requests = Requests()
    frames = {"stack": {"callFrames": [{"url": "data:," + "a" * 100_000, "lineNumber": 1, "columnNumber": 1}]}}
    for number in range(500):
        asked = {"url": f"https://a.test/{'a' * 30_000}{number}", "method": "GET"}
        begun = {"requestId": str(number), "request": asked, "wallTime": 1.0, "initiator": frames}
        requests.take("Network.requestWillBeSent", begun)
    assert 200 < len(requests._open) < 300
    assert "499" in requests._open
    assert requests._open["499"].place == ""


def test_devtools_tells_what_the_content_security_policy_forbade() -> None:
    def issue(**details: Any) -> dict[str, Any]:
        return {
            "issue": {"code": "ContentSecurityPolicyIssue", "details": {"contentSecurityPolicyIssueDetails": details}}
        }

    requests = Requests()
    found = requests.take("Audits.issueAdded", issue(blockedURL="http://a.test/x", isReportOnly=False))
    assert found is not None
    assert (found.kind, found.url, found.error) == ("unsent", "http://a.test/x", "csp")
    assert requests.take("Audits.issueAdded", issue(blockedURL="http://a.test/x", isReportOnly=True)) is None
    assert requests.take("Audits.issueAdded", issue(blockedURL="inline", isReportOnly=False)) is None
    assert requests.take("Audits.issueAdded", {"issue": {"code": "CorsIssue", "details": {}}}) is None


def test_firefox_tells_what_became_of_a_request() -> None:
    channels = [
        ["https://a.test/1", "GET", "NONE", 0, 10.0, 9.5, "fetch", "include"],
        ["https://a.test/2", "GET", "CORSMISSINGALLOWORIGIN", 2152923147, 10.0, 9.5, "xhr", "not-include"],
        ["https://a.test/3", "OPTIONS", "CORSMISSINGALLOWORIGIN", 0, 10.0, 9.5, "fetch", "include"],
        ["https://a.test/4", "GET", "NONE", 2152398850, 10.0, 9.5, "", ""],
    ]
    lines = [
        ["Mixed Content Blocker", "Blocked loading mixed active content “http://a.test/5”"],
        ["Mixed Content Blocker", "Loading mixed (insecure) display content “http://a.test/6” on a secure page"],
        [
            "CSP_CSPViolationWithURI",
            "Content-Security-Policy: The page’s settings blocked the loading of a resource "
            "(connect-src) at http://a.test/7 because it violates the following directive: “connect-src x”",
        ],
        ["CSP_RO", "Content-Security-Policy: (Report-Only policy) The page’s settings would block http://a.test/8"],
        ["CORSMissingAllowOrigin", "Cross-Origin Request Blocked: … at https://a.test/2"],
    ]
    said = [(one.kind, one.url[-1], one.error) for one in sightings(channels, lines, 20.0)]
    assert said == [
        ("loaded", "1", ""),
        ("refused", "2", "CORSMISSINGALLOWORIGIN"),
        ("unsent", "5", "mixed-content"),
        ("unsent", "7", "csp"),
    ]


# -- screen and keys --------------------------------------------------------------------------------------------------


def screen(rows: Rows) -> Screen:
    return Screen(
        rows, "Chromium behind 127.0.0.1:1", lambda row: Text("story\n" * 50), lambda row: f"patch {row.url}", str
    )


def drawn(screen: Screen, width: int = 80, height: int = 24) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None, legacy_windows=False)
    console.print(screen.render(console), end="")
    return console.file.getvalue().rstrip("\n").split("\n")  # type: ignore[attr-defined]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (80, 10), (132, 50), (81, 8)])
def test_it_fits_the_terminal_in_each_state(width: int, height: int, rows: Rows) -> None:
    shown = screen(rows)
    for pressed in ["", "up", "up", "/", "x", "escape", "p", "escape", "enter", "down", "end", "escape"]:
        if pressed:
            shown.press(pressed)
        lines = drawn(shown, width, height)
        assert max(map(len, lines)) <= width
        assert len(lines) <= height
    assert "Corsight  Chromium behind 127.0.0.1:1" in lines[0]
    assert f"7 blocked of {len(rows)} exchanges" in lines[0]


def test_a_row_says_time_method_url_verdict_and_cause(rows: Rows) -> None:
    shown = drawn(screen(rows), 120, 40)
    row = of(rows, "https://reviews.test/lamp")
    clock = time.strftime("%H:%M:%S", time.localtime(row.started))
    [line] = [line for line in shown if "reviews.test/lamp" in line]
    assert line.split() == [clock, "GET", "reviews.test/lamp", "✘", "blocked", "allow-origin-missing"]


def test_what_a_peer_sends_reaches_the_screen_escaped_and_redacted() -> None:
    rows = Rows()
    rows.tell(RECORDS[0] | {"url": "https://a.test/\x1b[2J?token=hush", "method": "G\x07T", "origin": "\x1b]0;x"})
    rows.add(Row("b", 0, "GET", "https://a.test/?code=hush", "blocked", by_browser=True, cause="net::\x1b[2J"))
    shown = "\n".join(drawn(screen(rows)))
    assert "net::\\x1b" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "hush" not in shown


def test_a_disagreement_is_reported_without_secrets_and_control_characters(tmp_path: Path) -> None:
    recording = tmp_path / "browse.mitm"
    made = cors(url="https://a.test/x?token=hush", answered=[])
    with recording.open("wb") as file:
        FlowWriter(file).add(made)  # type: ignore[no-untyped-call]
    [judged] = judge_recording(Recording(str(recording)))
    session = Session(cast(Any, None), recording, Plan())
    row, _ = session.rows.tell(record(judged, secrets=True) | {"method": "G\x1bT"})
    row.seen = "loaded"
    session.rows.compare(row)
    told = session.disagreements("Chromium")
    assert "Chromium and Corsight disagree on G\\x1bT https://a.test/x?token=REDACTED" in told
    assert "hush" not in told
    assert told.replace("\n", "").isprintable()


def test_the_newest_is_followed_until_another_is_selected(rows: Rows) -> None:
    shown = screen(rows)
    last = list(rows)[-1]
    assert shown.chosen() is last
    shown.press("up")
    above = shown.chosen()
    assert above is list(rows)[-2]
    rows.tell(RECORDS[0] | {"flow": "new"})
    assert shown.chosen() is above
    shown.press("end")
    assert shown.chosen() is rows.get("new")
    shown.press("home")
    assert shown.chosen() is next(iter(rows))


def test_a_filter_is_typed_and_taken_back(rows: Rows) -> None:
    shown = screen(rows)
    for key in ["/", *"blokk", "backspace", "backspace", *"cked", "enter"]:
        shown.press(key)
    assert shown.wanted == "blocked"
    assert {row.outcome for row in shown.shown()} == {"blocked"}
    assert "[blocked]" in drawn(shown)[-1]
    for key in ["/", *" nothing", "enter"]:
        shown.press(key)
    assert "Nothing matches the filter." in "\n".join(drawn(shown))
    shown.press("p")
    assert shown.notice == ""
    shown.press("escape")
    assert len(shown.shown()) == len(rows)


def test_keys_open_the_story_patch_save_and_end(rows: Rows) -> None:
    shown = screen(rows)
    shown.press("enter")
    assert drawn(shown)[0] == "story"
    shown.press("q")
    assert (shown.story, shown.ended) == (None, False)
    shown.press("p")
    assert drawn(shown)[-1].startswith("patch https://")
    shown.press("q")
    assert shown.ended


def test_help_hiding_copying_and_loading_again_have_their_keys(rows: Rows) -> None:
    shown = screen(rows)
    copied: list[str] = []
    shown.reload = lambda: "loaded again"
    shown.copy = lambda text: copied.append(text) or "copied"
    shown.press("?")
    assert drawn(shown, 80, 40)[0] == "Verdicts"
    assert "copy the fix of the selected one" in "\n".join(drawn(shown, 80, 40))
    shown.press("escape")
    shown.press("h")
    assert {row.outcome for row in shown.shown()} == {"allowed", "blocked", "opaque"}
    assert f", {len(shown.shown())} shown" in drawn(shown)[0]
    shown.press("h")
    assert len(shown.shown()) == len(rows)
    shown.press("r")
    assert shown.notice == "loaded again"
    row = shown.chosen()
    assert row is not None
    shown.press("c")
    row.fix = ("Access-Control-Allow-Origin: https://a.test", "Vary: \x1bOrigin")
    shown.press("c")
    assert copied == [row.url, "Access-Control-Allow-Origin: https://a.test\nVary: \\x1bOrigin"]


def test_what_mends_the_selected_one_stands_below_it_and_what_is_patched_is_marked(rows: Rows) -> None:
    shown = screen(rows)
    row = of(rows, "https://reviews.test/lamp")
    shown.selected = row.id
    row.fix = ()
    assert "to do: Send the header on every response, errors included." in drawn(shown)
    row.fix = ("Access-Control-Allow-Origin: https://shop.test", "Vary: Origin")
    assert "fix: Access-Control-Allow-Origin: https://shop.test; Vary: Origin" in drawn(shown)
    shown.is_patched = lambda one: one is row
    assert "✘ blocked p" in "\n".join(drawn(shown))


def test_no_code_is_cut_off(rows: Rows) -> None:
    codes = sorted([*RULES, *CAUSES], key=len)
    for width in (80, 100, 120):
        for code in (*codes[-3:], codes[0]):
            one = Rows()
            one.tell(RECORDS[0] | {"flow": "x", "outcome": "blocked", "rule": None, "cause": code})
            [line] = [line for line in drawn(screen(one), width) if line.rstrip().endswith(f" {code}")]
            assert len(line) <= width
    rows.add(Row("b", 0, "GET", "https://a.test/", "blocked", by_browser=True, cause="InsecureLocalNetwork"))
    assert any(line.rstrip().endswith("browser: InsecureLocalNetwork") for line in drawn(screen(rows)))


def test_what_one_branch_would_block_is_open_and_says_when(rows: Rows) -> None:
    branch = {"outcome": "blocked", "rule": "allow-origin-wildcard", "error": None, "message": None}
    passing = {"outcome": "allowed", "rule": None, "error": None, "message": None}
    base = next(one for one in RECORDS if one["url"] == "https://api.shop.test/products")
    branches = {"credentials=not-include": passing, "credentials=include": branch}
    row, _ = rows.tell(base | {"flow": "o", "certainty": "likely", "branches": branches})
    assert rows.matching("open") == [row]
    shown = screen(rows)
    lines = drawn(shown, 120)
    assert "1 open of " in lines[0]
    assert any("? open " in line and line.rstrip().endswith("allow-origin-wildcard") for line in lines)
    assert any(line.startswith("Open: blocked if asked for with credentials, otherwise allowed. ") for line in lines)


def test_where_the_browser_disagrees_the_row_says_so(rows: Rows) -> None:
    row = of(rows, "https://reviews.test/lamp")
    join(rows, sighting(row, "loaded"))
    shown = screen(rows)
    shown.wanted = "disagrees"
    lines = drawn(shown)
    assert "✘ blocked !" in lines[3]
    assert "The browser contradicts this verdict: loaded." in "\n".join(lines)


def test_keys_have_names() -> None:
    assert keys.named("a\x1b[A\x1b[6~\r\x1b[15~\x7f\x1bOB/") == [
        "a",
        "up",
        "page-down",
        "enter",
        "backspace",
        "down",
        "/",
    ]
    assert keys.named("\x1b") == ["escape"]


# -- what the proxy is told -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "url", "covered"),
    [
        ("https://api.test/a.b", "https://api.test/a.b?q=1", True),
        ("https://api.test/a.b", "https://api.test/a.b", True),
        ("https://api.test/a.b", "https://api.test/aXb", False),
        ("https://api.test/a.b", "https://api.test/a.b/c", False),
        ('https://api.test/"(x)\\d', 'https://api.test/"(x)\\d', True),
    ],
)
def test_a_patch_covers_one_endpoint(endpoint: str, url: str, covered: bool) -> None:
    flow = tflow.tflow()
    flow.request.url = url
    assert bool(flowfilter.match(scope_of(endpoint), flow)) == covered
    assert bool(flowfilter.match(f"(~d nowhere) | ({scope_of(endpoint)})", flow)) == covered


@pytest.mark.parametrize(
    ("url", "theirs"),
    [
        ("https://update.googleapis.com/service/update2/json", True),
        ("https://firefox.settings.services.mozilla.com/v1/", True),
        ("https://fonts.googleapis.com/css", False),
        ("https://accounts.google.com/o/oauth2/auth", False),
        ("https://shop.test/?to=https://update.googleapis.com/", False),
    ],
)
def test_what_browsers_ask_of_their_makers_is_told_from_what_pages_ask(url: str, theirs: bool) -> None:
    flow = tflow.tflow()
    flow.request.url = url
    assert bool(flowfilter.match(f'~u "{MAKERS}"', flow)) == theirs


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("localhost:3000/x", "http://localhost:3000/x"),
        ("127.0.0.1", "http://127.0.0.1"),
        ("shop.example", "https://shop.example"),
        ("http://shop.example", "http://shop.example"),
        ("about:blank", "about:blank"),
        ("[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_url_may_be_typed_without_its_scheme(typed: str, url: str) -> None:
    assert _absolute(typed) == url


@pytest.mark.parametrize("typed", ["javascript:alert(1)", "a b", "shop.example:http", ""])
def test_what_is_no_url_is_said_before_a_browser_starts(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["browse", "--headless", typed]) == 2
    assert capsys.readouterr().err.startswith(
        f"corsight: URL: {typed!r} is not a URL; write the page's, such as https://"
    )


# -- a command behind the proxy ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("exits", "fail_on", "code"),
    [(0, "blocked", 1), (3, "blocked", 1), (3, "never", 3), (0, "certain", 1), (0, "open", 1), (0, "never", 0)],
)
def test_a_command_is_led_through_the_proxy_and_its_exit_code_counts_where_nothing_is_found(
    exits: int, fail_on: Any, code: int, temporary: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.mitm"
    plan = Plan(script=ask(exits), save=kept, gate=Gate(engine="chromium", fail_on=fail_on))
    assert run(plan, scripts=[SHOP]) == code
    printed = capfd.readouterr()
    assert printed.err == ""
    assert "GET reviews.test/lamp" in printed.out
    assert "explain " in printed.out.partition("next       ")[2]
    assert [exchange.request.url for exchange in Recording(str(kept))] == ["https://reviews.test/lamp"]
    assert nothing_left(temporary)


@pytest.mark.parametrize(
    ("command", "options", "code"), [("true", [], 2), ("true", ["--allow-empty"], 0), ("exit 3", [], 3)]
)
def test_a_command_that_sends_nothing_this_way_is_no_green(
    command: str, options: list[str], code: int, temporary: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["browse", "--script", command, *options]) == code
    said = "corsight: --script: nothing was judged: no HTTP request was recorded; was the browser set to use the proxy?"
    assert capfd.readouterr().err.startswith(said) == (options == [])


def test_settings_hold_here_too(temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "corsight.toml").write_text("allow-empty = true\n")
    assert cli.run(["browse", "--script", "true"]) == 0
    (tmp_path / "corsight.toml").write_text("allow-empty = 1\n")
    assert cli.run(["browse", "--script", "true"]) == 2


def test_a_patch_scope_lets_it_pass(temporary: Path, capfd: pytest.CaptureFixture[str]) -> None:
    plan = Plan(script=ask(), gate=Gate(engine="chromium", fail_on="blocked"), patch_scope="~d reviews.test")
    plan = replace(plan, patch_origins=("https://shop.test",))
    assert run(plan, scripts=[SHOP]) == 0
    assert nothing_left(temporary)


def test_a_command_that_does_not_trust_the_proxy_is_told_what_to_trust(
    temporary: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    script = f"SSL_CERT_FILE={os.devnull} {ask()} 2>{os.devnull}"
    with pytest.raises(CorsightError) as raised:
        run(Plan(script=script), scripts=[SHOP])
    said, todo = str(raised.value).split("; ")
    assert said == "the script does not trust the proxy's certificate for reviews.test"
    assert todo == "let it trust the file that CORSIGHT_CA names"
    assert capfd.readouterr().out == ""
    assert nothing_left(temporary)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_the_command_and_the_proxy(number: int, code: int, temporary: Path) -> None:
    command = [sys.executable, "-m", "corsight.scripts.cli", "browse", "--script", f"sleep 1234 # {temporary}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert eventually(lambda: any(is_sleep(line) for line in children_of(process.pid)), 90)
        process.send_signal(number)
        assert process.wait(20) == code
        assert nothing_left(temporary)
        assert process.stdout is not None
        # A terminal that hung up reads no report.
        assert (b"this session: 0 exchanges" in process.stdout.read()) == (number != signal.SIGHUP)
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--script", "true", "shop.test"], "leave it out: with --script, no browser is opened here"),
        (["--script", "true", "--save", "/nowhere/x.mitm"], "/nowhere: there is no such folder; make it first"),
        (["--script", "true", "--save", "."], ".: is a directory; name a file for the recording"),
        (["--script", "true", "--patch-scope", "~~"], "mitmproxy did not start: "),
        (["--headless"], "Chromium, Chrome, Edge or Firefox is not on the PATH or in its usual place; install it"),
        ([], "there is no display to show the browser on; add --headless"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    arguments: list[str],
    said: str,
    temporary: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(browsers, "find", lambda engine=None: [])
    monkeypatch.setattr("corsight.scripts.browse.run.has_display", lambda: False)
    assert cli.run(["browse", *arguments]) == 2
    printed = capfd.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert nothing_left(temporary)


def test_a_port_that_is_taken_is_said_in_one_line(temporary: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli.run(["browse", "--script", "true", "--port", str(port)]) == 2
    assert capfd.readouterr().err.startswith(f"corsight: port {port} is not available (")
    assert nothing_left(temporary)


# -- helpers ----------------------------------------------------------------------------------------------------------


def nothing_left(folder: Path) -> bool:
    """Whether every process that worked in the folder ended, and its files are gone."""
    return eventually(lambda: not any(str(folder) in line for line in running()) and not list(folder.iterdir()), 10)


def running() -> list[str]:
    """The command lines of the processes that run."""
    return [line for line, _ in list_processes()]


def is_sleep(line: str) -> bool:
    """Whether it is the command's own line; a child that is about to become something else still has ours."""
    return "sleep 1234" in line and "corsight.scripts" not in line


def children_of(number: int) -> list[str]:
    found = []
    for line, child in list_processes():
        with contextlib.suppress(OSError):
            if int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1]) == number:
                found.append(line)
    return found
