"""What a finding's code means, in one line: a cause's, or that of a rule."""

from __future__ import annotations

from corsight.policies.causes import answers, headers, instead, network
from corsight.policies.rules import RULES

CAUSES: dict[str, str] = {
    cause.code: cause.title for family in (answers, instead, headers, network) for cause in family.CAUSES
}
"""What each cause is. A finding's code is one of these, or that of a rule."""


def summary(code: str) -> str:
    """What a finding's code means, in one line; raises KeyError for a code that is none."""
    return CAUSES.get(code) or RULES[code].title
