"""Versions: each change on both sides of its boundary, what lies between, and what lies outside."""

from __future__ import annotations

import itertools
import re
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.decision.judge import judge
from corsight.policies.engines import (
    ENGINES,
    Build,
    Change,
    EnginePolicy,
    label_engine,
    list_policies,
    list_spans,
    list_texts,
    read_engine,
)
from corsight.policies.engines.versions import CAUTIOUS, DECIDING
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts
from corsight.policies.verdict import EngineName, Outcome, Verdict

BROWSERS: tuple[EngineName, ...] = ("chromium", "firefox", "webkit")
CHANGES = [(engine, change) for engine in BROWSERS for change in ENGINES[engine].changes]
DECIDED = [(engine, change) for engine, change in CHANGES if change.field is not None]
PAGE, API = "https://app.test", "https://api.test/v1"


def policies(engine: EngineName, version: int) -> tuple[EnginePolicy, ...]:
    return list_policies(engine, Build(engine, version))


def read(policy: EnginePolicy, field: str) -> Any:
    value: Any = policy
    for name in field.split("."):
        value = getattr(value, name)
    return value


def after(engine: EngineName, change: Change) -> Any:
    """What the field holds once the change came: what the next younger change found, or today's."""
    younger = [one for one in ENGINES[engine].changes if one.field == change.field and one.until > change.until]
    return younger[-1].before if younger else read(ENGINES[engine], change.field or "")


def measured(engine: EngineName, version: int) -> bool:
    oldest, youngest = ENGINES[engine].measured or (0, 0)
    return oldest <= version <= youngest


@pytest.mark.parametrize(("engine", "change"), DECIDED)
def test_each_change_holds_on_both_sides_of_its_boundary(engine: EngineName, change: Change) -> None:
    field = change.field or ""
    old, new = policies(engine, change.until)[0], policies(engine, change.since)[0]
    if measured(engine, change.until):
        assert read(old, field) == change.before
    assert read(new, field) == after(engine, change)
    assert change.before != after(engine, change)


@pytest.mark.parametrize(("engine", "change"), CHANGES)
def test_each_change_says_what_until_when_and_how_that_is_known(engine: EngineName, change: Change) -> None:
    assert change.until < change.since
    assert re.fullmatch(r"[A-Zh`].{20,}\.\)?", change.what)
    assert "measured" in change.source
    if change.field is not None:
        read(ENGINES[engine], change.field)


@pytest.mark.parametrize("engine", BROWSERS)
def test_the_changes_of_an_engine_stand_youngest_first_where_one_field_has_several(engine: EngineName) -> None:
    for _, group in itertools.groupby(
        sorted(ENGINES[engine].changes, key=lambda one: one.field or ""), key=lambda one: one.field
    ):
        found = [change.until for change in group]
        assert found == sorted(found, reverse=True)


@pytest.mark.parametrize("engine", BROWSERS)
def test_the_youngest_version_is_today(engine: EngineName) -> None:
    oldest, youngest = ENGINES[engine].measured or (0, 0)
    assert policies(engine, youngest) == (ENGINES[engine],) == list_policies(engine, None)
    assert policies(engine, oldest)[0] is not ENGINES[engine]


def test_versions_that_behave_alike_are_one_object() -> None:
    assert policies("chromium", 112) == policies("chromium", 118)
    assert policies("chromium", 118) != policies("chromium", 119)
    assert list_policies("firefox", Build("chromium", 100)) == (ENGINES["firefox"],)


def test_between_two_that_differ_both_are_judged_the_nearer_first() -> None:
    likely, other = policies("chromium", 144)
    assert (likely.zero_address_is_mixed, other.zero_address_is_mixed) == (True, False)
    assert (likely.stands_for, other.stands_for) == ("earlier", "later")
    likely, other = policies("chromium", 146)
    assert (likely.zero_address_is_mixed, other.zero_address_is_mixed) == (False, True)
    assert (likely.stands_for, other.stands_for) == ("later", "earlier")


def test_what_tells_by_its_absence_tells_nothing_where_it_is_open() -> None:
    told = {version: policies("chromium", version)[0].storage_access_told for version in (132, 133, 134, 156, 157)}
    assert told == {132: False, 133: False, 134: True, 156: True, 157: False}
    told = {version: policies("firefox", version)[0].storage_access_told for version in (140, 143, 147, 153, 154)}
    assert told == {140: False, 143: False, 147: True, 153: True, 154: False}


