"""Shrinks a disagreement: first its scenario in the browser, where asked to, then the recording; prints a case.

What can go, goes, one piece at a time, as long as the same disagreement stays. In a recording the browser cannot be
asked again, so there "the same" means that the verdict stays what it was, rule and all.
"""

from __future__ import annotations

import copy
import json
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from corsight.policies.decision.judge import judge
from corsight.policies.engines import list_policies
from corsight.policies.exchange import Exchange, HeaderList
from corsight.policies.facts import Build, Facts
from corsight.policies.record import record as record_of
from corsight.policies.session import Judged, Session
from corsight.policies.verdict import Ruling, Verdict
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings import Recording, in_time
from tests.browser.lab.record import FLOWS, SCENARIOS, TRUTH, Scenario
from tests.browser.lab.record import record as run
from tests.browser.lab.score import by_step, last_words, scenario_of, score_now, verdict_on
from tests.cases import DEFAULTS, ENGINES

type Place = tuple[str | int, ...]
type Change = tuple[Place, Any]
"""A place in a scenario, and what to put there; GONE takes it out."""
type Ask = Callable[[list[Scenario]], list[bool]]
"""Runs scenarios in a browser; whether each still disagrees."""

GONE = object()
ROUNDS = 40
"""Rounds of shrinking in the browser at most."""
NEEDED = ("id", "page", "kind", "steps", "serve", "via", "url", "status", "headers", "actual")
"""Keys without which a scenario is none."""
WHO = ("host", "user-agent", "sec-ch-ua")
"""Headers that tell the engine, and stay while the rest is shrunk."""
PLAIN = {"frame": "top", "method": "GET", "mode": "cors", "status": 200}
"""The values a scenario is simplest with."""


def minimise(recording: Path, ident: int | None = None, *, live: bool = False) -> str:
    """The smallest case that shows a disagreement (the first one, or that of scenario `ident`), as text.

    With `live` its scenario is shrunk first, in the browser it came from. Raises CorsightError where there is none.
    """
    if not recording.exists():
        raise CorsightError("no such recording", where=str(recording))
    with tempfile.TemporaryDirectory(prefix="corsight-") as scratch:
        folder = recording
        if not recording.is_dir():
            folder = Path(scratch) / "recording"
            with tarfile.open(recording) as archive:
                archive.extractall(folder, filter="data")
        number, step = _disagreement(folder, ident)
        truth = json.loads((folder / TRUTH).read_text("utf-8"))
        if not live:
            return case(folder, number, step)
        scenarios = json.loads((folder / SCENARIOS).read_text("utf-8"))
        smallest = Path(scratch) / "smallest"

        def ask(tried: list[Scenario]) -> list[bool]:
            run(truth["engine"], tried, smallest, bool(truth.get("http2")))
            wrong = {one.scenario for one in score_now(smallest)[0].disagreements}
            return [one["id"] in wrong for one in tried]

        scenario = shrink_scenario(next(one for one in scenarios if one["id"] == number), ask)
        if not ask([scenario])[0]:
            raise CorsightError("the browser did not do it a second time", where=f"scenario {number}")
        told = "".join(f"# {line}\n" for line in json.dumps(scenario, indent=1).splitlines())
        return f"# The smallest scenario:\n{told}\n{case(smallest, *_disagreement(smallest, scenario['id']))}"


def _disagreement(folder: Path, ident: int | None) -> tuple[int, int]:
    found = [one for one in score_now(folder)[0].disagreements if ident in (None, one.scenario)]
    if not found:
        raise CorsightError("today's code agrees with the browser here", where=str(folder))
    return found[0].scenario, found[0].step


# -- the recording -----------------------------------------------------------------------------------------------------


class Disagrees:
    """Whether some exchanges still show the disagreement; what is wrongly said of them stays what it first was."""

    def __init__(self, scenario: Scenario, step: int, results: list[dict[str, Any]]) -> None:
        self._scenario, self._step, self._results = scenario, step, results
        self._said: list[tuple[object, ...]] | None = None

    def __call__(self, exchanges: list[Exchange]) -> Judged | None:
        """The wrong verdict: the one that blocks, or the last."""
        judged = {one.entry.exchange.id: one for one in _judge(exchanges)}
        records = last_words([record_of(one) for one in judged.values()])[self._scenario["id"]]
        mine = by_step(self._scenario, self._results, records)[self._step]
        if not mine or any(one["status"] is None for one in mine) or verdict_on(self._results[self._step], mine)[0]:
            return None
        decisive = [one for one in mine if one["outcome"] == "blocked"] or mine
        said = [(decisive[-1]["method"], decisive[-1]["outcome"], decisive[-1]["rule"], decisive[-1]["certainty"])]
        self._said = self._said or said
        return judged[decisive[-1]["flow"]] if said == self._said else None


