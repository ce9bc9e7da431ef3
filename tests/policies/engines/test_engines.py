"""The engines' departures from the standard, held against what they state; and a text for everything they block."""

from __future__ import annotations

import itertools
import re
from dataclasses import fields

import pytest

from corsight.policies.engines import ENGINES, WORDS, EnginePolicy, Wording
from corsight.policies.fetch.safelist import cors_unsafe_request_header_names
from corsight.policies.rules import DECISIONS
from corsight.policies.verdict import EngineName

NAMES = list(ENGINES)
STANDARD = ENGINES["standard"]
BEHAVIOUR = {field.name for field in fields(EnginePolicy)} - {
    *("name", "label", "departures", "changes", "measured", "stands_for", "other", "texts"),
}
DESTINATIONS = (
    *("empty", "audio", "audioworklet", "document", "embed", "font", "frame", "iframe", "image", "json", "manifest"),
    *("object", "paintworklet", "report", "script", "serviceworker", "sharedworker", "style", "track", "video"),
    *("webidentity", "worker", "xslt", "unknown", "nonsense"),
)


def differing(engine: EngineName) -> set[str]:
    return {name for name in BEHAVIOUR if getattr(ENGINES[engine], name) != getattr(STANDARD, name)}


@pytest.mark.parametrize("engine", NAMES)
def test_an_engine_departs_where_it_says_so_and_nowhere_else(engine: EngineName) -> None:
    assert ENGINES[engine].departures.keys() == differing(engine)


@pytest.mark.parametrize("engine", NAMES)
def test_every_departure_says_what_and_where_that_was_seen(engine: EngineName) -> None:
    for field, departure in ENGINES[engine].departures.items():
        assert re.fullmatch(r"[A-Z].{20,}\.", departure.what), field
        assert re.search(r"\.(cc|cpp|h)\b|[Mm]easured|pref |bug \d|HTTPHeaderNames", departure.source), field


def test_the_standard_departs_from_nothing() -> None:
    assert STANDARD.departures == {}
    assert all(ENGINES[name].name == name for name in NAMES)
    assert WORDS.keys() == ENGINES.keys()


