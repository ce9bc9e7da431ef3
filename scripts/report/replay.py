"""Writes what `corsight replay` prints: what is sent, and what would change for each recorded exchange."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from corsight.policies.redact import redact, shown
from corsight.policies.rules import RULES
from corsight.policies.verdict import Outcome, Verdict
from corsight.scripts.replay.model import Change, Kind, Planned, Sent
from corsight.scripts.report.lines import pluralize

TITLES: dict[Kind, str] = {
    "newly blocked": "Newly blocked",
    "looser": "Looser than before",
    "newly allowed": "Newly allowed",
    "unclear": "Undecided",
    "no answer": "No answer",
    "not sent": "Not sent",
    "same": "Same verdict",
}
"""The kinds of changes, what matters most first."""
ROLES = {"preflight": "preflight of ", "redirect": "", "request": ""}


def list_sent(sent: Sequence[Sent], to: str, *, dry: bool) -> Iterator[str]:
    """Yield the lines that say what was sent, or would be."""
    verb = "Would send" if dry else "Sent"
    methods = Counter(one.method for one in sent)
    counts = ", ".join(f"{times} {method}" for method, times in methods.most_common())
    yield f"{verb} {pluralize(len(sent), 'request')} to {shown(to)}{f' ({counts})' if counts else ''}"
    without = dict.fromkeys(name.title() for one in sent for name in one.without)
    if without:
        yield f"  without {', '.join(map(shown, without))}: -H gives one"
    if any(one.method not in ("GET", "HEAD", "OPTIONS") for one in sent):
        yield "  without the bodies, which are not recorded here"


def list_planned(planned: Sequence[Planned]) -> Iterator[str]:
    """Yield a line for each request that would be sent, with its headers, and one for each that would not."""
    for sent in dict.fromkeys(one.sent for one in planned if one.sent is not None):
        yield f"{sent.method} {shown(sent.url)}"
        for name, text in sent.headers:
            yield f"    {shown(f'{name.decode("latin-1")}: {text.decode("latin-1")}')}"
    yield from _list_unsent(Counter((_name(one), one.reason) for one in planned if one.sent is None))


def list_changes(changes: Sequence[Change]) -> Iterator[str]:
    """Yield the lines that tell what would change."""
    kinds = Counter(change.kind for change in changes)
    for kind, title in TITLES.items():
        if not kinds[kind]:
            continue
        yield ""
        yield f"{title}: {pluralize(kinds[kind], 'exchange')}"
        alike = Counter(tuple(_tell(change)) for change in changes if change.kind == kind)
        if kind == "same":
            yield from (f"  {pluralize(times, 'time', 'times')} {lines[0]}" for lines, times in alike.most_common())
            continue
        for (first, *others), times in alike.most_common():
            yield f"  {first}{f' ({times} times)' if times > 1 else ''}"
            yield from (f"    {line}" for line in others)


def _tell(change: Change) -> Iterator[str]:
    judged = change.planned.judged
    yield f"{_name(change.planned)}{'' if change.sure else ' (likely)'}"
    if change.note:
        yield change.note
    if change.kind == "same" or change.before is None or change.after is None:
        return
    recorded = judged.facts.response
    yield f"before: {recorded.status if recorded is not None else 'no answer'}, {_word(change.before)}"
    yield f"now:    {change.status}, {_word(change.after)}"
    for grant in change.grants:
        yield f"+ {shown(grant)}"


def _name(planned: Planned) -> str:
    judged = planned.judged
    entry, facts = judged.entry, judged.facts
    page = f", from {shown(facts.origin)}" if facts.origin is not None else ""
    return f"{ROLES[entry.role]}{shown(f'{facts.method} {entry.exchange.request.url}')}{page}"


def _word(verdict: Verdict) -> str:
    """Return a verdict of the engine that judged: what passes, what does not and why, and what it turns on."""
    said = _outcome(verdict.outcome, verdict.ruling.rule)
    other = next((one for one in verdict.branches if one.outcome is not verdict.outcome), None)
    if other is None:
        return said
    return f"likely {said}; {other.describe(verdict.branch)} {_outcome(other.outcome, other.ruling.rule)}"


def _outcome(outcome: Outcome, rule: str | None) -> str:
    return f"{outcome.value}: {RULES[rule].title} [{rule}]" if rule is not None else outcome.value


def _list_unsent(reasons: Counter[tuple[str, str]]) -> Iterator[str]:
    for (name, reason), times in reasons.items():
        yield f"not sent: {name}{f' ({times} times)' if times > 1 else ''}: {reason}"


def make_record(change: Change) -> str:
    """Return a change as one line of JSON."""
    planned = change.planned
    entry, facts = planned.judged.entry, planned.judged.facts
    fields: dict[str, Any] = {
        "flow": entry.exchange.id,
        "role": entry.role,
        "method": facts.method,
        "url": redact(entry.exchange.request.url),
        "sent": redact(planned.sent.url) if planned.sent is not None and change.kind != "not sent" else None,
        "without": list(planned.sent.without) if planned.sent is not None else [],
        "origin": redact(facts.origin) if facts.origin is not None else None,
        "engine": planned.judged.verdict.engine,
        "change": change.kind,
        "certainty": "certain" if change.sure else "likely",
        "before": _record(change.before, facts.response.status if facts.response is not None else None),
        "after": _record(change.after, change.status),
        "grants": [redact(one) for one in change.grants],
        "note": redact(change.note) or None,
    }
    return json.dumps(fields, separators=(",", ":"))


def _record(verdict: Verdict | None, status: int | None) -> dict[str, Any] | None:
    if verdict is None:
        return None
    outcome, rule = verdict.outcome.value, verdict.ruling.rule
    return {"status": status, "outcome": outcome, "certainty": verdict.certainty, "rule": rule}
