"""Makes the report: findings with their fetches told, and what was gathered beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from corsight.policies.decision.place import locate
from corsight.policies.fetch.origin import origin_of
from corsight.policies.findings import Finding
from corsight.policies.findings.text import list_doubts, list_settling, tally
from corsight.policies.redact import redact, shown
from corsight.policies.report import model
from corsight.policies.report.found import Found
from corsight.policies.report.gather import Gathered
from corsight.policies.rules import RULES
from corsight.policies.server.export import TARGETS, RecipeError, render, write_remark
from corsight.policies.server.infer import Inferred, infer
from corsight.policies.session import Judged
from corsight.policies.story import Story, tell
from corsight.policies.story.picture import picture
from corsight.policies.story.text import describe_request
from corsight.policies.story.words import name_client
from corsight.policies.verdict import Outcome

EXCHANGES = 20
"""How many exchanges of a finding are shown."""


def make_report(
    found: Sequence[Found],
    gathered: Gathered,
    *,
    version: str,
    engine: str,
    recordings: Iterable[model.Recording] = (),
    remarks: Iterable[str] = (),
    records: Mapping[str, Mapping[str, Any]] | None = None,
    tests: Sequence[model.Test] = (),
) -> model.Report:
    """Return the report.

    `records` are the log's records of the exchanges that `list_flows` names, by their ids. `tests` are those that the
    exchanges are of.
    """
    records = records or {}
    named = [
        model.Met(method=shown(method, 40), url=shown(url), **endings)
        for (method, url), endings in sorted(gathered.endpoints.items(), key=lambda one: (one[0][1], one[0][0]))
    ]
    return model.Report(
        version=version,
        engine=engine,
        recordings=[one.model_copy(update={"name": shown(one.name)}) for one in recordings],
        remarks=[shown(remark, 1000) for remark in remarks],
        clients=[
            model.Client(name=shown(name_client(name)), exchanges=count)
            for name, count in gathered.clients.most_common()
        ],
        totals=_total(gathered),
        findings=[
            _write_finding(one, gathered.fetches.get(one.judged.entry.fetch.id, []), records).model_copy(
                update={"tests": [test.name for test in tests if _has_met(test, one.finding)]}
            )
            for one in found
        ],
        endpoints=named,
        more_endpoints=gathered.more_endpoints,
        tests=list(tests),
    )


def _has_met(test: model.Test, finding: Finding) -> bool:
    return any(trace.fingerprint in test.endpoints for trace in finding.traces)


def list_flows(found: Iterable[Found]) -> set[str]:
    """Return the ids of the exchanges that the report shows."""
    return {flow for one in found for flow in one.finding.exchanges[:EXCHANGES]}


def list_servers(gathered: Gathered, hosts: Iterable[str]) -> list[model.Server]:
    """Return of these hosts the configurations that grant what the recording needs of each."""
    wanted, servers = set(hosts), dict[str, list[Inferred]]()
    for one in infer(gathered.needs.values()):
        for host in one.policy.match.hosts:
            if host in wanted:
                servers.setdefault(host, []).append(one)
    return [
        model.Server(host=shown(host), recipes=[_write_recipe(target, several) for target in TARGETS])
        for host, several in servers.items()
    ]


def _total(gathered: Gathered) -> model.Totals:
    def count(outcome: Outcome) -> int:
        return gathered.outcomes[outcome, "certain"] + gathered.outcomes[outcome, "likely"]

    return model.Totals(
        exchanges=gathered.endings.total(),
        blocked=count(Outcome.BLOCKED),
        certain=gathered.outcomes[Outcome.BLOCKED, "certain"],
        likely=gathered.outcomes[Outcome.BLOCKED, "likely"],
        open=gathered.endings["open"],
        allowed=count(Outcome.ALLOWED),
        opaque=count(Outcome.OPAQUE),
        not_cors=count(Outcome.NOT_CORS),
        unanswered=gathered.endings["failed"],
        patched=gathered.patched,
    )


# -- a finding -------------------------------------------------------------------------------------------------------


def _write_finding(found: Found, together: Sequence[Judged], records: Mapping[str, Mapping[str, Any]]) -> model.Finding:
    finding, judged = found.finding, found.judged
    exchanges = [
        _write_exchange(records[flow]) for flow in dict.fromkeys(finding.exchanges[:EXCHANGES]) if flow in records
    ]
    engines = dict.fromkeys([judged.verdict.engine, *(one.engine for one in exchanges)])
    return model.Finding(
        fingerprint=finding.fingerprint,
        kind=finding.kind,
        code=finding.code,
        title=finding.title,
        cause=finding.cause,
        action=finding.action,
        actor=finding.actor,
        certainty=finding.certainty,
        count=finding.count,
        certain=finding.certain,
        likely=finding.likely,
        tally=tally(finding),
        rules=[_write_rule(code) for code in (finding.rules or (finding.code,)) if code in RULES],
        server=origin_of(finding.places[0].url) if finding.places else None,
        endpoints=[
            model.Endpoint(
                method=one.method,
                url=shown(one.endpoint),
                origin=one.origin,
                count=one.times,
                fingerprint=one.fingerprint,
            )
            for one in finding.traces
        ],
        places=[model.Place.model_validate(one) for one in finding.places],
        more=finding.more,
        mismatches=[model.Mismatch.model_validate(one) for one in finding.mismatches],
        evidence=list(finding.evidence),
        care=list(finding.care),
        console=[model.ConsoleText.model_validate(one) for one in finding.console],
        doubts=list_doubts(finding),
        settle=list_settling(finding) if finding.kind == "open" else [],
        others=[model.OtherEngine.model_validate(one) for one in finding.others],
        engines=list(engines),
        suppressed=found.suppressed,
        baseline=found.baseline,
        fetch=_tell_fetch(finding, judged, together),
        exchanges=exchanges,
    )


def _write_rule(code: str) -> model.Rule:
    place = locate(code)
    return model.Rule(code=code, title=RULES[code].title, section=str(place), spec=place.spec)


def _write_exchange(record: Mapping[str, Any]) -> model.Exchange:
    fields = {name: record[name] for name in model.Exchange.model_fields}
    return model.Exchange(**{name: shown(one) if isinstance(one, str) else one for name, one in fields.items()})


def _tell_fetch(finding: Finding, judged: Judged, together: Sequence[Judged]) -> model.Fetch:
    """Tell the fetch of a finding's first exchange; `together` are the exchanges of it that were kept."""
    flow = judged.entry.exchange.id
    judgeds = [judged if one.entry.exchange.id == flow else one for one in together]
    if judged not in judgeds:
        judgeds = [judged]
    story = tell(judgeds)
    if finding.kind == "blocked" and story.end.blocked:
        story = _rename(story, finding.title)
    elif finding.kind == "open" and finding.doubts:
        taken, ended = finding.doubts[0].taken or "in the other way", story.conclusion.replace(" likely ", " ", 1)
        story = replace(story, conclusion=f"It is open. This happens if the page made the request {taken}: {ended}")
    return model.Fetch(
        conclusion=story.conclusion,
        client=story.client,
        asked=describe_request(story),
        because=list(story.asked.because),
        picture=picture(story),
        parts=[model.Part.model_validate(part) for part in story.parts],
        never_sent=story.never_sent,
        unknown=list(story.unknown),
    )


def _rename(story: Story, title: str) -> Story:
    """Call the end of a story as the finding does: more is known of it than the fetch alone tells."""
    end = story.end
    parts = tuple(replace(part, title=title) if part is end else part for part in story.parts)
    conclusion = story.conclusion.removesuffix(f"{end.title}.")
    return replace(story, parts=parts, conclusion=conclusion + f"{title}.")


# -- configurations --------------------------------------------------------------------------------------------------


def _write_recipe(name: str, several: Sequence[Inferred]) -> model.Recipe:
    target, texts, written = TARGETS[name], list[str](), True
    for one in several:
        try:
            texts.append(render(name, one.policy))
        except RecipeError as error:
            texts, written = [shown(str(error))], False
            break
        for left in one.left_out:
            texts.append(write_remark(name, redact(f"Not granted: {left.what}: {left.why}. {left.instead}")))
    return model.Recipe(target=name, title=target.title, file=target.file, text="\n".join(texts), written=written)
