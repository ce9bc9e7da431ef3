"""`corsight audit`: what it prints, writes and exits with, for small recordings of a page and its servers."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from mitmproxy.flow import Error
from mitmproxy.http import Headers, HTTPFlow
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow, tutils

from corsight.policies.decision.place import locate
from corsight.policies.findings import groups
from corsight.policies.findings.mismatches import TURNED_ON
from corsight.policies.log_record import LogRecord
from corsight.policies.rules import DECISIONS, RULES
from corsight.scripts import cli
from corsight.scripts.report import text

PAGE = "https://app.example"
CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
WEBKIT = "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"

type Pairs = tuple[tuple[str, str], ...]


def fields(*pairs: tuple[str, str]) -> Headers:
    return Headers([(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs])


def flow(
    url: str,
    status: int | None,
    *answered: tuple[str, str],
    method: str = "GET",
    origin: str = PAGE,
    asked: Pairs = (),
    agent: str = CHROMIUM,
    site: str = "cross-site",
    at: float = 1000.0,
    until: float | None = None,
) -> HTTPFlow:
    """A CORS request of the page and its answer; status None: the server never answered."""
    metadata = (("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", site), ("Sec-Fetch-Dest", "empty"))
    scheme, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    request = tutils.treq(
        method=method.encode(),
        scheme=scheme.encode(),
        host=host,
        port=443,
        authority=b"",
        path=b"/" + path.encode("latin-1"),
        headers=fields(("Host", host), ("Origin", origin), ("User-Agent", agent), *metadata, *asked),
        timestamp_start=at,
        timestamp_end=at,
    )
    response = None
    if status is not None:
        received = at + 0.1 if until is None else until
        response = tutils.tresp(
            status_code=status, headers=fields(*answered), timestamp_start=received, timestamp_end=received
        )
    if response is None:
        return tflow.tflow(req=request, err=Error("connection refused"))
    return tflow.tflow(req=request, resp=response)


def preflight(url: str, status: int, *answered: tuple[str, str], method: str = "PUT", **more: object) -> HTTPFlow:
    asked = (("Access-Control-Request-Method", method),)
    return flow(url, status, *answered, method="OPTIONS", asked=asked, **more)  # type: ignore[arg-type]


ALLOW = ("Access-Control-Allow-Origin", PAGE)

type Audit = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Audit:
    """Records the flows into rec.mitm, audits that, and returns the exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "CORSIGHT_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def run(*flows: HTTPFlow | str, cut: int = 0) -> tuple[int, str, str]:
        arguments = [one for one in flows if isinstance(one, str)]
        file = io.BytesIO()
        writer = FlowWriter(file)
        for one in flows:
            if isinstance(one, HTTPFlow):
                writer.add(one)
        content = file.getvalue()
        Path("rec.mitm").write_bytes(content[: len(content) - cut])
        code = cli.run(["audit", "rec.mitm", "-v", *arguments])
        said = capsys.readouterr()
        assert "\x1b" not in said.out + said.err
        assert all(len(line) <= 80 and line == line.rstrip() for line in said.out.split("\n") if line[:1] != "{")
        return code, said.out, said.err

    return run


def records(out: str) -> list[LogRecord]:
    return [LogRecord.model_validate_json(line) for line in out.splitlines()]


# -- the report ------------------------------------------------------------------------------------------------------


