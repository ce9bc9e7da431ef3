"""What all browsers of a session remember together is bounded in bytes."""

from __future__ import annotations

import gc
import weakref

import pytest

from corsight.policies import session as sessions
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.session import Session, memory, weighing
from corsight.policies.session.fetches import Entry
from corsight.policies.session.weighing import Scales

CLIENTS = 8


def ask(session: Session, number: int, client: int, size: int) -> None:
    url = f"https://api.example/{number}/{'z' * size}"
    headers = HeaderList.of(("Origin", "https://app.example"), ("Sec-Fetch-Mode", "cors"), ("User-Agent", "Chrome/140"))
    request = Request("GET", url, headers, float(number))
    exchange = Exchange(str(number), f"10.0.0.{client}", f"c{client}", request)
    session.begin(exchange)
    response = Response(200, HeaderList.of(("Content-Type", "text/plain")), number + 0.5)
    session.observe(Exchange(exchange.id, exchange.client, exchange.connection, request, response))


def weigh(session: Session) -> int:
    return sum(Scales(browser).weigh() for browser in session._browsers.values())


def test_all_browsers_together_stay_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "BUDGET", 300_000)
    session = Session()
    for number in range(640):
        ask(session, number, number // 80, 2000)
    # What came since the last weighing is not weighed yet.
    assert weigh(session) <= 300_000 + sessions.BETWEEN * 4 * 2200
    # The one that was active last is the last to be forgotten.
    assert f"10.0.0.{CLIENTS - 1}" in {client for client, _ in session._browsers}
    assert "10.0.0.0" not in {client for client, _ in session._browsers}


def test_ordinary_use_forgets_nobody() -> None:
    session = Session()
    for number in range(2000):
        ask(session, number, number % CLIENTS, 100)
    assert len(session._browsers) == CLIENTS
    assert 0 < weigh(session) < weighing.BUDGET


def test_the_most_recent_browser_is_kept_however_heavy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "BUDGET", 1)
    session = Session()
    for number in range(640):
        ask(session, number, 0, 2000)
    assert len(session._browsers) == 1


@pytest.mark.parametrize(("large", "stays"), [(399, False), (400, True)])
def test_what_is_large_and_forgotten_is_given_back_though_it_holds_itself(
    monkeypatch: pytest.MonkeyPatch, large: int, stays: bool
) -> None:
    """Of what is small so much is made that Python looks for the dead by itself."""

    class Held:
        def __init__(self) -> None:
            self.itself = self

    monkeypatch.setattr(memory, "FORGOTTEN", 1000)
    monkeypatch.setattr(memory, "LARGE", large)
    found: memory.Memory[int, Held] = memory.Memory(100, 2000)
    first = Held()
    alive = weakref.ref(first)
    gc.disable()
    try:
        found.put(0, first, 400)
        del first
        for number in range(1, 12):
            found.put(number, Held(), 400)
        assert (alive() is not None) is stays
    finally:
        gc.enable()


@pytest.mark.parametrize("name", ["Location", "ETag", "X-A"])
@pytest.mark.parametrize("connection", ["of its own", "shared"])
def test_what_answers_bring_is_weighed_wherever_their_exchanges_are_remembered(name: str, connection: str) -> None:
    """Of 31 kB answers some 30 fit into a megabyte: 32 clients' redirects took 160 MB."""
    session, rounds, client = Session(), 300, "the only one of this test"
    asked = ("User-Agent", "Chrome/140"), ("Origin", "https://app.example"), ("Sec-Fetch-Site", "cross-site")
    asked = *asked, ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty")
    for number in range(rounds):
        request = Request("GET", f"https://api.example/{number}", HeaderList.of(*asked), float(number))
        place = "c" if connection == "shared" else f"c{number}"
        exchange = Exchange(str(number), client, place, request)
        session.begin(exchange)
        value = f"https://api.example/{number:04d}".ljust(31_000, "z")
        status = 302 if name == "Location" else 200
        answered = HeaderList.of((name, value), ("Access-Control-Allow-Origin", "*"))
        session.observe(Exchange(exchange.id, client, place, request, Response(status, answered, number + 0.5)))
    (browser,) = session._browsers.values()
    gc.collect()
    alive = sum(isinstance(one, Entry) and one.exchange.client == client for one in gc.get_objects())
    assert alive <= 40
    assert browser.engine == "chromium"
