"""Real browsers run drawn scenarios with the addon in their proxy; what it said must be what they did."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.lab.drive import Engine, available
from tests.browser.lab.generate import generate
from tests.browser.lab.record import VERDICTS, record
from tests.browser.lab.score import score

AGREEMENT: dict[Engine, float] = {"chromium": 0.985, "firefox": 0.98, "webkit": 0.955}
"""Below what docs/agreement.md says of thousands: so short a run has its luck, and the machine is shared."""
FORESEEN = 0.985
"""Steps that are right, or wrong with the right verdict in the branch not taken."""
CERTAIN_WRONG = 1
"""A certain verdict that is wrong is a bug. One is let through: on a shared machine a page's clock can slip."""
COMPLETE = 0.9
"""The share of scenarios that must come back: a frame or worker that hangs is left out."""


@pytest.mark.parametrize(
    ("engine", "count", "http2"),
    [
        pytest.param("chromium", 220, False, marks=pytest.mark.browser("chromium")),
        pytest.param("chromium", 100, True, marks=pytest.mark.browser("chromium")),
        pytest.param("firefox", 220, False, marks=pytest.mark.browser("firefox")),
        pytest.param("firefox", 100, True, marks=pytest.mark.browser("firefox")),
        pytest.param("webkit", 240, False, marks=pytest.mark.browser("webkit")),
    ],
)
def test_the_verdicts_agree_with_the_browser(engine: Engine, count: int, http2: bool, tmp_path: Path) -> None:
    need(engine)
    record(engine, generate(7 + http2, count), tmp_path, http2, judged=True)
    result = score(tmp_path, tmp_path / VERDICTS)
    print(result)
    assert result.scenarios >= COMPLETE * count
    assert result.steps > count / 2
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
