"""Patching inside mitmproxy: what it needs to start, what the browser gets, what is said, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shlex
from pathlib import Path
from typing import Any

import pytest
from mitmproxy import http
from mitmproxy.exceptions import CommandError, OptionsError
from mitmproxy.io import FlowWriter
from mitmproxy.proxy.layers.http import HttpErrorHook, HttpRequestHeadersHook, HttpResponseHeadersHook
from mitmproxy.proxy.mode_specs import ProxyMode

from corsight.addons import patch
from corsight.addons.patch import news
from corsight.addons.patch.news import News
from corsight.addons.patch.permission import HEADER, Permission
from corsight.policies.server.compare import Comparison
from corsight.policies.server.model import Match, ServerPolicy
from corsight.policies.session.memory import GIANT
from corsight.scripts import cli
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from corsight.scripts.report.findings import Findings
from tests.addons.mitm import (
    GONE,
    LOST,
    OURS,
    PAGE,
    STAR,
    Running,
    cors,
    flow,
    lines,
    mitmproxy,
    preflight,
    through_a_dump,
    traffic,
)

SCOPE = "~d api.test"
POLICY = ServerPolicy(name="api", match=Match(hosts=("api.test",)), origins=(PAGE,), methods=("GET", "PUT"))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


@pytest.fixture(autouse=True)
def _hear_all(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def patching(log: Path | None = None, **options: Any) -> Any:
    """A mitmproxy that patches what is blocked in scope."""
    logged = {} if log is None else {"cors_log": str(log)}
    trusted = {"cors_patch": "blocked", "cors_patch_scope": SCOPE, "cors_patch_origins": [PAGE]}
    return mitmproxy(**logged, **trusted | options)


def live(made: http.HTTPFlow) -> http.HTTPFlow:
    """The flow, as one that a browser waits for."""
    made.live = True
    return made


def passes(running: Running, *flows: http.HTTPFlow) -> None:
    """Let flows pass from the first hook of each to the one before it is sent, as mitmproxy does."""
    for one in flows:
        response, error = one.response, one.error
        one.response = one.error = None
        running.hooks(HttpRequestHeadersHook(one))
        if one.response is None:
            one.response, one.error = response, error
        elif one.response is not response:
            one.response.timestamp_start = one.request.timestamp_start + 0.1
        hook = HttpErrorHook if one.response is None else HttpResponseHeadersHook
        running.hooks(hook(one))


def names(made: http.HTTPFlow) -> list[str]:
    assert made.response is not None
    return [name.decode() for name, _ in made.response.headers.fields]


def is_patched(made: http.HTTPFlow) -> bool:
    return HEADER.lower() in map(str.lower, names(made))


def call(running: Running, name: str, *arguments: Any) -> None:
    running._context.master.commands.call(f"cors.patch.{name}", *arguments)


# -- what it needs ----------------------------------------------------------------------------------------------------

TOO_WIDE = ["~all", ".", "~u .", "~u http", "~u ://", "~d .", "~hq ^origin", "~http", "~s", "~q", "!~d elsewhere.test"]


@pytest.mark.parametrize("scope", [*TOO_WIDE, "~m . | ~d api.test", "(~u . & ~d .)", "~src 198.51.100"])
def test_a_scope_that_is_everything_is_refused_in_a_line(scope: str) -> None:
    with mitmproxy() as running:
        with pytest.raises(OptionsError, match="matches everything") as refused:
            running.set(cors_patch="blocked", cors_patch_scope=scope)
        assert repr(scope) in str(refused.value)
        assert "\n" not in str(refused.value)
        made = live(cors())
        passes(running, made)
        assert not is_patched(made), "nothing is patched then"


@pytest.mark.parametrize(
    "scope", ["~d api.test", "~u /v1/", "~m OPTIONS", "~c 404", "~d example | ~d test", "everything"]
)
def test_a_scope_that_is_not_is_taken(scope: str) -> None:
    with mitmproxy(cors_patch="blocked", cors_patch_scope=scope):
        pass


def test_everything_may_be_meant() -> None:
    with patching(cors_patch_scope="everything") as running:
        made = live(cors(url="https://whatever.example/"))
        passes(running, made)
        assert is_patched(made)


def test_a_scope_cannot_be_taken_away_while_patching() -> None:
    with patching() as running:
        with pytest.raises(OptionsError, match="needs a scope"):
            running.set(cors_patch_scope="")
        made = live(cors())
        passes(running, made)
        assert is_patched(made), "what was set before goes on"


def test_a_wide_scope_alone_does_no_harm() -> None:
    with mitmproxy(cors_patch_scope="~all") as running, pytest.raises(OptionsError, match="matches everything"):
        running.set(cors_patch="blocked")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"cors_patch": "policy", "cors_patch_scope": SCOPE}, "none is given; add --set cors_policy=FILE"),
        ({"cors_patch_header": "Access-Control-Allow-Origin"}, "begins with X-, or empty"),
        ({"cors_patch_header": "X-\n"}, "begins with X-, or empty"),
        ({"cors_patch_minutes": -1}, "there are 1 to 527040, a year, and 0 for no end"),
        ({"cors_patch_minutes": 10**400}, "there are 1 to 527040, a year, and 0 for no end"),
        ({"cors_patch_scope": "(" * 3000}, "((...' is not a filter expression."),
        ({"cors_patch_scope": "~u \x1b[31m("}, "is not a filter expression."),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(options: dict[str, Any], line: str) -> None:
    with mitmproxy() as running, pytest.raises(OptionsError) as refused:
        running.set(**options)
    assert line in str(refused.value)
    assert str(refused.value).isprintable()


def test_a_start_without_a_scope_is_one_logged_error(caplog: pytest.LogCaptureFixture) -> None:
    with mitmproxy(loaded=False) as running:
        running.defer("cors_patch=blocked")
        running.start()
    [error] = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert error.startswith("cors_patch_scope: patching needs a scope")


# -- what the browser gets --------------------------------------------------------------------------------------------


def test_a_blocked_response_is_patched_before_it_is_sent(log: Path) -> None:
    made = live(cors(answered=[("Content-Type", "text/plain")], status=500, http2=False))
    made.response.stream = True
    with patching(log) as running:
        passes(running, made)
        assert made.response.headers.fields == (
            (b"Content-Type", b"text/plain"),
            (b"Access-Control-Allow-Origin", PAGE.encode()),
            (b"Vary", b"Origin"),
            (b"Cache-Control", b"no-store"),
            (b"X-Corsight-Patched", b"Access-Control-Allow-Origin, Vary, Cache-Control"),
        )
        assert (made.response.status_code, made.response.stream) == (500, True)
    [one] = lines(log)
    assert (one["outcome"], one["rule"]) == ("allowed", None)
    assert one["patched"] == [f"Access-Control-Allow-Origin: {PAGE}", "Vary: Origin", "Cache-Control: no-store"]
    assert (one["before"]["outcome"], one["before"]["rule"]) == ("blocked", "allow-origin-missing")


def test_only_a_preflights_status_is_changed(log: Path) -> None:
    asked, home = live(preflight(answered=[("Content-Length", "0")], status=405)), live(cors(method="PUT", status=405))
    with patching(log) as running:
        passes(running, asked, home)
    assert (asked.response.status_code, asked.response.reason) == (200, "OK")
    assert home.response.status_code == 405
    assert {one["outcome"] for one in lines(log)} == {"allowed"}


@pytest.mark.parametrize(
    "made",
    [
        lambda: cors(url="https://other.test/"),
        lambda: cors(answered=[*OURS, ("Vary", "Origin")]),
        lambda: flow(),
        lambda: flow(("Origin", "https://api.test"), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "same-origin")),
        lambda: cors(status=101),
    ],
    ids=["outside", "allowed", "no browser", "same origin", "another protocol"],
)
@pytest.mark.parametrize("mode", ["blocked", "policy"])
def test_nothing_else_is_touched(made: Any, mode: str, log: Path) -> None:
    one = live(made())
    with mitmproxy(cors_log=str(log)) as running:
        running.addon._patching.permission.policies = (POLICY,)
        running.set(cors_patch=mode, cors_patch_scope=SCOPE)
        before = traffic(one)
        passes(running, one)
        assert traffic(one) == before
    [line] = lines(log)
    assert (line["patched"], line["before"]) == ([], None)


def test_a_recording_and_a_replayed_request_are_not_patched(log: Path) -> None:
    read, again = cors(), live(cors())
    again.is_replay = "request"
    with patching(log) as running:
        for made in (read, again):
            before = traffic(made)
            passes(running, made)
            assert traffic(made) == before
    assert {one["outcome"] for one in lines(log)} == {"blocked"}


def test_a_redirect_is_patched_and_its_sequel_joined(log: Path) -> None:
    hop = live(cors(answered=[("Location", "https://api.test/v2")], status=302))
    then = live(cors(url="https://api.test/v2"))
    then.request.timestamp_start = hop.response.timestamp_start + 0.01
    with patching(log) as running:
        passes(running, hop, then)
    # The redirect is told again when its sequel shows that the page lets itself be redirected.
    assert [one["role"] for one in lines(log)][:3] == ["redirect", "redirect", "request"]
    assert {one["outcome"] for one in lines(log)} == {"allowed"}
    assert hop.response.status_code == 302
    assert len({one["fetch"] for one in lines(log)}) == 1


def test_a_preflight_whose_server_is_silent_is_answered_the_next_time(
    log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with patching(log) as running:
        first, second, request = (live(preflight(answered=None, error=LOST)) for _ in range(3))
        request = live(cors(method="PUT"))
        passes(running, first, second, request)
        assert first.response is None
        assert second.response.status_code == 204
        assert second.response.headers["Access-Control-Allow-Methods"] == "PUT"
        assert "content-length" not in second.response.headers
    logged = lines(log)
    assert next(one["outcome"] for one in logged if one["flow"] == first.id) == "blocked"
    answered = {one["flow"]: one for one in logged}[second.id]
    assert (answered["outcome"], answered["before"]["rule"]) == ("allowed", "network-error")
    assert any("https://api.test did not answer a preflight" in line for line in caplog.messages)


def test_a_silent_server_is_asked_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    with patching() as running:
        passes(running, live(preflight(answered=None, error=LOST)))
        monkeypatch.setattr(patch, "SILENT_FOR", -1.0)
        again = live(preflight(answered=[("X-Asked", "yes")]))
        running.hooks(HttpRequestHeadersHook(again))
        passes(running, again)
        assert again.response.headers["X-Asked"] == "yes"
        assert again.response.headers["Access-Control-Allow-Origin"] == PAGE


def test_a_browser_that_turns_away_at_once_says_nothing_of_the_server() -> None:
    with patching() as running:
        gone = live(preflight(answered=None, error=GONE))
        gone.request.timestamp_start = __import__("time").time()
        passes(running, gone)
        assert not running.addon._patching._silent
        gone = live(preflight(answered=None, error=GONE))
        passes(running, gone)
        assert running.addon._patching._silent, "after a long time it does"


def test_a_policy_answers_preflights_itself_and_in_the_servers_place(log: Path) -> None:
    with mitmproxy(cors_log=str(log)) as running:
        running.addon._patching.permission.policies = (POLICY,)
        running.set(cors_patch="policy", cors_patch_scope=SCOPE)
        asked, request = live(preflight(answered=STAR)), live(cors(method="PUT", answered=STAR))
        beyond = live(preflight(wants="DELETE"))
        passes(running, asked, request, beyond)
        assert asked.response.headers["Access-Control-Allow-Methods"] == "GET, PUT"
        assert request.response.headers["Access-Control-Allow-Origin"] == PAGE
        assert "Access-Control-Allow-Methods" not in request.response.headers
        # Answered here, and waiting for the end of its request, it is remembered by what it weighs, or not at all.
        for size, answered in ((1000, True), (GIANT, False)):
            waiting = live(preflight(("X-A", "a" * size), answered=None))
            running.hooks(HttpRequestHeadersHook(waiting))
            assert (waiting.response is not None, waiting.id in running.addon._patching.made) == (answered, answered)
        assert 1000 < running.addon._patching.made.weight < 3000
    logged = {one["flow"]: one for one in lines(log)}
    assert (logged[asked.id]["outcome"], logged[asked.id]["before"]) == ("allowed", None)
    assert logged[request.id]["before"]["outcome"] == "allowed"
    assert (logged[beyond.id]["outcome"], logged[beyond.id]["rule"]) == ("blocked", "preflight-method-not-allowed")


def test_what_another_addon_answers_after_all_is_patched_as_any_response(log: Path) -> None:
    with mitmproxy(cors_log=str(log)) as running:
        running.addon._patching.permission.policies = (POLICY,)
        running.set(cors_patch="policy", cors_patch_scope=SCOPE)
        asked = live(preflight(answered=None))
        running.hooks(HttpRequestHeadersHook(asked))
        asked.response = preflight(answered=[], status=404).response
        running.hooks(HttpResponseHeadersHook(asked))
        assert asked.response.status_code == 200
        assert is_patched(asked)
    assert lines(log)[0]["before"]["rule"] == "allow-origin-missing"


def test_what_no_header_can_mend_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    def ftp() -> http.HTTPFlow:
        return live(cors(answered=[*OURS, ("Location", "ftp://api.test/x")], status=302))

    with patching() as running:
        first, second = ftp(), ftp()
        before = traffic(first)
        passes(running, first, second)
        assert traffic(first) == before
    [line] = [line for line in caplog.messages if line.startswith("not patched")]
    assert line == (
        "not patched [chromium] GET https://api.test/v1 [redirect-scheme]: no header can fix this. "
        "Redirect to an https URL."
    )


def test_a_failure_of_ours_lets_the_response_pass(
    log: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("it broke")

    made = live(cors())
    with patching(log) as running:
        monkeypatch.setattr(patch, "patch_by_fix", fail)
        before = traffic(made)
        passes(running, made)
        assert traffic(made) == before
    assert lines(log)[0]["outcome"] == "blocked"
    assert f"Corsight could not patch flow {made.id} (RuntimeError: it broke): please report this." in caplog.messages


# -- what is said -----------------------------------------------------------------------------------------------------


def test_the_flow_keeps_what_the_server_sent() -> None:
    made = live(cors(answered=[("Access-Control-Allow-Origin", "*, *"), ("Vary", "Accept"), ("X-A", "1")]))
    with patching() as running:
        passes(running, made)
    assert made.metadata["cors.outcome"] == "allowed"
    assert made.metadata["cors.before"] == "blocked [allow-origin-multiple]"
    assert made.metadata["cors.server.status"] == 200
    assert made.metadata["cors.server.headers"] == "Access-Control-Allow-Origin: *, *\nVary: Accept"
    assert made.comment == (
        "allowed (chromium); patched Access-Control-Allow-Origin, Vary, Cache-Control; "
        "before: blocked [allow-origin-multiple]"
    )
    assert made.marked == ""


def test_a_patched_flow_judged_again_stays_what_it_was() -> None:
    made = live(cors())
    with patching() as running:
        passes(running, made)
    [again] = through_a_dump(made)
    with mitmproxy() as running:
        running.judge(again)
    assert (again.comment, again.metadata) == (made.comment, made.metadata)
    again.live, again.is_replay, again.response = True, "request", cors().response
    with mitmproxy() as running:
        running.judge(again)
    assert "patched" not in again.comment + str(again.metadata), "what came of a replayed request is another response"


def test_each_patch_is_told_once_and_all_are_summed_up(caplog: pytest.LogCaptureFixture) -> None:
    with patching() as running:
        passes(running, *(live(cors(url=f"https://api.test/v1?token=hunter2&{number}")) for number in range(3)))
        passes(running, *(live(cors(url=f"https://api.test/{number}")) for number in range(5)))
        passes(running, live(preflight(answered=[], status=404)))
    told = [line for line in caplog.messages if line.startswith("patched")]
    assert len(told) == 7
    assert told[0] == (
        "patched [chromium] GET https://api.test/v1 [allow-origin-missing]: "
        f"Access-Control-Allow-Origin: {PAGE}, Vary: Origin, Cache-Control: no-store"
    )
    assert caplog.messages[-4:-1] == [
        "Corsight patched 9 exchanges. What the servers have to send so that these pass without the patch:",
        f"  https://api.test: GET /v1, /0, /1 and 3 more -> Access-Control-Allow-Origin: {PAGE}; Vary: Origin",
        "  https://api.test: OPTIONS /v1 -> status: any from 200 to 299; "
        f"Access-Control-Allow-Origin: {PAGE}; Vary: Origin; Access-Control-Allow-Methods: PUT",
    ]
    assert "hunter2" not in caplog.text


def test_the_header_that_tells_may_be_another_or_none() -> None:
    with patching(cors_patch_header="X-Mended") as running:
        made = live(cors())
        passes(running, made)
        assert made.response.headers["x-mended"] == "Access-Control-Allow-Origin, Vary, Cache-Control"
        running.set(cors_patch_header="")
        made = live(cors())
        passes(running, made)
        assert names(made) == ["access-control-allow-origin", "vary", "cache-control"]


# -- who may read it --------------------------------------------------------------------------------------------------

STRANGER = "https://stranger.test"


def visit(url: str) -> http.HTTPFlow:
    """A navigation to a page, as a document of its own."""
    asked = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")]
    return live(flow(*asked, url=url, answered=[("Content-Type", "text/html")]))


@pytest.mark.parametrize("origin", [STRANGER, "null", "http://app.example", "https://app.example.evil.test"])
def test_only_pages_that_were_named_may_read_what_is_patched(origin: str, caplog: pytest.LogCaptureFixture) -> None:
    with patching() as running:
        stranger, preflighted = live(cors(origin=origin)), live(preflight(origin=origin, answered=[], status=403))
        passes(running, stranger, preflighted)
        assert not is_patched(stranger)
        assert not is_patched(preflighted)
        running.set(cors_patch_origins=[PAGE, origin])
        named = live(cors(origin=origin))
        passes(running, named)
        assert is_patched(named)
    [line, *_] = [line for line in caplog.messages if line.startswith("not patched")]
    assert line.endswith(f"a page of {origin} asked. If that page is yours, add --set cors_patch_origins={origin}")


def test_where_none_is_named_pages_loaded_from_localhost_may() -> None:
    home, elsewhere = "http://localhost:3000", "http://localhost:4000"
    with patching(cors_patch_origins=[]) as running:
        early = live(cors(origin=home))
        passes(running, early, visit(f"{home}/"), visit(f"{STRANGER}/"))
        late, other, stranger = (live(cors(origin=origin)) for origin in (home, elsewhere, STRANGER))
        passes(running, late, other, stranger)
    assert [is_patched(one) for one in (early, late, other, stranger)] == [False, True, False, False]


def test_a_frame_on_localhost_lets_nobody_in() -> None:
    home = "http://localhost:3000"
    asked = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", "cross-site")]
    with patching(cors_patch_origins=[]) as running:
        framed = live(cors(origin=home))
        passes(running, live(flow(*asked, url=f"{home}/", answered=[])), framed)
    assert not is_patched(framed)


def test_strangers_take_no_line_of_what_is_patched(caplog: pytest.LogCaptureFixture) -> None:
    with patching() as running:
        for number in range(news.KINDS + 1):
            passes(running, live(cors(origin=f"https://{number}.evil.test")))
        passes(running, live(cors()))
    refused = [line for line in caplog.messages if line.startswith("not patched")]
    assert len(refused) == news.KINDS
    assert [line for line in caplog.messages if "logs no more" in line]
    assert [line for line in caplog.messages if line.startswith("patched")]


def test_what_is_to_be_typed_runs_nothing_that_a_page_wrote(caplog: pytest.LogCaptureFixture) -> None:
    origin = "http://a;id;b.evil.test"
    with patching() as running:
        passes(running, live(cors(origin=origin)))
    [line] = [line for line in caplog.messages if line.startswith("not patched")]
    assert shlex.split(line.partition("add ")[2]) == ["--set", f"cors_patch_origins={origin}"]
    assert f"'cors_patch_origins={origin}'" in line


@pytest.mark.parametrize("scope", [SCOPE, r"~d ^api\.test$", r"~u ^https?://api\.test/"])
@pytest.mark.parametrize("http2", [True, False])
def test_a_scope_is_held_against_the_host_that_the_browser_asked(scope: str, http2: bool) -> None:
    with patching(cors_patch_scope=scope) as running:
        # The browser asked another host on the connection to this one, as over HTTP/2 it may.
        joined = live(cors(url="https://other.test/v1", http2=http2))
        joined.request.data.host = "api.test"
        # Its request line names one host, its line Host the other: mitmproxy keeps no more of the first than `host`.
        named = live(cors(url="https://api.test/v1", http2=False))
        named.request.data.host = "other.test"
        asked = live(cors(url="https://api.test/v1"))
        asked.request.data.host = "other.test"
        passes(running, joined, named, asked)
    assert [is_patched(one) for one in (joined, named, asked)] == [False, False, True]


def test_a_scope_may_name_the_address_that_a_transparent_proxy_sees() -> None:
    with patching(cors_patch_scope=r"~d ^203\.0\.113\.7$") as running:
        made = live(cors())
        made.client_conn.proxy_mode = ProxyMode.parse("transparent")
        made.request.data.host = "203.0.113.7"
        passes(running, made)
    assert is_patched(made)


def test_what_certainly_passed_is_left_alone() -> None:
    with patching() as running:
        passed = live(cors(answered=STAR))
        passes(running, passed)
    assert names(passed) == [name for name, _ in STAR]


@pytest.mark.parametrize(
    "origin",
    [
        *("https://app.example/", "app.example", "https://app.example/x", "*", "https://*.app.example", "https://a b"),
        *("https://app.example:443", "https://App.example", "HTTPS://app.example", "https://büro.example"),
        *("https://u:p@app.example", "https://app.example?", "http://127.1:3000", "https://app.example:0443"),
    ],
)
def test_what_is_no_origin_is_refused_in_a_line(origin: str) -> None:
    with mitmproxy() as running, pytest.raises(OptionsError, match="is not an origin; write ") as refused:
        running.set(cors_patch_origins=[origin])
    assert "\n" not in str(refused.value)


def test_an_origin_is_taken_as_browsers_send_it() -> None:
    origins = ["https://app.example", "http://localhost:3000", "http://[::1]:81", "https://xn--bro-hoa.example"]
    with mitmproxy() as running:
        running.set(cors_patch_origins=[*origins, "chrome-extension://abcdefgh", "null", "file://"])


@pytest.mark.parametrize(
    ("scope", "meant"),
    [
        ("~d api.example", r"~d api.example also matches api.example.evil.test; ~d ^api\.example$ matches"),
        (r"~d ^api\.example", r"also matches api.example.evil.test; ~d ^api\.example$ matches"),
        (r"~d api\.example$", r"also matches evil-api.example; ~d ^api\.example$ matches"),
        (r"~d .example.com$", r"also matches evil-example.com; ~d \.example\.com$ matches what is below example.com"),
        ("~d ^app.shop.example$", r"also matches app-shop.example; ~d ^app\.shop\.example$ matches"),
        (r"~d '^app\.shop\.example$'", r"also matches app-shop.example; ~d ^app\.shop\.example$ matches"),
        ("~d '^api$|cdn'", "~d ^api$|cdn may also match a host that only begins or ends so"),
        ("~d '(api|cdn).example'", "~d (api|cdn).example may also match a host that only begins or ends so"),
        ("~m GET & ~d api", "~d api also matches api.evil.test; ~d ^api$ matches"),
        ("~u api.example/v1", "~u api.example/v1 also matches https://evil.test/?api.example/v1; ~u ^https?://"),
        (
            "https://api.example",
            r"also matches https://evil.test/?https://api.example; ~u ^https?://api\.example[/:] m",
        ),
        (r"~u ^https?://api\.example", r"also matches https://api.example.evil.test/; ~u ^https?://api\.example[/:] m"),
        (
            "~u ^http://app.shop.example/v1",
            r"also matches http://app-shop.example/v1; ~u ^https?://app\.shop\.example/v1",
        ),
        ("~u /v1/", r"~u /v1/ also matches https://evil.test/?/v1/; ~u ^https://api\.example/ matches"),
    ],
)
def test_a_scope_that_matches_more_than_it_says_is_told(
    scope: str, meant: str, caplog: pytest.LogCaptureFixture
) -> None:
    with patching(cors_patch_scope=scope):
        pass
    assert any(meant in line for line in caplog.messages)


@pytest.mark.parametrize(
    "scope",
    [
        r"~d ^api\.example$",
        r"~d \.example\.com$",
        r"~d '^(api|cdn)[.]example$'",
        r"~d '^[ab|]x$'",
        r"~d ^127.0.0.1$",
        "~d ^localhost$",
        r"~u ^https://api\.example/",
        r"~u ^https?://api\.example[/:]",
        r"~u ^http://localhost:8080/",
        "~m GET",
        "everything",
        "!~d api",
    ],
)
def test_a_scope_that_says_what_it_means_is_not(scope: str, caplog: pytest.LogCaptureFixture) -> None:
    with mitmproxy() as running, contextlib.suppress(OptionsError):
        running.set(cors_patch="blocked", cors_patch_scope=scope, cors_patch_origins=[PAGE])
    assert not any("also match" in line for line in caplog.messages)


def test_the_start_says_who_may_read_what(caplog: pytest.LogCaptureFixture) -> None:
    with patching():
        pass
    with patching(cors_patch_origins=[]):
        pass
    told = [line for line in caplog.messages if line.startswith("Corsight patches")]
    assert told == [
        f"Corsight patches {SCOPE} for pages of {PAGE}, with the user's cookies.",
        f"Corsight patches {SCOPE} for pages that are loaded from localhost through this proxy, with the user's "
        "cookies.",
    ]


# -- how it ends ------------------------------------------------------------------------------------------------------


def test_it_is_turned_off_and_on_at_once() -> None:
    with patching() as running:
        call(running, "off")
        made = live(cors())
        passes(running, made)
        assert names(made) == []
        call(running, "on")
        made = live(cors())
        passes(running, made)
        assert is_patched(made)


def test_it_is_not_turned_on_without_a_scope() -> None:
    with mitmproxy() as running:
        with pytest.raises(CommandError, match="needs a scope"):
            call(running, "on")
        with pytest.raises(CommandError, match="not one of off, blocked, policy"):
            call(running, "on", "always")


def test_an_endpoint_is_undone_until_it_is_turned_on_again() -> None:
    def one(path: str) -> http.HTTPFlow:
        return live(cors(url=f"https://api.test{path}"))

    with patching() as running:
        first, other = one("/v1?a=1"), one("/v2")
        passes(running, first, other)
        call(running, "undo", [first])
        again, another = one("/v1?b=2"), one("/v2")
        passes(running, again, another)
        assert (is_patched(again), is_patched(another)) == (False, True)
        assert "/v1" not in "".join(running.addon._patching.summary())
        call(running, "on")
        again = one("/v1")
        passes(running, again)
        assert is_patched(again)


def test_it_stops_by_itself_once_its_time_is_over(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    with mitmproxy() as running:
        running.addon._patching.permission._clock = lambda: now
        running.set(cors_patch="blocked", cors_patch_scope=SCOPE, cors_patch_origins=[PAGE], cors_patch_minutes=2)
        first, late = live(cors()), live(cors())
        passes(running, first)
        now = 120.0
        passes(running, late)
        assert (is_patched(first), is_patched(late)) == (True, False)
        assert running._context.options.cors_patch == "off"
        call(running, "on")
        now = 200.0
        again = live(cors())
        passes(running, again)
        assert is_patched(again), "turned on again, its time begins again"
    assert "Corsight stopped patching: the time of cors_patch_minutes (2) is over." in caplog.messages


def test_it_stops_without_traffic_too() -> None:
    ended = []

    async def run() -> None:
        made = Permission(News())
        made._expire = lambda: ended.append(1)  # type: ignore[method-assign]
        made._count_down(0)
        assert made._timer is None
        made._count_down(1)
        assert made._timer is not None
        assert made._timer.when() - asyncio.get_running_loop().time() == pytest.approx(60, abs=5)
        made._timer._run()
        made._count_down(0)

    asyncio.run(run())
    assert ended == [1]


# -- what is recorded -------------------------------------------------------------------------------------------------


def test_a_recording_of_what_was_patched_tells_what_the_servers_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    sent = [("Access-Control-Allow-Origin", "https://other.example"), ("Vary", "Accept"), ("X-Total-Count", "3")]
    flows = [live(cors(answered=sent)), live(cors(answered=OURS))]
    policy = ServerPolicy(
        name="api",
        match=Match(hosts=("api.test",)),
        origins=(PAGE,),
        methods=("GET",),
        expose_headers=("X-Total-Count",),
    )
    with patching() as running:
        passes(running, *flows)
    file = tmp_path / "patched.mitm"
    with file.open("wb") as stream:
        writer = FlowWriter(stream)
        for one in flows:
            writer.add(one)
    [patched, plain] = judge_recording(Recording(str(file)))
    assert plain.entry.patched is None
    assert patched.verdict.outcome == "allowed"
    assert patched.before is not None
    assert patched.before.rule == "allow-origin-mismatch"
    assert patched.entry.patched is not None
    assert sorted(patched.entry.patched.edits) == [
        f"Access-Control-Allow-Origin: {PAGE}",
        "Vary: Accept, Origin",
        "cache-control: no-store",
    ]
    without = patched.entry.patched.without
    assert without is not None
    assert without.response is not None
    assert sorted(without.response.headers.fields) == sorted((name.encode(), value.encode()) for name, value in sent)
    drifts = Comparison([policy]).compare(patched)
    assert [(drift.kind, drift.subject) for drift in drifts] == [("looser", "origin"), ("stricter", "origin")]
    # The end of the session and the report of its recording say the same.
    findings = Findings()
    findings.add(patched)
    [line] = findings.to_send.lines()
    assert f"  {line}" in caplog.messages
    assert cli.run(["audit", str(file)]) == 0
    told = capsys.readouterr().out.partition("What the servers have to send so that it passes without the patch:")[2]
    assert " ".join(told.partition("\n\n")[0].split()) == line


def test_drift_is_of_what_the_server_sent_also_in_mode_policy(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(
        "version: 1\npolicies:\n- name: api\n  match: {hosts: [api.test]}\n"
        f"  origins: [{PAGE}]\n  methods: [GET]\n  expose_headers: [X-Total-Count]\n",
        "utf-8",
    )
    made = live(cors(answered=[*OURS, ("X-Total-Count", "3")]))
    with patching(cors_patch="policy", cors_policy=[str(file)]) as running:
        passes(running, made)
    assert made.response is not None
    assert made.response.headers["access-control-expose-headers"] == "X-Total-Count"
    assert made.metadata["cors.drift"] == (
        "stricter: the policy exposes header X-Total-Count, but the server does not, so the page cannot read it"
    )
