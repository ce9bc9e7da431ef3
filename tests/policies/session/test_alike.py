"""What is said of all exchanges that are alike: just what would be said of each by itself."""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from corsight.policies.decision.decisive import COOKIES, LENGTH, VALIDATOR, VALUES, digest
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts
from corsight.policies.record import record
from corsight.policies.session import Judged, Session
from corsight.policies.session.fetches import Entry
from corsight.policies.session.judging import Judge
from corsight.policies.verdict import Verdict
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from tests.browser.lab.record import FLOWS
from tests.policies.findings.traffic import (
    ALLOW,
    API,
    CHROMIUM,
    CREDENTIALS,
    FIREFOX,
    JSON,
    PAGE,
    VARY,
    WEBKIT,
    Pair,
    Traffic,
)
from tests.recordings.distorted import recordings
from tests.recordings.test_formats import FIGURES
from tests.recordings.test_formats import FOLDER as FORMATS

UNHEEDED = (("Date", "Thu"), ("ETag", '"1"'), ("Age", "7"), ("X-Request-Id", "1"), ("Server", "x"), ("Link", "</a>"))
"""Headers whose values no decision looks at."""


FILES = {name: (path, FLOWS) for name, path in recordings().items()}
FILES |= {name: (FORMATS / f"{browser}.tar.xz", name) for browser, name in FIGURES}


@pytest.fixture(scope="module", params=FILES)
def exchanges(request: pytest.FixtureRequest) -> Iterator[Recording]:
    """Yield one recording after the other, those that tell of more than the wire among them."""
    path, name = FILES[request.param]
    with tempfile.TemporaryDirectory() as folder, tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
        yield Recording(str(Path(folder) / name))