def shrink(exchanges: list[Exchange], disagrees: Callable[[list[Exchange]], object]) -> list[Exchange]:
    """The fewest exchanges, with the fewest headers, that still disagree."""
    size = max(1, len(exchanges) // 2)
    while size:
        start = 0
        while start < len(exchanges):
            fewer = exchanges[:start] + exchanges[start + size :]
            if fewer and disagrees(fewer):
                exchanges = fewer
            else:
                start += size
        size //= 2
    for number in range(len(exchanges)):
        for side, name in _header_names(exchanges[number]):
            fewer = _without_header(exchanges, number, side, name)
            if disagrees(fewer):
                exchanges = fewer
    return exchanges


def _header_names(exchange: Exchange) -> list[tuple[str, str]]:
    names = [("request", name) for name in dict.fromkeys(exchange.request.headers.names()) if name not in WHO]
    if exchange.response is not None:
        names += [("response", name) for name in dict.fromkeys(exchange.response.headers.names())]
    return names


def _without_header(exchanges: list[Exchange], number: int, side: str, name: str) -> list[Exchange]:
    exchange = exchanges[number]
    part = getattr(exchange, side)
    left = HeaderList(tuple(field for field in part.headers.fields if field[0].lower() != name.encode("latin-1")))
    changed = replace(exchange, **{side: replace(part, headers=left)})
    return [*exchanges[:number], changed, *exchanges[number + 1 :]]


def _judge(exchanges: list[Exchange]) -> Iterator[Judged]:
    session = Session()
    for begins, exchange in in_time(exchanges):
        yield from session.begin(exchange) if begins else session.observe(exchange)
    yield from session.finish()


# -- the scenario ------------------------------------------------------------------------------------------------------


def shrink_scenario(scenario: Scenario, ask: Ask) -> Scenario:
    """The smallest scenario that still disagrees: of all single changes, those that do are made together, or one."""
    for _ in range(ROUNDS):
        changes = list(_changes(scenario))
        tried = [renumbered(changed(scenario, [change]), number + 1) for number, change in enumerate(changes)]
        good = [change for change, wrong in zip(changes, ask(tried), strict=True) if wrong] if tried else []
        if not good:
            return scenario
        together = renumbered(changed(scenario, good), 1)
        scenario = changed(scenario, good if len(good) > 1 and ask([together])[0] else good[:1])
    return scenario


def changed(scenario: Scenario, changes: list[Change]) -> Scenario:
    """A copy of the scenario with the changes made."""
    scenario = copy.deepcopy(scenario)
    # From the last to the first: what is taken out of a list moves what comes after it.
    for place, value in sorted(changes, key=lambda change: [str(key).zfill(6) for key in change[0]], reverse=True):
        try:
            holder: Any = scenario
            for key in place[:-1]:
                holder = holder[key]
            if value is GONE:
                del holder[place[-1]]
            else:
                holder[place[-1]] = value
        except (KeyError, IndexError):
            # Gone with what held it.
            continue
    return scenario


def renumbered(scenario: Scenario, ident: int) -> Scenario:
    """The scenario under another number, in its URLs too."""
    text = json.dumps(scenario).replace(f"/s/{scenario['id']}/", f"/s/{ident}/")
    return dict(json.loads(text)) | {"id": ident}


def _changes(scenario: Scenario, place: Place = ()) -> Iterator[Change]:
    """Every single simplification."""
    holder: Any = scenario
    for key in place:
        holder = holder[key]
    if isinstance(holder, dict):
        for key, value in holder.items():
            if key in PLAIN and value != PLAIN[key]:
                yield (*place, key), PLAIN[key]
            elif key not in NEEDED and key not in PLAIN:
                yield (*place, key), GONE
            if isinstance(value, dict | list):
                yield from _changes(scenario, (*place, key))
    elif isinstance(holder, list):
        for number, value in enumerate(holder):
            if place != ("steps",) or len(holder) > 1:
                yield (*place, number), GONE
            if isinstance(value, dict):
                yield from _changes(scenario, (*place, number))


# -- the case ----------------------------------------------------------------------------------------------------------


def case(folder: Path, ident: int, step: int) -> str:
    """The disagreement of one step of a recording, shrunk, as a file of tests/cases."""
    scenario = next(one for one in json.loads((folder / SCENARIOS).read_text("utf-8")) if one["id"] == ident)
    truth = json.loads((folder / TRUTH).read_text("utf-8"))
    results = next(one["results"] for one in truth["results"] if one["id"] == ident)
    exchanges = list(Recording(str(folder / FLOWS)))
    disagrees = Disagrees(scenario, step, results)
    wrong = disagrees(exchanges)
    if wrong is None:
        raise CorsightError("the disagreement is gone", where=f"scenario {ident}")
    alone = [one for one in exchanges if scenario_of(one.request.url) == ident]
    exchanges = shrink(alone if disagrees(alone) else exchanges, disagrees)
    wrong = disagrees(exchanges) or wrong
    title = f"Scenario {ident}, step {step}: {truth.get('browser', truth['engine'])} saw {results[step]['outcome']}"
    return write_case(title, wrong, truth["engine"], failed=results[step]["outcome"] == "error")


def write_case(title: str, judged: Judged, engine: str, *, failed: bool) -> str:
    """A judged exchange as a file of tests/cases: what `engine` did, what the other engines are said to do."""
    exchange, facts = judged.entry.exchange, judged.facts
    verdicts = {name: judge(exchange, facts, name) for name in ENGINES}
    rule = next((one.ruling.rule for one in verdicts.values() if one.ruling.rule), None)
    rule = rule or next((one.ruling.rule for one in verdicts[engine].branches if one.ruling.rule), "network-error")
    head = [f"# {title}", f"rule: {rule}", *_facts(exchange, facts), *(["http2: yes"] if exchange.http2 else [])]
    sent = [f"{exchange.request.method} {exchange.request.url}", *_headers(exchange.request.headers)]
    response = exchange.response
    received = ["no response"] if response is None else [str(response.status), *_headers(response.headers)]
    said = []
    for name, verdict in verdicts.items():
        said += _did(name, verdict, failed=failed) if name == engine else _said(name, verdict)
    return "\n\n".join("\n".join(block) for block in (head, sent, received, said)) + "\n"


def _facts(exchange: Exchange, facts: Facts) -> Iterator[str]:
    """The facts a case file has to state."""
    usual = Facts(**{**DEFAULTS, "method": exchange.request.method})
    derived = ("method", "names") if facts.role == "preflight" else ()
    for name in (one.name for one in fields(Facts)):
        value = getattr(facts, name)
        if value == getattr(usual, name) or name in derived or name == "response":
            continue
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif name == "target" and value == "":
            value = "(none)"
        elif value is None:
            if name not in ("secure", "embedder"):
                # What a case file has no word for, and what only a console text turns on.
                continue
            value = "unknown"
        elif isinstance(value, Build):
            if value.version == (list_policies(value.engine, None)[0].measured or (0, 0))[1]:
                continue
            value = f"{value.engine}@{value.version}"
        elif isinstance(value, tuple):
            value = " ".join(value)
        yield f"{name}: {value}"


def _headers(headers: HeaderList) -> Iterator[str]:
    for name, value in headers.fields:
        if name.decode("latin-1").lower() in WHO:
            continue
        text = "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02X}" for byte in value)
        yield f"{name.decode('latin-1')}: {text}".rstrip()