@pytest.mark.parametrize("engine", BROWSERS)
def test_outside_of_what_was_measured_the_nearest_is_judged_and_the_standard_too(engine: EngineName) -> None:
    oldest, youngest = ENGINES[engine].measured or (0, 0)
    for version, nearest in ((1, oldest), (oldest - 1, oldest), (youngest + 1, youngest), (999_999, youngest)):
        likely, other = policies(engine, version)
        assert (likely.stands_for, other.stands_for) == ("nearest", "standard")
        same = policies(engine, nearest)[0]
        assert all(getattr(likely, name) == getattr(same, name) for name in DECIDING)
        assert all(getattr(other, name) == getattr(ENGINES["standard"], name) for name in DECIDING)
        assert likely.texts == same.texts


def test_a_browser_that_hides_its_version_may_be_any_that_was_measured() -> None:
    likely, other = policies("webkit", 0)
    assert (likely.image_address_is_mixed, other.image_address_is_mixed) == (True, False)


@given(st.sampled_from(BROWSERS), st.integers(0, 10**6))
def test_every_version_has_a_policy_of_its_engine(engine: EngineName, version: int) -> None:
    found = policies(engine, version)
    assert {policy.name for policy in found} == {engine}
    assert len(found) in (1, 2)
    assert found is not None
    assert list_policies(engine, Build(engine, version, "likely")) == found[:1]
    assert list_policies(engine, Build(engine, version, "other")) == found[-1:]


def test_what_an_outcome_turns_on_are_fields() -> None:
    assert {field.name for field in fields(EnginePolicy)} >= DECIDING | CAUTIOUS.keys()


@pytest.mark.parametrize("engine", BROWSERS)
def test_spans_cover_what_was_measured_and_are_each_alike(engine: EngineName) -> None:
    spans = list_spans(engine)
    assert (spans[0][0], spans[-1][1]) == ENGINES[engine].measured
    assert all(one[1] + 1 == other[0] for one, other in itertools.pairwise(spans))
    for oldest, youngest in spans:
        assert policies(engine, oldest) == policies(engine, youngest)


def test_the_console_of_every_version_is_listed() -> None:
    assert len(list_texts("chromium")) == 6
    assert list_texts("firefox") == list_texts("webkit") == list_texts("standard")


# -- names -------------------------------------------------------------------------------------------------------------


def test_an_engine_is_named_with_or_without_its_version() -> None:
    assert read_engine("auto") == (None, None)
    assert read_engine("chromium") == ("chromium", None)
    assert read_engine("chromium@120") == ("chromium", 120)
    assert read_engine("all", "all") == (None, None)
    assert [label_engine(one) for one in ("webkit@18", "firefox")] == ["WebKit 18", "Firefox"]


@pytest.mark.parametrize(
    "text",
    ["", "chrome", "chromium@", "chromium@x", "chromium@0", "chromium@-1", "chromium@12.3", "standard@1", "@9", "all"],
)
def test_what_names_no_engine_is_told_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+$"):
        read_engine(text)


# -- what they decide --------------------------------------------------------------------------------------------------


def decided(version: int, engine: EngineName = "chromium", **facts: Any) -> Verdict:
    """What a version decides of an exchange: a preflight for `patch` that is answered with PATCH, unless told else."""
    answer = facts.pop("answer", (("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Methods", "PATCH")))
    sent = HeaderList.of(*facts.pop("sent", ()))
    status = facts.pop("status", 200)
    made = {"role": "preflight", "tainting": "cors", "origin": PAGE, "page_origin": PAGE, "method": "patch"} | facts
    response = Response(status, HeaderList.of(*answer), 2.0)
    exchange = Exchange("1", "c", "1", Request("GET", API, sent, 1.0), response)
    known = Facts(response=response, credentials="not-include", build=Build(engine, version), **made)
    return judge(exchange, known, engine)


def said(verdict: Verdict) -> tuple[str, str]:
    return verdict.outcome.value, verdict.certainty


def test_a_lower_case_method() -> None:
    assert said(decided(108)) == ("allowed", "certain")
    assert said(decided(109)) == ("blocked", "certain")
    assert "Method patch" in (decided(109).ruling.message or "")
    lower = ("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Methods", "patch")
    assert said(decided(108, answer=lower)) == ("blocked", "certain")
    assert "Method patch" in (decided(108, answer=lower).ruling.message or "")
    assert said(decided(91)) == ("allowed", "likely")
    assert {branch.label for branch in decided(91).branches} == {"version=nearest", "version=standard"}


