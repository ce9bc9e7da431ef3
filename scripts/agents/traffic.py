"""What was judged of one recording, kept for questions: the last word on each exchange, bounded."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence

from corsight.policies.findings import Explanation, Finding, Known
from corsight.policies.session import Judged
from corsight.policies.session.memory import weigh_exchange
from corsight.policies.verdict import Outcome
from corsight.scripts.report.findings import Findings

KEPT, KEPT_BYTES = 50_000, 64 * 1024 * 1024
"""How many exchanges, and bytes of their URLs and headers, are kept; the oldest go first."""


class Traffic:
    """The exchanges of one recording by their numbers: 1 is the first that was judged."""

    def __init__(self, name: str, place: int) -> None:
        self.name = name
        self.place = place
        self.exchanges = 0
        self.problem: str | None = None
        self.remarks: tuple[str, ...] = ()
        self.changed = threading.Condition(threading.RLock())
        """Held while what is kept is read or written, notified when something was blocked, or is open."""
        self._latest: OrderedDict[str, Judged] = OrderedDict()
        self._numbers: dict[str, int] = {}
        self._news: dict[str, int] = {}
        self._weight = 0
        self._version = 0
        self._known = Known()
        self._fetches: tuple[int, list[list[Judged]], dict[str, list[Judged]]] | None = None
        self._found: tuple[int, Findings] | None = None

    @property
    def version(self) -> int:
        """How often something was said of an exchange."""
        return self._version

    @property
    def forgotten(self) -> int:
        """How many exchanges are kept no more."""
        return self.exchanges - len(self._latest)

    def add(self, judged: Judged) -> None:
        """Take in what is said of an exchange, the first time or again."""
        with self.changed:
            flow = judged.entry.exchange.id
            before = self._latest.get(flow)
            if before is None and judged.revises:
                return
            self._known.add(judged)
            self._version += 1
            if before is None:
                self.exchanges += 1
                self._numbers[flow] = self.exchanges
                self._weight += weigh_exchange(judged.entry.exchange)
            self._latest[flow] = judged
            while len(self._latest) > KEPT or self._weight > KEPT_BYTES:
                self._forget()
            if is_stopped(judged) and (before is None or before.verdict.branches != judged.verdict.branches):
                self._news[flow] = self._version
                self.changed.notify_all()

    def _forget(self) -> None:
        flow, oldest = self._latest.popitem(last=False)
        self._weight -= weigh_exchange(oldest.entry.exchange)
        del self._numbers[flow]
        self._news.pop(flow, None)

    # -- what is asked -------------------------------------------------------------------------------------------------

    def find_all(self) -> Findings:
        """Return what is found in all that is kept."""
        with self.changed:
            if self._found is None or self._found[0] != self._version:
                findings = Findings()
                for judged in self._latest.values():
                    findings.add(judged)
                findings.sorted()
                self._found = self._version, findings
            return self._found[1]

    def list_judged(self) -> list[Judged]:
        """Return the last word on each exchange, in the order they were judged."""
        with self.changed:
            return list(self._latest.values())

    def list_fetches(self) -> list[list[Judged]]:
        """Return the exchanges of each fetch together, in the order the fetches began."""
        with self.changed:
            if self._fetches is None or self._fetches[0] != self._version:
                fetches: dict[str, list[Judged]] = {}
                for judged in self._latest.values():
                    fetches.setdefault(judged.entry.fetch.id, []).append(judged)
                of_flows = {one.entry.exchange.id: fetch for fetch in fetches.values() for one in fetch}
                self._fetches = self._version, list(fetches.values()), of_flows
            return self._fetches[1]

    def find_fetches(self, flows: Iterable[str]) -> list[list[Judged]]:
        """Return the fetches of these exchanges, each once, as far as they are kept."""
        with self.changed:
            self.list_fetches()
            of_flows = {} if self._fetches is None else self._fetches[2]
            found = {id(of_flows[flow]): of_flows[flow] for flow in flows if flow in of_flows}
            return list(found.values())

    def list_news(self, since: int) -> list[list[Judged]]:
        """Return the fetches that something of was blocked, or blocked otherwise, after that version."""
        with self.changed:
            return self.find_fetches(flow for flow, version in self._news.items() if version > since)

    def number(self, flow: str) -> int | None:
        """Return the number of an exchange, None where it is not kept."""
        return self._numbers.get(flow)

    def name_fetch(self, fetch: list[Judged]) -> str:
        """Return how a fetch is called here: by its recording and its first exchange."""
        return f"{self.place}.{self._numbers.get(fetch[0].entry.exchange.id, 0)}"

    def explain(self, judged: Judged) -> Explanation | None:
        """Return what is wrong with an exchange by all that is known."""
        with self.changed:
            return self._known.diagnose(judged)

    @property
    def known(self) -> Known:
        """All that is known; to be asked while `changed` is held."""
        return self._known


def is_stopped(judged: Judged) -> bool:
    """Return whether an exchange is blocked, or open: one branch would block it."""
    return judged.verdict.outcome is Outcome.BLOCKED or judged.verdict.open is not None


def find_end(fetch: Sequence[Judged]) -> Judged:
    """Return the exchange that decides: the one that is blocked, else the first that is open, else the last."""
    blocked = (one for one in fetch if one.verdict.outcome is Outcome.BLOCKED)
    return next(blocked, None) or next(filter(is_stopped, fetch), fetch[-1])


def name_finding(traffic: Traffic, findings: list[Finding]) -> dict[str, Finding]:
    """Return findings by how they are called here: the recording, the code, and of several with it which one."""
    named: dict[str, Finding] = {}
    numbers = Counter[str]()
    for finding in findings:
        numbers[finding.code] += 1
        number = numbers[finding.code]
        named[f"{traffic.place}:{finding.code}{f':{number}' if number > 1 else ''}"] = finding
    return named
