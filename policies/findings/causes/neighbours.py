"""A page that asks its own server by another name of it: www., localhost for 127.0.0.1, https for http."""

from __future__ import annotations

from dataclasses import replace

from corsight.policies.fetch.origin import split_origin
from corsight.policies.findings.case import Case
from corsight.policies.findings.model import Cause
from corsight.policies.findings.words import clean
from corsight.policies.rules.nearness import compare_origins

RULES = frozenset({"allow-origin-missing", "allow-origin-mismatch"})
KINDS = frozenset({"www", "loopback", "scheme"})


def add_own_name(cause: Cause, case: Case) -> Cause:
    """Return the cause with what the page can do where it asks its own server, most likely, by another name."""
    page = case.page_origin
    if case.rule not in RULES or page is None or case.redirected:
        return cause
    difference = compare_origins(page, case.server)
    here, there = split_origin(page), split_origin(case.server)
    if difference is None or difference.kind not in KINDS or here is None or there is None:
        return cause
    if difference.kind != "scheme" and here[2] != there[2]:
        return cause
    return replace(
        cause,
        action=f"{cause.action} Most likely this is the page's own server, and only the {difference.what} differs: "
        f"request a path alone (such as /api) or open the page at {clean(case.server)}, and no CORS is needed.",
    )
