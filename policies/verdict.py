"""A verdict: a branch for every combination of values that the unknown facts can have, the likeliest first."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

from corsight.policies.evidence import Certainty
from corsight.policies.facts import Premise
from corsight.policies.fetch.steps import Step
from corsight.policies.value import value

EngineName = Literal["standard", "chromium", "firefox", "webkit"]


class Outcome(StrEnum):
    """What became of the exchange in the browser."""

    # Enum's own hashes the name, in Python.
    __hash__ = str.__hash__

    ALLOWED = "allowed"
    """CORS let the page read the response (or, for a preflight or a redirect, let the fetch go on)."""
    BLOCKED = "blocked"
    """The browser turned it into a network error."""
    OPAQUE = "opaque"
    """A response to a no-cors request: the page may use it, but not read it."""
    NOT_CORS = "not-cors"
    """CORS does not decide: same origin, a navigation, a WebSocket, no browser, or no response at all."""


class Ruling(NamedTuple):
    """What one engine makes of one exchange whose facts are settled.

    `rule` is our code of the rule that blocks, `spec` and `step` say where it stands, `error` is the engine's own
    identifier and `message` its console text.
    """

    outcome: Outcome
    rule: str | None = None
    spec: str | None = None
    step: str | None = None
    error: str | None = None
    message: str | None = None


class Unknown(StrEnum):
    """The facts that a verdict can turn on and the wire may leave open, by their names in the log."""

    # Enum's own hashes the name, in Python.
    __hash__ = str.__hash__

    CREDENTIALS = "credentials"
    MODE = "mode"
    PAGE = "page"
    EMBEDDER_POLICY = "embedder-policy"
    BODY = "body"
    USE = "use"
    ANSWER = "answer"
    STORED = "stored"
    DESTINATION = "destination"
    VERSION = "version"
    PREFLIGHT = "preflight"
    SITE = "site"
    HOME = "home"
    REDIRECT = "redirect"
    HOST_PERMISSION = "host-permission"
    LOCAL_NETWORK = "local-network"


type Assumption = tuple[Unknown, str]
"""An unknown fact, and what a branch takes it to be."""


ASSUMPTIONS: dict[Assumption, str] = {
    (Unknown.CREDENTIALS, "include"): "with credentials",
    (Unknown.CREDENTIALS, "not-include"): "without credentials",
    (Unknown.MODE, "no-cors"): "without CORS (mode no-cors)",
    (Unknown.MODE, "cors"): "with CORS (mode cors)",
    (Unknown.MODE, "same-origin"): "as a request to its own origin",
    (Unknown.HOST_PERMISSION, "granted"): "by an extension that was granted the host (host_permissions)",
    (Unknown.HOST_PERMISSION, "missing"): "by an extension that was not granted the host",
    (Unknown.LOCAL_NETWORK, "allowed"): "with permission to reach the local network (or from a page that is itself in "
    "it)",
    (Unknown.LOCAL_NETWORK, "denied"): "without permission to reach the local network",
    (Unknown.PAGE, "secure"): "from an https page",
    (Unknown.PAGE, "insecure"): "from an http page",
    (Unknown.EMBEDDER_POLICY, "unsafe-none"): "from a page without Cross-Origin-Embedder-Policy",
    (Unknown.EMBEDDER_POLICY, "require-corp"): "from a page with Cross-Origin-Embedder-Policy: require-corp",
    (Unknown.EMBEDDER_POLICY, "credentialless"): "from a page with Cross-Origin-Embedder-Policy: credentialless",
    (Unknown.BODY, "data"): "with a body that is data",
    (Unknown.BODY, "other"): "with a body that is not data",
    (Unknown.USE, "module"): "as a module",
    (Unknown.USE, "json"): "as a JSON module",
    (Unknown.USE, "classic"): "as a classic script",
    (Unknown.USE, "imported"): "by importScripts() in a worker",
    (Unknown.USE, "style"): "as a style sheet",
    (Unknown.USE, "css-module"): "as a CSS module",
    (Unknown.USE, "quirks"): "as a style sheet of a document in quirks mode",
    (Unknown.ANSWER, "blocked"): "with a response that CORS blocks",
    (Unknown.ANSWER, "none"): "without any response",
    (Unknown.STORED, "newest"): "with the newest response that was stored",
    (Unknown.STORED, "earlier"): "with a response that was stored earlier",
    (Unknown.DESTINATION, "script"): "by a script element",
    (Unknown.DESTINATION, "style"): "by a style sheet link",
    (Unknown.DESTINATION, "image"): "by an image element",
    (Unknown.DESTINATION, "image-set"): "by an image element with srcset or in a picture element",
    (Unknown.DESTINATION, "track"): "by a track element",
    (Unknown.DESTINATION, "empty"): "by fetch()",
    (Unknown.VERSION, "earlier"): "in a browser of this version that still behaves like earlier ones",
    (Unknown.VERSION, "later"): "in a browser of this version that behaves like later ones",
    (Unknown.VERSION, "nearest"): "in a browser of this version that behaves like the nearest one that was measured",
    (Unknown.VERSION, "standard"): "in a browser of this version that follows the standard",
    (Unknown.PREFLIGHT, "private-network"): "with a preflight that was sent only for private network access",
    (Unknown.PREFLIGHT, "cors"): "with a preflight that CORS needed too",
    (Unknown.SITE, "cross-site"): "from a page of another site",
    (Unknown.SITE, "same-site"): "from a page of the same site",
    (Unknown.SITE, "same-origin"): "from a page of the same origin",
    (Unknown.HOME, "own"): "from a page of the server's own origin",
    (Unknown.HOME, "other"): "from a page of another origin",
    (Unknown.REDIRECT, "follow"): "following redirects",
    (Unknown.REDIRECT, "manual"): 'with redirect mode "manual"',
    (Unknown.REDIRECT, "error"): 'with redirect mode "error"',
    (Unknown.REDIRECT, "xhr"): "by XMLHttpRequest",
}
"""Each assumption in words: how the page asked, or what was answered."""


@value
class Branch:
    """What is ruled if the unknown facts are so.

    `assumptions` holds what the branch takes for granted of the facts that are open, none where there is one branch
    only; `premise` what it takes every fact to be that could be open. `steps` is the walk that led to the ruling: those
    behind the first that did not pass were not reached.
    """

    ruling: Ruling
    assumptions: tuple[Assumption, ...] = ()
    premise: Premise = field(default=Premise(), compare=False)
    steps: tuple[Step, ...] = field(default=(), compare=False)

    @property
    def outcome(self) -> Outcome:
        """The ruling's outcome."""
        return self.ruling.outcome

    @property
    def label(self) -> str:
        """The assumptions as the log has them: `credentials=include`, or several with a space between."""
        return " ".join(f"{fact.value}={value}" for fact, value in self.assumptions)

    def describe(self, other: Branch | None = None) -> str:
        """Return the assumptions in words, as far as `other` assumes otherwise; empty where it does not."""
        shared = () if other is None else other.assumptions
        return ", ".join(ASSUMPTIONS[assumption] for assumption in self.assumptions if assumption not in shared)

    def assumed(self, fact: Unknown) -> str | None:
        """Return what the branch takes a fact to be, None where that fact is not open."""
        return next((value for name, value in self.assumptions if name is fact), None)


