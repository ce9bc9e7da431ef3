"""Groups: exchanges of which the same is said, put together; and groups of one cause made a finding.

What a group holds grows with what differs, not with what repeats, and stops at a bound. Counts never do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from corsight.policies.findings.causes.plain import word_lacking
from corsight.policies.findings.doubts import find_doubt, find_opening
from corsight.policies.findings.fingerprint import Trace, fold_ids, fold_port
from corsight.policies.findings.mismatches import find_place
from corsight.policies.findings.model import (
    Cause,
    ConsoleText,
    Doubt,
    Finding,
    Kind,
    Mismatch,
    OtherEngine,
    Place,
)
from corsight.policies.findings.sample import Sample
from corsight.policies.findings.words import LONGEST_MESSAGE, clean
from corsight.policies.rules import RULES
from corsight.policies.rules.cors_check import ALLOW_CREDENTIALS, WIDENS_CREDENTIALS
from corsight.policies.verdict import EngineName

PLACES = 100
"""How many different places of one group are kept apart; further ones are only counted."""
MISMATCHES = 10
"""How many different mismatches of one group are kept apart."""
DOUBTS = 20
EXCHANGES = 20
NAMED_PLACES, NAMED_EXCHANGES, NAMED_DOUBTS, EVIDENCE = 50, 50, 3, 6
"""How many of each a finding names."""

ALLOWS_CREDENTIALS = f"{ALLOW_CREDENTIALS}: true"
LISTS = ("Access-Control-Allow-Methods: ", "Access-Control-Allow-Headers: ")
NULL = (
    "null is the origin of every sandboxed frame and local file, an attacker's included. It is better to send the "
    "request from a page that has an origin of its own, and without a redirect across origins."
)
"""The warning about allowing the origin null."""


type Moment = tuple[float, str]
"""When an exchange began, and its id."""


class Tally[T](dict[T, tuple[int, Moment]]):
    """How often each item was met, and when first."""

    def count(self, one: T, times: int, moment: Moment) -> None:
        """Count an item that was met this many times."""
        number, first = self.get(one, (0, moment))
        self[one] = number + times, min(first, moment)

    def add(self, other: Tally[T]) -> None:
        """Count what another tally holds."""
        for one, (times, moment) in other.items():
            self.count(one, times, moment)

    def rank(self) -> list[tuple[T, int]]:
        """Return each item with its count, the most frequent first, then in the order of time."""
        ranked = sorted(self.items(), key=lambda item: (-item[1][0], item[1][1], str(item[0])))
        return [(one, times) for one, (times, _) in ranked]

    def total(self) -> tuple[int, Moment]:
        """Return how often any of them was met, and when first."""
        return sum(times for times, _ in self.values()), min(moment for _, moment in self.values())


@dataclass(slots=True)
class Group:
    """Exchanges with the same diagnosis. `first` is the earliest: quotes are taken from it."""

    kind: Kind
    first: Sample
    certain: int = 0
    likely: int = 0
    more: int = 0
    places: dict[Mismatch | None, Tally[Place]] = field(default_factory=dict)
    doubts: Tally[Doubt] = field(default_factory=Tally)
    others: Tally[OtherEngine] = field(default_factory=Tally)
    exchanges: list[Moment] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many exchanges it holds."""
        return self.certain + self.likely

    def add(self, sample: Sample, mismatch: Mismatch | None, times: int = 1) -> None:
        """Add an exchange that was met this many times."""
        moment = sample.moment
        if moment < self.first.moment:
            self.first = sample
        if sample.verdict.certainty == "certain":
            self.certain += times
        else:
            self.likely += times
            if self.kind != "advice":
                self._count_doubt(find_opening(sample) if self.kind == "open" else find_doubt(sample), times, moment)
        for other in sample.others:
            self.others.count(OtherEngine(other.engine, other.outcome, other.ruling.rule), times, moment)
        if len(self.exchanges) < EXCHANGES:
            self.exchanges.append(moment)
        self._place(mismatch, find_place(sample), times, moment)

    def _count_doubt(self, doubt: Doubt, times: int, moment: Moment) -> None:
        if doubt in self.doubts or len(self.doubts) < DOUBTS:
            self.doubts.count(doubt, times, moment)

    def unite(self, other: Group) -> None:
        """Add another group with the same diagnosis."""
        self.first = min(self.first, other.first, key=lambda sample: sample.moment)
        self.certain += other.certain
        self.likely += other.likely
        self.more += other.more
        for doubt, (times, moment) in other.doubts.items():
            self._count_doubt(doubt, times, moment)
        self.others.add(other.others)
        self.exchanges = sorted(self.exchanges + other.exchanges)[:EXCHANGES]
        for mismatch, tally in other.places.items():
            for place, (times, moment) in tally.items():
                self._place(mismatch, place, times, moment)

    def _place(self, mismatch: Mismatch | None, place: Place, times: int, moment: Moment) -> None:
        places = self.places.get(mismatch)
        if places is None or place not in places:
            full = sum(map(len, self.places.values())) >= PLACES
            if full or (places is None and len(self.places) >= MISMATCHES):
                self.more += times
                return
        self.places.setdefault(mismatch, Tally()).count(place, times, moment)


