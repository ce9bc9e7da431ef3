"""The log record: what is written of one judged exchange, one JSON object a line.

`LogRecord` is the contract, and its JSON Schema is published. `record` fills it in as a plain dictionary: it runs for every
exchange that goes through the proxy, where building and validating a model would cost more than the decision.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from policies.redact import redact
from policies.session import Judged
from policies.verdict import Certainty, EngineName, Outcome, Role, Ruling

SCHEMA = 1


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

    schema_: Literal[1] = Field(alias="schema", description="the version of this format")
    flow: str = Field(description="mitmproxy's flow id")
    started: float = Field(description="when the request began, epoch seconds")
    client: str = Field(description="the client's address and what it is")
    method: str
    url: str = Field(description="as the browser asked, secrets redacted")
    status: int | None = Field(description="null when no response came")
    role: Role
    fetch: str = Field(description="shared by the exchanges of one fetch")
    origin: str | None = Field(description='the serialized request origin, "null" when opaque or tainted; null when none applies')
    mode: str = Field(description="the request mode, or unknown")
    credentials: str = Field(description="the credentials mode: include, not-include (omit or same-origin), or unknown")
    destination: str = Field(description="the request destination, or unknown")
    evidence: list[EvidenceRecord]
    engine: EngineName = Field(description="the engine that decided")
    outcome: Outcome
    certainty: Certainty = Field(description="of the outcome")
    rule: str | None = Field(description="Corsight's code of the blocking rule, null when none blocked")
    spec: str | None = Field(description="where the rule stands")
    step: str | None = Field(description="the step there")
    error: str | None = Field(
        description="the engine's own identifier: DevTools' CorsError name or blocked reason; Firefox's console category"
    )
    message: str | None = Field(description="the engine's console text")
    branches: dict[str, RulingRecord] = Field(description="where a fact is unknown and matters: what each value comes to")
    hidden: list[str] = Field(description="response header names that the page's script cannot read")
    advice: list[str] = Field(description="codes of what is not wrong, and could be better")
    verdicts: dict[EngineName, RulingRecord] = Field(description="the other engines' verdicts, where they differ")
    patched: list[str] = Field(description="the header edits that were made")
    before: RulingRecord | None = Field(description="the verdict on what the server really sent, where a patch changed it")


def record(judged: Judged, *, secrets: bool = False) -> dict[str, Any]:
    """The log record of a judged exchange, as plain data in the order of `LogRecord`."""
    entry, verdict = judged.entry, judged.verdict
    exchange, facts, ruling = entry.exchange, entry.facts, verdict.ruling
    assert facts is not None
    clean = _same if secrets else redact
    evidence = [*entry.fetch.evidence.values(), *entry.evidence.values()]
    return {
        "schema": SCHEMA,
        "flow": exchange.id,
        "started": exchange.request.started,
        "client": f"{exchange.client} {judged.client.label}",
        "method": exchange.request.method,
        "url": clean(exchange.request.url),
        "status": exchange.response.status if exchange.response is not None else None,
        "role": entry.role,
        "fetch": entry.fetch.id,
        "origin": facts.origin,
        "mode": facts.mode,
        "credentials": facts.credentials,
        "destination": facts.destination,
        "evidence": [
            {"fact": one.fact, "value": one.value, "because": one.because, "certainty": one.certainty} for one in evidence
        ],
        "engine": verdict.engine,
        "outcome": ruling.outcome.value,
        "certainty": verdict.certainty,
        "rule": ruling.rule,
        "spec": ruling.spec,
        "step": ruling.step,
        "error": ruling.error,
        "message": clean(ruling.message) if ruling.message is not None else None,
        "branches": {label: _ruling(other, clean) for label, other in verdict.branches.items()} if verdict.branches else {},
        "hidden": list(verdict.hidden),
        "advice": [],
        "verdicts": {other.engine: _ruling(other.ruling, clean) for other in judged.others},
        "patched": [],
        "before": None,
    }


def _ruling(ruling: Ruling, clean: Any) -> dict[str, Any]:
    return {
        "outcome": ruling.outcome.value,
        "rule": ruling.rule,
        "error": ruling.error,
        "message": clean(ruling.message) if ruling.message is not None else None,
    }


def _same(text: str) -> str:
    return text
