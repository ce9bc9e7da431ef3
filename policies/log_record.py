"""The contract of the log record, as a model whose JSON Schema is published."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from corsight.policies.actor import Actor
from corsight.policies.evidence import Certainty
from corsight.policies.facts import Role
from corsight.policies.verdict import EngineName, Outcome


class EvidenceRecord(BaseModel):
    """Why a fact that the wire does not state is taken to be so."""

    model_config = ConfigDict(extra="forbid")

    fact: str
    value: str
    because: str
    certainty: Certainty


class RulingRecord(BaseModel):
    """What another branch, or another engine, makes of the exchange."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome
    rule: str | None
    error: str | None
    message: str | None


class LogRecord(BaseModel):
    """One judged exchange. A revision is a new record with the same `flow`: the last one counts."""

    model_config = ConfigDict(extra="forbid", title="Corsight log record")

    schema_: Literal[2] = Field(alias="schema", description="the version of this format")
    flow: str = Field(description="mitmproxy's flow id")
    started: float = Field(description="when the request began, epoch seconds")
    url: str = Field(description="as the browser asked, secrets redacted")
    fetch: str = Field(description="shared by the exchanges of one fetch")
    client: str = Field(description="the client's address and what it is")
    method: str
    status: int | None = Field(description="null when no response came")
    role: Role
    origin: str | None = Field(
        description='the serialized request origin, "null" when opaque or tainted; null when none applies'
    )
    mode: str = Field(description="the request mode, or unknown")
    credentials: str = Field(description="the credentials mode: include, not-include (omit or same-origin), or unknown")
    destination: str = Field(description="the request destination, or unknown")
    evidence: list[EvidenceRecord]
    engine: EngineName = Field(description="the engine that decided")
    outcome: Outcome
    certainty: Certainty = Field(description="of the outcome")
    open: str | None = Field(
        description="where it is said to pass, and one case would block it: that case, a key of `branches`. Such an "
        "exchange is open, and has not passed; null everywhere else"
    )
    rule: str | None = Field(description="Corsight's code of the blocking rule, null when none blocked")
    spec: str | None = Field(description="where the rule stands")
    step: str | None = Field(description="the step there")
    error: str | None = Field(
        description="the engine's own identifier: DevTools' CorsError name or blocked reason; Firefox's console "
        "category"
    )
    message: str | None = Field(description="the engine's console text")
    cause: str | None = Field(
        description="Corsight's code of what is really wrong, by what is known so far: a cause's, or the rule's; null "
        "when nothing blocked"
    )
    title: str | None = Field(description="the cause in a line")
    fix: list[str] = Field(
        description="the lines to change in the response, proven to be enough; empty where no header mends it that "
        "`who` sends"
    )
    todo: str | None = Field(description="what to do, in words")
    who: Actor | None = Field(
        description="who has to act: the server, the page (client), what stands in front of the server (proxy)"
    )
    branches: dict[str, RulingRecord] = Field(
        description="where a fact is unknown and matters: what each value comes to"
    )
    hidden: list[str] = Field(description="response header names that the page's script cannot read")
    advice: list[str] = Field(description="codes of what is not wrong, and could be better")
    verdicts: dict[EngineName, RulingRecord] = Field(description="the other engines' verdicts, where they differ")
    patched: list[str] = Field(description="the header edits that were made")
    before: RulingRecord | None = Field(
        description="the verdict on what the server really sent, where a patch changed it"
    )