def wording(rule: str, **changes: object) -> Wording:
    values: dict[str, object] = {
        "rule": rule,
        "preflight": False,
        "url": "https://api.test/x",
        "initial_url": "https://api.test/x",
        "origin": "https://app.test",
        "page_origin": "https://app.test",
        "destination": "empty",
        "event_source": False,
        "status": 200,
        "value": "{value} % \xe9",
        "separate_lines": 0,
    }
    return Wording(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", DECISIONS)
@pytest.mark.parametrize("engine", NAMES)
def test_every_engine_has_words_for_every_rule(engine: EngineName, rule: str) -> None:
    targets = (None, "https://b.test/", "ftp://b.test/", "data:,", "custom:x", "")
    for preflight, destination, target, tainting, lines in itertools.product(
        (False, True), DESTINATIONS, targets, ("cors", "opaque", "basic"), (0, 2)
    ):
        asked = wording(
            rule, preflight=preflight, destination=destination, target=target, tainting=tainting, separate_lines=lines
        )
        error, message = WORDS[engine](asked)
        assert error != ""
        assert message != ""
        assert (message or "").count("{") <= 1, "a template was left unfilled"


SILENT = {
    "chromium": set[str](),
    # Chromium alone has local network access on. Firefox says nothing of a redirect that the page refuses, and takes a
    # 407 for an answer. Neither Firefox nor WebKit says why a worker did not start.
    "firefox": {"local-network-access", "redirect-refused", "proxy-authentication", "worker-needs-coep"},
    # To WebKit a preflight's redirect is a status; it blocks no opaque response by its type. The others are unknown.
    "webkit": {
        *("preflight-redirect", "opaque-response-blocked", "redirect-location-invalid", "network-error"),
        *("redirect-refused", "proxy-authentication", "local-network-access", "worker-needs-coep"),
    },
}


@pytest.mark.parametrize("engine", ["chromium", "firefox", "webkit"])
def test_the_console_is_silent_only_where_that_is_known(engine: EngineName) -> None:
    silent = {rule for rule in DECISIONS if WORDS[engine](wording(rule, target="https://b.test/"))[1] is None}
    assert silent == SILENT[engine]


def test_the_standard_prints_nothing() -> None:
    assert {WORDS["standard"](wording(rule)) for rule in DECISIONS} == {(None, None)}


def unsafe(engine: EngineName, *headers: tuple[str, str]) -> tuple[str, ...]:
    """The names an engine asks for in a preflight, when a page sets these headers."""
    policy = ENGINES[engine]
    return cors_unsafe_request_header_names(
        headers,
        total_limit=policy.unsafe_total_limit,
        joined=policy.repeated_lines_joined,
        extra=policy.extra_safelisted,
    )


MANY = tuple(("accept-language", "a" * 120) for _ in range(9))
"""Nine short lines that hold more than 1024 bytes together."""


@pytest.mark.parametrize(
    ("headers", "asking"),
    [
        pytest.param((("x-a", "1"),), set(NAMES), id="any header of one's own"),
        pytest.param((("accept", "a" * 129),), set(NAMES), id="129 bytes"),
        pytest.param((("accept", "a" * 128),), set(), id="128 bytes"),
        pytest.param(MANY, {"standard", "chromium", "webkit"}, id="row 14: more than 1024 bytes together"),
        pytest.param((("accept", "a" * 100),) * 2, {"chromium", "webkit"}, id="row 15: 128 bytes over two lines"),
        pytest.param((("dpr", "1.5"),), {"standard", "firefox", "webkit"}, id="row 16: DPR"),
        pytest.param((("dpr", "high"),), set(NAMES), id="row 16: DPR that is not a number"),
        pytest.param((("save-data", "on"),), {"standard", "firefox", "webkit"}, id="row 16: Save-Data"),
        pytest.param((("save-data", "off"),), set(NAMES), id="row 16: Save-Data: off"),
        pytest.param((("ect", "4g"), ("rtt", "50")), {"standard", "firefox", "webkit"}, id="row 16: ECT and RTT"),
        pytest.param((("downlink", "1.2"),), {"standard", "firefox", "webkit"}, id="row 16: Downlink"),
        pytest.param((("width", "1"), ("viewport-width", "1")), {"standard", "firefox", "webkit"}, id="row 16: widths"),
        pytest.param((("device-memory", "8"),), {"standard", "firefox", "webkit"}, id="row 16: Device-Memory"),
    ],
)  # fmt: skip
def test_which_engines_ask_before_a_page_sends_a_header(headers: tuple[tuple[str, str], ...], asking: set[str]) -> None:
    assert {engine for engine in NAMES if unsafe(engine, *headers)} == asking


@pytest.mark.parametrize(
    ("field", "of"),
    [
        ("authorization_by_wildcard", {"chromium": True, "firefox": True, "webkit": True, "standard": False}),
        ("extra_exposed", {"webkit": {"accept"}, "chromium": set(), "firefox": set(), "standard": set()}),
        ("unsafe_total_limit", {"standard": 1024, "chromium": 1024, "firefox": None, "webkit": None}),
    ],
)
def test_rows_of_the_engine_difference_table(field: str, of: dict[str, object]) -> None:
    assert {engine: getattr(ENGINES[engine], field) for engine in NAMES} == of


@pytest.mark.parametrize(
    ("engine", "cap", "wildcard_hits", "shared"),
    [("chromium", 7200, True, True), ("firefox", 86400, False, False), ("webkit", 600, True, True)],
)
def test_rows_of_the_preflight_cache(engine: EngineName, cap: int, wildcard_hits: bool, shared: bool) -> None:
    cache = ENGINES[engine].cache
    assert (cache.cap_seconds, cache.wildcard_hits, cache.credentials_shared) == (cap, wildcard_hits, shared)
