"""What is said of an exchange: outcome, certainty, the rule that decided, and the evidence for what the wire hides."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Literal, NamedTuple

from corsight.policies.value import value

EngineName = Literal["standard", "chromium", "firefox", "webkit"]
Certainty = Literal["certain", "likely"]
Role = Literal["preflight", "request", "redirect"]
CredentialsMode = Literal["omit", "same-origin", "include", "not-include", "unknown"]
"""The standard's credentials modes. `not-include` is what the wire can tell at most of a cross-origin request: `omit`
and `same-origin` behave alike there."""


class Outcome(StrEnum):
    """What became of the exchange in the browser."""

    ALLOWED = "allowed"
    """The CORS protocol let the page have it (or, for a preflight or a redirect, let the fetch go on)."""
    BLOCKED = "blocked"
    """The browser turned it into a network error."""
    OPAQUE = "opaque"
    """A no-cors response: the page may use it, and read nothing of it."""
    NOT_CORS = "not-cors"
    """CORS has no say: same origin, a navigation, a WebSocket, no browser, or no response at all."""


class Evidence(NamedTuple):
    """Why a fact that the wire does not state is taken to be so."""

    fact: str
    value: str
    because: str
    certainty: Certainty


class Ruling(NamedTuple):
    """What one engine makes of one exchange under one credentials mode."""

    outcome: Outcome
    rule: str | None = None
    spec: str | None = None
    step: str | None = None
    error: str | None = None
    message: str | None = None


@value
class Verdict:
    """One engine's verdict on one exchange.

    `ruling` is the branch that is said; `branches` holds every branch by the fact it turns on (such as
    `credentials=include`) where more than one is possible. `certainty` speaks of the outcome: branches that agree on it
    leave it certain.
    """

    engine: EngineName
    ruling: Ruling
    certainty: Certainty = "certain"
    branches: dict[str, Ruling] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """The outcome of the branch that is said."""
        return self.ruling.outcome
