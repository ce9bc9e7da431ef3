"""What the tools answer, as models whose JSON Schemas a client gets. What may hold text from the wire is marked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from corsight.policies.actor import Actor
from corsight.policies.evidence import Certainty
from corsight.policies.facts import Role
from corsight.policies.findings import Kind
from corsight.policies.server.diff import Change
from corsight.policies.server.problems import Reason
from corsight.policies.verdict import EngineName, Outcome
from corsight.scripts.agents.marks import Text, Told, Wire

Code = Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
"""A code of the catalogue: look_up says what it means."""
Id = Annotated[str, Field(pattern=r"^[a-z0-9.:-]+$")]
"""What a fetch or a finding is called here."""
Own = Annotated[str, Field(json_schema_extra={"x-source": "corsight"})]
"""Words of Corsight's own, or what the person who started it named: nothing from the wire is in them."""


class Result(BaseModel):
    """What a tool answers; it may be read from an object with fields of the same names."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)


class Page(Result):
    """A part of a list."""

    total: int = Field(description="how many there are in all")
    cursor: str | None = Field(description="give it back for the next ones; null where these are the last")


# -- traffic ----------------------------------------------------------------------------------------------------------


class RecordingState(Result):
    """A recording, and how it stands with it."""

    name: Own
    exchanges: int
    forgotten: int = Field(description="how many of them, the oldest, are kept no more: corsight audit has them all")
    blocked: int
    open: int = Field(description="how many would be blocked in one case, and pass in another: they have not passed")
    version: int = Field(description="for wait_for_findings: what came after it is news")
    problem: Told | None = Field(description="why it could not be read to its end")
    remarks: list[Told] = Field(description="what it leaves out")


class State(Result):
    """What can be asked here."""

    recordings: list[RecordingState]
    policies: list[Own] = Field(description="the policy files that may be named")
    targets: dict[str, Own] = Field(description="the servers that a fix can be written for")
    may_browse: bool = Field(description="whether start_browser is there")
    browser: Literal["none", "running", "ended"]


class PlaceLine(Result):
    """Where it was met."""

    method: Wire
    url: Wire
    origin: Wire | None
    count: int


class FindingItem(Result):
    """One cause, over all the exchanges that it accounts for."""

    id: Id = Field(description="for explain_finding and write_fix")
    recording: Own
    kind: Kind
    code: Code
    means: Own = Field(description="what the code says in general")
    title: Told
    who: Actor = Field(
        description="who has to act: the server, the page (client), what stands in front of the server (proxy)"
    )
    certainty: Certainty = Field(description="of the cause")
    count: int = Field(description="how many exchanges")
    certain: int
    likely: int
    fix: list[Wire] = Field(description="the lines to change in the answer, proven to be enough")
    places: list[PlaceLine]
    more_places: int
    fetches: list[Id] = Field(description="some of the fetches, for explain_fetch")


class FindingPage(Page):
    """Findings, the most important first."""

    findings: list[FindingItem]


class Finding(FindingItem):
    """One cause in full."""

    cause: Told
    evidence: list[Told]
    action: Told = Field(description="what to do, in words")
    needed: Told | None
    care: list[Told] = Field(description="what to mind with the fix")
    rules: list[Code]
    console: list[Told] = Field(description="what the browser's console wrote")
    doubts: list[Told] = Field(description="why verdicts are only likely, and what becomes of it otherwise")
    others: list[EngineName] = Field(description="the engines that decide otherwise")


class FetchItem(Result):
    """One fetch: a request with its preflights and redirects."""

    id: Id = Field(description="for explain_fetch and write_fix")
    recording: Own
    method: Wire
    url: Wire
    origin: Wire | None
    status: int | None
    engine: EngineName
    outcome: Outcome
    certainty: Certainty
    open: Told | None = Field(description="the case in which it is blocked: such a fetch is open, and has not passed")
    stopped_at: Role | None
    code: Code | None = Field(description="the cause, where it was blocked; the rule, where it is open")
    title: Told | None


class FetchPage(Page):
    """Fetches, in the order they began."""

    fetches: list[FetchItem]


class News(Result):
    """What was blocked since, or is open."""

    fetches: list[FetchItem] = Field(description="the newest ones last")
    more: int = Field(description="how many others, older ones, were blocked since")
    versions: dict[str, int] = Field(description="of each recording: give it back as since")
    waited_in_vain: bool


class FailedStep(Result):
    """The step of a standard at which it stopped."""

    section: Own
    number: Own
    spec: Own
    asks: Told
    compared: Told


class Exchange(Result):
    """One exchange of a fetch."""

    role: Role
    method: Wire
    url: Wire
    status: int | None
    outcome: Outcome
    certainty: Certainty
    open: Told | None = Field(description="the case in which it is blocked, where it is said to pass")
    rule: Code | None
    cause: Code | None
    title: Told | None
    why: Told | None
    failed: FailedStep | None
    evidence: list[Told]
    fix: list[Wire]
    advice: Told | None
    who: Told | None
    care: list[Told]
    console: Told | None
    elsewhere: list[Told] = Field(description="the engines that decide otherwise")
    branches: list[Told] = Field(description="what becomes of it where an unknown fact is otherwise")
    hidden: list[Wire] = Field(description="the response headers that the page's script cannot read")


class Fetch(FetchItem):
    """One fetch, told."""

    conclusion: Told
    exchanges: list[Exchange]
    unknown: list[Told] = Field(description="what the recording does not show")
    story: Text | None = Field(description="every step, in words and as a picture")


class BrowserState(Result):
    """The browser, and how it stands with it."""

    state: Literal["none", "running", "ended"]
    recording: Own = Field(description="what its recording is called")
    browser: Own | None
    problem: Told | None


# -- what is typed ----------------------------------------------------------------------------------------------------


class Missing(Result):
    """A response that a verdict still needs."""

    what: Literal["preflight", "response"]
    command: Text = Field(description="fetches it")
    needed: list[Wire] = Field(description="what it would have to say")


class Prediction(Result):
    """What one engine does."""

    engine: EngineName
    version: int | None
    outcome: Outcome | None = Field(description="null while a response is missing that decides")
    certain: bool
    stopped_at: Role | None
    preflights: list[Told] = Field(description="why a preflight is sent")
    missing: list[Missing]
    exchanges: list[Exchange]


class Check(Result):
    """A typed exchange, judged for every engine."""

    predictions: list[Prediction]
    notes: list[Told]


class Question(Result):
    """What a pasted request asks."""

    origin: Wire
    url: Wire
    method: Wire
    headers: list[Wire] = Field(description="the names of those that the page sets")
    credentials: Literal["include", "not-include", "unknown"] = Field(description="where unknown, both are judged")
    mode: Wire
    destination: Wire


class PastedCheck(Check):
    """A pasted request, judged for every engine."""

    request: Question = Field(description="what was read of the paste")


class Message(Result):
    """What one console message means."""

    engine: EngineName
    stops: bool = Field(description="whether something failed, and was not only warned of")
    rule: Code | None
    cause: Code | None
    means: Own
    advice: Own
    who: Own
    origin: Wire | None
    url: Wire | None


class Messages(Result):
    """Console messages, explained."""

    messages: list[Message]
    more: int
    text: Text = Field(description="the whole explanation, with what would satisfy the browser")


# -- policies ---------------------------------------------------------------------------------------------------------


class Configuration(Result):
    """A server's configuration for what one policy grants."""

    policy: Told
    text: Text
    left_out: list[Told] = Field(description="what is not granted, and why")


