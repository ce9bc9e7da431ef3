"""Where a rule or an advice stands in its standard: for a rule, the step at which its own example fails."""

from __future__ import annotations

from functools import cache

from corsight.policies.decision.judge import judge
from corsight.policies.rules import RULES
from corsight.policies.value import value

SECTIONS = {
    "#concept-cors-check": "CORS check",
    "#cors-preflight-fetch-0": "CORS-preflight fetch",
    "#concept-cache": "CORS-preflight cache",
    "#cors-protocol-and-http-caches": "CORS protocol and HTTP caches",
    "#cors-protocol-and-credentials": "CORS protocol and credentials",
    "#cors-non-wildcard-request-header-name": "CORS non-wildcard request-header name",
    "#http-responses": "HTTP responses",
    "#http-requests": "HTTP requests",
    "#http-access-control-expose-headers": "Access-Control-Expose-Headers",
}
"""The sections that advice refers to, by the end of their link."""


@value
class Place:
    """A section of a standard, its link, and the number of a step in it; no number where there is none."""

    section: str
    spec: str
    number: str

    def __str__(self) -> str:
        return f"{self.section}, step {self.number}" if self.number else self.section


@cache
def locate(code: str) -> Place:
    """Return where the rule or advice with this code stands. Raises KeyError for a code that is none."""
    rule = RULES[code]
    if rule.kind == "advice":
        section = next(name for end, name in SECTIONS.items() if rule.spec.endswith(end))
        return Place(section, rule.spec, rule.step)
    steps = judge(rule.example.exchange, rule.example.facts, rule.example.engines[0]).branch.steps
    failed = next(step for step in steps if step.rule == code)
    return Place(failed.algorithm.value, failed.algorithm.spec, failed.number)