OPAQUE = {"role": "request", "tainting": "opaque", "mode": "no-cors", "method": "GET"}
CSV = (("Content-Type", "text/csv"), ("X-Content-Type-Options", "nosniff"))


@pytest.mark.parametrize(
    ("destination", "status", "before", "since"),
    [
        ("script", 200, "opaque", "blocked"),
        ("style", 200, "opaque", "blocked"),
        ("image", 200, "blocked", "blocked"),
        ("script", 404, "blocked", "blocked"),
    ],
)
def test_a_script_of_data(destination: str, status: int, before: str, since: str) -> None:
    asked = OPAQUE | {"destination": destination, "answer": CSV, "status": status}
    assert said(decided(122, **asked)) == (before, "certain")
    assert said(decided(123, **asked)) == (since, "certain")
    if before == "blocked":
        assert decided(122, **asked).ruling.message is None
    assert decided(123, **asked).ruling.message == "Failed to load resource: net::ERR_BLOCKED_BY_ORB"


def redirected(target: str) -> dict[str, Any]:
    return {"role": "redirect", "tainting": "basic", "mode": "cors", "destination": "empty", "method": "GET"} | {
        "target": target,
        "secure": True,
        "status": 302,
        "answer": (("Location", target),),
    }


def test_the_local_network_on_a_secure_page() -> None:
    local, zero, own = (redirected(f"http://{host}/") for host in ("192.168.0.9", "0.0.0.0", "a.test"))
    assert [decided(version, **local).outcome for version in (141, 142)] == [Outcome.BLOCKED, Outcome.NOT_CORS]
    assert [decided(version, **zero).outcome for version in (141, 143, 147)] == [
        *(Outcome.BLOCKED, Outcome.BLOCKED),
        Outcome.NOT_CORS,
    ]
    assert decided(145, **zero).certainty == "likely"
    assert said(decided(160, **own)) == ("blocked", "certain")


def test_localhost_on_a_secure_page_in_firefox() -> None:
    localhost = redirected("http://localhost:9/")
    assert said(decided(140, "firefox", **localhost)) == ("blocked", "certain")
    assert said(decided(141, "firefox", **localhost)) == ("blocked", "likely")
    assert said(decided(153, "firefox", **localhost)) == ("not-cors", "certain")
    assert said(decided(153, "firefox", **redirected("http://127.0.0.1:9/"))) == ("not-cors", "certain")


def test_an_image_from_an_address_in_webkit() -> None:
    image = redirected("http://192.0.2.1/") | {"destination": "image"} | OPAQUE | {"role": "redirect"}
    assert said(decided(16, "webkit", **image)) == ("opaque", "certain")
    assert said(decided(26, "webkit", **image)) == ("blocked", "certain")
    assert decided(0, "webkit", **image).certainty == "likely"


PRIVATE = (("Access-Control-Request-Private-Network", "true"),)


def test_a_preflight_of_private_network_access_blocks_nothing() -> None:
    asked: dict[str, Any] = {"sent": PRIVATE, "method": "GET", "answer": ()}
    assert [said(decided(version, **asked)) for version in (103, 138)] == [("allowed", "certain")] * 2
    assert [said(decided(version, **asked)) for version in (92, 140)] == [("blocked", "certain")] * 2
    assert decided(139, **asked).certainty == "likely"
    # Where CORS may have asked for it too, nobody knows.
    assert said(decided(120, **(asked | {"method": "PUT"}))) == ("allowed", "likely")
    assert said(decided(120, method="GET", answer=())) == ("blocked", "certain")
    assert said(decided(153, "firefox", **asked)) == ("blocked", "certain")


def test_what_no_version_does_otherwise_is_certain_in_all() -> None:
    for engine, version in itertools.product(BROWSERS, (0, 1, 99, 135, 500)):
        assert said(decided(version, engine, answer=())) == ("blocked", "certain")


def test_a_departure_is_likely_only_where_the_version_was_not_measured() -> None:
    star = ("Access-Control-Allow-Origin", PAGE), ("Access-Control-Allow-Headers", "*")
    asked: dict[str, Any] = {"method": "GET", "names": ("authorization",), "answer": star}
    assert said(decided(156, **asked)) == ("allowed", "certain")
    assert said(decided(157, **asked)) == ("allowed", "likely")
    settled = Facts(build=Build("chromium", 157), origin=PAGE).settle(decided(157, **asked).branches[1].premise)
    assert settled.build == Build("chromium", 157, "other")


