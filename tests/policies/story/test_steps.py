"""The steps of the story are those of the decision: what failed in it is what the verdict says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts
from corsight.policies.story import Part, tell
from corsight.policies.verdict import EngineName, Outcome
from tests.cases import ENGINES, PAGE, Case, cases
from tests.policies.story.told import of_facts

CASES = [pytest.param(case, id=case.name) for case in cases()]


def check(part: Part) -> None:
    """Held of every exchange: one step fails where a rule decided, by that rule, and none is passed behind it."""
    failed = [step for step in part.steps if step.outcome == "failed"]
    assert [step.rule for step in failed] == ([] if part.rule is None else [part.rule])
    outcomes = [step.outcome for step in part.steps]
    order = {"passed": 0, "failed": 1, "not reached": 2}
    assert outcomes == sorted(outcomes, key=order.__getitem__)
    for step in part.steps:
        assert (step.compared == "") == (step.outcome == "not reached")
        assert step.spec.startswith("https://")


@pytest.mark.parametrize("case", CASES)
def test_the_step_that_fails_is_the_verdicts_rule(case: Case) -> None:
    for engine in ENGINES:
        judged = of_facts(case.exchange, case.facts, engine)
        [part] = tell([judged]).parts
        assert part.rule == judged.verdict.ruling.rule
        check(part)


ORIGINS = st.sampled_from(["*", PAGE, f"{PAGE}/", "https://other.test", "null", "", f"{PAGE}, {PAGE}", "\x1b[2J"])
NAMES = st.sampled_from(["x-a", "authorization", "content-type", "*", "X-A", "x b"])
METHODS = st.sampled_from(["GET", "POST", "PUT", "patch", "PATCH", "*", "A B"])


@st.composite
def answers(draw: st.DrawFn) -> HeaderList:
    pairs: list[tuple[str, str]] = []
    for name, values in (
        ("Access-Control-Allow-Origin", ORIGINS),
        ("Access-Control-Allow-Credentials", st.sampled_from(["true", "True", ""])),
        ("Access-Control-Allow-Methods", METHODS),
        ("Access-Control-Allow-Headers", NAMES),
        ("Cross-Origin-Resource-Policy", st.sampled_from(["same-origin", "same-site", "cross-origin", "x"])),
        ("Content-Type", st.sampled_from(["text/html", "image/png", "application/json", "text/plain", "text/csv"])),
        ("X-Content-Type-Options", st.just("nosniff")),
        (
            "Location",
            st.sampled_from(["/there", "http://api.test/", "https://a:b@c.test/", "ftp://x.test/", "http://["]),
        ),
    ):
        pairs += [(name, value) for value in draw(st.lists(values, max_size=2))]
    return HeaderList.of(*pairs)


@st.composite
def facts(draw: st.DrawFn) -> Facts:
    role = draw(st.sampled_from(["request", "preflight", "redirect"]))
    tainting = "cors" if role == "preflight" else draw(st.sampled_from(["cors", "opaque", "basic"]))
    return Facts(
        role=role,
        tainting=tainting,
        origin=draw(st.sampled_from([PAGE, "null"])),
        page_origin=PAGE,
        mode=draw(st.sampled_from(["cors", "no-cors", "same-origin", "navigate"])),
        destination=draw(st.sampled_from(["empty", "image", "script", "unknown"])),
        method=draw(METHODS),
        names=tuple(draw(st.lists(NAMES, max_size=3, unique=True))),
        credentials=draw(st.sampled_from(["include", "not-include", "unknown"])),
        likelier=draw(st.sampled_from(["include", "not-include"])),
        tainting_too=draw(st.sampled_from([None, "opaque"])) if tainting == "cors" and role == "request" else None,
        secure=draw(st.sampled_from([True, False, None])),
        distance=draw(st.sampled_from(["same-origin", "same-site", "cross-site"])),
        embedder=draw(st.sampled_from([None, "unsafe-none", "require-corp", "credentialless"])),
        chain=("https://api.test/0",) * draw(st.sampled_from([0, 1, 20])),
        target=draw(
            st.sampled_from(["", "https://api.test/2", "http://api.test/", "http://127.0.0.1/", "ftp://a.test/"])
        )
        if role == "redirect"
        else None,
    )


@given(facts(), answers(), st.sampled_from([200, 204, 206, 301, 401]), st.sampled_from(ENGINES), st.booleans())
def test_whatever_is_asked_and_answered(
    facts: Facts, headers: HeaderList, status: int, engine: EngineName, http2: bool
) -> None:
    request = Request("GET", "https://api.test/v1", HeaderList())
    exchange = Exchange("1", "192.0.2.1", "1", request, Response(status, headers), http2)
    judged = of_facts(exchange, facts, engine)
    [part] = tell([judged]).parts
    assert (part.outcome, part.rule) == (judged.verdict.outcome, judged.verdict.ruling.rule)
    check(part)


STEPS = {
    "allow-origin-missing": ("CORS check", {"2"}),
    "allow-origin-wildcard": ("CORS check", {"4"}),
    "allow-origin-multiple": ("CORS check", {"4"}),
    "allow-origin-invalid": ("CORS check", {"4"}),
    "allow-origin-mismatch": ("CORS check", {"4"}),
    "allow-credentials-not-true": ("CORS check", {"8"}),
    "preflight-redirect": ("CORS-preflight fetch", {"7"}),
    "preflight-status-not-ok": ("CORS-preflight fetch", {"7"}),
    "preflight-allow-methods-invalid": ("CORS-preflight fetch", {"7.3"}),
    "preflight-allow-headers-invalid": ("CORS-preflight fetch", {"7.3"}),
    "preflight-method-not-allowed": ("CORS-preflight fetch", {"7.5"}),
    "preflight-header-not-allowed": ("CORS-preflight fetch", {"7.6", "7.7"}),
    "redirect-location-invalid": ("HTTP-redirect fetch", {"5"}),
    "redirect-scheme": ("HTTP-redirect fetch", {"6"}),
    "redirect-too-many": ("HTTP-redirect fetch", {"7"}),
    "redirect-userinfo": ("HTTP-redirect fetch", {"10"}),
    "redirect-cross-origin": ("Main fetch", {"12"}),
    "corp-same-origin": ("Cross-origin resource policy check", {"3"}),
    "corp-same-site": ("Cross-origin resource policy check", {"3"}),
    "corp-required-by-coep": ("Cross-origin resource policy check", {"7"}),
    "mime-type-blocked": ("Blocked due to its MIME type", {"4"}),
    "nosniff-mime-type": ("Blocked due to nosniff", {"4", "5"}),
    "proxy-authentication": ("HTTP-network-or-cache fetch", {"16"}),
    "redirect-refused": ("HTTP fetch", {"6.3"}),
}
"""The step of the Fetch standard at which each rule blocks, as numbered there in July 2026."""


def test_a_rule_fails_at_the_step_of_the_standard_that_it_comes_from() -> None:
    """The standard taught it, not a browser: an engine may take a step earlier or later, the number stays."""
    numbers: dict[str, tuple[str, set[str]]] = {}
    for case in cases():
        for engine in ENGINES:
            for step in tell([of_facts(case.exchange, case.facts, engine)]).parts[0].steps:
                if step.rule is not None and step.number:
                    section, seen = numbers.setdefault(step.rule, (step.section, set()))
                    assert step.section == section
                    seen.add(step.number)
    assert numbers == STEPS


def test_a_step_that_passes_has_its_own_number() -> None:
    """The wildcard passes at step 3 of the CORS check, a named origin at step 4, and credentials at step 7."""
    wildcard = part_of("allow-origin-wildcard-without-credentials", "standard")
    assert [step.number for step in wildcard.steps] == ["2", "3"]
    named = part_of("allow-credentials-not-true-empty-line", "firefox")
    assert [step.number for step in named.steps] == ["2", "4", "7"]


def part_of(name: str, engine: EngineName) -> Part:
    case = next(case for case in cases() if case.name == name)
    return tell([of_facts(case.exchange, case.facts, engine)]).parts[0]


@pytest.mark.parametrize(
    ("name", "compared"),
    [
        ("allow-origin-mismatch-trailing-slash", '"https://app.test/" is not "https://app.test"'),
        ("allow-origin-missing", "the response has no Access-Control-Allow-Origin (status 200)"),
        ("allow-credentials-not-true-title-case", '"True" is not "true"'),
        ("preflight-status-not-ok", "status 403 is not"),
    ],
)
def test_a_failed_step_says_what_was_compared_with_what(name: str, compared: str) -> None:
    [failed] = [step for step in part_of(name, "chromium").steps if step.outcome == "failed"]
    assert failed.compared == compared


def test_engines_take_the_steps_in_their_own_order() -> None:
    case = next(case for case in cases() if case.name.startswith("preflight-redirect") and case.blocks)
    first = {
        engine: tell([of_facts(case.exchange, case.facts, engine)]).parts[0].steps[0].section for engine in ENGINES
    }
    assert len(set(first.values())) > 1


def test_a_header_that_needs_its_own_line_names_the_step_for_it() -> None:
    asked = ("content-type", "authorization", "x-a")
    made = Facts(
        role="preflight", tainting="cors", origin=PAGE, page_origin=PAGE, names=asked, credentials="not-include"
    )
    headers = HeaderList.of(("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Headers", "*"))
    exchange = Exchange("1", "", "", Request("OPTIONS", "https://api.test/", HeaderList()), Response(200, headers))
    [part] = tell([of_facts(exchange, made, "standard")]).parts
    steps = [(step.number, step.outcome) for step in part.steps[-3:]]
    assert steps == [("7.7", "passed"), ("7.6", "failed"), ("7.7", "not reached")]
    assert part.steps[-2].compared == '"*" never covers "authorization": it has to be listed'
    assert part.outcome is Outcome.BLOCKED
