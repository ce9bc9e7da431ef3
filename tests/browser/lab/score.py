"""Holds a verdict log against what the browser did.

A step counts when something of it was on the wire, every exchange was answered, and the page saw how it ended. It is
called blocked when any of its exchanges is, and that is right when the page saw an error. It is certain when all its
exchanges are, or one is blocked with certainty. Names and texts are held against the engine's own console.
"""

from __future__ import annotations

import collections
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

type Record = dict[str, Any]

SLACK = 0.002
"""Seconds: the page's clock counts in whole milliseconds."""

SERVED = {"x-total", "x-other", "content-language"}
"""The response headers whose exposure is scored."""

CHROMIUM_TEXT = re.compile(r"Access to (?!XMLHttpRequest)\S+.*? at '(\S+?)'")
FIREFOX_TEXT = re.compile(r"remote resource at (\S+?)\.? \(Reason")


@dataclass(slots=True)
class Score:
    steps: int = 0
    right: int = 0
    certain: int = 0
    certain_wrong: int = 0
    foreseen: int = 0
    """Wrong, but likely only, and a branch of the verdict tells what happened."""
    unseen: int = 0
    unanswered: int = 0
    names: int = 0
    names_right: int = 0
    texts: int = 0
    texts_right: int = 0
    hidden: int = 0
    hidden_right: int = 0
    disagreements: list[str] = field(default_factory=list)

    @property
    def agreement(self) -> float:
        return self.right / self.steps if self.steps else 0.0

    def __str__(self) -> str:
        counts = (
            f"{self.right} of {self.steps} steps right ({self.agreement:.2%})",
            f"{self.certain} certain, of them {self.certain_wrong} wrong",
            f"{self.foreseen} of the wrong ones foreseen",
            f"{self.unseen} unseen, {self.unanswered} unanswered",
            f"names {self.names_right} of {self.names}, texts {self.texts_right} of {self.texts}",
            f"hidden headers {self.hidden_right} of {self.hidden}",
        )
        return "\n".join(["; ".join(counts), *self.disagreements])


def score(recording: Path, log: Path) -> Score:
    """Score the verdicts in `log` against the recording in the folder `recording`."""
    truth = json.loads((recording / "truth.json").read_text())
    scenarios = {scenario["id"]: scenario for scenario in json.loads((recording / "scenarios.json").read_text())}
    records = read_log(log)
    result = Score()
    for outcome in truth["results"]:
        scenario = scenarios[outcome["id"]]
        for number, exchanges in enumerate(_by_step(scenario, outcome["results"], records[outcome["id"]])):
            _score_step(result, scenario, number, outcome["results"][number], exchanges)
    _score_words(result, truth, scenarios, records)
    return result


def read_log(log: Path) -> dict[int, list[Record]]:
    """The last line of each flow, by scenario, in order of time."""
    latest: dict[str, Record] = {}
    for line in log.read_text().splitlines():
        record = json.loads(line)
        latest[record["flow"]] = record
    records: dict[int, list[Record]] = collections.defaultdict(list)
    for record in sorted(latest.values(), key=lambda record: record["started"]):
        if ident := scenario_of(record["url"]):
            records[ident].append(record)
    return records


def scenario_of(url: str) -> int | None:
    match urlsplit(url).path.split("/"):
        case ["", "s", ident, _] if ident.isdigit():
            return int(ident)
    return None


def _by_step(scenario: Record, results: list[Record], records: list[Record]) -> list[list[Record]]:
    """The exchanges of each step: told apart by their hop where the steps ran together, else by time."""
    steps: list[list[Record]] = [[] for _ in results]
    for record in records:
        if scenario.get("together"):
            number = int(urlsplit(record["url"]).path.rpartition("/")[2]) // 10
        else:
            begun = (k for k, result in enumerate(results) if result["from"] / 1000 - SLACK <= record["started"])
            number = max(begun, default=0)
        steps[number].append(record)
    return steps


