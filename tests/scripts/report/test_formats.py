"""`--format NAME[=FILE]`: which reports are asked for, where they go, and what is made of the exchanges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corsight.policies.report.names import FORMATS
from corsight.scripts import cli
from corsight.scripts.errors import CorsightError
from corsight.scripts.paths import ROOT
from corsight.scripts.report.formats import Output, read_formats

SHOP = str(ROOT / "examples" / "shop.mitm")


def test_each_format_has_its_place(tmp_path: Path) -> None:
    page = str(tmp_path / "a=b.html")
    assert read_formats([f"html={page}", "json"], None, []) == [Output("html", page), Output("json", None)]
    assert read_formats(["json"], "x.json", []) == [Output("json", "x.json")]
    assert read_formats(["json=-", "html"], page, []) == [Output("json", None), Output("html", page)]
    assert read_formats(["json"], "-", []) == [Output("json", None)]


@pytest.mark.parametrize(
    ("values", "path", "problem"),
    [
        (["xml"], None, "--format: 'xml' is not one of text, jsonl,"),
        (["html="], None, "html= names no file; write html=FILE"),
        (["html", "json"], None, "two reports would go to one place"),
        (["html=x", "json=./x"], None, "two reports would go to one place"),
        (["html", "json=-"], None, "two reports would go to one place"),
        (["html", "json=x"], "x", "two reports would go to one place"),
        (["html=x"], "y", "--output: every format names its file already"),
    ],
)
def test_what_cannot_be_meant_is_refused(values: list[str], path: str | None, problem: str) -> None:
    with pytest.raises(CorsightError) as caught:
        read_formats(values, path, [])
    assert problem in str(caught.value)


def test_a_report_never_replaces_what_is_read() -> None:
    with pytest.raises(CorsightError, match="this command reads it"):
        read_formats([f"html={SHOP}"], None, [SHOP])


def test_a_folder_that_is_missing_is_named_before_anything_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["audit", SHOP, "--format", "html=nowhere/cors.html"]) == 2
    said = "corsight: nowhere: no such folder; make it, or name another file for the report\n"
    assert capsys.readouterr() == ("", said)


def test_findings_have_one_number_in_every_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["audit", SHOP, "--format", "json"]) == 1
    titles = [one["title"] for one in json.loads(capsys.readouterr().out)["findings"]]
    for number, title in enumerate(titles, 1):
        assert cli.run(["explain", SHOP, "--finding", str(number)]) == 0
        assert f"{number}  {title.split(':')[0]}" in capsys.readouterr().out


def test_all_at_once_are_what_each_is_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = [part for name in FORMATS for part in ("--format", f"{name}={tmp_path / name}")]
    assert cli.run(["audit", SHOP, *asked]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")
    for name in FORMATS:
        assert cli.run(["audit", SHOP, "--format", name]) == 1
        alone = capsys.readouterr().out
        assert alone.encode() == (tmp_path / name).read_bytes(), name


def test_many_processes_make_the_same_report(tmp_path: Path) -> None:
    copy = tmp_path / "copy.mitm"
    copy.write_bytes(Path(SHOP).read_bytes())
    for jobs in ("1", "2"):
        cli.run(["audit", SHOP, str(copy), "--jobs", jobs, "--format", f"json={tmp_path / jobs}"])
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()
    assert json.loads((tmp_path / "1").read_bytes())["totals"]["exchanges"] == 30


def test_the_summary_of_a_job_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", "utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert cli.run(["audit", SHOP, "--format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error title=")
    assert summary.read_text("utf-8").startswith("before\n## Corsight\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    assert cli.run(["audit", SHOP, "--format", "github"]) == 2
    assert "GITHUB_STEP_SUMMARY" in capsys.readouterr().err


def test_one_report_is_followed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["audit", SHOP, "--follow", "--format", "html"]) == 2
    assert capsys.readouterr().err == "corsight: --format: one report is followed, text or jsonl\n"


def test_suppressions_and_baselines_are_in_the_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["audit", SHOP, "--baseline", "known.json", "--write-baseline"]) == 0
    Path("corsight.toml").write_text(
        '[[suppress]]\ncode = "wildcard-with-credentials"\nreason = "old <app>"\n', "utf-8"
    )
    capsys.readouterr()
    assert cli.run(["audit", SHOP, "--baseline", "known.json", "--format", "sarif"]) == 0
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert {one.get("baselineState") for one in results} == {"unchanged", None}
    [suppressed] = [one for one in results if one["suppressions"]]
    assert suppressed["ruleId"] == "wildcard-with-credentials"
    assert suppressed["suppressions"][0]["justification"] == "old <app>"
