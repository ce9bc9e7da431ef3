"""Holds a verdict log against what the browser did.

A step counts when something of it was on the wire, every exchange was answered, and the page saw how it ended. It is
called blocked when any of its exchanges is, and that is right when the page saw an error. It is certain when all its
exchanges are, or one is blocked with certainty. Names and texts are held against the engine's own console.
"""

from __future__ import annotations

import collections
import contextlib
import json
import re
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from corsight.policies.record import Lines
from corsight.policies.session import Judged
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from tests.browser.lab.record import FLOWS, SCENARIOS, TRUTH

type Record = dict[str, Any]

SLACK = 0.002
"""Seconds: the page's clock counts in whole milliseconds."""

SERVED = {"x-total", "x-other", "content-language"}
"""The response headers whose exposure is scored."""

CHROMIUM_TEXT = re.compile(r"Access to (?!XMLHttpRequest)\S+.*? at '(\S+?)'")
WEBKIT_TEXT = re.compile(
    r"network \| Failed to load resource: (?!the server responded|FetchEvent)(.*) \| (https?://\S+)$"
)
FIREFOX_TEXT = re.compile(r"remote resource at (\S+?)\.? \(Reason")


@dataclass(slots=True)
class Tally:
    """Steps of one kind: how many, how many right, how many certain, and what went wrong how."""

    steps: int = 0
    right: int = 0
    certain: int = 0
    certain_wrong: int = 0
    wrongly_allowed: int = 0
    wrongly_blocked: int = 0

    def add(self, *, right: bool, certain: bool, failed: bool) -> None:
        self.steps += 1
        self.right += right
        self.certain += certain
        self.certain_wrong += certain and not right
        self.wrongly_allowed += failed and not right
        self.wrongly_blocked += not failed and not right


@dataclass(slots=True)
class Disagreement:
    """A step of which something else was said than what the browser did."""

    scenario: int
    step: int
    kind: str
    where: str
    did: Record
    saw: str
    said: list[str]
    certain: bool
    foreseen: bool

    def __str__(self) -> str:
        sure = "certain" if self.certain else "foreseen" if self.foreseen else "likely"
        where = f"{self.scenario}/{self.step} {self.kind} {self.where}"
        return f"{where}: {self.did} was {self.saw}, said {self.said} ({sure})"


@dataclass(slots=True)
class Score(Tally):
    foreseen: int = 0
    """Wrong, but likely only, and a branch of the verdict tells what happened."""
    scenarios: int = 0
    exchanges: int = 0
    unseen: int = 0
    unanswered: int = 0
    names: int = 0
    names_right: int = 0
    texts: int = 0
    texts_right: int = 0
    hidden: int = 0
    hidden_right: int = 0
    kinds: dict[str, Tally] = field(default_factory=lambda: collections.defaultdict(Tally))
    disagreements: list[Disagreement] = field(default_factory=list)
    misnamed: list[str] = field(default_factory=list)
    """Error names, console texts and hidden headers that are not the browser's, in words."""

    @property
    def agreement(self) -> float:
        return self.right / self.steps if self.steps else 0.0

    def plus(self, other: Score) -> None:
        """Add what another recording scored."""
        for name in Score.__dataclass_fields__:
            if name == "kinds":
                for kind, tally in other.kinds.items():
                    for count in Tally.__dataclass_fields__:
                        setattr(self.kinds[kind], count, getattr(self.kinds[kind], count) + getattr(tally, count))
            else:
                setattr(self, name, getattr(self, name) + getattr(other, name))

    def __str__(self) -> str:
        counts = (
            f"{self.right} of {self.steps} steps right ({self.agreement:.2%})",
            f"{self.wrongly_allowed} wrongly allowed, {self.wrongly_blocked} wrongly blocked",
            f"{self.certain} certain, of them {self.certain_wrong} wrong",
            f"{self.foreseen} of the wrong ones foreseen",
            f"{self.unseen} unseen, {self.unanswered} unanswered",
            f"names {self.names_right} of {self.names}, texts {self.texts_right} of {self.texts}",
            f"hidden headers {self.hidden_right} of {self.hidden}",
            f"{self.scenarios} scenarios, {self.exchanges} exchanges",
        )
        return "\n".join(["; ".join(counts), *map(str, self.disagreements)])


def score(recording: Path, log: Path) -> Score:
    """Score the verdicts in `log` against the recording in the folder `recording`."""
    with log.open(encoding="utf-8") as lines:
        return score_records(recording, [json.loads(line) for line in lines])


def score_now(recording: Path) -> tuple[Score, Record]:
    """Score what today's code says of a recording, a folder or a tar of one; its truth comes along."""
    with opened(recording) as folder:
        return score_records(folder, judge(folder)), json.loads((folder / TRUTH).read_text("utf-8"))


