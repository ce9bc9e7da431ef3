"""Fetches to tell of: what a session judged, and the casebook's exchanges, each as if a session had."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from corsight.policies.decision.judge import survey
from corsight.policies.evidence import Evidence
from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts
from corsight.policies.session import Judged, Session, identify
from corsight.policies.session.fetches import Entry, Fetch
from corsight.policies.session.reading import read
from corsight.policies.verdict import EngineName

CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
PAGE = "https://app.test"

type Pairs = Iterable[tuple[str, str]]


def of_facts(exchange: Exchange, facts: Facts, engine: EngineName, *evidence: Evidence) -> Judged:
    """What is said of one exchange, given the facts."""
    facts = replace(facts, response=exchange.response)
    verdict, differing = survey(exchange, facts, engine)
    reading = read(exchange.request.method, exchange.request.headers)
    fetch = Fetch(exchange.id, facts.page_origin, [*facts.chain, exchange.request.url])
    entry = Entry(exchange, reading, fetch, facts.mode, facts.destination, len(facts.chain))
    entry.role, entry.differing = facts.role, differing
    entry.evidence = {one.fact: one for one in evidence}
    return Judged(entry, identify(CHROMIUM, None), facts, verdict)


def exchange(
    number: int,
    url: str = "https://api.test/v1",
    *,
    method: str = "GET",
    asked: Pairs = (),
    answered: Pairs | None = (),
    status: int = 200,
    agent: str = CHROMIUM,
    origin: str = PAGE,
    proxy_status: int | None = None,
) -> Exchange:
    """A cross-origin CORS request of a page, the `number`th second of a recording."""
    sent = [
        ("Origin", origin),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Dest", "empty"),
        ("Sec-Fetch-Site", "cross-site"),
        ("User-Agent", agent),
        *asked,
    ]
    response = None if answered is None else Response(status, HeaderList.of(*answered), number + 0.5)
    request = Request(method, url, HeaderList.of(*sent), float(number))
    return Exchange(f"flow-{number}", "192.0.2.1", "1", request, response, True, proxy_status)


def preflight(number: int, url: str = "https://api.test/v1", *, wants: str = "PUT", **more: object) -> Exchange:
    """A CORS-preflight request."""
    asked = [("Access-Control-Request-Method", wants), *more.pop("asked", ())]  # type: ignore[misc]
    given: dict[str, object] = {"method": "OPTIONS", "status": 204} | more
    return exchange(number, url, asked=asked, **given)  # type: ignore[arg-type]


def judged(*exchanges: Exchange, engine: EngineName | None = None) -> list[Judged]:
    """The last word on each exchange, in their order."""
    session = Session(engine)
    said: dict[str, Judged] = {}
    for one in exchanges:
        said |= {judged.entry.exchange.id: judged for judged in session.begin(one)}
        for judged in session.observe(one):
            said[judged.entry.exchange.id] = judged
    for judged in session.finish():
        said[judged.entry.exchange.id] = judged
    return list(said.values())
