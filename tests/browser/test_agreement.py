"""Real browsers run drawn scenarios; what Corsight says of the traffic must be what they did."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.browser.lab.drive import Engine, available
from tests.browser.lab.generate import generate
from tests.browser.lab.record import MITMDUMP, record
from tests.browser.lab.score import score

ADDON = Path(__file__).resolve().parents[2] / "addons" / "cors.py"
SEED, COUNT = 7, 60

AGREEMENT: dict[Engine, float] = {"chromium": 0.97, "firefox": 0.97, "webkit": 0.85}
"""Nothing that WebKit sends tells whether a request is credentialed, and a third of the drawn steps turn on it."""
FORESEEN = 0.97
"""Steps that are right, or wrong with the right verdict in the branch not taken."""
CERTAIN_WRONG = 1
"""A certain verdict that is wrong is a bug. One is let through: on a shared machine a page's clock can slip."""


@pytest.mark.parametrize(
    "engine",
    [
        pytest.param("chromium", marks=pytest.mark.browser("chromium")),
        pytest.param("firefox", marks=pytest.mark.browser("firefox")),
        pytest.param("webkit", marks=pytest.mark.browser("webkit")),
    ],
)
def test_the_verdicts_agree_with_the_browser(engine: Engine, tmp_path: Path) -> None:
    need(engine)
    record(engine, generate(SEED, COUNT), tmp_path)
    log = judge(tmp_path)
    result = score(tmp_path, log)
    print(result)
    assert result.steps > COUNT / 2
    assert result.agreement >= AGREEMENT[engine]
    assert result.right + result.foreseen >= FORESEEN * result.steps
    assert result.certain_wrong <= CERTAIN_WRONG


def need(engine: Engine) -> None:
    """The mark looks for the browser; this for all else that the lab needs to drive it."""
    if not available(engine):
        reason = f"the lab cannot drive {engine} here (WebKit: MiniBrowser and xvfb-run are needed)"
        if os.environ.get("CORSIGHT_CI") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


def judge(recording: Path) -> Path:
    """Run the addon over the recorded traffic, as a user would; the path of its log."""
    log = recording / "verdicts.jsonl"
    options = ("--set", f"cors_log={log}", "--set", f"confdir={recording / 'confdir'}")
    subprocess.run([*MITMDUMP, "-n", "-q", "-r", str(recording / "flows.mitm"), "-s", str(ADDON), *options], check=True)
    return log
