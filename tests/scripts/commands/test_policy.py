"""corsight policy: every subcommand as it is typed, and what it says when something is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from mitmproxy.http import HTTPFlow
from mitmproxy.io import FlowReader, FlowWriter

from corsight.policies.server.export import TARGETS, render
from corsight.policies.server.load import load
from corsight.scripts.cli import run
from corsight.scripts.paths import ROOT

EXAMPLES = sorted((ROOT / "examples" / "policies").glob("*.yaml"))
SPA = str(ROOT / "examples" / "policies" / "spa-with-credentials.yaml")
SHOP = str(ROOT / "examples" / "shop.mitm")
BAD = """\
version: 1
policies:
  - name: api
    match: {hosts: [api.shop.example]}
    origins: ["https://shop.example/", "*"]
    methods: [GET]
    credentials: true
"""


@pytest.fixture
def bad(tmp_path: Path) -> str:
    file = tmp_path / "bad.yaml"
    file.write_text(BAD, "utf-8")
    return str(file)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], list[str]]:
    """The exit code, and the lines of stdout and stderr."""
    code = run(["policy", *arguments])
    out = capsys.readouterr()
    return code, out.out.splitlines(), out.err.splitlines()


# -- check -------------------------------------------------------------------------------------------------------------


def test_there_are_four_examples() -> None:
    assert [path.stem for path in EXAMPLES] == [
        "local-development",
        "public-read-only",
        "spa-with-credentials",
        "tenants",
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_clean_and_names_its_schema(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "check", str(path))
    assert (code, err) == (0, [])
    assert out[0].startswith(f"{path}: no problems; ")
    first = path.read_text("utf-8").splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == ROOT / "docs" / "policy.schema.json"


def test_check_says_everything_that_is_wrong(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "check", bad, SPA)
    assert (code, err) == (1, [])
    assert out == [
        f"{bad}:5: policies[0].origins[0]: invalid: an origin has no slash at its end; write https://shop.example",
        f"{bad}:5: policies[0].origins[1]: wildcard: browsers never accept * with credentials: any site could act as "
        "the user; name each origin: https://shop.example",
        f"{SPA}:6: policies[0].match: conflicting: no request ever reaches it: api, above it, matches all of them; "
        "put it first, or narrow the other's match",
        f"{SPA}:12: policies[1].match: conflicting: no request ever reaches it: api, above it, matches all of them; "
        "put it first, or narrow the other's match",
        "4 problems",
    ]


def test_an_escape_in_a_file_does_not_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.json"
    file.write_text('{"version": 1, "policies": [{"name": "a", "origins": ["\\u001b[2J"]}]}', "utf-8")
    _, out, _ = said(capsys, "check", str(file))
    assert all(line.isprintable() for line in out)


# -- what cannot be read -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [("check",), ("export", "nginx")])
def test_a_file_that_is_not_there_is_a_line(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, *command, "none.yaml") == (2, [], ["corsight: none.yaml: no such file"])


def test_a_file_that_is_no_text_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    code, out, err = said(capsys, "check", str(file))
    assert (code, out) == (2, [])
    assert err == [f"corsight: {file}: is not text; a policy file is YAML, TOML or JSON in UTF-8"]


def test_a_bad_file_stops_every_other_command(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (["show", bad, "https://api.shop.example/"], ["export", "nginx", bad], ["diff", bad, SPA]):
        code, out, err = said(capsys, *command)
        assert (code, out, len(err)) == (2, [], 2)
        assert all(line.startswith(f"corsight: {bad}:5: ") for line in err)


# -- show --------------------------------------------------------------------------------------------------------------


def test_show_says_what_is_granted_and_answered(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "show", SPA, "https://api.shop.example/v1/items?page=2")
    assert (code, err) == (0, [])
    assert out[0] == "https://api.shop.example/v1/items?page=2 is covered by policy shop, which allows"
    assert out[-13:] == [
        "A page of https://shop.example: a correct server answers",
        "  its preflights with status 204 and",
        "    Access-Control-Allow-Origin: https://shop.example",
        "    Access-Control-Allow-Credentials: true",
        "    Access-Control-Allow-Methods: GET, POST, PUT, PATCH, DELETE",
        "    Access-Control-Allow-Headers: Content-Type, X-CSRF-Token",
        "    Access-Control-Max-Age: 7200",
        "    Vary: Origin",
        "  its requests (GET), whatever their status, with",
        "    Access-Control-Allow-Origin: https://shop.example",
        "    Access-Control-Allow-Credentials: true",
        "    Access-Control-Expose-Headers: X-Total-Count",
        "    Vary: Origin",
    ]


def test_show_says_that_an_origin_is_granted_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for origin in ("https://evil.example", "null", "https://münchen.example"):
        _, out, _ = said(capsys, "show", SPA, "https://api.shop.example/", "--origin", origin)
        assert out[-2:] == [
            f"A page of {origin} is allowed nothing: a correct server answers its requests with",
            "    Vary: Origin",
        ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_show_finds_an_origin_by_itself(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [policy] = [one for one in load(path.read_text("utf-8"), path.name) if one.methods][:1]
    code, out, _ = said(capsys, "show", str(path), f"http://{policy.match.hosts[0]}/")
    assert code == 0
    assert sum("Access-Control-Allow-Origin" in line for line in out) >= 1


def test_show_says_where_no_policy_is_for_a_url(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "show", SPA, "https://other.example/")
    assert (code, out) == (1, [f"https://other.example/ is not covered by any policy in {SPA}: nothing is allowed"])
    code, out, err = said(capsys, "show", SPA, "other.example")
    assert (code, out, len(err)) == (2, [], 1)


# -- infer and diff ----------------------------------------------------------------------------------------------------


def test_infer_writes_a_policy_that_is_clean(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "infer", SHOP)
    assert (code, err) == (0, [])
    assert "      - DELETE  # DELETE /cart/1" in out
    file = tmp_path / "shop.yaml"
    assert said(capsys, "infer", SHOP, "--output", str(file)) == (0, [], [])
    assert file.read_text("utf-8").splitlines() == out
    assert said(capsys, "infer", SHOP, "--output", "-") == (0, out, [])
    assert said(capsys, "check", str(file))[0] == 0
    assert said(capsys, "diff", SHOP, str(file)) == (0, [f"{SHOP} and {file} allow the same"], [])


def test_infer_says_when_it_has_nothing_to_go_by(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "infer", SPA)
    assert (code, out, len(err)) == (2, [], 1)
    code, out, err = said(capsys, "infer", str(tmp_path))
    assert (code, out, len(err)) == (2, [], 1)
    copy = tmp_path / "shop.mitm"
    copy.write_bytes(Path(SHOP).read_bytes())
    code, out, err = said(capsys, "infer", str(copy), "--output", str(copy))
    assert (code, out, len(err)) == (2, [], 1)
    assert copy.read_bytes() == Path(SHOP).read_bytes()


def test_diff_says_what_is_more_and_what_is_less(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "new.yaml"
    file.write_text(Path(SPA).read_text("utf-8").replace("DELETE", "QUERY").replace("7200", "600"), "utf-8")
    code, out, err = said(capsys, "diff", SPA, str(file))
    assert (code, err) == (1, [])
    assert out == [
        f"- {SPA}",
        f"+ {file}",
        "  policy shop",
        "+   methods: QUERY",
        "-   methods: DELETE",
        "~   max_age: 7200 -> 600",
        f"{file} allows 1 more thing and 1 fewer",
    ]


# -- export ------------------------------------------------------------------------------------------------------------


def test_export_writes_what_grants_something(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "export", "nginx", SPA)
    assert (code, err) == (0, [])
    assert any(r"https://shop\.example" in line for line in out)
    assert said(capsys, "export", "nginx", SPA, "--name", "shop") == (0, out, [])


@pytest.mark.parametrize("target", TARGETS)
def test_export_writes_a_configuration_as_it_is(
    target: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [shop] = [policy for policy in load(Path(SPA).read_text("utf-8"), SPA) if policy.name == "shop"]
    # Neither says PATCH.
    shop = shop.model_copy(update={"methods": ("GET", "POST", "PUT", "DELETE")})
    file = tmp_path / "shop.json"
    file.write_text(json.dumps({"version": 1, "policies": [shop.model_dump()]}), "utf-8")
    assert run(["policy", "export", target, str(file)]) == 0
    assert capsys.readouterr().out == render(target, shop)


@pytest.mark.parametrize("target", ["caddy", "go-rs-cors", "go-jub0bs"])
def test_a_tab_comes_out_as_one(target: str) -> None:
    command = [sys.executable, "-m", "corsight.scripts.cli", "policy", "export", target, SPA]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT)
    assert b"\n\t" in done.stdout
    assert b"\\x" not in done.stdout


def test_policies_of_one_file_are_a_line_apart(capsys: pytest.CaptureFixture[str]) -> None:
    file = str(ROOT / "examples" / "policies" / "tenants.yaml")
    granting = [policy for policy in load(Path(file).read_text("utf-8"), file) if policy.methods]
    assert len(granting) > 1
    assert run(["policy", "export", "nginx", file]) == 0
    assert capsys.readouterr().out == "\n".join(render("nginx", policy) for policy in granting)


def test_export_says_what_it_cannot_do(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, "export", "netscape", SPA)
    assert (code, out) == (2, [])
    assert err[0].startswith("corsight: netscape is not a target; there are ")
    code, _, err = said(capsys, "export", "nginx", SPA, "--name", "none")
    assert (code, err) == (2, [f"corsight: {SPA}: there is no policy called none"])
    code, _, err = said(capsys, "export", "nginx", SPA, "--name", "health")
    assert (code, len(err)) == (2, 1)


# -- corsight audit --policy -------------------------------------------------------------------------------------------

STRICT = """\
version: 1
policies:
  - name: api
    match: {hosts: [api.shop.test], paths: [/products]}
