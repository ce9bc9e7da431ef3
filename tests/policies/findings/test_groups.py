"""Groups: a cause can turn on nothing that the grouping leaves out, and no order of the exchanges changes a finding."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from itertools import permutations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.findings import Diagnosis, Finding, causes, groups
from corsight.policies.findings.case import Case, read_case
from corsight.policies.findings.replies import Reply
from corsight.policies.findings.sample import Sample
from corsight.policies.findings.traffic import Traffic as Seen
from corsight.policies.session import Judged, Session
from corsight.policies.verdict import EngineName
from tests.policies.findings.traffic import (
    ALLOW,
    API,
    CHROMIUM,
    CREDENTIALS,
    JSON,
    PAGE,
    STAR,
    VARY,
    WEBKIT,
    WITH,
    Pair,
    Traffic,
    told,
)

OTHER = "https://other.example"
PREFLIGHT: tuple[Pair, ...] = (("Access-Control-Request-Method", "PUT"), ("Access-Control-Request-Headers", "x-a"))


def judged(
    number: int,
    method: str,
    status: int,
    *answer: Pair,
    asked: tuple[Pair, ...] = (),
    page: str = PAGE,
    path: str = "",
    engine: EngineName | None = None,
) -> Judged:
    """An exchange of a browser of its own, as its session judges it."""
    request = HeaderList.of(
        ("User-Agent", CHROMIUM),
        ("Origin", page),
        *(("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "cross-site")),
        *asked,
    )
    started = 1000.0 + 10 * number
    exchange = Exchange(
        f"{number:04d}",
        f"10.0.0.{number}",
        f"c{number}",
        Request(method, API + (path or f"/{number}"), request, started),
        Response(status, HeaderList.of(*answer), started + 0.05),
    )
    session = Session(engine)
    last = [*session.observe(exchange), *session.finish()]
    return last[-1]


def diagnose(exchanges: tuple[Judged, ...] | list[Judged]) -> list[Finding]:
    diagnosis = Diagnosis()
    for one in exchanges:
        diagnosis.add(one)
    return diagnosis.list_findings()


def case_of(one: Judged) -> Case:
    return read_case(Sample(one), Seen())


# -- what makes exchanges alike --------------------------------------------------------------------------------------


def test_three_preflights_that_are_refused_for_three_reasons_are_three_findings_in_any_order() -> None:
    """All are 403; they differ in Vary, in WWW-Authenticate, and in nothing."""
    refused = [
        judged(1, "OPTIONS", 403, ("Vary", "Origin, Access-Control-Request-Method"), asked=PREFLIGHT),
        judged(2, "OPTIONS", 403, ("WWW-Authenticate", 'Digest realm="a", nonce="8f1"'), asked=PREFLIGHT),
        judged(3, "OPTIONS", 403, asked=PREFLIGHT),
    ]
    expected = {
        (
            "preflight-refused-by-cors-layer",
            f"The server's own CORS middleware refused the preflight: the origin {PAGE} or the method PUT or the "
            "header x-a is not on its list",
        ),
        ("preflight-needs-authentication", "The preflight was refused by authentication"),
        (
            "preflight-needs-authentication",
            "The preflight was refused (403) by a list of allowed origins, a login or a firewall",
        ),
    }
    for order in permutations(refused):
        findings = diagnose(order)
        assert {(finding.code, finding.title) for finding in findings} == expected
        assert [finding.count for finding in findings] == [1, 1, 1]
        assert findings == diagnose(refused)


@pytest.mark.parametrize(
    ("method", "status", "one", "other", "titles"),
    [
        ("GET", 502, ("Content-Type", "text/html"), JSON, 2),
        ("GET", 500, ("Server", "uvicorn"), ("X-Powered-By", "Express"), 1),
        ("OPTIONS", 200, ("Allow", "GET"), JSON, 2),
        ("OPTIONS", 403, ("x-amzn-ErrorType", "MissingAuthenticationTokenException"), JSON, 2),
        ("OPTIONS", 302, ("Location", "/login"), ("Location", f"{API}/else"), 2),
        ("GET", 302, ("Location", "/login"), ("Location", f"{API}/else"), 2),
        ("GET", 200, ("Access-Control-Allow-Orgin", PAGE), JSON, 2),
        ("GET", 200, ("Access-Control-Allow-Origin", f"{PAGE}/"), ("Access-Control-Allow-Origin", OTHER), 2),
    ],
)
def test_what_a_cause_turns_on_tells_exchanges_apart(
    method: str, status: int, one: Pair, other: Pair, titles: int
) -> None:
    asked = PREFLIGHT if method == "OPTIONS" else ()
    pair = judged(1, method, status, one, asked=asked), judged(2, method, status, other, asked=asked)
    assert case_of(pair[0]) != case_of(pair[1])
    findings = diagnose(pair)
    assert len(findings) == titles
    assert findings == diagnose(pair[::-1])


def test_what_varies_without_meaning_tells_nothing_apart() -> None:
    def vary(number: int) -> tuple[Pair, ...]:
        return (
            ("Date", f"Sun, 22 Nov 2026 10:00:{number:02d} GMT"),
            ("WWW-Authenticate", f'Digest realm="a", nonce="{number}"'),
            ("Server", f"nginx/1.{number}.0"),
            ("X-Request-Id", f"{number}"),
            ("ETag", f'"{number}"'),
            ("Content-Length", f"{number}"),
            ("Set-Cookie", f"sid={number}"),
            ("X-Made-Up", f"{number}"),
        )

    for method, status, asked in (("OPTIONS", 401, PREFLIGHT), ("GET", 500, ()), ("GET", 200, ())):
        exchanges = [judged(number, method, status, *vary(number), asked=asked) for number in range(1, 6)]
        assert len({case_of(one) for one in exchanges}) == 1
        assert [finding.count for finding in diagnose(exchanges) if finding.kind == "blocked"] == [5]


def test_a_quote_is_of_the_earliest_exchange_whoever_comes_first() -> None:
    challenges = [("WWW-Authenticate", f'Basic realm="{number}"') for number in range(1, 4)]
    exchanges = [judged(number, "OPTIONS", 401, one, asked=PREFLIGHT) for number, one in enumerate(challenges, 1)]
    for order in permutations(exchanges):
        [finding] = diagnose(order)
        assert 'It asks for a login: WWW-Authenticate: Basic realm="1".' in finding.evidence
        assert "the preflight for PUT /1 with" in finding.cause
        assert '"2"' not in told(finding)


def test_a_place_stands_where_it_was_first_met_in_any_order() -> None:
    exchanges = [judged(number, "GET", 200, path=f"/{number % 2}") for number in range(4)]
    for order in permutations(exchanges):
        [finding] = diagnose(order)
        assert [(place.url, place.count) for place in finding.places] == [(f"{API}/0", 2), (f"{API}/1", 2)]


def test_advice_is_the_same_in_any_order() -> None:
    pages = (PAGE, OTHER, "https://third.test")
    exchanges = [
        judged(
            number,
            "GET",
            200,
            ("Access-Control-Allow-Origin", page),
            CREDENTIALS,
            ("Set-Cookie", f"c{9 - number}=1; SameSite=Lax"),
            ("X-Total-Count", "1"),
            asked=(WITH,),
            page=page,
        )
        for number, page in enumerate(pages, 1)
    ]
    expected = diagnose(exchanges)
    for order in permutations(exchanges):
        assert diagnose(order) == expected
    codes = {finding.code: finding for finding in expected}
    assert set(codes) >= {"reflected-origin-with-credentials", "cookie-not-sent", "headers-asked-in-vain"}
    assert "The cookie c6, c7 and c8" in codes["cookie-not-sent"].title
    assert [place.url for place in codes["reflected-origin-with-credentials"].places] == [f"{API}/1"]


def test_advice_whose_cause_is_likely_is_likely_however_certain_the_verdict() -> None:
    [finding] = diagnose([judged(1, "GET", 200, ALLOW, CREDENTIALS, VARY, ("X-Total-Count", "1"), asked=(WITH,))])
    assert (finding.code, finding.certain, finding.certainty) == ("headers-asked-in-vain", 0, "likely")


def test_reasons_for_doubt_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    traffic = Traffic(WEBKIT)
    name = traffic.preflight("PUT", "/a", 204, STAR, ("Access-Control-Allow-Methods", "PUT"))
    [finding] = traffic.findings()
    assert (finding.likely, len(finding.doubts)) == (1, 1)
    group = groups.Group("blocked", Sample(traffic.last[name]))
    monkeypatch.setattr(groups, "DOUBTS", 0)
    group.add(group.first, None)
    assert (group.likely, len(group.doubts)) == (1, 0)


@pytest.mark.parametrize(("engine", "alone"), [("webkit", True), ("standard", False)])
def test_only_a_browser_can_be_alone(engine: EngineName, alone: bool) -> None:
    one = judged(1, "GET", 302, ALLOW, VARY, ("Location", "http://localhost:3000/a"), engine=engine)
    sample = Sample(one)
    Seen().look_up(sample)
    assert read_case(sample, Seen()).alone is alone


# -- a cause sees a case and nothing else ----------------------------------------------------------------------------


def values_in(value: object) -> Iterator[object]:
    """The value, and all that it holds."""
    yield value
    if isinstance(value, tuple):
        for one in value:
            yield from values_in(one)


def test_a_case_holds_plain_values_and_no_exchange_to_read_on_in() -> None:
    answer = (ALLOW, STAR, CREDENTIALS, ("Location", "/login"), ("Vary", "Origin"), ("Age", "3"), ("Server", "nginx"))
    for one in (judged(1, "GET", 502, *answer, asked=(WITH,)), judged(2, "OPTIONS", 302, *answer, asked=PREFLIGHT)):
        case = case_of(one)
        compared = [getattr(case, field.name) for field in fields(Case) if field.compare]
        assert [field.name for field in fields(Case) if not field.compare] == ["traffic"]
        for value in values_in(tuple(compared)):
            assert value is None or isinstance(value, str | int | tuple), value
        assert not {"headers", "exchange", "response", "entry"} & {*dir(case), *dir(case.reply)}


def test_what_is_not_declared_cannot_be_read() -> None:
    case = case_of(judged(1, "GET", 500, ("X-Made-Up", "1")))
    assert isinstance(case.reply, Reply)
    for holder in (case, case.reply):
        with pytest.raises(AttributeError):
            getattr(holder, "x_made_up")  # noqa: B009


def test_causes_import_nothing_that_holds_an_exchange() -> None:
    beyond = ("exchange", "facts", "session", "findings.sample", "findings.traffic", "findings.groups")
    for path in Path(causes.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                imported = {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
                assert not imported & {f"corsight.policies.{name}" for name in beyond}, path.name


# -- in any order ----------------------------------------------------------------------------------------------------

values = st.sampled_from(["*", "null", "", PAGE, f"{PAGE}/", OTHER, f"{PAGE}, {OTHER}", "true", "PUT", "x-a", "nginx"])
names = st.sampled_from(
    [
        *("Access-Control-Allow-Origin", "Access-Control-Allow-Orgin", "Access-Control-Allow-Credentials"),
        *("Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Expose-Headers"),
        *("Location", "Set-Cookie", "Vary", "WWW-Authenticate", "Allow", "Server", "X-Powered-By", "X-Total-Count"),
    ]
)
exchanges = st.lists(
    st.tuples(
        st.sampled_from(["GET", "PUT", "patch", "OPTIONS"]),
        st.sampled_from([200, 204, 302, 304, 401, 403, 405, 500, 502]),
        st.lists(st.tuples(names, values), max_size=5),
        st.sampled_from([PAGE, OTHER, "null", "https://third.test"]),
        st.booleans(),
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=100, deadline=None)
@given(exchanges, st.randoms(use_true_random=False))
def test_no_order_changes_a_finding(drawn: list[tuple[str, int, list[Pair], str, bool]], random: Random) -> None:
    every = [
        judged(
            number,
            method,
            status,
            *answer,
            asked=(*(PREFLIGHT if method == "OPTIONS" else ()), *((WITH,) if include else ())),
            page=page,
        )
        for number, (method, status, answer, page, include) in enumerate(drawn, 1)
    ]
    findings = diagnose(every)
    random.shuffle(every)
    assert diagnose(every) == findings
