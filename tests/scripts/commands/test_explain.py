"""`corsight explain`: which fetch it tells of, what it says, and what it exits with."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowWriter

from corsight.policies.server.export import TARGETS, render
from corsight.policies.server.load import load
from corsight.policies.server.model import ServerPolicy
from corsight.policies.story import tell
from corsight.scripts import cli
from corsight.scripts.commands import explain
from corsight.scripts.report.story import write
from tests.policies.story.told import judged as judged_of
from tests.policies.story.told import preflight as preflight_of
from tests.scripts.commands.test_audit import ALLOW, PAGE, flow, preflight

API = "https://api.example/v1"

type Explain = Callable[..., tuple[int, str, str]]


def record(*flows: HTTPFlow) -> bytes:
    file = io.BytesIO()
    writer = FlowWriter(file)
    for number, one in enumerate(flows):
        one.id = f"{number}{number}{number}-flow"
        writer.add(one)
    return file.getvalue()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Explain:
    """Records the flows into rec.mitm, explains that, and returns the exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "CORSIGHT_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def run(*given: HTTPFlow | str, cut: int = 0) -> tuple[int, str, str]:
        content = record(*(one for one in given if isinstance(one, HTTPFlow)))
        Path("rec.mitm").write_bytes(content[: len(content) - cut])
        code = cli.run(["explain", "rec.mitm", *(one for one in given if isinstance(one, str))])
        said = capsys.readouterr()
        assert "\x1b" not in said.out + said.err
        return code, said.out, said.err

    return run


def test_a_fetch_is_told_from_the_first_exchange_to_where_it_stopped(run: Explain) -> None:
    code, out, err = run(preflight(API, 204, ALLOW, method="DELETE"))
    assert (code, err) == (0, "")
    for said in (
        "DELETE https://api.example/v1\n",
        "Chromium blocked it at the preflight: The method DELETE is not allowed.",
        "fix       Access-Control-Allow-Methods: DELETE",
        "who       the server api.example",
        "page      https://app.example, in Chromium 156",
        "1. Preflight OPTIONS https://api.example/v1 -> 204",
        "✔ 4    It names the requesting origin",
        "✘ 7.5  The method DELETE is allowed",
        "[preflight-method-not-allowed]",
        "│ DELETE /v1 is never sent",
        "The request itself, DELETE /v1, was never sent.",
    ):
        assert said in out
    assert all(len(line) <= 80 and line == line.rstrip() for line in out.split("\n"))


def test_all_exchanges_of_the_fetch_are_told_whichever_was_named(run: Explain) -> None:
    put = ("Access-Control-Allow-Methods", "PUT")
    both = preflight(API, 204, ALLOW, put), flow(API, 200, ALLOW, method="PUT", at=1000.2)
    for name in ("000-flow", "111"):
        code, out, _ = run(*both, "--flow", name)
        assert code == 0
        assert "1. Preflight" in out
        assert "2. Request PUT" in out
        assert "fetches match" not in out


def test_of_several_the_first_blocked_one_is_told_and_the_others_are_listed(run: Explain) -> None:
    three = flow(f"{API}/a", 200, ALLOW), flow(f"{API}/b", 200, at=1001.0), flow(f"{API}/c", 200, at=1002.0)
    code, out, _ = run(*three)
    assert code == 0
    assert out.startswith(f"GET {API}/b\n")
    assert out.endswith(
        "\n3 fetches match; this is the first that was blocked. Pick another with --flow ID:\n"
        "  000-flow  allowed  GET https://api.example/v1/a\n"
        "> 111-flow  blocked  GET https://api.example/v1/b\n"
        "  222-flow  blocked  GET https://api.example/v1/c\n"
    )
    code, out, _ = run(*three, "--flow", "222")
    assert out.startswith(f"GET {API}/c\n")
    assert "match" not in out
    code, out, _ = run(*three, "--url", "v1/a")
    assert out.startswith(f"GET {API}/a\n")


