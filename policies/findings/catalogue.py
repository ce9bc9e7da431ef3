"""The causes that findings name, by their permanent codes: what each is, in one line."""

from __future__ import annotations

from corsight.policies.causes import FAMILIES, beside, script
from corsight.policies.rules import RULES

CAUSES: dict[str, str] = {
    one.code: one.title for family in FAMILIES.values() if family not in (beside, script) for one in family.CAUSES
}
"""What each cause that traffic shows is. A finding's code is one of these, or that of a rule."""


def summary(code: str) -> str:
    """Return what a finding's code means, in one line; raises KeyError for a code that is none."""
    return CAUSES.get(code) or RULES[code].title
