"""The event log: a handler that fails loses its line, and breaks no hook; nothing in a line moves the cursor."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from mitmproxy.exceptions import OptionsError

from corsight.addons.events import get_logger
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


def test_no_option_writes_a_control_character(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    odd = f"{tmp_path}/\x1b[31m\x9b\udcff\r\n"
    for option in ({"cors_policy": [odd]}, {"cors_log": f"{odd}/a"}, {"cors_engine": odd}, {"cors_scope": f"({odd}"}):
        with pytest.raises(OptionsError) as raised, mitmproxy(**option):
            pass
        get_logger("corsight").error("%s", raised.value)
    get_logger("corsight").warning(f"50% {odd}")
    assert len(caplog.messages) == 5
    assert "".join(caplog.messages).isprintable()
    assert caplog.messages[-1].startswith("50% ")


def test_a_path_with_a_zero_byte_in_it_is_none() -> None:
    for option in ({"cors_policy": ["a\0b"]}, {"cors_log": "a\0b"}):
        with pytest.raises(OptionsError, match="a path cannot contain a zero byte"), mitmproxy(**option):
            pass
