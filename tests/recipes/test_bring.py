"""All that tests take from package registries is brought ahead of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.recipes import bring, toolbox

TESTS = Path(__file__).resolve().parents[1]


def kinds() -> set[str]:
    """What is got ready anywhere in the tests."""
    texts = [path.read_text("utf-8") for path in TESTS.rglob("*.py") if path != Path(__file__)]
    return {kind for text in texts for kind in re.findall(r'ready\("(\w+)"', text)}


@pytest.mark.parametrize("reason", ["", "no registry"])
def test_all_is_brought_and_what_cannot_be_had_keeps_nothing_else_away(
    reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought = []

    def make(made: Path, *_: object) -> str:
        brought.append(made.name.partition("-")[0])
        return reason

    monkeypatch.setattr(toolbox, "_made", make)
    bring.main()
    assert len(brought) == len(kinds()) > 5
    assert set(brought) == kinds()