def test_a_recording_is_judged_as_if_nothing_in_it_were_alike(
    exchanges: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = [(record(one), one.alike is not None) for one in judge_recording(exchanges)]
    monkeypatch.setattr(Judge, "_liken", lambda self, entry: None)
    alone = [record(one) for one in judge_recording(exchanges)]
    assert [told for told, _ in together] == alone
    assert sum(alike for _, alike in together) > len(together) / 4


def test_no_decision_looks_at_a_value_that_is_not_compared(
    exchanges: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a response that is judged; what a browser remembers of it, it remembers of each."""
    looked: set[str] = set()
    judging: list[Response] = []
    get, lines, judge = HeaderList.get, HeaderList.lines, Judge.judge

    def spy_get(self: HeaderList, name: str) -> str | None:
        if judging and self is judging[-1].headers:
            looked.add(name)
        return get(self, name)

    def spy_lines(self: HeaderList, name: str) -> tuple[str, ...]:
        if judging and self is judging[-1].headers:
            looked.add(name)
        return lines(self, name)

    def spy_judge(self: Judge, entry: object) -> Judged:
        response = entry.exchange.response  # type: ignore[attr-defined]
        # A redirect is never taken for alike.
        if response is None or entry.role == "redirect":  # type: ignore[attr-defined]
            return judge(self, entry)  # type: ignore[arg-type]
        judging.append(response)
        try:
            return judge(self, entry)  # type: ignore[arg-type]
        finally:
            judging.pop()

    monkeypatch.setattr(HeaderList, "get", spy_get)
    monkeypatch.setattr(HeaderList, "lines", spy_lines)
    monkeypatch.setattr(Judge, "judge", spy_judge)
    assert list(judge_recording(exchanges))
    assert looked - VALUES - {"content-length"} == set()
    assert looked


class Asker:
    """A browser that asks the API for one URL after another, from one page."""

    def __init__(self, agent: str = CHROMIUM) -> None:
        self.session = Session()
        self.agent = agent
        self.now = 0

    def get(self, path: str, *answered: Pair, asked: tuple[Pair, ...] = (), status: int = 200) -> Judged:
        self.now += 1
        sent = (("User-Agent", self.agent), ("Origin", PAGE), *asked)
        sent = (*sent, ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "cross-site"))
        request = Request("GET", API + path, HeaderList.of(*sent), float(self.now))
        self.session.begin(exchange := Exchange(str(self.now), "127.0.0.1", "c", request))
        response = Response(status, HeaderList.of(*answered), self.now + 0.5)
        answer = Exchange(exchange.id, exchange.client, exchange.connection, request, response)
        return self.session.observe(answer)[0]


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
@pytest.mark.parametrize("unheeded", UNHEEDED)
def test_what_differs_in_what_nobody_looks_at_is_alike(agent: str, unheeded: Pair) -> None:
    asker, (name, value) = Asker(agent), unheeded
    cookie = (("Cookie", "a=1"),)
    first = asker.get("/a", ALLOW, CREDENTIALS, VARY, JSON, unheeded, asked=cookie)
    second = asker.get("/b?c", ALLOW, CREDENTIALS, VARY, JSON, (name, f"{value}2"), asked=cookie)
    assert first.alike is not None
    assert first.alike is second.alike
    assert second.facts.response is second.entry.exchange.response
    assert second.entry.exchange.request.url.endswith("/b?c")


def test_what_other_pages_of_an_origin_ask_is_alike() -> None:
    asker = Asker()
    first, second, third, other = [
        asker.get("/a", ALLOW, VARY, JSON, asked=(("Cookie", "a=1"), ("Referer", page)))
        for page in (PAGE + "/", PAGE + "/cart?a", PAGE + "/", "https://other.test/")
    ]
    assert first.kind is not None
    assert first.kind is second.kind is third.kind
    assert second.entry.reading.referrer == PAGE + "/cart?a"
    assert other.kind is not first.kind


@pytest.mark.parametrize(
    "answered",
    [
        pytest.param((ALLOW,), id="credentials not allowed"),
        pytest.param((("Access-Control-Allow-Origin", API), CREDENTIALS), id="another origin"),
        pytest.param((ALLOW, CREDENTIALS, ALLOW), id="two lines"),
        pytest.param((ALLOW, CREDENTIALS, ("X-More", "1")), id="a header that the page cannot read"),
        pytest.param((), id="nothing"),
    ],
)
def test_what_differs_in_what_matters_is_not(answered: tuple[Pair, ...]) -> None:
    cookie = (("Cookie", "a=1"),)
    asker = Asker()
    first = asker.get("/a", ALLOW, CREDENTIALS, asked=cookie)
    second = asker.get("/a", *answered, asked=cookie)
    assert second.alike is not first.alike
    again = Asker().get("/a", *answered, asked=cookie)
    assert (second.verdict, second.entry.advice) == (again.verdict, again.entry.advice)
    assert second.facts.answer(None) == again.facts.answer(None)


def test_what_is_blocked_is_told_of_its_own_url() -> None:
    asker = Asker()
    told = [asker.get(path) for path in ("/a", "/b", "/a")]
    assert [one.alike for one in told] == [None] * 3
    assert [one.verdict.ruling.message.count(f"{API}/{path}'") for one, path in zip(told, "aba", strict=True)] == [
        1
    ] * 3  # type: ignore[union-attr]


@pytest.mark.parametrize("agent", [CHROMIUM, FIREFOX, WEBKIT])
@pytest.mark.parametrize(
    ("answered", "asked"),
    [
        pytest.param((), (), id="nothing"),
        pytest.param((ALLOW, ALLOW), (), id="two lines"),
        pytest.param((("Access-Control-Allow-Origin", "*"),), (), id="open"),
        pytest.param((("Access-Control-Allow-Origin", API),), (("Cookie", "a=1"),), id="another origin"),
    ],
)
def test_what_is_blocked_is_decided_once_and_worded_for_each_url(
    agent: str, answered: tuple[Pair, ...], asked: tuple[Pair, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    decided: list[str] = []
    decide = Judge._judge_by_itself

    def spy(self: Judge, entry: Entry) -> tuple[Facts, Verdict]:
        decided.append(entry.exchange.request.url)
        return decide(self, entry)

    monkeypatch.setattr(Judge, "_judge_by_itself", spy)
    asker = Asker(agent)
    told = [asker.get(path, *answered, asked=asked) for path in ("/a", "/b?c", "/a")]
    assert decided == [f"{API}/a"]
    alone = Asker(agent).get("/b?c", *answered, asked=asked)
    assert told[1].verdict == alone.verdict
    assert told[1].verdict.branches[0].steps == alone.verdict.branches[0].steps
    assert told[1].facts.answer(None) == alone.facts.answer(None)
    assert told[1].facts.response is told[1].entry.exchange.response
    assert told[2].verdict == told[0].verdict


def test_a_credentials_mode_that_is_learned_in_between_is_heeded() -> None:
    """What passes without credentials is judged anew with them."""
    asker = Asker(WEBKIT)
    star = ("Access-Control-Allow-Origin", "*")
    assert asker.get("/a", star).verdict.open is not None
    assert asker.get("/a", star, asked=(("Cookie", "a=1"),)).verdict.ruling.rule is not None


def test_a_digest_keeps_what_matters_of_each_line() -> None:
    lines = (("Content-Length", "0"), ("content-length", "12"), ("Vary", "Origin"), ("X-A", "1"), ("Set-Cookie", "s=1"))
    _, _, names, values, marks = digest(Response(200, HeaderList.of(*lines)))
    assert names == (b"Content-Length", b"content-length", b"Vary", b"X-A", b"Set-Cookie")
    assert values == (b"Origin", True, False)
    assert marks & LENGTH
    assert marks & COOKIES
    assert not marks & VALIDATOR


@pytest.mark.parametrize("urls", [(API, API.replace("https", "HTTPS")), (API.replace("https", "HTTPS"), API)])
def test_a_scheme_is_the_same_in_capitals(urls: tuple[str, str]) -> None:
    """A 407 through a tunnel is the server's own, however its URL is written."""
    said = []
    for url in urls:
        traffic = Traffic()
        traffic.send("GET", f"{url}/a", 407, ("Access-Control-Allow-Origin", "*"))
        traffic.send("GET", f"{urls[0]}/b", 407, ("Access-Control-Allow-Origin", "*"))
        said += [judged.verdict.ruling.rule for judged in traffic.last.values()]
    assert said == ["proxy-authentication"] * 4


def test_what_is_blocked_again_at_a_url_is_not_worded_again() -> None:
    """Pages ask for what is blocked again and again: it is remembered by its URL, whose it is."""
    asker = Asker()
    first, other, again, more = [asker.get(path) for path in ("/a", "/b", "/b", "/c")]
    assert other.kind is not None
    assert again.kind is other.kind
    assert len({first.kind, other.kind, more.kind}) == 3
    assert again.verdict == Asker().get("/b").verdict
