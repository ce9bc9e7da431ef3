"""Sorts findings: which ones count, which were known before, and which are suppressed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from corsight.policies.findings import Finding, Kind
from corsight.policies.findings.fingerprint import Trace
from corsight.scripts.gate.baseline import Baseline, Known, is_known
from corsight.scripts.gate.codes import names_code
from corsight.scripts.gate.fail_on import FailOn
from corsight.scripts.gate.narrow import narrow
from corsight.scripts.gate.suppressions import Expected, Suppression


class Sieve(NamedTuple):
    """What findings are held against: the codes asked for (none: all), those left out, what is suppressed, and what was
    known before (None: no baseline).
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    suppressions: tuple[Suppression | Expected, ...] = ()
    baseline: Baseline | None = None

    @property
    def sifts(self) -> bool:
        """Whether it suppresses anything."""
        return bool(self.select or self.ignore or self.suppressions or self.baseline is not None)


EVERYTHING = Sieve()


@dataclass(slots=True)
class Sifted:
    """What came of it. `new` count; `known` were known before; `gone` were, and are no more. `suppressed` go with what
    suppresses them; `unselected` counts the findings that the codes leave out. `notes` are sentences about suppressions
    that are of no use any more.
    """

    new: list[Finding] = field(default_factory=list)
    known: list[Finding] = field(default_factory=list)
    gone: list[Known] = field(default_factory=list)
    suppressed: list[tuple[Finding, Suppression | Expected]] = field(default_factory=list)
    unselected: int = 0
    notes: list[str] = field(default_factory=list)
    compared: bool = False

    @property
    def findings(self) -> list[Finding]:
        """All findings that are reported in full, new ones first."""
        return [*self.new, *self.known]

    def of(self, kind: Kind) -> list[Finding]:
        """Return the findings of one kind, new ones first."""
        return [finding for finding in self.findings if finding.kind == kind]

    def count_failures(self, fail_on: FailOn) -> int:
        """Return how many findings make the run fail."""
        blocked = [finding for finding in self.new if finding.kind == "blocked"]
        if fail_on == "never":
            return 0
        if fail_on == "certain":
            return sum(finding.certain for finding in blocked)
        if fail_on == "blocked":
            return sum(finding.count for finding in blocked)
        if fail_on == "open":
            return sum(finding.count for finding in self.new if finding.kind in ("blocked", "open"))
        return len(self.new)


def sift(findings: Iterable[Finding], sieve: Sieve = EVERYTHING, today: date = date.min) -> Sifted:
    """Return the findings as the sieve parts them, each of its parts in the order they came. Suppressions end by
    `today`.
    """
    sifted = Sifted(compared=sieve.baseline is not None)
    used = set[Suppression | Expected]()
    seen = set[str]()
    for finding in findings:
        rest = narrow(finding, lambda trace: _is_selected(sieve, trace))
        if rest is None:
            sifted.unselected += 1
            continue
        for suppression in sieve.suppressions:
            if rest is None:
                break
            held = narrow(rest, suppression.matches)
            if held is None:
                continue
            used.add(suppression)
            if suppression.is_expired(today):
                continue
            sifted.suppressed.append((held, suppression))
            seen.update(trace.fingerprint for trace in held.traces)
            rest = narrow(rest, lambda trace, one=suppression: not one.matches(trace))  # type: ignore[misc]
        if rest is None:
            continue
        seen.update(trace.fingerprint for trace in rest.traces)
        if sieve.baseline is None:
            sifted.new.append(rest)
            continue
        kind, baseline = rest.kind, sieve.baseline
        new = narrow(rest, lambda trace: not is_known(baseline, kind, trace))  # noqa: B023 (called at once)
        known = narrow(rest, lambda trace: is_known(baseline, kind, trace))  # noqa: B023
        sifted.new += [] if new is None else [new]
        sifted.known += [] if known is None else [known]
    sifted.gone = [one for mark, one in (sieve.baseline or {}).items() if mark not in seen]
    for one in sieve.suppressions:
        if one.is_expired(today):
            told = "and what it suppressed is told again" if one in used else "and nothing matches it: take it out"
            sifted.notes.append(f"{one.where}: {one.words} expired on {one.expiry}, {told}.")
        elif one not in used:
            sifted.notes.append(f"{one.where}: {one.words} suppresses nothing here. If it is fixed, remove it.")
    return sifted


def _is_selected(sieve: Sieve, trace: Trace) -> bool:
    codes = trace.cause, trace.rule
    chosen = not sieve.select or any(names_code(pattern, *codes) for pattern in sieve.select)
    return chosen and not any(names_code(pattern, *codes) for pattern in sieve.ignore)
