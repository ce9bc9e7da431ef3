"""What today's verdicts on the recordings come to, as exact figures in expected.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.browser.lab.score import Score

HERE = Path(__file__).parent
EXPECTED = HERE / "expected.json"
SUFFIX = ".tar.xz"
COUNTS = (
    *("scenarios", "exchanges", "unseen", "unanswered", "steps", "right", "certain", "certain_wrong", "foreseen"),
    *("names", "names_right", "texts", "texts_right", "hidden", "hidden_right"),
)

type Figures = dict[str, Any]


def recordings() -> dict[str, Path]:
    """Return every recording's archive by its name."""
    return {path.name.removesuffix(SUFFIX): path for path in sorted(HERE.glob(f"*{SUFFIX}"))}


def figures(score: Score) -> Figures:
    """Return a score's counts, which steps are wrong (`scenario/step`), and how often each thing is said."""
    wrong = sorted(f"{one.scenario}/{one.step}" for one in score.disagreements)
    return (
        {name: getattr(score, name) for name in COUNTS} | {"wrong": wrong} | {"said": dict(sorted(score.said.items()))}
    )


def read() -> dict[str, Figures]:
    """Return the expected figures of every recording; nothing where none were written yet."""
    return dict(json.loads(EXPECTED.read_text("utf-8"))) if EXPECTED.exists() else {}


def write(expected: dict[str, Figures]) -> None:
    """Write the expected figures of every recording."""
    EXPECTED.write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def compare(expected: Figures | None, actual: Figures) -> list[str]:
    """Return a line for each figure that is not what was expected."""
    if expected is None:
        return ["no figures are expected yet"]
    was, now = ({**figures, **figures.get("said", {})} for figures in (expected, actual))
    names = [*now, *(name for name in was if name not in now)]
    return [
        f"{name}: {now.get(name, 0)}, expected {was.get(name, 0)}"
        for name in names
        if name != "said" and now.get(name, 0) != was.get(name, 0)
    ]
