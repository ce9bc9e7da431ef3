"""Chromium's NetLog: events a line, usually cut off at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corsight.policies.session import Judged
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording, netlog, pieces

TYPES = {
    name: number
    for number, name in enumerate(
        (
            *("REQUEST_ALIVE", "URL_REQUEST_START_JOB", "HTTP_TRANSACTION_SEND_REQUEST_HEADERS"),
            *("HTTP_TRANSACTION_READ_RESPONSE_HEADERS", "COMPUTED_PRIVACY_MODE", "CREATED_BY", "FAILED"),
            *("CORS_PREFLIGHT_ERROR", "CORS_REQUEST", "HTTP_TRANSACTION_HTTP2_SEND_REQUEST_HEADERS"),
        )
    )
}
CONSTANTS = {
    "logEventTypes": TYPES,
    "logSourceType": {"NONE": 0, "URL_REQUEST": 1},
    "netError": {"ERR_CONNECTION_REFUSED": -102},
    "timeTickOffset": 1767225600000,
    "clientInfo": {"name": "Chromium", "version": "156.0.8078.108"},
}
BEGIN, END = 1, 2
AGENT = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36"
FETCH = ["Origin: https://shop.example", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty", "Sec-Fetch-Site: cross-site"]
URL = "https://api.other.example/a"

type Event = dict[str, Any]


def event(source: int, name: str, phase: int = 0, at: int = 0, **params: Any) -> Event:
    return {"type": TYPES[name], "source": {"id": source, "type": 1}, "time": str(at), "phase": phase, "params": params}


def exchange(source: int, method: str = "GET", status: str = "200 OK", *, at: int = 0, **more: Any) -> list[Event]:
    """The events of one request that was answered, up to its end."""
    sent = [*more.get("sent", ()), AGENT, *FETCH]
    events = [
        event(source, "URL_REQUEST_START_JOB", BEGIN, at, url=more.get("url", URL), method=method),
        event(source, "COMPUTED_PRIVACY_MODE", 0, at, privacy_mode=more.get("privacy", "enabled")),
        event(source, "HTTP_TRANSACTION_SEND_REQUEST_HEADERS", 0, at, headers=sent, line=f"{method} /a HTTP/1.1"),
    ]
    if status:
        answer = [f"HTTP/1.1 {status}", *more.get("answer", ())]
        events.append(event(source, "HTTP_TRANSACTION_READ_RESPONSE_HEADERS", 0, at + 5, headers=answer))
    return events


def alive(source: int, phase: int, at: int = 0) -> Event:
    return event(source, "REQUEST_ALIVE", phase, at, url=URL)


def written(events: list[Event], cut: str = "]}") -> str:
    """A NetLog as Chromium writes it."""
    head = json.dumps({"constants": CONSTANTS}, separators=(",", ":"))[:-1]
    return head + ',\n"events": [\n' + "".join(json.dumps(one) + ",\n" for one in events).rstrip(",\n") + cut


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def judge(text: str) -> tuple[list[Judged], Recording]:
        (tmp_path / "net.json").write_text(text)
        recording = Recording(str(tmp_path / "net.json"))
        return list(judge_recording(recording)), recording

    return judge


def said(judged: list[Judged]) -> list[str]:
    verdicts = [(one.entry.exchange.request.method, one.verdict) for one in judged]
    return [f"{method} {verdict.outcome.value} {verdict.certainty}" for method, verdict in verdicts]


WHOLE = [
    alive(7, BEGIN),
    *exchange(7, answer=["Access-Control-Allow-Origin: https://a.example"]),
    alive(7, END, 9),
]


@pytest.mark.parametrize("cut", ["]}", "]}\n", ",\n", "", ',\n{"phase":2,"sour', ',\n"polledData": {}}\n'])
def test_a_log_is_read_however_it_ends(read: Any, cut: str) -> None:
    judged, recording = read(written(WHOLE, cut))
    assert said(judged) == ["GET blocked certain"]
    assert recording.problem is None
    assert judged[0].client.label == "chromium 156"
    assert judged[0].entry.exchange.request.started == pytest.approx(1767225600)


def test_a_log_that_was_written_anew_is_read(read: Any) -> None:
    judged, _ = read(json.dumps(json.loads(written(WHOLE)), indent=2))
    assert said(judged) == ["GET blocked certain"]


@pytest.mark.parametrize(
    ("privacy", "said_so", "because"),
    [("disabled", "GET blocked certain", "privacy mode"), ("enabled", "GET allowed likely", "")],
)
def test_a_privacy_mode_that_is_off_tells_credentials(read: Any, privacy: str, said_so: str, because: str) -> None:
    sent = exchange(7, answer=["Access-Control-Allow-Origin: *"], privacy=privacy)
    judged, _ = read(written([alive(7, BEGIN), *sent, alive(7, END)]).replace("Sec-Fetch-Site: cross-site", "X: y"))
    assert said(judged) == [said_so]
    evidence = judged[0].entry.fetch.evidence.get("credentials")
    assert because in (evidence.because if evidence else "")


def test_a_preflight_fails_by_the_rule_that_its_number_names(read: Any) -> None:
    asked = ["Access-Control-Request-Method: PUT"]
    preflight = exchange(8, "OPTIONS", "403 Forbidden", sent=asked, answer=["Access-Control-Allow-Origin: *"])
    events = [
        event(7, "CORS_REQUEST", BEGIN, url=URL),
        alive(8, BEGIN),
        event(8, "CREATED_BY", source_dependency={"id": 7, "type": 1}),
        *preflight,
        event(7, "CORS_PREFLIGHT_ERROR", **{"cors-error": 9, "error": "ERR_FAILED"}),
        event(7, "CORS_REQUEST", END),
        alive(8, END),
    ]
    for order in (events, [*events[:-3], alive(8, END), *events[-3:-1]]):
        judged, _ = read(written(order))
        assert said(judged) == ["OPTIONS blocked certain"]
        assert judged[0].verdict.ruling.rule == "preflight-status-not-ok"


def test_bytes_beyond_ascii_are_unescaped(read: Any) -> None:
    line = "%ESCAPED:\u200b Access-Control-Allow-Origin: https://a.example%E9%25"
    judged, _ = read(written([alive(7, BEGIN), *exchange(7, answer=[line]), alive(7, END)]))
    headers = judged[0].entry.exchange.response.headers
    assert headers.get("access-control-allow-origin") == "https://a.example\xe9%"


def test_redirects_are_exchanges_of_one_source(read: Any) -> None:
    hop = exchange(7, status="302 Found", answer=[f"Location: {URL}/b", "Access-Control-Allow-Origin: *"])
    events = [alive(7, BEGIN), *hop, *exchange(7, url=f"{URL}/b", answer=["Access-Control-Allow-Origin: *"], at=9)]
    judged, _ = read(written([*events, alive(7, END)]))
    assert [one.entry.role for one in judged] == ["redirect", "request"]
    assert len({one.entry.fetch.id for one in judged}) == 1


def test_a_request_that_failed_says_why(read: Any) -> None:
    events = [alive(7, BEGIN), *exchange(7, status=""), event(7, "FAILED", net_error=-102), alive(7, END)]
    judged, _ = read(written(events))
    assert judged[0].verdict.ruling.rule == "network-error"
    assert judged[0].entry.exchange.error == "net::ERR_CONNECTION_REFUSED"


def test_pseudo_headers_are_none(read: Any) -> None:
    text = written(WHOLE).replace(
        f'"type": {TYPES["HTTP_TRANSACTION_SEND_REQUEST_HEADERS"]},',
        f'"type": {TYPES["HTTP_TRANSACTION_HTTP2_SEND_REQUEST_HEADERS"]},',
    )
    judged, _ = read(text.replace('["User-Agent', '[":method: GET", "User-Agent'))
    assert judged[0].entry.exchange.http2
    assert judged[0].entry.exchange.request.headers.names()[0] == "user-agent"


def test_damaged_events_are_left_out(read: Any) -> None:
    judged, recording = read(written(WHOLE).replace("[\n", '[\n{"bad": 1},\n{7},\n'))
    assert said(judged) == ["GET blocked certain"]
    assert recording.remarks == ["2 events could not be read, and are left out."]


@pytest.mark.parametrize(
    "text", ['{"constants":', '{"constants":{}}', '{"constants": {"logEventTypes": 7}, "events": []}']
)
def test_what_does_not_say_its_events_is_refused_in_a_line(read: Any, text: str) -> None:
    judged, recording = read(text)
    assert judged == []
    assert str(recording.problem).endswith("save it again with chrome://net-export")


def test_an_event_that_is_too_long_is_left_out_and_the_others_are_read(
    read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(netlog, "LONGEST", 2000)
    monkeypatch.setattr(pieces, "BLOCK", 512)
    lists = "[" + "[]," * 2000 + "0]"
    for text in written(WHOLE), json.dumps(json.loads(written(WHOLE))):
        long = text.replace('"events": [', f'"events": [\n{{"type": {lists}}},', 1)
        assert long != text
        judged, recording = read(long)
        assert said(judged) == ["GET blocked certain"]
        assert recording.remarks == ["Events or lines of more than 0 MB are left out: 1."]


def test_a_text_that_holds_no_events_but_much_else_is_not_held(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[int]()

    class Counted(pieces.Values):
        def read(self, longest: int) -> bytes | None:
            found = super().read(longest)
            asked.append(len(found or b""))
            return found

    monkeypatch.setattr(netlog, "Values", Counted)
    text = json.dumps({"constants": CONSTANTS, "more": [0] * 3_000_000, "events": json.loads(written(WHOLE))["events"]})
    judged, _ = read(text)
    assert said(judged) == ["GET blocked certain"]
    assert max(asked) <= netlog.LONGEST
