"""The addon inside mitmproxy: its options, its hooks, and that traffic passes as it came."""

from __future__ import annotations

import gc
import logging
import os
import weakref
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mitmproxy import http
from mitmproxy.exceptions import OptionsError
from mitmproxy.flow import Error
from mitmproxy.net.encoding import encode as mitmproxy_encode
from mitmproxy.proxy.layers.http import (
    HttpErrorHook,
    HttpRequestHeadersHook,
    HttpResponseHeadersHook,
    HttpResponseHook,
)
from mitmproxy.test import tflow

from corsight.addons import addon
from corsight.addons.addon import ASKED, LONGEST
from corsight.addons.annotate import BLOCKED, UNSURE
from corsight.policies.log_record import LogRecord
from tests.addons.mitm import (
    FIREFOX,
    GONE,
    LOST,
    OURS,
    PAGE,
    STAR,
    WEBKITGTK,
    cors,
    flow,
    lines,
    mitmproxy,
    preflight,
    through_a_dump,
    traffic,
)

ALLOWED = ("Access-Control-Allow-Credentials", "true")
CUT = "peer closed connection without sending complete message body"
REFUSED = "Received a header from server, refusing to prevent request smuggling attacks. Disable the …"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


def said(log: Path) -> list[tuple[str, str, str | None]]:
    return [(one["outcome"], one["certainty"], one["rule"]) for one in lines(log)]


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


# -- options ----------------------------------------------------------------------------------------------------------