def merge(groups: Sequence[tuple[Group, Cause]]) -> Finding:
    """Return the finding of these groups, whose causes share one code and title. The largest group gives the rest."""
    groups = sorted(groups, key=lambda one: (-one[0].count, one[0].first.moment))
    kind, cause = groups[0][0].kind, _unite_names([cause for _, cause in groups])
    evidence, patterns = list[str](), set[str]()
    mismatches: dict[Mismatch | None, Tally[Place]] = {}
    places, doubts, others = Tally[Place](), Tally[Doubt](), Tally[OtherEngine]()
    console: dict[EngineName, ConsoleText] = {}
    for group, one in groups:
        # What groups say alike but for its numbers is said once.
        numbered = {line: re.sub(r"\d+", "#", line) for line in one.evidence}
        evidence += [line for line, pattern in numbered.items() if pattern not in patterns]
        patterns.update(numbered.values())
        for mismatch, tally in group.places.items():
            if mismatch is not None:
                fix = mismatch.fix if cause.mended_by_headers else ()
                mismatch = mismatch._replace(fix=fix, expected=cause.needed or mismatch.expected)
            mismatches.setdefault(mismatch, Tally()).add(tally)
            places.add(tally)
        doubts.add(group.doubts)
        others.add(group.others)
        engine, ruling = group.first.verdict.engine, group.first.verdict.ruling
        if kind != "advice" and ruling.message is not None:
            text = clean(ruling.message, LONGEST_MESSAGE)
            console.setdefault(engine, ConsoleText(engine, ruling.error, text))
    rules = () if kind == "advice" else tuple(dict.fromkeys(group.first.rule for group, _ in groups))
    count, more = sum(group.count for group, _ in groups), sum(group.more for group, _ in groups)
    certain = sum(group.certain for group, _ in groups)
    if kind == "advice" and cause.certainty == "likely":
        certain = 0
    named, ranked = _rank_places(places), _rank_mismatches(_unite_lists(mismatches) if cause.names else mismatches)
    return Finding(
        code=cause.code,
        title=cause.title,
        cause=cause.cause,
        evidence=tuple(evidence[:EVIDENCE]),
        action=cause.action,
        actor=cause.actor,
        rules=rules,
        certainty="certain" if certain and cause.certainty == "certain" else "likely",
        places=named[:NAMED_PLACES],
        count=count,
        exchanges=tuple(id for group, _ in groups for _, id in sorted(group.exchanges))[:NAMED_EXCHANGES],
        kind=kind,
        certain=certain,
        likely=count - certain,
        more=more + len(named[NAMED_PLACES:]),
        at_least=bool(more),
        mismatches=ranked,
        console=tuple(console.values()),
        doubts=tuple(replace(doubt, count=times) for doubt, times in doubts.rank()[:NAMED_DOUBTS]),
        others=tuple(replace(other, count=times) for other, times in others.rank()),
        care=list_care(rules or (cause.code,), ranked),
        traces=_trace(cause.code, groups),
    )


