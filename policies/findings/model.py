"""What a diagnosis says: findings, and where they were met. All text in them can be shown as it is.

A cause is named by a permanent kebab-case code: one of `policies.causes`, or the code of the rule where nothing more
is known.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from corsight.policies.actor import Actor
from corsight.policies.evidence import Certainty
from corsight.policies.facts import Role
from corsight.policies.fetch.origin import origin_of
from corsight.policies.findings.fingerprint import Trace, fold_port, make_fingerprint
from corsight.policies.value import value
from corsight.policies.verdict import EngineName, Outcome

Kind = Literal["blocked", "open", "failed", "advice"]
"""`blocked`: CORS or a rule beside it blocked an exchange. `open`: it did, or did not: a fact that is not known decides
that. `failed`: no answer came, CORS had no say. `advice`: it worked, or was never meant to, and something is still
wrong."""


@value
class Place:
    """Where it was met: the request (of a preflight, the one it asks for), the page's origin, and how often."""

    method: str
    url: str
    origin: str | None
    count: int = 1


class Mismatch(NamedTuple):
    """What a rule turned on as it came, what was expected, and the header edits that are proven to mend it.

    `fix` is empty where none does. `revalidated` tells that a stored response was judged, which a 304 confirmed.
    `places` are where it was met.
    """

    role: Role
    actual: tuple[str, ...]
    expected: str
    fix: tuple[str, ...] = ()
    revalidated: bool = False
    places: tuple[Place, ...] = ()


class ConsoleText(NamedTuple):
    """What the console wrote: the engine, its own identifier (None where it has none), and the text."""

    engine: EngineName
    error: str | None
    text: str


@value
class Doubt:
    """Why verdicts are only likely: how the page is taken to have asked and why, what becomes of it otherwise, and how
    many verdicts there are of this kind. Of what is open, `taken` is what it is blocked by, and `assumptions` are the
    same as the log has them: `credentials=include`.
    """

    taken: str
    because: str
    otherwise: str
    count: int = 1
    assumptions: tuple[str, ...] = ()


@value
class OtherEngine:
    """What another engine decides, and of how many exchanges."""

    engine: EngineName
    outcome: Outcome
    rule: str | None
    count: int = 1


@value
class Cause:
    """What is really wrong, and what to do. `edits` tells whether the rule's header edits are part of that, `needed`
    says what was expected where that is not what the rule says. `names` are the methods or header names that a list
    lacks: causes that differ in nothing else are one finding.
    """

    code: str
    title: str
    cause: str
    action: str
    actor: Actor = "server"
    evidence: tuple[str, ...] = ()
    certainty: Certainty = "certain"
    edits: bool = True
    needed: str | None = None
    names: tuple[str, ...] = ()

    @property
    def mended_by_headers(self) -> bool:
        """Whether the rule's header edits are what the actor can do: nobody but a server or a proxy sends them."""
        return self.edits and self.actor in ("server", "proxy")


@value
class Explanation:
    """What is really wrong with one exchange, and what to do, as far as that is known at the moment.

    `code` is that of the cause, `title` says it in a line, `text` in two or three sentences. `fix` are the lines to
    change in the answer, proven to be enough; none where the actor has none to send. `action` says what to do in words,
    `actor` who has to, `actual` and `needed` what the rule turned on and what was expected, `care` what to mind with
    the fix.
    """

    code: str
    title: str
    text: str
    action: str
    actor: Actor
    fix: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    certainty: Certainty = "certain"
    actual: tuple[str, ...] = ()
    needed: str | None = None
    care: tuple[str, ...] = ()


@value
class Finding:
    """One cause, over all the exchanges that it accounts for.

    `title` says in a line what is really wrong, `cause` in two or three sentences with what was seen, `evidence` what
    speaks for it, `action` what to change, and `actor` who. `rules` are the codes of the blocking rules behind it.
    `certain` and `likely` count the verdicts, `certainty` is that of the cause. `places` and `exchanges` (flow ids) are
    bounded, `count` is not; `more` counts the places left out, and `at_least` tells that there may be others. `care`
    says what to mind with the header edits. `traces` are the cause at each endpoint, with ids folded: as bounded as
    `places`.
    """

    code: str
    title: str
    cause: str
    evidence: tuple[str, ...]
    action: str
    actor: Actor
    rules: tuple[str, ...]
    certainty: Certainty
    places: tuple[Place, ...]
    count: int
    exchanges: tuple[str, ...]
    kind: Kind = "blocked"
    certain: int = 0
    likely: int = 0
    more: int = 0
    at_least: bool = False
    mismatches: tuple[Mismatch, ...] = ()
    console: tuple[ConsoleText, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    others: tuple[OtherEngine, ...] = ()
    care: tuple[str, ...] = ()
    traces: tuple[Trace, ...] = ()

    @property
    def fingerprint(self) -> str:
        """What it is known by from one run to the next: its kind, its cause, and the server it was met at."""
        server = fold_port(origin_of(self.places[0].url)) if self.places else ""
        return make_fingerprint(self.kind, self.code, server)
