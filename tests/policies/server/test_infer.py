"""Inferred policies: they let the recorded exchanges pass, grant nothing that no exchange needed, and load."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.decision.judge import judge as decide
from corsight.policies.exchange import Exchange, HeaderList, Request
from corsight.policies.server.infer import MOST_PATHS, Inferred, infer
from corsight.policies.server.load import load
from corsight.policies.server.match import find
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.respond import grants, respond
from corsight.policies.server.write import to_yaml
from corsight.policies.session import Judged
from corsight.policies.verdict import EngineName, Outcome
from corsight.scripts.judging import judge_recording
from corsight.scripts.paths import ROOT
from corsight.scripts.recordings import Recording
from tests.examples import examples
from tests.policies.server.traffic import API, COOKIE, PAGE, allow, asks, judge, preflights


def least(*exchanges: Exchange) -> Inferred:
    [one] = infer(judge(*exchanges))
    return one


def test_every_grant_names_the_exchanges_that_needed_it() -> None:
    first, second = preflights("PUT", names="content-type,x-one"), asks(sends=[COOKIE], url=f"{API}?page=2")
    inferred = least(first, second)
    policy = inferred.policy
    assert (policy.match.hosts, policy.match.paths) == (("api.shop.example",), ())
    assert (policy.origins, policy.methods, policy.credentials) == ((PAGE,), ("PUT", "GET"), True)
    assert policy.request_headers == ("content-type", "x-one")
    needed = {(grant.field, grant.value): grant.flows for grant in inferred.grants}
    assert needed == {
        ("origins", PAGE): (first.id, second.id),
        ("methods", "PUT"): (first.id,),
        ("methods", "GET"): (second.id,),
        ("request_headers", "content-type"): (first.id,),
        ("request_headers", "x-one"): (first.id,),
        ("credentials", "true"): (second.id,),
    }
    assert inferred.grants[0].endpoints == (f"PUT {API}", f"GET {API}")


@pytest.mark.parametrize(
    ("exchange", "why"),
    [
        (asks(origin="null"), "sandboxed"),
        (asks(origin="http://shop.example", sends=[COOKIE]), "http with credentials"),
    ],
)
def test_what_needs_a_dangerous_word_is_left_out_and_told(exchange: Exchange, why: str) -> None:
    inferred = least(exchange)
    assert inferred.grants == ()
    assert inferred.policy.origins == inferred.policy.methods == ()
    [left] = inferred.left_out
    assert why in left.why
    assert "dangerously_allow" in left.instead


@pytest.mark.parametrize(
    ("exchange", "doubt"),
    [
        (asks(origin="https://evil.example"), "another site"),
        (asks(origin="http://shop.example"), "http:"),
        (asks(origin="http://localhost:3000"), "developer"),
        (asks(origin="capacitor://localhost"), "app"),
        (preflights("patch"), "it should be PATCH"),
        (preflights("GET", names="access-control-allow-origin"), "response header"),
        (asks(), None),
    ],
)
def test_what_looks_wrong_is_marked(exchange: Exchange, doubt: str | None) -> None:
    marked = [grant.doubt for one in infer(judge(exchange)) for grant in one.grants if grant.doubt is not None]
    assert (not marked) if doubt is None else any(doubt in mark for mark in marked)


def test_paths_are_told_apart_only_where_other_origins_ask() -> None:
    one = infer(judge(asks(url=f"{API}/1"), asks("POST", url=f"{API}/2", sends=[COOKIE])))
    assert [(inferred.policy.match.paths, inferred.policy.credentials) for inferred in one] == [((), True)]
    other = asks(url=f"{API}/new", origin="https://www.shop.example", sends=[COOKIE])
    ways = infer(judge(asks(url=f"{API}/1"), asks(url=f"{API}/2"), other))
    assert [(inferred.policy.match.paths, inferred.policy.credentials) for inferred in ways] == [
        (("/v1/items/new",), True),
        (("/v1/items/*",), False),
    ]


def test_headers_that_were_exposed_and_there_stay_exposed() -> None:
    answered = [*allow(PAGE, ("Access-Control-Expose-Headers", "X-Total, X-Absent, Set-Cookie")), ("X-Total", "7")]
    assert least(asks(answered=answered)).policy.expose_headers == ("x-total",)


def test_a_wildcard_of_the_server_is_never_proposed() -> None:
    star = [(name, "*") for name in ("Access-Control-Allow-Methods", "Access-Control-Allow-Headers")]
    exposed = ("Access-Control-Expose-Headers", "*")
    text = to_yaml(infer(judge(asks(answered=allow("*", exposed)), preflights(answered=allow("*", *star)))))
    assert "*" not in text


def test_what_is_not_cors_needs_nothing() -> None:
    same = Request("GET", API, HeaderList.of(("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "same-origin")))
    assert infer(judge(replace(asks(), request=same))) == infer([]) == []


def test_of_many_paths_none_is_told_apart() -> None:
    words = itertools.product("abcdefghijklmnopqrstuvwxyz", repeat=2)
    exchanges = [asks(url=f"{API}/{one}/{other}") for one, other in itertools.islice(words, MOST_PATHS)]
    other = [asks(url=f"{API}/other", origin="https://other.shop.example")]
    assert len(infer(judge(*exchanges[:50], *other))) == 2
    [one] = infer(judge(*exchanges, *other))
    assert one.policy.match.paths == ()


# -- what no recording shows -------------------------------------------------------------------------------------------


def test_credentials_that_nothing_tells_of_are_left_out_and_told_or_answered() -> None:
    judgeds = judge(preflights("PUT"))
    [open_] = infer(judgeds)
    assert not open_.policy.credentials
    assert [left.what for left in open_.left_out] == ["credentials"]
    [yes], [no] = infer(judgeds, True), infer(judgeds, False)
    assert (yes.policy.credentials, yes.left_out, yes.grants[-1].doubt) == (True, (), None)
    assert (no.policy.credentials, no.left_out) == (False, ())
    # What the recording shows is not asked.
    assert least(asks(sends=[COOKIE])).left_out == ()
    [kept] = infer(judge(asks(sends=[COOKIE])), False)
    assert not kept.policy.credentials
    assert "stay blocked" in kept.left_out[0].why


def test_headers_for_scripts_that_are_hidden_are_proposed() -> None:
    answered = [*allow(PAGE), ("X-Total-Count", "7"), ("Server", "x"), ("Link", "</2>"), ("Content-Length", "1")]
    inferred = least(asks(answered=answered))
    assert inferred.policy.expose_headers == ("link", "x-total-count")
    assert all("leave it out" in (grant.doubt or "") for grant in inferred.grants if grant.field == "expose_headers")
    assert "- link  # CHECK: it is a header for scripts" in to_yaml([inferred])
    exposed = [*answered, ("Access-Control-Expose-Headers", "Link")]
    assert least(asks(answered=exposed)).policy.expose_headers == ("link", "x-total-count")


def test_what_servers_let_be_remembered_stays_so_and_is_proposed_where_preflights_repeat() -> None:
    assert least(preflights(answered=[("Access-Control-Max-Age", "60")])).policy.max_age == 60
    assert least(preflights(answered=[("Access-Control-Max-Age", "99999999")])).policy.max_age == 86400
    assert least(preflights(), preflights("DELETE"), preflights(names="x-one")).policy.max_age is None
    repeated = least(preflights(), preflights())
    assert repeated.policy.max_age == 600
    assert "max_age: 600  # CHECK: the same preflights" in to_yaml([repeated])


# -- what is written ---------------------------------------------------------------------------------------------------


def test_the_file_says_why() -> None:
    text = to_yaml(infer(judge(preflights("PUT"), asks(origin="null"))), "made\nby a test")
    assert (
        text
        == f"""\
