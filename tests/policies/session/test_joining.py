"""Which preflight or redirect a request follows, and why it needed none, by the memory of one browser alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from corsight.policies.engines import ENGINES
from corsight.policies.evidence import Reason
from corsight.policies.exchange import Exchange, Told
from corsight.policies.fetch.preflight_cache import PreflightCache
from corsight.policies.session.caching import cache_preflight
from corsight.policies.session.clients import Client
from corsight.policies.session.credentials import Credentials
from corsight.policies.session.expected import Expected
from corsight.policies.session.fetches import Entry
from corsight.policies.session.joining import CROWD, Joining
from corsight.policies.session.keeping import Keeping
from corsight.policies.session.reading import Reading, read
from corsight.policies.verdict import Branch, Outcome, Ruling, Unknown, Verdict
from tests.policies.session.entries import API, BLOCKED, Pairs, make_entry, make_exchange, make_preflight

ALLOW: Pairs = [("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Headers", "x-a")]
AN_HOUR = ("Access-Control-Max-Age", "3600")
STORAGE = ("Sec-Fetch-Storage-Access", "none")
CROSS: Pairs = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "cross-site")]
THERE = "https://api.test/there"
WITH, WITHOUT = (((Unknown.CREDENTIALS, mode),) for mode in ("include", "not-include"))
TURNS = Verdict(
    "chromium",
    (Branch(Ruling(Outcome.ALLOWED), WITHOUT), Branch(Ruling(Outcome.BLOCKED, "allow-origin-wildcard"), WITH)),
    "likely",
)
"""Passes without credentials, fails with them."""


class Memory:
    """What one browser remembers, as far as joining looks at it."""

    def __init__(self, client: Client = Client("chromium", 156)) -> None:  # noqa: B008
        self.policy = ENGINES[client.engine]
        self.credentials = Credentials(self.policy, 8, known=True)
        self.expected, self.keeping = Expected(64), Keeping(64)
        self.cache = PreflightCache(self.policy.cache, 64)
        self.joining = Joining(client, self.policy, self.credentials, self.expected, self.cache, self.keeping)

    def preflight(self, name: str = "p", *answer: tuple[str, str], **how: Any) -> Entry:
        """A preflight whose answer turns on the credentials mode."""
        verdict = how.pop("verdict", TURNS)
        entry = make_preflight(name, *(answer or ALLOW), **how)
        entry.verdict = verdict
        self.expected.after_preflight(entry)
        return entry

    def redirect(self, name: str = "d", *headers: tuple[str, str], include: bool | None = None, **how: Any) -> Entry:
        """A redirect to THERE, of a fetch of this mode for certain."""
        entry = make_entry(
            make_exchange(name, *headers, **{"at": 99.0, **how}), ("Location", THERE), status=307, role="redirect"
        )
        entry.tainting = "cors"
        if include is not None:
            entry.fetch.learn(include, Reason.COOKIE)
        self.expected.after_redirect(entry, THERE)
        return entry

    def remember(self, entry: Entry) -> None:
        """What its answer leaves in the CORS-preflight cache."""
        cache_preflight(self.cache, entry, shared=self.policy.cache.credentials_shared)


def ask(*headers: tuple[str, str], **how: Any) -> tuple[Exchange, Reading]:
    exchange = make_exchange("r", *headers, **{"method": "PUT", "at": 99.11, **how})
    return exchange, read(exchange.request.method, exchange.request.headers)


@pytest.mark.parametrize(
    ("headers", "include", "found"),
    [
        pytest.param([], None, True, id="of modes that nothing tells"),
        pytest.param([("Cookie", "a=1")], True, False, id="both with credentials, where that fails"),
        pytest.param([("Cookie", "a=1")], False, False, id="with credentials, behind one without"),
        pytest.param(CROSS, False, True, id="both without"),
        pytest.param(CROSS, True, False, id="without, behind one with"),
        pytest.param([("Cookie", "a=1")], None, False, id="with credentials, behind one that fails so"),
        pytest.param(CROSS, None, True, id="without, behind one that passes so"),
    ],
)
def test_a_request_follows_no_preflight_of_the_other_mode(headers: Pairs, include: bool | None, found: bool) -> None:
    memory = Memory()
    preflight = memory.preflight()
    if include is not None:
        preflight.fetch.learn(include, Reason.COOKIE)
    assert (memory.joining.find_preflight(*ask(*headers)) is preflight) is found


@pytest.mark.parametrize(
    ("headers", "include", "found"),
    [
        ([("Cookie", "a=1")], True, True),
        ([("Cookie", "a=1")], None, True),
        ([("Cookie", "a=1")], False, False),
        (CROSS, True, False),
        (CROSS, None, True),
    ],
)
def test_of_one_that_passes_in_either_mode_only_its_own_mode_counts(
    headers: Pairs, include: bool | None, found: bool
) -> None:
    memory = Memory()
    preflight = memory.preflight(verdict=Verdict("chromium", TURNS.branches[:1]))
    if include is not None:
        preflight.fetch.learn(include, Reason.COOKIE)
    assert (memory.joining.find_preflight(*ask(*headers)) is preflight) is found
    # What is only likely of its mode rules nothing out.
    preflight.fetch.certainty = "likely"
    assert memory.joining.find_preflight(*ask(*headers)) is preflight


def test_a_preflight_that_was_not_judged_yet_may_be_any_requests() -> None:
    memory = Memory()
    preflight = memory.preflight(verdict=None)
    assert memory.joining.find_preflight(*ask(("Cookie", "a=1"))) is preflight


@pytest.mark.parametrize(
    ("sequel", "verdict", "found"),
    [("unknown", TURNS, True), ("unknown", BLOCKED, False), ("absent", BLOCKED, True)],
)
def test_something_else_may_add_a_header_to_what_a_preflight_let_pass(
    sequel: Any, verdict: Verdict, found: bool
) -> None:
    """An extension does. One that failed for certain has no request, unless it failed for want of one."""
    memory = Memory()
    preflight = memory.preflight(verdict=verdict)
    preflight.sequel = sequel
    assert (memory.joining.find_preflight(*ask(("X-Added", "1"))) is preflight) is found


def test_what_is_cached_goes_before_a_preflight_that_did_not_name_all() -> None:
    memory = Memory()
    memory.remember(make_preflight("cached", *ALLOW, AN_HOUR, names="x-a", at=90.0))
    memory.preflight()
    assert memory.joining.find_preflight(*ask(("X-A", "1"))) is None


@pytest.mark.parametrize(("seen", "found"), [(False, True), (True, False)])
def test_a_recording_may_have_been_freed_of_what_a_preflight_named(seen: bool, found: bool) -> None:
    """Tools take Authorization out of requests, and leave what the preflight names; unless some request has it."""
    memory = Memory()
    preflight = memory.preflight(names="authorization,x-a")
    if seen:
        memory.joining.find_preflight(*ask(("Authorization", "a"), url=f"{API}/other"))
    assert (memory.joining.find_preflight(*ask(("X-A", "1"))) is preflight) is found


@pytest.mark.parametrize(
    ("headers", "before", "include", "led"),
    [
        pytest.param([], [], None, True, id="of modes that nothing tells"),
        pytest.param([("Cookie", "a=1")], [], False, False, id="with credentials, of a fetch without"),
        pytest.param([("Cookie", "a=1")], [], True, True, id="with credentials, of a fetch with them"),
        pytest.param(CROSS, CROSS, True, False, id="without, of a fetch with them"),
        pytest.param([STORAGE, *CROSS], CROSS, None, True, id="of a fetch that may have begun with them"),
    ],
)
def test_a_redirect_leads_to_no_request_of_the_other_mode(
    headers: Pairs, before: Pairs, include: bool | None, led: bool
) -> None:
    memory = Memory()
    redirect = memory.redirect("d", *before, method="PUT", include=include)
    assert (memory.joining.find_redirect(*ask(*headers, url=THERE)) is redirect) is led


def test_no_fetch_begins_to_send_storage_access_on_its_way() -> None:
    memory = Memory()
    redirect = memory.redirect("d", *CROSS, method="PUT")
    redirect.fetch.learn(False, Reason.NO_STORAGE_ACCESS, "likely")
    assert memory.joining.find_redirect(*ask(STORAGE, *CROSS, url=THERE)) is None
    redirect.fetch.doubt(Reason.NO_STORAGE_ACCESS)
    assert memory.joining.find_redirect(*ask(STORAGE, *CROSS, url=THERE)) is redirect


@pytest.mark.parametrize(
    ("version", "before", "then", "led"),
    [
        (153, [("Priority", "u=4")], [], False),
        (153, [], [("Priority", "u=4")], False),
        (153, [("Priority", "u=4")], [("Priority", "u=4")], True),
        (153, [], [], True),
        # Before 132 what has a Priority told no XMLHttpRequest from a fetch().
        (131, [("Priority", "u=4")], [], True),
    ],
)
def test_what_has_a_priority_in_firefox_has_it_on_all_its_way(
    version: int, before: Pairs, then: Pairs, led: bool
) -> None:
    memory = Memory(Client("firefox", version))
    redirect = memory.redirect("d", *before, method="PUT")
    assert (memory.joining.find_redirect(*ask(*then, url=THERE)) is redirect) is led


@pytest.mark.parametrize(
    ("one", "other", "headers", "rival"),
    [
        pytest.param(True, False, [], True, id="of the other mode"),
        pytest.param(True, None, [], True, id="of a mode that is not known"),
        pytest.param(True, True, [], False, id="of the same mode"),
        pytest.param(None, True, [], False, id="where its own mode is not known"),
        pytest.param(True, False, [("Cookie", "a=1")], False, id="where the request tells its mode"),
    ],
)
def test_which_redirect_is_the_rival_of_another(
    one: bool | None, other: bool | None, headers: Pairs, rival: bool
) -> None:
    """Where two fetches of two modes are led to one URL, whose request comes is not certain."""
    memory = Memory()
    second = memory.redirect("e", method="PUT", include=other)
    first = memory.redirect("d", method="PUT", include=one)
    found = memory.joining.find_rival_redirect(first, *ask(*headers, url=THERE))
    assert found is (second if rival else None)


def test_a_redirect_that_cannot_have_led_to_a_request_is_no_rival() -> None:
    memory = Memory()
    memory.redirect("e", method="POST", include=False)
    first = memory.redirect("d", method="PUT", include=True)
    assert memory.joining.find_rival_redirect(first, *ask(url=THERE)) is None


@pytest.mark.parametrize(
    ("later", "cached", "others"),
    [
        pytest.param(0.01, None, "", id="at once"),
        pytest.param(0.2, None, "", id="late, and nothing was cached"),
        pytest.param(0.2, 99.05, "cached", id="late, and cached meanwhile"),
        pytest.param(0.01, 99.05, "", id="at once, though something was cached"),
        pytest.param(0.2, 90.0, "", id="late, and cached before it was asked"),
    ],
)
def test_what_comes_late_may_have_gone_by_what_was_cached_meanwhile(
    later: float, cached: float | None, others: str
) -> None:
    """Chromium 156: of two preflights one failed, and a third fetch went by what the other brought, 200 ms later."""
    memory = Memory()
    if cached is not None:
        memory.remember(make_preflight("cached", *ALLOW, AN_HOUR, at=cached, after=0.0))
    preflight = memory.preflight()
    assert memory.joining.contest(preflight, *ask(at=99.1 + later)) == ((), others or None, False)


def test_a_preflight_of_the_same_time_is_a_rival_where_the_verdict_is_divided() -> None:
    memory = Memory()
    other, preflight = memory.preflight("q"), memory.preflight()
    assert memory.joining.contest(preflight, *ask()) == ((other,), None, False)
    preflight.verdict = replace(TURNS, branches=TURNS.branches[:1], certainty="certain")
    assert memory.joining.contest(preflight, *ask()) == ((), None, False)
    preflight.verdict = None
    assert memory.joining.contest(preflight, *ask()) == ((), None, False)


@pytest.mark.parametrize(
    ("method", "names", "later", "needless"),
    [
        ("POST", "", 0.01, False),
        ("POST", "", 0.04, False),
        ("POST", "", 0.06, True),
        ("PUT", "", 0.06, False),
        # It may be asked again without what the preflight named.
        ("POST", "authorization", 0.01, True),
        ("POST", "x-api-key", 0.01, True),
        ("PUT", "authorization", 0.01, False),
    ],
)
def test_what_needs_no_preflight_may_have_gone_by_none(method: str, names: str, later: float, needless: bool) -> None:
    memory = Memory()
    preflight = memory.preflight(asks=method, names=names)
    assert memory.joining.contest(preflight, *ask(method=method, at=99.1 + later))[2] is needless


@pytest.mark.parametrize(
    ("later", "cached", "spared"), [(0.02, True, False), (0.03, True, True), (0.03, False, False), (-0.001, True, True)]
)
def test_a_request_may_be_spared_its_preflight_by_an_earlier_ones_answer(
    later: float, cached: bool, spared: bool
) -> None:
    memory = Memory()
    if cached:
        memory.remember(make_preflight("cached", *ALLOW, AN_HOUR, at=90.0))
    assert memory.joining.may_be_spared(memory.preflight(), *ask(at=99.1 + later)) is spared


@pytest.mark.parametrize(
    ("how", "learned"),
    [
        pytest.param({}, "certain", id="it took another one"),
        pytest.param({"connection": "c0"}, None, id="it took its preflight's"),
        pytest.param({"connection": ""}, None, id="its connection is not told"),
        pytest.param({"spared": True}, "likely", id="it may have needed no preflight"),
        pytest.param({"others": CROWD}, "likely", id="many others were under way"),
        pytest.param({"others": CROWD - 1}, "certain", id="few others were"),
        pytest.param({"connection": "kept"}, "likely", id="it took an older one"),
        pytest.param({"headers": CROSS}, None, id="it tells its mode itself"),
        pytest.param({"told": Told()}, None, id="its moments are a recording's"),
        pytest.param({"http2": True}, None, id="over another protocol"),
        pytest.param({"closes": True}, None, id="its preflight's was closed"),
        pytest.param({"engine": "firefox"}, "likely", id="in Firefox"),
        pytest.param({"engine": "webkit"}, None, id="in WebKit, which mixes the modes"),
    ],
)
def test_a_request_that_left_its_preflights_free_connection_has_credentials(
    how: dict[str, Any], learned: str | None
) -> None:
    """Chromium, HTTP/1.1: all of 85 requests without credentials took it, all of 58 with credentials another one."""
    engine = how.get("engine", "chromium")
    memory = Memory(Client(engine, 130))
    for name, at in (("k1", 10.0), ("k2", 11.0)):
        kept = make_entry(make_exchange(name, at=at, connection="kept")).exchange
        memory.keeping.begin(kept, "https://api.test")
        memory.keeping.end(kept, closes=False)
    preflight = memory.preflight()
    memory.keeping.begin(preflight.exchange, "https://api.test")
    memory.keeping.end(preflight.exchange, closes=how.get("closes", False))
    exchange, _ = ask(*how.get("headers", []), connection=how.get("connection", "c1"), http2=how.get("http2", False))
    entry = make_entry(replace(exchange, told=how.get("told")), fetch=preflight.fetch)
    told = memory.joining.compare_connections(preflight, entry, how.get("others", 0), spared=how.get("spared", False))
    assert told is (learned is not None)
    if learned is not None:
        assert (entry.fetch.include, entry.fetch.certainty) == (True, learned)


@pytest.mark.parametrize(
    ("client", "told", "reason"),
    [
        (Client("chromium", 156), None, Reason.BEFORE_RECORDING),
        (Client("standard", None, False), None, Reason.NO_BROWSER),
        (Client("chromium", 156), Told(preflights=False), Reason.PREFLIGHTS_NOT_RECORDED),
        (Client("chromium", 156), Told(preflights=True), Reason.BEFORE_RECORDING),
    ],
)
def test_why_a_request_that_needs_a_preflight_has_none(client: Client, told: Told | None, reason: Reason) -> None:
    memory = Memory(client)
    exchange, _ = ask(("X-A", "1"))
    entry = make_entry(replace(exchange, told=told))
    memory.joining.explain_no_preflight(entry)
    evidence = entry.evidence["preflight"]
    assert (evidence.value, evidence.reason, evidence.certainty) == ("not seen", reason, "likely")


@pytest.mark.parametrize(
    ("headers", "include", "learned"),
    [
        pytest.param([], False, (False, Reason.CACHED_MODE), id="an answer without credentials serves no others"),
        pytest.param([], True, None, id="one with them serves both"),
        pytest.param(CROSS, True, None, id="the request tells its mode itself"),
    ],
)
def test_a_request_that_went_by_what_was_cached_is_of_a_mode_that_this_serves(
    headers: Pairs, include: bool, learned: tuple[bool, Reason] | None
) -> None:
    """https://fetch.spec.whatwg.org/#concept-cache-match-method; Chromium's entry with credentials serves both."""
    memory = Memory()
    preflight = make_preflight("cached", *ALLOW, AN_HOUR, at=90.0)
    preflight.fetch.learn(include, Reason.COOKIE)
    memory.remember(preflight)
    entry = make_entry(ask(("X-A", "1"), *headers)[0])
    memory.joining.explain_no_preflight(entry)
    evidence = entry.evidence["preflight"]
    assert (evidence.value, evidence.reason, evidence.details[0]) == ("cached", Reason.CACHED_PREFLIGHT, "cached")
    assert evidence.details[1] == "3591"
    known = entry.fetch.evidence.get("credentials")
    assert (None if known is None else (entry.fetch.include, known.reason)) == learned


def test_the_proxys_own_cookie_tells_more_than_all_else() -> None:
    memory = Memory()
    exchange, reading = ask(*CROSS)
    assert memory.joining.state(replace(exchange, marker="carried"), reading, first=True) == (True, Reason.MARKER)
    stated = memory.joining.state(replace(exchange, marker="missing"), reading, first=True)
    assert stated == (False, Reason.NO_STORAGE_ACCESS)
