"""What a diagnosis says: findings, and the places and answers they were found at. All text in them is fit to be shown.

A cause is named by a permanent kebab-case code: one of `catalogue.CAUSES`, or the code of the rule where nothing more
is known.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from corsight.policies.evidence import Certainty
from corsight.policies.facts import Role
from corsight.policies.redact import shown as shown
from corsight.policies.value import value
from corsight.policies.verdict import EngineName, Outcome

Actor = Literal["server", "client", "proxy", "nobody"]
"""Who has to act: the server, the page (client), what stands in between (a gateway, cache or proxy), or nobody."""
Kind = Literal["blocked", "failed", "advice"]
"""`blocked`: CORS or a rule beside it blocked an exchange. `failed`: no answer came, CORS had no say. `advice`: it
worked, or was never meant to, and something is still wrong."""

LONGEST_MESSAGE = 1200


@value
class Place:
    """Where: the request as the page made it (of a preflight, the one it asks for), who asked, and how often."""

    method: str
    url: str
    origin: str | None
    count: int


class Seen(NamedTuple):
    """What came, what was needed and what mends it, at places that were answered alike. `fix` are proven header edits,
    empty where none mends it; `revalidated` tells that a stored response was judged, which a 304 confirmed."""

    role: Role
    was: tuple[str, ...]
    needed: str
    fix: tuple[str, ...]
    revalidated: bool
    places: tuple[Place, ...]


class Said(NamedTuple):
    """What the console said of it: the engine, its own identifier (None where it has none), and the text."""

    engine: EngineName
    error: str | None
    message: str


@value
class Unsure:
    """Why verdicts are only likely: what is taken to be so and why, what becomes of it otherwise, and how many."""

    taken: str
    because: str
    otherwise: str
    count: int


@value
class Elsewhere:
    """What another engine decides of it, and of how many."""

    engine: EngineName
    outcome: Outcome
    rule: str | None
    count: int


@value
class Cause:
    """What a family of causes makes of a case. `edits` tells whether the rule's header edits are the thing to do, and
    `needed` says what was needed where that is not what the rule says."""

    code: str
    title: str
    cause: str
    action: str
    actor: Actor = "server"
    evidence: tuple[str, ...] = ()
    certainty: Certainty = "certain"
    edits: bool = True
    needed: str | None = None


@value
class Finding:
    """One cause, over all the exchanges that it accounts for.

    `title` says in a line what is really wrong, `cause` in two or three sentences with what was seen, `evidence` what
    speaks for it, `action` what to change, and `actor` who. `rules` are the codes of the blocking rules behind it.
    `certain` and `likely` count the verdicts, `certainty` is that of the cause. `places` and `exchanges` (flow ids) are
    bounded, `count` is not; `more` counts the places left out (at least so many). `care` says what to mind with the
    header edits.
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
    more_untold: bool = False
    seen: tuple[Seen, ...] = ()
    said: tuple[Said, ...] = ()
    unsure: tuple[Unsure, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    care: tuple[str, ...] = ()
