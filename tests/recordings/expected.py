"""What today's verdicts on the recordings come to, as exact figures in expected.json."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from tests.browser.lab.score import Record, judge, last_words, opened, score_records

HERE = Path(__file__).parent
EXPECTED = HERE / "expected.json"
SUFFIX = ".tar.xz"
COUNTS = (
    *("scenarios", "exchanges", "unseen", "unanswered", "steps", "right", "certain", "certain_wrong", "foreseen"),
    *("names", "names_right", "texts", "texts_right", "hidden", "hidden_right"),
)

type Figures = dict[str, Any]

_varying = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|https?://\S+|\d+(?:\.\d+)?")
"""What is another one in each recording: the ids of exchanges, URLs, numbers of seconds."""


def recordings() -> dict[str, Path]:
    """Return every recording's archive by its name."""
    return {path.name.removesuffix(SUFFIX): path for path in sorted(HERE.glob(f"*{SUFFIX}"))}


def figures(recording: Path) -> Figures:
    """Return what a recording's score counts, which steps are wrong (`scenario/step`), and how often each thing is said
    of its exchanges.
    """
    with opened(recording) as folder:
        records = judge(folder)
        score = score_records(folder, records)
    said = Counter(said for exchanges in last_words(records).values() for one in exchanges for said in _list_said(one))
    wrong = sorted(f"{one.scenario}/{one.step}" for one in score.disagreements)
    return {name: getattr(score, name) for name in COUNTS} | {"wrong": wrong, "said": dict(sorted(said.items()))}


def _list_said(record: Record) -> list[str]:
    """Return what is said of an exchange: its outcome and rule, the evidence, the branches, advice, other engines."""
    ruled = f" {record['rule']}" if record["rule"] else ""
    return [
        f"{record['role']} {record['outcome']} {record['certainty']}{ruled}",
        *(
            f"{one['fact']} {one['value']} {one['certainty']}: {_varying.sub('…', one['because'])}"
            for one in record["evidence"]
        ),
        *(f"{name}: {branch['outcome']}" for name, branch in record["branches"].items()),
        *(f"advice {code}" for code in record["advice"]),
        *(f"in {engine}: {said['outcome']}" for engine, said in record["verdicts"].items()),
    ]


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
