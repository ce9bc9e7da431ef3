"""The commands of the user interfaces: what they answer, write and change, and that they help and complete."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from mitmproxy import types
from mitmproxy.exceptions import CommandError
from mitmproxy.test import tflow

from corsight.addons.annotate import BLOCKED
from tests.addons.interface import interface
from tests.addons.mitm import FIREFOX, OURS, cors, preflight

NOTHING = "Nothing was blocked, and there is nothing to advise."
ALLOW_PUT = [*OURS, ("Access-Control-Allow-Methods", "PUT")]
COMMANDS = ["cors.clear", "cors.engine", "cors.engines", "cors.explain", "cors.findings", "cors.report"]


@pytest.fixture(autouse=True)
def everything(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def test_every_command_is_there_and_has_a_help() -> None:
    with interface() as ui:
        assert all(ui.master.commands.commands[name].help for name in COMMANDS)


def test_explain_tells_the_story_of_a_flow() -> None:
    with interface() as ui:
        ui.show(preflight(answered=ALLOW_PUT), cors(method="PUT", answered=OURS))
        said = ui.execute("cors.explain @focus")
        assert said[0] == "PUT https://api.test/v1"
        assert "1. Preflight: OPTIONS https://api.test/v1 -> 204" in said
        assert all("\n" not in line for line in said)


def test_explain_refuses_what_is_no_http() -> None:
    with interface() as ui, pytest.raises(CommandError, match="only HTTP"):
        ui.call("cors.explain", tflow.ttcpflow())


def test_findings_tell_the_causes() -> None:
    with interface() as ui:
        assert ui.call("cors.findings") == [NOTHING]
        ui.show(cors(), cors(url="https://api.test/v2"), cors(answered=OURS))
        said = "\n".join(ui.call("cors.findings"))
        assert "Access-Control-Allow-Origin" in said
        assert "https://api.test/v2" in said


def test_the_report_is_written_as_text(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "report.txt"
    path.write_text("old")
    with interface() as ui:
        ui.show(cors(url="https://me:hunter2@api.test/v1?token=hunter2"))
        ui.call("cors.report", types.Path(str(path)))
        text = path.read_text("utf-8")
        assert text.rstrip("\n") == "\n".join(ui.call("cors.findings"))
        assert text.endswith("\n")
        assert "hunter2" not in text
        assert f"cors.report: written to {path}." in caplog.messages


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("report.html", "<!doctype html>"),
        ("report.json", '{\n  "schema": 1'),
        ("report.sarif", "{"),
        ("report.xml", "<?xml"),
        ("report.md", "## Corsight"),
        ("report.csv", '"flow"'),
        ("report.jsonl", '{"schema":'),
        ("github=report.txt", "::error "),
    ],
)
def test_the_report_is_in_the_format_that_is_asked_for(name: str, start: str, tmp_path: Path) -> None:
    format, named, file = name.partition("=")
    path = tmp_path / (file or format)
    with interface() as ui:
        ui.show(cors(), cors(url="https://api.test/v2"), cors(answered=OURS))
        ui.call("cors.report", types.Path(f"{format}={path}" if named else str(path)))
    text = path.read_text("utf-8")
    assert text.startswith(start)
    assert "api.test" in text


def test_a_report_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with interface() as ui, pytest.raises(CommandError, match=r"cors\.report: cannot write .*: Is a directory\."):
        ui.call("cors.report", types.Path(str(tmp_path)))


def test_a_report_into_a_pipe_that_nobody_reads_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with interface() as ui, pytest.raises(CommandError, match=r"cors\.report: cannot write .*pipe: No such device"):
        ui.call("cors.report", types.Path(str(tmp_path / "pipe")))


def test_another_engine_judges_the_list_again() -> None:
    with interface() as ui:
        blocked = cors()
        asked, then = preflight(answered=ALLOW_PUT), cors(method="PUT", answered=OURS)
        ui.show(blocked, asked, then)
        ui.execute("cors.engine firefox")
        assert ui.master.options.cors_engine == "firefox"
        assert blocked.metadata["cors.engine"] == "firefox"
        assert blocked.comment.split("\n")[0].endswith("(firefox)")
        assert {blocked, asked, then} <= set(ui.running.updated)
        assert "Firefox blocked it" in "\n".join(ui.call("cors.explain", blocked))
        assert "2. Request: PUT" in "\n".join(ui.call("cors.explain", asked))
        after = cors(url="https://api.test/later")
        ui.show(after)
        assert after.metadata["cors.engine"] == "firefox"
        ui.execute("cors.engine auto")
        assert blocked.metadata["cors.engine"] == "chromium"


def test_flows_out_of_scope_stay_out() -> None:
    with interface(cors_scope="~d elsewhere") as ui:
        made = cors()
        ui.show(made)
        ui.execute("cors.engine webkit")
        assert "cors.engine" not in made.metadata


def test_an_engine_that_is_none_is_refused_and_a_version_is_taken() -> None:
    with interface() as ui:
        for command in ("cors.engine netscape", "cors.engine chromium@new"):
            with pytest.raises(CommandError, match="as in chromium@120"):
                ui.execute(command)
        ui.execute("cors.engine chromium@120")
        assert ui.master.options.cors_engine == "chromium@120"
        assert ui.call("cors.engines") == ["auto", "standard", "chromium", "firefox", "webkit"]


def test_clear_takes_off_what_is_ours_and_nothing_else() -> None:
    with interface() as ui:
        mine, theirs = cors(), cors(agent=FIREFOX)
        theirs.comment, theirs.marked = "a note", ":star:"
        ui.show(mine, theirs)
        assert (mine.marked, theirs.marked) == (BLOCKED, ":star:")
        mine.metadata["other"] = 1
        ui.call("cors.clear")
        assert (mine.comment, mine.marked, mine.metadata) == ("", "", {"other": 1})
        assert (theirs.comment, theirs.marked, theirs.metadata) == ("a note", ":star:", {})
        assert {mine, theirs} <= set(ui.running.updated)
        assert ui.call("cors.findings") == [NOTHING]
        again = cors()
        ui.show(again)
        assert again.marked == BLOCKED
