"""The recordings as they would have come from elsewhere: what proxies, filters and applications take out of traffic."""

from __future__ import annotations

import random
import tarfile
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from corsight.policies.exchange import Exchange, HeaderList
from corsight.policies.session import Judged, Session
from corsight.policies.value import replace
from corsight.scripts.recordings import Recording, in_time
from tests.browser.lab.record import FLOWS

HERE = Path(__file__).parent
SUFFIX = ".tar.xz"
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


def recordings() -> dict[str, Path]:
    """Return every recording's archive by its name."""
    return {path.name.removesuffix(SUFFIX): path for path in sorted(HERE.glob(f"*{SUFFIX}"))}


def judge_all(exchanges: list[Exchange]) -> list[Judged]:
    """Return the last word on each exchange."""
    session, last = Session(), dict[str, Judged]()
    for begins, exchange in in_time(exchanges, held=10**6):
        for judged in session.begin(exchange) if begins else session.observe(exchange):
            last[judged.entry.exchange.id] = judged
    last |= {judged.entry.exchange.id: judged for judged in session.finish()}
    return list(last.values())


@cache
def read_exchanges(name: str) -> list[Exchange]:
    """Return the exchanges of a recording, as they are."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(recordings()[name]) as archive:
        archive.extract(FLOWS, folder, filter="data")
        return list(Recording(str(Path(folder) / FLOWS)))


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
