"""The last verdict on each exchange, and the exchanges of each fetch together."""

from __future__ import annotations

from mitmproxy.http import HTTPFlow

from corsight.addons.adapter import exchange_of
from corsight.policies.session import Judged, Session
from corsight.scripts.judging import group_by_fetch, settle
from tests.policies.story.told import judged, preflight
from tests.scripts.commands.test_audit import allowed_once_it_is_followed


def judge(*flows: HTTPFlow) -> list[Judged]:
    session = Session()
    return [one for each in flows for one in session.observe(exchange_of(each))]


def test_a_revision_that_comes_too_late_is_left_out() -> None:
    asked, _, request = allowed_once_it_is_followed(30)
    kept = [one.verdict.certainty for one in settle(judge(asked, request), held=100)]
    assert kept == ["certain", "certain"]
    kept = [one.verdict.certainty for one in settle(judge(asked, request), held=0)]
    assert kept == ["likely", "certain"]


def test_a_fetch_is_held_until_its_exchanges_came() -> None:
    first, second, other = judged(preflight(1))[0], judged(preflight(2))[0], judged(preflight(3))[0]
    second.entry.fetch = first.entry.fetch
    assert [len(fetch) for fetch in group_by_fetch([first, other, second])] == [2, 1]
    assert [len(fetch) for fetch in group_by_fetch([first, other, second], held=1)] == [1, 1, 1]
