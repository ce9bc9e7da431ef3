"""A storage that answers by the CORS rules of a bucket or account, none of which matches what was asked."""

from __future__ import annotations

from corsight.policies.fetch.redirect import REDIRECT_STATUSES
from corsight.policies.findings.case import Case
from corsight.policies.findings.causes.phrases import NEVER_SENT, describe_spelling, describe_told_by
from corsight.policies.findings.model import Cause
from corsight.policies.findings.words import clean, clean_all, join


def find_unmatched_rule(case: Case) -> Cause | None:
    """Return that no CORS rule of a storage matches, and which part of it does not, as far as that shows."""
    reply = case.reply
    if case.rule != "allow-origin-missing" or reply is None or reply.product is None or reply.product.kind != "storage":
        return None
    # Of a request's own error the error is the problem: whether a rule matches is not told by it.
    if reply.status in REDIRECT_STATUSES or (not case.preflight and reply.status >= 400):
        return None
    if case.stored is not None and not case.stored.own:
        # The storage answered somebody else then: a cache holds that.
        return None
    product, method, names = reply.product.product, clean(case.method, 40), clean_all(case.names, 8)
    asked = f"{case.page}, with the method {method}"
    asked += f" and the header{'s' if len(names) > 1 else ''} {join(names)}" if names and case.preflight else ""
    listed = bool(case.passed or case.standing.preflights)
    evidence = [describe_told_by(case, product.name)]
    if listed:
        evidence.append(
            f"The origin {case.page} is on a list: it is allowed on other responses of {case.host}. So no rule lists "
            f"the origin together with the method {method}{' and all of the headers' if names else ''}."
        )
    evidence += describe_spelling(case)
    return Cause(
        "storage-rule-does-not-match",
        f"No CORS rule of the bucket ({product.name}) matches this page's {method}",
        f"{case.host} is {product.name}, and it answered {'the preflight for ' if case.preflight else ''}{case.asked} "
        f"with status {reply.status} and no CORS header. It uses the CORS rules of the bucket (or account): none of "
        f"them lists {asked}, or there are no rules at all. {NEVER_SENT if case.preflight else ''}".rstrip(),
        f"{product.cure} List {asked}.",
        "server",
        tuple(evidence),
        "certain" if case.preflight and reply.product.header else "likely",
        edits=False,
        needed=f"a CORS rule of the bucket with the origin {asked}",
    )