class Fix(Result):
    """What would fix it on a server."""

    target: Code
    title: Own
    file: Own = Field(description="where the text usually goes")
    verified: bool = Field(description="whether the tests run the real server with such texts")
    configurations: list[Configuration]
    more: int


class Problem(Result):
    """What is wrong at one place of a policy file."""

    line: int | None
    field: Told
    reason: Reason
    what: Told
    instead: Told


class PolicyCheck(Result):
    """What cannot work or is unsafe in a policy."""

    problems: list[Problem]
    more: int
    policies: list[Told] = Field(description="their names, where nothing is wrong")


class Doubt(Result):
    """A grant that looks wrong."""

    field: Literal["origins", "methods", "request_headers", "expose_headers", "credentials"]
    value: Wire
    doubt: Told


class InferredPolicy(Result):
    """The least policy under which the recorded exchanges pass."""

    text: Text = Field(description="as YAML, with what needed each grant")
    doubts: list[Doubt]
    left_out: list[Told]


class Difference(Result):
    """One thing that differs."""

    policy: Told
    field: Told
    before: Told
    after: Told
    change: Change = Field(description="whether the second grants more or less, or neither")
    note: Told = Field(description="to what that is gone it is near, empty where it is to none")


class Differences(Page):
    """What the second grants and the first does not, and the other way round."""

    differences: list[Difference]
    more_granted: int
    less_granted: int


class Grants(Result):
    """What a policy grants to whoever asks for a URL."""

    policy: Told | None = Field(description="null where the URL falls under none: nothing is granted")
    grants: list[Told]
    answers: Text | None = Field(description="what a correct server answers")


class Entry(Result):
    """What a code of the catalogue means."""

    code: Code
    text: Own
