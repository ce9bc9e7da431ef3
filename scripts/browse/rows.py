"""The rows of the table: what the log says of each exchange, the last word, and what the browser says beside it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from corsight.policies.rules import RULES

KEPT, LIMIT = 10_000, 32 * 1024 * 1024
"""How many rows are kept, and how many bytes of text in them; the oldest go first. The recording has them all."""

LOADED = "loaded"

type Record = dict[str, Any]


@dataclass(slots=True)
class Row:
    """One exchange. `id` is its flow's, or one of ours where only the browser knows of it."""

    id: str
    started: float
    method: str
    url: str
    outcome: str
    """allowed, blocked, opaque or not-cors; of a request that never reached the proxy also answered."""
    certain: bool = True
    cause: str = ""
    """The code of what is really wrong: a cause's, a rule's, or the browser's word for it."""
    title: str = ""
    """That in a line."""
    origin: str = ""
    role: str = "request"
    fetch: str = ""
    engine: str = ""
    message: str = ""
    fix: tuple[str, ...] = ()
    """The header lines that mend it, none where none does."""
    todo: str = ""
    """What to do, in words."""
    open: str = ""
    """Where it may be blocked though the likelier branch is not: when, in words."""
    patched: bool = False
    by_browser: bool = False
    """Whether the browser alone knows of it."""
    seen: str | None = None
    """What the browser said became of it: loaded, or its identifier of the error; None while it said nothing."""
    disagrees: bool = False
    """Whether the browser contradicts the verdict."""

    @property
    def host(self) -> str:
        """The host, and the port where it is not the scheme's own."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def endpoint(self) -> str:
        """The URL without its query."""
        return self.url.partition("#")[0].partition("?")[0]

    @property
    def shown_cause(self) -> str:
        """The code of what is wrong, as the table shows it."""
        return f"browser: {self.cause}" if self.by_browser else self.cause

    @property
    def words(self) -> set[str]:
        """The words that a filter finds it by."""
        also = {"patched": self.patched, "browser": self.by_browser, "disagrees": self.disagrees}
        also["open"] = bool(self.open)
        return {self.outcome, "certain" if self.certain else "likely"} | {word for word, is_so in also.items() if is_so}


class Rows:
    """All rows, by the id of their flow, in the order they came."""

    def __init__(self, kept: int = KEPT, limit: int = LIMIT) -> None:
        self._rows: OrderedDict[str, Row] = OrderedDict()
        self._fetches: dict[str, dict[str, Row]] = {}
        self._weights: dict[str, int] = {}
        self._kept, self._limit = kept, limit
        self.weight = 0
        self._widest = 0
        self.forgotten = 0

    @property
    def widest(self) -> int:
        """How long the longest code of a cause is, of all that were ever shown."""
        return self._widest

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, id: str) -> Row | None:
        return self._rows.get(id)

    def of_fetch(self, row: Row) -> list[Row]:
        """Return the rows of the same fetch, itself too."""
        return list(self._fetches.get(row.fetch, {}).values()) if row.fetch else [row]

    def tell(self, record: Record) -> tuple[Row, str | None]:
        """Take in a record of the log: its row, and the outcome that it had before, None for a new one."""
        row = self._rows.get(record["flow"])
        before = None if row is None else row.outcome
        if row is None:
            row = Row(record["flow"], record["started"], record["method"], record["url"], record["outcome"])
        row.outcome = record["outcome"]
        row.certain = record["certainty"] == "certain"
        self._explain(row, record)
        row.origin = record["origin"] or ""
        if row.fetch != record["fetch"]:
            self._leave(row)
        row.role, row.fetch, row.engine = record["role"], record["fetch"], record["engine"]
        row.message = record["message"] or ""
        row.patched = bool(record["patched"])
        self.add(row)
        self.compare(row)
        return row, before

    def _explain(self, row: Row, record: Record) -> None:
        """Take over why it was blocked, or may be, and what mends that: the cause behind the rule where one is told."""
        row.open, rule = "", record["rule"]
        if row.outcome != "blocked":
            doubts = ((when, one) for when, one in record["branches"].items() if one["outcome"] == "blocked")
            row.open, doubt = next(doubts, ("", None))
            rule = rule if doubt is None else doubt["rule"]
        known = RULES.get(rule or "")
        row.cause = record["cause"] or rule or ""
        row.title = record["title"] or ("" if known is None else known.title)
        row.fix = tuple(record["fix"])
        row.todo = record["todo"] or ("" if known is None else known.advice)

    def compare(self, row: Row) -> None:
        """Hold the rows of a fetch against what the browser said of them: only what is certain can be contradicted."""
        siblings = self.of_fetch(row)
        blocked = any(one.outcome == "blocked" and one.certain for one in siblings)
        passed = all(one.outcome != "blocked" and one.certain for one in siblings)
        for one in siblings:
            one.disagrees = one.seen is not None and not one.by_browser and (blocked if one.seen == LOADED else passed)

    def add(self, row: Row) -> None:
        """Add a row, or weigh it again; where there are too many, or they are too large, the oldest are forgotten."""
        self._rows[row.id] = row
        self._widest = max(self._widest, len(row.shown_cause))
        if row.fetch:
            self._fetches.setdefault(row.fetch, {})[row.id] = row
        weight = _weigh(row)
        self.weight += weight - self._weights.get(row.id, 0)
        self._weights[row.id] = weight
        while len(self._rows) > self._kept or (self.weight > self._limit and len(self._rows) > 1):
            id, oldest = self._rows.popitem(last=False)
            self.weight -= self._weights.pop(id)
            self.forgotten += 1
            self._leave(oldest)

    def _leave(self, row: Row) -> None:
        """Take a row out of its fetch."""
        if (siblings := self._fetches.get(row.fetch)) is not None:
            siblings.pop(row.id, None)
            if not siblings:
                del self._fetches[row.fetch]

    def matching(self, wanted: str, *, concerned: bool = False) -> list[Row]:
        """Return the rows that have every word of `wanted`: a verdict's, or a part of the URL's host or the origin.

        `concerned` leaves out those that CORS has no say in.
        """
        words = wanted.lower().split()
        return [row for row in self if _matches(row, words) and not (concerned and row.outcome == "not-cors")]


def _weigh(row: Row) -> int:
    texts = row.id, row.method, row.url, row.cause, row.title, row.origin, row.fetch, row.message, row.todo, row.open
    return sum(map(len, (*texts, *row.fix)))


VERDICTS = {
    "allowed",
    "blocked",
    "opaque",
    "not-cors",
    "certain",
    "likely",
    "open",
    "patched",
    "browser",
    "answered",
    "disagrees",
}


def _matches(row: Row, words: Iterable[str]) -> bool:
    for word in words:
        if word in VERDICTS:
            if word not in row.words:
                return False
        elif word not in row.host.lower() and word not in row.origin.lower():
            return False
    return True
