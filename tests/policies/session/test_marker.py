"""The marker cookie: what its presence and its absence tell, and where they tell nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import pytest

from corsight.policies.exchange import Exchange
from corsight.policies.session.marker import CROWD, KEPT, STRAGGLING
from tests.policies.session.test_browser import CORS, STAR, Pairs, Recording

PAGE, API = "http://localhost:3000", "http://localhost:8000/v1"
BLOCKED, ALLOWED = ("blocked", "certain", "allow-origin-wildcard"), ("allowed", "certain", None)
OPEN = ("allowed", "likely", None)
SAME_SITE: Pairs = [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-site")]


@dataclass
class Marked(Recording):
    """A session behind a proxy that sets the marker."""

    def fetch(
        self,
        name: str,
        marker: Literal["carried", "missing"] | None,
        *,
        url: str = API,
        origin: str = PAGE,
        answer: Pairs = STAR,
    ) -> tuple[str, str, str | None]:
        """A request that carried it or lacked it, answered; and what is said of it."""
        exchange = replace(self.draw(name, url, origin), marker=marker)
        self._note(self.session.begin(exchange))
        self.answer(exchange, 200, answer)
        return self.said(name)

    def draw(self, name: str, url: str, origin: str) -> Exchange:
        other = Recording(agent=self.agent, now=self.now)
        self.now += 0.02
        # Connections of its own each: none of these tells.
        return other.ask(name, "GET", url, [("Origin", origin), *SAME_SITE], connection=name)

    def frame(self, url: str, site: str) -> None:
        """A document is loaded into a frame."""
        asked = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Site", site)]
        self.answer(self.ask(f"frame {url}", "GET", url, asked, connection="frame"), 200, [])


def test_without_the_marker_the_classic_stays_open() -> None:
    assert Marked().fetch("1", None) == OPEN


def test_its_presence_says_include_and_its_absence_then_says_that_it_is_not() -> None:
    recording = Marked()
    assert recording.fetch("first", "missing", url=f"{API}/first") == OPEN
    assert recording.fetch("with", "carried") == BLOCKED
    assert recording.because("with", "credentials") == "it carried the proxy's marker cookie"
    assert recording.fetch("without", "missing") == ALLOWED
    assert recording.because("without", "credentials").startswith("it lacked the proxy's marker cookie")


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        pytest.param(API, "http://localhost:4000", id="another page"),
        pytest.param("http://127.0.0.1:8000/v1", PAGE, id="another host"),
        pytest.param("https://localhost:8000/v1", PAGE, id="another scheme"),
        pytest.param(API, "null", id="an opaque origin"),
    ],
)
def test_its_absence_tells_nothing_where_it_was_never_carried(url: str, origin: str) -> None:
    recording = Marked()
    recording.fetch("with", "carried")
    assert recording.fetch("without", "missing", url=url, origin=origin)[1] == "likely"


def test_cookies_know_no_ports() -> None:
    recording = Marked()
    recording.fetch("with", "carried")
    assert recording.fetch("without", "missing", url="http://localhost:9000/v2") == ALLOWED


def test_its_absence_tells_nothing_once_it_may_have_left_the_jar() -> None:
    late = Marked()
    late.fetch("with", "carried")
    late.now += KEPT
    assert late.fetch("without", "missing") == OPEN
    crowded = Marked()
    crowded.fetch("with", "carried", answer=[*STAR, *[("Set-Cookie", "a=1")] * (CROWD + 1)])
    assert crowded.fetch("without", "missing") == OPEN
    scripted = Marked()
    scripted.fetch("with", "carried")
    many = ("Cookie", "; ".join(f"c{number}=1" for number in range(CROWD + 1)))
    asked = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Site", "same-origin"), many]
    scripted.answer(scripted.ask("own", "GET", f"{PAGE}/x", asked, connection="own"), 200, [])
    assert scripted.fetch("without", "missing") == OPEN
    cleared = Marked()
    cleared.fetch("with", "carried", answer=[*STAR, ("Clear-Site-Data", '"cache", "cookies"')])
    assert cleared.fetch("without", "missing") == OPEN


def test_what_was_set_before_it_was_carried_does_not_push_it_out() -> None:
    recording = Marked()
    recording.fetch("first", "carried", answer=[*STAR, *[("Set-Cookie", "a=1")] * (CROWD - 10)])
    recording.fetch("again", "carried")
    recording.fetch("few", "carried", answer=[*STAR, *[("Set-Cookie", "a=1")] * 20])
    assert recording.fetch("without", "missing") == ALLOWED


@pytest.mark.parametrize(
    ("cleared", "said"), [('"storage"', ALLOWED), ('"*"', OPEN), ('"cookies"', OPEN), ('"cache", "storage"', ALLOWED)]
)
def test_clearing_takes_it_out_of_the_jar_where_cookies_are_cleared(
    cleared: str, said: tuple[str, str, str | None]
) -> None:
    """Clear Site Data: `"cookies"`, and `"*"` for all there is."""
    recording = Marked()
    recording.fetch("with", "carried", answer=[*STAR, ("Clear-Site-Data", cleared)])
    assert recording.fetch("without", "missing") == said


SITE_NONE, SITE_OWN = ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Site", "same-origin")


@pytest.mark.parametrize(
    ("connection", "marker", "header", "said"),
    [
        pytest.param("new", None, SITE_NONE, OPEN, id="a private window, or another browser"),
        pytest.param("new", "carried", SITE_NONE, ALLOWED, id="its jar holds the marker"),
        pytest.param("page", None, SITE_NONE, ALLOWED, id="two jars share no connection"),
        pytest.param("new", None, SITE_OWN, ALLOWED, id="a link of the page's own"),
        pytest.param("new", None, ("Cache-Control", "max-age=0"), ALLOWED, id="a reload"),
    ],
)
def test_a_page_that_is_loaded_anew_may_be_in_a_private_window(
    connection: str, marker: Literal["carried"] | None, header: tuple[str, str], said: tuple[str, str, str | None]
) -> None:
    """Both windows go on asking: what the one carries, the other lacks, though it asks with credentials as well."""
    recording = Marked()
    recording.page(f"{PAGE}/")
    recording.fetch("with", "carried")
    asked = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), header]
    other = Recording(agent=recording.agent, now=recording.now)
    load = replace(other.ask("load", "GET", f"{PAGE}/", asked, connection=connection), marker=marker)
    recording.answer(load, 200, [])
    assert recording.fetch("open", "missing") == OPEN
    recording.fetch("again", "carried")
    assert recording.fetch("without", "missing") == said


def test_a_request_may_have_waited_for_a_connection_for_as_long_as_others_are_under_way() -> None:
    """Six of a host at once: the seventh took its cookies along before any was answered, and comes 10 seconds later."""
    recording = Marked()
    for number in range(6):
        recording._note(recording.session.begin(replace(recording.draw(f"{number}", API, PAGE), marker="missing")))
    recording.fetch("with", "carried", url=f"{API}/other")
    recording.now += 10
    assert recording.fetch("waited", "missing", url=f"{API}/third") == OPEN


@pytest.mark.parametrize(("site", "said"), [("cross-site", OPEN), ("same-origin", ALLOWED)])
def test_a_page_that_other_sites_frame_has_jars_beside_its_own(site: str, said: tuple[str, str, str | None]) -> None:
    recording = Marked()
    recording.frame(f"{PAGE}/", site)
    recording.fetch("with", "carried")
    assert recording.fetch("without", "missing") == said


def test_a_request_that_may_have_waited_since_before_it_was_set_is_likely_only() -> None:
    secure = Marked()
    url = "https://api.localhost/v1"
    secure.fetch("with", "carried", url=url)
    assert secure.fetch("early", "missing", url=url) == OPEN
    assert "it lacked the proxy's marker" in secure.because("early", "credentials")
    secure.now += STRAGGLING
    assert secure.fetch("late", "missing", url=url) == ALLOWED
    locked = Marked()
    locked.fetch("first", "missing")
    locked.fetch("with", "carried", url=f"{API}/other")
    assert locked.fetch("same URL", "missing") == OPEN
    assert locked.fetch("other URL", "missing", url=f"{API}/third") == ALLOWED
    busy = Marked()
    for number in range(5):
        busy._note(busy.session.begin(replace(busy.draw(f"waits {number}", API, PAGE), marker="missing")))
    busy.fetch("with", "carried", url=f"{API}/other")
    assert busy.fetch("without", "missing", url=f"{API}/third") == OPEN


def test_a_preflight_never_carries_it_and_so_tells_nothing() -> None:
    recording = Marked()
    recording.fetch("with", "carried")
    asked = [("Origin", PAGE), ("Access-Control-Request-Method", "PUT"), *CORS]
    other = Recording(agent=recording.agent, now=recording.now)
    exchange = replace(other.ask("p", "OPTIONS", API, asked, connection="p"), marker="missing")
    recording._note(recording.session.begin(exchange))
    recording.answer(exchange, 204, STAR)
    assert recording.said("p")[1] == "likely"


def test_a_cookie_of_the_servers_own_counts_as_before() -> None:
    recording = Marked()
    exchange = replace(recording.draw("r", API, PAGE), marker="missing")
    fields = (*exchange.request.headers.fields, (b"Cookie", b"id=1"))
    headers = type(exchange.request.headers)(fields)
    exchange = replace(exchange, request=replace(exchange.request, headers=headers))
    recording._note(recording.session.begin(exchange))
    recording.answer(exchange, 200, STAR)
    assert recording.said("r") == BLOCKED
    assert recording.because("r", "credentials") == "it carries a cookie"


def test_a_cookie_beside_it_does_not_push_it_out() -> None:
    recording = Marked()
    recording.fetch("with", "carried")
    for cookies in (("Cookie", "a=1"), ("Accept", "*/*")):
        asked = [("Sec-Fetch-Mode", "same-origin"), ("Sec-Fetch-Site", "same-origin"), cookies]
        recording.answer(recording.ask(f"own {cookies}", "GET", f"{PAGE}/x", asked, connection="own"), 200, [])
    assert recording.fetch("without", "missing") == ALLOWED
