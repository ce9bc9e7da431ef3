"""What was seen of one blocked exchange and what was needed, in words; and why a verdict is only likely."""

from __future__ import annotations

from corsight.policies.decision.judge import describe_subject
from corsight.policies.decision.mend import mend
from corsight.policies.exchange import Exchange, Response
from corsight.policies.facts import Facts
from corsight.policies.findings.model import Place, Seen, Unsure, shown
from corsight.policies.rules import RULES, Rule
from corsight.policies.session import Judged
from corsight.policies.session.fetches import Entry
from corsight.policies.verdict import Branch, Outcome, Ruling, Unknown

ALLOW_ORIGIN, ALLOW_CREDENTIALS = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"
ALLOW_METHODS, ALLOW_HEADERS = "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"
RESOURCE_POLICY = "Cross-Origin-Resource-Policy"
STATUS = "status"
EMPTY = "(empty)"

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
    "opaque-response-blocked": ("Content-Type", "X-Content-Type-Options"),
    "network-error": (STATUS,),
}
"""What of the response each blocking rule looks at, and so is shown of it."""


def place_of(judged: Judged) -> Place:
    """Where it was, counted once."""
    facts, exchange = judged.facts, judged.entry.exchange
    method = facts.method if facts.role == "preflight" else exchange.request.method
    origin = None if facts.origin is None else shown(facts.origin)
    return Place(shown(method, 40), shown(exchange.request.url.partition("?")[0]), origin, 1)


def seen_of(judged: Judged) -> Seen:
    """What came and what was needed at a blocked exchange, without its place."""
    facts, exchange, verdict = judged.facts, judged.entry.exchange, judged.verdict
    rule, response = RULES[verdict.ruling.rule or ""], facts.response
    fix = mend(exchange, judged.settled, verdict.engine)
    edits: tuple[str, ...] = ()
    if fix is not None:
        edits = (
            *((f"answer OPTIONS with status {fix.status}",) if fix.status else ()),
            *(shown(f"{edit.name}: {edit.value or EMPTY}") for edit in fix.edits),
        )
    return Seen(
        facts.role,
        was(rule, exchange, response),
        needed(rule, exchange, facts, response),
        edits,
        judged.entry.stored is not None,
        (),
    )


def needed(rule: Rule, exchange: Exchange, facts: Facts, response: Response | None) -> str:
    """What would have satisfied the rule."""
    if response is None:
        return rule.needed
    return shown(rule.needed_in(describe_subject(exchange, facts, response, include=False)))


def was(rule: Rule, exchange: Exchange, response: Response | None) -> tuple[str, ...]:
    """What the rule turned on, as it came."""
    if response is None:
        instead = exchange.proxy_status
        return ("no answer" if instead is None else f"no answer; the proxy sent status {instead} in its place",)
    lines: list[str] = []
    for what in TURNED_ON.get(rule.code, (STATUS,)):
        if what == STATUS:
            lines.append(f"status {response.status}")
            continue
        values = response.headers.lines(what.lower())
        lines += [shown(f"{what}: {value or EMPTY}") for value in values[:5]]
        if not values and not lines:
            lines.append(f"no {what}")
    if rule.code == "allow-origin-missing":
        lines = [f"no {ALLOW_ORIGIN} (status {response.status})"]
    return tuple(lines)


# -- what is not certain ---------------------------------------------------------------------------------------------


def unsure_of(judged: Judged) -> Unsure:
    """Why this verdict is only likely, counted once."""
    entry, verdict, branch = judged.entry, judged.verdict, judged.verdict.branch
    other = next((one for one in verdict.branches if one.outcome is not verdict.outcome), None)
    evidence = [one for one in (*entry.fetch.evidence.values(), *entry.evidence.values()) if one.certainty == "likely"]
    because = evidence[-1].because if evidence else _default(entry, branch)
    if other is None:
        return Unsure("", because, "", 1)
    otherwise = f"{other.describe(branch)}, it is {_outcome(other.ruling)}"
    return Unsure(branch.describe(other), because, otherwise, 1)


def _default(entry: Entry, branch: Branch) -> str:
    response = entry.stored or entry.exchange.response
    if branch.assumed(Unknown.CREDENTIALS) == "include":
        allows = response is not None and response.headers.get(ALLOW_CREDENTIALS.lower()) == "true"
        return "the response allows them" if allows else "the page's other requests to this server have them"
    return "nothing points to the contrary"


def _outcome(ruling: Ruling) -> str:
    return f"blocked by {ruling.rule}" if ruling.outcome is Outcome.BLOCKED else ruling.outcome.value
