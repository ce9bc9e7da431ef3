"""Holds verdicts against what the browser did, exchange by exchange.

An exchange counts when Corsight says that CORS or its like decides about it, or when the browser refused it; what is
same-origin and passed would only swell the figures. It is right when both say blocked, or neither does.
"""

from __future__ import annotations

import collections
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.browser.lab.score import Tally
from tests.browser.lab.wpt.truth import Truth

type Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Miss:
    """An exchange of which something else was said than what the browser did."""

    folder: str
    page: str
    """Its path in the checkout."""
    method: str
    url: str
    role: str
    did: str
    """What the browser did, and why."""
    said: str
    certain: bool
    foreseen: bool
    """Whether a branch that was not taken says what happened."""
    flow: str = ""

    def __str__(self) -> str:
        sure = "certain" if self.certain else "foreseen" if self.foreseen else "likely"
        return f"{self.page} {self.role} {self.method} {self.url}: {self.did}, said {self.said} ({sure}, {self.flow})"


@dataclass(slots=True)
class Score:
    """The exchanges that count, by folder; those that do not, by why; and the misses."""

    folders: dict[str, Tally] = field(default_factory=lambda: collections.defaultdict(Tally))
    apart: dict[str, int] = field(default_factory=lambda: collections.defaultdict(int))
    reasons: dict[str, Tally] = field(default_factory=lambda: collections.defaultdict(Tally))
    """By the evidence that the credentials mode was told by."""
    misses: list[Miss] = field(default_factory=list)

    @property
    def total(self) -> Tally:
        """All folders together."""
        total = Tally()
        for tally in self.folders.values():
            for name in Tally.__dataclass_fields__:
                setattr(total, name, getattr(total, name) + getattr(tally, name))
        return total

    def plus(self, other: Score) -> None:
        """Add what another recording scored."""
        for mine, theirs in ((self.folders, other.folders), (self.reasons, other.reasons)):
            for name, tally in theirs.items():
                for count in Tally.__dataclass_fields__:
                    setattr(mine[name], count, getattr(mine[name], count) + getattr(tally, count))
        for why, count in other.apart.items():
            self.apart[why] += count
        self.misses += other.misses

    def __str__(self) -> str:
        lines = [f"{folder}: {_words(tally)}" for folder, tally in self.folders.items()]
        apart = ", ".join(f"{count} {why}" for why, count in self.apart.items() if count)
        return "\n".join([*lines, f"all: {_words(self.total)}", f"apart: {apart or 'none'}", *map(str, self.misses)])


def _words(tally: Tally) -> str:
    share = tally.right / tally.steps if tally.steps else 0.0
    return (
        f"{tally.right} of {tally.steps} right ({share:.2%}), {tally.wrongly_allowed} wrongly allowed, "
        f"{tally.wrongly_blocked} wrongly blocked, {tally.certain} certain, of them {tally.certain_wrong} wrong"
    )


def score(
    truths: Mapping[str, Truth],
    records: Iterable[Record],
    pages: Iterable[Record],
    untold: Collection[tuple[str, str]] = (),
) -> Score:
    """Score the log records of a run, of which the last of each flow counts, against what became of the flows.

    `untold` are the rules that the browser says nothing of, each with the destination of which it does not, "" for all.
    """
    result = Score()
    opened = {page["url"]: page for page in pages}
    for flow, record in {record["flow"]: record for record in records}.items():
        truth = truths.get(flow)
        if truth is None or (record["rule"], "") in untold or (record["rule"], record["destination"]) in untold:
            result.apart["not reported by the browser"] += record["outcome"] != "not-cors"
            continue
        if record["outcome"] == "not-cors" and truth.end != "blocked":
            continue
        if truth.end in ("aborted", "failed", "contested"):
            result.apart[truth.end] += 1
            continue
        page = opened.get(truth.page, {"folder": "", "path": truth.page})
        _count(result, record, truth, page)
    return result


def _count(result: Score, record: Record, truth: Truth, page: Record) -> None:
    blocked = truth.end == "blocked"
    right = (record["outcome"] == "blocked") == blocked
    certain = record["certainty"] == "certain"
    tally = {"right": right, "certain": certain, "failed": blocked}
    result.folders[page["folder"]].add(**tally)
    for evidence in record["evidence"]:
        if evidence["fact"] == "credentials":
            result.reasons[evidence["because"].partition(":")[0][:60]].add(**tally)
    if not right:
        others = {branch["outcome"] == "blocked" for branch in record["branches"].values()}
        result.misses.append(
            Miss(
                page["folder"],
                page["path"],
                record["method"],
                record["url"],
                record["role"],
                f"{truth.end} {truth.why}".strip(),
                f"{record['outcome']} {record['rule'] or ''}".strip(),
                certain,
                blocked in others,
                record["flow"],
            )
        )
