"""Pages that were blocked, and that a policy nearly lets in: by another scheme, port, name of this computer, or www."""

from __future__ import annotations

from typing import NamedTuple

from corsight.policies.server.match import Index
from corsight.policies.server.phrases import word_near
from corsight.policies.server.respond import grants_origin
from corsight.policies.session import Judged
from corsight.policies.verdict import Outcome


class Nearly(NamedTuple):
    """A page's origin that a policy does not name, and what `near` it names instead: `names … which …`."""

    policy: str
    origin: str
    near: str


def find_nearly(policies: Index, judged: Judged) -> Nearly | None:
    """Return how nearly the policy for an exchange lets its page in; None where the server blocked nothing there, or
    the policy names the page, or none like it.
    """
    before = judged.before
    ruling = judged.verdict.ruling if before is None else before
    origin = judged.facts.origin
    if ruling.outcome is not Outcome.BLOCKED or origin is None:
        return None
    policy = policies.find(judged.entry.exchange.request.url)
    if policy is None or grants_origin(policy, origin):
        return None
    near = word_near(origin, policy.origins)
    return Nearly(policy.name, origin, near) if near else None
