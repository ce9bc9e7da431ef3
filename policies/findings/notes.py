"""Notes: advice put together, so that the same on fifty exchanges is one finding with fifty places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field, replace

from corsight.policies.findings.model import Cause, Finding, Place, Seen
from corsight.policies.findings.seen import place_of
from corsight.policies.rules import RULES
from corsight.policies.session import Judged

NOTES = 200
PLACES = 50
EXCHANGES = 20
SEEN = 5


@dataclass(slots=True)
class Note:
    """One piece of advice: its cause as it was first met, and where it was met."""

    cause: Cause
    certain: int = 0
    likely: int = 0
    more: int = 0
    places: Counter[Place] = field(default_factory=Counter)
    seen: dict[Seen, Counter[Place]] = field(default_factory=dict)
    exchanges: list[str] = field(default_factory=list)
    evidence: dict[str, None] = field(default_factory=dict)

    def add(self, judged: Judged, seen: Seen | None) -> None:
        """Met once more."""
        if judged.verdict.certainty == "certain" and self.cause.certainty == "certain":
            self.certain += 1
        else:
            self.likely += 1
        if len(self.exchanges) < EXCHANGES:
            self.exchanges.append(judged.entry.exchange.id)
        place = place_of(judged)
        if place not in self.places and len(self.places) >= PLACES:
            self.more += 1
            return
        self.places[place] += 1
        if seen is not None and (seen in self.seen or len(self.seen) < SEEN):
            self.seen.setdefault(seen, Counter())[place] += 1

    def finding(self) -> Finding:
        """The finding that it is."""
        cause, rule = self.cause, RULES.get(self.cause.code)
        care = (
            (f"The fix {rule.widens}.",)
            if rule is not None and rule.widens and any(one.fix for one in self.seen)
            else ()
        )
        counted = sum(sum(places.values()) for places in self.seen.values())
        seen = tuple(
            one._replace(places=tuple(replace(place, count=count) for place, count in places.most_common()))
            for one, places in sorted(self.seen.items(), key=lambda item: -item[1].total())
        )
        return Finding(
            code=cause.code,
            title=cause.title,
            cause=cause.cause,
            evidence=(*cause.evidence, *self.evidence)[:6],
            action=cause.action,
            actor=cause.actor,
            rules=(),
            certainty="certain" if self.certain else "likely",
            places=tuple(replace(place, count=count) for place, count in self.places.most_common()),
            count=self.certain + self.likely,
            exchanges=tuple(self.exchanges),
            kind="advice",
            certain=self.certain,
            likely=self.likely,
            more=self.more,
            more_untold=bool(self.more) or counted < self.certain + self.likely - self.more,
            seen=seen if counted == self.places.total() else (),
            care=care,
        )


class Notes:
    """All pieces of advice, by what they are about."""

    def __init__(self) -> None:
        self._notes: dict[Hashable, Note] = {}

    def of(self, key: Hashable) -> Note | None:
        """The note on this, if there is one."""
        return self._notes.get(key)

    def add(self, key: Hashable, cause: Cause, judged: Judged, seen: Seen | None = None) -> None:
        """Take in one exchange that the advice is for; `cause` is that of the first."""
        note = self._notes.get(key)
        if note is None:
            if len(self._notes) >= NOTES:
                return
            note = self._notes[key] = Note(cause)
        note.add(judged, seen)

    def findings(self) -> list[Finding]:
        """The findings."""
        return [note.finding() for note in self._notes.values()]
