"""The facts as a verdict takes them: every unknown in them settled the way of the branch that is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from corsight.policies.decision.judge import judge
from corsight.policies.exchange import Exchange
from corsight.policies.facts import Facts
from corsight.policies.fetch.corp import EmbedderPolicy
from corsight.policies.value import value
from corsight.policies.verdict import CredentialsMode, Verdict


@value
class Pinned:
    """Facts without unknowns. `label` names what only a response's body tells, where the verdict turned on that."""

    facts: Facts
    label: str = ""

    @property
    def include(self) -> bool:
        """Whether the credentials mode is include."""
        return self.facts.credentials == "include"


def pin(exchange: Exchange, facts: Facts, verdict: Verdict) -> Pinned:
    """The facts under which the verdict's engine says what the verdict says: the likelier values wherever it can."""
    first: Pinned | None = None
    for candidate in _candidates(facts):
        again = judge(exchange, candidate, verdict.engine)
        first = first or Pinned(candidate)
        if again.ruling == verdict.ruling and not again.branches:
            return Pinned(candidate)
        for label, ruling in again.branches.items():
            if ruling == verdict.ruling:
                return Pinned(candidate, label)
    assert first is not None
    return first


def _candidates(facts: Facts) -> Iterator[Facts]:
    """Every value the unknown facts can have, the likelier ones first."""
    credentials: list[CredentialsMode] = [facts.credentials]
    if facts.credentials == "unknown":
        credentials = ["include", "not-include"] if facts.likelier == "include" else ["not-include", "include"]
    taintings = [facts.tainting] if facts.tainting_too is None else [facts.tainting, facts.tainting_too]
    secures = [True, False] if facts.secure is None else [facts.secure]
    embedders: list[EmbedderPolicy] = [facts.likelier_embedder if facts.embedder is None else facts.embedder]
    if facts.embedder is None:
        embedders += ["unsafe-none", "require-corp"]
    for mode, tainting, secure, embedder in product(credentials, taintings, secures, embedders):
        yield replace(facts, credentials=mode, tainting=tainting, tainting_too=None, secure=secure, embedder=embedder)
