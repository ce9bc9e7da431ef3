"""judge(): what holds for every exchange, whatever peers send; and mend(): what its fixes do and do not do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.decision.decide import forget
from corsight.policies.engines import ENGINES
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts, Role
from corsight.policies.fetch.main_fetch import Tainting
from corsight.policies.rules import RULES
from corsight.policies.rules.isolation import MIME_TYPE
from corsight.policies.verdict import Branch, EngineName, Outcome, Ruling, Verdict
from tests.cases import Case, cases
from tests.examples import examples
from tests.policies.decision.answered import judge, mend, survey

PAGE = "https://app.test"
NAMES = (
    *(b"Access-Control-Allow-Origin", b"access-control-allow-origin", b"Access-Control-Allow-Credentials"),
    *(b"Access-Control-Allow-Methods", b"Access-Control-Allow-Headers", b"Access-Control-Expose-Headers"),
    *(
        b"Cross-Origin-Resource-Policy",
        b"X-Content-Type-Options",
        b"Content-Type",
        b"Content-Range",
        b"Location",
        b"Vary",
    ),
)
VALUES = (
    *(b"*", b"https://app.test", b"null", b"https://other.test", b"", b"true", b"True", b"PUT", b"PUT, patch", b"x-a"),
    *(
        b"x-a, authorization",
        b"*, authorization",
        b"x a",
        b'"',
        b"nosniff",
        b"application/json",
        b"same-origin",
        b"/next",
    ),
)

names = st.sampled_from(NAMES) | st.binary(max_size=20)
values = st.sampled_from(VALUES) | st.binary(max_size=30) | st.integers(1, 4).map(lambda n: b"\xff," * 10**n)
header_lists = st.lists(st.tuples(names, values), max_size=8).map(lambda pairs: HeaderList(tuple(pairs)))
urls = st.sampled_from(
    ("https://api.test/x", "http://api.test/", "https://app.test/", "https://[::1", "", "ftp://x", "x")
)
texts = st.text(st.characters(max_codepoint=0xFF), max_size=12)
origins = st.sampled_from((PAGE, "null", "https://other.test", "*", "")) | texts
targets = (
    st.none() | urls | st.sampled_from(("http://10.0.0.1/", "https://u:p@b.test/", "http://[fd00::1", "http://[x]/"))
)
engines = st.sampled_from(list(ENGINES))


responses = st.builds(
    Response, st.sampled_from((200, 204, 206, 302, 304, 403, 502)) | st.integers(0, 999), header_lists
)
FACTS: dict[str, st.SearchStrategy[object]] = {
    "role": st.sampled_from(("request", "preflight", "redirect")),
    "tainting": st.sampled_from(("cors", "cors", "opaque", "basic")),
    "response": st.none() | responses,
    "origin": st.none() | origins,
    "page_origin": st.none() | origins,
    "page": st.none() | urls,
    "mode": st.sampled_from(("cors", "no-cors", "same-origin", "navigate", "websocket", "unknown")) | texts,
    "destination": st.sampled_from(("empty", "image", "script", "font", "unknown")) | texts,
    "event_source": st.booleans(),
    "method": st.sampled_from(("GET", "PUT", "patch", "*")) | texts,
    "names": st.sampled_from(((), ("x-a",), ("authorization", "x-a"), ("*",))) | st.lists(texts, max_size=3).map(tuple),
    "credentials": st.sampled_from(("omit", "same-origin", "include", "not-include", "unknown")),
    "likelier": st.sampled_from(("include", "not-include")),
    "tainting_too": st.none() | st.sampled_from(("cors", "opaque", "basic")),
    "secure": st.none() | st.booleans(),
    "distance": st.sampled_from(("same-origin", "same-site", "cross-site", None)),
    "redirect": st.sampled_from(("follow", "follow", "manual", "error", "xhr", "unknown")),
    "embedder": st.none() | st.sampled_from(("unsafe-none", "require-corp", "credentialless")),
    "chain": st.sampled_from(((), ("https://a.test/",), ("https://a.test/",) * 20, ("",) * 25)),
    "target": targets,
}


def all_facts(**fixed: object) -> st.SearchStrategy[Facts]:
    """Facts of every kind; those that are fixed are not drawn."""
    drawn = {name: facts for name, facts in FACTS.items() if name not in fixed}
    return st.fixed_dictionaries(drawn).map(lambda facts: _settle(facts | fixed))


def _settle(facts: dict[str, object]) -> Facts:
    if facts["tainting_too"] == facts["tainting"]:
        facts["tainting_too"] = None
    return Facts(**facts)  # type: ignore[arg-type]


exchanges = st.builds(
    Exchange,
    id=st.just("1"),
    client=st.just("192.0.2.1"),
    connection=st.just("1"),
    request=st.builds(Request, texts, urls | texts, header_lists),
    response=st.none() | responses,
    http2=st.booleans(),
    proxy_status=st.none() | st.integers(100, 599),
)
answered = exchanges.filter(lambda exchange: exchange.response is not None)


# -- what holds for every exchange ------------------------------------------------------------------------------------


@given(exchanges, all_facts(), engines)
@examples(5)
def test_no_exchange_raises_and_every_verdict_is_well_formed(
    exchange: Exchange, facts: Facts, engine: EngineName
) -> None:
    verdict = judge(exchange, facts, engine)
    assert verdict.engine == engine
    for ruling in (branch.ruling for branch in verdict.branches):
        assert (ruling.rule is None) == (ruling.spec is None) == (ruling.step is None)
        assert ruling.rule is None or (ruling.rule in RULES and str(ruling.spec).startswith("https://"))
        if ruling.outcome is Outcome.BLOCKED:
            assert ruling.rule is not None
        else:
            assert ruling.rule in (None, "network-error")
            assert ruling.rule is not None or ruling.message is ruling.error is None
    response = facts.response or exchange.response
    assert set(verdict.hidden) <= set(response.headers.names() if response else ())
    mend(exchange, facts, engine)


@given(exchanges, all_facts(), engines)
def test_the_same_exchange_has_the_same_verdict_remembered_or_not(
    exchange: Exchange, facts: Facts, engine: EngineName
) -> None:
    first = judge(exchange, facts, engine)
    assert judge(exchange, facts, engine) == first
    forget()
    assert judge(exchange, facts, engine) == first


@given(exchanges, all_facts(), engines)
def test_a_likely_verdict_says_one_of_its_branches(exchange: Exchange, facts: Facts, engine: EngineName) -> None:
    verdict = judge(exchange, facts, engine)
    outcomes = {branch.outcome for branch in verdict.branches}
    labels = [branch.label for branch in verdict.branches]
    assert len(set(labels)) == len(labels)
    if verdict.divided:
        assert len({branch.ruling for branch in verdict.branches}) > 1
        assert "" not in labels
    assert (verdict.certainty == "likely") == (len(outcomes) > 1)


@pytest.mark.parametrize(
    ("role", "tainting", "tainting_too", "destination"),
    [
        ("redirect", "basic", "cors", "empty"),
        ("redirect", "basic", "opaque", "image"),
        ("redirect", "opaque", "basic", "empty"),
        ("redirect", "cors", "basic", "empty"),
        # What leaves open how a script is used leaves it open only where its page's embedder policy lets it come.
        ("request", "opaque", None, "script"),
    ],
)
def test_branches_are_told_apart_where_some_leave_less_open(
    role: Role, tainting: Tainting, tainting_too: Tainting | None, destination: str
) -> None:
    response = Response(302 if role == "redirect" else 200, HeaderList())
    facts = Facts(
        role=role,
        tainting=tainting,
        tainting_too=tainting_too,
        response=response,
        mode="unknown" if role == "redirect" else "no-cors",
        destination=destination,
        target="https://other.test/" if role == "redirect" else None,
        secure=None,
        embedder=None,
        distance=None,
    )
    exchange = Exchange("1", "client", "", Request("GET", "https://api.test/", HeaderList()), response)
    labels = [branch.label for branch in judge(exchange, facts, "standard").branches]
    assert len(labels) > 1
    assert "" not in labels
    assert len(set(labels)) == len(labels)


@given(
    answered,
    all_facts(tainting="cors", tainting_too=None, secure=True, embedder="unsafe-none", credentials="unknown"),
    engines,
)
def test_an_unknown_credentials_mode_is_both_of_its_values(
    exchange: Exchange, facts: Facts, engine: EngineName
) -> None:
    both = {mode: judge(exchange, replace(facts, credentials=mode), engine) for mode in ("include", "not-include")}
    verdict = judge(exchange, facts, engine)
    assert verdict.ruling == both[facts.likelier].ruling
    if both["include"].ruling == both["not-include"].ruling:
        assert not verdict.divided
    else:
        rulings = {branch.label: branch.ruling for branch in verdict.branches}
        assert rulings == {f"credentials={mode}": one.ruling for mode, one in both.items()}


VALUES_OF: dict[str, tuple[object, ...]] = {
    "credentials": ("include", "not-include"),
    "mode": ("cors", "no-cors", "same-origin"),
    "destination": ("empty", "script", "image", "track"),
    "secure": (True, False),
    "embedder": ("unsafe-none", "require-corp", "credentialless"),
    "distance": ("cross-site", "same-site", "same-origin"),
    "redirect": ("follow", "manual", "error", "xhr"),
}
"""Every value that a fact can have which is unknown."""
UNKNOWN: dict[str, object] = {"secure": None, "embedder": None, "distance": None}
TAINTINGS = {"cors": "cors", "opaque": "no-cors"}


def can_be(facts: Facts, fact: str, value: object) -> bool:
    """Whether a browser sends such a request at all."""
    mode = value if fact == "mode" else facts.mode
    if facts.tainting in TAINTINGS and mode != "unknown" and mode != TAINTINGS[facts.tainting]:
        return False
    destination = value if fact == "destination" else facts.destination
    by_script = destination in ("empty", "unknown")
    if fact == "mode":
        return by_script or mode != "same-origin"
    if fact == "destination":
        # What accepts images says so; and only where mixed content is dealt with by it does the destination of a
        # redirect matter.
        told = facts.role == "request" and facts.tainting == "opaque"
        return destination in ("script", "empty") if told else facts.role == "redirect"
    if fact == "redirect":
        # Only a fetch() says other than to follow, XMLHttpRequest asks with CORS, and at home CORS has no say.
        follows = value == "follow" or (value == "xhr" and mode in ("cors", "unknown"))
        return follows or (by_script and mode != "no-cors" and not (value == "error" and facts.tainting == "basic"))
    return True


@pytest.mark.parametrize("fact", VALUES_OF)
@given(answered, all_facts(tainting_too=None, event_source=False, chain=(), response=None), engines, st.data())
@examples(2)
def test_every_value_of_an_unknown_fact_is_among_the_branches_and_certain_holds_for_all(
    fact: str, exchange: Exchange, facts: Facts, engine: EngineName, data: st.DataObject
) -> None:
    """`certain` is a promise: wherever a fact is unknown, it has to hold for every value that the fact can have."""
    facts = replace(
        facts,
        mode="unknown" if fact == "mode" else data.draw(st.sampled_from(("cors", "no-cors", "unknown"))),
        destination=data.draw(st.sampled_from(("empty", "image", "unknown"))),
        credentials="not-include",
        secure=data.draw(st.booleans()),
        embedder="unsafe-none",
        distance="cross-site",
        redirect="follow",
    )
    if facts.tainting in TAINTINGS and fact != "mode":
        facts = replace(facts, mode=TAINTINGS[facts.tainting])
    if fact in ("mode", "destination"):
        open_facts = replace(facts, **{fact: "unknown"})
    else:
        if facts.mode == "unknown":
            facts = replace(facts, mode="cors")
        if fact == "redirect" and facts.destination == "image":
            facts = replace(facts, destination="empty")
        open_facts = replace(facts, **{fact: UNKNOWN.get(fact, "unknown")})
    verdict = judge(exchange, open_facts, engine)
    outcomes = {branch.outcome for branch in verdict.branches}
    for value in VALUES_OF[fact]:
        if can_be(open_facts, fact, value):
            settled = judge(exchange, replace(facts, **{fact: value}), engine)
            mine = {branch.outcome for branch in settled.branches}
            assert mine <= outcomes, (fact, value)
            assert verdict.certainty == "likely" or mine == outcomes


@given(exchanges, all_facts(), engines)
def test_the_survey_names_the_engines_that_decide_otherwise(
    exchange: Exchange, facts: Facts, engine: EngineName
) -> None:
    verdict, others = survey(exchange, facts, engine)
    assert verdict == judge(exchange, facts, engine)
    for other in ENGINES:
        said = judge(exchange, facts, other)
        if other not in others and (facts.response or exchange.response) is not None:
            assert said.ruling.rule == verdict.ruling.rule


# -- what allows ------------------------------------------------------------------------------------------------------


def sent(response: Response, name: bytes) -> list[bytes]:
    return [value.strip(b" \t\r\n") for key, value in response.headers.fields if key.lower() == name]


def permits(lines: list[bytes], wanted: set[bytes], *, drops_empty: bool) -> bool:
    """Whether the header came in one line (beside empty ones, for an engine that drops them) with a value wanted."""
    if drops_empty:
        lines = [line for line in lines if line] or lines[:1]
    return len(lines) == 1 and lines[0] in wanted


def origin_permitted(response: Response, facts: Facts, engine: EngineName) -> bool:
    drops_empty, include = engine == "firefox", facts.credentials == "include"
    origin = (facts.origin or "null").encode("latin-1")
    wanted = {origin} if include else {origin, b"*"}
    if not permits(sent(response, b"access-control-allow-origin"), wanted, drops_empty=drops_empty):
        return False
    agreed = sent(response, b"access-control-allow-credentials")
    return not include or permits(agreed, {b"true"}, drops_empty=drops_empty)


def listed(response: Response, name: bytes) -> list[bytes]:
    return [token.strip(b" \t") for line in sent(response, name) for token in line.split(b",")]


KNOWN = {"tainting": "cors", "tainting_too": None, "secure": True, "embedder": "unsafe-none"}
modes = st.sampled_from(("include", "not-include"))


@given(answered, all_facts(**KNOWN, role="request", response=None), modes, engines)
@examples(5)
def test_a_response_is_allowed_by_its_headers_and_only_by_them(
    exchange: Exchange, facts: Facts, mode: str, engine: EngineName
) -> None:
    facts = replace(facts, credentials=mode)
    assert exchange.response is not None
    # Two lines in canonical case are too many for Firefox: that is a case of the casebook.
    permitted = origin_permitted(exchange.response, facts, engine)
    allowed = judge(exchange, facts, engine).outcome is Outcome.ALLOWED
    canonical = [name for name, _ in exchange.response.headers.fields if name == b"Access-Control-Allow-Origin"]
    if not (engine == "firefox" and len(canonical) > 1):
        assert allowed == permitted
    assert not allowed or permitted


@given(answered, all_facts(**KNOWN, role="preflight", response=None), modes, engines)
@examples(5)
def test_no_preflight_passes_without_what_it_asked_for(
    exchange: Exchange, facts: Facts, mode: str, engine: EngineName
) -> None:
    facts = replace(facts, credentials=mode)
    response = exchange.response
    if judge(exchange, facts, engine).outcome is not Outcome.ALLOWED:
        return
    assert response is not None
    assert 200 <= response.status <= 299
    if not (engine == "firefox" and exchange.request.url.startswith(facts.origin or "null")):
        assert origin_permitted(response, facts, engine)
    methods = listed(response, b"access-control-allow-methods")
    assert facts.method in ("GET", "HEAD", "POST") or facts.method.encode("latin-1") in methods or b"*" in methods
    named = {name.lower() for name in listed(response, b"access-control-allow-headers")}
    for name in facts.names:
        covered = b"*" in named and mode != "include" and not (name == "authorization" and engine == "standard")
        assert covered or name.encode("latin-1") in named
    if mode == "include":
        assert facts.method in ("GET", "HEAD", "POST") or facts.method.encode("latin-1") in methods


@pytest.mark.parametrize("engine", ENGINES)
def test_a_preflight_wants_a_status_of_success(engine: EngineName) -> None:
    facts = Facts(role="preflight", tainting="cors", origin=PAGE, page_origin=PAGE, credentials="not-include")
    request = Request("OPTIONS", "https://api.test/", HeaderList())
    passed = set()
    for status in range(100, 600):
        response = Response(status, HeaderList.of(("Access-Control-Allow-Origin", "*")))
        if judge(Exchange("1", "192.0.2.1", "c", request, response), facts, engine).outcome is Outcome.ALLOWED:
            passed.add(status)
    assert passed == set(range(200, 300))


@given(answered, all_facts(tainting_too=None, secure=True, embedder="credentialless"), engines)
def test_credentials_never_open_what_is_closed_without(exchange: Exchange, facts: Facts, engine: EngineName) -> None:
    without = judge(exchange, replace(facts, credentials="not-include"), engine)
    if without.outcome is Outcome.BLOCKED:
        assert judge(exchange, replace(facts, credentials="include"), engine).outcome is Outcome.BLOCKED


@given(answered, all_facts(tainting="opaque", tainting_too=None, secure=True, credentials="include"), engines)
def test_an_embedder_policy_never_opens_what_is_closed_without(
    exchange: Exchange, facts: Facts, engine: EngineName
) -> None:
    if judge(exchange, replace(facts, embedder="unsafe-none"), engine).outcome is Outcome.BLOCKED:
        assert judge(exchange, replace(facts, embedder="require-corp"), engine).outcome is Outcome.BLOCKED


@given(
    answered, all_facts(role="redirect", tainting_too=None, embedder="unsafe-none", credentials="not-include"), engines
)
def test_a_secure_page_never_gets_what_an_insecure_one_does_not(
    exchange: Exchange, facts: Facts, engine: EngineName
) -> None:
    if judge(exchange, replace(facts, secure=False), engine).outcome is Outcome.BLOCKED:
        assert judge(exchange, replace(facts, secure=True), engine).outcome is Outcome.BLOCKED


@given(answered, all_facts(), engines)
def test_a_same_origin_or_navigation_response_is_none_of_cors_business(
    exchange: Exchange, facts: Facts, engine: EngineName
) -> None:
    verdict = judge(exchange, replace(facts, role="request", tainting="basic", tainting_too=None), engine)
    if facts.destination in ("empty", "image", "document", "unknown"):
        assert verdict == Verdict(engine, (Branch(Ruling(Outcome.NOT_CORS)),))
    # A type that does not fit its use is HTML's business, at home as well.
    assert {branch.ruling.rule for branch in verdict.branches} <= {None, MIME_TYPE}
    assert all((branch.ruling.rule is None) is (branch.outcome is Outcome.NOT_CORS) for branch in verdict.branches)


# -- mend -------------------------------------------------------------------------------------------------------------

ASKED = [(case, engine) for case in cases() for engine in ENGINES if case.exchange.response is not None]
BLOCKED = [
    pytest.param(case, engine, id=f"{case.name}-{engine}")
    for case, engine in ASKED
    if case.expected[engine].said.outcome == "blocked"
]
MENDING = {
    *("access-control-allow-origin", "access-control-allow-credentials", "access-control-allow-methods"),
    *("access-control-allow-headers", "cross-origin-embedder-policy", "cross-origin-resource-policy", "vary"),
}


def answer(case: Case, engine: EngineName, response: Response, **facts: object) -> Outcome:
    changed = replace(case.facts, response=response, **facts)  # type: ignore[arg-type]
    return judge(case.exchange, changed, engine).outcome


def best_answer(case: Case) -> Response:
    """The response with every header that could help, and the status a preflight wants."""
    given, facts = case.exchange.response, case.facts
    assert given is not None
    kept = [field for field in given.headers.fields if field[0].decode("latin-1").lower() not in MENDING]
    best = HeaderList.of(
        ("Access-Control-Allow-Origin", facts.origin or "null"),
        ("Access-Control-Allow-Credentials", "true"),
        ("Access-Control-Allow-Methods", facts.method),
        ("Access-Control-Allow-Headers", ", ".join(facts.names)),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
        ("Cross-Origin-Embedder-Policy", "require-corp"),
    )
    status = 204 if facts.role == "preflight" else given.status
    return replace(given, status=status, headers=HeaderList((*kept, *best.fields)))


@pytest.mark.parametrize(("case", "engine"), BLOCKED)
def test_a_fix_mends_what_a_header_can_mend_and_nothing_else(case: Case, engine: EngineName) -> None:
    said = judge(case.exchange, case.facts, engine).branch
    fix, sent = mend(case.exchange, case.facts.settle(said.premise), engine), case.exchange.response
    assert sent is not None
    if answer(case, engine, best_answer(case)) is Outcome.BLOCKED:
        assert fix is None
        return
    assert fix is not None
    mended = fix.apply(sent)
    assert answer(case, engine, mended) is not Outcome.BLOCKED
    # It grants what it names, and leaves the rest alone.
    edited = {edit.name.lower() for edit in fix.edits}
    assert edited <= MENDING
    assert [pair for pair in mended.headers.fields if pair[0].decode("latin-1").lower() not in edited] == [
        pair for pair in sent.headers.fields if pair[0].decode("latin-1").lower() not in edited
    ]
    assert fix.status is None or case.facts.role == "preflight"
    for grant in (
        {"origin": "https://stranger.test"},
        {"method": "PURGE"},
        {"names": ("x-other",)},
        {"credentials": "include"},
    ):
        if case.facts.tainting == "cors" and answer(case, engine, sent, **grant) is Outcome.BLOCKED:
            needs_preflight = "method" in grant or "names" in grant
            if (needs_preflight and case.facts.role != "preflight") or _asked(case, grant):
                continue
            assert answer(case, engine, mended, **grant) is Outcome.BLOCKED, grant


def _asked(case: Case, grant: dict[str, object]) -> bool:
    """Whether the exchange asked for that grant itself, or for one that covers it."""
    if "credentials" in grant:
        return case.facts.credentials != "not-include" or b"true" in sent(
            case.exchange.response,
            b"access-control-allow-credentials",  # type: ignore[arg-type]
        )
    # A wildcard that the server sent stays one.
    return any(b"*" in value for _, value in case.exchange.response.headers.fields)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("case", "engine"),
    [
        pytest.param(case, engine, id=f"{case.name}-{engine}")
        for case, engine in ASKED
        if case.expected[engine].said.outcome != "blocked"
    ],
)
def test_what_is_not_blocked_needs_no_fix(case: Case, engine: EngineName) -> None:
    said = judge(case.exchange, case.facts, engine).branch
    assert mend(case.exchange, case.facts.settle(said.premise), engine) is None


@given(exchanges, all_facts(), engines)
@examples(3)
def test_a_fix_works_whatever_was_sent(exchange: Exchange, facts: Facts, engine: EngineName) -> None:
    response = facts.response or exchange.response
    fix = mend(exchange, facts, engine)
    if fix is not None:
        assert response is not None
        mended = replace(facts, response=fix.apply(response))
        assert judge(exchange, facts, engine).blocking is not None
        assert judge(exchange, mended, engine).outcome is not Outcome.BLOCKED
        assert mend(exchange, mended, engine) is None


def test_no_response_is_mended_by_no_header() -> None:
    [case] = [case for case in cases() if case.name == "network-error-answered-by-proxy"]
    assert all(mend(case.exchange, case.facts, engine) is None for engine in ENGINES)
