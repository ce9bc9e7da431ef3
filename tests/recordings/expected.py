"""What today's verdicts on the recordings come to, as exact figures in expected.json."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from corsight.policies.session import Judged
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from tests.browser.lab.score import LINES, Record, judged_of, last_words, opened, score_records
from tests.recordings.distorted import DISTORTIONS, HERE, SUFFIX, judge_all, read_exchanges, recordings

EXPECTED = HERE / "expected.json"
COUNTS = (
    *("scenarios", "exchanges", "unseen", "unanswered", "steps", "right", "certain", "certain_wrong", "foreseen"),
    *("names", "names_right", "texts", "texts_right", "hidden", "hidden_right"),
)

FACTS = (
    *("tainting", "tainting_too", "mode", "destination", "destinations", "fetched", "event_source", "xhr"),
    *("credentials", "secure", "distance", "embedder", "redirect"),
)
"""The facts that are one of a few values."""
LIKELIER = {
    "credentials": "likelier",
    "secure": "likelier_secure",
    "distance": "likelier_distance",
    "embedder": "likelier_embedder",
}
"""What is the likelier, where such a fact is not known."""
UNKNOWN = (None, "unknown")
KNOWN = ("origin", "page_origin", "page", "target", "response")
DISTORTED = tuple(product(("wide-chromium", "wide-firefox-h2", "wide-webkit"), ("no Sec-Fetch", "thinned out")))
"""Older browsers and plain http, where only the order of headers tells the mode; and what a filter left."""
FILES = (("chromium", "sanitized.har"), ("chromium", "netlog.json"), ("firefox", "firefox.har"))
"""What the browsers' own tools saved: they tell some facts themselves, and leave out others."""

type Figures = dict[str, Any]

_varying = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|https?://\S+|\d+(?:\.\d+)?")
"""What is another one in each recording: the ids of exchanges, URLs, numbers of seconds."""


def sources() -> dict[str, Callable[[], Figures]]:
    """Return what is counted, by its name: the recordings, some of them distorted, and the browsers' own files."""
    distorted = {f"{name}, {how}": partial(_count_distorted, name, how) for name, how in DISTORTED}
    return {
        **{name: partial(figures, path) for name, path in recordings().items()},
        **distorted,
        **{name: partial(_count_file, browser, name) for browser, name in FILES},
    }


def figures(recording: Path) -> Figures:
    """Return what a recording's score counts, which steps are wrong (`scenario/step`), and what is said of it."""
    with opened(recording) as folder:
        judged = judged_of(folder)
        score = score_records(folder, [json.loads(LINES.line(one)) for one in judged])
    wrong = sorted(f"{one.scenario}/{one.step}" for one in score.disagreements)
    return {name: getattr(score, name) for name in COUNTS} | {"wrong": wrong} | count(judged)


def _count_distorted(name: str, how: str) -> Figures:
    return count(judge_all(DISTORTIONS[how](read_exchanges(name))))


def _count_file(browser: str, name: str) -> Figures:
    with opened(HERE / "formats" / f"{browser}{SUFFIX}") as folder:
        return count(judge_recording(Recording(str(folder / name)), held=10**6))


def count(judged: Iterable[Judged]) -> Figures:
    """Return how often each thing is said of a scenario's exchanges, and what they are taken for: each fact that they
    are judged by, and how they are joined to fetches. One may be wrong though no verdict here turns on it.
    """
    latest = {one.entry.exchange.id: one for one in judged}
    records = [json.loads(LINES.line(one)) for one in latest.values()]
    said = Counter(said for exchanges in last_words(records).values() for one in exchanges for said in _list_said(one))
    taken = Counter(taken for one in latest.values() for taken in _list_taken(one))
    return {"said": dict(sorted(said.items())), "taken": dict(sorted(taken.items()))}


def _list_taken(judged: Judged) -> list[str]:
    """Return what an exchange is taken for."""
    facts, entry = judged.facts, judged.entry
    joined = "" if entry.fetch.id == entry.exchange.id else ", of an earlier fetch"
    return [
        *(f"{name} {value}" for name in FACTS if (value := getattr(facts, name)) not in (None, False, ())),
        *(f"{name} likely {getattr(facts, LIKELIER[name])}" for name in LIKELIER if getattr(facts, name) in UNKNOWN),
        *(f"with {name}" for name in KNOWN if getattr(facts, name) is not None),
        f"{entry.role} number {entry.index}{joined}",
        f"chain of {len(facts.chain)}",
        f"sequel {entry.sequel}",
        *(name for name in ("spared", "strayed", "contested", "crossed") if getattr(entry, name)),
    ]


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
    was, now = ({**figures, **figures.get("said", {}), **figures.get("taken", {})} for figures in (expected, actual))
    names = [*now, *(name for name in was if name not in now)]
    return [
        f"{name}: {now.get(name, 0)}, expected {was.get(name, 0)}"
        for name in names
        if name not in ("said", "taken") and now.get(name, 0) != was.get(name, 0)
    ]
