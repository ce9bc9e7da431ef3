"""What follows a preflight, or never comes: each test names the browser that taught it."""

from __future__ import annotations

import pytest

from corsight.policies.session.sequels import PATIENCE
from tests.policies.session.test_browser import API, CHROMIUM, CORS, PAGE, STAR, Pairs, Recording


def test_preflights_that_nothing_follows_stay_likely_where_one_alike_was_followed() -> None:
    """Chromium ends a preflight whose page gave up its fetch; where one alike was followed, the server lets it pass."""
    recording = Recording(agent=CHROMIUM)
    recording.preflight("given up", STAR)
    recording.wait(PATIENCE + 1)
    recording.preflight("followed", STAR)
    recording.request("r", STAR, method="PUT")
    recording.preflight("given up again", STAR)
    recording.wait(PATIENCE + 1)
    assert recording.said("followed") == ("allowed", "certain", None)
    assert recording.said("given up")[:2] == ("blocked", "likely")
    assert recording.said("given up again")[:2] == ("blocked", "likely")


def test_a_request_read_late_follows_its_preflight_though_its_mode_speaks_against_the_absence() -> None:
    """Chromium names its mode by a missing Sec-Fetch-Storage-Access; a recording holds a slow request after later ones.

    Two preflights alike that nothing follows are blocked for certain, which only credentials explain. The request that
    comes late says that it has none, and is still theirs.
    """
    recording = Recording(agent=CHROMIUM)
    recording.preflight("p1", STAR)
    recording.wait(PATIENCE + 1)
    recording.preflight("p2", STAR)
    began = recording.now
    recording.wait(PATIENCE + 1)
    assert recording.said("p2") == ("blocked", "certain", "allow-origin-wildcard")
    recording.now = began
    recording.request("r", STAR, method="PUT")
    assert recording.last["r"].entry.fetch is recording.last["p2"].entry.fetch
    assert recording.said("p2") == ("allowed", "certain", None)


ALIKE: Pairs = [("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Origin", "*")]


@pytest.mark.parametrize(
    ("answer", "path", "names", "asked", "certainty"),
    [
        (ALIKE, "", "x-a", [], "certain"),
        ([*ALIKE, ("Access-Control-Max-Age", "0")], "", "x-a", [], "likely"),
        (ALIKE, "?" + "a" * 1024, "x-a", [], "likely"),
        (ALIKE, "", "authorization", [], "likely"),
        (ALIKE, "", "x-a", [("Cache-Control", "no-cache")], "likely"),
    ],
    ids=["remembered", "for no time", "a long URL", "by a wildcard", "past the cache"],
)
def test_preflights_alike_prove_nothing_of_a_stream_where_none_would_have_been_remembered(
    answer: Pairs, path: str, names: str, asked: Pairs, certainty: str
) -> None:
    """Over HTTP/1.1 Chromium 156 fails a stream's upload behind its preflight, whatever answered that."""
    recording = Recording(agent=CHROMIUM)
    answer = [*answer, ("Access-Control-Allow-Headers", "*" if names == "authorization" else names)]
    for name in ("p1", "p2"):
        headers = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS, *asked]
        headers.append(("Access-Control-Request-Headers", names))
        recording.answer(recording.ask(name, "OPTIONS", API + path, headers), 204, answer)
        recording.wait(PATIENCE + 1)
    assert recording.said("p2")[1] == certainty