def _score_step(result: Score, scenario: Record, number: int, saw: Record, exchanges: list[Record]) -> None:
    step = scenario["steps"][number]
    if saw["outcome"] in ("timeout", "sent") or step.get("redirect") in ("error", "manual"):
        return
    if not exchanges:
        result.unseen += 1
        return
    if any(record["status"] is None for record in exchanges):
        result.unanswered += 1
        return
    blocked = [record for record in exchanges if record["outcome"] == "blocked"]
    sure = [record["certainty"] == "certain" for record in exchanges]
    certain = all(sure) or any(record["certainty"] == "certain" for record in blocked)
    right = bool(blocked) == (saw["outcome"] == "error")
    result.steps += 1
    result.right += right
    result.certain += certain
    if not right:
        result.certain_wrong += certain
        result.foreseen += not certain and _foreseen(saw["outcome"] == "error", exchanges)
        told = ("method", "url", "outcome", "rule", "certainty")
        verdicts = [" ".join(str(record[name]) for name in told) for record in exchanges]
        where = f"{scenario['kind']} on {scenario['page']} ({scenario['frame']})"
        result.disagreements.append(f"{where}: {step} was {saw['outcome']}, said {verdicts}")
    _score_hidden(result, scenario, saw, exchanges)


def _foreseen(failed: bool, exchanges: list[Record]) -> bool:
    """Whether the branches not taken hold what happened: one that blocks, or one that allows each that was blocked."""
    if failed:
        return any(branch["outcome"] == "blocked" for record in exchanges for branch in record["branches"].values())
    blocked = [record for record in exchanges if record["outcome"] == "blocked"]
    return all(any(branch["outcome"] != "blocked" for branch in record["branches"].values()) for record in blocked)


def _score_hidden(result: Score, scenario: Record, saw: Record, exchanges: list[Record]) -> None:
    final = [record for record in exchanges if record["role"] != "preflight"][-1:]
    if scenario["kind"] != "fetch" or saw["outcome"] != "ok" or saw.get("type", "cors") != "cors" or "seen" not in saw:
        return
    if final and final[0]["outcome"] == "allowed":
        served = {name for name, _ in scenario["serve"]["0"]["actual"]["headers"]} & SERVED
        said = {name.lower() for name in final[0]["hidden"] or []} & served
        result.hidden += 1
        result.hidden_right += said == served - set(saw["seen"])


def _score_words(result: Score, truth: Record, scenarios: dict[int, Record], records: dict[int, list[Record]]) -> None:
    """The engine's own name for each error, and its console text; XMLHttpRequest has texts of its own."""
    chromium = truth["engine"] == "chromium"
    names, texts = _chromium_words(truth) if chromium else _firefox_words(truth)
    for ident, wanted in names.items():
        said = [_bare(record["error"]) for record in records.get(ident, []) if record["outcome"] == "blocked"]
        result.names += 1
        result.names_right += (sorted(said) if chromium else said[:1]) == sorted(map(_bare, wanted))
    for ident, text in texts.items():
        if scenarios[ident].get("together") or any(step["via"] == "xhr" for step in scenarios[ident]["steps"]):
            continue
        messages = [record["message"] or "" for record in records.get(ident, []) if record["outcome"] == "blocked"]
        result.texts += 1
        result.texts_right += [message.strip() for message in messages[:1]] == [text.strip()]


type Words = tuple[dict[int, list[str]], dict[int, str]]


def _chromium_words(truth: Record) -> Words:
    names: dict[int, list[str]] = collections.defaultdict(list)
    texts: dict[int, str] = {}
    for failure in truth["failed"]:
        if failure["corsErrorStatus"] and (ident := scenario_of(failure["url"] or "")):
            names[ident].append(failure["corsErrorStatus"]["corsError"])
    for line in truth["console"]:
        if (match := CHROMIUM_TEXT.match(line)) and (ident := scenario_of(match[1])):
            texts.setdefault(ident, line)
    return names, texts


def _firefox_words(truth: Record) -> Words:
    """The first word of each scenario counts: what follows a failed preflight, and deprecations, are no reasons."""
    names: dict[int, list[str]] = {}
    texts: dict[int, str] = {}
    for line in truth["console"]:
        category, _, text = line.partition(" | ")
        if not category.startswith("CORS") or category.startswith("CORSDidNotSucceed") or "Deprecation" in category:
            continue
        if (match := FIREFOX_TEXT.search(text)) and (ident := scenario_of(match[1])):
            names.setdefault(ident, [category])
            texts.setdefault(ident, text)
    return names, texts


def _bare(name: str | None) -> str:
    """Firefox numbers its categories anew when their wording changes."""
    return (name or "").rstrip("0123456789")