@contextlib.contextmanager
def opened(recording: Path) -> Iterator[Path]:
    """The folder of a recording, which is that or a tar of one."""
    if recording.is_dir():
        yield recording
        return
    with tempfile.TemporaryDirectory(prefix="corsight-") as folder, tarfile.open(recording) as archive:
        archive.extractall(folder, filter="data")
        yield Path(folder)


def score_records(recording: Path, records: list[Record]) -> Score:
    """Score log records against the recording in the folder `recording`."""
    truth = json.loads((recording / TRUTH).read_text("utf-8"))
    scenarios = {scenario["id"]: scenario for scenario in json.loads((recording / SCENARIOS).read_text("utf-8"))}
    by_scenario = last_words(records)
    result = Score(scenarios=len(truth["results"]))
    for outcome in truth["results"]:
        scenario = scenarios[outcome["id"]]
        exchanges = by_scenario[outcome["id"]]
        result.exchanges += len(exchanges)
        for number, mine in enumerate(by_step(scenario, outcome["results"], exchanges)):
            _score_step(result, scenario, number, outcome["results"][number], mine)
    _score_words(result, truth, scenarios, by_scenario)
    return result


def judge(recording: Path) -> list[Record]:
    """The last log record of every exchange of a recording, by today's code."""
    return [json.loads(LINES.line(judged)) for judged in judged_of(recording)]


def judged_of(recording: Path) -> list[Judged]:
    """The last word of today's code on every exchange of a recording."""
    return list(judge_recording(Recording(str(recording / FLOWS)), held=10**6))


LINES = Lines(secrets=True)


def last_words(records: list[Record]) -> dict[int, list[Record]]:
    """The last record of each flow, by scenario, in order of time."""
    latest = {record["flow"]: record for record in records}
    found: dict[int, list[Record]] = collections.defaultdict(list)
    for record in sorted(latest.values(), key=lambda record: record["started"]):
        if ident := scenario_of(record["url"]):
            found[ident].append(record)
    return found


def scenario_of(url: str) -> int | None:
    match urlsplit(url).path.split("/"):
        case ["", "s", ident, _] if ident.isdigit():
            return int(ident)
    return None


def by_step(scenario: Record, results: list[Record], records: list[Record]) -> list[list[Record]]:
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
    if saw["outcome"] in ("timeout", "sent", "aborted") or step.get("redirect") in ("error", "manual"):
        return
    if not exchanges:
        result.unseen += 1
        return
    if any(record["status"] is None for record in exchanges) or _cut(scenario, step):
        result.unanswered += 1
        return
    right, certain = verdict_on(saw, exchanges)
    failed = saw["outcome"] == "error"
    tally = {"right": right, "certain": certain, "failed": failed}
    result.add(**tally)
    for kind in kinds_of(scenario, step, exchanges):
        result.kinds[kind].add(**tally)
    if not right:
        foreseen = not certain and _foreseen(failed, exchanges)
        result.foreseen += foreseen
        told = ("method", "url", "outcome", "rule", "certainty")
        result.disagreements.append(
            Disagreement(
                scenario["id"],
                number,
                scenario["kind"],
                f"on {scenario['page']} ({scenario['frame']})",
                step,
                saw["outcome"],
                [" ".join(str(record[name]) for name in told) for record in exchanges],
                certain,
                foreseen,
            )
        )
    _score_hidden(result, scenario, number, saw, exchanges)


def verdict_on(saw: Record, exchanges: list[Record]) -> tuple[bool, bool]:
    """Whether what is said of a step's exchanges is what the page saw, and whether it is said with certainty."""
    blocked = [record for record in exchanges if record["outcome"] == "blocked"]
    sure = [record["certainty"] == "certain" for record in exchanges]
    certain = all(sure) or any(record["certainty"] == "certain" for record in blocked)
    return bool(blocked) == (saw["outcome"] == "error"), certain


def kinds_of(scenario: Record, step: Record, exchanges: list[Record]) -> list[str]:
    """The kinds of request that a step counts as: how it was made, from where, and what became of it."""
    kinds = [f"by {step['via']}" + (f", {step['mode']}" if step.get("mode", "cors") != "cors" else "")]
    frame = "file" if scenario["page"] == "file://" else scenario["frame"]
    kinds.append(f"from {'service worker' if '//sw.' in scenario['page'] else frame}")
    if any(record["role"] == "preflight" for record in exchanges):
        kinds.append("with preflight")
    if any(record["role"] == "redirect" for record in exchanges):
        kinds.append("with redirects")
    if step.get("credentials") == "include" or step.get("crossorigin") == "use-credentials":
        kinds.append("with credentials")
    if any(record["url"].startswith("http:") for record in exchanges):
        kinds.append("over plain http")
    kinds.append(f"scenario: {scenario['kind']}")
    return kinds


