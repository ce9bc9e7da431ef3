"""What becomes of a connection of WebKit on Linux after a response, by the connections alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from corsight.policies.session.fetches import Entry
from corsight.policies.session.keeping import Keeping
from corsight.policies.session.reuse import Reuse
from corsight.policies.verdict import Branch, Outcome, Ruling, Unknown, Verdict
from tests.policies.session.entries import PAGE, make_entry, make_exchange

INCLUDE = ((Unknown.CREDENTIALS, "include"),)


def divide(rule: str, *, certainty: Any = "likely") -> Verdict:
    """What passes without credentials, and is blocked by a rule with them."""
    passes, fails = Branch(Ruling(Outcome.ALLOWED)), Branch(Ruling(Outcome.BLOCKED, rule), INCLUDE)
    return Verdict("webkit", (passes, fails), certainty)


OPEN = divide("allow-credentials-not-true")
FAILED = Verdict("webkit", (Branch(Ruling(Outcome.BLOCKED, "allow-origin-missing")),))
PASSED = Verdict("webkit", (Branch(Ruling(Outcome.ALLOWED)),))


class Wires:
    """The connections of one browser, to a server that keeps them for three seconds."""

    def __init__(self, *, keeps: bool = True) -> None:
        keeping = Keeping(16)
        for name, at in (("k1", 10.0), ("k2", 13.1)) if keeps else ():
            exchange = make_entry(make_exchange(name, at=at, connection="kept")).exchange
            keeping.begin(exchange, "https://api.test")
            keeping.end(exchange, closes=False)
        self.reuse = Reuse(16, keeping)

    def answer(
        self, name: str, *answer: tuple[str, str], verdict: Verdict = OPEN, status: int = 200, **how: Any
    ) -> Entry:
        """An exchange, from its request to its end."""
        entry = make_entry(make_exchange(name, **{"connection": "c1", **how}), *answer, status=status)
        self.begin(entry)
        self.reuse.ended(entry, verdict)
        return entry

    def begin(self, entry: Entry, page: str | None = PAGE) -> tuple[Entry | None, list[Entry]]:
        return self.reuse.begins(entry.exchange, entry.reading, page)

    def ask(self, **how: Any) -> tuple[Entry | None, list[Entry]]:
        """The next request: what passed by it, and what did not."""
        page = how.pop("page", PAGE)
        return self.begin(make_entry(make_exchange("next", **{"at": 101.0, **how})), page)


def test_a_connection_that_is_used_again_shows_that_its_response_passed() -> None:
    wires = Wires()
    entry = wires.answer("r")
    assert wires.ask(connection="c1") == (entry, [])
    assert wires.ask(connection="c1") == (None, [])


def test_a_new_connection_while_one_is_idle_shows_that_its_response_was_cancelled() -> None:
    wires = Wires()
    entry = wires.answer("r")
    assert wires.ask(connection="c2") == (None, [entry])
    assert wires.ask(connection="c3") == (None, [])
    # Until it is used again after all.
    assert wires.ask(connection="c1") == (entry, [])
    assert wires.ask(connection="c1") == (None, [])


def test_what_breaks_off_comes_a_second_time_under_its_own_name() -> None:
    wires = Wires()
    entry = wires.answer("r")
    assert wires.begin(entry) == (None, [])


@pytest.mark.parametrize(
    ("answered", "asked", "gone"),
    [
        pytest.param({}, {}, True, id="idle for 0.9 seconds"),
        pytest.param({}, {"at": 100.19}, False, id="hardly idle"),
        pytest.param({}, {"at": 103.0}, True, id="for as long as the server kept one"),
        pytest.param({}, {"at": 103.3}, False, id="for longer than that"),
        pytest.param({}, {"method": "HEAD"}, True, id="for a HEAD"),
        pytest.param({}, {"method": "POST"}, False, id="for a method that always opens one"),
        pytest.param({}, {"dest": "audio"}, False, id="for media, whose connections are their own"),
        pytest.param({}, {"page": "https://b.test"}, False, id="of another page"),
        pytest.param({}, {"url": "https://b.test/"}, False, id="to another server"),
        pytest.param({"method": "HEAD"}, {}, False, id="behind a HEAD, which has no body to cancel"),
        pytest.param({"status": 204}, {}, False, id="behind an answer without a body"),
        pytest.param({"status": 304}, {}, False, id="behind a 304"),
        pytest.param({"status": 404}, {}, True, id="behind an error"),
        pytest.param({"status": 401}, {}, False, id="behind a 401, which is read to its end"),
        pytest.param({"answer": [("Connection", "close")]}, {}, False, id="that was closed"),
        pytest.param({"answer": [("Access-Control-Allow-Origin", "*")]}, {}, False, id="behind an answer to everyone"),
        pytest.param({"answer": [("Access-Control-Allow-Origin", PAGE)]}, {}, True, id="behind an answer to the page"),
        pytest.param({"accept": "text/event-stream"}, {}, False, id="of an EventSource, which its page may close"),
        pytest.param({"dest": "video"}, {}, False, id="of media"),
        pytest.param({"verdict": PASSED}, {}, False, id="behind what passes"),
        pytest.param({"verdict": FAILED}, {}, False, id="behind what fails"),
        pytest.param({"verdict": divide("mime-type-blocked")}, {}, False, id="behind what its type may block"),
    ],
)  # fmt: skip
def test_when_a_new_connection_shows_that_another_is_gone(
    answered: dict[str, Any], asked: dict[str, Any], gone: bool
) -> None:
    """WebKitGTK 2.50.6 ends the connection of a load that it cancels, and cancels one that fails the CORS check."""

    def complete(how: dict[str, Any]) -> list[tuple[str, str]]:
        destination, accept = how.pop("dest", "empty"), how.pop("accept", "*/*")
        return [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", destination), ("Accept", accept)]

    wires, before, after = Wires(), dict(answered), dict(asked)
    headers = complete(before)
    answer, verdict, status = before.pop("answer", []), before.pop("verdict", OPEN), before.pop("status", 200)
    entry = make_entry(make_exchange("r", *headers, connection="c1", **before), *answer, status=status)
    wires.begin(entry)
    wires.reuse.ended(entry, verdict)
    page, headers = after.pop("page", PAGE), complete(after)
    asks = make_entry(make_exchange("next", *headers, **{"at": 101.0, "connection": "c2", **after}))
    assert wires.begin(asks, page) == (None, [entry] * gone)


def test_a_server_that_was_not_seen_to_keep_connections_tells_nothing() -> None:
    """Where it closes them, 27 of 53 were wrong."""
    wires = Wires(keeps=False)
    wires.answer("r")
    assert wires.ask(connection="c2") == (None, [])


def test_eight_connections_to_a_server_are_looked_at() -> None:
    wires = Wires()
    entries = [wires.answer(str(number), connection=f"c{number}", at=100.0) for number in range(10)]
    _, gone = wires.ask(connection="new", at=101.0)
    assert gone == entries[2:]


@pytest.mark.parametrize(
    ("verdict", "role", "refutes"),
    [
        (FAILED, "request", True),
        (OPEN, "request", False),
        (PASSED, "request", False),
        (replace(FAILED, certainty="likely"), "request", False),
        (Verdict("webkit", (Branch(Ruling(Outcome.BLOCKED, "orb-blocked")),)), "request", False),
        (FAILED, "preflight", False),
        (FAILED, "redirect", False),
    ],
)
def test_a_connection_that_outlives_a_failure_is_not_the_browsers_own(
    verdict: Verdict, role: Any, refutes: bool
) -> None:
    wires = Wires()
    entry = make_entry(make_exchange("r", connection="c1"), role=role)
    wires.reuse.ended(entry, verdict)
    assert wires.reuse.refutes(make_exchange("next", connection="c1")) is refutes
    assert not wires.reuse.refutes(make_exchange("next", connection="c2"))


def test_what_was_not_answered_tells_nothing_of_its_connection() -> None:
    wires = Wires()
    wires.reuse.ended(make_entry(make_exchange("r", connection="c1"), after=None), FAILED)
    assert not wires.reuse.refutes(make_exchange("next", connection="c1"))
