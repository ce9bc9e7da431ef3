"""What proxies, filters and applications take out of traffic makes nothing certain that is wrong.

The browsers that were recorded sent all of it to this proxy. Elsewhere something stands before it, a recording was
thinned out, or an application gave its browser another name: the same exchanges are judged as they would have come from
there, and held against what was certain of them as they were.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import pytest

from corsight.policies.exchange import Exchange
from corsight.policies.verdict import Outcome
from tests.recordings.distorted import DISTORTIONS, judge_all, read_exchanges, recordings

type Verdicts = dict[str, tuple[bool, bool]]
"""Of each exchange, whether it is blocked, and whether that is certain."""


def judge(exchanges: list[Exchange]) -> Verdicts:
    """Return the last verdict on each exchange."""
    said = {one.entry.exchange.id: one.verdict for one in judge_all(exchanges)}
    return {id: (one.outcome is Outcome.BLOCKED, one.certainty == "certain") for id, one in said.items()}


@cache
def read(name: str) -> tuple[list[Exchange], Verdicts]:
    """Return the exchanges of a recording, and what is said of them as they are."""
    exchanges = read_exchanges(name)
    return exchanges, judge(exchanges)


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