"""


def test_audit_reports_drift_and_fails_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(STRICT, "utf-8")
    assert run(["audit", SHOP, "--policy", str(file), "--fail-on", "certain"]) == 1
    text = capsys.readouterr().out
    section = " ".join(text[text.index("Drift from the policies") :].split())
    assert "+ the server allows origin https://shop.test, but the policy does not [policy api]" in section
    assert section.endswith(" GET https://api.shop.test/products")
    assert run(["audit", SHOP, "--policy", str(file), "--fail-on", "never"]) == 0


def test_drift_alone_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, clean = tmp_path / "policy.yaml", tmp_path / "clean.mitm"
    file.write_text(STRICT, "utf-8")
    with open(SHOP, "rb") as recording, open(clean, "wb") as out:
        writer = FlowWriter(out)
        for flow in FlowReader(recording).stream():
            if isinstance(flow, HTTPFlow) and flow.request.path == "/products":
                writer.add(flow)
    assert run(["audit", str(clean)]) == 0
    assert "Drift" not in capsys.readouterr().out
    assert run(["audit", str(clean), "--policy", str(file)]) == 1
    capsys.readouterr()
    # A policy that nothing falls under is held against nothing.
    assert run(["audit", str(clean), "--policy", SPA]) == 2
    assert "no exchange matches" in capsys.readouterr().err
    assert run(["audit", str(clean), "--policy", SPA, "--allow-empty"]) == 0


def test_a_report_for_machines_stays_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(STRICT, "utf-8")
    assert run(["audit", SHOP, "--policy", str(file), "--format", "jsonl"]) == 1
    out = capsys.readouterr()
    assert all(line.startswith("{") for line in out.out.splitlines())
    assert "Drift from the policies" in out.err


def test_audit_says_what_is_wrong_with_a_policy(bad: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", SHOP, "--policy", bad]) == 2
    out = capsys.readouterr()
    assert (out.out, len(out.err.splitlines())) == ("", 2)
