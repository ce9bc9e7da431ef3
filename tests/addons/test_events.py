"""The event log: a handler that fails loses its line, and breaks no hook."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.addons.mitm import cors, lines, mitmproxy


class Failing(logging.Handler):
    """What another addon may have put up."""

    asked = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Fail."""
        Failing.asked += 1
        raise RuntimeError("no room on the screen")


@pytest.fixture
def failing() -> Iterator[None]:
    """A handler that fails, while the test runs."""
    logger, handler = logging.getLogger("corsight"), Failing()
    level = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)
    logger.setLevel(level)


@pytest.mark.usefixtures("failing")
def test_a_handler_that_fails_keeps_no_verdict_back(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with mitmproxy(cors_log=str(log)) as running:
        first, second = cors(url="https://api.test/1"), cors(url="https://api.test/2")
        running.judge(first, second)
    assert Failing.asked
    assert [flow.metadata["cors.outcome"] for flow in (first, second)] == ["blocked", "blocked"]
    assert len(lines(log)) == 2
