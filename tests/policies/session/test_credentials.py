"""The credentials mode, told by habits and by what a browser leaves out: each test names the browser that taught it."""

from __future__ import annotations

import pytest

from corsight.policies.session.credentials import HABIT
from tests.policies.session.test_browser import API, CORS, CREDENTIALS, FIREFOX, PAGE, STAR, TURNS, Recording


@pytest.mark.parametrize(("requests", "outcome"), [(7, "allowed"), (8, "blocked")])
def test_a_habit_takes_eight_requests_alike(requests: int, outcome: str) -> None:
    """WebKit names its credentials mode nowhere, and its pages mix modes.

    In the recording wide-webkit a page asks twice with credentials and then without (scenario 50500213).
    """
    recording = Recording()
    for number in range(requests):
        recording.request(f"known {number}", STAR, ("Cookie", "id=1"))
    assert recording.request("r", STAR).verdict.outcome == outcome
    assert recording.said("r")[1] == "likely"


def test_what_no_worker_asks_for_is_certain_beside_workers() -> None:
    """Firefox leaves Sec-Fetch-Storage-Access out of all that a worker asks for; a worker asks for no images."""
    recording = Recording(agent=FIREFOX)
    script = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Dest", "worker"), ("Sec-Fetch-Site", "same-origin")]
    recording.answer(recording.ask("worker", "GET", f"{PAGE}/worker.js", script), 200, [])
    image = [
        ("Origin", PAGE),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "image"),
        ("Sec-Fetch-Site", "cross-site"),
    ]
    recording.answer(recording.ask("image", "GET", API, image, connection="image"), 200, TURNS)
    assert recording.said("image") == ("allowed", "certain", None)
    recording.answer(recording.ask("fetch", "GET", API, [("Origin", PAGE), *CORS], connection="fetch"), 200, TURNS)
    assert recording.said("fetch") == ("allowed", "likely", None)


def test_connections_that_are_used_again_make_no_habit() -> None:
    """WebKit on Linux closes the connection of a blocked response; one that it keeps only ever tells of passing."""
    recording = Recording()
    for number in range(HABIT + 1):
        recording.request(f"kept {number}", TURNS)
    assert recording.said("kept 0") == ("allowed", "certain", None)
    assert recording.said(f"kept {HABIT - 1}") == ("allowed", "certain", None)
    # The server's Access-Control-Allow-Credentials counts, not eight requests whose mode a connection told.
    assert recording.preflight("p", [*STAR, CREDENTIALS]).verdict.outcome == "blocked"
    assert recording.said("p") == ("blocked", "likely", "allow-origin-wildcard")
