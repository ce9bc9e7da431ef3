"""HAR files: what they lost is unknown, whatever the producer; and entries that other programs picked out of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from corsight.policies.verdict import Outcome
from tests.scripts.recordings.test_har import ALLOW, API, CHROME, DEVTOOLS, FIREFOX, PAGE, entry, har, headers, read

__all__ = ["read"]

SAFARI = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/602.1 (KHTML, like Gecko) splash Version/9.0 Safari/602.1"
BARE = "Not judged, because the headers of the response are not recorded"


@pytest.mark.parametrize("creator", [DEVTOOLS, "Firefox", "Playwright", "BrowserMob Proxy", "WebPagetest", "x"])
@pytest.mark.parametrize("none", [[], {}, None, "x", [{"name": ":status", "value": "200"}]])
def test_a_response_of_which_no_header_is_recorded_is_not_judged(read: Any, creator: str, none: Any) -> None:
    # Firefox writes so what its cache of images answered, Playwright what was given up, BrowserMob everything.
    lost = entry(agent=FIREFOX if creator == "Firefox" else CHROME)
    lost["response"]["headers"] = none
    found = read(har(lost, entry(path="/b", answer=ALLOW), creator=creator))
    assert [one.entry.exchange.request.url for one in found.judged] == [f"{API}/b"]
    assert f"{BARE}: 1 entry." in found.remarks
    assert found.problem == ""


@pytest.mark.parametrize("creator", [DEVTOOLS, "Charles Proxy", "BrowserMob Proxy", "x"])
def test_a_header_whose_value_is_null_is_untold_and_not_empty(read: Any, creator: str) -> None:
    def untold(name: str, path: str) -> dict[str, Any]:
        one = entry(path=path, answer=ALLOW)
        one["response"]["headers"] = [
            {**header, "value": None} if header["name"].lower() == name else header
            for header in [*one["response"]["headers"], {"name": "date", "value": "x"}]
        ]
        return one

    found = read(har(untold("access-control-allow-origin", "/a"), untold("date", "/b"), creator=creator))
    assert [(one.entry.exchange.request.url, one.verdict.outcome) for one in found.judged] == [
        (f"{API}/b", Outcome.ALLOWED)
    ]
    assert f"{BARE}: 1 entry." in found.remarks


@pytest.mark.parametrize("creator", [DEVTOOLS, "Firefox", "Playwright", "BrowserMob Proxy", "mitmproxy", "x", ""])
@pytest.mark.parametrize("none", [None, {}, {"status": None, "headers": []}, "absent"])
def test_that_a_program_records_no_responses_is_no_failure_of_the_network(read: Any, creator: str, none: Any) -> None:
    lost = entry(agent=FIREFOX if creator == "Firefox" else CHROME)
    lost["response"] = none
    if none == "absent":
        del lost["response"]
    found = read(har(lost, entry(path="/b", answer=ALLOW), creator=creator))
    assert [one.entry.exchange.request.url for one in found.judged] == [f"{API}/b"]
    assert f"{BARE}: 1 entry." in found.remarks


@pytest.mark.parametrize("status", [1000, 10**30])
def test_a_status_of_more_than_three_digits_is_none(read: Any, status: int) -> None:
    found = read(har(entry(status=status, answer=ALLOW), creator="x"))
    assert found[0].entry.exchange.response is None


def test_a_header_may_have_a_list_of_values(read: Any) -> None:
    one = entry(answer=ALLOW)
    one["response"]["headers"] = {"Access-Control-Allow-Origin": [PAGE], "Set-Cookie": ["a=b", "c=d"], "x": []}
    found = read(har(one))
    assert found[0].verdict.outcome is Outcome.ALLOWED
    assert found[0].entry.exchange.response.headers.fields == (
        (b"Access-Control-Allow-Origin", PAGE.encode()),
        (b"Set-Cookie", b"a=b"),
        (b"Set-Cookie", b"c=d"),
    )


def test_what_splash_does_not_record_an_origin_of_asked_without_cors(read: Any) -> None:
    image = entry("GET", "/a.gif", agent=SAFARI, whole=False, kind=None, sent={"referer": f"{PAGE}/", "accept": "*/*"})
    script = entry("GET", "/data", agent=SAFARI, whole=False, kind=None, sent={"origin": PAGE, "accept": "*/*"})
    found = read(har(image, script, creator="Splash"))
    assert [one.verdict.outcome for one in found.judged] == [Outcome.OPAQUE, Outcome.BLOCKED]


@pytest.mark.parametrize(("kind", "outcome"), [(None, Outcome.OPAQUE), ("fetch", Outcome.BLOCKED)])
def test_what_nobody_says_that_a_script_asked_for_usually_goes_without_cors(
    read: Any, kind: str | None, outcome: Outcome
) -> None:
    one = entry(agent=FIREFOX, whole=False, kind=kind, sent={"referer": f"{PAGE}/"})
    found = read(har(one, creator="x", browser={"name": "Chrome", "version": "150"}))
    assert (found[0].verdict.outcome, found[0].verdict.certainty) == (outcome, "likely")


@pytest.mark.parametrize("between", [", ", ",\n", "\n", ""])
@pytest.mark.parametrize("closed", [True, False])
def test_entries_that_were_picked_out_of_a_har_are_read(read: Any, between: str, closed: bool) -> None:
    text = between.join(json.dumps(entry(path=f"/{number}", answer=ALLOW)) for number in range(3))
    found = read(f"[{text}]" if closed and "," in between else text)
    assert [one.entry.exchange.request.url for one in found.judged] == [f"{API}/{number}" for number in range(3)]
    assert found.problem == ""
    cut = read(text[:-20])
    assert len(cut.judged) == 2
    assert "is cut off after 2 entries" in cut.problem


@pytest.mark.parametrize("text", ['{"name": "a"}', '[{"a": 1}, {"b": 2}]', "[1, 2]", '{"request": 1', "[", "{}"])
def test_other_json_is_no_har(read: Any, text: str) -> None:
    found = read(text)
    assert found.judged == []
    assert "is not a HAR file: it has no entries" in found.problem


def test_a_navigation_behind_a_form_that_kept_its_origin_is_not_surely_cors(read: Any) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = entry(agent=SAFARI, whole=False, kind=None, sent={"origin": PAGE, "accept": accept}, answer=headers(a="b"))
    found = read(har(page, creator="Splash"))
    assert found[0].verdict.certainty == "likely"


@pytest.mark.parametrize("creator", ["WebPagetest", DEVTOOLS, "Charles Proxy", "unheard of"])
@pytest.mark.parametrize(("kind", "status"), [("video/mp4", 206), ("text/csv", 200), ("image/x-icon", 200)])
def test_the_order_of_header_lines_in_a_har_is_not_that_on_the_wire(
    read: Any, creator: str, kind: str, status: int
) -> None:
    """Sorted, as many producers write them, Accept stands before User-Agent: on the wire that is a worker's script."""
    one = entry(whole=False, kind=None, status=status, answer=headers(content_type=kind))
    one["request"]["headers"] = headers(accept="*/*", host="api.other.example", referer=PAGE + "/", user_agent=CHROME)
    one["request"]["url"] = one["request"]["url"].replace("https:", "http:")
    found = read(har(one, creator=creator))
    assert found[0].verdict.outcome.value in ("opaque", "not-cors", "allowed")
    assert found[0].facts.destination != "worker"
