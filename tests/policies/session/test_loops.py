"""URLs that redirect to themselves: whose hops may be another fetch's."""

from __future__ import annotations

import pytest

from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.loops import Loops
from tests.policies.session.entries import API, BLOCKED, make_entry, make_exchange


def hop(name: str, *, at: float = 100.0, index: int = 0, fetch: Fetch | None = None, url: str = API) -> Entry:
    """A redirect back to its own URL."""
    exchange = make_exchange(name, at=at, url=url)
    entry = make_entry(exchange, ("Location", url), status=302, fetch=fetch, role="redirect")
    entry.index = index
    return entry


def count(loops: Loops, entry: Entry) -> int:
    return loops.count_strays(entry, lambda _: True)


def test_the_hops_of_other_fetches_round_a_url_may_be_a_fetchs_own() -> None:
    """On a busy machine a hop comes so late that it is taken for another fetch's."""
    loops, own = Loops(8), hop("own")
    assert (count(loops, own), API in loops) == (0, False)
    loops.note(own, API)
    assert (count(loops, own), API in loops) == (0, True)
    loops.note(hop("a", index=4), API)
    loops.note(hop("b", index=2), API)
    assert count(loops, own) == 5 + 3
    assert loops.count_strays(own, lambda other: other.index > 3) == 5
    assert count(loops, hop("elsewhere", url=f"{API}/2")) == 0


def test_of_one_fetch_its_last_hop_counts() -> None:
    loops, first = Loops(8), hop("a")
    loops.note(first, API)
    loops.note(hop("a2", index=1, fetch=first.fetch), API)
    assert count(loops, hop("own")) == 2


@pytest.mark.parametrize(
    "end",
    [
        pytest.param("answered", id="answered for good"),
        pytest.param("failed", id="blocked for certain"),
    ],
)
def test_a_fetch_that_came_to_its_end_has_no_more_hops(end: str) -> None:
    loops, other = Loops(8), hop("a")
    loops.note(other, API)
    if end == "answered":
        make_entry(make_exchange("last"), fetch=other.fetch)
    else:
        other.verdict = BLOCKED
    assert count(loops, hop("own")) == 0
    # Nor is it remembered beside the next.
    loops.note(hop("b"), API)
    other.verdict = None
    other.fetch.entries = [other]
    assert count(loops, hop("own")) == 1


def test_a_fetch_that_waits_for_its_answer_is_under_way() -> None:
    loops, other = Loops(8), hop("a")
    loops.note(other, API)
    make_entry(make_exchange("last"), after=None, fetch=other.fetch)
    assert count(loops, hop("own")) == 1
    other.fetch.entries.clear()
    assert count(loops, hop("own")) == 0


def test_hops_are_remembered_for_half_a_minute() -> None:
    loops = Loops(8)
    loops.note(hop("a", at=100.0), API)
    loops.note(hop("b", at=129.0), API)
    assert count(loops, hop("own")) == 2
    loops.note(hop("c", at=130.0), API)
    assert count(loops, hop("own")) == 2


def test_of_more_fetches_than_are_remembered_as_many_hops_are_strays_as_it_takes() -> None:
    loops = Loops(8)
    for number in range(31):
        loops.note(hop(str(number)), API)
    assert count(loops, hop("own")) == 31
    loops.note(hop("32nd"), API)
    assert count(loops, hop("own")) == 20
    loops.note(hop("33rd"), API)
    assert count(loops, hop("own")) == 20


def test_loops_weigh_their_urls_and_fetches() -> None:
    loops, one, other = Loops(8), hop("a"), hop("b")
    one.fetch.weight, other.fetch.weight = 100, 10
    loops.note(one, API)
    loops.note(other, API)
    assert loops._hops.weight == len(API) + 110
