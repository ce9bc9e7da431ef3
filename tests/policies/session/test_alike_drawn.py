"""What is said of exchanges that are alike, of traffic that is drawn: just what would be said of each by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corsight.policies.exchange import Exchange, HeaderList, Request, Response, Told, Word
from corsight.policies.record import Lines, record
from corsight.policies.session import Judged, Session
from corsight.policies.session.judging import Judge
from tests.policies.findings.traffic import API, CHROMIUM, FIREFOX, PAGE, WEBKIT, Pair

LIBSOUP = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"
AGENTS = (CHROMIUM, FIREFOX, WEBKIT, LIBSOUP, "Mozilla/5.0 Chrome/90.0.0.0", "curl/8.0")
OTHER = "https://other.example"
METHODS = ("GET", "GET", "GET", "POST", "OPTIONS", "PUT")
URLS = (
    *(f"{API}/a", f"{API}/b?c=1", f"{API}:443/a", "HTTPS://API.example/a", "https://u:p@api.example/a"),
    *(f"{PAGE}/w.js", f"{PAGE}/", "http://api.example/a", "https://no host/", "http://no host/", "http://localhost/"),
)
ASKED: tuple[tuple[Pair, ...], ...] = (
    (),
    (("Cookie", "a=1"),),
    (("X-Own", "1"),),
    (("Authorization", "Basic eA=="),),
    (("If-None-Match", '"1"'),),
    (("Sec-Fetch-Storage-Access", "active"),),
    (("Content-Type", "text/plain"), ("Priority", "u=1")),
)
METADATA = (
    ("cors", "empty", "cross-site"),
    ("cors", "empty", "cross-site"),
    ("cors", "font", "cross-site"),
    ("no-cors", "image", "cross-site"),
    ("no-cors", "script", "same-site"),
    ("no-cors", "empty", "cross-site"),
    ("same-origin", "worker", "same-origin"),
    ("navigate", "document", "none"),
    ("navigate", "iframe", "cross-site"),
    None,
)
ANSWERED: tuple[Pair, ...] = (
    *(("Access-Control-Allow-Origin", value) for value in (PAGE, PAGE, "*", "*", "null", API, "")),
    *(("access-control-allow-origin", PAGE), ("Access-Control-Allow-Credentials", "true")),
    *(("Access-Control-Allow-Credentials", "TRUE"), ("Access-Control-Allow-Methods", "PUT, POST")),
    *(("Access-Control-Allow-Headers", "x-own"), ("Access-Control-Allow-Headers", "*")),
    *(("Access-Control-Expose-Headers", "*"), ("Access-Control-Max-Age", "600"), ("Vary", "Origin")),
    *(("Content-Type", "text/html"), ("Content-Type", "application/json"), ("X-Content-Type-Options", "nosniff")),
    *(("Content-Length", "0"), ("Content-Length", "12"), ("Content-Range", "bytes 1-2/3"), ("ETag", '"1"')),
    *(("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Resource-Policy", "cross-origin")),
    *(("Cross-Origin-Embedder-Policy", "require-corp"), ("Cross-Origin-Embedder-Policy", "credentialless")),
    *(("Location", f"{API}/a"), ("Location", f"{OTHER}/x"), ("Location", ""), ("Set-Cookie", "b=2")),
    *(("Connection", "close"), ("X-Seen", "1"), ("Date", "Thu"), ("Cache-Control", "no-store")),
)
TOLD = (
    Told("chromium", 150, "fetch", "cors", "empty", PAGE, passed=True),
    Told("chromium", 150, "fetch", "cors", "empty", PAGE, passed=False, error="net::ERR_FAILED"),
    Told("chromium", 150, "xhr", "cors", "empty", PAGE, kept=True),
    Told("firefox", 150, "", "no-cors", "image", PAGE, lost=frozenset({"cookie"})),
    Told("chromium", 150, "fetch", "cors", "empty", PAGE, passed=False, rule="allow-origin-missing", message="m"),
    Told("webkit", None, "fetch", "cors", "empty", PAGE, cached=True, preflights=False),
    Told("chromium", 150, "fetch", "cors", "empty", PAGE, credentials=True, untold=True),
)


@dataclass(frozen=True)
class Drawn:
    """One exchange of drawn traffic, and when it is answered: so many others set out before."""

    agent: str
    url: str
    method: str
    headers: tuple[Pair, ...]
    status: int | None
    answered: tuple[Pair, ...]
    connection: str
    http2: bool
    body: str | None
    told: Told | None
    marker: Literal["carried", "missing"] | None
    word: Word | None
    after: float
    late: int


@st.composite
def _draw(draw: st.DrawFn, agents: tuple[str, ...], told: tuple[Told | None, ...]) -> Drawn:
    headers: list[Pair] = []
    agent, method = (
        draw(st.sampled_from(agents)),
        draw(st.sampled_from(("GET", "GET", "GET", "POST", "OPTIONS", "PUT"))),
    )
    origin = draw(st.sampled_from((PAGE, PAGE, PAGE, OTHER, "null", None)))
    if origin is not None:
        headers.append(("Origin", origin))
    if method == "OPTIONS":
        headers.append(("Access-Control-Request-Method", draw(st.sampled_from(("PUT", "POST", "GET")))))
        if draw(st.booleans()):
            headers.append(("Access-Control-Request-Headers", "x-own"))
    else:
        headers += draw(st.sampled_from(ASKED))
    if draw(st.booleans()):
        headers.append(("Referer", draw(st.sampled_from((f"{PAGE}/", f"{PAGE}/w.js", OTHER)))))
    metadata = draw(st.sampled_from(METADATA))
    if metadata is not None:
        headers += zip(("Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Fetch-Site"), metadata, strict=True)
    return Drawn(
        agent,
        draw(st.sampled_from(URLS)),
        method,
        (("User-Agent", agent), ("Accept", "*/*"), *headers),
        draw(st.sampled_from((200, 200, 200, 200, 204, 302, 304, 404, 407, None))),
        tuple(draw(st.lists(st.sampled_from(ANSWERED), max_size=5))),
        draw(st.sampled_from(("c", "d", ""))),
        draw(st.booleans()),
        draw(st.sampled_from((None, None, "empty", "data"))),
        draw(st.sampled_from(told)),
        draw(st.sampled_from((None, None, "carried", "missing"))),
        draw(st.sampled_from((None, None, None, Word(True), Word(False, "net::ERR_FAILED"), Word(initiator="xhr")))),
        draw(st.sampled_from((0.0, 0.1, 1.0, 40.0))),
        draw(st.integers(0, 2)),
    )


@st.composite
def traffic(draw: st.DrawFn) -> list[Drawn]:
    """Draw exchanges of one or two browsers, of few kinds, each of which comes several times."""
    agents = tuple(draw(st.lists(st.sampled_from(AGENTS), min_size=1, max_size=2)))
    told: tuple[Told | None, ...] = (None,) if draw(st.booleans()) else (None, *TOLD)
    kinds = draw(st.lists(_draw(agents, told), min_size=1, max_size=5))
    return [
        replace(draw(st.sampled_from(kinds)), url=draw(st.sampled_from(URLS if draw(st.booleans()) else URLS[:1])))
        if draw(st.booleans())
        else draw(st.sampled_from(kinds))
        for _ in range(draw(st.integers(2, 14)))
    ]


def play(drawn: list[Drawn]) -> Iterator[list[Judged]]:
    """Yield what a session says at each moment of drawn traffic."""
    session, now, open_ = Session(), 1000.0, list[tuple[int, Exchange]]()
    session.attend()
    for number, one in enumerate(drawn):
        now += one.after
        request = Request(one.method, one.url, HeaderList.of(*one.headers), now)
        exchange = Exchange(
            f"{number:04d}", "127.0.0.1", one.connection, request, None, one.http2, told=one.told, marker=one.marker
        )
        yield session.begin(exchange)
        now += 0.05
        response = None if one.status is None else Response(one.status, HeaderList.of(*one.answered), now, one.body)
        open_.append((number + one.late, replace(exchange, response=response)))
        for due, answer in [*open_]:
            if due <= number:
                open_.remove((due, answer))
                yield session.observe(answer)
                if (word := drawn[int(answer.id)].word) is not None:
                    yield session.heed(answer.id, word)
    for _, answer in open_:
        yield session.observe(answer)
    yield session.finish()


def tell(drawn: list[Drawn]) -> list[list[tuple[object, ...]]]:
    """Return all that is said, as it is said: the records, and what they do not tell."""
    lines, told = Lines(), list[list[tuple[object, ...]]]()
    for moment in play(drawn):
        told.append([])
        for one in moment:
            fields, branches = record(one), one.verdict.branches
            assert json.loads(lines.line(one)) == fields
            walks = [(branch.premise, branch.steps) for branch in branches]
            told[-1].append((fields, one.revises, one.facts, one.settled, walks))
    return told


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(traffic())
def test_drawn_traffic_is_judged_as_if_nothing_in_it_were_alike(drawn: list[Drawn]) -> None:
    together = tell(drawn)
    with patch.object(Judge, "_liken", lambda self, entry: None):
        alone = tell(drawn)
    assert together == alone
