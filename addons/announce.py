"""The event log: a line for each blocked exchange the first time, a count at the end."""

from __future__ import annotations

import logging
from collections import Counter

from mitmproxy.log import ALERT

from policies.redact import printable, redact
from policies.rules import RULES
from policies.session import Judged
from policies.verdict import Outcome

logger = logging.getLogger(__name__)
KINDS = 1000
"""How many different findings are told apart; the rest is only counted."""


class Announcer:
    """Says what was blocked: each finding once, as it is met."""

    def __init__(self) -> None:
        self._found: Counter[tuple[str, str, str, str | None]] = Counter()

    def announce(self, judged: Judged) -> None:
        """Tell of a blocked exchange, unless one just like it was told before."""
        verdict, exchange = judged.verdict, judged.entry.exchange
        ruling = verdict.ruling
        if ruling.outcome is not Outcome.BLOCKED or ruling.rule is None:
            return
        url = exchange.request.url.partition("?")[0]
        key = (verdict.engine, exchange.request.method, url, ruling.rule)
        if key not in self._found and len(self._found) >= KINDS:
            return
        self._found[key] += 1
        if self._found[key] > 1:
            return
        sure = "" if verdict.certainty == "certain" else "likely "
        rule = RULES[ruling.rule]
        text = ruling.message or rule.title
        line = f"{sure}blocked [{verdict.engine}] {exchange.request.method} {url} [{rule.code}]: {text} -> {rule.advice}"
        logger.log(ALERT, printable(redact(line)))

    def summary(self) -> str | None:
        """What was found in all, in one line; None when nothing was."""
        if not self._found:
            return None
        kinds = Counter[str]()
        for (_, _, _, rule), count in self._found.items():
            kinds[rule or ""] += count
        told = ", ".join(f"{rule} {count}" for rule, count in kinds.most_common())
        return f"Corsight: {sum(kinds.values())} exchanges blocked ({told})"