def test_a_finding(run: Audit) -> None:
    code, out, err = run(
        flow("https://api.example/me?token=s3cret", 200),
        flow("https://api.example/me", 200, at=1001),
        flow("https://api.example/cart", 200, at=1002),
        flow("https://api.example/news", 200, ALLOW, at=1003),
    )
    assert (code, err) == (1, "")
    assert out == (
        """\
read       rec.mitm: 4 exchanges
from       Chromium 156: 4
blocked    3, for 1 cause

────────────────────────────────────────────────────────────────────────────────
1  No Access-Control-Allow-Origin header                               3 blocked

   api.example answered GET /me with status 200 without an
   Access-Control-Allow-Origin header, to a page of https://app.example. A page
   may read a response from another origin only if the response allows it with
   this header. It is often missing because an error page, a gateway or a cache
   answered instead of the application.

   evidence   This origin is allowed on other responses of api.example.

   page       https://app.example
   request    2× GET https://api.example/me
              GET https://api.example/cart
   was        no Access-Control-Allow-Origin (status 200)
   needed     Access-Control-Allow-Origin: https://app.example
   fix        Access-Control-Allow-Origin: https://app.example
              Vary: Origin

   to do      Send Access-Control-Allow-Origin: https://app.example and Vary:
              Origin on every response that this page may read, errors included.
   who        the server
   careful    The fix lets pages of this origin read the response: allow only
              origins that you trust, and name them one by one.
   console    Chromium (MissingAllowOriginHeader): Access to fetch at
              'https://api.example/me?token=REDACTED' from origin
              'https://app.example' has been blocked by CORS policy: No
              'Access-Control-Allow-Origin' header is present on the requested
              resource.
   rule       allow-origin-missing (CORS check, step 2)
              https://fetch.spec.whatwg.org/#concept-cors-check

────────────────────────────────────────────────────────────────────────────────
blocked   3  all certain
open      0  passed or blocked; the recording does not show which
allowed   1  all certain
opaque    0  loaded without CORS: the page can show or run it, but not read it
not CORS  0  same origin, navigation, WebSocket, no browser: CORS does not apply
"""
    )


def test_nothing_blocked(run: Audit) -> None:
    code, out, _ = run(flow("https://api.example/", 200, ALLOW))
    assert code == 0
    assert "\nNothing was blocked. CORS blocked nothing that the pages requested.\n" in out
    assert "blocked   0\n" in out


def test_nothing_that_cors_has_a_say_in(run: Audit) -> None:
    code, out, _ = run(flow("https://app.example/", 200, site="same-origin"))
    assert code == 0
    assert "\nNothing was blocked. CORS did not apply to anything here.\n" in out


def test_nothing_recorded(run: Audit) -> None:
    code, out, err = run()
    assert code == 2
    assert "There is no HTTP exchange in it to judge." in out
    assert err.startswith(
        "corsight: rec.mitm: nothing was judged: no HTTP request was recorded; was the browser set to use"
    )
    assert "--proxy-bypass-list='<-loopback>'" in err
    assert run("--fail-on", "never")[0] == 2
    assert run("--allow-empty")[0] == 0


def test_nothing_in_a_har_speaks_of_no_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = '{"status": 200, "headers": [{"name": "Server", "value": "x"}]}'
    entry = f'{{"request": {{"method": "GET", "url": "https://a.example/", "headers": []}}, "response": {answer}}}'
    for entries, said in (
        ("", "no HTTP request was recorded; record while a page is used: corsight browse URL, or save a HAR with"),
        (
            entry,
            "1 exchange, and none of a browser, by its User-Agent; CORS applies to browsers only. --engine NAME",
        ),
    ):
        Path("a.har").write_text(f'{{"log": {{"creator": {{"name": "x"}}, "entries": [{entries}]}}}}')
        assert cli.run(["audit", "a.har"]) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"corsight: a.har: nothing was judged: {said}")
        assert "proxy" not in err


