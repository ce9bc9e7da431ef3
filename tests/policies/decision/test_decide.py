"""decide(): where an engine departs from the standard, and where it does not."""

from __future__ import annotations

import pytest

from corsight.policies.exchange import Exchange, HeaderList, Request, Response
from corsight.policies.facts import Facts
from tests.policies.decision.answered import judge

PAGE = "https://app.test"


@pytest.mark.parametrize(
    ("url", "rule"), [("https://app.test/home", None), ("https://api.test/away", "allow-origin-multiple")]
)
def test_firefox_counts_lines_only_where_it_checks_them(url: str, rule: str | None) -> None:
    """Firefox: a preflight that a redirect led back to its page's origin is not checked there, so not counted.

    Seen in ESR 153 over HTTP/1.1: `fetch` passed at home with two lines, and was blocked at another origin.
    """
    facts = Facts(
        role="preflight",
        tainting="cors",
        origin=PAGE,
        page_origin=PAGE,
        method="PUT",
        names=("x-a",),
        credentials="not-include",
        chain=("https://api.test/data",),
    )
    twice = [("Access-Control-Allow-Origin", PAGE)] * 2
    answer = HeaderList.of(*twice, ("Access-Control-Allow-Methods", "PUT"), ("Access-Control-Allow-Headers", "x-a"))
    exchange = Exchange("1", "192.0.2.1", "1", Request("OPTIONS", url, HeaderList()), Response(204, answer))
    verdict = judge(exchange, facts, "firefox")
    assert (verdict.certainty, verdict.ruling.rule) == ("certain", rule)
