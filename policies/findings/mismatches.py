"""Mismatches: what a blocked exchange had and what its rule expects, in words."""

from __future__ import annotations

from corsight.policies.decision.judge import describe_subject
from corsight.policies.decision.mend import RESOURCE_POLICY, mend
from corsight.policies.findings.model import Mismatch, Place
from corsight.policies.findings.sample import Sample
from corsight.policies.findings.words import LONGEST, clean, name_header, strip_query
from corsight.policies.rules import RULES
from corsight.policies.rules.cors_check import ALLOW_CREDENTIALS, ALLOW_ORIGIN
from corsight.policies.rules.preflight import ALLOW_HEADERS, ALLOW_METHODS

STATUS = "status"

TURNED_ON = {
    "allow-origin-missing": (STATUS,),
    "allow-origin-wildcard": (ALLOW_ORIGIN,),
    "allow-origin-multiple": (ALLOW_ORIGIN,),
    "allow-origin-invalid": (ALLOW_ORIGIN,),
    "allow-origin-mismatch": (ALLOW_ORIGIN,),
    "allow-credentials-not-true": (ALLOW_CREDENTIALS,),
    "preflight-status-not-ok": (STATUS,),
    "preflight-redirect": (STATUS, "Location"),
    "preflight-allow-methods-invalid": (ALLOW_METHODS,),
    "preflight-allow-headers-invalid": (ALLOW_HEADERS,),
    "preflight-method-not-allowed": (ALLOW_METHODS,),
    "preflight-header-not-allowed": (ALLOW_HEADERS,),
    "redirect-userinfo": ("Location",),
    "redirect-scheme": ("Location",),
    "redirect-location-invalid": ("Location",),
    "redirect-too-many": ("Location",),
    "redirect-cross-origin": ("Location",),
    "mixed-content": ("Location",),
    "corp-same-origin": (RESOURCE_POLICY,),
    "corp-same-site": (RESOURCE_POLICY,),
    "corp-required-by-coep": (RESOURCE_POLICY,),
    "worker-needs-coep": ("Cross-Origin-Embedder-Policy",),
    "opaque-response-blocked": ("Content-Type", "X-Content-Type-Options"),
    "nosniff-mime-type": ("Content-Type", "X-Content-Type-Options"),
    "mime-type-blocked": ("Content-Type",),
    "proxy-authentication": (STATUS,),
    "redirect-refused": (STATUS, "Location"),
    "local-network-access": (STATUS,),
    "network-error": (STATUS,),
}
"""What of the response each blocking rule looks at, and so is shown of it."""


def find_place(sample: Sample) -> Place:
    """Return where the exchange was, counted once."""
    origin = sample.facts.origin
    return Place(clean(sample.method, 40), strip_query(sample.url, LONGEST), None if origin is None else clean(origin))


def find_mismatch(sample: Sample) -> Mismatch:
    """Return what was expected of a blocked exchange and what it had, without its place."""
    facts, rule, response = sample.facts, RULES[sample.rule], sample.response
    expected, edits = rule.needed, list[str]()
    if response is not None:
        expected = clean(rule.needed_in(describe_subject(sample.exchange, facts, response, include=False)))
        fix = mend(sample.exchange, sample.judged.settled, sample.verdict.engine)
        if fix is not None:
            edits += [f"answer OPTIONS with status {fix.status}"] if fix.status else []
            edits += [name_header(edit.name, edit.value) for edit in fix.edits]
    return Mismatch(facts.role, list_actual(sample), expected, tuple(edits), sample.entry.stored is not None)


def list_actual(sample: Sample) -> tuple[str, ...]:
    """Return the lines of the response that the rule turned on."""
    response, rule = sample.response, sample.rule
    if response is None:
        status = sample.exchange.proxy_status
        return ("no answer" if status is None else f"no answer; the proxy sent status {status} in its place",)
    if rule == "allow-origin-missing":
        return (f"no {ALLOW_ORIGIN} (status {response.status})",)
    lines: list[str] = []
    for name in TURNED_ON.get(rule, (STATUS,)):
        values = response.headers.lines(name.lower())
        if name == STATUS:
            lines.append(f"status {response.status}")
        elif values or not lines:
            lines += [name_header(name, value) for value in values[:5] or (None,)]
    return tuple(lines)