@dataclass(slots=True, unsafe_hash=True)
class Verdict:
    """One engine's verdict on one exchange; nobody changes it once it is made.

    `branches` holds at least one, the one that is said first; several only where their rulings differ. `certainty`
    speaks of the outcome: branches that agree on it leave it certain. `hidden` are the response header names that the
    page's script cannot read.

    What follows from that is worked out once: `branch` is the one that is said, `ruling` and `outcome` are its own,
    `divided` tells that the rulings differ, since the verdict turns on a fact that is open. `blocking` is the first
    branch that blocks, None where none does; `open` the same where another branch is said: such an exchange is open,
    and has not passed.
    """

    engine: EngineName
    branches: tuple[Branch, ...]
    certainty: Certainty = "certain"
    hidden: tuple[str, ...] = ()
    branch: Branch = field(init=False, repr=False, compare=False)
    ruling: Ruling = field(init=False, repr=False, compare=False)
    outcome: Outcome = field(init=False, repr=False, compare=False)
    divided: bool = field(init=False, repr=False, compare=False)
    blocking: Branch | None = field(init=False, repr=False, compare=False)
    open: Branch | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        branches = self.branches
        self.branch = said = branches[0]
        self.ruling = said.ruling
        self.outcome = outcome = said.ruling.outcome
        self.divided = len(branches) > 1
        blocked = Outcome.BLOCKED
        self.blocking = next((one for one in branches if one.ruling.outcome is blocked), None)
        self.open = None if outcome is blocked else self.blocking
