"""What proxies, filters and applications take out of traffic makes nothing certain that is wrong.

The browsers that were recorded sent all of it to this proxy. Elsewhere something stands before it, a recording was
thinned out, or an application gave its browser another name: the same exchanges are judged as they would have come from
there, and held against what was certain of them as they were.
"""

from __future__ import annotations

import random
import tarfile
import tempfile
from collections.abc import Callable
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from corsight.policies.exchange import Exchange, HeaderList
from corsight.policies.session import Session
from corsight.policies.value import replace
from corsight.policies.verdict import Outcome
from corsight.scripts.recordings import Recording, in_time
from tests.browser.lab.record import FLOWS
from tests.recordings.expected import recordings

type Verdicts = dict[str, tuple[bool, bool]]
"""Of each exchange, whether it is blocked, and whether that is certain."""
AGENTS = ("user-agent", "sec-ch-ua")
SECRETS = (
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
    "x-xsrf-token",
)
"""What recordings are freed of before they are passed on."""


def judge(exchanges: list[Exchange]) -> Verdicts:
    """Return the last verdict on each exchange."""
    session, last = Session(), {}
    for begins, exchange in in_time(exchanges, held=10**6):
        for judged in session.begin(exchange) if begins else session.observe(exchange):
            last[judged.entry.exchange.id] = judged.verdict
    last |= {judged.entry.exchange.id: judged.verdict for judged in session.finish()}
    return {id: (one.outcome is Outcome.BLOCKED, one.certainty == "certain") for id, one in last.items()}


@cache
def read(name: str) -> tuple[list[Exchange], Verdicts]:
    """Return the exchanges of a recording, and what is said of them as they are."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(recordings()[name]) as archive:
        archive.extract(FLOWS, folder, filter="data")
        exchanges = list(Recording(str(Path(folder) / FLOWS)))
    return exchanges, judge(exchanges)


def connect(exchange: Exchange, connection: str) -> Exchange:
    """Return an exchange as it comes over another connection."""
    return replace(exchange, connection=connection)


def strip(exchange: Exchange, *beginnings: str) -> Exchange:
    """Return an exchange without the request headers whose names begin so."""
    request = exchange.request
    kept = [(name, value) for name, value in request.headers.fields if not name.decode().lower().startswith(beginnings)]
    return replace(exchange, request=replace(request, headers=HeaderList(tuple(kept))))


def thin_out(exchanges: list[Exchange]) -> list[Exchange]:
    """Return the exchanges without every third or so."""
    draw = random.Random(7)
    return [exchange for exchange in exchanges if draw.random() > 0.3]


def share_out(exchanges: list[Exchange]) -> list[Exchange]:
    """Return the exchanges on six connections, by chance."""
    draw = random.Random(7)
    return [connect(exchange, str(draw.randrange(6))) for exchange in exchanges]


DISTORTIONS: dict[str, Callable[[list[Exchange]], list[Exchange]]] = {
    "one connection": lambda exchanges: [connect(one, "c") for one in exchanges],
    "six connections": share_out,
    "a connection each": lambda exchanges: [connect(one, one.id) for one in exchanges],
    "no Sec-Fetch": lambda exchanges: [strip(one, "sec-fetch-") for one in exchanges],
    "no Sec-Fetch-Storage-Access": lambda exchanges: [strip(one, "sec-fetch-storage-access") for one in exchanges],
    "no secrets": lambda exchanges: [strip(one, *SECRETS) for one in exchanges],
    "no Referer": lambda exchanges: [strip(one, "referer") for one in exchanges],
    "no User-Agent": lambda exchanges: [strip(one, *AGENTS) for one in exchanges],
    "no preflights": lambda exchanges: [one for one in exchanges if one.request.method != "OPTIONS"],
    "thinned out": thin_out,
}


BARE = {("no Sec-Fetch-Storage-Access", "chromium"), ("no Sec-Fetch-Storage-Access", "chromium-h2")}
"""There no image of another site is loaded: nothing shows that a header is gone which this version always sends."""


@pytest.mark.parametrize(
    ("distortion", "name"), [pair for pair in product(DISTORTIONS, recordings()) if pair not in BARE]
)
def test_what_is_taken_away_makes_nothing_certain_and_wrong(distortion: str, name: str) -> None:
    exchanges, whole = read(name)
    said = judge(DISTORTIONS[distortion](exchanges))
    assert len(said) > len(exchanges) / 2
    held = {id: blocked for id, (blocked, certain) in whole.items() if certain}
    wrong = [id for id, (blocked, certain) in said.items() if certain and held.get(id, blocked) != blocked]
    urls = {exchange.id: exchange.request.url for exchange in exchanges}
    assert [urls[id] for id in wrong] == []
