"""The gate: how a run is judged and what makes it fail, read once from the settings and the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Protocol

from corsight.policies.decision.assume import list_assumptions, read_assumption
from corsight.policies.engines import EngineChoice
from corsight.policies.verdict import Assumption
from corsight.scripts.errors import CorsightError, print_problem
from corsight.scripts.gate.baseline import check_written_over, read_baseline, write_baseline
from corsight.scripts.gate.fail_on import FAIL_ON, FailOn
from corsight.scripts.gate.scope import EVERYWHERE, Scope
from corsight.scripts.gate.settings import Settings
from corsight.scripts.gate.sift import EVERYTHING, Sieve, Sifted, sift
from corsight.scripts.gate.suppressions import Expected
from corsight.scripts.report.lines import pluralize

if TYPE_CHECKING:
    from corsight.policies.findings import Finding
    from corsight.scripts.report.drift import Drifts
    from corsight.scripts.report.flips import Flips

POLICY = "policy="
"""The prefix of an assumption that names a policy file."""


class Counted(Protocol):
    """A section of the report that counts what makes a run fail."""

    @property
    def certain(self) -> int: ...
    @property
    def likely(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Gate:
    """How a run is judged, and what it is held to.

    `assumptions` settle what is open, `given` are the same as they were typed. `policies` are the files that answers
    are compared with, `tried` those that servers are taken to answer by. `written` is the baseline that is to be
    written, empty for none. `typed` is what was typed of all that decides what is found.
    """

    engine: EngineChoice = "auto"
    fail_on: FailOn = FAIL_ON
    allow_empty: bool = False
    sieve: Sieve = EVERYTHING
    scope: Scope = EVERYWHERE
    assumptions: tuple[Assumption, ...] = ()
    given: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    written: str = ""
    secrets: bool = False
    typed: tuple[str, ...] = ()

    def read_policies(self) -> tuple[Drifts | None, Flips | None]:
        """Return what answers are held against: the policies they are compared with, and those that are tried."""
        if not self.policies and not self.tried:
            return None, None
        from corsight.scripts.policy_files import read_policies
        from corsight.scripts.report.drift import Drifts
        from corsight.scripts.report.flips import Flips

        drifts = Drifts(read_policies(self.policies)) if self.policies else None
        return drifts, Flips(read_policies(self.tried)) if self.tried else None

    def sift(self, findings: Sequence[Finding]) -> Sifted:
        """Return the findings as the gate sorts them."""
        return sift(findings, self.sieve, date.today())

    def keep(self, findings: Sequence[Finding]) -> None:
        """Write the baseline, if requested. Raises OSError."""
        if self.written:
            endpoints = write_baseline(self.written, findings)
            print_problem(f"{self.written}: written, with {pluralize(endpoints, 'endpoint')}")

    def ignore(self, codes: Sequence[str]) -> Gate:
        """Return the gate that also ignores these causes or rules."""
        return replace(self, sieve=self.sieve._replace(ignore=(*self.sieve.ignore, *codes)))

    def expect(self, expected: Sequence[Expected]) -> Gate:
        """Return the gate that also accepts what tests expect to be blocked."""
        suppressions = (*self.sieve.suppressions, *expected)
        return replace(self, sieve=self.sieve._replace(suppressions=suppressions))

    def count_failures(self, failures: int, sections: Sequence[Counted] = ()) -> int:
        """Return how much makes the run fail: so much was found, and more in the sections. Nothing does while a
        baseline is written.
        """
        if self.written or self.fail_on == "never":
            return 0
        return failures + sum(one.certain + (0 if self.fail_on == "certain" else one.likely) for one in sections)


def read_gate(settings: Settings, *, write: bool = False) -> Gate:
    """Return the gate that the settings are; `write` asks for the baseline to be written. Raises CorsightError."""
    known = settings.text("baseline")
    if write and not known:
        raise CorsightError("--write-baseline needs a file to write", todo="name it with --baseline FILE")
    if known == "-":
        raise CorsightError("- is no file", where="--baseline", todo="name the file that holds the baseline")
    assumptions, tried = read_assumptions(settings.texts("assume"))
    if write:
        check_written_over(known)
    baseline = read_baseline(known) if known and not write else None
    return Gate(
        engine=settings.engine,
        fail_on=settings.fail_on,
        allow_empty=settings.truth("allow-empty"),
        sieve=Sieve(*settings.codes, settings.suppressions, baseline),
        scope=Scope(settings.texts("hosts"), settings.texts("origins")),
        assumptions=assumptions,
        given=tuple(one for one in settings.texts("assume") if not one.startswith(POLICY)),
        policies=settings.texts("policies"),
        tried=tried,
        written=known if write else "",
        secrets=settings.truth("secrets"),
        typed=settings.typed,
    )


def read_assumptions(texts: Sequence[str]) -> tuple[tuple[Assumption, ...], tuple[str, ...]]:
    """Return what is assumed, and the policy files to try. Raises CorsightError for what says nothing."""
    found, files = list[Assumption](), list[str]()
    for text in texts:
        if text.startswith(POLICY):
            files.append(text.removeprefix(POLICY))
            continue
        assumption = read_assumption(text)
        if assumption is None:
            name = text.partition("=")[0]
            near = [one for one in list_assumptions() if one.partition("=")[0] == name]
            if near:
                raise CorsightError(f"--assume {name} takes no such value", todo=f"there are {', '.join(near)}")
            raise CorsightError(
                f"--assume {text} names nothing that a verdict depends on",
                todo=f"there are {', '.join(list_assumptions())} and policy=FILE",
            )
        found.append(assumption)
    facts = [fact for fact, _ in found]
    if twice := next((fact for fact in facts if facts.count(fact) > 1), None):
        raise CorsightError(f"--assume takes {twice.value} for two things at once", todo="say one of them")
    return tuple(found), tuple(files)
