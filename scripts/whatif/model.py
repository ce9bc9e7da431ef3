"""What is asked and given, and what an engine would make of it."""

from __future__ import annotations

from typing import Literal, get_args

from corsight.policies.exchange import Request
from corsight.policies.rules.model import Fix
from corsight.policies.session import Judged
from corsight.policies.value import value
from corsight.policies.verdict import EngineName, Outcome
from corsight.scripts.curl import Hop

Mode = Literal["cors", "no-cors"]
Destination = Literal["empty", "audio", "font", "image", "manifest", "script", "style", "track", "video"]
DESTINATIONS: tuple[Destination, ...] = get_args(Destination)

STEP = 0.01
"""Seconds between two exchanges: soon enough for one to follow the other."""


@value
class Question:
    """What the page asks for. `headers` are those that it may set and that are sent; `include` tells whether it asks
    with credentials, None where that is not given.
    """

    origin: str
    url: str
    method: str
    headers: tuple[tuple[str, str], ...] = ()
    include: bool | None = None
    mode: Mode = "cors"
    destination: str = "empty"


@value
class Responses:
    """The responses as given: that of each preflight, and the request's own, a redirect's before what followed it.

    `failed` tells that the request was sent and nothing came back.
    """

    preflights: tuple[Hop, ...] = ()
    hops: tuple[Hop, ...] = ()
    failed: bool = False


@value
class Preflight:
    """A preflight that the browser sends: what it asks for, why, and the curl command that asks the same."""

    url: str
    method: str
    names: tuple[str, ...]
    because: tuple[str, ...]
    command: str


@value
class Missing:
    """A response that was not given and decides: the request, the curl command that fetches it, and what it would
    have to say.
    """

    what: Literal["preflight", "response"]
    request: Request
    command: str
    needed: Fix | None

    @property
    def url(self) -> str:
        """The URL that is asked."""
        return self.request.url


@value
class Prediction:
    """What one engine would do.

    `judged` are the exchanges up to the one where the browser stops, `unreached` those given beyond, which it never
    sends. `missing` are the responses that a verdict still needs. `version` is the engine's, None for the youngest that
    was measured.
    """

    engine: EngineName
    judged: tuple[Judged, ...]
    unreached: tuple[Judged, ...] = ()
    preflights: tuple[Preflight, ...] = ()
    missing: tuple[Missing, ...] = ()
    version: int | None = None

    @property
    def stopped(self) -> Judged | None:
        """The exchange that the browser blocked."""
        return next((one for one in self.judged if one.verdict.outcome is Outcome.BLOCKED), None)

    @property
    def outcome(self) -> Outcome | None:
        """What becomes of it in the end; None while that cannot be said."""
        if self.stopped is not None:
            return Outcome.BLOCKED
        return None if self.missing or not self.judged else self.judged[-1].verdict.outcome

    @property
    def certain(self) -> bool:
        """Whether the outcome is certain."""
        if self.stopped is not None:
            return self.stopped.verdict.certainty == "certain"
        return all(one.verdict.certainty == "certain" for one in self.judged)
