"""Blocked beside CORS: Cross-Origin-Resource-Policy, the page's embedder policy, opaque response blocking."""

from __future__ import annotations

from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.plain import answered
from corsight.policies.findings.model import Cause
from corsight.policies.rules import RULES

CORP = ("corp-same-origin", "corp-same-site", "corp-required-by-coep")
TITLES = {
    "corp-same-origin": "Not CORS: the resource is kept to its own origin (Cross-Origin-Resource-Policy)",
    "corp-same-site": "Not CORS: the resource is kept to its own site (Cross-Origin-Resource-Policy)",
    "corp-required-by-coep": "Not CORS: the page isolates itself (COEP), and this resource does not opt in",
    "opaque-response-blocked": "Not CORS: data was asked for as if it were an image or a script (ORB)",
}


def not_cors(case: Case) -> Cause | None:
    """What kept the response from the page where CORS was not asked."""
    title = TITLES.get(case.rule)
    if title is None:
        return None
    rule = RULES[case.rule]
    evidence = [
        f"The request's mode is {case.facts.mode}: it was made without CORS, as elements do without crossorigin."
    ]
    if case.rule == "opaque-response-blocked":
        return Cause(
            case.rule,
            title,
            f"{answered(case)} {rule.why} Allowing the origin changes nothing while the page asks without CORS.",
            rule.advice,
            "client",
            tuple(evidence),
            edits=False,
        )
    return Cause(case.rule, title, f"{answered(case)} {rule.why}", rule.advice, rule.actor, tuple(evidence))