def test_texts_by_version() -> None:
    asked: dict[str, Any] = {"role": "request", "destination": "empty", "method": "GET"}
    hint = (
        "If an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with CORS"
    )
    told = {version: decided(version, answer=(), **asked).ruling.message or "" for version in (92, 134, 137, 156)}
    assert [hint in text for text in told.values()] == [True, True, False, False]
    other = (("Access-Control-Allow-Origin", "https://b.test"),)
    told = {version: decided(version, answer=other, **asked).ruling.message or "" for version in (134, 137)}
    assert told[134].endswith("with CORS disabled.")
    assert told[137].endswith("Have the server send the header with a valid value.")
    away = redirected("ftp://a.test/") | {"tainting": "cors", "answer": (("Access-Control-Allow-Origin", "*"),)}
    told = {version: decided(version, **away).ruling.message or "" for version in (92, 110, 132, 156)}
    assert told[92] == ""
    assert told[110].endswith("schemes: http, data, chrome, https, chrome-untrusted.")
    assert "chrome-experimental-site-token-provider" not in told[132]
    assert "chrome-experimental-site-token-provider" in told[156]


def test_a_fix_is_one_for_the_version_that_needs_it() -> None:
    from corsight.policies.decision.mend import mend

    none = (("Access-Control-Allow-Origin", PAGE),)
    for version, method in ((108, "PATCH"), (109, "patch")):
        verdict = decided(version, answer=none)
        response = Response(200, HeaderList.of(*none), 2.0)
        exchange = Exchange("1", "c", "1", Request("OPTIONS", API, HeaderList(), 1.0), response)
        facts = Facts(role="preflight", tainting="cors", response=response, origin=PAGE, page_origin=PAGE)
        facts = replace(facts, method="patch", credentials="not-include", build=Build("chromium", version))
        assert verdict.outcome is Outcome.BLOCKED
        fix = mend(exchange, facts, "chromium")
        assert fix is not None
        assert method in (fix.apply(response).headers.get("access-control-allow-methods") or "")


@pytest.mark.parametrize(
    ("engine", "version", "content_type", "passes"),
    [
        ("chromium", 149, "text/css, text/html", True),
        ("chromium", 149, "text/html, text/css", False),
        ("chromium", 152, "text/css, text/html", False),
        ("chromium", 152, "text/html, text/css", True),
        ("chromium", 152, '"text/css"', False),
        ("chromium", 149, "text/css x", False),
        ("chromium", 152, "text/css x", True),
        ("firefox", 153, "text/css x", True),
        ("firefox", 153, '"text/css"', False),
        ("webkit", 26, "text/css, text/html", True),
        ("webkit", 26, "text/html, text/css", False),
        # What is no MIME type counts as none.
        ("webkit", 26, '"text/css"', True),
    ],
)
def test_of_a_style_sheet_with_several_types_each_version_takes_its_own(
    engine: EngineName, version: int, content_type: str, passes: bool
) -> None:
    answer = (("Access-Control-Allow-Origin", PAGE), ("Content-Type", content_type))
    verdict = decided(version, engine, role="request", destination="style", mode="cors", answer=answer)
    assert (verdict.outcome is Outcome.ALLOWED) is passes


@pytest.mark.parametrize(
    ("content_type", "module", "classic"),
    [("text/javascript, text/html", False, True), ("text/javascript x", False, True), ("text/javascript", True, True)],
)
def test_webkit_reads_the_type_of_a_module_in_another_way(content_type: str, module: bool, classic: bool) -> None:
    answer = (
        ("Access-Control-Allow-Origin", PAGE),
        ("Content-Type", content_type),
        ("X-Content-Type-Options", "nosniff"),
    )
    verdict = decided(26, "webkit", role="request", destination="script", mode="cors", answer=answer)
    outcomes = {branch.outcome is Outcome.ALLOWED for branch in verdict.branches}
    assert outcomes == {module, classic}


def test_an_older_chromium_looks_into_images_of_types_that_are_blocked_today() -> None:
    for version, outcome in ((153, Outcome.OPAQUE), (156, Outcome.BLOCKED)):
        for content_type in ("text/pdf", "application/x-protobuffer"):
            answer = (("Content-Type", content_type),)
            facts = {"role": "request", "tainting": "opaque", "destination": "image", "mode": "no-cors"}
            verdict = decided(version, answer=answer, **facts)
            assert verdict.outcome is outcome
