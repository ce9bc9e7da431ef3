"""Groups of one cause become one finding."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from corsight.policies.findings.groups import Group
from corsight.policies.findings.model import Cause, Elsewhere, Finding, Kind, Place, Said, Seen, Unsure
from corsight.policies.rules import RULES
from corsight.policies.rules.origins import NULL_ORIGIN_RISK
from corsight.policies.verdict import EngineName, Outcome

PLACES = 50
"""Places that a finding names; the rest is counted."""
EVIDENCE = 6
EXCHANGES = 50
UNSURE = 3


def merged(groups: Sequence[Group], causes: Sequence[Cause], kind: Kind) -> Finding:
    """The finding of these groups, largest first, whose causes share one code."""
    cause = causes[0]
    # What differs by its numbers alone is said once.
    evidence = {re.sub(r"\d+", "#", line): line for one in reversed(causes) for line in reversed(one.evidence)}
    seen, more = _seen(groups, cause)
    places: Counter[tuple[str, str, str | None]] = Counter()
    for one in seen:
        for place in one.places:
            places[place.method, place.url, place.origin] += place.count
    named = tuple(Place(*where, count) for where, count in places.most_common(PLACES))
    unsure: Counter[tuple[str, str, str]] = Counter()
    elsewhere: Counter[tuple[EngineName, Outcome, str | None]] = Counter()
    said: dict[EngineName, Said] = {}
    for group in groups:
        for one_unsure, count in group.unsure.items():
            unsure[one_unsure.taken, one_unsure.because, one_unsure.otherwise] += count
        for other in group.others():
            elsewhere[other.engine, other.outcome, other.rule] += other.count
        for engine, message in group.said.items():
            said.setdefault(engine, message)
    rules = tuple(dict.fromkeys(group.case.rule for group in groups))
    certain = sum(group.certain for group in groups)
    return Finding(
        code=cause.code,
        title=cause.title,
        cause=cause.cause,
        evidence=tuple(reversed(evidence.values()))[:EVIDENCE],
        action=cause.action,
        actor=cause.actor,
        rules=rules,
        certainty="certain" if certain and cause.certainty == "certain" else "likely",
        places=named,
        count=sum(group.count for group in groups),
        exchanges=tuple(one for group in groups for one in group.exchanges)[:EXCHANGES],
        kind=kind,
        certain=certain,
        likely=sum(group.likely for group in groups),
        more=more + len(places) - len(named),
        more_untold=bool(more),
        seen=seen,
        said=tuple(said.values()),
        unsure=tuple(Unsure(*what, count) for what, count in unsure.most_common(UNSURE)),
        elsewhere=tuple(Elsewhere(*what, count) for what, count in elsewhere.items()),
        care=_care(rules, seen),
    )


def _seen(groups: Sequence[Group], cause: Cause) -> tuple[tuple[Seen, ...], int]:
    """What was seen, alike answers together, most places first; and how many places were not told apart."""
    together: dict[Seen, Counter[Place]] = {}
    for group in groups:
        for one, places in group.seen.items():
            one = one._replace(fix=one.fix if cause.edits else (), needed=cause.needed or one.needed)
            together.setdefault(one, Counter()).update(places)
    seen = [
        one._replace(places=tuple(replace(place, count=count) for place, count in places.most_common()))
        for one, places in together.items()
    ]
    seen.sort(key=lambda one: (-sum(place.count for place in one.places), one))
    return tuple(seen), sum(group.more for group in groups)


def _care(rules: Sequence[str], seen: Sequence[Seen]) -> tuple[str, ...]:
    """What to mind with the header edits."""
    if not any(one.fix for one in seen):
        return ()
    care = [f"The fix {RULES[code].widens}." for code in rules if RULES[code].widens is not None][:1]
    if any(line.endswith("Origin: null") for one in seen for line in one.fix):
        care.append(NULL_ORIGIN_RISK)
    return tuple(care)
