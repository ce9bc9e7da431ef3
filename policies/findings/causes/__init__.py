"""The cause of a case: the first family that knows it, else the plain rule.

Each family is a function from a case to its cause, or None. Their order is from the fact that explains all others (no
answer came) to the one that explains least (an engine is alone with its decision).
"""

from __future__ import annotations

from collections.abc import Callable

from corsight.policies.findings.case import Case
from corsight.policies.findings.causes import (
    answers,
    caches,
    errors,
    gates,
    headers,
    layers,
    network,
    null_origin,
    origins,
    plain,
    platforms,
    preflights,
    redirects,
    storage,
)
from corsight.policies.findings.causes.identity import add_registration
from corsight.policies.findings.causes.markup import add_markup
from corsight.policies.findings.causes.neighbours import add_own_name
from corsight.policies.findings.causes.plain import explain_rule
from corsight.policies.findings.causes.platforms import add_platform
from corsight.policies.findings.causes.programs import add_setting
from corsight.policies.findings.model import Cause

FAMILIES: tuple[Callable[[Case], Cause | None], ...] = (
    network.find_failure,
    network.find_denied,
    network.find_unfollowed,
    plain.find_isolation,
    headers.find_misspelt,
    headers.find_sent_by_page,
    gates.find_gate,
    redirects.find_login,
    preflights.find_redirected,
    storage.find_unmatched_rule,
    platforms.find_platform,
    layers.find_refusal,
    preflights.find_refused,
    preflights.find_remembered,
    redirects.find_hop,
    null_origin.find_null_origin,
    caches.find_not_modified,
    caches.find_cached,
    layers.find_unlisted,
    errors.find_error,
    answers.find_page,
    answers.find_dropped,
    answers.find_lacking,
    origins.find_unset,
    origins.find_several,
    origins.find_wildcard,
    origins.find_inexact,
    origins.find_other,
    origins.find_credentials,
    headers.find_method,
    headers.find_names,
    plain.find_lone_engine,
    redirects.find_downgrade,
)

FINISHERS: tuple[Callable[[Cause, Case], Cause], ...] = (
    add_markup,
    add_own_name,
    add_platform,
    add_registration,
    add_setting,
)
"""What adds to a cause what can be done elsewhere than in the server's CORS headers, in this order."""


def explain(case: Case) -> Cause:
    """Return the cause of a case."""
    cause = next((cause for family in FAMILIES if (cause := family(case)) is not None), None) or explain_rule(case)
    return finish(cause, case)


def finish(cause: Cause, case: Case) -> Cause:
    """Return the cause with what can be done elsewhere than in the server's CORS headers."""
    for add in FINISHERS:
        cause = add(cause, case)
    return cause


__all__ = ["FAMILIES", "explain", "explain_rule", "finish"]