def test_many_are_counted(run: Explain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "LISTED", 2)
    monkeypatch.setattr(explain, "MATCHES", 4)
    code, out, _ = run(*(flow(f"{API}/{number}", 200, at=1000.0 + number) for number in range(6)))
    assert code == 0
    assert "6 fetches match" in out
    assert out.endswith("  and 4 more: narrow them down with --url SUBSTRING\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--flow", "nope"), "rec.mitm: no exchange has the id nope"),
        (("--url", "elsewhere"), "rec.mitm: no exchange has elsewhere in its URL"),
        (("--url", "\x1b[2J", "--flow", "x"), "rec.mitm: no exchange has the id x and \\x1b[2J in its URL"),
    ],
)
def test_none_is_said_in_one_line(run: Explain, arguments: tuple[str, ...], said: str) -> None:
    said += "; without --flow and --url, its fetches are listed"
    assert run(flow(API, 200), *arguments) == (2, "", f"corsight: {said}\n")


def test_an_empty_recording_has_nothing_to_tell(run: Explain) -> None:
    assert run() == (2, "", "corsight: rec.mitm: there is no exchange in it\n")


def test_the_engine_can_be_chosen(run: Explain) -> None:
    code, out, _ = run(flow(API, 200), "--engine", "firefox")
    assert code == 0
    assert "Firefox blocked it" in out
    assert "CORSMissingAllowOrigin" in out


def test_a_damaged_recording_is_told_as_far_as_it_goes(run: Explain) -> None:
    code, out, err = run(flow(API, 200), flow(f"{API}/2", 200, at=1001.0), cut=20)
    assert code == 2
    assert out.startswith(f"GET {API}\n")
    assert err.startswith("corsight: rec.mitm: is cut short")


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", "nowhere.mitm"]) == 2
    assert capsys.readouterr().err == "corsight: nowhere.mitm: no such file\n"


def test_nothing_a_peer_sends_is_markup_or_reaches_the_terminal(run: Explain) -> None:
    odd = "[red]\x1b[2J[/nope]:warning:"
    code, out, _ = run(
        flow(f"{API}/{odd}?token=hunter2", 200, ("Access-Control-Allow-Origin", odd)),
        flow(f"{API}/x?api_key=hunter2", 200, at=1001.0),
    )
    assert code == 0
    assert "hunter2" not in out
    assert "[red]" in out
    assert "[/nope]:warning:" in out


def test_colour_only_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    told = tell(judged_of(preflight_of(1)))
    plain, coloured = io.StringIO(), io.StringIO()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    write(told, plain)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    write(told, coloured)
    assert "\x1b[" in coloured.getvalue()
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured.getvalue()) == plain.getvalue()


@pytest.mark.parametrize(("columns", "drawn"), [("60", False), ("80", True)])
def test_the_picture_is_whole_or_not_there(monkeypatch: pytest.MonkeyPatch, columns: str, drawn: bool) -> None:
    """Cut at its right, where the server stands, it would show another story."""
    monkeypatch.setenv("COLUMNS", columns)
    stream = io.StringIO()
    write(tell(judged_of(preflight_of(1))), stream)
    lines = stream.getvalue().split("\n")
    assert all(len(line) <= int(columns) for line in lines)
    assert any("browser" in line and "proxy" in line for line in lines) is drawn
    assert any(" 204 " in line and line.rstrip().endswith("│") for line in lines) is drawn


def test_without_unicode_it_is_told_in_ascii(tmp_path: Path) -> None:
    path = tmp_path / "rec.mitm"
    path.write_bytes(record(preflight(API, 204, ALLOW)))
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "corsight.scripts.cli", "explain", str(path)],
        capture_output=True,
        check=True,
        env=environment,
        cwd=Path(__file__).resolve().parents[3],
    )
    text = done.stdout.decode("ascii")
    assert "NO 7.5" in text
    assert "X blocked: The method PUT is not allowed" in text
    assert "\\u" not in text


def test_the_servers_configuration_grants_what_the_recording_needs_and_nothing_else(run: Explain) -> None:
    refused = preflight(API, 204, ALLOW, method="DELETE")
    code, out, err = run(refused, flow("https://other.example/x", 200), "--url", API, "--for", "express")
    assert code == 0
    assert out.startswith("// CORS policy")
    assert f'origin: ["{PAGE}"]' in out
    assert 'methods: ["DELETE"]' in out
    assert "other.example" not in out
    # The configuration alone is on stdout, to be led into a file.
    assert "Chromium blocked it at the preflight" in err


