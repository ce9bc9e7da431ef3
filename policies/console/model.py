"""What one console message says."""

from __future__ import annotations

from corsight.policies.causes import CAUSES
from corsight.policies.engines import ENGINES
from corsight.policies.rules import RULES
from corsight.policies.value import value
from corsight.policies.verdict import EngineName

SPEAKING: tuple[EngineName, ...] = ("chromium", "firefox", "webkit")
"""The engines that print something."""

OLD_EDGE = "Internet Explorer or the old Edge"
"""The name of the browsers whose messages none of today's engines writes."""

LIKELIER = (
    "allow-origin-missing",
    "allow-origin-mismatch",
    "network-error",
    "preflight-status-not-ok",
)
"""Where an engine words several rules alike: the most frequent ones, in this order."""


@value
class Message:
    """What a console message says.

    `engine` is standard where none of today's browsers says it: Internet Explorer and the Edge before Chromium, which
    have an `error`, servers and libraries; and where several browsers say the same.
    `rules` are the codes of the rules that the engine words so, the likeliest first; none where no rule speaks of it.
    `cause` is the code of what it really is, where the words tell more than the rule does, or no rule speaks of it.
    `exact` tells that the whole text is the engine's, not just a sentence or an identifier of it. `preflight` is None
    where the engine says the same of a preflight and of a request. What the message does not tell is None.
    """

    engine: EngineName
    rules: tuple[str, ...] = ()
    cause: str | None = None
    exact: bool = True
    error: str | None = None
    preflight: bool | None = None
    origin: str | None = None
    url: str | None = None
    initial_url: str | None = None
    method: str | None = None
    status: int | None = None
    value: str | None = None
    target: str | None = None
    page: str | None = None
    kind: str | None = None

    @property
    def rule(self) -> str | None:
        """The likeliest rule."""
        return self.rules[0] if self.rules else None

    @property
    def speaker(self) -> str:
        """The name of the browser that wrote the message; empty where no browser did, or it is not known which."""
        if self.engine == "standard":
            return "" if self.error is None else OLD_EDGE
        return ENGINES[self.engine].label

    @property
    def stops(self) -> bool:
        """Whether something failed; if not, the message only warns."""
        if self.cause is not None and self.cause in CAUSES:
            return CAUSES[self.cause].stops
        return self.rule is None or RULES[self.rule].kind == "decision"
