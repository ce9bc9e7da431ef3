"""What facts and branches are called where people read them."""

from __future__ import annotations

from corsight.policies.facts import Facts
from corsight.policies.rules import RULES
from corsight.policies.verdict import Outcome, Role, Ruling, Verdict

ROLES: dict[Role, str] = {"preflight": "Preflight", "redirect": "Redirect", "request": "Request"}

FACTS = {
    "credentials": "credentials",
    "preflight": "preflight",
    "sequel": "what came next:",
    "response": "response",
    "initiator": "initiator",
}
"""What the facts are called that evidence speaks of."""

VALUES = {
    ("credentials", "include"): "sent along",
    ("credentials", "not-include"): "not sent",
    ("sequel", "absent"): "nothing",
    ("sequel", "followed"): "the request",
    ("response", "304"): "a 304 alone",
}

BRANCHES = {
    "credentials=include": "with credentials",
    "credentials=not-include": "without credentials",
    "mode=no-cors": "without CORS (mode no-cors)",
    "mode=cors": "with CORS (mode cors)",
    "mode=same-origin": "as a request to its own origin",
    "page=secure": "from an https page",
    "page=insecure": "from an http page",
    "embedder-policy=unsafe-none": "from a page without Cross-Origin-Embedder-Policy",
    "embedder-policy=require-corp": "from a page with Cross-Origin-Embedder-Policy: require-corp",
    "embedder-policy=credentialless": "from a page with Cross-Origin-Embedder-Policy: credentialless",
    "body=data": "with a body that is data",
    "body=other": "with a body that is no data",
    "destination=script": "by a script element",
    "destination=empty": "by fetch()",
}
"""How the page asked, or what was answered, by a part of a branch's label."""

ACTORS = {
    "server": "whoever runs {host}",
    "client": "whoever writes the page",
    "proxy": "whoever runs the proxy or gateway before {host}",
    "nobody": "nobody: this is how it should be",
}
"""Who has to act, by the rule's actor."""


def branch_words(label: str, other: str = "") -> str:
    """A branch's label in words, as far as `other` differs from it."""
    known = other.split()
    return ", ".join(BRANCHES.get(part, part) for part in label.split() if part not in known)


def ruling_words(outcome: Outcome, title: str | None) -> str:
    """An outcome in one clause."""
    words = {
        Outcome.ALLOWED: "allowed",
        Outcome.BLOCKED: "blocked",
        Outcome.OPAQUE: "usable, and not readable (an opaque response)",
        Outcome.NOT_CORS: "no matter of CORS",
    }[outcome]
    return f"{words}: {title}" if title is not None else words


def title_of(ruling: Ruling) -> str | None:
    """The title of the rule that decided, None where none did."""
    return None if ruling.rule is None else RULES[ruling.rule].title


def credentials_words(facts: Facts, verdict: Verdict, include: bool) -> str:
    """What is known of the credentials mode."""
    if facts.credentials != "unknown":
        return "sent along (mode include)" if facts.credentials == "include" else "not sent"
    if not any("credentials=" in label for label in verdict.branches):
        return "not known, and the verdict does not turn on it"
    return f"not known: taken to be {'sent along' if include else 'not sent'}"
