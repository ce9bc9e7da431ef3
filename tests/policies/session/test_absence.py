"""What it shows that preflights were answered and followed by nothing, by the moments of two of them alone."""

from __future__ import annotations

import pytest

from corsight.policies.engines import ENGINES
from corsight.policies.session.absence import may_be_stream, proves_together
from corsight.policies.verdict import EngineName
from tests.policies.session.entries import make_entry, make_exchange, make_preflight


@pytest.mark.parametrize(
    ("first", "second", "proves"),
    [
        pytest.param(0.1, 1.0, True, id="asked again after the answer"),
        pytest.param(0.1, 0.3, False, id="asked again just then"),
        pytest.param(0.1, 0.05, False, id="asked again before the answer"),
        pytest.param(0.5, 1.0, True, id="answered within half a second"),
        pytest.param(None, 1.0, False, id="the first one unanswered"),
    ],
)
def test_a_page_that_had_an_answer_before_it_asked_again_did_not_give_up_twice(
    first: float | None, second: float, proves: bool
) -> None:
    one, other = make_preflight(at=99.0, after=first), make_preflight("q", at=99.0 + second)
    for outlives in (True, False):
        assert proves_together(one, other, slack=0.25, outlives=outlives) is proves
        assert proves_together(other, one, slack=0.25, outlives=outlives) is proves


@pytest.mark.parametrize(("first", "second"), [(0.6, 0.1), (0.1, 0.6), (0.6, 0.6)])
def test_what_takes_its_time_a_page_may_give_up_each_time(first: float, second: float) -> None:
    """Chromium finishes the preflight of an aborted fetch; Firefox and WebKit leave it unanswered."""
    one, other = make_preflight(at=99.0, after=first), make_preflight("q", at=101.0, after=second)
    assert not proves_together(one, other, slack=0.25, outlives=True)
    assert proves_together(one, other, slack=0.25, outlives=False)


@pytest.mark.parametrize(
    ("engine", "asks", "http2", "stream"),
    [
        ("chromium", "POST", False, True),
        ("chromium", "PUT", False, True),
        ("chromium", "POST", True, False),
        ("chromium", "GET", False, False),
        ("chromium", "HEAD", False, False),
        ("firefox", "POST", False, False),
        ("webkit", "POST", False, False),
    ],
)
def test_chromium_alone_uploads_streams_and_fails_them_over_http_1(
    engine: EngineName, asks: str, http2: bool, stream: bool
) -> None:
    """Chromium 156: a fetch() of a ReadableStream fails behind its preflight there, whatever answered that."""
    policy = ENGINES[engine]
    assert may_be_stream(make_preflight(asks=asks, http2=http2), policy) is stream
    assert not may_be_stream(make_entry(make_exchange(method=asks, http2=http2)), policy)
