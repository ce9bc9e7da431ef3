"""The catalogue: every rule is whole, true of its example, and mended by its fix without granting anything else."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from corsight.policies.decision.advise import advice, advise
from corsight.policies.decision.judge import describe_subject, judge
from corsight.policies.decision.place import locate
from corsight.policies.engines import ENGINES
from corsight.policies.exchange import Response
from corsight.policies.facts import Facts, Role
from corsight.policies.fetch.cors_check import CREDENTIALS, WILDCARD
from corsight.policies.rules import ADVICE, DECISIONS, FAMILIES, RULES, Rule, Subject, caching
from corsight.policies.verdict import EngineName, Outcome

ENGINE_NAMES: tuple[EngineName, ...] = tuple(ENGINES)
MANY = {"reflected-origin-with-credentials", "preflight-storm", "headers-asked-in-vain"}
"""What one exchange does not show."""
FIXED = [
    pytest.param(rule, engine, id=f"{rule.code}-{engine}")
    for rule in DECISIONS.values()
    for engine in rule.example.engines
    if rule.mendable
]
ADVISED = [
    pytest.param(rule, engine, id=f"{rule.code}-{engine}")
    for rule in ADVICE.values()
    for engine in rule.example.engines
    if not rule.many
]


def of(rule: Rule, value: str = "") -> Subject:
    example = rule.example
    assert example.exchange.response is not None
    return describe_subject(
        example.exchange, example.facts, example.exchange.response, example.facts.credentials == "include", value
    )


def sentences(text: str) -> int:
    return len(re.findall(r"[.:;](?: |$)", text))


# -- whole -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [pytest.param(rule, id=code) for code, rule in RULES.items()])
def test_every_rule_is_whole(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.code)
    assert locate(rule.code).spec.startswith("https://")
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    assert 2 <= sentences(rule.why) <= 4
    assert rule.why.endswith(".")
    assert rule.advice.endswith(".")
    for text in (rule.title, rule.why, rule.seen, rule.needed, rule.advice, rule.widens or ""):
        assert "!" not in text
    assert rule.seen
    assert rule.needed
    assert (rule.check is not None) == (rule.kind == "advice" and not rule.many)
    if rule.widens is not None:
        assert rule.safety == "widens"
        assert rule.mendable, "what widens is a fix"
    if rule.example.exchange.response is not None:
        found = of(rule, "what it turned on")
        for line in (rule.seen_in(found), rule.needed_in(found)):
            assert "{" not in line
            assert "\n" not in line
    else:
        assert rule.code == "network-error"


def test_codes_are_unique_and_of_one_kind_a_family() -> None:
    assert sum(len(family.RULES) for family in FAMILIES.values()) == len(RULES) == len(DECISIONS) + len(ADVICE)
    for family in FAMILIES.values():
        assert len({rule.kind for rule in family.RULES}) == 1
    assert {code for code, rule in RULES.items() if rule.many} == MANY


def test_codes_never_change() -> None:
    # People write them into baselines and filters. A new rule is added here; nothing is ever taken out.
    for code in (
        *("allow-origin-missing", "allow-origin-wildcard", "allow-origin-multiple", "allow-origin-invalid"),
        *("allow-origin-mismatch", "allow-credentials-not-true", "preflight-status-not-ok", "preflight-redirect"),
        *("preflight-allow-methods-invalid", "preflight-allow-headers-invalid", "preflight-method-not-allowed"),
        *("preflight-header-not-allowed", "redirect-userinfo", "redirect-scheme", "redirect-location-invalid"),
        *("redirect-too-many", "redirect-cross-origin", "mixed-content", "corp-same-origin", "corp-same-site"),
        *("corp-required-by-coep", "opaque-response-blocked", "network-error", "allow-origin-trailing-slash"),
        *("allow-origin-path", "allow-origin-default-port", "allow-origin-upper-case", "allow-origin-list"),
        *("allow-origin-pattern", "allow-origin-null", "allow-credentials-with-wildcard", "authorization-by-wildcard"),
        *("insecure-origin-with-credentials", "reflected-origin-with-credentials", "vary-origin-missing"),
        *("max-age-capped", "max-age-invalid", "max-age-negative", "preflight-never-cached", "preflight-storm"),
        *("cors-headers-twice", "cors-header-misspelt", "cors-header-sent-by-client", "request-header-on-response"),
        *("allow-lists-on-response", "expose-wildcard-with-credentials", "expose-headers-invalid"),
        *("expose-headers-on-preflight", "headers-asked-in-vain", "nosniff-mime-type", "mime-type-blocked"),
        *("proxy-authentication", "redirect-refused", "local-network-access"),
    ):
        assert code in RULES


def test_the_longest_times_are_the_engines() -> None:
    rule = RULES[caching.CAPPED]
    for engine in ENGINES.values():
        assert f"{engine.cache.cap_seconds:.0f}" in rule.needed
    assert int(caching.REASONABLE) <= min(engine.cache.cap_seconds or 0 for engine in ENGINES.values())


# -- true of the example ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [pytest.param(rule, id=code) for code, rule in DECISIONS.items()])
def test_a_decision_is_what_its_engines_decide_of_the_example(rule: Rule) -> None:
    example = rule.example
    for engine in ENGINE_NAMES:
        verdict = judge(example.exchange, example.facts, engine)
        assert (verdict.ruling.rule == rule.code) == (engine in example.engines), engine
        assert verdict.certainty == "certain"
        if engine in example.engines and rule.code != "network-error":
            assert verdict.outcome is Outcome.BLOCKED


@pytest.mark.parametrize("rule", [pytest.param(rule, id=code) for code, rule in ADVICE.items()])
def test_advice_is_said_of_its_example_and_nothing_else_is(rule: Rule) -> None:
    example = rule.example
    for engine in ENGINE_NAMES:
        said = advise(example.exchange, example.facts, engine, example.preflight)
        # What takes several exchanges is said by corsight.policies.findings: one of them shows nothing.
        assert said == ((rule.code,) if engine in example.engines and not rule.many else ()), engine


# -- mended by the fix -----------------------------------------------------------------------------------------------


def mended(rule: Rule, value: str = "") -> Response:
    response = rule.example.exchange.response
    assert response is not None
    return rule.fix(of(rule, value)).apply(response)


def outcome(rule: Rule, engine: EngineName, response: Response, **changed: object) -> Outcome:
    facts = replace(rule.example.facts, response=response, **changed)  # type: ignore[arg-type]
    return judge(rule.example.exchange, facts, engine).outcome


@pytest.mark.parametrize(("rule", "engine"), FIXED)
def test_a_blocking_rule_is_mended_by_its_own_fix(rule: Rule, engine: EngineName) -> None:
    passes = {"basic": Outcome.NOT_CORS, "cors": Outcome.ALLOWED, "opaque": Outcome.OPAQUE}
    assert outcome(rule, engine, mended(rule)) is passes[rule.example.facts.tainting]


@pytest.mark.parametrize(("rule", "engine"), FIXED)
def test_the_fix_grants_what_it_names_and_nothing_else(rule: Rule, engine: EngineName) -> None:
    facts, sent = rule.example.facts, rule.example.exchange.response
    assert sent is not None
    after = mended(rule)
    edited = {edit.name.lower() for edit in rule.fix(of(rule)).edits}
    for name in set(sent.headers.names()) | set(after.headers.names()):
        assert name in edited or sent.headers.lines(name) == after.headers.lines(name)
    if facts.tainting != "cors":
        isolating = "cross-origin-resource-policy" if facts.tainting == "opaque" else "cross-origin-embedder-policy"
        assert edited == {isolating}
        return
    others: list[dict[str, object]] = [{"origin": "https://stranger.test"}, {"origin": "null"}]
    if rule.code not in (WILDCARD, CREDENTIALS):
        others.append({"credentials": "include"})
    if facts.role == "preflight":
        others += [{"method": "DELETE"}, {"method": "put"}, {"names": ("x-other",)}, {"names": ("authorization",)}]
    for other in others:
        before = outcome(rule, engine, sent, **other)
        assert before is Outcome.BLOCKED
        assert outcome(rule, engine, after, **other) is Outcome.BLOCKED, other


@pytest.mark.parametrize("rule", [pytest.param(rule, id=code) for code, rule in DECISIONS.items() if not rule.mendable])
def test_what_no_header_mends_says_so(rule: Rule) -> None:
    response = rule.example.exchange.response
    if response is None:
        return
    best = (
        *((b"Access-Control-Allow-Origin", b"https://app.example"), (b"Access-Control-Allow-Credentials", b"true")),
        *((b"Access-Control-Allow-Methods", b"*"), (b"Access-Control-Allow-Headers", b"*")),
        (b"Cross-Origin-Resource-Policy", b"cross-origin"),
    )
    names = {name.lower() for name, _ in best}
    kept = tuple(field for field in response.headers.fields if field[0].lower() not in names)
    tried = Response(response.status, type(response.headers)((*kept, *best)))
    for engine in rule.example.engines:
        assert outcome(rule, engine, tried) is Outcome.BLOCKED
    assert not rule.fix(of(rule))


@pytest.mark.parametrize(("rule", "engine"), ADVISED)
def test_advice_is_heeded_by_its_fix(rule: Rule, engine: EngineName) -> None:
    example = rule.example
    [found] = advice(example.exchange, example.facts, engine, example.preflight)
    fix = rule.fix(of(rule, found.value))
    assert bool(fix) == rule.mendable
    if fix:
        facts = replace(example.facts, response=mended(rule, found.value))
        assert advise(example.exchange, facts, engine, example.preflight) == ()
        if judge(example.exchange, example.facts, engine).outcome is not Outcome.BLOCKED:
            assert judge(example.exchange, facts, engine).outcome is not Outcome.BLOCKED


def test_what_was_seen_is_said_with_its_value() -> None:
    rule = RULES["preflight-header-not-allowed"]
    assert rule.seen_in(of(rule)) == "Access-Control-Allow-Headers: X-Requested-With, which leaves out content-type"
    role: Role = "preflight"
    facts = Facts(role=role, tainting="cors", method="PUT", names=("x-a", "authorization"))
    found = Subject(
        url="https://api.example/",
        origin="https://app.example",
        method=facts.method,
        names=facts.names,
        include=False,
        response=Response(204, type(rule.example.exchange.request.headers).of(("Access-Control-Allow-Headers", "*"))),
        value="",
        preflight=True,
    )
    assert found.refused == ("authorization",)
    assert replace(found, include=True).refused == ("x-a", "authorization")
