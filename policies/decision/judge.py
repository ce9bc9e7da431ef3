"""judge(exchange, facts, engine): the only function that returns a verdict.

Every value that an unknown fact can have is judged; if the results differ, each is a branch of the verdict. Wording
comes last.
"""

from __future__ import annotations

from corsight.policies.decision.decide import Decision, decide, list_differing
from corsight.policies.decision.premises import drop_idle, list_premises
from corsight.policies.decision.shape import Shape, count_origin_lines, make_shape
from corsight.policies.engines import ENGINES, WORDS, EnginePolicy, Wording, list_policies
from corsight.policies.exchange import Exchange, HeaderList, Response
from corsight.policies.facts import Facts, Premise
from corsight.policies.fetch.corp import EmbedderPolicy
from corsight.policies.fetch.cors_check import MULTIPLE
from corsight.policies.fetch.exposed import list_hidden_header_names
from corsight.policies.fetch.headers import find_invalid_token
from corsight.policies.fetch.main_fetch import LOCATION
from corsight.policies.fetch.mime_type import TYPED
from corsight.policies.fetch.preflight import HEADERS_INVALID, METHODS_INVALID
from corsight.policies.fetch.steps import Algorithm, Question, Step
from corsight.policies.rules import Subject
from corsight.policies.rules.isolation import MIME_TYPE, NETWORK_ERROR
from corsight.policies.value import replace
from corsight.policies.verdict import Assumption, Branch, EngineName, Outcome, Ruling, Unknown, Verdict

_PASSED = {outcome: Ruling(outcome) for outcome in (Outcome.ALLOWED, Outcome.OPAQUE, Outcome.NOT_CORS)}
_NOT_CORS = {name: Verdict(name, (Branch(_PASSED[Outcome.NOT_CORS]),)) for name in ENGINES}
_NO_RESPONSE = Step(Algorithm.NETWORK, "", Question.RESPONSE, NETWORK_ERROR)

type _Basis = tuple[EnginePolicy, Shape, bool, EmbedderPolicy]
"""What the stated branch was decided from."""


def judge(exchange: Exchange, facts: Facts, engine: EngineName) -> Verdict:
    """Return what `engine` made of the exchange, given the facts. Never raises, whatever the peers sent."""
    return _judge(exchange, facts, engine)[0]


def survey(exchange: Exchange, facts: Facts, engine: EngineName) -> tuple[Verdict, tuple[EngineName, ...]]:
    """Return `engine`'s verdict, and the other engines that decide otherwise, or for another reason."""
    verdict, basis = _judge(exchange, facts, engine)
    return verdict, () if basis is None else list_differing(*basis)


def _judge(exchange: Exchange, facts: Facts, engine: EngineName) -> tuple[Verdict, _Basis | None]:
    response = facts.response
    if response is None:
        return Verdict(engine, (_judge_unanswered(exchange, facts, engine),)), None
    if (
        facts.tainting == "basic"
        and facts.tainting_too is None
        and facts.role == "request"
        and facts.destination not in TYPED
        and facts.embedder == "unsafe-none"
        and not facts.destinations
    ):
        return _NOT_CORS[engine], None
    branches: list[Branch] = []
    basis: _Basis | None = None
    policies = list_policies(engine, facts.build)
    for assumptions, premise in list_premises(facts):
        shape = make_shape(exchange, facts, response, premise)
        basis = basis or (policies[0], shape, premise.include, premise.embedder)
        found = _branch(exchange, facts, policies[0], shape, assumptions, premise)
        if len(policies) > 1:
            found = _branch_by_version(exchange, facts, policies, shape, found, (assumptions, premise))
        branches += found
    if len(branches) > 2:
        branches = drop_idle(branches)
    if facts.tainting == "basic" and all(branch.outcome is not Outcome.BLOCKED for branch in branches):
        return _NOT_CORS[engine], basis
    hidden = _list_hidden(response, branches[0], policies[0]) if facts.role == "request" else ()
    return unite(engine, branches, hidden), basis


def _branch(
    exchange: Exchange,
    facts: Facts,
    policy: EnginePolicy,
    shape: Shape,
    assumptions: tuple[Assumption, ...],
    premise: Premise,
) -> list[Branch]:
    """Return the branches of one premise: several where the decision itself leaves something open."""
    decision = decide(policy, shape, premise.include, premise.embedder)
    doubts = decision.doubts
    if not doubts:
        return [_make_branch(exchange, facts, policy, assumptions, premise, decision)]
    # Of a tainting that is itself in doubt, the likelier is enough.
    return [
        _make_branch(
            exchange,
            facts,
            policy,
            (*assumptions, doubt),
            premise,
            decide(policy, shape, premise.include, premise.embedder, taken),
        )
        for doubt, taken in (doubts if premise.tainting == facts.tainting else doubts[:1])
    ]


def _branch_by_version(
    exchange: Exchange,
    facts: Facts,
    policies: tuple[EnginePolicy, ...],
    shape: Shape,
    found: list[Branch],
    premised: tuple[tuple[Assumption, ...], Premise],
) -> list[Branch]:
    """Return the branches of one premise for a version that was not measured: both ways, if they differ."""
    likely, other = policies
    assumptions, premise = premised
    too = _branch(exchange, facts, other, shape, assumptions, premise._replace(other_version=True))
    if [branch.ruling for branch in found] == [branch.ruling for branch in too]:
        return found
    return [
        replace(branch, assumptions=(*branch.assumptions, (Unknown.VERSION, policy.stands_for)))
        for policy, branches in ((likely, found), (other, too))
        for branch in branches
    ]


