"""A rule or a cause of the catalogue as plain data, with the engines' words: what `corsight rules` and docs/ show."""

from __future__ import annotations

from functools import cache
from typing import Any

from corsight.policies.causes import FAMILIES as CAUSE_FAMILIES
from corsight.policies.causes import KnownCause
from corsight.policies.console import SAYINGS, list_texts
from corsight.policies.decision.advise import advice
from corsight.policies.decision.judge import describe_subject, judge
from corsight.policies.decision.place import locate
from corsight.policies.engines import ENGINES
from corsight.policies.rules import FAMILIES, Rule

NO_HEADER = "No response header can fix this."
KINDS = {
    "decision": "browsers block because of it",
    "failure": "the request fails, but not because of CORS",
    "advice": "advice: nothing is blocked",
}
"""What a rule of each kind means, in words."""
WRITERS = {name: engine.label for name, engine in ENGINES.items()} | {"standard": "Others"}
"""Who writes a text about a cause: servers, libraries and logs do, and several browsers alike."""


CORS_SAYS = {True: "A cause behind a CORS error.", False: "Not a CORS problem."}
"""What `cors` of a cause means, in words."""


def cause_data(cause: KnownCause) -> dict[str, Any]:
    """Return the whole cause for people and for JSON, with what consoles write of it."""
    return {
        "code": cause.code,
        "kind": "cause",
        "family": next(title for title, module in CAUSE_FAMILIES.items() if cause in module.CAUSES),
        "title": cause.title,
        "why": cause.why,
        "advice": cause.advice,
        "actor": cause.actor,
        "cors": cause.cors,
        "stops": cause.stops,
        "console": {engine: texts for engine, sayings in SAYINGS.items() if (texts := list_texts(sayings, cause.code))},
    }


def kind_of(rule: Rule) -> str:
    """Return the rule's key in KINDS: where no response comes, no browser decides anything."""
    return "failure" if rule.kind == "decision" and rule.example.exchange.response is None else rule.kind


@cache
def family(code: str) -> str:
    """Return the title of the rule's family."""
    return next(title for title, module in FAMILIES.items() if any(rule.code == code for rule in module.RULES))


def data(rule: Rule) -> dict[str, Any]:
    """Return the whole rule, its texts filled in from its example, for people and for JSON."""
    place = locate(rule.code)
    return {
        "code": rule.code,
        "kind": rule.kind,
        "family": family(rule.code),
        "title": rule.title,
        "spec": place.spec,
        "step": place.number,
        "section": str(place),
        "why": rule.why,
        "seen": rule.seen,
        "needed": rule.needed,
        "advice": rule.advice,
        "actor": rule.actor,
        "many": rule.many,
        "fix": {"mendable": rule.mendable, "safety": rule.safety, "widens": rule.widens},
        "engines": _engines(rule),
        "example": _example(rule),
    }


def _engines(rule: Rule) -> dict[str, dict[str, Any]]:
    """Return what each engine says of the example: whether it is this rule, and for decisions its error and words."""
    said: dict[str, dict[str, Any]] = {}
    for name, engine in ENGINES.items():
        entry: dict[str, Any] = {"label": engine.label, "says": rule.many or name in rule.example.engines}
        if rule.kind == "decision":
            verdict = judge(rule.example.exchange, rule.example.facts, name)
            ruling = verdict.ruling
            entry |= {
                "outcome": ruling.outcome.value,
                "rule": ruling.rule,
                "error": ruling.error,
                "message": ruling.message,
            }
        said[name] = entry
    return said


def _example(rule: Rule) -> dict[str, Any]:
    """Return the example exchanges, what was seen and needed in them, and the edits that mend the last."""
    example = rule.example
    exchange, facts = example.exchange, example.facts
    texts = [text.partition("\n\n") for text in example.texts]
    filled: dict[str, Any] = {
        "exchanges": [{"request": asked, "response": answered or None} for asked, _, answered in texts],
        "credentials": facts.credentials,
        "seen": rule.seen,
        "needed": rule.needed,
        "edits": [],
        "status": None,
    }
    if exchange.response is not None:
        found = describe_subject(exchange, facts, exchange.response, facts.credentials == "include", _value(rule))
        fix = rule.fix(found)
        filled |= {
            "seen": rule.seen_in(found),
            "needed": rule.needed_in(found),
            "edits": [str(edit) for edit in fix.edits],
            "status": fix.status,
        }
    return filled


def _value(rule: Rule) -> str:
    """Return what the rule turned on in its example."""
    example = rule.example
    for engine in example.engines:
        for found in advice(example.exchange, example.facts, engine, example.preflight):
            if found.code == rule.code:
                return found.value
    return example.value
