"""What HARs of public repositories showed of their producers, each in a small file of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scripts.recordings.test_har import ALLOW, FIREFOX, PAGE, Read, entry, har, headers, preflight

OLD = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/79.0.3945.88 Safari/537.36"
"""Before `_error` was exported."""
WILDCARD = headers(access_control_allow_origin="*")


@pytest.fixture
def read(tmp_path: Path) -> Any:
    return lambda content: Read(tmp_path / "a.har", content)


def test_browsertime_drives_firefox_too(read: Any) -> None:
    firefox = {"name": "Firefox", "version": "140.0"}
    found = read(har(entry(answer=WILDCARD, agent=FIREFOX), creator="Browsertime", browser=firefox))
    assert found[0].verdict.engine == "firefox"
    assert "Firefox does not record which requests it blocked" in found.remarks
    assert found[0].entry.verdict.divided


def test_browsertime_drives_chrome(read: Any) -> None:
    found = read(
        har(entry(answer=WILDCARD, agent=OLD), creator="Browsertime", browser={"name": "Chrome", "version": "140"})
    )
    assert found[0].verdict.engine == "chromium"
    assert not found[0].verdict.divided


def test_a_listener_in_another_browser(read: Any) -> None:
    found = read(har(entry(answer=WILDCARD), creator="sitespeed.io", browser={"name": "Safari", "version": "18"}))
    assert found[0].verdict.engine == "webkit"


@pytest.mark.parametrize("content", [{"size": 2}, {"size": 0, "text": "{}"}, {"text": "e30=", "encoding": "base64"}])
def test_before_devtools_told_the_outcome_a_body_tells_it(read: Any, content: dict[str, Any]) -> None:
    one = entry(answer=WILDCARD, agent=OLD)
    one["response"]["content"] = content
    found = read(har(one))
    assert found.said == ["GET allowed likely"]
    assert not found[0].verdict.divided


@pytest.mark.parametrize("content", [None, {}, {"size": 0}, {"size": 0, "text": ""}, {"size": -1}])
def test_without_a_body_it_is_not_told(read: Any, content: dict[str, Any] | None) -> None:
    one = entry(answer=WILDCARD, agent=OLD)
    one["response"]["content"] = content
    assert read(har(one))[0].verdict.divided


def test_where_devtools_would_tell_the_outcome_a_body_tells_nothing(read: Any) -> None:
    assert read(har(entry(answer=WILDCARD, agent=OLD.replace("79", "89"))))[0].verdict.divided


def test_a_body_is_no_proof_against_the_headers(read: Any) -> None:
    assert read(har(entry(agent=OLD))).said == ["GET blocked certain"]


def test_splash_has_no_name_for_the_method_of_a_preflight(read: Any) -> None:
    splash = {"creator": "Splash", "browser": {"name": "QWebKit", "version": "538.1"}}
    first, second = preflight("PUT", answer=ALLOW, at=1), entry("?", answer=ALLOW, at=3)
    first["request"]["method"] = "?"
    found = read(har(first, second, **splash))
    assert [one.entry.role for one in found.judged] == ["preflight", "request"]
    assert found[0].verdict.ruling.rule == "preflight-method-not-allowed"
    assert {one.verdict.engine for one in found.judged} == {"webkit"}
    assert found[0].entry.exchange.told.version == 8


def test_what_is_no_request_over_http_is_counted(read: Any) -> None:
    image, tunnel = entry(), entry("CONNECT", error=None)
    image["request"]["url"] = "data:image/gif;base64,R0lGODlhAQABAAAAACw="
    found = read(har(image, tunnel, entry(answer=ALLOW, error=None)))
    assert len(found.judged) == 1
    assert "Not HTTP requests, but data:, about:, CONNECT or the like: 2 entries." in found.remarks
    assert found.recording.passed_over == 2


def test_nothing_is_said_of_them_where_there_are_none(read: Any) -> None:
    assert "over HTTP" not in read(har(entry(answer=ALLOW, error=None))).remarks


def test_entries_that_are_not_judged_were_recorded_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from corsight.scripts import cli

    monkeypatch.chdir(tmp_path)
    bare = {"request": {"method": "GET", "url": f"{PAGE}/"}}
    for entries, said in (
        ([bare], "the only entry is no HTTP request with a response that is recorded; the notes of the report say why"),
        ([bare, 1], "none of its 2 entries is an HTTP request with a response that is recorded"),
    ):
        Path("a.har").write_text(json.dumps(har(*entries)))
        assert cli.run(["audit", "a.har"]) == 2
        assert f"nothing was judged: {said}" in capsys.readouterr().err


def picture(creator: str, agent: str, content: dict[str, Any], **answer: str) -> dict[str, Any]:
    """A HAR of a picture from another origin."""
    one = entry(path="/a.png", agent=agent, dest="image", mode="no-cors", kind="image")
    one["request"]["headers"] = [line for line in one["request"]["headers"] if line["name"] != "origin"]
    one["response"] |= {"headers": headers(content_type="image/png", x_content_type_options="nosniff", **answer)}
    one["response"]["content"] = content
    return har(one, creator=creator, browser={"name": "Firefox", "version": "140"} if creator == "Firefox" else None)


LEFT_OUT = {"size": 0, "mimeType": "image/png", "text": ""}


@pytest.mark.parametrize(
    ("creator", "agent", "answer", "outcome"),
    [
        ("Firefox", FIREFOX, {"content_length": "43"}, "opaque"),
        ("Firefox", FIREFOX, {}, "opaque"),
        ("Firefox", FIREFOX, {"content_length": "0"}, "blocked"),
        ("Charles Proxy", FIREFOX, {}, "blocked"),
        ("Charles Proxy", FIREFOX, {"content_length": "43"}, "opaque"),
    ],
)
def test_a_body_that_is_left_out_is_not_empty(
    read: Any, creator: str, agent: str, answer: dict[str, str], outcome: str
) -> None:
    assert read(picture(creator, agent, LEFT_OUT, **answer))[0].verdict.outcome.value == outcome


COPIED = {"upgrade-insecure-requests": "1", "accept-encoding": "gzip"}


@pytest.mark.parametrize("creator", ["Insomnia REST Client", "Postman", "Advanced REST Client", "HTTPie"])
def test_a_client_is_no_browser_whatever_headers_it_was_given(read: Any, creator: str) -> None:
    first = preflight("PUT", answer=[*ALLOW, *headers(access_control_allow_methods="PUT")], at=1)
    first["request"]["headers"] += [{"name": name, "value": value} for name, value in COPIED.items()]
    found = read(har(first, entry("PUT", answer=ALLOW, sent=COPIED, at=2), creator=creator))
    assert [one.verdict.engine for one in found.judged] == ["standard"] * 2
    assert "so they are judged by the Fetch standard" in found.remarks
    # They are one client's: the request follows its preflight.
    assert found[1].entry.fetch is found[0].entry.fetch


def test_phantomjs_shows_the_origin_where_there_was_one(read: Any) -> None:
    one = entry(whole=False, path="/a.png", kind=None, sent={"accept": "*/*", "referer": f"{PAGE}/"})
    found = read(har(one, creator="PhantomJS"))
    assert {branch.outcome.value for branch in found[0].verdict.branches} == {"opaque"}


def test_a_netlog_that_was_not_ended(tmp_path: Path) -> None:
    found = Read(tmp_path / "net.json", "Logging is in progress writing data to:\n    /x\n")
    assert "is a NetLog that was not ended; end it in chrome://net-export" in found.problem


def test_of_a_file_that_is_cut_off_in_its_first_entry_nothing_was_judged(read: Any) -> None:
    content = json.dumps(har(entry()))
    found = read(content[: content.index('"response"')])
    assert found.problem.endswith("is cut off or damaged in its first entry; save it again")


@pytest.mark.parametrize(("version", "engine"), [("18.17763", "standard"), ("140.0", "chromium")])
def test_edge_was_another_engine_once(read: Any, version: str, engine: str) -> None:
    agent = f"Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/64.0.1.1 Edge/{version}"
    agent = agent if engine == "standard" else OLD
    browser = {"name": "Microsoft Edge", "version": version}
    assert read(har(entry(agent=agent), creator="F12 Developer Tools", browser=browser))[0].verdict.engine == engine
