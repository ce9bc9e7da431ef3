"""Who looks, and what each has yet to be told."""

from __future__ import annotations

from corsight.addons.page.feed import LISTENERS, STREAMS, WAITING, Feed, Listener


def test_each_exchange_is_told_once_however_often_it_changed() -> None:
    listener = Listener()
    for id in ("a", "b", "a"):
        listener.note(id, urgent=False)
    assert listener.take(10) == ["a", "b"]
    assert listener.take(10) == []
    assert not listener.news.is_set()


def test_what_is_urgent_is_told_first_and_the_rest_waits() -> None:
    listener = Listener()
    listener.note("fine", urgent=False)
    listener.note("blocked", urgent=True)
    assert listener.take(1) == ["blocked"]
    assert listener.news.is_set()
    assert listener.take(1) == ["fine"]
    assert not listener.news.is_set()


def test_one_that_turns_out_to_be_blocked_is_told_once() -> None:
    listener = Listener()
    listener.note("a", urgent=False)
    listener.note("a", urgent=True)
    assert listener.take(10) == ["a"]


def test_a_slow_reader_costs_no_more_than_a_fixed_memory_and_blocked_ones_reach_it() -> None:
    listener = Listener()
    listener.note("blocked", urgent=True)
    for number in range(3 * WAITING):
        listener.note(str(number), urgent=False)
    assert listener.missed == 2 * WAITING
    taken = listener.take(10 * WAITING)
    assert taken[0] == "blocked"
    assert len(taken) == WAITING + 1


def test_nobody_looks_at_first_and_a_window_that_comes_back_is_known() -> None:
    feed = Feed()
    assert not feed
    feed.tell("a", urgent=False)
    listener = feed.open("window")
    assert listener is not None
    feed.tell("b", urgent=False)
    assert feed.open("window") is listener
    assert listener.take(10) == ["b"]
    listener.connected = 1
    feed.leave("window")
    assert feed
    listener.connected = 0
    feed.leave("window")
    assert not feed


def test_too_many_windows_are_refused_and_closed_ones_make_room() -> None:
    feed = Feed()
    for number in range(LISTENERS):
        listener = feed.open(str(number))
        assert listener is not None
        listener.connected = 1
    assert feed.open("more") is None
    listener.connected = 0
    assert feed.open("more") is not None
    assert len(feed) == LISTENERS


def test_too_many_streams_are_refused_whatever_their_windows() -> None:
    feed = Feed()
    for number in range(STREAMS):
        listener = feed.open(str(number % 2))
        assert listener is not None
        listener.begin()
    assert feed.open("0") is None
    assert feed.open("more") is None
    listener.connected -= 1
    assert feed.open("0") is not None
