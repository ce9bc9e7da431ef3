"""The catalogue: one object a finding, one module a family."""

from __future__ import annotations

from policies.rules import cors_check, isolation, preflight, redirect
from policies.rules.model import Fix, HeaderEdit, Rule, Situation

RULES: dict[str, Rule] = {
    rule.code: rule for family in (cors_check, preflight, redirect, isolation) for rule in family.RULES
}
"""Every rule by its code."""

__all__ = ["RULES", "Fix", "HeaderEdit", "Rule", "Situation"]
