"""The gate: what is selected, suppressed, known before, and what a run is held to, through the command itself."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowWriter

from corsight.policies.findings import Finding
from corsight.policies.findings.fingerprint import Trace
from corsight.scripts import cli
from corsight.scripts.gate.narrow import narrow
from corsight.scripts.gate.sift import Sieve, sift
from corsight.scripts.gate.suppressions import is_host, read_suppression
from tests.scripts.commands.test_audit import ALLOW, flow

PAGE, API = "http://localhost:3000", "http://localhost:8000"
CLASSIC = flow(f"{API}/me", 200, ("Access-Control-Allow-Origin", "*"), origin=PAGE, site="same-site")
"""The commonest mistake: asked with credentials or not, over plain http, where no cookie is set yet."""
BARE = [flow(f"https://api.example/cart/{number}", 200, at=1000 + number) for number in range(3)]
"""Blocked, at one endpoint."""
OTHER = flow("https://other.example/orders", 200, at=1010)

type Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Records the flows into rec.mitm, runs a command on it, and returns the exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def run(flows: list[HTTPFlow], *arguments: str, command: str = "audit") -> tuple[int, str, str]:
        file = io.BytesIO()
        writer = FlowWriter(file)
        for one in flows:
            writer.add(one)
        Path("rec.mitm").write_bytes(file.getvalue())
        code = cli.run([command, "rec.mitm", *arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


# -- what is open ----------------------------------------------------------------------------------------------------


def test_what_may_have_been_blocked_has_not_passed(run: Run) -> None:
    code, out, _ = run([CLASSIC])
    assert code == 1
    assert "Open: 1 exchange, passed or blocked, for 1 cause\n" in out
    [row] = [line for line in out.split("\n") if line.startswith("1  1  ")]
    assert row.split() == [
        "1",
        "1",
        "localhost:3000",
        "GET",
        "localhost:8000/me",
        "wildcard-with-credentials",
        "server",
    ]
    assert "Blocked if requested with credentials; without credentials, it is allowed.\n" in out
    assert "Nothing was blocked" not in out
    assert "all they asked for" not in out
    assert run([CLASSIC], "--fail-on", "blocked")[0] == 0


def test_a_story_says_what_is_open_and_how_it_is_settled(run: Run) -> None:
    passed = flow(f"{API}/news", 200, ("Access-Control-Allow-Origin", PAGE), origin=PAGE)
    _, out, _ = run([passed, CLASSIC], command="explain")
    said = " ".join(out.replace("│", "").split())
    assert "Open: with credentials, Chromium blocked it; otherwise it let the page read the response." in said
    assert "Whether it was blocked can be settled: Visit the page with corsight browse" in said
    assert "--assume credentials=include, or the opposite." in said
    assert "this is the first that is open" in said


@pytest.mark.parametrize(("taken", "code"), [("include", 1), ("not-include", 0), ("omit", 0), ("same-origin", 0)])
def test_an_assumption_settles_it(taken: str, code: int, run: Run) -> None:
    got, out, _ = run([CLASSIC], "--assume", f"credentials={taken}")
    assert got == code
    assert f"assumed    credentials={taken}\n" in out
    assert "open      0" in out
    assert f"blocked   {code}" in out


def test_what_the_wire_tells_is_not_overruled_by_an_assumption(run: Run) -> None:
    with_cookie = CLASSIC.copy()
    with_cookie.request.headers["cookie"] = "a=b"
    assert run([with_cookie], "--assume", "credentials=omit")[0] == 1


@pytest.mark.parametrize("assumed", ["credentials=perhaps", "colour=red", "credentials"])
def test_an_assumption_that_says_nothing_ends_it(assumed: str, run: Run) -> None:
    code, _, err = run([CLASSIC], "--assume", assumed)
    assert (code, err.count("\n")) == (2, 1)
    assert "there are credentials=include, credentials=not-include" in err


def test_another_policy_is_tried(run: Run) -> None:
    policy = f"version: 1\npolicies:\n  - name: api\n    match: {{hosts: ['api.example']}}\n    origins: ['{PAGE}']\n"
    Path("policy.yaml").write_text(policy + "    methods: [GET]\n")
    passed = flow("https://api.example/news", 200, ALLOW, ("Vary", "Origin"))
    code, out, _ = run([passed], "--assume", "policy=policy.yaml", "--fail-on", "blocked")
    assert code == 1
    assert "  allowed now, blocked then: 1 exchange\n    GET https://api.example/news from https://app.example" in out
    Path("policy.yaml").write_text(policy.replace(PAGE, "https://app.example") + "    methods: [GET]\n")
    code, out, _ = run([*BARE], "--assume", "policy=policy.yaml", "--fail-on", "never")
    assert "  blocked now, allowed then: 3 exchanges\n" in out


# -- the baseline ----------------------------------------------------------------------------------------------------


def test_a_baseline_tells_new_from_known_and_gone(run: Run) -> None:
    assert run([*BARE, OTHER], "--baseline", "base.json", "--write-baseline")[0] == 0
    content = json.loads(Path("base.json").read_text())
    assert [one["endpoint"] for one in content["findings"]] == [
        "https://api.example/cart/{id}",
        "https://other.example/orders",
    ]
    again = [flow(f"https://api.example/cart/{number}", 200, at=1000 + number) for number in range(7, 9)]
    code, out, _ = run(again, "--baseline", "base.json")
    assert code == 0
    assert "baseline   0 new, 1 known before, 1 gone\n" in out
    assert "gone       allow-origin-missing: GET https://other.example/orders" in out
    code, out, _ = run([*again, flow("https://api.example/menu", 200, at=1010)], "--baseline", "base.json")
    assert code == 1
    assert "baseline   1 new, 1 known before, 1 gone\n" in out
    assert out.index("GET api.example/menu") < out.index("GET api.example/cart/7")
    assert "The last 1 of these was known before.\n" in out


def test_what_was_open_and_is_blocked_now_is_new(run: Run) -> None:
    assert run([CLASSIC], "--baseline", "base.json", "--write-baseline")[0] == 0
    assert run([CLASSIC], "--baseline", "base.json")[0] == 0
    assert run([CLASSIC], "--baseline", "base.json", "--assume", "credentials=include")[0] == 1


@pytest.mark.parametrize("content", ["", "[]", '{"version": 1}', '{"version": 1, "findings": [{"kind": "x"}]}'])
def test_what_is_no_baseline_ends_it(content: str, run: Run) -> None:
    Path("base.json").write_text(content)
    code, _, err = run(BARE, "--baseline", "base.json")
    assert (code, err) == (2, "corsight: base.json: is not a baseline; write it again with --write-baseline\n")
    assert run(BARE, "--write-baseline")[0] == 2


@pytest.mark.parametrize("options", [("--write-baseline",), ()])
def test_a_baseline_is_no_stream(options: tuple[str, ...], run: Run) -> None:
    code, _, err = run(BARE, "--baseline", "-", *options)
    assert (code, err) == (2, "corsight: --baseline: - is no file; name the file that holds the baseline\n")
    assert not Path("-").exists()


def test_a_baseline_is_written_over_nothing_else(run: Run) -> None:
    code, _, err = run(BARE, "--baseline", "rec.mitm", "--write-baseline")
    assert (code, err) == (
        2,
        "corsight: rec.mitm: is not a baseline, and would be overwritten; name another file with --baseline\n",
    )
    assert Path("rec.mitm").read_bytes().count(b"api.example") >= len(BARE)
    for text in ("", '<<<<<<< ours\n{"version": 1, "findings": ['):
        Path("base.json").write_text(text)
        assert run(BARE, "--baseline", "base.json", "--write-baseline")[0] == 0
        assert run(BARE, "--baseline", "base.json")[0] == 0


# -- settings --------------------------------------------------------------------------------------------------------


def settings(text: str) -> None:
    Path("corsight.toml").write_text(text)


def test_what_is_suppressed_counts_no_more_and_is_said(run: Run) -> None:
    settings('[[suppress]]\ncode = "allow-origin-missing"\nendpoint = "GET /cart/**"\nreason = "as it is"\n')
    code, out, _ = run(BARE)
    assert code == 0
    assert "held back  3 exchanges, by the settings: allow-origin-missing at GET /cart/**" in out
    assert "Nothing was blocked" not in out
    assert run([*BARE, OTHER])[0] == 1


@pytest.mark.parametrize("endpoint", ["/cart/*", "GET https://api.example/cart/2", "GET https://api.example/cart/{id}"])
def test_an_endpoint_may_be_copied_from_a_report(endpoint: str, run: Run) -> None:
    settings(f'[[suppress]]\nendpoint = "{endpoint}"\nreason = "as it is"\n')
    assert run(BARE)[0] == 0


def test_an_expired_or_unused_suppression_is_said(run: Run) -> None:
    settings('[[suppress]]\nhost = "api.example"\nreason = "for now"\nexpiry = 2001-01-01\n')
    code, out, _ = run(BARE)
    assert code == 1
    assert "host" not in out
    assert "suppress 1: api.example expired on 2001-01-01, and what it suppressed is told again." in " ".join(
        out.split()
    )
    settings('[[suppress]]\nhost = "gone.example"\nreason = "for now"\nexpiry = 2999-01-01\n')
    _, out, _ = run(BARE)
    assert "suppress 1: gone.example suppresses nothing here." in " ".join(out.split())


def test_the_command_line_wins(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    settings('fail-on = "never"\nengine = "firefox"\n[scope]\nhosts = ["other.example"]\n')
    code, out, _ = run([*BARE, OTHER])
    assert code == 0
    assert "judged as  Firefox\n" in out
    assert "left out   3 exchanges outside the hosts and origins asked for\n" in out
    code, out, _ = run([*BARE, OTHER], "--fail-on", "open", "--engine", "webkit", "--host", "api.example")
    assert code == 1
    assert "judged as  WebKit\n" in out
    assert "left out   1 exchange outside" in out
    assert cli.run(["config"]) == 0
    said = capsys.readouterr().out
    assert "engine       firefox        corsight.toml\n" in said
    assert "hosts        other.example  corsight.toml\n" in said
    assert "select       none           default\n" in said


def test_settings_of_a_project_hold_in_its_folders(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    Path("pyproject.toml").write_text('[tool.corsight]\nfail-on = "never"\npolicies = ["policy.yaml"]\n')
    Path("policy.yaml").write_text("version: 1\npolicies:\n  - name: x\n    match: {hosts: [api.example]}\n")
    Path("below").mkdir()
    monkeypatch.chdir("below")
    code, out, err = run(BARE)
    assert (code, err) == (0, "")
    assert "Drift from the policies" in out
    (tmp_path / "below" / "corsight.toml").write_text("")
    assert run(BARE)[0] == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('fail_on = "open"', "corsight.toml: there is no setting fail_on; did you mean fail-on?"),
        (
            'fail-on = "sometimes"',
            "corsight.toml: fail-on sometimes is not one of certain, blocked, open, advice, never",
        ),
        ('engine = "lynx"', "corsight.toml: engine 'lynx' is not one of auto, standard, chromium, firefox, webkit"),
        ("engine = 7", "corsight.toml: engine is not a text"),
        ("a = ", "corsight.toml: is not valid TOML"),
        ("engine = 'auto'\na = ]", "corsight.toml:2: is not valid TOML: "),
        (f"a = {'9' * 5000}", "corsight.toml:1: a number is too large"),
        # The standard library takes minutes to read it.
        (f"{'a.' * 200_000}a = 1", "corsight.toml:1: nested more than 20 deep"),
        (
            'select = ["allow-orign-missing"]',
            "there is no code allow-orign-missing; did you mean allow-origin-missing?",
        ),
        ('hosts = ["x"]', "corsight.toml: hosts stands in [scope]"),
        ('[[suppress]]\ncode = "allow-origin-missing"', "corsight.toml: suppress 1: has no reason; add reason"),
        ('[[suppress]]\nreason = "x"', "corsight.toml: suppress 1: does not say what to suppress"),
        (
            '[[suppress]]\nwhy = "x"',
            "suppress 1: why is not one of its fields; it has code, host, endpoint, reason, expiry",
        ),
        ('[[suppress]]\nhost = "x"\nreason = "x"\nexpiry = "soon"', "suppress 1: expiry soon is not a date"),
        ('suppress = "x"', "corsight.toml: suppress: is not a list of tables"),
    ],
)
def test_settings_that_are_no_good_end_it_in_one_line(text: str, said: str, run: Run) -> None:
    settings(text)
    code, _, err = run(BARE)
    assert (code, err.count("\n")) == (2, 1)
    assert said in err


# -- what is selected ------------------------------------------------------------------------------------------------


def test_codes_are_selected_and_ignored(run: Run) -> None:
    assert run(BARE, "--select", "preflight-*")[0] == 0
    assert run(BARE, "--select", "allow-*")[0] == 1
    code, out, _ = run(BARE, "--ignore", "allow-origin-missing")
    assert code == 0
    assert "held back  1 finding, by --select and --ignore\n" in out
    assert run(BARE, "--select", "no-such-code")[0] == 2


def test_a_scope_that_holds_nothing_is_no_green(run: Run) -> None:
    code, _, err = run(BARE, "--host", "nowhere.example")
    assert code == 2
    assert "nothing was judged: 3 exchanges, and none with the hosts and origins asked for" in err
    assert run(BARE, "--origin", "https://app.example")[0] == 1


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [("api.example", True), ("*.example", True), ("api.example:8443", True), ("API.example", True), ("example", False)],
)
def test_a_host_is_named_with_or_without_its_port(pattern: str, fits: bool) -> None:
    assert is_host(pattern, "https://api.example:8443/x") == fits


# -- one finding -----------------------------------------------------------------------------------------------------


def test_a_finding_is_told_by_its_number(run: Run) -> None:
    _, out, _ = run([*BARE, OTHER])
    command = out.partition("next       ")[2].partition(" explain")[0]
    assert out.endswith(f"{command} explain rec.mitm --finding 1\n           {command} audit rec.mitm -v\n")
    code, out, _ = run([*BARE, OTHER], "--finding", "2", command="explain")
    assert code == 0
    assert "2  No Access-Control-Allow-Origin header" in out
    assert "request    GET https://other.example/orders" in out
    assert "fix        Access-Control-Allow-Origin: https://app.example\n              Vary: Origin\n" in out
    assert "explain rec.mitm --flow " in out
    code, _, err = run([*BARE, OTHER], "--finding", "3", command="explain")
    assert (code, err) == (2, "corsight: there is no finding 3; corsight audit numbers them from 1 to 2\n")


def test_eight_findings_take_no_more_than_a_screen(run: Run) -> None:
    servers = [flow(f"https://{name}.example/{'long/' * 20}", 200, at=1000) for name in "abcdefgh"]
    _, out, _ = run(servers)
    lines = out.split("\n")
    assert len(lines) <= 40
    assert all(len(line) <= 80 for line in lines if "corsight " not in line)
    assert sum("allow-origin-missing" in line for line in lines) == 8


# -- pieces ----------------------------------------------------------------------------------------------------------


def finding(*traces: Trace, certain: int, likely: int) -> Finding:
    return Finding(
        code="allow-origin-missing",
        title="",
        cause="",
        evidence=(),
        action="",
        actor="server",
        rules=("allow-origin-missing",),
        certainty="certain",
        places=(),
        count=certain + likely,
        exchanges=(),
        certain=certain,
        likely=likely,
        traces=traces,
    )


def trace(path: str, times: int) -> Trace:
    return Trace("allow-origin-missing", "allow-origin-missing", "GET", f"https://a.example{path}", "", times)


def test_what_is_left_of_a_finding_is_never_less_certain_than_it_may_be() -> None:
    whole = finding(trace("/a", 3), trace("/b", 2), certain=4, likely=1)
    left = narrow(whole, lambda one: one.endpoint.endswith("/b"))
    assert left is not None
    assert (left.count, left.certain, left.likely) == (2, 2, 0)
    assert narrow(whole, lambda _: True) is whole
    assert narrow(whole, lambda _: False) is None


def test_what_is_beyond_the_endpoints_that_are_told_apart_stays() -> None:
    left = narrow(finding(trace("/a", 3), trace("/b", 2), certain=9, likely=0), lambda one: one.times == 3)
    assert left is not None
    assert left.count == 7


def test_an_expiry_counts_its_own_day() -> None:
    table = {"code": "allow-origin-missing", "reason": "x", "expiry": date(2030, 1, 2)}
    sieve = Sieve(suppressions=(read_suppression(table, "here"),))
    told = finding(trace("/a", 1), certain=1, likely=0)
    assert sift([told], sieve, date(2030, 1, 2)).new == []
    assert sift([told], sieve, date(2030, 1, 3)).new == [told]
