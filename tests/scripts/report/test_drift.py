"""The drift section of an audit: each difference once, its places counted, nothing that a terminal obeys."""

from __future__ import annotations

import io

import pytest

from corsight.policies.server.model import Match, ServerPolicy
from corsight.scripts.report import drift
from corsight.scripts.report.drift import Drifts
from tests.policies.server.traffic import API, PAGE, allow, asks, judge

POLICY = ServerPolicy(name="api", match=Match(hosts=("api.shop.example",)), origins=(PAGE,), methods=("GET",))


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def written(drifts: Drifts) -> str:
    stream = io.StringIO()
    drifts.write(stream)
    return stream.getvalue()


def test_each_difference_is_told_once_with_its_places() -> None:
    drifts = Drifts([POLICY])
    urls = [API, API, *(f"{API}/{number}" for number in range(4))]
    for judged in judge(*(asks(url=url, answered=allow("*")) for url in urls), asks(url=f"{API}/x")):
        drifts.add(judged)
    assert (drifts.certain, drifts.likely) == (7, 0)
    assert (
        written(drifts)
        == f"""
Drift from the policies

  The server allows more than the policy
  + the server allows every origin (Access-Control-Allow-Origin: *), the policy only some [policy api]
      GET {API} (2 times)
      GET {API}/0
      GET {API}/1
      and 2 more

  The server refuses what the page needs and the policy allows
  - the policy allows origin {PAGE}, but the server refused it (allow-origin-missing) [policy
    api]
      GET {API}/x
"""
    )


@pytest.mark.parametrize(
    ("origin", "near"),
    [
        ("http://shop.example", "names https://shop.example, which differs in the scheme"),
        ("https://www.shop.example", "names https://shop.example, which differs in www."),
        ("https://evil.example", None),
        (PAGE, None),
    ],
)
def test_a_page_that_the_policy_nearly_lets_in_is_named(origin: str, near: str | None) -> None:
    drifts = Drifts([POLICY])
    for judged in judge(asks(origin=origin)):
        drifts.add(judged)
    said = f"? {origin}: the policy {near} [policy api]"
    assert (said in written(drifts)) == (near is not None)
    assert ("is nearly one that a policy allows" in written(drifts)) == (near is not None)


def test_that_there_is_none_is_said() -> None:
    drifts = Drifts([POLICY])
    drifts.add(judge(asks(answered=allow()))[0])
    assert written(drifts).endswith("  none: every answer allows exactly what its policy does\n")


def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "KINDS", 20)
    drifts = Drifts([POLICY])
    for judged in judge(*(asks(answered=allow(f"https://x{number}.example")) for number in range(30))):
        drifts.add(judged)
    assert len(drifts._found) == len(drifts._places) == 20
    assert f"and {drifts.uncounted} more that are not listed" in written(drifts)


def test_nothing_from_the_wire_moves_a_cursor() -> None:
    drifts = Drifts([POLICY])
    sent = asks(url=f"{API}/\x9b2J?token=secret", answered=allow("https://x.example\x85"))
    drifts.add(judge(sent)[0])
    assert all(line.isprintable() for line in written(drifts).split("\n"))
    assert "secret" not in written(drifts)
