"""Names of facts and outcomes in texts."""

from __future__ import annotations

from corsight.policies.engines import ENGINES
from corsight.policies.facts import Facts, Role
from corsight.policies.rules import RULES
from corsight.policies.verdict import Outcome, Ruling, Unknown, Verdict

ROLES: dict[Role, str] = {"preflight": "Preflight", "redirect": "Redirect", "request": "Request"}

FACTS = {
    "credentials": "credentials",
    "mode": "request mode",
    "preflight": "preflight",
    "sequel": "what came next:",
    "response": "response",
    "headers": "headers",
    "told": "the browser",
}
"""The names of the facts that evidence speaks of."""

VALUES = {
    ("credentials", "include"): "sent",
    ("credentials", "not-include"): "not sent",
    ("sequel", "absent"): "nothing",
    ("sequel", "followed"): "the request",
    ("response", "304"): "a 304 alone",
    ("response", "cached"): "a cached one",
    ("initiator", "xhr"): "XMLHttpRequest",
}


def name_client(label: str) -> str:
    """Return a client's label with its engine's proper name."""
    name, space, version = label.partition(" ")
    policy = next((policy for policy in ENGINES.values() if policy.name == name), None)
    return label if policy is None else f"{policy.label}{space}{version}"


def ruling_words(outcome: Outcome, title: str | None) -> str:
    """Return an outcome in one clause."""
    words = {
        Outcome.ALLOWED: "allowed",
        Outcome.BLOCKED: "blocked",
        Outcome.OPAQUE: "usable but not readable by scripts (an opaque response)",
        Outcome.NOT_CORS: "not subject to CORS",
    }[outcome]
    return f"{words}: {title}" if title is not None else words


def title_of(ruling: Ruling) -> str | None:
    """Return the title of the rule that decided, None where none did."""
    return None if ruling.rule is None else RULES[ruling.rule].title


def credentials_words(facts: Facts, verdict: Verdict, include: bool) -> str:
    """Return in words what is known of the credentials mode."""
    if facts.credentials != "unknown":
        return "sent (mode include)" if facts.credentials == "include" else "not sent"
    if verdict.branch.assumed(Unknown.CREDENTIALS) is None:
        return "not known, but the verdict does not depend on them"
    return f"not known, assumed {'sent along' if include else 'not sent'}"
