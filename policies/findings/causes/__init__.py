"""The cause of a case: the first family that knows it, else the plain rule.

Each family is a function from a case to its cause, or None. Their order is from the fact that explains all others (no
answer came) to the one that explains least (an engine is alone with its decision).
"""

from __future__ import annotations

from collections.abc import Callable

from corsight.policies.findings.case import Case
from corsight.policies.findings.causes import (
    caches,
    engines,
    errors,
    headers,
    isolation,
    network,
    null_origin,
    origins,
    preflights,
    redirects,
    spelling,
)
from corsight.policies.findings.causes.plain import plain
from corsight.policies.findings.model import Cause

Family = Callable[[Case], Cause | None]

FAMILIES: tuple[Family, ...] = (
    network.no_answer,
    network.not_followed,
    isolation.not_cors,
    spelling.misspelt,
    headers.sent_by_page,
    preflights.redirected,
    preflights.refused,
    preflights.remembered,
    null_origin.where_from,
    caches.not_modified,
    caches.answered_from_cache,
    redirects.hop,
    errors.error_reply,
    origins.two_layers,
    origins.wildcard,
    origins.not_exact,
    origins.another,
    origins.credentials,
    headers.methods,
    headers.names,
    engines.one_engine,
    redirects.to_http,
)


def explain(case: Case) -> Cause:
    """The cause of a case."""
    for family in FAMILIES:
        cause = family(case)
        if cause is not None:
            return cause
    return plain(case)


__all__ = ["FAMILIES", "explain", "plain"]
