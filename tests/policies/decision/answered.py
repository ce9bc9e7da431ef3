"""The decision, asked of an exchange whose facts leave its response out: it is then the exchange's own."""

from __future__ import annotations

from dataclasses import replace

from corsight.policies.decision import judge as judging
from corsight.policies.decision import mend as mending
from corsight.policies.decision import patch as patching
from corsight.policies.exchange import Exchange
from corsight.policies.facts import Facts
from corsight.policies.rules import Fix
from corsight.policies.verdict import EngineName, Verdict


def complete(exchange: Exchange, facts: Facts) -> Facts:
    """Return the facts with the exchange's response, unless they have one."""
    return replace(facts, response=facts.response or exchange.response)


def judge(exchange: Exchange, facts: Facts, engine: EngineName) -> Verdict:
    return judging.judge(exchange, complete(exchange, facts), engine)


def survey(exchange: Exchange, facts: Facts, engine: EngineName) -> tuple[Verdict, tuple[EngineName, ...]]:
    return judging.survey(exchange, complete(exchange, facts), engine)


def mend(exchange: Exchange, facts: Facts, engine: EngineName) -> Fix | None:
    return mending.mend(exchange, complete(exchange, facts), engine)


def find_hindrance(exchange: Exchange, facts: Facts, engine: EngineName) -> str | None:
    return mending.find_hindrance(exchange, complete(exchange, facts), engine)


def patch_by_fix(exchange: Exchange, facts: Facts, engine: EngineName, marker: str) -> patching.Patch | None:
    return patching.patch_by_fix(exchange, complete(exchange, facts), engine, marker)