def test_nothing_of_a_browser(run: Audit) -> None:
    client = flow("https://api.example/", 200, agent="curl/8.0")
    for name in ("origin", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-dest"):
        del client.request.headers[name]
    code, _, err = run(client)
    assert code == 2
    assert "nothing was judged: 1 exchange, and none of a browser, by its User-Agent" in err
    assert run(client, "--allow-empty")[0] == 0


def test_a_policy_for_nothing_that_was_asked(run: Audit) -> None:
    Path("policy.yaml").write_text("version: 1\npolicies:\n  - name: shop\n    match: {hosts: [shop.example]}\n")
    code, _, err = run(flow("https://api.example/", 200, ALLOW, ("Vary", "Origin")), "--policy", "policy.yaml")
    assert code == 2
    assert "no exchange matches policy shop" in err


def test_a_preflight_that_fails_keeps_the_request_from_being_sent(run: Audit) -> None:
    code, out, _ = run(preflight("https://api.example/orders", 401, ALLOW))
    assert code == 1
    assert "1  The preflight was refused by authentication" in out
    assert "so the browser never sent the request itself." in " ".join(out.split())
    assert (
        """\
   request    PUT https://api.example/orders
   was        status 401
   needed     any status from 200 to 299 to OPTIONS
   fix        answer OPTIONS with status 204
              Access-Control-Allow-Methods: PUT
"""
        in out
    )


def test_the_same_rule_in_a_preflight_and_in_a_response(run: Audit) -> None:
    _, out, _ = run(preflight("https://api.example/a", 204), flow("https://api.example/b", 200, at=1001))
    assert "   was        no Access-Control-Allow-Origin (status 204)\n              in the preflight: the req" in out
    assert "   was        no Access-Control-Allow-Origin (status 200)\n   needed" in out


def test_causes_are_sorted_by_the_number_of_exchanges(run: Audit) -> None:
    _, out, _ = run(
        flow("https://api.example/a", 200, ("Access-Control-Allow-Origin", "https://other.example")),
        flow("https://api.example/b", 200, at=1001),
        flow("https://api.example/c", 200, at=1002),
    )
    assert out.index("1  No Access-Control-Allow-Origin header") < out.index("2  The server allows another origin")


def test_the_same_cause_is_one_finding_with_many_places(run: Audit) -> None:
    _, out, _ = run(*(flow(f"https://api.example/{n}", 200, at=1000 + n) for n in range(50)))
    assert out.count("No Access-Control-Allow-Origin header") == 1
    assert "50 blocked" in out
    assert [line[14:] for line in out.splitlines() if "GET https" in line] == [
        f"GET https://api.example/{n}" for n in range(5)
    ]
    assert "   and 45 more endpoints with the same cause\n" in out


def test_places_that_are_told_apart_are_bounded(run: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "PLACES", 8)
    _, out, _ = run(*(flow(f"https://api.example/{n}", 200, at=1000 + n) for n in range(50)))
    assert "50 blocked" in out
    assert "   and at least 3 more endpoints with the same cause\n" in out


def test_where_no_header_mends_it_there_is_advice_and_no_fix(run: Audit) -> None:
    _, out, _ = run(flow("https://api.example/", 301, ALLOW, ("Location", "https://user:pw@b.example/?key=s3cret")))
    assert "   was        Location: https://REDACTED@b.example/?key=REDACTED\n" in out
    assert "\n   fix  " not in out
    assert "   to do      Redirect to the plain URL.\n" in out


def test_a_server_that_never_answered(run: Audit) -> None:
    code, out, _ = run(flow("https://api.example/", None))
    assert code == 1
    assert "1  The server refused the connection: nothing is listening there" in out
    assert "   evidence   The proxy says: connection refused\n" in out
    assert "   was        no answer; the proxy sent status 502 in its place\n" in out


def test_null_is_no_origin_to_trust(run: Audit) -> None:
    _, out, _ = run(flow("https://api.example/", 200, origin="null"))
    assert "   page       null (sandboxed frame, local file, or redirected across origins)\n" in out
    assert "needed     a request from a page with an origin of its own" in out
    assert "Access-Control-Allow-Origin: null" not in out


def test_engines_that_decide_otherwise_are_named(run: Audit) -> None:
    answered = (("Access-Control-Allow-Origin", "https://b.example"), ("Location", "/x"))
    _, out, _ = run(preflight("https://api.example/", 302, *answered))
    assert "   elsewhere  Firefox: blocked by allow-origin-mismatch\n" in out


def test_an_engine_for_all(run: Audit) -> None:
    code, out, _ = run(flow("https://api.example/", 200), "--engine", "firefox")
    assert code == 1
    assert "judged as  Firefox\n" in out
    assert "Firefox (CORSMissingAllowOrigin2)" in out


# -- what is not certain ---------------------------------------------------------------------------------------------

LIKELY = preflight("https://api.example/x", 204, ("Access-Control-Allow-Origin", "*"), agent=WEBKIT)
"""Blocked only if credentialed: nothing follows it, and nothing shows that it was not merely cut off."""
LIKELY.response.headers["Access-Control-Allow-Methods"] = "PUT"


def test_a_likely_verdict_says_why(run: Audit) -> None:
    code, out, _ = run(LIKELY)
    assert code == 1
    assert "1 likely blocked" in out
    assert (
        """\
   likely     The recording does not show how the page made the request. Most
              likely with credentials, since no request followed the preflight;
              without credentials, it is allowed.
"""
        in out
    )
    assert "blocked   1  0 certain, 1 likely\n" in out


OPEN = flow("https://api.example/", 200, ALLOW, agent=WEBKIT)
"""Allowed without credentials, blocked with them, and nothing tells which."""


def test_what_the_recording_does_not_show(run: Audit) -> None:
    code, out, _ = run(OPEN)
    assert code == 1
    assert "open       1, passed or blocked, which is not known\n" in out
    assert "\n1 is open. Whether it was blocked is not known; nothing else was blocked.\n" in out
    assert "open      1  passed or blocked; the recording does not show which\nallowed   0\n" in out
    said = " ".join(out.split())
    assert (
        "Open. If the page made the request with credentials, it is blocked for the reason below; without credentials, "
        "it is" in said
    )
    assert "--assume credentials=include, or the opposite." in said
    assert "Nothing was blocked" not in out


@pytest.mark.parametrize(
    ("fail_on", "likely", "certain", "is_open"),
    [("certain", 0, 1, 0), ("blocked", 1, 1, 0), ("open", 1, 1, 1), ("advice", 1, 1, 1), ("never", 0, 0, 0)],
)
def test_fail_on(fail_on: str, likely: int, certain: int, is_open: int, run: Audit) -> None:
    assert run(OPEN, "--fail-on", fail_on)[0] == is_open
    assert run(OPEN, "--fail-on", fail_on, "--format", "jsonl")[0] == is_open
    assert run(LIKELY, "--fail-on", fail_on)[0] == likely
    assert run(flow("https://api.example/", 200), "--fail-on", fail_on)[0] == certain


ADVICE = flow(
    "https://api.example/orders", 200, ALLOW, ("Vary", "Origin"), ("Cache-Control", "no-store"), ("X-Total-Count", "7")
)
"""Allowed, and a header in it that no script can read."""


def test_advice_counts_only_where_it_is_asked_for(run: Audit) -> None:
    assert run(ADVICE)[0] == run(ADVICE, "--fail-on", "certain")[0] == 0
    assert run(ADVICE, "--fail-on", "advice")[0] == 1
    assert run(ADVICE, "--fail-on", "advice", "--format", "jsonl")[0] == 1
    assert run(flow("https://api.example/", 200, ALLOW), "--fail-on", "advice")[0] == 0


def test_advice_is_told_after_what_is_blocked(run: Audit) -> None:
    _, out, _ = run(ADVICE, flow("https://api.example/x", 200, at=1005))
    assert "advice     1, on what works but could be better\n" in out
    assert "1  No Access-Control-Allow-Origin header" in out
    assert "2  The page cannot read x-total-count: not exposed" in out
    assert "   fix        Access-Control-Expose-Headers: x-total-count\n" in out


def test_advice_beyond_a_bound_is_only_named(run: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(text.IN_FULL, "advice", 0)
    _, out, _ = run(ADVICE)
    assert "advice     The page cannot read x-total-count: not exposed" in out
    assert "   to do " not in out


def test_what_failed_without_an_answer_is_told_and_no_failure_of_cors(run: Audit) -> None:
    left = flow("https://api.example/", None)
    left.error = Error("Client disconnected.")
    code, out, _ = run(left)
    assert code == 0
    assert "failed     1, without an answer\n" in out
    assert "1  The browser cancelled the request before it was answered" in out


def test_the_same_cause_at_two_servers_is_two_findings(run: Audit) -> None:
    _, out, _ = run(flow("https://a.example/", 200), flow("https://b.example/", 200, at=1001))
    assert "blocked    2, for 2 causes\n" in out


def allowed_once_it_is_followed(late: float) -> list[HTTPFlow]:
    """A preflight, and the request that follows it at once, answered only later; another exchange ends in between."""
    answered = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT"))
    asked = preflight("https://api.example/x", 204, *answered, agent=WEBKIT)
    other = flow("https://api.example/other", 200, *answered, agent=WEBKIT, at=1003)
    request = flow("https://api.example/x", 200, *answered, method="PUT", agent=WEBKIT, at=1000.2, until=1000.2 + late)
    return [asked, other, request] if late > 3 else [asked, request, other]


@pytest.mark.parametrize("late", [0.1, 30])
def test_a_revision_moves_the_exchange(late: float, run: Audit) -> None:
    """However long the request takes: a recording holds it only behind what ended before it."""
    code, out, _ = run(*allowed_once_it_is_followed(late), "--format", "jsonl")
    said = {record.url + record.method: (record.outcome, record.certainty) for record in records(out)}
    # The request itself, and the other one, are open.
    assert code == 1
    assert said["https://api.example/xOPTIONS"] == ("allowed", "certain")
    assert len(records(out)) == 3


# -- what peers send -------------------------------------------------------------------------------------------------


def test_what_peers_send_moves_no_cursor_and_is_no_markup(run: Audit) -> None:
    sent = "\x1b[31m\x9b2J[bold red]x[/] :smile: \xa0\x07"
    _, out, _ = run(flow(f"https://api.example/{sent}?secret=s3cret", 200, ("Access-Control-Allow-Origin", sent)))
    assert "\\x1b[31m\\x9b2J[bold red]x[/] :smile: \\xa0\\x07" in " ".join(out.split())
    assert "s3cret" not in out


def test_what_peers_send_is_cut(run: Audit) -> None:
    _, out, _ = run(flow("https://api.example/" + "x/" * 2000, 200, ("Access-Control-Allow-Origin", "y" * 9000)))
    assert "… (4020 characters)" in " ".join(out.split())
    assert len(out) < 6000


def test_an_exchange_that_cannot_be_judged_keeps_none_from_being(run: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    from corsight.policies.session import Session

    observe = Session.observe

    def fails(self: Session, exchange: object) -> object:
        if exchange.request.url.endswith("/odd"):  # type: ignore[attr-defined]
            raise KeyError("odd")
        return observe(self, exchange)  # type: ignore[arg-type]

    monkeypatch.setattr(Session, "observe", fails)
    code, out, err = run(flow("https://api.example/odd", 200), flow("https://api.example/b", 200, at=1001))
    assert code == 2
    assert "1 blocked" in out
    assert "could not be judged (KeyError: 'odd')" in err
    assert err.count("\n") == 1


# -- formats, files and exit codes -----------------------------------------------------------------------------------


def test_jsonl_is_the_log(run: Audit) -> None:
    flows = [flow("https://api.example/a?token=s3cret", 200), flow("https://api.example/b", 200, ALLOW, at=1001)]
    code, out, _ = run(*flows, "--format", "jsonl")
    assert code == 1
    assert [record.flow for record in records(out)] == [one.id for one in flows]
    assert [record.outcome for record in records(out)] == ["blocked", "allowed"]
    assert "s3cret" not in out
    assert out.startswith('{"schema":2,"flow":')


def test_output_goes_to_a_file(run: Audit) -> None:
    code, out, err = run(flow("https://api.example/", 200), "--output", "report.txt")
    assert (code, out, err) == (1, "", "")
    assert "1 blocked" in Path("report.txt").read_text("utf-8")


def test_a_report_never_replaces_a_recording(run: Audit) -> None:
    code, _, err = run(flow("https://api.example/", 200), "--output", "./rec.mitm")
    assert code == 2
    assert err == "corsight: ./rec.mitm: this command reads it; name another file for the report\n"
    assert Path("rec.mitm").stat().st_size > 100


def test_an_unknown_format(run: Audit) -> None:
    code, out, err = run("--format", "xml")
    assert (code, out) == (2, "")
    assert err == (
        "corsight: --format: 'xml' is not one of text, jsonl, json, sarif, junit, github, markdown, csv, html\n"
    )


def test_a_truncated_recording_is_reported_as_far_as_it_goes(run: Audit) -> None:
    code, out, err = run(flow("https://api.example/", 200), flow("https://api.example/b", 200, at=1001), cut=9)
    assert code == 2
    assert "read       rec.mitm: 1 exchange\n" in out
    assert "1 blocked" in out
    assert err == (
        "corsight: rec.mitm: is cut short or damaged after 1 exchange; what came before it was judged; "
        "stop mitmproxy before its recording is read, or record again\n"
    )


def test_a_damaged_recording_keeps_no_other_from_being_read(run: Audit) -> None:
    Path("odd.mitm").write_bytes(b"odd")
    code, out, err = run(flow("https://api.example/", 200), "odd.mitm")
    assert code == 2
    assert "1 blocked" in out
    assert err.startswith("corsight: odd.mitm: is not a recording")


@pytest.mark.parametrize("name", ["none.mitm", "empty", "*.har"])
def test_what_is_no_file_ends_it_at_once(name: str, run: Audit) -> None:
    Path("empty").mkdir()
    code, out, err = run(flow("https://api.example/", 200), name)
    assert (code, out) == (2, "")
    assert err.startswith(f"corsight: {name}: ")
    assert err.count("\n") == 1


def test_recordings_are_sessions_of_their_own(run: Audit) -> None:
    """What was recorded before takes nothing from what was recorded after, whatever the order they are named in."""
    run(*allowed_once_it_is_followed(0.1))
    Path("rec.mitm").rename("old.mitm")
    _, out, _ = run(flow("https://api.example/", 200, ALLOW, at=9000), "old.mitm", "--format", "jsonl")
    assert [record.certainty for record in records(out)][1:3] == ["certain", "certain"]


def test_a_recording_from_stdin(run: Audit) -> None:
    run(flow("https://api.example/", 200))
    command = [sys.executable, "-m", "corsight.scripts.cli", "audit", "-"]
    root = Path(__file__).resolve().parents[3]
    ended = subprocess.run(command, input=Path("rec.mitm").read_bytes(), capture_output=True, cwd=root, check=False)
    assert ended.returncode == 1
    assert b"read       stdin: 1 exchange" in ended.stdout


def test_a_terminal_that_knows_little_is_no_reason_to_fail(run: Audit) -> None:
    run(flow("https://api.example/", 200), flow("https://api.example/", 200, at=1001))
    command = [sys.executable, "-m", "corsight.scripts.cli", "audit", "-"]
    root = Path(__file__).resolve().parents[3]
    ended = subprocess.run(
        command,
        input=Path("rec.mitm").read_bytes(),
        capture_output=True,
        cwd=root,
        check=False,
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert ended.returncode == 1, ended.stderr


# -- the catalogue as it is shown ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", DECISIONS)
def test_every_rule_can_be_shown(code: str) -> None:
    rule = RULES[code]
    assert code in TURNED_ON
    assert locate(code).spec.startswith("https://")
    assert rule.needed.format(origin="o", method="m", names="n", host="h")


def test_what_was_patched_on_its_way_is_told(run: Audit) -> None:
    patched = flow("https://api.test/1", 200, ALLOW)
    patched.metadata["cors.patched"] = ["Access-Control-Allow-Origin"]
    _, out, _ = run(patched, flow("https://api.test/2", 200, ALLOW))
    assert "patched    1 answer, by Corsight on the way" in out
