"""The log record: what is written of one judged exchange, one JSON object a line.

`log_record.LogRecord` is its contract. `record` fills it in as a plain dictionary: it runs for every exchange that goes
through the proxy, where building and validating a model would cost more than the decision.
"""

from __future__ import annotations

import json
from typing import Any

from corsight.policies.evidence import Evidence, Reason
from corsight.policies.findings import Explanation
from corsight.policies.redact import redact
from corsight.policies.session import Judged
from corsight.policies.session.memory import Memory, weigh_exchange
from corsight.policies.verdict import Ruling

SCHEMA = 2
SHAPES, LIMIT = 4096, 4 * 1024 * 1024
"""How many shapes of records are remembered, and how many bytes of the exchanges that showed them."""

INITIATOR = Evidence("initiator", "fetch", Reason.FETCH_OR_XHR, "likely")
"""What Chromium's console texts turn on, and its wire does not tell."""

_READABLE = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))
_ESCAPED = json.JSONEncoder(ensure_ascii=True, check_circular=False, separators=(",", ":"))
_quote = json.encoder.encode_basestring_ascii


def record(judged: Judged, explanation: Explanation | None = None, *, secrets: bool = False) -> dict[str, Any]:
    """Return the log record of a judged exchange and what is known of its cause, as plain data in the order of
    `LogRecord`.
    """
    entry, verdict = judged.entry, judged.verdict
    exchange, facts, ruling = entry.exchange, judged.facts, verdict.ruling
    clean = _same if secrets else redact
    evidence = [*entry.fetch.evidence.values(), *entry.evidence.values()]
    if (
        verdict.engine == "chromium"
        and ruling.rule is not None
        and facts.destination == "empty"
        and not facts.event_source
        and "initiator" not in entry.evidence
    ):
        evidence.append(INITIATOR)
    return {
        "schema": SCHEMA,
        "flow": exchange.id,
        "started": exchange.request.started,
        "url": clean(exchange.request.url),
        "fetch": entry.fetch.id,
        "client": f"{exchange.client} {judged.client.label}",
        "method": exchange.request.method,
        "status": exchange.response.status if exchange.response is not None else None,
        "role": entry.role,
        "origin": clean(facts.origin) if facts.origin is not None else None,
        "mode": facts.mode,
        "credentials": facts.credentials,
        "destination": facts.destination,
        "evidence": [_evidence(one, clean) for one in evidence],
        "engine": verdict.engine,
        "outcome": ruling.outcome.value,
        "certainty": verdict.certainty,
        "open": verdict.open.label if verdict.open is not None else None,
        "rule": ruling.rule,
        "spec": ruling.spec,
        "step": ruling.step,
        "error": ruling.error,
        "message": clean(ruling.message) if ruling.message is not None else None,
        "cause": explanation.code if explanation is not None else None,
        "title": explanation.title if explanation is not None else None,
        "fix": list(explanation.fix) if explanation is not None else [],
        "todo": explanation.action if explanation is not None else None,
        "who": explanation.actor if explanation is not None else None,
        "branches": {branch.label: _ruling(branch.ruling, clean) for branch in verdict.branches}
        if verdict.divided
        else {},
        "hidden": list(verdict.hidden),
        "advice": list(entry.advice),
        "verdicts": {other.engine: _ruling(other.ruling, clean) for other in judged.others},
        "patched": [clean(edit) for edit in entry.patched.edits] if entry.patched is not None else [],
        "before": _ruling(before, clean) if entry.patched is not None and (before := judged.before) else None,
    }


class Lines:
    """Log records as JSON text, one line each, fit for a terminal: what JSON lets through and a terminal may obey is
    escaped, with `ascii` all that is not.

    Traffic repeats its shapes: all but the first fields of a record are encoded once a shape, unless other engines
    block: what they say is not worked out until it is written.
    """

    def __init__(self, *, secrets: bool = False, ascii: bool = False) -> None:
        self.secrets = secrets
        self._encode = _ESCAPED.encode if ascii else _encode
        self._tails: Memory[tuple[object, ...], str] = Memory(SHAPES, LIMIT)
        # Imported where lines are written: a typed exchange is judged without it. repr() takes four times as long.
        from pydantic_core import to_json

        self._number = to_json

    def line(self, judged: Judged, explanation: Explanation | None = None) -> str:
        """Return the record of a judged exchange and what is known of its cause, without the line's end."""
        entry = judged.entry
        if entry.patched is not None or (entry.differing and judged.alike is None):
            return self._encode(record(judged, explanation, secrets=self.secrets))
        exchange, kind = entry.exchange, judged.kind
        request = exchange.request
        url = request.url if self.secrets else redact(request.url)
        flow, fetch = exchange.id, entry.fetch.id
        quoted, started = _quote(flow), self._number(request.started).decode()
        head = f'{{"schema":{SCHEMA},"flow":{quoted},"started":{started},"url":{_quote(url)},"fetch":'
        head += f"{quoted if fetch == flow else _quote(fetch)},"
        # What is alike is alike in all that is written.
        said: object = (kind, explanation) if kind is not None else _list_said(judged, explanation)
        shape = exchange.client, said, *entry.fetch.evidence.values(), *entry.evidence.values()
        tail = self._tails.get(shape)
        if tail is None:
            told = record(judged, explanation, secrets=self.secrets)
            line = self._encode(told)
            # What other engines say may name the URL.
            if not line.startswith(head) or any(one["message"] for one in told["verdicts"].values()):
                return line
            tail = line[len(head) :]
            # A verdict holds what it turned on, whole, though less of it is written.
            self._tails.put(shape, tail, len(tail) + weigh_exchange(exchange))
        return head + tail


def _list_said(judged: Judged, explanation: Explanation | None) -> tuple[object, ...]:
    """Return what is written of an exchange, but for its evidence, and what is written anew for each."""
    entry, facts, verdict = judged.entry, judged.facts, judged.verdict
    return (
        judged.client.label,
        entry.exchange.request.method,
        entry.exchange.response.status if entry.exchange.response is not None else None,
        entry.role,
        facts.origin,
        facts.mode,
        facts.credentials,
        facts.destination,
        facts.event_source,
        facts.xhr,
        verdict.engine,
        verdict.certainty,
        verdict.hidden,
        entry.advice,
        explanation,
        verdict.branches,
    )


def _encode(fields: dict[str, Any]) -> str:
    line = _READABLE.encode(fields)
    return line if line.isprintable() else _ESCAPED.encode(fields)


def _evidence(evidence: Evidence, clean: Any) -> dict[str, str]:
    fact, value, _, certainty, details = evidence
    because = clean(evidence.because) if details else evidence.because
    return {"fact": fact, "value": value, "because": because, "certainty": certainty}


def _ruling(ruling: Ruling, clean: Any) -> dict[str, Any]:
    return {
        "outcome": ruling.outcome.value,
        "rule": ruling.rule,
        "error": ruling.error,
        "message": clean(ruling.message) if ruling.message is not None else None,
    }


def _same(text: str) -> str:
    return text
