"""`corsight rules`: the list, one rule whole, JSON, and what happens to a code that is none."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from corsight.policies.actor import name_actor
from corsight.policies.causes import CAUSES
from corsight.policies.rules import RULES
from corsight.scripts.catalogue import data
from corsight.scripts.cli import run
from corsight.scripts.report import rules as report


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.mark.usefixtures("narrow")
def test_the_list_names_every_rule_and_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules"]) == 0
    out = capsys.readouterr().out
    assert [code for code in (*RULES, *CAUSES) if not re.search(rf"^  {code} +\S", out, re.MULTILINE)] == []
    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    assert all(line == line.rstrip() for line in out.splitlines())


@pytest.mark.parametrize("code", RULES)
@pytest.mark.usefixtures("narrow")
def test_every_rule_is_shown_whole_in_80_columns(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", code]) == 0
    out = capsys.readouterr().out
    rule = RULES[code]
    flat = " ".join(out.split())
    for text in (
        rule.title,
        rule.code,
        rule.why,
        rule.advice,
        name_actor(rule.actor),
        data(rule)["section"],
    ):
        assert " ".join(text.split()) in flat
    # The longest links take two lines.
    assert data(rule)["spec"] in "".join(flat.split(" "))
    assert max(map(len, out.splitlines())) <= 80
    assert all(line == line.rstrip() for line in out.splitlines())


@pytest.mark.parametrize("code", CAUSES)
@pytest.mark.usefixtures("narrow")
def test_every_cause_is_shown_whole_in_80_columns(code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", code]) == 0
    out = capsys.readouterr().out
    cause, flat = CAUSES[code], " ".join(out.split())
    for text in (cause.title.rstrip("."), cause.code, cause.why, cause.advice, name_actor(cause.actor)):
        assert " ".join(text.split()) in flat
    assert max(map(len, out.splitlines())) <= 80
    assert all(line == line.rstrip() for line in out.splitlines())


@pytest.mark.usefixtures("narrow")
def test_a_rule_shows_each_browsers_words(capsys: pytest.CaptureFixture[str]) -> None:
    run(["rules", "preflight-redirect"])
    flat = " ".join(capsys.readouterr().out.split())
    assert "chromium PreflightDisallowedRedirect: Access to fetch at" in flat
    assert "firefox CORSExternalRedirectNotAllowed: Cross-Origin Request Blocked:" in flat
    assert "webkit (for preflight-status-not-ok) Preflight response is not successful. Status code: 301" in flat
    assert "fix answer with status 204" in flat
    run(["rules", "opaque-response-blocked"])
    assert "webkit (does not block it)" in " ".join(capsys.readouterr().out.split())


def test_colours_are_for_terminals() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, color_system="standard", width=80)
    assert "\x1b[" in "".join(report.render(console, part) for part in report._list())


def test_json_holds_all_of_them_and_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "--format", "json"]) == 0
    everything = json.loads(capsys.readouterr().out)
    assert [one["code"] for one in everything] == [*RULES, *CAUSES]
    assert {one["kind"] for one in everything[len(RULES) :]} == {"cause"}
    assert run(["rules", "csp-forbids-it", "--format", "json"]) == 0
    one = json.loads(capsys.readouterr().out)
    assert one == everything[-1 - list(reversed(CAUSES)).index("csp-forbids-it")]
    assert (one["actor"], one["cors"], one["stops"]) == ("client", False, True)
    assert any("Refused to" in text for text in one["console"]["chromium"])
    assert run(["rules", "allow-origin-missing", "--format", "json"]) == 0
    one = json.loads(capsys.readouterr().out)
    assert one == everything[0] == json.loads(json.dumps(data(RULES["allow-origin-missing"])))
    assert one["engines"]["chromium"]["error"] == "MissingAllowOriginHeader"
    assert one["example"]["edits"] == ["Access-Control-Allow-Origin: https://app.example", "Vary: Origin"]


@pytest.mark.parametrize(
    ("code", "near"),
    [
        ("allow-origin-mising", "allow-origin-missing"),
        ("wildcard", "allow-origin-wildcard"),
        ("vary", "vary-origin-missing"),
        ("PREFLIGHT-REDIRECT", "preflight-redirect"),
        ("404", "these speak of it: preflight-not-routed"),
        ("nonsense", "corsight rules lists all"),
        ("", "corsight rules lists all"),
        ("x" * 5000, "corsight rules lists all"),
    ],
)
def test_a_code_that_is_none_is_said_in_a_line_with_those_that_may_be_meant(
    code: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rules", code]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "no rule and no cause has this code; " in said.err
    assert near in said.err
    assert len(said.err) < 300


def test_a_code_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "\x1b[2Jallow\n"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("CORSMissingAllowOrigin", "allow-origin-missing"),
        ("PreflightDisallowedRedirect", "preflight-redirect"),
        ("net::ERR_CERT_DATE_INVALID", "tls-failed"),
    ],
)
def test_browsers_names_lead_to_the_rule_or_the_cause(name: str, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", name, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["code"] == code
