"""What follows a preflight, or never comes: each test names the browser that taught it."""

from __future__ import annotations

import pytest

from corsight.policies.session.sequels import PATIENCE
from tests.policies.session.test_browser import CHROMIUM, STAR, UNCACHED, Recording


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
    recording.preflight("p1", STAR, method="GET")
    recording.wait(PATIENCE + 1)
    recording.preflight("p2", STAR, method="GET")
    began = recording.now
    recording.wait(PATIENCE + 1)
    assert recording.said("p2") == ("blocked", "certain", "allow-origin-wildcard")
    recording.now = began
    recording.request("r", STAR)
    assert recording.last["r"].entry.fetch is recording.last["p2"].entry.fetch
    assert recording.said("p2") == ("allowed", "certain", None)


@pytest.mark.parametrize(("method", "certainty"), [("GET", "certain"), ("PUT", "likely")])
def test_preflights_alike_prove_nothing_of_what_a_stream_may_be_uploaded_with(method: str, certainty: str) -> None:
    """Over HTTP/1.1 Chromium 156 fails a stream's upload behind its preflight, whatever answered that: a page that
    uploads one without credentials and then one with them asks twice, however long the first answer is remembered.
    """
    recording = Recording(agent=CHROMIUM)
    for name in ("p1", "p2", "p3"):
        recording.preflight(name, [*STAR, ("Access-Control-Max-Age", "600")], method=method)
        recording.wait(PATIENCE + 1)
    assert {recording.said(name)[1] for name in ("p1", "p2", "p3")} == {certainty}


def test_what_goes_on_after_its_end_is_waited_for_anew() -> None:
    recording = Recording(agent=CHROMIUM)
    recording.preflight("before", UNCACHED)
    recording.end()
    recording.wait(PATIENCE + 1)
    recording.preflight("after", UNCACHED)
    assert recording.said("after")[1] == "likely"
    recording.wait(PATIENCE - 1)
    waiting = recording.said("after")
    recording.wait(2)
    assert recording.last["after"].entry.sequel == "absent"
    assert recording.said("after") != waiting
