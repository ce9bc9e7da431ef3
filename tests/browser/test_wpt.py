"""The lab of web-platform-tests, without a browser: its pages, how truth is joined, how it is scored."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from corsight.scripts.errors import CorsightError
from tests.browser.lab.wpt import chromium, firefox, report, webkit
from tests.browser.lab.wpt.ground import Page, Served, configure, list_tests, pages_of, serve
from tests.browser.lab.wpt.scoring import score
from tests.browser.lab.wpt.seen import Seen, Sent
from tests.browser.lab.wpt.truth import Truth, tell

PAGE = "http://web-platform.test:8000/cors/a.html"


# -- the checkout -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text", "pages"),
    [
        ("cors/a.htm", '<script src="/resources/testharness.js">', ["cors/a.htm"]),
        ("cors/b.html", "<p>no test", []),
        ("cors/c-manual.html", '<script src="/resources/testharness.js">', []),
        ("cors/resources/d.html", '<script src="/resources/testharness.js">', []),
        ("cors/e.js", "test()", []),
        ("xhr/f.any.js", "test()", ["xhr/f.any.html", "xhr/f.any.worker.html"]),
        ("xhr/g.any.js", "// META: global=window,sharedworker", ["xhr/g.any.html", "xhr/g.any.sharedworker.html"]),
        ("xhr/h.any.js", "// META: global=!default,worker", ["xhr/h.any.worker.html"]),
        ("xhr/i.https.window.js", "// META: variant=?a\n// META: variant=?b", 2),
        ("xhr/j.worker.js", "importScripts()", ["xhr/j.worker.html"]),
        (
            "cors/k.html",
            '<meta name="variant" content="?1"><script src="/resources/testharness.js">',
            ["cors/k.html?1"],
        ),
    ],
)
def test_a_file_is_served_as_the_pages_that_its_name_and_text_say(
    path: str, text: str, pages: list[str] | int, tmp_path: Path
) -> None:
    file = tmp_path / "file"
    file.write_text(text)
    found = pages_of(path, file)
    assert (len(found) if isinstance(pages, int) else found) == pages


def test_a_secure_test_is_loaded_over_https() -> None:
    served = Served(8000, 8443)
    assert served.url(Page("cors", "cors/a.html")) == "http://web-platform.test:8000/cors/a.html"
    assert served.url(Page("cors", "cors/a.https.html?x")) == "https://web-platform.test:8443/cors/a.https.html?x"


@pytest.mark.parametrize(
    ("source", "secure", "quiet"),
    [
        ('{"https": [8443], "log_level": "DEBUG"}', 1, {"log_level": "warning"}),
        ('{"https": [8443, 8444], "logging": {"level": "info"}}', 2, {"logging": {"level": "warning"}}),
        ('{"https": 2, "log_level": "debug"}', 2, {"log_level": "warning"}),
    ],
)
def test_a_server_gets_the_ports_and_settings_that_it_knows(source: str, secure: int, quiet: dict[str, Any]) -> None:
    config = configure(source)
    assert {scheme: len(ports) for scheme, ports in config.pop("ports").items()} == {
        "http": 2,
        "https": secure,
        "ws": 1,
        "wss": 1,
    }
    assert config == {"check_subdomains": False, "server_host": "127.0.0.1", **quiet}


def test_what_is_no_checkout_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(CorsightError, match="no checkout"):
        list_tests(tmp_path, ["cors"])
    (tmp_path / "tools/serve").mkdir(parents=True)
    for name in ("wpt", "tools/serve/serve.py"):
        (tmp_path / name).write_text("print('so it is')")
    with pytest.raises(CorsightError, match="no such folder"):
        list_tests(tmp_path, ["cors"])
    (tmp_path / "cors").mkdir()
    with pytest.raises(CorsightError, match="no tests"):
        list_tests(tmp_path, ["cors"])
    with pytest.raises(CorsightError, match="did not start: so it is"), serve(tmp_path, sys.executable):
        pass


# -- what the browsers say --------------------------------------------------------------------------------------------


def sent(id: str, url: str, *, initiator: dict[str, Any] | None = None) -> chromium.Event:
    request = {"url": url, "method": "GET"}
    return "Network.requestWillBeSent", {
        "requestId": id,
        "request": request,
        "wallTime": 1.0,
        "initiator": initiator or {},
    }


def answered(id: str, flow: str) -> chromium.Event:
    return "Network.responseReceivedExtraInfo", {"requestId": id, "flow": flow}


def failed(id: str, **params: Any) -> chromium.Event:
    return "Network.loadingFailed", {"requestId": id, **params}


def told_by_chromium(*events: chromium.Event) -> dict[str, Truth]:
    return tell(chromium.collect({"events": [("lab.page", {"url": PAGE}), *events]}))


def test_chromiums_request_carries_its_end_to_its_last_flow() -> None:
    found = told_by_chromium(
        answered("1", "a"),  # before its request's own event
        sent("1", "http://x/"),
        sent("1", "http://y/"),
        answered("1", "b"),
        failed("1", corsErrorStatus={"corsError": "AllowOriginMismatch"}, errorText="net::ERR_FAILED"),
    )
    assert found == {"a": Truth("passed", page=PAGE), "b": Truth("blocked", "AllowOriginMismatch", PAGE)}


def test_a_redirect_out_of_chromiums_cache_has_no_flow() -> None:
    redirected = sent("1", "http://y/")
    redirected[1]["redirectHasExtraInfo"] = False
    found = told_by_chromium(
        sent("1", "http://x/"),
        redirected,
        answered("1", "b"),
        failed("1", corsErrorStatus={"corsError": "AllowOriginMismatch"}, errorText="net::ERR_FAILED"),
    )
    assert found == {"b": Truth("blocked", "AllowOriginMismatch", PAGE)}


def test_chromiums_redirect_to_a_user_name_is_blocked() -> None:
    found = told_by_chromium(
        sent("1", "http://x/"),
        answered("1", "a"),
        sent("1", "http://u@y/"),
        failed("1", blockedReason="origin", errorText="", canceled=True),
    )
    assert found == {"a": Truth("blocked", "origin", PAGE)}


def test_the_error_page_in_place_of_chromiums_frame_is_not_its_document() -> None:
    found = told_by_chromium(
        sent("1", "http://x/"),
        answered("1", "a"),
        failed("1", blockedReason="coep-frame-resource-needs-coep-header", errorText="net::ERR_BLOCKED_BY_RESPONSE"),
        ("Network.loadingFinished", {"requestId": "1"}),
    )
    assert found == {"a": Truth("blocked", "coep-frame-resource-needs-coep-header", PAGE)}


def test_chromiums_second_word_on_mixed_content_is_not_its_end() -> None:
    redirected = sent("1", "http://y/")
    redirected[1]["redirectHasExtraInfo"] = False
    found = told_by_chromium(
        sent("1", "https://x/"),
        answered("1", "a"),
        redirected,
        failed("1", blockedReason="mixed-content", errorText=""),
        failed("1", errorText="net::ERR_ABORTED", canceled=True),
    )
    assert found == {"a": Truth("blocked", "mixed-content", PAGE)}


def test_a_response_that_chromium_blocks_for_another_reason_is_refused() -> None:
    found = told_by_chromium(
        sent("1", "http://x/"),
        answered("1", "a"),
        failed("1", blockedReason="other", errorText="net::ERR_BLOCKED_BY_RESPONSE"),
    )
    assert found == {"a": Truth("blocked", "other", PAGE)}


def test_an_end_is_not_put_on_the_hop_before_the_one_that_had_it() -> None:
    events = [sent("1", "http://x/"), answered("1", "redirect"), sent("1", "http://y/")]
    found = told_by_chromium(*events, failed("1", errorText="net::ERR_TOO_MANY_REDIRECTS"))
    assert found == {"redirect": Truth("passed", page=PAGE)}


def test_chromiums_failed_preflight_is_blocked_and_not_its_redirect() -> None:
    found = told_by_chromium(
        sent("1", "http://x/"),
        answered("1", "redirect"),
        sent("1", "http://y/"),
        sent("2", "http://y/", initiator={"type": "preflight", "requestId": "1"}),
        answered("2", "preflight"),
        ("Network.loadingFinished", {"requestId": "2"}),
        failed("1", corsErrorStatus={"corsError": "PreflightInvalidStatus"}),
    )
    assert {flow: truth.end for flow, truth in found.items()} == {"redirect": "passed", "preflight": "blocked"}


def test_what_chromiums_page_gave_up_before_an_answer_tells_nothing_of_its_preflight() -> None:
    found = told_by_chromium(
        sent("1", "http://x/"),
        sent("2", "http://x/", initiator={"type": "preflight", "requestId": "1"}),
        answered("2", "preflight"),
        ("Network.loadingFinished", {"requestId": "2"}),
        failed("1", errorText="net::ERR_ABORTED", canceled=True),
    )
    assert found["preflight"].end == "aborted"


def test_a_body_that_chromiums_page_did_not_read_passed() -> None:
    found = told_by_chromium(
        sent("1", "http://x/"),
        answered("1", "a"),
        ("Network.responseReceived", {"requestId": "1"}),
        failed("1", errorText="net::ERR_ABORTED", canceled=True),
    )
    assert found["a"].end == "passed"


def channel(**said: Any) -> dict[str, Any]:
    whole = {"id": "1", "url": "http://x/", "method": "GET", "flows": ["a"], "started": 2.0, "stops": 1}
    return whole | {"reason": "NONE", "status": int("name" in said), "name": ""} | said


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ({}, "passed"),
        ({"name": "NS_BINDING_REDIRECTED", "code": 302}, "passed"),
        ({"reason": "CORSMISSINGALLOWORIGIN", "name": "NS_ERROR_DOM_BAD_URI"}, "blocked"),
        ({"name": "NS_ERROR_DOM_BAD_URI", "code": 302}, "blocked"),
        ({"reason": "CORSDIDNOTSUCCEED", "name": "NS_ERROR_DOM_BAD_URI", "type": 2, "code": 404}, "failed"),
        ({"reason": "CORSDIDNOTSUCCEED", "name": "NS_ERROR_DOM_BAD_URI", "type": 2, "code": 302}, "blocked"),
        ({"status": 0x8053040C}, "blocked"),
        ({"name": "NS_BINDING_ABORTED"}, "aborted"),
        ({"name": "NS_ERROR_NET_RESET"}, "failed"),
        ({"status": 0x80004005}, "failed"),
        ({"stops": 0}, "aborted"),
    ],
)
def test_firefoxs_channel_says_what_became_of_its_one_hop(said: dict[str, Any], end: str) -> None:
    found = tell(firefox.collect({"channels": [channel(**said)], "pages": [(1.0, PAGE)]}))
    assert found["a"].end == end
    assert found["a"].page == PAGE


def event(method: str, id: str, at: float, **params: Any) -> dict[str, Any]:
    return {"method": f"Network.{method}", "target": "t", "requestId": id, "at": at, **params}


def asks(id: str, at: float, url: str = "http://x/") -> dict[str, Any]:
    return event("requestWillBeSent", id, at, walltime=at, request={"url": url, "method": "GET"})


def refuses(id: str, at: float) -> dict[str, Any]:
    return event("loadingFailed", id, at, errorText="Origin is not allowed by Access-Control-Allow-Origin.")


def told_by_webkit(events: list[dict[str, Any]], flows: list[Sent]) -> dict[str, str]:
    found = tell(webkit.collect({"events": events, "pages": [(0.0, PAGE)]}, flows))
    return {flow: truth.end for flow, truth in found.items()}


def test_webkits_refused_request_is_joined_by_url_and_time() -> None:
    events = [asks("1", 1.0), refuses("1", 1.2), asks("2", 5.0), refuses("2", 5.2)]
    flows = [Sent("a", "http://x/", "GET", 1.1), Sent("b", "http://x/", "GET", 5.1)]
    assert told_by_webkit(events, flows) == {"a": "blocked", "b": "blocked"}


def test_webkits_two_requests_at_once_with_two_ends_are_joined_to_nothing() -> None:
    passed = event("responseReceived", "2", 1.2, response={"source": "memory-cache", "flow": "old"})
    other = event("loadingFailed", "3", 1.2, errorText="cancelled", canceled=True)
    events = [asks("1", 1.0), asks("2", 1.0), asks("3", 1.0), passed, refuses("1", 1.2), other]
    flows = [Sent("a", "http://x/", "GET", 1.1), Sent("b", "http://x/", "GET", 1.1)]
    assert told_by_webkit(events, flows) == {}


def test_webkits_preflight_is_blocked_where_no_request_followed() -> None:
    flows = [Sent("p", "http://x/", "OPTIONS", 1.1)]
    assert told_by_webkit([asks("1", 1.0), refuses("1", 1.2)], flows) == {"p": "blocked"}
    flows.append(Sent("a", "http://x/", "GET", 1.15))
    assert told_by_webkit([asks("1", 1.0), refuses("1", 1.2)], flows) == {"p": "passed", "a": "blocked"}


def test_webkits_redirect_is_followed_to_where_it_led() -> None:
    flows = [Sent("r", "http://x/", "GET", 1.05, "http://y/"), Sent("a", "http://y/", "GET", 1.1)]
    assert told_by_webkit([asks("1", 1.0), refuses("1", 1.2)], flows) == {"r": "passed", "a": "blocked"}


def test_two_requests_that_say_different_things_of_one_flow_say_nothing() -> None:
    said = [Seen("1", "u", "GET", flows=["a"], end="passed"), Seen("2", "u", "GET", flows=["a"], end="refused")]
    assert tell(said)["a"].end == "contested"


# -- scoring ----------------------------------------------------------------------------------------------------------


def verdict(flow: str, outcome: str, certainty: str = "certain", **branches: str) -> dict[str, Any]:
    return {
        "flow": flow,
        "method": "GET",
        "url": "http://x/",
        "role": "request",
        "outcome": outcome,
        "certainty": certainty,
        "rule": None,
        "destination": "empty",
        "evidence": [],
        "branches": {name: {"outcome": other} for name, other in branches.items()},
    }


def test_an_exchange_is_right_when_both_say_blocked_or_neither_does() -> None:
    truths = {name: Truth("blocked" if name in "bd" else "passed", page=PAGE) for name in "abcde"}
    records = [
        verdict("a", "allowed"),
        verdict("b", "blocked"),
        verdict("c", "blocked", "likely", other="allowed"),
        verdict("d", "not-cors"),
        verdict("e", "not-cors"),
    ]
    found = score(truths, records, [{"url": PAGE, "folder": "cors", "path": "cors/a.html"}])
    total = found.folders["cors"]
    assert (total.steps, total.right, total.certain, total.certain_wrong) == (4, 2, 3, 1)
    assert (total.wrongly_allowed, total.wrongly_blocked) == (1, 1)
    assert [(miss.flow, miss.certain, miss.foreseen) for miss in found.misses] == [
        ("c", False, True),
        ("d", True, False),
    ]


def test_what_nobody_can_tell_is_counted_apart() -> None:
    truths = {"a": Truth("aborted"), "b": Truth("contested"), "c": Truth("failed")}
    found = score(truths, [verdict(name, "blocked") for name in "abcd"], [])
    assert found.total.steps == 0
    assert dict(found.apart) == {"aborted": 1, "contested": 1, "failed": 1, "not reported by the browser": 1}


def test_what_the_browser_says_nothing_of_is_counted_apart() -> None:
    """Firefox ESR 153: the channel of a style sheet of the wrong type ends well, and its page gets an error event."""
    records = [verdict(name, "blocked") | {"rule": "mime-type-blocked"} for name in "ab"]
    records[0]["destination"] = "style"
    truths = {name: Truth("passed", page=PAGE) for name in "ab"}
    for untold, steps in (((), 2), ({("mime-type-blocked", "style")}, 1), ({("mime-type-blocked", "")}, 0)):
        assert score(truths, records, [], untold).total.steps == steps


def test_the_last_word_on_a_flow_counts() -> None:
    found = score({"a": Truth("passed", page=PAGE)}, [verdict("a", "blocked"), verdict("a", "allowed")], [])
    assert (found.total.steps, found.total.right) == (1, 1)


# -- the report -------------------------------------------------------------------------------------------------------


def result(*misses: dict[str, Any]) -> dict[str, Any]:
    tally = {"steps": 4, "right": 3, "certain": 2, "certain_wrong": 1, "wrongly_allowed": 0, "wrongly_blocked": 1}
    head = {"engine": "chromium", "browser": "Chromium 1", "date": "2026-01-01", "ground": "a checkout", "pages": 3}
    return head | {"folders": {"cors": tally, "xhr": tally}, "apart": {"aborted": 2}, "misses": list(misses)}


def miss(**said: Any) -> dict[str, Any]:
    whole = {"folder": "cors", "page": "cors/a.html", "method": "GET", "role": "request", "did": "passed"}
    return whole | {"said": "blocked allow-origin-wildcard", "certain": False, "foreseen": True} | said


def test_the_report_has_a_row_a_folder_and_every_miss_with_its_reason() -> None:
    found = [result(miss(), miss())]
    text = report.render(found)
    assert "| Chromium | cors | 4 | 75.00% | 0 | 1 | 50.00% | 1 |" in text
    assert "| Chromium | **all** | 8 | 75.00% | 0 | 2 | 50.00% | 2 |" in text
    assert "- Chromium: 2 aborted" in text
    assert "- Chromium 1, 2026-01-01: a checkout, 3 pages" in text
    assert "said blocked allow-origin-wildcard (likely), 2 times" in report.render_misses(found, {})


def test_each_checkout_has_a_table_of_its_own() -> None:
    old, new = (f"web-platform-tests of 18 April {year} (4131304c0d) with its server" for year in (2019, 2025))
    text = report.render([result() | {"ground": old}, result() | {"ground": new}])
    assert text.index("The web-platform-tests of 18 April 2025:") < text.index(
        "The web-platform-tests of 18 April 2019:"
    )
    assert text.count("| Chromium | **all** | 8 |") == 2


@pytest.mark.parametrize(
    ("did", "said", "why"),
    [
        ("passed", "blocked corp-required-by-coep", "Which page asked"),
        ("blocked coep-frame-resource-needs-coep-header", "not-cors", "Which page asked"),
        ("blocked corp-not-same-origin-after-defaulted-to-same-origin-by-dip", "opaque", "Which page asked"),
        ("blocked corp-not-same-origin", "not-cors", "The page does not show"),
        ("passed", "blocked opaque-response-blocked", "Whether a script or a fetch() asked"),
    ],
)
def test_what_the_wire_does_not_show_explains_a_miss_that_was_foreseen(did: str, said: str, why: str) -> None:
    assert why in report.render_misses([result(miss(did=did, said=said))], {})
    with pytest.raises(CorsightError, match="nothing explains"):
        report.render_misses([result(miss(did=did, said=said, foreseen=False))], {})


def test_a_miss_that_nothing_explains_stops_the_report() -> None:
    found = [result(miss(foreseen=False))]
    with pytest.raises(CorsightError, match=r"nothing explains chromium cors/a\.html"):
        report.render_misses(found, {})
    assert "because" in report.render_misses(found, {"chromium cors/a.html": "because"})


def test_a_request_that_a_second_preflight_refused_passed_its_first() -> None:
    found = tell(
        [
            Seen("1", "http://x/", "GET", flows=["a"], end="refused", error="E", before=True),
            Seen("2", "http://x/", "OPTIONS", True, "1", ["first"], "passed"),
            Seen("3", "http://y/", "OPTIONS", True, "1", ["second"], "refused", "E"),
        ]
    )
    assert (found["first"].end, found["second"].end) == ("passed", "blocked")


def test_webkits_handshake_of_a_websocket_is_an_event_without_url() -> None:
    said = webkit.slim("Network.webSocketWillSendHandshakeRequest", {"requestId": "1", "request": {"headers": {}}}, "t")
    assert said["requestId"] == "1"
    assert "request" not in said
