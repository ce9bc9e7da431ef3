"""The report as a model: what every format is written from, and what `--format json` publishes.

All text in it is fit to be shown: secrets replaced, controls escaped.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from corsight.policies.actor import Actor
from corsight.policies.evidence import Certainty
from corsight.policies.facts import Role
from corsight.policies.findings import Kind
from corsight.policies.verdict import EngineName, Outcome


class Record(BaseModel):
    """A part of the report: no field that is not named, and read from objects with fields of the same names."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Recording(Record):
    """A recording that was read."""

    name: str
    exchanges: int
    problem: str | None = Field(None, description="why it could not be read to its end; null when it was")


class Client(Record):
    """A client and how many exchanges are its own."""

    name: str
    exchanges: int


class Totals(Record):
    """How many exchanges came to what."""

    exchanges: int
    blocked: int
    certain: int = Field(description="of those blocked, how many certainly are")
    likely: int = Field(description="of those blocked, how many likely are")
    open: int = Field(0, description="not blocked as far as is known; blocked if an unknown fact is otherwise")
    allowed: int
    opaque: int = Field(description="asked for without CORS: a page may use it, not read it")
    not_cors: int = Field(description="same origin, navigation, WebSocket, no browser or no response")
    unanswered: int = Field(description="without a response; not blocked for that")
    patched: int = Field(description="answers that were patched on the way")


class Place(Record):
    """Where a finding was met."""

    method: str
    url: str
    origin: str | None = Field(description="the page's; null where none is known")
    count: int


class Endpoint(Record):
    """Where a finding was met, with ids in its URL folded: the same in every run."""

    method: str
    url: str
    origin: str
    count: int
    fingerprint: str


class Mismatch(Record):
    """What a rule turned on, what was expected, and the header lines that are proven to mend it."""

    role: Role
    actual: list[str]
    expected: str
    fix: list[str]
    places: list[Place]


class ConsoleText(Record):
    """What the browser's console wrote."""

    engine: EngineName
    error: str | None = Field(description="the engine's own identifier")
    text: str


class OtherEngine(Record):
    """What another engine decides."""

    engine: EngineName
    outcome: Outcome
    rule: str | None
    count: int


class Rule(Record):
    """The rule that blocks, and where it stands."""

    code: str
    title: str
    section: str
    spec: str


class Step(Record):
    """One step of a standard: what it asks, what was compared, and how that ended."""

    section: str
    spec: str
    number: str
    asks: str
    compared: str
    outcome: Literal["passed", "failed", "not reached"]
    rule: str | None


class Part(Record):
    """One exchange of a fetch, and the steps that were taken for it."""

    id: str
    role: Role
    method: str
    url: str
    status: int | None = Field(description="null when no response came")
    sent: list[str] = Field(description="the request's header lines that CORS looks at")
    answered: list[str] = Field(description="the response's header lines that CORS looks at")
    outcome: Outcome
    certainty: Certainty
    rule: str | None
    steps: list[Step]


class Fetch(Record):
    """The fetch of a finding's first exchange, told step by step."""

    conclusion: str
    client: str
    asked: str = Field(description="how the page asked: mode, destination, credentials")
    because: list[str] = Field(description="why CORS applies, and why a preflight came first")
    picture: list[str] = Field(description="the fetch drawn as lines of text")
    parts: list[Part]
    never_sent: str | None
    unknown: list[str] = Field(description="what the recording does not show, and what it would change")


class Exchange(Record):
    """One judged exchange: fields of the log's record."""

    flow: str
    started: float = Field(description="epoch seconds")
    client: str
    fetch: str
    role: Role
    method: str
    url: str
    status: int | None
    origin: str | None
    mode: str
    credentials: str
    destination: str
    engine: EngineName
    outcome: Outcome
    certainty: Certainty
    rule: str | None
    error: str | None
    cause: str | None
    title: str | None


class Finding(Record):
    """One cause, over all the exchanges that it accounts for."""

    fingerprint: str = Field(description="the same in every run: kind, cause and server")
    kind: Kind
    code: str = Field(description="Corsight's code of the cause, or of the rule where no more is known")
    title: str
    cause: str
    action: str
    actor: Actor = Field(description="who has to act")
    certainty: Certainty
    count: int
    certain: int
    likely: int
    tally: str = Field(description="how often it was met, in words")
    rules: list[Rule]
    server: str | None = Field(description="the server's origin")
    endpoints: list[Endpoint]
    places: list[Place]
    more: int = Field(description="places that are counted and not named")
    mismatches: list[Mismatch]
    evidence: list[str]
    care: list[str] = Field(description="what to mind with the fix")
    console: list[ConsoleText]
    doubts: list[str] = Field(description="why verdicts are only likely, or what they turn on where they are open")
    settle: list[str] = Field(description="how to find out whether what is open was blocked")
    others: list[OtherEngine]
    engines: list[EngineName] = Field(description="the engines that decided")
    suppressed: str | None = Field(None, description="why it does not count; null where it does")
    baseline: Literal["new", "unchanged"] | None = Field(
        None, description="whether the baseline has it; null without a baseline"
    )
    tests: list[str] = Field(default_factory=list, description="the tests that met it, where a runner told of tests")
    fetch: Fetch | None = None
    exchanges: list[Exchange] = Field(default_factory=list, description="the first of its exchanges")


class Met(Record):
    """An endpoint and what became of the exchanges with it, good ones included."""

    method: str
    url: str
    blocked: int = 0
    open: int = 0
    failed: int = 0
    passed: int = 0


class Test(Record):
    """A test, as its runner told of it, and what it met."""

    name: str
    outcome: str = Field(description="what became of it in its runner's words; empty where it did not say")
    exchanges: int
    blocked: int
    open: int
    endpoints: list[str] = Field(description="the fingerprints of the findings' endpoints that it met")


class Report(Record):
    """What an audit found."""

    model_config = ConfigDict(extra="forbid", title="Corsight report")

    schema_: Literal[1] = Field(1, alias="schema", description="the version of this format")
    version: str = Field(description="of Corsight")
    engine: str = Field(description="the engine that judged; auto is each client's own")
    recordings: list[Recording]
    remarks: list[str] = Field(description="what to know of the recordings")
    clients: list[Client]
    totals: Totals
    findings: list[Finding] = Field(description="the most important first")
    endpoints: list[Met] = Field(description="every endpoint that browsers asked across origins, ids folded")
    more_endpoints: int = Field(0, description="exchanges with endpoints beyond those named")
    tests: list[Test] = Field(default_factory=list, description="in the order they began; empty outside of test runs")

    def of(self, kind: Kind) -> list[Finding]:
        """Return the findings of one kind."""
        return [finding for finding in self.findings if finding.kind == kind]


class Recipe(Record):
    """A server's configuration that grants what the recording needs; or why this server cannot."""

    target: str
    title: str
    file: str
    text: str
    written: bool


class Server(Record):
    """A host, and its configuration for each server that one may run."""

    host: str
    recipes: list[Recipe]
