"""`corsight run`: the command's environment, whose exit code counts, and which test met what."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from corsight.scripts import cli
from corsight.scripts.browse.plan import Plan
from corsight.scripts.browse.run import run
from corsight.scripts.gate.gate import Gate
from corsight.scripts.gate.options import OPTIONS
from corsight.scripts.paths import ROOT

pytestmark = pytest.mark.usefixtures("temporary")

SHOP = ROOT / "scripts" / "demo" / "inside.py"
SUITE = """
import json, os, sys, time, urllib.request as u

def tell(**line):
    with open(os.environ["CORSIGHT_TESTS"], "a") as file:
        file.write(json.dumps(line) + "\\n")

def ask(proxy, url):
    headers = {"Origin": "https://shop.test", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Dest": "empty"}
    opener = u.build_opener(u.ProxyHandler({"https": proxy}))
    opener.open(u.Request(url, headers=headers)).read()

lanes = os.environ["CORSIGHT_PROXIES"].split(",")
begun = time.time()
tell(test="reviews", began=begun, lane=0)
tell(test="products", began=begun, lane=1)
ask(lanes[1], "https://api.shop.test/products")
ask(lanes[0], "https://reviews.test/lamp")
tell(test="reviews", ended=time.time(), lane=0, outcome="passed")
tell(test="products", ended=time.time(), lane=1, outcome="passed")
if len(sys.argv) > 1:
    ask(os.environ["CORSIGHT_PROXY"], "https://reviews.test/lamp")
    print("nonsense", file=open(os.environ["CORSIGHT_TESTS"], "a"))
"""


@pytest.mark.parametrize("late", [False, True])
def test_what_tests_send_at_a_time_is_told_apart_by_their_ports(
    late: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "cors.json"
    command = (sys.executable, "-c", SUITE, *(["late"] if late else []))
    plan = Plan(script=command, lanes=2, formats=(f"json={report}",), gate=Gate(engine="chromium", fail_on="blocked"))
    assert run(plan, scripts=[SHOP]) == 1
    printed = capfd.readouterr()
    tests = {one["name"]: one for one in json.loads(report.read_text("utf-8"))["tests"]}
    assert (tests["reviews"]["blocked"], tests["products"]["blocked"]) == (1, 0)
    assert (tests["reviews"]["exchanges"], tests["products"]["exchanges"]) == (1, 1)
    assert "1  reviews (passed)" in printed.out.partition("met a finding above")[2]
    if late:
        assert tests["outside of all tests"]["blocked"] == 1
        assert "note: 1 line of CORSIGHT_TESTS tell of no test: docs/testing.md" in printed.err
    else:
        assert printed.err == ""


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (["true"], 2),
        (["--allow-empty", "true"], 0),
        (["--allow-empty", "--", "true"], 0),
        (["sh", "-c", "exit 3"], 3),
        # What follows the command's name is its own.
        (["--allow-empty", "sh", "-c", "test $1 = --fail-on", "sh", "--fail-on"], 0),
        (["--allow-empty", "--workers", "0", "sh", "-c", 'test -z "$CORSIGHT_PROXIES"'], 0),
        (["--allow-empty", "--workers", "3", "sh", "-c", 'test "$CORSIGHT_PROXIES" != "${CORSIGHT_PROXIES#*,*,}"'], 0),
        (["--allow-empty", "sh", "-c", 'test -f "$CORSIGHT_PLAYWRIGHT" -a -f "$CORSIGHT_CA"'], 0),
    ],
)
def test_the_commands_exit_code_counts_where_nothing_is_found(
    typed: list[str], code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["run", *typed]) == code
    assert "this session: 0 exchanges" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ([], "Missing argument 'COMMAND'"),
        (["no-such-command"], "no-such-command: did not start (No such file or directory); is its name right"),
        (["--format", "html", "true"], "--format: html needs a file; write html=FILE"),
        (["--write-baseline", "true"], "--write-baseline needs a file to write; name it with --baseline FILE"),
        (["--assume", "x=y", "true"], "--assume x=y names nothing that a verdict depends on"),
        (
            ["--assume", "credentials=yes", "true"],
            "--assume credentials takes no such value; there are credentials=include, credentials=not-include\n",
        ),
        (["--select", "no-code", "true"], "there is no code no-code"),
        (["--policy", "no.yaml", "true"], "no.yaml"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(typed: list[str], said: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["run", *typed]) == 2
    printed = capfd.readouterr()
    assert said in printed.err
    assert printed.err.count("\n") == 1


def shop(**gate: Any) -> Plan:
    """What asks reviews.test as a page does, and is blocked."""
    line = f"{shlex.quote(sys.executable)} -c {shlex.quote(SUITE)}"
    return Plan(script=line, lanes=2, gate=Gate(engine="chromium", **gate))


def test_a_baseline_is_written_and_held_to(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "baseline.json"
    assert run(shop(written=str(file)), scripts=[SHOP]) == 0
    assert "allow-origin-missing" in file.read_text("utf-8")
    assert f"{file}: written, with 1 endpoint" in capfd.readouterr().err
    known = ["run", "--engine", "chromium", "--baseline", str(file)]
    assert cli.run([*known, "--write-baseline", "--allow-empty", "true"]) == 0
    assert json.loads(file.read_text("utf-8"))["findings"] == []


@pytest.mark.parametrize("command", ["run", "browse"])
def test_browse_and_run_take_the_options_of_the_gate(command: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run([command, "--help"]) == 0
    told = capfd.readouterr().out
    assert [option.flag for option in OPTIONS if option.flag not in told] == []
