"""Findings, fetches and messages as results."""

from __future__ import annotations

import io
from collections.abc import Sequence

from corsight.policies import findings as diagnosed
from corsight.policies.causes import CAUSES
from corsight.policies.rules import RULES
from corsight.policies.session import Judged
from corsight.policies.story import Part, Story, tell
from corsight.policies.story.text import elsewhere, evidence, lines
from corsight.policies.story.words import ruling_words
from corsight.policies.verdict import Outcome
from corsight.scripts.agents import results
from corsight.scripts.agents.traffic import Traffic, find_end
from corsight.scripts.report.rules import write_cause, write_rule

PLACES, FETCHES, LISTED, STEPS = 5, 5, 8, 12
"""How many places and fetches of a finding, entries of other lists, and exchanges of a fetch are told."""


def mean(code: str) -> str:
    """Return what a code of the catalogue says in general."""
    if code in CAUSES:
        return CAUSES[code].title.rstrip(".")
    return RULES[code].title if code in RULES else code


def write_finding_item(traffic: Traffic, name: str, finding: diagnosed.Finding) -> results.FindingItem:
    """Return a finding in short."""
    return results.FindingItem(**_finding_fields(traffic, name, finding))


def write_finding(traffic: Traffic, name: str, finding: diagnosed.Finding) -> results.Finding:
    """Return a finding in full."""
    needed = next((one.expected for one in finding.mismatches), None)
    return results.Finding(
        **_finding_fields(traffic, name, finding),
        cause=finding.cause,
        evidence=list(finding.evidence[:LISTED]),
        action=finding.action,
        needed=needed,
        care=list(finding.care[:LISTED]),
        rules=list(finding.rules[:LISTED]),
        console=[
            f"{one.engine}{f' ({one.error})' if one.error else ''}: {one.text}" for one in finding.console[:LISTED]
        ],
        doubts=[f"Taken as {one.taken}, since {one.because}; {one.otherwise}" for one in finding.doubts[:LISTED]],
        others=list(dict.fromkeys(one.engine for one in finding.others)),
    )


def _finding_fields(traffic: Traffic, name: str, finding: diagnosed.Finding) -> dict[str, object]:
    fix = dict.fromkeys(line for one in finding.mismatches for line in one.fix)
    places = [results.PlaceLine.model_validate(one) for one in finding.places[:PLACES]]
    fetches = [traffic.name_fetch(fetch) for fetch in traffic.find_fetches(finding.exchanges[:FETCHES])]
    return {
        "id": name,
        "recording": traffic.name,
        "kind": finding.kind,
        "code": finding.code,
        "means": mean(finding.code),
        "title": finding.title,
        "who": finding.actor,
        "certainty": finding.certainty,
        "count": finding.count,
        "certain": finding.certain,
        "likely": finding.likely,
        "fix": list(fix)[:LISTED],
        "places": places,
        "more_places": len(finding.places) - len(places) + finding.more,
        "fetches": fetches,
    }


def write_fetch_item(traffic: Traffic, fetch: Sequence[Judged]) -> results.FetchItem:
    """Return a fetch in a line."""
    return results.FetchItem(**_fetch_fields(traffic, list(fetch)))


def _fetch_fields(traffic: Traffic, fetch: list[Judged]) -> dict[str, object]:
    end = find_end(fetch)
    doubt = end.verdict.open
    facts, exchange = end.facts, end.entry.exchange
    explanation = traffic.explain(end)
    code = doubt.ruling.rule if doubt is not None else None if explanation is None else explanation.code
    title = RULES[code].title if doubt is not None and code in RULES else None
    return {
        "id": traffic.name_fetch(fetch),
        "recording": traffic.name,
        "method": facts.method or exchange.request.method,
        "url": facts.chain[0] if facts.chain else fetch[0].entry.exchange.request.url,
        "origin": facts.page_origin if facts.page_origin is not None else facts.origin,
        "status": None if exchange.response is None else exchange.response.status,
        "engine": end.verdict.engine,
        "outcome": end.verdict.outcome,
        "certainty": end.verdict.certainty,
        "open": None if doubt is None else doubt.describe(end.verdict.branch),
        "stopped_at": end.entry.role if end.verdict.outcome is Outcome.BLOCKED else None,
        "code": code,
        "title": title if explanation is None else explanation.title,
    }


def write_fetch(traffic: Traffic, fetch: list[Judged], *, steps: bool) -> results.Fetch:
    """Return a fetch, told; with `steps`, every step in words and the picture."""
    with traffic.changed:
        story = tell(fetch, traffic.known)
    return results.Fetch(
        **_fetch_fields(traffic, fetch),
        conclusion=story.conclusion,
        exchanges=write_exchanges(story),
        unknown=list(story.unknown[:LISTED]),
        story="\n".join(lines(story)) if steps else None,
    )


def write_exchanges(story: Story) -> list[results.Exchange]:
    """Return the exchanges of a fetch; of very many, the last ones."""
    return [_write_exchange(part, story if part is story.end else None) for part in story.parts[-STEPS:]]


def _write_exchange(part: Part, story: Story | None) -> results.Exchange:
    failed = next((one for one in part.steps if one.outcome == "failed"), None)
    remedy = part.remedy
    grounds = [*part.grounds, *(evidence(one) for one in part.evidence)]
    grounds += [] if story is None else [evidence(one) for one in story.evidence]
    named = "" if part.error is None else f"({part.error}) "
    return results.Exchange(
        role=part.role,
        method=part.method,
        url=part.url,
        status=part.status,
        outcome=part.outcome,
        certainty=part.certainty,
        open=None if part.open is None else f"{part.open.when}: {part.open.title}",
        rule=part.rule,
        cause=part.cause,
        title=part.title,
        why=part.why,
        failed=None if failed is None else results.FailedStep.model_validate(failed),
        evidence=grounds[:LISTED],
        fix=[] if remedy is None else list(remedy.edits[:LISTED]),
        advice=None if remedy is None else remedy.advice,
        who=None if remedy is None else remedy.actor,
        care=[] if remedy is None else list(remedy.care[:LISTED]),
        console=None if part.message is None else f"{named}{part.message}",
        elsewhere=[elsewhere(one) for one in part.elsewhere[:LISTED]],
        branches=[f"{one.when or 'otherwise'}: {ruling_words(one.outcome, one.title)}" for one in part.branches][
            :LISTED
        ],
        hidden=list(part.hidden[:LISTED]),
    )


def write_entry(code: str) -> str | None:
    """Return what `corsight rules CODE` says; None where the catalogue has no such code."""
    page = io.StringIO()
    if code in RULES:
        write_rule(RULES[code], page)
    elif code in CAUSES:
        write_cause(CAUSES[code], page)
    return page.getvalue() or None
