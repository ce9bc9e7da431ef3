"""The CORS-preflight cache, under the standard's rules and the engines'."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corsight.policies.fetch.preflight_cache import (
    LIMIT,
    LONGEST_TOKEN,
    MAX_TOKENS,
    OVERHEAD,
    CacheEntry,
    CacheRules,
    PreflightCache,
    read_max_age,
)

STANDARD = CacheRules(cap_seconds=None)
WHOLE = replace(STANDARD, per_token=False, cap_seconds=600, negative="expired", int64=True)
STRICT = replace(
    STANDARD,
    cap_seconds=86400,
    bad_max_age="not-cached",
    negative="not-cached",
    wildcard_hits=False,
    credentials_shared=False,
    head_exempt=False,
)

ORIGIN = "https://a.example"
URL = "https://b.example/x"


class Browser:
    """A cache whose clock a test moves."""

    def __init__(self, rules: CacheRules, size: int = 100) -> None:
        self.cache = PreflightCache(rules, size)
        self.now = 1000.0

    def preflight(
        self,
        methods: str = "",
        headers: str = "",
        *,
        include: bool = False,
        max_age: str | None = "60",
        url: str = URL,
        exchange: str = "p",
    ) -> None:
        self.cache.store(
            ORIGIN,
            url,
            include=include,
            methods=methods.split(),
            headers=headers.split(),
            max_age_value=max_age,
            now=self.now,
            exchange=exchange,
            method="",
            names=(),
        )

    def hit(self, method: str = "GET", names: str = "", *, include: bool = False, url: str = URL) -> CacheEntry | None:
        return self.cache.match(ORIGIN, url, include=include, method=method, unsafe_names=names.split(), now=self.now)


@pytest.mark.parametrize(
    ("value", "standard", "whole", "strict"),
    [
        (None, 5, 5, 5),
        ("", 5, 5, 5),
        ("60", 60, 60, 60),
        ("0", 0, 0, None),
        ("-1", 5, 0, None),
        ("-0", 0, 0, None),
        ("abc", 5, 5, None),
        ("1.5", 5, 5, None),
        ("60, 60", 5, 5, None),
        ("+60", 5, 60, None),
        ("700", 700, 600, 700),
        ("99999", 99999, 600, 86400),
        ("9" * 30, float("9" * 30), 5, 86400),
        ("-" + "9" * 30, 5, 5, None),
        (str(2**63 - 1), float(2**63 - 1), 600, 86400),
        (str(2**63), float(2**63), 5, 86400),
        (str(-(2**63)), 5, 0, None),
        (str(-(2**63) - 1), 5, 5, None),
        ("٦", 5, 5, None),
    ],
)
def test_how_long_an_entry_lasts(value: str | None, standard: float, whole: float, strict: float | None) -> None:
    assert read_max_age(value, STANDARD) == standard
    assert read_max_age(value, WHOLE) == whole
    assert read_max_age(value, STRICT) == strict


@given(st.text("0123456789+-., a", max_size=30) | st.integers().map(str), st.sampled_from([STANDARD, WHOLE, STRICT]))
def test_no_max_age_raises_or_lasts_beyond_the_cap(value: str, rules: CacheRules) -> None:
    seconds = read_max_age(value, rules)
    assert seconds is None or 0 <= seconds <= (rules.cap_seconds or float("inf"))


def test_the_standard_leaves_the_limit_to_browsers_and_a_day_is_taken_for_it() -> None:
    assert [read_max_age(value, CacheRules()) for value in ("86399", "86400", "86401")] == [86399, 86400, 86400]


def test_a_max_age_of_thousands_of_digits_is_no_number() -> None:
    assert read_max_age("9" * 100_000, STANDARD) == 5


@pytest.mark.parametrize("rules", [STANDARD, WHOLE, STRICT])
def test_a_preflight_spares_the_same_request_the_next_until_it_ends(rules: CacheRules) -> None:
    browser = Browser(rules)
    assert browser.hit("PUT", "x-a") is None
    browser.preflight("PUT", "X-A", exchange="first")
    entry = browser.hit("PUT", "x-a")
    assert entry is not None
    assert (entry.exchange, entry.until) == ("first", 1060)
    browser.now = 1059.9
    assert browser.hit("PUT", "x-a")
    browser.now = 1060
    assert browser.hit("PUT", "x-a") is None


@pytest.mark.parametrize("rules", [STANDARD, WHOLE, STRICT])
def test_methods_count_by_case_and_names_do_not(rules: CacheRules) -> None:
    browser = Browser(rules)
    browser.preflight("PATCH", "X-A")
    assert browser.hit("PATCH", "x-a")
    assert browser.hit("patch", "x-a") is None


@pytest.mark.parametrize("rules", [STANDARD, WHOLE, STRICT])
def test_origin_and_url_are_part_of_the_key_and_the_fragment_is_not(rules: CacheRules) -> None:
    browser = Browser(rules)
    browser.preflight("PUT", url=URL + "#f")
    assert browser.hit("PUT", url=URL + "#g")
    assert browser.hit("PUT", url=URL + "?x") is None
    assert browser.cache.match("null", URL, include=False, method="PUT", unsafe_names=(), now=1000) is None


@pytest.mark.parametrize(("rules", "shared"), [(STANDARD, True), (WHOLE, True), (STRICT, False)])
def test_what_was_granted_with_credentials_holds_without_them_and_not_the_other_way(
    rules: CacheRules, shared: bool
) -> None:
    browser = Browser(rules)
    browser.preflight("PUT", include=True)
    assert browser.hit("PUT", include=True)
    assert (browser.hit("PUT") is not None) is shared
    browser = Browser(rules)
    browser.preflight("PUT")
    assert browser.hit("PUT", include=True) is None


def test_tokens_have_an_end_each_and_a_hit_ends_with_the_first() -> None:
    browser = Browser(STANDARD)
    browser.preflight("PUT", "x-a x-b", max_age="10", exchange="first")
    browser.now = 1005
    browser.preflight("PUT", "x-a", max_age="100", exchange="second")
    entry = browser.hit("PUT", "x-a")
    assert entry is not None
    assert (entry.exchange, entry.until) == ("second", 1105)
    entry = browser.hit("PUT", "x-a x-b")
    assert entry is not None
    assert (entry.exchange, entry.until) == ("first", 1010)
    browser.now = 1010
    assert browser.hit("PUT", "x-a")
    assert browser.hit("PUT", "x-b") is None


def test_a_later_answer_adds_to_tokens_and_replaces_a_whole_one() -> None:
    for rules, kept in ((STANDARD, True), (WHOLE, False)):
        browser = Browser(rules)
        browser.preflight("PUT", "x-a")
        browser.preflight("DELETE")
        assert (browser.hit("PUT", "x-a") is not None) is kept


def test_a_whole_answer_that_does_not_suffice_is_erased() -> None:
    for rules, kept in ((STANDARD, True), (WHOLE, False)):
        browser = Browser(rules)
        browser.preflight("PUT", "x-a")
        assert browser.hit("PUT", "x-b") is None
        assert (browser.hit("PUT", "x-a") is not None) is kept


def test_get_head_and_post_need_no_entry_but_for_head_where_it_is_not_exempt() -> None:
    for rules, exempt in ((STANDARD, True), (WHOLE, True), (STRICT, False)):
        browser = Browser(rules)
        browser.preflight("PUT", "x-a")
        assert browser.hit("POST", "x-a")
        assert (browser.hit("HEAD", "x-a") is not None) is exempt


@pytest.mark.parametrize(("rules", "hits"), [(STANDARD, True), (WHOLE, True), (STRICT, False)])
def test_a_wildcard_hits_or_never_does(rules: CacheRules, hits: bool) -> None:
    browser = Browser(rules)
    browser.preflight("*", "*")
    assert (browser.hit("PUT", "x-a") is not None) is hits
    assert browser.hit("*", "*")


@pytest.mark.parametrize("rules", [STANDARD, WHOLE])
def test_a_wildcard_covers_authorization_only_where_it_does(rules: CacheRules) -> None:
    browser = Browser(rules)
    browser.preflight("", "*")
    assert browser.hit("GET", "authorization") is None
    browser = Browser(replace(rules, authorization_by_wildcard=True))
    browser.preflight("", "*")
    assert browser.hit("GET", "authorization")
    browser = Browser(rules)
    browser.preflight("", "authorization")
    assert browser.hit("GET", "authorization")


@pytest.mark.parametrize("rules", [STANDARD, WHOLE])
def test_whom_a_wildcard_with_credentials_satisfies(rules: CacheRules) -> None:
    def hits(include: bool) -> bool:
        browser.preflight("*", "*", include=True)
        return browser.hit("PUT", "x-a", include=include) is not None

    browser = Browser(rules)
    assert (hits(True), hits(False)) == (True, True)
    browser = Browser(replace(rules, wildcard_with_credentials="without"))
    assert (hits(True), hits(False)) == (False, True)
    browser = Browser(replace(rules, wildcard_with_credentials="none"))
    assert (hits(True), hits(False)) == (False, False)
    # One that was stored without credentials serves those without.
    browser.preflight("*", "*", url=URL + "2")
    assert browser.hit("PUT", "x-a", url=URL + "2")


def test_a_method_may_be_called_like_a_header() -> None:
    """Fetch excepts the header `Authorization` from the wildcard, and no method."""
    browser = Browser(STANDARD)
    browser.preflight("*")
    assert browser.hit("authorization")


def test_a_stored_wildcard_is_renewed_by_the_names_it_covers() -> None:
    browser = Browser(STANDARD)
    browser.preflight("*", max_age="60")
    browser.preflight("PUT", max_age="5")
    browser.now = 1004.9
    assert browser.hit("DELETE")
    browser.now = 1005
    assert browser.hit("DELETE") is None


def test_long_urls_are_not_kept_where_they_are_not() -> None:
    browser = Browser(replace(WHOLE, max_url_length=40))
    for length, kept in ((39, True), (40, False)):
        url = URL.ljust(length, "x")
        browser.preflight("PUT", url=url)
        assert (browser.hit("PUT", url=url) is not None) is kept


def test_a_max_age_that_is_over_at_once_replaces_and_one_that_is_not_cached_leaves() -> None:
    for rules, left in ((WHOLE, False), (STRICT, True)):
        browser = Browser(rules)
        browser.preflight("PUT")
        browser.preflight("PUT", max_age="-1")
        assert (browser.hit("PUT") is not None) is left


@pytest.mark.parametrize("rules", [STANDARD, WHOLE, STRICT])
def test_clearing_forgets_both_kinds_of_credentials_and_no_other_url(rules: CacheRules) -> None:
    browser = Browser(rules)
    other = URL + "/other"
    browser.preflight("PUT", include=True)
    browser.preflight("PUT", include=False)
    browser.preflight("PUT", url=other)
    browser.cache.clear(ORIGIN, URL + "#f")
    assert browser.hit("PUT", include=True) is None
    assert browser.hit("PUT") is None
    assert browser.hit("PUT", url=other)


@pytest.mark.parametrize("rules", [STANDARD, WHOLE, STRICT])
def test_the_least_recently_used_goes_first(rules: CacheRules) -> None:
    browser = Browser(rules, size=2)
    browser.preflight("PUT", url=URL + "1")
    browser.preflight("PUT", url=URL + "2")
    assert browser.hit("PUT", url=URL + "1")
    browser.preflight("PUT", url=URL + "3")
    assert len(browser.cache) == 2
    assert browser.hit("PUT", url=URL + "2") is None
    assert browser.hit("PUT", url=URL + "1")
    assert browser.hit("PUT", url=URL + "3")


@pytest.mark.parametrize("rules", [STANDARD, WHOLE])
def test_a_server_cannot_make_an_entry_grow(rules: CacheRules) -> None:
    browser = Browser(rules)
    browser.preflight("PUT", " ".join(f"x-{n}" for n in range(2 * MAX_TOKENS)))
    assert browser.hit("PUT", f"x-{MAX_TOKENS - 1}")
    browser.preflight("PUT", " ".join(f"x-{n}" for n in range(2 * MAX_TOKENS)))
    assert browser.hit("PUT", f"x-{MAX_TOKENS}") is None


def test_answers_that_add_to_an_entry_push_its_oldest_names_out() -> None:
    browser = Browser(STANDARD)
    for first in range(4):
        browser.preflight("PUT", " ".join(f"x-{first}-{n}" for n in range(MAX_TOKENS)))
    assert browser.hit("PUT", f"x-3-{MAX_TOKENS - 1}")
    assert browser.hit("PUT", "x-2-9")
    assert browser.hit("PUT", "x-1-9") is None
    assert browser.hit("PUT", "x-0-9") is None


def test_an_entry_holds_what_two_answers_may_list() -> None:
    browser = Browser(STANDARD)
    browser.preflight("PUT", " ".join(f"x-{n}" for n in range(MAX_TOKENS - 1)))
    browser.preflight("", " ".join(f"y-{n}" for n in range(MAX_TOKENS)))
    assert browser.hit("PUT", "x-0 y-0")
    browser.preflight("", "z")
    assert browser.hit("PUT", "x-0") is None


def test_a_name_of_a_certain_length_is_still_remembered() -> None:
    browser = Browser(STANDARD)
    browser.preflight("PUT", f"{'x' * LONGEST_TOKEN} {'y' * (LONGEST_TOKEN + 1)}")
    assert browser.hit("PUT", "x" * LONGEST_TOKEN)
    assert browser.hit("PUT", "y" * (LONGEST_TOKEN + 1)) is None


EIGHTH = " ".join(f"x-{number}".ljust(LONGEST_TOKEN, "x") for number in range(250))


def url_of_an_eighth(number: int) -> str:
    """A URL that takes an eighth of what a cache holds, with EIGHTH and the method PUT."""
    rest = LIMIT // 8 - len(ORIGIN) - 250 * (LONGEST_TOKEN + OVERHEAD) - len("PUT") - 2 * OVERHEAD
    return f"{URL}{number}?".ljust(rest, "x")


@pytest.mark.parametrize("rules", [STANDARD, WHOLE, STRICT])
def test_what_is_heavy_pushes_out_the_least_recently_used(rules: CacheRules) -> None:
    """No browser taught that: a server may answer with 64 kB of names for each of many URLs."""
    browser = Browser(rules)
    for number in range(8):
        browser.preflight("PUT", EIGHTH, url=url_of_an_eighth(number))
    assert len(browser.cache) == 8
    browser.cache.clear(ORIGIN, url_of_an_eighth(3))
    browser.preflight("PUT", EIGHTH, url=url_of_an_eighth(8))
    assert len(browser.cache) == 8
    browser.preflight("PUT", EIGHTH, url=url_of_an_eighth(9))
    assert [number for number in range(10) if browser.hit("PUT", url=url_of_an_eighth(number))] == [1, 2, *range(4, 10)]


@pytest.mark.parametrize("rules", [STANDARD, WHOLE, STRICT])
def test_an_answer_that_comes_again_weighs_no_more(rules: CacheRules) -> None:
    browser = Browser(rules)
    for _ in range(20):
        browser.preflight("PUT", EIGHTH, url=url_of_an_eighth(0))
    for number in range(1, 7):
        browser.preflight("PUT", EIGHTH, url=url_of_an_eighth(number))
    assert len(browser.cache) == 7
    browser.preflight("PUT", EIGHTH, url=url_of_an_eighth(7))
    assert len(browser.cache) == 7
    assert [number for number in range(8) if browser.hit("PUT", url=url_of_an_eighth(number))] == [*range(1, 8)]


def test_an_answer_that_lists_nothing_leaves_no_entry_by_token() -> None:
    browser = Browser(STANDARD)
    browser.preflight()
    assert len(browser.cache) == 0


def test_an_entry_tells_what_its_preflight_asked() -> None:
    cache = PreflightCache(WHOLE, 1)
    cache.store(
        ORIGIN,
        URL,
        include=False,
        methods=["PUT"],
        headers=["x-a"],
        max_age_value=None,
        now=0,
        exchange="e",
        method="PUT",
        names=("x-a",),
    )
    match = cache.match(ORIGIN, URL, include=False, method="PUT", unsafe_names=["x-a"], now=4)
    assert cache.match(ORIGIN, URL, include=False, method="GET", unsafe_names=["x-a"], now=4) == match
    assert match == CacheEntry("e", 0, 5, "PUT", ("x-a",), False)


TOKENS = st.lists(st.sampled_from(["PUT", "DELETE", "*", "GET"]), max_size=3)
NAMES = st.lists(st.sampled_from(["x-a", "x-b", "*", "authorization"]), max_size=3)
STEPS = st.lists(
    st.tuples(st.booleans(), st.booleans(), TOKENS, NAMES, st.integers(0, 9), st.integers(0, 5)), max_size=12
)


@given(STEPS, st.sampled_from([STANDARD, WHOLE, STRICT]))
def test_every_hit_was_granted_by_a_preflight_that_has_not_ended(
    steps: list[tuple[bool, bool, list[str], list[str], int, int]], rules: CacheRules
) -> None:
    cache = PreflightCache(rules, 3)
    now = 0.0
    granted: list[tuple[float, bool, set[str]]] = []
    for stores, include, methods, names, age, wait in steps:
        now += wait
        if stores:
            cache.store(
                ORIGIN,
                URL,
                include=include,
                methods=methods,
                headers=names,
                max_age_value=str(age),
                now=now,
                exchange="",
                method="",
                names=(),
            )
            granted.append((now + age, include, {*methods, *names}))
            # The standard renews whatever entry matches: any answer prolongs one made with credentials, and its `*`.
            credentialed = [listed for until, with_credentials, listed in granted if with_credentials and until > now]
            if rules.per_token and any(credentialed):
                granted.append((now + age, True, {*methods, *names, "*"} & set().union(*credentialed)))
            continue
        hit = cache.match(ORIGIN, URL, include=include, method="PUT", unsafe_names=names, now=now)
        if hit is None:
            continue
        assert hit.until > now
        live = [
            listed for until, with_credentials, listed in granted if until > now and (with_credentials or not include)
        ]
        for token in ("PUT", *names):
            assert any(token in listed or (rules.wildcard_hits and "*" in listed) for listed in live)