# made
# by a test
version: 1
policies:
  - name: api.shop.example
    match:
      hosts: [api.shop.example]
    # CHECK: not granted: origin null (null is sent by sandboxed frames of any site, by local files, and after \
redirects across origins; if that is intended: dangerously_allow_null_origin: true); GET /v1/items
    # CHECK: not granted: credentials (the recording does not show whether pages sent credentials; likely they did \
not; if that is intended: credentials: true, which policy infer --credentials yes writes; use --credentials no if \
pages never send them); PUT /v1/items
    origins:
      - {PAGE}  # PUT /v1/items
    methods:
      - PUT  # PUT /v1/items
"""
    )


def test_nothing_of_the_wire_gets_out_of_its_comment() -> None:
    nasty = asks(url="https://api.shop.example/a\u0085b\u2028c?token=secret", origin="https://x.example")
    text = to_yaml(infer(judge(nasty)))
    assert len(text.splitlines()) == len(text.split("\n")) - 1
    assert "secret" not in text
    load(text, "f.yaml")


def test_a_path_s_secret_is_known_by_what_stands_before_it() -> None:
    url = "https://api.shop.example/{}/hunter2/x"
    asked = [asks(url=url.format(name), origin=f"https://{name}.example") for name in ("reset", "password", "users")]
    text = to_yaml(infer(judge(*asked)))
    assert "/reset/*/x" in text
    assert "/password/*/x" in text
    assert "/users/hunter2/x" in text


# -- the property ------------------------------------------------------------------------------------------------------

_origins = st.sampled_from(
    [
        PAGE,
        "https://www.shop.example",
        "http://shop.example",
        "null",
        "http://localhost:3000",
        "https://*.x",
        "junk",
        'https://a"b.example',
        "https://a$b.example",
        "https://a..example",
        "app://A.b:99999",
        f"https://{'a' * 300}.b",
    ]
)
_urls = st.sampled_from(
    [
        API,
        f"{API}/1",
        f"{API}/new",
        "https://api.shop.example:8443/v1",
        "https://api.shop.example/a*b",
        "https://api.shop.example/%zz|",
        "https://other.example/a/../b",
        "http://[::1]:3000/x",
        "https://a$b.example/",
        "https://a_b.example./x",
        f"https://{'a.' * 130}example/",
        f"{API}/{'x/' * 600}",
        f"{API}/it's(1)[2]",
        "https://api.shop.example/**/x",
        "https://api.shop.example//a",
    ]
)
_methods = st.sampled_from(["GET", "PUT", "patch", "PATCH", "*", "get", "TRACE", "a b", "HEAD"])
_names = st.sampled_from(
    ["", "content-type", "x-one,authorization", "*", "host", "x y", "access-control-allow-origin", "x" * 300]
)
_exchanges = st.one_of(
    st.builds(asks, _methods, _urls, origin=_origins, sends=st.sampled_from([[], [COOKIE], [("X-Two", "2")]])),
    st.builds(preflights, _methods, _urls, names=_names, origin=_origins),
)


def holds(judgeds: list[Judged]) -> None:
    """What is inferred loads as it is written, and lets all pass that is not left out."""
    inferred = infer(judgeds)
    policies = load(to_yaml(inferred), "f.yaml") if inferred else ()
    assert policies == tuple(one.policy for one in inferred)
    granted = {flow for one in inferred for grant in one.grants if grant.field == "origins" for flow in grant.flows}
    for judged in judgeds:
        facts, exchange = judged.entry.facts, judged.entry.exchange
        assert facts is not None
        if exchange.id not in granted or not may_pass(judged):
            continue
        policy = find(policies, exchange.request.url)
        assert policy is not None
        answered = respond(policy, exchange, None).apply(None)
        engines: tuple[EngineName, ...] = get_args(EngineName)
        for engine in engines:
            said = decide(exchange, replace(facts, response=answered), engine).ruling
            assert said.outcome is not Outcome.BLOCKED, (engine, said, policy)

        assert grants_to(policy, judged), (policy, facts)
    for one in inferred:
        is_the_least(one, {judged.entry.exchange.id: judged for judged in judgeds})


def grants_to(policy: ServerPolicy, judged: Judged) -> bool:
    """Whether a policy grants what an exchange needed."""
    facts = judged.facts
    assert facts.origin is not None
    names = tuple(name for name in facts.names if name != "host")
    return grants(policy, facts.origin, facts.method, names, include=facts.likely_include)


def is_the_least(one: Inferred, judgeds: dict[str, Judged]) -> None:
    """Nothing is granted that no exchange needed: without it, one that passes would not."""
    for grant in one.grants:
        passing = [judgeds[flow] for flow in grant.flows if grants_to(one.policy, judgeds[flow])]
        if grant.doubt is not None or not passing or grant.field in ("expose_headers", "max_age"):
            continue
        if grant.value in ("HEAD", "PATCH"):
            # HEAD comes with GET, and PATCH in place of what the page misspelled.
            continue
        was = getattr(one.policy, grant.field)
        less = False if grant.field == "credentials" else tuple(value for value in was if value != grant.value)
        policy = one.policy.model_copy(update={grant.field: less})
        assert not all(grants_to(policy, judged) for judged in passing), grant


def may_pass(judged: Judged) -> bool:
    """Whether a policy could grant it: a name and a method that a page can have, and no hazard but CORS."""
    facts = judged.entry.facts
    assert facts is not None
    named = all(name.replace("-", "").isalnum() and name != "host" and len(name) < 200 for name in facts.names)
    return named and facts.method in ("GET", "HEAD", "PUT", "PATCH", "patch", "POST", "DELETE") and facts.target is None


@examples(0.6)
@given(st.lists(_exchanges, max_size=6))
def test_what_is_inferred_lets_the_exchanges_pass(exchanges: list[Exchange]) -> None:
    holds(judge(*exchanges))


def test_what_is_inferred_of_a_recording_lets_it_pass() -> None:
    judgeds = list(judge_recording(Recording(str(ROOT / "examples" / "shop.mitm"))))
    assert len(infer(judgeds)) == 3
    holds(judgeds)
