"""The event log: a line for each blocked exchange the first time, a count by causes at the end."""

from __future__ import annotations

from collections import Counter

from mitmproxy.log import ALERT

from corsight.addons.events import get_logger
from corsight.policies.findings import Explanation
from corsight.policies.findings.words import count, name_codes
from corsight.policies.redact import redact
from corsight.policies.session import Judged
from corsight.policies.session.memory import Memory
from corsight.policies.verdict import Outcome

logger = get_logger(__name__)
KINDS = 1000
"""How many different findings are logged; further ones are only counted."""
LONGEST = 512
"""The most characters of a URL, a method or a console text that are logged."""
REVISABLE = 10_000
"""How many blocked exchanges are remembered, so that a revised verdict is not counted twice."""


class Announcer:
    """Logs what was blocked: each finding once, when it first happens."""

    def __init__(self) -> None:
        self._told: set[tuple[str, str, str, str, str]] = set()
        self._blocked: Counter[str] = Counter()
        self._causes: Memory[str, str] = Memory(REVISABLE)
        self._open: Memory[str, None] = Memory(REVISABLE)

    def announce(self, judged: Judged, explanation: Explanation | None) -> None:
        """Log a blocked exchange and its cause, unless one just like it was logged before."""
        verdict, exchange = judged.verdict, judged.entry.exchange
        ruling = verdict.ruling
        if judged.revises:
            self._open.forget(exchange.id)
            if (before := self._causes.forget(exchange.id)) is not None:
                self._blocked[before] -= 1
        if verdict.open is not None:
            self._open.put(exchange.id, None)
        if ruling.outcome is not Outcome.BLOCKED or ruling.rule is None or explanation is None:
            return
        self._blocked[explanation.code] += 1
        self._causes.put(exchange.id, explanation.code)
        url = exchange.request.url.partition("?")[0][:LONGEST]
        finding = (verdict.engine, exchange.request.method[:LONGEST], url, ruling.rule, explanation.code)
        if finding in self._told or len(self._told) >= KINDS:
            return
        self._told.add(finding)
        sure = "" if verdict.certainty == "certain" else "likely "
        where = f"{sure}blocked [{verdict.engine}] {exchange.request.method} {url}"
        line = f"{where} [{name_codes(ruling.rule, explanation.code)}]: {explanation.title} -> {_say(explanation)}"
        logger.log(ALERT, redact(line))

    def summary(self) -> str | None:
        """Return a summary in one line; None if nothing was found."""
        blocked = +self._blocked
        said = []
        if blocked:
            causes = ", ".join(f"{cause} {times}" for cause, times in blocked.most_common())
            said.append(f"{count(blocked.total(), 'exchange')} blocked ({causes})")
        if self._open:
            said.append(f"{count(len(self._open), 'exchange')} open: may have been blocked")
        return f"Corsight: {'; '.join(said)}" if said else None


def _say(explanation: Explanation) -> str:
    """Return the fix of a blocked exchange in one clause: the lines to send, or else what to do."""
    lines = [line for line in explanation.fix if not line.startswith("answer ")]
    parts = [line for line in explanation.fix if line not in lines]
    parts += ["answer with " + " and ".join(lines)] if lines else []
    return ("; ".join(parts) or explanation.action)[: 4 * LONGEST]
