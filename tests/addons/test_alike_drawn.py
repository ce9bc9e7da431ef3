"""What is left on flows that are alike, of traffic that is drawn: just what would be left on each by itself."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mitmproxy import http

from corsight.policies.session.judging import Judge
from tests.addons.mitm import flow, lines, mitmproxy
from tests.policies.session.test_alike_drawn import Drawn, traffic

type Change = tuple[int, dict[str, Any]]
SETTINGS: tuple[dict[str, Any], ...] = (
    *({"cors_mark": False}, {"cors_mark": True}, {"cors_engine": "firefox"}, {"cors_engine": "auto"}),
    *({"cors_secrets": True}, {"cors_scope": "~u /a"}, {"cors_scope": None}),
    {"cors_patch": "blocked", "cors_patch_scope": "~d api.example", "cors_patch_origins": ["https://shop.example"]},
    {"cors_patch": "off"},
)
TOUCHED = ((), (), (), ("comment",), ("marked",), ("replayed",), ("comment", "marked", "replayed"))


def make_flow(number: int, one: Drawn, touched: tuple[str, ...]) -> http.HTTPFlow:
    """A flow of a drawn exchange, with what a user has left on it."""
    url = one.url.replace("u:p@", "").replace("no host", "nowhere").lower()
    made = flow(
        *one.headers[2:],
        url=url,
        method=one.method,
        answered=None if one.status is None else one.answered,
        status=one.status or 200,
        agent=one.agent,
        error="server closed connection" if one.status is None else None,
        http2=one.http2,
    )
    made.id, made.client_conn.id = f"{number:04d}", one.connection
    made.request.timestamp_start = 1000.0 + number
    if made.response is not None:
        made.response.timestamp_start = 1000.5 + number
    if "comment" in touched:
        made.comment = "mine\nand more"
    if "marked" in touched:
        made.marked = ":red_circle:"
    return made


def leave(drawn: list[Drawn], changes: list[Change], touches: list[tuple[str, ...]]) -> list[object]:
    """Return what is left of drawn traffic: on the flows, each time that one was judged, and in the log."""
    left: list[object] = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"
        with mitmproxy(cors_log=str(log)) as proxy:
            flows = []
            for number, one in enumerate(drawn):
                for place, options in changes:
                    if place == number:
                        proxy.set(**options)
                touched = touches[number % len(touches)]
                made = make_flow(number, one, touched)
                flows.append(made)
                made.live = bool(number % 2)
                proxy.judge(made)
                if "replayed" in touched:
                    made.request.timestamp_start = 1000.7 + number
                    proxy.judge(made)
                left += [(dict(made.metadata), made.comment, made.marked)]
        left += [(dict(made.metadata), made.comment, made.marked) for made in flows]
        left += lines(log)
    return left


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    traffic(),
    st.lists(st.tuples(st.integers(0, 8), st.sampled_from(SETTINGS)), max_size=3),
    st.lists(st.sampled_from(TOUCHED), min_size=1, max_size=4),
)
def test_drawn_flows_are_left_as_if_none_of_them_were_alike(
    drawn: list[Drawn], changes: list[Change], touches: list[tuple[str, ...]]
) -> None:
    together = leave(drawn, changes, touches)
    with patch.object(Judge, "_liken", lambda self, entry: None):
        alone = leave(drawn, changes, touches)
    assert together == alone
