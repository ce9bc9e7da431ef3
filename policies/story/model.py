"""The story of one fetch as plain data. Every text in it is fit to be shown: secrets replaced, controls escaped."""

from __future__ import annotations

from typing import Literal

from corsight.policies.evidence import Certainty
from corsight.policies.facts import Role
from corsight.policies.value import value
from corsight.policies.verdict import EngineName, Outcome

StepOutcome = Literal["passed", "failed", "not reached"]


@value
class Step:
    """One step of a standard: what it asks for, what was compared with what, and how that ended.

    `section` and `number` say where it stands, `spec` links there. `compared` is empty where the step was not reached.
    `rule` is the code of the rule that a failed step failed by.
    """

    section: str
    spec: str
    number: str
    asks: str
    compared: str
    outcome: StepOutcome
    rule: str | None = None


@value
class Inference:
    """A fact that the wire does not state: what it is taken to be, why, and how sure that is."""

    fact: str
    value: str
    because: str
    certainty: Certainty


@value
class Otherwise:
    """What would be said if an unknown fact were otherwise: `when` names the case in words."""

    when: str
    outcome: Outcome
    rule: str | None
    title: str | None


@value
class Elsewhere:
    """An engine that decides otherwise, or for another reason."""

    engine: EngineName
    label: str
    outcome: Outcome
    certainty: Certainty
    rule: str | None
    title: str | None
    error: str | None
    message: str | None


@value
class Remedy:
    """What mends a blocked exchange.

    `edits` are the lines to change in the response, proven to be enough; empty where no header mends it that the actor
    can send. `advice` says what to do in words, `actor` who has to do it, `care` what to mind with the edits.
    """

    edits: tuple[str, ...]
    advice: str
    actor: str
    care: tuple[str, ...] = ()


@value
class Improvement:
    """What is not wrong with an exchange, and could be better."""

    code: str
    title: str
    text: str


@value
class Part:
    """One exchange of the fetch.

    Of what was blocked, `reason` is the rule's title; `cause` (a code), `title`, `why`, `grounds` (what speaks for it)
    and `remedy` are the diagnosis. `status` is what the browser was answered, None when nothing came; `proxy_answered`
    tells that it was the proxy who did, `server_asked` whether the server was asked at all. `sent` and `answered` are
    the header lines that CORS looks at. `error` and `message` are the engine's own. `patched` are the edits that the
    proxy made to the answer, `before` what would have become of it without, in words.
    """

    id: str
    role: Role
    method: str
    url: str
    host: str
    target: str
    status: int | None
    proxy_answered: bool
    server_asked: bool
    sent: tuple[str, ...]
    answered: tuple[str, ...]
    steps: tuple[Step, ...]
    outcome: Outcome
    certainty: Certainty
    rule: str | None = None
    reason: str | None = None
    cause: str | None = None
    title: str | None = None
    why: str | None = None
    grounds: tuple[str, ...] = ()
    needed: str | None = None
    spec: str | None = None
    error: str | None = None
    message: str | None = None
    remedy: Remedy | None = None
    hidden: tuple[str, ...] = ()
    branches: tuple[Otherwise, ...] = ()
    taken: str | None = None
    elsewhere: tuple[Elsewhere, ...] = ()
    evidence: tuple[Inference, ...] = ()
    advice: tuple[Improvement, ...] = ()
    patched: tuple[str, ...] = ()
    before: str | None = None

    @property
    def blocked(self) -> bool:
        """Whether the browser stopped here."""
        return self.outcome is Outcome.BLOCKED

    @property
    def open(self) -> Otherwise | None:
        """The case in which it is blocked where what is said is not: then it is open, and has not passed."""
        return None if self.blocked else next((one for one in self.branches if one.outcome is Outcome.BLOCKED), None)


@value
class Asked:
    """What the page asked for: the request as the page meant it, before any preflight or redirect.

    `origin` is None where none is known. `credentials` is in words, None where CORS does not apply. `names` are the
    request headers that need permission, `because` the reasons why CORS applies or not, and why a preflight had to come
    first.
    """

    method: str
    url: str
    origin: str | None
    mode: str
    destination: str
    credentials: str | None
    names: tuple[str, ...]
    because: tuple[str, ...]


@value
class Story:
    """One fetch, told: what was asked, every exchange in order, and the end of it.

    `stopped` is the index of the part at which the browser stopped, None where it did not. `never_sent` is the request
    that a blocked preflight or redirect kept from being sent, in words. `unknown` says what the recording does not
    show.
    """

    id: str
    engine: EngineName
    client: str
    asked: Asked
    parts: tuple[Part, ...]
    outcome: Outcome
    certainty: Certainty
    conclusion: str
    stopped: int | None = None
    never_sent: str | None = None
    evidence: tuple[Inference, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def end(self) -> Part:
        """The part that decided: where it stopped, or the last one."""
        return self.parts[-1 if self.stopped is None else self.stopped]
