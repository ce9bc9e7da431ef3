"""A finding without some of its endpoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from corsight.policies.findings import Finding
from corsight.policies.findings.fingerprint import Trace, fold_ids, fold_port
from corsight.policies.findings.model import Mismatch, Place


def narrow(finding: Finding, keep: Callable[[Trace], bool]) -> Finding | None:
    """Return what is left of a finding at the endpoints that are kept; None where that is nothing.

    What was met beyond the endpoints that are told apart stays with the rest, where there is any. How many of the
    exchanges are certain is not known of each endpoint: as many as can be are taken to be.
    """
    if not finding.traces:
        return finding if keep(Trace(finding.code, "".join(finding.rules[:1]), "", "", "")) else None
    kept = [trace for trace in finding.traces if keep(trace)]
    if len(kept) == len(finding.traces):
        return finding
    if not kept:
        return None
    known = {(trace.method, trace.endpoint, trace.origin) for trace in kept}
    more = finding.count - sum(trace.times for trace in finding.traces)
    count = sum(trace.times for trace in kept) + max(0, more)
    mismatches = [_narrow_mismatch(one, known) for one in finding.mismatches]
    certain = min(finding.certain, count)
    return replace(
        finding,
        traces=tuple(kept),
        places=tuple(place for place in finding.places if _key(place) in known),
        mismatches=tuple(one for one in mismatches if one.places),
        count=count,
        certain=certain,
        likely=count - certain,
    )


def _narrow_mismatch(mismatch: Mismatch, known: set[tuple[str, str, str]]) -> Mismatch:
    return mismatch._replace(places=tuple(place for place in mismatch.places if _key(place) in known))


def _key(place: Place) -> tuple[str, str, str]:
    return place.method, fold_ids(place.url), fold_port(place.origin or "")
