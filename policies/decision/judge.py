"""judge(exchange, facts, engine): the one door to a decision.

Every value an unknown fact can have is judged; the branches that differ go with the verdict. Wording comes last.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from corsight.policies.decision.decide import decide, differing, doubts
from corsight.policies.decision.shape import Shape, origin_lines, shape_of
from corsight.policies.engines import ENGINES, WORDS, Wording
from corsight.policies.exchange import Exchange, HeaderList, Response
from corsight.policies.facts import Facts, Tainting
from corsight.policies.fetch.corp import EmbedderPolicy
from corsight.policies.fetch.exposed import list_hidden_header_names
from corsight.policies.fetch.headers import find_invalid_token
from corsight.policies.rules import RULES, Fix, Subject
from corsight.policies.rules import isolation as isolation_rules
from corsight.policies.rules import redirect as redirect_rules
from corsight.policies.verdict import EngineName, Outcome, Ruling, Verdict

_PASSED = {
    "allowed": Ruling(Outcome.ALLOWED),
    "opaque": Ruling(Outcome.OPAQUE),
    "not-cors": Ruling(Outcome.NOT_CORS),
}

_NOT_CORS: dict[EngineName, Verdict] = {name: Verdict(name, _PASSED["not-cors"]) for name in ENGINES}


def judge(exchange: Exchange, facts: Facts, engine: EngineName) -> Verdict:
    """What `engine` made of the exchange, given the facts. Never raises, whatever the peers sent."""
    return _judge(exchange, facts, engine)[0]


def survey(exchange: Exchange, facts: Facts, engine: EngineName) -> tuple[Verdict, tuple[EngineName, ...]]:
    """`engine`'s verdict, and the other engines that decide otherwise, or for another reason."""
    verdict, basis = _judge(exchange, facts, engine)
    return verdict, () if basis is None else differing(engine, *basis)


def _judge(
    exchange: Exchange, facts: Facts, engine: EngineName
) -> tuple[Verdict, tuple[Shape, bool, EmbedderPolicy] | None]:
    """The verdict, and what its branch was decided on."""
    response = facts.response or exchange.response
    if response is None:
        return Verdict(engine, _unanswered(exchange, facts, engine)), None
    if facts.tainting == "basic" and facts.tainting_too is None and facts.role == "request":
        return _NOT_CORS[engine], None
    asked = _branches(facts)
    branches: dict[str, Ruling] = {}
    basis: tuple[Shape, bool, EmbedderPolicy] | None = None
    for label, include, tainting, secure, embedder in asked:
        shape = shape_of(exchange, facts, response, tainting, secure)
        rule, value = decide(engine, shape, include, embedder)
        basis = basis or (shape, include, embedder)
        doubted = doubts(engine, shape) if rule is None and tainting == "opaque" else ()
        # Of a tainting that is itself in doubt, the likelier is enough.
        for which, blocks in doubted if tainting == facts.tainting else doubted[:1]:
            worded = _worded(exchange, facts, engine, isolation_rules.ORB, shape.content_type or "", response)
            branches[f"{label} {which}".strip()] = worded if blocks else _PASSED["opaque"]
        if doubted:
            continue
        branches[label] = _PASSED[value] if rule is None else _worded(exchange, facts, engine, rule, value, response)
    if facts.tainting == "basic" and all(ruling.outcome is not Outcome.BLOCKED for ruling in branches.values()):
        return _NOT_CORS[engine], basis
    said, include = next(iter(branches.values())), asked[0][1]
    hidden = _hidden(facts, response, said, engine, include) if facts.role == "request" else ()
    if len(branches) == 1:
        return Verdict(engine, said, hidden=hidden), basis
    certain = all(ruling.outcome is said.outcome for ruling in branches.values())
    agree = all(ruling == said for ruling in branches.values())
    return Verdict(engine, said, "certain" if certain else "likely", {} if agree else branches, hidden), basis


def _hidden(facts: Facts, response: Response, said: Ruling, engine: EngineName, include: bool) -> tuple[str, ...]:
    """The response header names that the page's script cannot read."""
    if said.outcome is Outcome.OPAQUE:
        return response.headers.names()
    if said.outcome is not Outcome.ALLOWED:
        return ()
    policy = ENGINES[engine]
    return list_hidden_header_names(
        response.headers,
        include=include,
        wildcard_survives=policy.expose_wildcard_survives,
        extra_safelisted=policy.extra_exposed,
    )