def _did(name: str, verdict: Verdict, *, failed: bool) -> list[str]:
    """What the browser did; how it called it is taken from the branch that foresaw it, if one did."""
    for ruling in (branch.ruling for branch in verdict.branches):
        if (ruling.outcome.value == "blocked") == failed:
            return [f"{name}: {_ruling(ruling)}", *([f"  {ruling.message}"] if ruling.message else [])]
    return [f"{name}: {'blocked' if failed else 'allowed'}"]


def _said(name: str, verdict: Verdict) -> list[str]:
    likely = "likely " if verdict.certainty == "likely" else ""
    hidden = f" hiding {', '.join(verdict.hidden)}" if verdict.hidden else ""
    lines = [f"{name}: {likely}{_ruling(verdict.ruling)}{hidden}"]
    lines += [f"  {verdict.ruling.message}"] if verdict.ruling.message else []
    for label, ruling in ((branch.label, branch.ruling) for branch in verdict.branches if verdict.divided):
        lines += [f"  {label}: {_ruling(ruling)}", *([f"    {ruling.message}"] if ruling.message else [])]
    return lines


def _ruling(ruling: Ruling) -> str:
    by = f" by {ruling.rule}" if ruling.rule else ""
    return f"{ruling.outcome.value}{by}" + (f" as {ruling.error}" if ruling.error else "")