def _cut(scenario: Record, step: Record) -> bool:
    """Whether an answer broke off in its body: what failed then is no decision about it."""
    answers = (answer for hop in scenario.get("serve", {}).values() for answer in hop.values())
    return step["via"] != "fetch" and any(answer.get("fault") == "cut" for answer in answers)


def _foreseen(failed: bool, exchanges: list[Record]) -> bool:
    """Whether the branches not taken hold what happened: one that blocks, or one that allows each that was blocked."""
    if failed:
        return any(branch["outcome"] == "blocked" for record in exchanges for branch in record["branches"].values())
    blocked = [record for record in exchanges if record["outcome"] == "blocked"]
    return all(any(branch["outcome"] != "blocked" for branch in record["branches"].values()) for record in blocked)


def _score_hidden(result: Score, scenario: Record, number: int, saw: Record, exchanges: list[Record]) -> None:
    final = [record for record in exchanges if record["role"] != "preflight"][-1:]
    if scenario["kind"] != "fetch" or saw["outcome"] != "ok" or saw.get("type", "cors") != "cors" or "seen" not in saw:
        return
    if final and final[0]["outcome"] == "allowed":
        served = {name for name, _ in scenario["serve"]["0"]["actual"]["headers"]} & SERVED
        said = {name.lower() for name in final[0]["hidden"] or []} & served
        result.hidden += 1
        right = said == served - set(saw["seen"])
        result.hidden_right += right
        if not right:
            ident = f"{scenario['id']}/{number}"
            result.misnamed.append(f"{ident}: hidden {sorted(said)}, seen {sorted(served & set(saw['seen']))}")


def _score_words(result: Score, truth: Record, scenarios: dict[int, Record], records: dict[int, list[Record]]) -> None:
    """The engine's own name for each error, and its console text; XMLHttpRequest has texts of its own."""
    chromium = truth["engine"] == "chromium"
    names, texts = WORDS[truth["engine"]](truth)
    for ident, wanted in names.items():
        said = [_bare(record["error"]) for record in records.get(ident, []) if record["outcome"] == "blocked"]
        # What a service worker passed on fails twice, for it and for its page. Of Firefox the first name counts.
        mine = said if chromium or scenarios[ident].get("together") else said[:1]
        right = set(mine) == set(map(_bare, wanted)) if chromium else _bare(wanted[0]) in mine
        result.names += 1
        result.names_right += right
        if not right:
            result.misnamed.append(f"{ident}: named {wanted}, said {said}")
    for ident, text in texts.items():
        if ident not in scenarios or scenarios[ident].get("together"):
            continue
        if truth["engine"] != "webkit" and any(step["via"] == "xhr" for step in scenarios[ident]["steps"]):
            continue
        messages = [record["message"] or "" for record in records.get(ident, []) if record["outcome"] == "blocked"]
        right = [message.strip() for message in messages[:1]] == [text.strip()]
        result.texts += 1
        result.texts_right += right
        if not right:
            result.misnamed.append(f"{ident}: text {text!r}, said {messages[:1]}")


type Words = tuple[dict[int, list[str]], dict[int, str]]


def _chromium_words(truth: Record) -> Words:
    names: dict[int, list[str]] = collections.defaultdict(list)
    texts: dict[int, str] = {}
    for failure in truth["failed"]:
        reason = (failure["corsErrorStatus"] or {}).get("corsError") or failure["blockedReason"] or ""
        if (failure["corsErrorStatus"] or reason.startswith("corp-")) and (ident := scenario_of(failure["url"] or "")):
            names[ident].append(reason)
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


def _webkit_words(truth: Record) -> Words:
    """WebKit names no errors; what the network said of a resource that was not loaded is the text."""
    texts: dict[int, str] = {}
    for line in truth["console"]:
        if (match := WEBKIT_TEXT.match(line)) and (ident := scenario_of(match[2])):
            texts.setdefault(ident, match[1])
    return {}, texts


WORDS = {"chromium": _chromium_words, "firefox": _firefox_words, "webkit": _webkit_words}


def _bare(name: str | None) -> str:
    """Firefox numbers its categories anew when their wording changes."""
    return (name or "").rstrip("0123456789")


def as_json(result: Score) -> Record:
    """A score as a result file keeps it: its counts, kinds and disagreements, without the words that went wrong."""
    kept = asdict(result) | {"kinds": {kind: asdict(tally) for kind, tally in sorted(result.kinds.items())}}
    del kept["misnamed"]
    return kept