def unite(engine: EngineName, branches: list[Branch], hidden: tuple[str, ...]) -> Verdict:
    """Return the verdict of these branches, the likeliest first; a single branch if all have the same ruling."""
    first = branches[0]
    if all(branch.ruling == first.ruling for branch in branches):
        if first.assumptions:
            first = Branch(first.ruling, (), first.premise, first.steps)
        return Verdict(engine, (first,), "certain", hidden)
    certain = all(branch.outcome is first.outcome for branch in branches)
    return Verdict(engine, tuple(branches), "certain" if certain else "likely", hidden)


def reword(verdict: Verdict, exchange: Exchange, facts: Facts) -> Verdict:
    """Return the verdict on an exchange that is like one which was judged in all but its URL, which messages name.

    What is not a rule's own words, in the policy that is likelier, comes out otherwise than it was.
    """
    policy = list_policies(verdict.engine, facts.build)[0]
    branches = [
        Branch(_word(exchange, facts, policy, failure), branch.assumptions, branch.premise, branch.steps)
        if (failure := next((step for step in branch.steps if step.rule is not None), None)) is not None
        else branch
        for branch in verdict.branches
    ]
    return Verdict(verdict.engine, tuple(branches), verdict.certainty, verdict.hidden)


def describe_subject(exchange: Exchange, facts: Facts, response: Response, include: bool, value: str = "") -> Subject:
    """Return the values that a rule's texts and fixes are made from."""
    return Subject(
        url=exchange.request.url,
        origin=facts.origin or "null",
        method=facts.method,
        names=facts.names,
        include=include,
        response=response,
        value=value,
        preflight=facts.role == "preflight",
        target=facts.target,
    )


def _make_branch(
    exchange: Exchange,
    facts: Facts,
    policy: EnginePolicy,
    assumptions: tuple[Assumption, ...],
    premise: Premise,
    decision: Decision,
) -> Branch:
    failure = decision.failure
    ruling = _PASSED[decision.outcome] if failure is None else _word(exchange, facts, policy, failure)
    return Branch(ruling, assumptions, premise, decision.steps)


def _list_hidden(response: Response, branch: Branch, policy: EnginePolicy) -> tuple[str, ...]:
    """Return the response header names that the page's script cannot read."""
    if branch.outcome is Outcome.OPAQUE:
        return response.headers.names()
    if branch.outcome is not Outcome.ALLOWED:
        return ()
    return list_hidden_header_names(
        response.headers,
        include=branch.premise.include,
        wildcard_survives=policy.expose_wildcard_survives,
        extra_safelisted=policy.extra_exposed,
    )


def _judge_unanswered(exchange: Exchange, facts: Facts, engine: EngineName) -> Branch:
    """Return the branch of an exchange without a response.

    If the proxy answered in the server's place, the browser saw that answer, which has no CORS headers.
    """
    premise = list_premises(facts)[0][1]
    if exchange.proxy_status is None or facts.tainting != "cors":
        policy = list_policies(engine, facts.build)[0]
        ruling = _word(exchange, facts, policy, _NO_RESPONSE)._replace(outcome=Outcome.NOT_CORS)
        return Branch(ruling, premise=premise, steps=(_NO_RESPONSE,))
    answered = judge(exchange, replace(facts, response=Response(exchange.proxy_status, HeaderList())), engine).ruling
    failure = _NO_RESPONSE._replace(compared=(str(exchange.proxy_status),))
    ruling = Ruling(
        Outcome.BLOCKED, failure.rule, failure.algorithm.spec, failure.number, answered.error, answered.message
    )
    return Branch(ruling, premise=premise, steps=(failure,))


def _word(exchange: Exchange, facts: Facts, policy: EnginePolicy, failure: Step) -> Ruling:
    """Return the ruling that the rule of a failed step blocks, in the engine's own words."""
    engine, rule, value, response = policy.name, failure.rule or "", failure.value, facts.response
    lines = 0
    if response is not None:
        if rule == MULTIPLE:
            lines = count_origin_lines(exchange, response)
        elif rule == LOCATION:
            lines = len(response.headers.lines("location"))
        if engine == "firefox" and rule in (METHODS_INVALID, HEADERS_INVALID):
            value = find_invalid_token(value) or value
    url = exchange.request.url
    wording = Wording(
        rule=rule,
        preflight=facts.role == "preflight",
        url=url,
        initial_url=facts.chain[0] if facts.chain else url,
        origin=facts.origin or "null",
        page_origin=facts.page_origin or facts.origin or "null",
        destination=facts.destination,
        event_source=facts.event_source,
        status=response.status if response else 0,
        value=value,
        separate_lines=lines,
        target=facts.target if facts.role == "redirect" else None,
        page=facts.page,
        tainting=facts.tainting,
        texts=policy.texts,
        xhr=facts.xhr,
        use=(failure.compared[1] or "") if rule == MIME_TYPE else "",
    )
    error, message = WORDS[engine](wording)
    return Ruling(Outcome.BLOCKED, rule, failure.algorithm.spec, failure.number, error, message)
