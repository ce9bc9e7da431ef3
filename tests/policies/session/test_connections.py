"""Connections that tell one request's credentials mode by another's."""

from __future__ import annotations

import pytest

from corsight.policies.evidence import Reason
from corsight.policies.session.connections import WAITING, Connections
from corsight.policies.session.fetches import Fetch


@pytest.mark.parametrize(("include", "kind"), [(True, "a credentialed"), (False, "an uncredentialed")])
def test_a_fetch_learns_from_a_connection_that_is_known(include: bool, kind: str) -> None:
    connections, fetch = Connections(8), Fetch("1")
    assert connections.mark("c", include, Reason.CONNECTION_OF_PREFLIGHT) == []
    assert connections.ask("c", fetch)
    assert fetch.include is include
    assert fetch.evidence["credentials"].because == f"its connection is {kind} one: it carried a preflight"
    assert fetch.evidence["credentials"].value == ("include" if include else "not-include")


def test_a_fetch_waits_for_a_connection_to_be_known() -> None:
    connections, first, second = Connections(8), Fetch("1"), Fetch("2")
    assert not connections.ask("c", first)
    assert not connections.ask("c", second)
    assert connections.mark("c", True, Reason.CONNECTION_OF_CREDENTIALS) == [first, second]
    assert first.include is second.include is True
    assert connections.mark("c", True, Reason.CONNECTION_OF_LIKE) == []


def test_another_connection_tells_nothing() -> None:
    connections, fetch = Connections(8), Fetch("1")
    connections.ask("c", fetch)
    assert connections.mark("d", True, Reason.CONNECTION_OF_CREDENTIALS) == []
    assert fetch.include is None


def test_both_kinds_on_one_connection_show_that_connections_are_not_the_browsers_own() -> None:
    """A proxy in front of this one pools them: with one connection for all, 39 of Firefox's 383 steps were certain and
    wrong.
    """
    connections, fetches, own = Connections(8), [Fetch(str(number)) for number in range(4)], Fetch("own")
    for fetch in fetches[:2]:
        connections.ask("c", fetch)
    own.learn(False, Reason.NO_COOKIE)
    assert connections.mark("c", False, Reason.CONNECTION_OF_PREFLIGHT) == fetches[:2]
    assert connections.ask("c", fetches[2])
    fetches[3].learn(True, Reason.CONNECTION_NOT_TAKEN)
    connections.keep(fetches[3])
    assert not connections.ask("c", own)
    assert connections.mark("c", True, Reason.CONNECTION_OF_CREDENTIALS) == fetches
    assert [fetch.include for fetch in fetches] == [None] * 4
    assert own.include is False
    assert not connections.trusted
    later = Fetch("later")
    assert connections.mark("d", True, Reason.CONNECTION_OF_CREDENTIALS) == []
    assert not connections.ask("d", later)
    assert later.include is None


def test_a_fetch_that_knows_better_learns_nothing() -> None:
    connections, fetch = Connections(8), Fetch("1")
    fetch.learn(True, Reason.COOKIE)
    connections.mark("c", False, Reason.CONNECTION_OF_PREFLIGHT)
    assert not connections.ask("c", fetch)
    assert fetch.include is True


def test_what_was_only_likely_is_corrected() -> None:
    connections, fetch = Connections(8), Fetch("1")
    fetch.learn(True, Reason.PREFLIGHT_UNFOLLOWED, "likely")
    connections.mark("c", False, Reason.CONNECTION_OF_PREFLIGHT)
    assert connections.ask("c", fetch)
    assert (fetch.include, fetch.certainty) == (False, "certain")


def test_a_connection_remembers_so_many_fetches_and_no_more() -> None:
    connections, fetches = Connections(8), [Fetch(str(number)) for number in range(WAITING + 5)]
    for fetch in fetches:
        connections.ask("c", fetch)
    assert connections.mark("c", True, Reason.CONNECTION_OF_CREDENTIALS) == fetches[:WAITING]


def test_connections_are_forgotten() -> None:
    connections, fetch = Connections(2), Fetch("1")
    for name in "abc":
        connections.mark(name, True, Reason.CONNECTION_OF_CREDENTIALS)
    assert not connections.ask("a", fetch)
    assert connections.ask("c", fetch)


def test_what_a_fetch_holds_more_is_counted_where_it_waits_or_was_told() -> None:
    connections, waits, told = Connections(8), Fetch("1", weight=10), Fetch("2", weight=10)
    connections.ask("c", waits)
    connections.keep(told)
    for fetch in (waits, told):
        fetch.weight += 90
    connections.add_weight("c", waits, 90)
    connections.add_weight("d", told, 90)
    connections.add_weight("d", Fetch("3", weight=1000), 1000)
    assert (connections._known.weight, connections._told.weight) == (100, 100)
