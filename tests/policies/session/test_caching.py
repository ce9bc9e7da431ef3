"""What a preflight that passed leaves in the CORS-preflight cache."""

from __future__ import annotations

import pytest

from corsight.policies.engines import ENGINES
from corsight.policies.evidence import Certainty, Reason
from corsight.policies.fetch.preflight_cache import PreflightCache
from corsight.policies.session.caching import cache_preflight
from corsight.policies.session.fetches import Entry
from corsight.policies.verdict import EngineName
from tests.policies.session.entries import API, PAGE, Pairs, make_preflight

ALLOW: Pairs = [("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Headers", "x-a, x-b")]
AN_HOUR = ("Access-Control-Max-Age", "3600")


def spares(
    entry: Entry,
    *,
    engine: EngineName = "chromium",
    include: bool = False,
    origin: str = PAGE,
    method: str = "PUT",
    names: tuple[str, ...] = ("x-a",),
    now: float = 100.0,
) -> bool:
    """Whether a request needs no preflight once this one was answered."""
    rules = ENGINES[engine].cache
    cache = PreflightCache(rules, 8)
    cache_preflight(cache, entry, shared=rules.credentials_shared)
    found = cache.match(origin, API, include=include, method=method, unsafe_names=names, now=now)
    assert found is None or (found.exchange, found.since) == ("p", 99.1)
    return found is not None


def test_what_its_answer_allows_needs_no_preflight_for_as_long_as_that_says() -> None:
    preflight = make_preflight("p", *ALLOW, AN_HOUR, names="x-a")
    assert spares(preflight)
    assert spares(preflight, names=("x-b",))
    assert spares(preflight, now=3699.0)
    assert not spares(preflight, now=3699.2)
    assert not spares(preflight, method="DELETE")
    assert not spares(preflight, names=("x-c",))
    assert not spares(preflight, origin="https://b.test")


def test_without_a_max_age_it_is_five_seconds() -> None:
    """https://fetch.spec.whatwg.org/#cors-preflight-fetch: "If max-age is failure or null, then set max-age to 5"."""
    preflight = make_preflight("p", *ALLOW, names="x-a")
    assert spares(preflight, now=104.0)
    assert not spares(preflight, now=104.2)


def test_one_without_an_answer_leaves_nothing() -> None:
    assert not spares(make_preflight("p", names="x-a", after=None))


@pytest.mark.parametrize(
    ("engine", "include", "certainty", "spared"),
    [
        # One entry with credentials serves both, one without only its own.
        ("chromium", True, "certain", (True, True)),
        ("chromium", False, "certain", (False, True)),
        ("chromium", None, "certain", (True, True)),
        ("chromium", False, "likely", (True, True)),
        # Firefox has one for each.
        ("firefox", True, "certain", (True, False)),
        ("firefox", False, "certain", (False, True)),
        ("firefox", None, "certain", (True, True)),
        ("firefox", True, "likely", (True, True)),
    ],
)
def test_which_credentials_modes_are_spared_a_preflight(
    engine: EngineName, include: bool | None, certainty: Certainty, spared: tuple[bool, bool]
) -> None:
    """Where its mode is not known for certain, the request of either may go by it."""
    preflight = make_preflight("p", *ALLOW, AN_HOUR, names="x-a")
    if include is not None:
        preflight.fetch.learn(include, Reason.COOKIE, certainty)
    assert (spares(preflight, engine=engine, include=True), spares(preflight, engine=engine)) == spared


def test_an_opaque_origin_is_one_key() -> None:
    preflight = make_preflight("p", *ALLOW, AN_HOUR, names="x-a", origin="null")
    assert spares(preflight, origin="null")
    assert not spares(preflight)
