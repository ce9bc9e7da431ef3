"""The saved recording: judged again it comes to the same, and no secret and no body is in it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from mitmproxy import http
from mitmproxy.flow import Flow
from mitmproxy.io import FlowReader

from corsight.addons.page.recording import PIECE, write_recording
from corsight.policies.session import Judged
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from tests.addons.mitm import LOST, OURS, PAGE, Running, cors, flow, mitmproxy, preflight

SHOP = Path(__file__).resolve().parents[3] / "examples" / "shop.mitm"
SECRET = "hunter2hunter2"


def remembered(running: Running) -> list[Judged]:
    return list(running.addon._stories.in_time())


def saved(running: Running) -> list[http.HTTPFlow]:
    """The flows of the recording that the page saves."""
    data = b"".join(write_recording(remembered(running)))
    return [made for made in FlowReader(io.BytesIO(data)).stream() if isinstance(made, http.HTTPFlow)]


def conclude(judgeds: Sequence[Judged]) -> dict[str, tuple[object, ...]]:
    """The last word on each exchange, by its id."""
    return {
        one.entry.exchange.id: (one.verdict.outcome, one.verdict.certainty, one.verdict.ruling.rule, one.entry.role)
        for one in judgeds
    }


def judged_again(running: Running, folder: Path) -> dict[str, tuple[object, ...]]:
    path = folder / "saved.mitm"
    path.write_bytes(b"".join(write_recording(remembered(running))))
    return conclude(list(judge_recording(Recording(str(path)), "auto")))


def test_the_shops_visit_comes_to_the_same_once_saved(tmp_path: Path) -> None:
    with SHOP.open("rb") as file:
        flows: list[Flow] = list(FlowReader(file).stream())
    # A port of its own is for a proxy that runs: what remembers is the same.
    with mitmproxy() as running:
        running.addon._watched = True
        running.judge(*flows)
        running.addon._publish(running.addon._session.finish())
        before = conclude(remembered(running))
        assert {outcome for outcome, *_ in before.values()} >= {"allowed", "blocked", "not-cors"}
        assert judged_again(running, tmp_path) == before


def test_bodies_errors_protocols_and_odd_urls_count_as_before(tmp_path: Path) -> None:
    page = flow(("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image"), ("Sec-Fetch-Site", "cross-site"))
    assert page.response is not None
    page.response.headers["Content-Type"] = "text/html"
    page.response.content = b"<!doctype html><html>"
    page.response.timestamp_end = page.response.timestamp_start
    flows = [
        page,
        cors(answered=None, error=LOST),
        cors(http2=False, answered=OURS),
        preflight(),
        cors(method="PUT", answered=OURS),
        cors(url="http://[::1]:8080/a?b=1&c"),
        cors(url="http://127.0.0.1:9000/?x"),
        cors(url="https://user:pass@api.test/v1"),
        cors(method="p\xe4tch"),
    ]
    with mitmproxy() as running:
        running.addon._watched = True
        running.judge(*flows)
        running.addon._publish(running.addon._session.finish())
        before = conclude(remembered(running))
        assert before[page.id][0] == "blocked"
        assert judged_again(running, tmp_path) == before


def test_no_secret_and_no_body_is_in_it() -> None:
    made = cors(
        ("Cookie", f"id={SECRET}; theme=dark"),
        ("Authorization", f"Bearer {SECRET}"),
        ("X-Api-Key", SECRET),
        ("Referer", f"https://app.example/?token={SECRET}"),
        url=f"https://me:{SECRET}@api.test/v1?access_token={SECRET}",
        answered=[("Set-Cookie", f"id={SECRET}; Path=/"), ("Location", f"/next?code={SECRET}")],
    )
    assert made.response is not None
    made.response.content = SECRET.encode()
    with mitmproxy() as running:
        running.addon._watched = True
        running.judge(made)
        data = b"".join(write_recording(remembered(running)))
        assert SECRET.encode() not in data
        [again] = saved(running)
    assert again.request.headers["Cookie"] == "id=REDACTED; theme=REDACTED"
    assert again.request.headers["Origin"] == PAGE
    assert again.response is not None
    assert again.response.raw_content is None
    assert again.request.raw_content is None


def test_what_was_patched_is_told_with_what_the_server_sent(tmp_path: Path) -> None:
    made = cors(answered=[("Access-Control-Allow-Origin", "https://other.example")])
    made.live = True
    with mitmproxy(cors_patch="blocked", cors_patch_scope="~d api.test", cors_patch_origins=[PAGE]) as running:
        running.addon._watched = True
        running.judge(made)
        [again] = saved(running)
        assert "access-control-allow-origin" in again.metadata["cors.patched"]
        assert again.metadata["cors.server.status"] == 200
        assert again.metadata["cors.server.headers"] == "Access-Control-Allow-Origin: https://other.example"
        path = tmp_path / "saved.mitm"
        path.write_bytes(b"".join(write_recording(remembered(running))))
        [judged] = judge_recording(Recording(str(path)), "auto")
    assert judged.entry.patched is not None
    assert judged.before is not None
    assert (judged.before.outcome, judged.before.rule) == ("blocked", "allow-origin-mismatch")


@pytest.mark.parametrize("number", [0, 1, PIECE, PIECE + 1])
def test_it_comes_in_pieces(number: int) -> None:
    with mitmproxy() as running:
        running.addon._watched = True
        running.judge(*(cors() for _ in range(number)))
        assert len(list(write_recording(remembered(running)))) == number // PIECE + 1
        assert len(saved(running)) == number