BEHIND = "add a version with @, as in chromium@120."
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "engine": (
        {"cors_engine": "netscape"},
        "cors_engine: 'netscape' is not one of auto, standard, chromium, firefox, webkit; " + BEHIND,
    ),
    "engine's case": (
        {"cors_engine": "Firefox"},
        "cors_engine: 'Firefox' is not one of auto, standard, chromium, firefox, webkit; " + BEHIND,
    ),
    "no engine": (
        {"cors_engine": ""},
        "cors_engine: '' is not one of auto, standard, chromium, firefox, webkit; " + BEHIND,
    ),
    "version": (
        {"cors_engine": "chromium@new"},
        "cors_engine: 'chromium@new': a version is the engine's major number, as in chromium@120.",
    ),
    "the standard's version": (
        {"cors_engine": "standard@1"},
        "cors_engine: 'standard@1': the Fetch standard has no versions.",
    ),
    "scope": ({"cors_scope": "~nothing"}, "cors_scope: '~nothing' is not a filter expression."),
    "scope's pattern": ({"cors_scope": "~u ["}, "cors_scope: '~u [' is not a filter expression."),
    "deep scope": ({"cors_scope": "(" * 150}, f"cors_scope: '{'(' * 150}' is not a filter expression."),
    "open scope": ({"cors_scope": "(~q"}, "cors_scope: '(~q' is not a filter expression."),
    "patch scope": ({"cors_patch_scope": "~nothing"}, "cors_patch_scope: '~nothing' is not a filter expression."),
    "log's folder": ({"cors_log": "/nowhere/log"}, "cors_log: cannot write /nowhere/log: No such file or directory."),
    "log": ({"cors_log": "/"}, "cors_log: cannot write /: Is a directory."),
    "patch": ({"cors_patch": "always"}, "cors_patch: 'always' is not one of off, blocked, policy."),
    "patch without a scope": (
        {"cors_patch": "blocked"},
        "cors_patch_scope: patching needs a scope, a filter expression such as "
        r"'~d ^api\.example$'; nothing outside it is "
        "touched.",
    ),
    "policy": (
        {"cors_policy": ["a.yaml"]},
        "cors_policy: cannot read a.yaml: No such file or directory.",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_is_refused_in_a_line(name: str, log: Path) -> None:
    options, line = BAD[name]
    with mitmproxy(cors_log=str(log)) as running:
        with pytest.raises(OptionsError) as refused:
            running.set(**options)
        assert str(refused.value) == line
        running.judge(cors())
    assert len(lines(log)) == 1, "what was set before goes on"


@pytest.mark.parametrize("name", BAD)
def test_a_bad_value_at_the_start_is_one_logged_error(name: str, caplog: pytest.LogCaptureFixture) -> None:
    options, line = BAD[name]
    with mitmproxy(loaded=False) as running:
        running.defer(*(f"{key}={value if isinstance(value, str) else value[0]}" for key, value in options.items()))
        running.start()
    assert errors(caplog) == [line]
    assert [record.levelname for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    ("spec", "line"),
    [
        ("cors_typo=1", "cors_typo: there is no such option; there are cors_engine, cors_log, cors_mark, "),
        ("cors_\x1b[2J=1", "cors_\\x1b[2J: there is no such option"),
    ],
)
def test_an_option_that_does_not_exist_is_a_logged_error(
    spec: str, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    with mitmproxy(loaded=False) as running:
        running.defer(spec, "someone_elses=1")
        running.start()
    [error] = errors(caplog)
    assert error.startswith(line)


@pytest.mark.parametrize("spec", ["cors_mark=maybe", "cors_secrets=2", "cors_engine"])
def test_a_value_of_the_wrong_kind_is_a_logged_error(spec: str, caplog: pytest.LogCaptureFixture) -> None:
    with mitmproxy(loaded=False) as running:
        running.defer(spec)
        with pytest.raises(OptionsError):
            running.start()
    [error] = errors(caplog)
    assert spec.partition("=")[0] in error
    assert "\n" not in error


def test_every_option_has_a_value_that_is_taken(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    with mitmproxy(loaded=False) as running:
        running.defer("cors_mark=false", "cors_secrets", f"cors_log={log}", "cors_scope=~d api.test & ~m GET")
        running.defer("cors_engine=webkit", "cors_patch=off", "cors_patch_scope=~q")
        running.start()
        made = cors(url="https://api.test/v1?token=x")
        running.judge(made, cors(method="POST"))
    [one] = lines(log)
    assert (one["engine"], one["url"], made.marked) == ("webkit", "https://api.test/v1?token=x", "")
    assert errors(caplog) == []


@pytest.mark.parametrize("engine", ["auto", "standard", "chromium", "firefox", "webkit", "chromium@120", "webkit@16"])
def test_every_engine_can_be_asked_for(engine: str, log: Path) -> None:
    with mitmproxy(cors_engine=engine, cors_log=str(log)) as running:
        running.judge(cors(agent=FIREFOX))
    assert lines(log)[0]["engine"] == ("firefox" if engine == "auto" else engine.partition("@")[0])


def test_a_log_can_be_changed_and_ended(log: Path, tmp_path: Path) -> None:
    with mitmproxy(cors_log=str(log)) as running:
        running.judge(cors())
        running.set(cors_log=str(tmp_path / "other"))
        running.judge(cors())
        running.set(cors_log="")
        running.judge(cors())
    assert (len(lines(log)), len(lines(tmp_path / "other"))) == (1, 1)


def test_reverse_mode_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    with mitmproxy() as running:
        running.set(mode=["reverse:http://127.0.0.1:1"])
        running.addon.running()
    assert len(errors(caplog)) == 1


# -- the log ----------------------------------------------------------------------------------------------------------


def test_a_verdict_is_written_when_it_is_reached(log: Path) -> None:
    with mitmproxy(cors_log=str(log)) as running:
        made = cors()
        running.hooks(HttpRequestHeadersHook(made))
        assert lines(log) == []
        running.hooks(HttpResponseHeadersHook(made))
        [one] = lines(log)
        assert (one["flow"], one["outcome"], one["rule"]) == (made.id, "blocked", "allow-origin-missing")


def test_a_revision_is_a_new_line_of_the_same_flow(log: Path) -> None:
    with mitmproxy(cors_log=str(log)) as running:
        asked = preflight()
        running.judge(asked)
        assert asked.marked == UNSURE
        running.hooks(HttpRequestHeadersHook(cors(method="PUT")))
        running.let_time_pass()
        first, second = lines(log)
        assert first["flow"] == second["flow"] == asked.id
        assert said(log) == [("allowed", "likely", None), ("allowed", "certain", None)]
        assert (asked.marked, asked.comment) == ("", "allowed (chromium)")
        assert running.updated == [asked], "user interfaces are told"


def test_a_cause_that_later_traffic_shows_is_said_again(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with mitmproxy(cors_log=str(log)) as running:
        failed = cors(status=500, answered=[("Server", "nginx"), ("Content-Type", "text/html")])
        running.judge(failed)
        assert failed.metadata["cors.cause"] == "framework-error-without-cors"
        running.judge(cors(url="https://api.test/v2", answered=OURS))
        assert failed.metadata["cors.cause"] == "nginx-add-header-without-always"
        assert "nginx leaves the CORS header off error responses" in failed.comment
        assert running.updated == [failed], "user interfaces are told"
        causes = [(line["flow"], line["cause"], line["who"]) for line in lines(log)]
        assert causes[0] == (failed.id, "framework-error-without-cors", "server")
        assert causes[1][1] is None
        assert causes[2:] == [(failed.id, "nginx-add-header-without-always", "proxy")]
    assert len([line for line in caplog.messages if line.startswith("blocked ")]) == 2
    assert caplog.messages[-1] == "Corsight: 1 exchange blocked (nginx-add-header-without-always 1)"


def test_what_is_still_waited_for_is_settled_at_the_end(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with mitmproxy(cors_log=str(log)) as running:
        asked = preflight()
        running.judge(asked)
    assert said(log)[-1] == ("blocked", "likely", "allow-origin-wildcard")
    assert asked.marked == BLOCKED
    assert caplog.messages[-1] == "Corsight: 1 exchange blocked (wildcard-with-credentials 1)"


def test_a_certain_verdict_that_is_taken_back_is_taken_back_on_its_flow(log: Path) -> None:
    """Firefox leaves out Sec-Fetch-Storage-Access for keepalive: then its absence told nothing."""
    with mitmproxy(cors_log=str(log)) as running:
        told = ("Sec-Fetch-Storage-Access", "active")
        asked = preflight(agent=FIREFOX)
        running.judge(flow(told, url="https://seen.test/", agent=FIREFOX), asked)
        assert said(log)[-1] == ("allowed", "certain", None)
        running.judge(flow(url="https://elsewhere.test/", agent=FIREFOX, after=10))
        revisions = [one for one in lines(log) if one["flow"] == asked.id]
        assert len(revisions) == 2
        assert asked.metadata["cors.outcome"] == revisions[-1]["outcome"] == "blocked"
        assert asked.marked == BLOCKED


def test_the_flows_themselves_are_not_held() -> None:
    with mitmproxy() as running:
        running.judge(preflight())
        gc.collect()
        assert not running.addon._flows
        running.judge(cors(method="PUT"))


def test_every_record_is_of_the_schema(log: Path) -> None:
    with mitmproxy(cors_log=str(log)) as running:
        running.judge(*samples())
    validator = jsonschema.Draft202012Validator(LogRecord.model_json_schema(by_alias=True))
    records = lines(log)
    assert len(records) >= len(samples())
    for one in records:
        validator.validate(one)
        LogRecord.model_validate(one)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full, a disk that is full, is Linux's")
def test_a_full_disk_does_not_disturb(caplog: pytest.LogCaptureFixture) -> None:
    with mitmproxy(cors_log="/dev/full") as running:
        first, second = cors(), cors()
        running.judge(first, second)
        assert first.marked == second.marked == BLOCKED
    [line] = errors(caplog)
    assert line.startswith("cors_log: cannot write /dev/full: ")


def test_secrets_are_redacted_unless_asked_for(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    address = "https://me:hunter2@api.test/v1?token=hunter2"
    secrets = [("Cookie", "id=hunter2"), ("Authorization", "Bearer hunter2")]
    made = cors(*secrets, url=address, answered=[("Set-Cookie", "id=hunter2")])
    with mitmproxy(cors_log=str(log)) as running:
        running.judge(made)
    assert "hunter2" not in log.read_text() + caplog.text + made.comment + str(made.metadata)
    with mitmproxy(cors_log=str(log), cors_secrets=True) as running:
        running.judge(cors(*secrets, url=address))
    assert lines(log)[1]["url"] == address
    assert "id=hunter2" not in log.read_text()


@pytest.mark.parametrize("odd", ["\x1b[2J", "\x9b2J", "\x7f", "\x00", "\x85", "\xad"])
@pytest.mark.parametrize("answered", [OURS, [("Access-Control-Allow-Origin", "odd")]])
def test_no_control_character_stands_in_the_log(odd: str, answered: list[tuple[str, str]], log: Path) -> None:
    made = cors(("Origin", odd), method=f"A{odd}", answered=[*answered, (f"x{odd}", odd)])
    made.request.data.path = f"/{odd}".encode("latin-1")
    with mitmproxy(cors_log=str(log)) as running:
        running.judge(made, made.copy())
    assert log.read_text("utf-8").replace("\n", "").isprintable()
    assert {one["url"] for one in lines(log)} == {f"https://api.test/{odd}"}


# -- scope ------------------------------------------------------------------------------------------------------------


def test_only_what_is_in_scope_is_judged(log: Path) -> None:
    with mitmproxy(cors_log=str(log), cors_scope="~d api.test") as running:
        inside, outside = cors(), cors(url="https://other.test/")
        running.judge(inside, outside)
    assert [one["flow"] for one in lines(log)] == [inside.id]
    assert outside.metadata == {}


@pytest.mark.parametrize("scope", ["~c 200", "~hs access-control", "~s"])
def test_a_scope_may_turn_on_the_response(scope: str, log: Path) -> None:
    with mitmproxy(cors_log=str(log), cors_scope=scope) as running:
        running.judge(cors(answered=OURS), cors(answered=None, error=LOST))
    assert said(log) == [("allowed", "certain", None)]


def test_a_scope_that_no_response_is_in_judges_none(log: Path) -> None:
    with mitmproxy(cors_log=str(log), cors_scope="~q") as running:
        running.judge(cors(), cors(error=REFUSED))
    assert lines(log) == []


# -- flows of every kind ----------------------------------------------------------------------------------------------


def samples() -> list[http.HTTPFlow]:
    """Flows of every kind."""
    socket = tflow.twebsocketflow()
    connect = flow(answered=None, error=LOST)
    connect.request.data.method, connect.request.data.authority = b"CONNECT", b"api.test:443"
    connect.request.data.scheme = connect.request.data.path = b""
    refused = flow(status=502)
    refused.request.data.method = b"CONNECT"
    nowhere = cors(http2=False)
    nowhere.request.headers["Host"] = ""
    bytes_ = preflight(("\xff", "\xfe\x80"), answered=[("\xe9", "\xff"), ("Access-Control-Allow-Origin", "\xff\x00")])
    bytes_.request.data.path = b"/\xff\xfe"
    bytes_.request.data.method = b"G\xffT"
    killed = cors(answered=None)
    killed.live = True
    killed.kill()
    broken = cors(answered=OURS, error=CUT)
    streamed = cors(answered=[*OURS, ("Content-Type", "text/event-stream")])
    streamed.response.stream = True
    streamed.response.data.content = None
    chunks = cors()
    chunks.response.stream = chunks.request.stream = bytes
    return [
        *[flow(), cors(), cors(http2=False), cors(answered=OURS), preflight(), preflight(http2=False)],
        *[cors(answered=None), cors(answered=None, error=LOST), cors(answered=None, error=GONE), cors(error=REFUSED)],
        *[socket, tflow.twebsocketflow(err=True), tflow.tflow(), tflow.tflow(resp=True), tflow.tflow(err=True)],
        *[connect, refused, nowhere, bytes_, killed, broken, streamed, chunks],
    ]


def test_what_passes_is_what_came(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    with mitmproxy(cors_log=str(log)) as running:
        for made in samples():
            before, live = traffic(made), made.live
            running.judge(made)
            assert (traffic(made), made.live) == (before, live)
            assert ("cors.outcome" in made.metadata) == (made.response is not None or made.error is not None)
    assert errors(caplog) == []


def test_a_client_without_an_address_is_judged(log: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = cors()
    made.client_conn.peername = None
    with mitmproxy(cors_log=str(log)) as running:
        running.judge(made)
    assert lines(log)[0]["client"] == "unknown chromium 156"
    assert errors(caplog) == []


@pytest.mark.parametrize("number", range(len(samples())))
def test_judging_twice_changes_nothing(number: int) -> None:
    def left(made: Any) -> tuple[Any, ...]:
        return made.comment, made.marked, {**made.metadata}

    made = samples()[number]
    made.comment = "mine"
    with mitmproxy() as running:
        running.judge(made)
    once = left(made)
    [again] = through_a_dump(made)
    with mitmproxy() as running:
        running.judge(again)
    assert left(again) == once
    with mitmproxy() as running:
        running.judge(made, made)
    assert left(made) == once


def test_an_error_after_the_response_is_no_new_verdict(log: Path) -> None:
    with mitmproxy(cors_log=str(log)) as running:
        running.judge(cors(answered=OURS, error="peer closed connection"))
    assert said(log) == [("allowed", "certain", None)]


def test_a_response_that_the_proxy_refused_is_judged_by_the_proxys_answer(log: Path) -> None:
    made = cors(answered=OURS, error=REFUSED)
    with mitmproxy(cors_log=str(log)) as running:
        running.hooks(HttpRequestHeadersHook(made), HttpErrorHook(made))
        [live] = lines(log)
        assert (live["status"], live["rule"]) == (None, "network-error")
    log.unlink()
    with mitmproxy(cors_log=str(log)) as running:
        running.judge(made)
    [replayed] = lines(log)
    assert replayed == live


def test_a_body_that_broke_off_does_not_show_that_its_connection_was_used_again(log: Path) -> None:
    """WebKit closes the connection of a response that it blocks. This one is judged by its headers, and then again."""
    made = cors(answered=OURS, http2=False, agent=WEBKITGTK)
    made.response.timestamp_end = None
    with mitmproxy(cors_log=str(log)) as running:
        running.hooks(HttpRequestHeadersHook(made), HttpResponseHeadersHook(made))
        made.error = Error(CUT)
        running.hooks(HttpErrorHook(made))
    assert [(one["outcome"], one["rule"]) for one in lines(log)] == [("allowed", None), ("blocked", "network-error")]


def test_a_response_without_its_request_is_judged(log: Path) -> None:
    with mitmproxy(cors_log=str(log)) as running:
        running.hooks(HttpResponseHeadersHook(cors(answered=OURS)))
    assert said(log) == [("allowed", "certain", None)]


def test_what_the_browser_asked_counts_not_what_others_made_of_it(log: Path) -> None:
    with mitmproxy(cors_log=str(log)) as running:
        made = cors(answered=OURS)
        running.hooks(HttpRequestHeadersHook(made))
        made.request.url = "https://mapped.test/"
        made.request.headers["Origin"] = "https://other.example"
        running.hooks(HttpResponseHeadersHook(made))
    [one] = lines(log)
    assert (one["url"], one["origin"], one["outcome"]) == ("https://api.test/v1", PAGE, "allowed")


def test_what_passes_when_it_is_replayed_stays_so(log: Path) -> None:
    """That its server answers the page now, is news of what it blocked before: of that flow no more."""
    made = cors(url="https://api.test/a", status=500, answered=[("Server", "nginx"), ("Content-Type", "text/html")])
    other = cors(url="https://api.test/b", status=500, answered=[("Server", "nginx"), ("Content-Type", "text/html")])
    with mitmproxy(cors_log=str(log)) as proxy:
        proxy.judge(made, other)
        made.response = flow(answered=[*OURS, ("Vary", "Origin")]).response
        made.request.timestamp_start = other.request.timestamp_start + 5
        proxy.judge(made)
    assert (made.metadata["cors.outcome"], made.marked, made.comment) == ("allowed", "", "allowed (chromium)")
    # The other one has another cause by that.
    assert [one["flow"] for one in lines(log)] == [made.id, other.id, made.id, other.id]
    assert lines(log)[3]["cause"] != lines(log)[1]["cause"]


def test_what_is_learned_late_of_an_answer_is_not_said_of_its_replay(log: Path) -> None:
    made = preflight(http2=False)
    with mitmproxy(cors_log=str(log)) as proxy:
        proxy.judge(made)
        made.response = preflight(answered=[*OURS, ALLOWED, ("Access-Control-Allow-Methods", "PUT")]).response
        made.request.timestamp_start += 1
        proxy.judge(made)
        # Nothing followed the first.
        proxy.judge(cors(answered=OURS, after=100))
        assert (made.metadata["cors.outcome"], made.marked, made.comment) == ("allowed", "", "allowed (chromium)")
    assert [(one["flow"] == made.id, one["outcome"], one["certainty"]) for one in lines(log)] == [
        (True, "allowed", "likely"),
        (True, "allowed", "certain"),
        (False, "allowed", "certain"),
    ]


def test_a_replayed_request_is_judged_again(log: Path) -> None:
    made = cors()
    with mitmproxy(cors_log=str(log)) as running:
        running.judge(made)
        made.is_replay = "request"
        made.response.headers["Access-Control-Allow-Origin"] = PAGE
        running.judge(made)
    assert said(log) == [("blocked", "certain", "allow-origin-missing"), ("allowed", "certain", None)]
    assert (made.marked, made.comment) == ("", "allowed (chromium)")


# -- hooks never raise ------------------------------------------------------------------------------------------------

NAMES = st.binary(max_size=10) | st.sampled_from(
    b"Origin|Access-Control-Request-Method|Access-Control-Request-Headers|Sec-Fetch-Mode|Sec-Fetch-Site|Sec-Fetch-Dest"
    b"|Referer|Cookie|User-Agent|Sec-CH-UA|Accept|Content-Type|Host|If-None-Match|Location|Vary|Set-Cookie|ETag"
    b"|Access-Control-Allow-Origin|Access-Control-Allow-Credentials|Access-Control-Allow-Methods|Access-Control-Max-Age"
    b"|Access-Control-Allow-Headers|Access-Control-Expose-Headers|Cross-Origin-Resource-Policy|Cache-Control".split(
        b"|"
    )
)
VALUES = st.binary(max_size=20) | st.sampled_from(
    [
        b"*",
        b"true",
        b"null",
        PAGE.encode(),
        b"cors",
        b"no-cors",
        b"navigate",
        b"PUT",
        b"x-a, x-b",
        b"//[",
        b"http://[::1",
        b"9" * 30,
    ]
)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=12)
PATHS = st.binary(max_size=20) | st.just(b"/")
STATUS = st.sampled_from([0, 101, 200, 204, 301, 304, 307, 404, 502, 999])
EXCHANGES = st.tuples(
    st.sampled_from([b"GET", b"OPTIONS", b"PUT", b"\xff"]), PATHS, HEADERS, STATUS, HEADERS, st.booleans()
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(EXCHANGES, min_size=1, max_size=4))
def test_no_header_is_too_odd_for_the_hooks(
    caplog: pytest.LogCaptureFixture, tmp_path: Path, exchanges: list[tuple[Any, ...]]
) -> None:
    caplog.clear()
    caplog.set_level(logging.INFO)
    log = tmp_path / "log"
    log.unlink(missing_ok=True)
    with mitmproxy(cors_log=str(log)) as running:
        for method, path, asked, status, answered, http2 in exchanges:
            made = cors(http2=http2)
            made.request.data.method, made.request.data.path = method, path
            made.request.data.headers, made.response.data.headers = http.Headers(asked), http.Headers(answered)
            made.response.data.status_code = status
            before = traffic(made)
            running.judge(made)
            assert traffic(made) == before
            through_a_dump(made)
    assert errors(caplog) == []
    assert all(line.isprintable() for line in caplog.messages)
    for one in lines(log):
        LogRecord.model_validate(one)


def test_a_failure_of_ours_is_a_line_and_the_flow_passes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("it \x1b[2J broke\n")

    made = cors()
    with mitmproxy() as running:
        monkeypatch.setattr(addon, "exchange_of", fail)
        running.judge(made)
    assert errors(caplog) == [
        f"Corsight could not judge flow {made.id} (RuntimeError: it \\x1b[2J broke\\x0a): please report this."
    ]
    assert made.metadata == {}


def test_requests_that_are_never_answered_go_with_their_flows() -> None:
    with mitmproxy() as running:
        made = cors()
        written = made.get_state()
        running.hooks(HttpRequestHeadersHook(made))
        running.let_time_pass()
        assert getattr(made, ASKED) is not None
        assert not hasattr(made.copy(), ASKED)
        assert made.get_state() == written
        gone = weakref.ref(made)
        del made
        gc.collect()
        assert gone() is None
        answered = cors(answered=STAR)
        running.judge(answered)
        assert getattr(answered, ASKED) is None


def test_a_request_that_is_long_is_held_only_once() -> None:
    """3,000 unfinished requests of 1 MB: the URL that is read of each would cost as much again."""
    made = cors(answered=STAR)
    made.request.path = "/" + "a" * LONGEST
    with mitmproxy() as running:
        running.hooks(HttpRequestHeadersHook(made))
        running.let_time_pass()
        assert not hasattr(made, ASKED)
        running.hooks(HttpResponseHeadersHook(made))
    assert made.metadata["cors.outcome"] == "allowed"


PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 2000
IMAGE = [("Content-Type", "image/png"), ("Cross-Origin-Resource-Policy", "cross-origin")]
EMBEDS = (("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site"))


@pytest.mark.parametrize(
    ("content", "encoding", "said_of_it"),
    [
        (PNG, None, ("opaque", "certain", None)),
        (b"<!doctype html><p>gone", None, ("blocked", "certain", "opaque-response-blocked")),
        (b'{"error": "gone"}', "gzip", ("blocked", "certain", "opaque-response-blocked")),
        (b'{"error": "gone"}', "br", ("blocked", "certain", "opaque-response-blocked")),
        (b'{"error": "gone"}', "x-unknown", ("opaque", "likely", None)),
    ],
)
def test_what_a_body_decides_is_judged_once_it_is_there(
    log: Path, content: bytes, encoding: str | None, said_of_it: tuple[str, str, str | None]
) -> None:
    """Chromium looks into the first kilobyte of what is called an image."""
    made = flow(*EMBEDS, answered=IMAGE)
    with mitmproxy(cors_log=str(log)) as running:
        response, made.response = made.response, None
        running.addon.requestheaders(made)
        made.response, response.data.content, response.timestamp_end = response, None, None
        running.addon.responseheaders(made)
        assert not log.exists() or lines(log) == []
        if encoding is not None:
            response.headers["content-encoding"] = encoding
        response.data.content = mitmproxy_encode(content, encoding) if encoding in ("gzip", "br") else content
        response.timestamp_end = response.timestamp_start + 0.1
        assert callable(running.addon.response)
        running.hooks(HttpResponseHook(made), HttpResponseHook(made))
        # Nothing waits for a body any more, and mitmproxy need not call.
        assert not hasattr(running.addon, "response")
    assert said(log) == [said_of_it]


def test_a_body_that_is_streamed_is_not_waited_for(log: Path) -> None:
    made = flow(*EMBEDS, answered=IMAGE)
    with mitmproxy(cors_log=str(log)) as running:
        running.addon.requestheaders(made)
        made.response.data.content, made.response.timestamp_end, made.response.stream = None, None, True
        running.addon.responseheaders(made)
        assert said(log) == [("opaque", "likely", None)]
