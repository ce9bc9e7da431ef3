"""Something before the application answered: a tunnel's warning page, a port that is not public, another program, a
check for robots.

Each is told by its own product, which says whose turn it is and what lets pages pass there.
"""

from __future__ import annotations

from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.phrases import NEVER_SENT, describe_preflight, describe_told_by
from corsight.policies.findings.model import Cause
from corsight.policies.findings.products import Kind

CODES: dict[Kind, str] = {
    "warning": "tunnel-warning-page",
    "offline": "tunnel-offline",
    "private": "tunnel-port-private",
    "challenge": "challenge-in-place-of-reply",
    "stranger": "another-program-answered",
    "absent": "nothing-deployed-there",
}
TITLES: dict[Kind, str] = {
    "warning": "The warning page of {} answered instead of the application",
    "offline": "The tunnel is not connected: {} answered instead of the application",
    "private": "The port is not public: {} asks for a login before the request reaches the application",
    "challenge": "{} stopped the request: its check answered instead of the application",
    "stranger": "Another program answered instead of the application: {}",
    "absent": "Nothing seems to be deployed at this address: {} answered instead",
}
WHATS: dict[Kind, str] = {
    "warning": "a page that warns visitors about the tunnel, instead of the application's response",
    "offline": "an error of its own, because nothing answers at the other end of the tunnel",
    "private": "its own login, instead of the application's response. Preflights do not carry the cookie that it "
    "needs, and a script cannot log in there",
    "stranger": "a response of its own: it listens on the application's host and port, so the request does not reach "
    "the application",
    "absent": "its own page, because it knows no application at that host or path",
    "challenge": "a bot check or a firewall's refusal, instead of the application's response. A script cannot pass "
    "such a check",
}


def find_gate(case: Case) -> Cause | None:
    """Return what answered in place of the application, where it is a product that is known to do so."""
    reply = case.reply
    if reply is None or reply.product is None or not case.rule.startswith(("allow-origin-missing", "preflight-")):
        return None
    kind, product = reply.product.kind, reply.product.product
    if kind not in CODES or (reply.allow_origin and case.rule != "preflight-status-not-ok"):
        return None
    if kind == "absent" and (case.passed or any(status < 400 for status in case.standing.bare)):
        # Something is there: it is the application's own answer.
        return None
    title = TITLES[kind].format(product.name)
    asked = f"{'the preflight for ' if case.preflight else ''}{case.asked}"
    return Cause(
        CODES[kind],
        title[:1].upper() + title[1:],
        f"{case.host} answered {asked} with status {reply.status}: {product.name} sent {WHATS[kind]}. That has no CORS "
        f"header for the page, so the browser reports a CORS error. {NEVER_SENT if case.preflight else ''}".rstrip(),
        product.cure,
        product.actor,
        (describe_told_by(case, product.name), *describe_preflight(case)),
        "certain" if reply.product.header and kind != "absent" else "likely",
        edits=False,
        needed="the application's own response, with its CORS headers",
    )