def _trace(code: str, groups: Sequence[tuple[Group, Cause]]) -> tuple[Trace, ...]:
    """Return the cause at each of its endpoints, endpoints with the most exchanges first."""
    traces = Tally[Trace]()
    for group, _ in groups:
        rule = "" if group.kind == "advice" else group.first.rule
        for tally in group.places.values():
            for place, (times, moment) in tally.items():
                origin = fold_port(place.origin or "")
                traces.count(Trace(code, rule, place.method, fold_ids(place.url), origin), times, moment)
    return tuple(trace._replace(times=times) for trace, times in traces.rank())


def _unite_names(causes: Sequence[Cause]) -> Cause:
    """Return the first of the causes, with all the names (of methods or headers) that they are about."""
    names = tuple(dict.fromkeys(name for cause in causes for name in cause.names))
    if names == causes[0].names:
        return causes[0]
    title, action = word_lacking(causes[0].code, names)
    return replace(causes[0], title=title, action=action, names=names)


def _unite_lists(mismatches: dict[Mismatch | None, Tally[Place]]) -> dict[Mismatch | None, Tally[Place]]:
    """Return the mismatches with one fix, a list with all the names, where the same URL answered alike."""
    alike: dict[tuple[object, ...], list[tuple[set[str], list[Mismatch]]]] = {}
    for one, places in mismatches.items():
        if one is None:
            continue
        # What else there is to set has to be the same.
        kept = tuple(line for line in one.fix if not line.startswith(LISTS))
        sets = alike.setdefault((one.role, one.actual, one.revalidated, kept, bool(one.fix)), [])
        urls = {place.url for place in places}
        met = next((entry for entry in sets if entry[0] & urls), None)
        if met is None:
            sets.append((urls, [one]))
        else:
            met[0].update(urls)
            met[1].append(one)
    united: dict[Mismatch | None, Tally[Place]] = {}
    for several in (entry[1] for sets in alike.values() for entry in sets):
        fix = tuple(dict.fromkeys(line for one in several for line in one.fix if not line.startswith(LISTS)))
        for start in LISTS:
            lists = [
                line[len(start) :] for one in several for line in (*one.fix, one.expected) if line.startswith(start)
            ]
            values = dict.fromkeys(name for value in lists for name in value.split(", "))
            fix += (f"{start}{', '.join(values)}",) if values and several[0].fix else ()
        wanted = [one.expected for one in several]
        expected = wanted[0]
        for start in LISTS:
            if all(one.startswith(start) for one in wanted):
                names = dict.fromkeys(name for one in wanted for name in one[len(start) :].split(", "))
                expected = f"{start}{', '.join(names)}"
        tally = united.setdefault(several[0]._replace(fix=fix, expected=expected), Tally())
        for one in several:
            tally.add(mismatches[one])
    if None in mismatches:
        united[None] = mismatches[None]
    return united


def _rank_places(places: Tally[Place]) -> tuple[Place, ...]:
    return tuple(replace(place, count=times) for place, times in places.rank())


def _rank_mismatches(mismatches: dict[Mismatch | None, Tally[Place]]) -> tuple[Mismatch, ...]:
    """Return the mismatches with their places, those with the most exchanges first."""
    totals = Tally({one: places.total() for one, places in mismatches.items() if one is not None})
    return tuple(one._replace(places=_rank_places(mismatches[one])) for one, _ in totals.rank())


def list_care(codes: Sequence[str], mismatches: Sequence[Mismatch]) -> tuple[str, ...]:
    """Return the warnings about the header edits."""
    if not any(one.fix for one in mismatches):
        return ()
    care = [f"The fix {rule.widens}." for code in codes if (rule := RULES.get(code)) and rule.widens][:1]
    if any(line == ALLOWS_CREDENTIALS for one in mismatches for line in one.fix):
        care = [f"The fix {WIDENS_CREDENTIALS}."]
    if any(line.endswith("-Policy: same-site") for one in mismatches for line in one.fix):
        care = ["The fix lets pages of the same site embed the resource; cross-origin would let every site's."]
    if any(line.endswith("Origin: null") for one in mismatches for line in one.fix):
        care.append(NULL)
    return tuple(care)