def test_the_fetches_to_pick_from_stand_beside_a_configuration(run: Explain) -> None:
    flows = (preflight(API, 204, ALLOW, method="DELETE"), preflight(API, 204, ALLOW, method="PUT"))
    alone = run(*flows)[1]
    assert "2 fetches match" in alone
    code, out, err = run(*flows, "--for", "nginx")
    assert (code, "fetches match" in out) == (0, False)
    assert err.strip() == alone.strip()


@pytest.mark.parametrize("target", TARGETS)
def test_a_configuration_is_written_as_it_is(target: str, run: Explain, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(preflight(API, 204, ALLOW, method="DELETE"), "--for", target)
    assert cli.run(["policy", "infer", "rec.mitm"]) == 0
    [policy] = load(capsys.readouterr().out, "policy.yaml")
    Path("policy.yaml").write_text(to_text(policy), "utf-8")
    assert cli.run(["policy", "export", target, "policy.yaml", "--from", "rec.mitm"]) == 0
    configuration = capsys.readouterr().out
    head, _, rest = render(target, policy).partition("\n")
    assert configuration.startswith(f"{head}\n")
    assert configuration.endswith(f"\n{rest}" if target != "laravel" else rest.partition("\n")[2])
    assert f"- Access-Control-Allow-Origin: {PAGE} on OPTIONS {API}\n" in configuration
    assert out.startswith(configuration)
    assert re.search(r"(//|#) CHECK: not granted: credentials", out)


def test_the_configuration_of_a_finding_is_that_of_its_fetches(run: Explain) -> None:
    flows = (preflight(API, 204, ALLOW, method="DELETE"), flow("https://other.example/x", 200))
    [number] = [one for one in ("1", "2") if "The method DELETE" in run(*flows, "--finding", one)[1]]
    _, alone, _ = run(*flows, "--finding", number)
    assert alone.count("Access-Control-Allow-Methods: DELETE\n") == 2, "it is needed, and it is the fix: once each"
    code, out, err = run(*flows, "--finding", number, "--for", "express")
    assert code == 0
    assert out == run(*flows, "--url", API, "--for", "express")[1]
    assert 'methods: ["DELETE"]' in out
    assert err.strip() == alone.strip()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--finding", "1", "--for", "ngnx"), "--for ngnx is not a target; did you mean nginx? there are express, "),
        (("--finding", "1", "--url", "/x"), "--finding names a finding, --flow and --url a fetch; give one of them"),
        (("--finding", "1", "--flow", "000"), "--finding names a finding, --flow and --url a fetch; give one of them"),
    ],
)
def test_an_option_that_does_not_go_with_a_finding_is_not_ignored(
    given: tuple[str, ...], said: str, run: Explain
) -> None:
    code, out, err = run(preflight(API, 204, ALLOW, method="DELETE"), *given)
    assert (code, out) == (2, "")
    assert said in err


def to_text(policy: ServerPolicy) -> str:
    policies = [policy.model_dump(mode="json", exclude_unset=True)]
    return json.dumps({"version": 1, "policies": policies})


def test_what_is_not_granted_is_a_comment_of_the_configuration(run: Explain) -> None:
    refused = preflight(API, 204, ALLOW, method="DELETE")
    _, out, _ = run(refused, flow(API, 200, origin="null"), "--for", "caddy")
    assert "\n# CHECK: not granted: origin null" in out


def test_a_server_nobody_wrote_a_recipe_for_is_refused_before_anything_is_read(run: Explain) -> None:
    code, out, err = run(flow(API, 200), "--for", "ngnx")
    assert (code, out) == (2, "")
    assert re.fullmatch(
        r"corsight: --for ngnx is not a target; did you mean nginx\? there are express, .*nginx.*\n", err
    )


def test_where_cors_has_no_say_there_is_nothing_to_configure(run: Explain) -> None:
    code, _, err = run(flow(f"{PAGE}/x", 200, site="same-origin"), "--for", "nginx")
    assert code == 2
    assert "nothing to configure" in err
