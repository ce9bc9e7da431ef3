"""Older builds of Chromium run drawn scenarios: each is judged as its own version, and rightly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import builds
from tests.browser.lab.generate import generate
from tests.browser.lab.record import VERDICTS, record
from tests.browser.lab.score import judged_of, score

COUNT = 60


@pytest.mark.browser("chromium")
@pytest.mark.parametrize(
    ("program", "version"),
    [pytest.param(builds.webengine, 122, id="QtWebEngine"), pytest.param(builds.headless_shell, 103, id="headless")],
)
def test_an_older_build_is_judged_as_its_own_version(program: Callable[[], Path], version: int, tmp_path: Path) -> None:
    truth = record("chromium", generate(41, COUNT), tmp_path, judged=True, program=program())
    result = score(tmp_path, tmp_path / VERDICTS)
    print(result)
    assert truth["browser"].startswith(f"Chromium {version}.")
    assert {judged.client.label for judged in judged_of(tmp_path)} == {f"chromium {version}"}
    assert result.scenarios >= 0.9 * COUNT
    assert result.steps > COUNT / 2
    assert result.agreement >= 0.98
    assert result.certain_wrong == 0