def _unanswered(exchange: Exchange, facts: Facts, engine: EngineName) -> Ruling:
    """No response came. Where the proxy answered in the server's place, the browser saw that: no CORS headers."""
    if exchange.proxy_status is None or facts.tainting != "cors":
        return _worded(exchange, facts, engine, isolation_rules.NETWORK_ERROR, "", None)
    seen = judge(exchange, _with_response(facts, Response(exchange.proxy_status, HeaderList())), engine).ruling
    rule = RULES[isolation_rules.NETWORK_ERROR]
    return Ruling(Outcome.BLOCKED, rule.code, rule.spec, rule.step, seen.error, seen.message)


def mend(exchange: Exchange, facts: Facts, engine: EngineName) -> Fix | None:
    """The header edits that turn the verdict into `allowed`, proven by judging again; None when no edit does."""
    response = facts.response or exchange.response
    fix = Fix()
    for _ in range(len(RULES)):
        if response is None:
            return None
        mended = fix.apply(response)
        verdict = judge(exchange, _with_response(facts, mended), engine)
        if verdict.outcome is not Outcome.BLOCKED:
            return fix or None
        rule = RULES[verdict.ruling.rule or ""]
        include = facts.credentials == "include" or (facts.credentials == "unknown" and facts.likelier == "include")
        edit = rule.fix(describe_subject(exchange, facts, mended, include))
        if not edit or fix + edit == fix:
            return None
        fix = fix + edit
    return None


def describe_subject(exchange: Exchange, facts: Facts, response: Response, include: bool, value: str = "") -> Subject:
    """What a rule's texts and fixes are made of."""
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


def _with_response(facts: Facts, response: Response) -> Facts:
    return replace(facts, response=response)


type _Branch = tuple[str, bool, Tainting, bool, EmbedderPolicy]


def _branches(facts: Facts) -> list[_Branch]:
    """Every value the unknown facts can have, the likelier ones first."""
    include = facts.credentials == "include"
    if (
        facts.credentials != "unknown"
        and facts.tainting_too is None
        and facts.secure is not None
        and facts.embedder is not None
    ):
        return [("", include, facts.tainting, facts.secure, facts.embedder)]
    credentials = [(f"credentials={facts.credentials}", include)]
    if facts.credentials == "unknown":
        credentials = [("credentials=not-include", False), ("credentials=include", True)]
        if facts.likelier == "include":
            credentials.reverse()
    taintings = [facts.tainting] if facts.tainting_too is None else [facts.tainting, facts.tainting_too]
    secures = [facts.secure] if facts.secure is not None else [True, False]
    embedders: list[EmbedderPolicy] = ["unsafe-none", "require-corp"]
    if facts.embedder is not None:
        embedders = [facts.embedder]
    elif facts.likelier_embedder != "unsafe-none":
        embedders = [facts.likelier_embedder, "unsafe-none"]
    branches: list[_Branch] = []
    for (label, flag), tainting, secure, embedder in product(credentials, taintings, secures, embedders):
        # An embedder policy concerns opaque responses only, and those alone ask for nothing else.
        if tainting != "opaque" and embedder != embedders[0]:
            continue
        if tainting != "cors" and len(taintings) > 1 and flag is not credentials[0][1]:
            continue
        parts = [label] if len(credentials) > 1 and tainting == "cors" else []
        if len(taintings) > 1:
            parts.append(
                f"mode={'no-cors' if tainting == 'opaque' else 'cors' if tainting == 'cors' else 'same-origin'}"
            )
        if len(secures) > 1:
            parts.append(f"page={'secure' if secure else 'insecure'}")
        if len(embedders) > 1 and tainting == "opaque":
            parts.append(f"embedder-policy={embedder}")
        branches.append((" ".join(parts), flag, tainting, secure, embedder))
    return branches


def _worded(
    exchange: Exchange, facts: Facts, engine: EngineName, rule: str, value: str, response: Response | None
) -> Ruling:
    """The ruling that `rule` blocks, in the engine's own words."""
    lines = 0
    if response is not None:
        if rule == "allow-origin-multiple":
            lines = origin_lines(exchange, response)
        elif rule == redirect_rules.LOCATION:
            lines = len(response.headers.lines("location"))
        if engine == "firefox" and rule in ("preflight-allow-methods-invalid", "preflight-allow-headers-invalid"):
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
    )
    error, message = WORDS[engine](wording)
    known = RULES[rule]
    outcome = Outcome.NOT_CORS if response is None else Outcome.BLOCKED
    return Ruling(outcome, rule, known.spec, known.step, error, message)
