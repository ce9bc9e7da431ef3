"""The catalogue: one object a finding, one module a family."""

from __future__ import annotations

from corsight.policies.rules import (
    caching,
    cors_check,
    credentials,
    exposing,
    isolation,
    origins,
    placement,
    preflight,
    redirect,
)
from corsight.policies.rules.example import Example
from corsight.policies.rules.model import Fix, HeaderEdit, Rule, Subject

FAMILIES = {
    "The CORS check": cors_check,
    "The preflight": preflight,
    "Redirects": redirect,
    "Not CORS": isolation,
    "Headers that do nothing": placement,
    "The allowed origin": origins,
    "Credentials": credentials,
    "Preflights and caches": caching,
    "What a script can read": exposing,
}
"""The families by their titles, decisions first. In the same order advice is given."""

RULES: dict[str, Rule] = {rule.code: rule for family in FAMILIES.values() for rule in family.RULES}
"""Every rule by its code."""
DECISIONS: dict[str, Rule] = {code: rule for code, rule in RULES.items() if rule.kind == "decision"}
"""Those that block."""
ADVICE: dict[str, Rule] = {code: rule for code, rule in RULES.items() if rule.kind == "advice"}
"""Those that do not."""

__all__ = ["ADVICE", "DECISIONS", "FAMILIES", "RULES", "Example", "Fix", "HeaderEdit", "Rule", "Subject"]
