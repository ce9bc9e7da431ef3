"""HAR files: each trap that real ones set, in a small file of its own."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from corsight.addons.wire import LONGEST_NAME
from corsight.policies.session import Judged
from corsight.policies.verdict import Outcome
from corsight.scripts.judging import judge_recording
from corsight.scripts.recordings import Recording
from corsight.scripts.recordings.har.headers import HeaderLists

PAGE, API = "https://shop.example", "https://api.other.example"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"
DEVTOOLS, GENERAL = "WebInspector", "net::ERR_FAILED"

type Json = dict[str, Any]


def headers(**named: str) -> list[Json]:
    """Header lines; an underscore in a name stands for a hyphen."""
    return [{"name": name.replace("_", "-"), "value": value} for name, value in named.items()]


DATED = headers(date="Thu, 01 Jan 2026 00:00:01 GMT")
"""What is on every response: one without a header is not told."""


def entry(
    method: str = "GET",
    path: str = "/a",
    *,
    at: float = 1.0,
    status: int = 200,
    answer: list[Json] | None = None,
    agent: str = CHROME,
    dest: str = "empty",
    mode: str = "cors",
    kind: str | None = "fetch",
    sent: dict[str, str] | None = None,
    whole: bool = True,
    error: str | None = "unset",
    timings: Json | None = None,
    **more: Any,
) -> Json:
    """An entry of a request across origins, as Chromium has it, `at` seconds after the page."""
    fields = {"user-agent": agent, **(sent or {})}
    if whole:
        fields |= {"origin": PAGE, "sec-fetch-mode": mode, "sec-fetch-dest": dest, "sec-fetch-site": "cross-site"}
    response: Json = {"status": status, "headers": [*(answer or []), *DATED], "content": {"size": 2}}
    if error != "unset":
        response["_error"] = error
    return {
        "startedDateTime": f"2026-01-01T00:00:{at:09.6f}Z",
        "time": 20,
        "request": {
            "method": method,
            "url": API + path,
            "httpVersion": "HTTP/1.1",
            "headers": [{"name": name, "value": value} for name, value in fields.items()],
        },
        "response": response,
        "timings": timings or {"blocked": 1, "dns": -1, "connect": -1, "send": 0, "wait": 10},
        "pageref": "page_1",
        **({"_resourceType": kind} if kind else {}),
        **more,
    }


def preflight(method: str, path: str = "/a", *, names: str = "", status: int = 204, **more: Any) -> Json:
    """A preflight's entry."""
    sent = {"access-control-request-method": method, "access-control-request-headers": names}
    sent = {name: value for name, value in sent.items() if value}
    return entry("OPTIONS", path, sent=sent, status=status, kind=more.pop("kind", "preflight"), **more)


ALLOW = headers(access_control_allow_origin=PAGE)
GRANT = headers(access_control_allow_origin=PAGE, access_control_allow_methods="PUT")


def har(*entries: Any, creator: str = DEVTOOLS, browser: Json | None = None, **log: Any) -> Json:
    """A HAR."""
    pages = [{"id": "page_1", "title": f"{PAGE}/", "startedDateTime": "2026-01-01T00:00:00Z"}]
    found: Json = {"version": "1.2", "creator": {"name": creator, "version": "1"}, "pages": pages}
    return {"log": found | ({"browser": browser} if browser else {}) | log | {"entries": list(entries)}}


class Read:
    """What is said of a HAR."""

    def __init__(self, path: Path, content: Json | bytes | str) -> None:
        if isinstance(content, dict):
            content = json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        self.recording = Recording(str(path))
        self.judged = list(judge_recording(self.recording))
        self.remarks = " ".join(self.recording.remarks)
        self.problem = str(self.recording.problem or "")

    def __getitem__(self, number: int) -> Judged:
        return self.judged[number]

    @property
    def said(self) -> list[str]:
        """Method, outcome, certainty of each."""
        return [
            f"{one.entry.exchange.request.method} {one.verdict.outcome.value} {one.verdict.certainty}"
            for one in self.judged
        ]

    def evidence(self, number: int, fact: str) -> str:
        """Why a fact is taken to be so."""
        entry = self.judged[number].entry
        found = entry.evidence.get(fact) or entry.fetch.evidence.get(fact)
        return f"{found.value}: {found.because}" if found else ""


@pytest.fixture
def read(tmp_path: Path) -> Any:
    return lambda content: Read(tmp_path / "a.har", content)


# -- the traps -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("creator", [DEVTOOLS, "Firefox"])
def test_a_request_that_stands_before_its_preflight_follows_it(read: Any, creator: str) -> None:
    browser = {"name": "Firefox", "version": "153.0"} if creator == "Firefox" else None
    agent = FIREFOX if browser else CHROME
    put = entry("PUT", at=1.0, answer=ALLOW, agent=agent)
    asked = preflight("PUT", at=1.001, answer=GRANT, agent=agent)
    found = read(har(put, asked, creator=creator, browser=browser))
    assert found.said == ["OPTIONS allowed certain", "PUT allowed certain"]
    assert found[0].entry.fetch is found[1].entry.fetch


def test_each_of_many_alike_finds_its_own_preflight(read: Any) -> None:
    entries = []
    for number in range(20):
        entries += [
            entry("PUT", at=1 + number / 100, answer=ALLOW),
            preflight("PUT", at=1.001 + number / 100, answer=GRANT),
        ]
    found = read(har(*entries))
    assert set(found.said) == {"OPTIONS allowed certain", "PUT allowed certain"}
    assert len({one.entry.fetch.id for one in found.judged}) == 20


def test_the_time_on_the_wire_is_after_the_wait_for_a_connection(read: Any) -> None:
    found = read(har(entry(timings={"blocked": 100, "dns": 20, "connect": 30, "ssl": 10, "send": 1, "wait": 50})))
    exchange = found[0].entry.exchange
    assert exchange.request.started == pytest.approx(1767225601.15)
    assert exchange.response.received == pytest.approx(1767225601.201)


def test_a_sanitized_authorization_is_not_taken_for_absent(read: Any) -> None:
    answer = headers(access_control_allow_origin=PAGE, access_control_allow_headers="authorization")
    found = read(har(entry(at=1, answer=ALLOW), preflight("GET", at=1.001, names="authorization", answer=answer)))
    assert found.said == ["OPTIONS allowed certain", "GET allowed certain"]
    assert "Cookie" in found.remarks


def test_without_a_cookie_in_a_sanitized_file_the_credentials_are_not_known(read: Any) -> None:
    answer = headers(access_control_allow_origin="*")
    one = entry(answer=answer, kind=None, agent="Mozilla/5.0 Chrome/100.0.0.0")
    found = read(har(one))
    assert found[0].facts.credentials == "unknown"
    assert found[0].verdict.certainty == "likely"
    assert "leaves out Cookie and Authorization" in found.evidence(0, "headers")


def test_a_file_with_cookies_is_not_called_sanitized(read: Any) -> None:
    found = read(har(entry(sent={"cookie": "a=b"}, answer=ALLOW)))
    assert found.remarks == ""
    assert found[0].facts.credentials == "include"


@pytest.mark.parametrize("status", [0, -1, -2])
@pytest.mark.parametrize("dest", ["empty", "image"])
def test_a_status_of_zero_or_less_is_no_response(read: Any, status: int, dest: str) -> None:
    mode = "cors" if dest == "empty" else "no-cors"
    one = entry(status=status, dest=dest, mode=mode, error="net::ERR_CONNECTION_REFUSED")
    found = read(har(one))
    assert found[0].verdict.outcome is Outcome.NOT_CORS
    assert found[0].verdict.ruling.rule == "network-error"
    assert found[0].entry.exchange.response is None


def test_the_engine_is_the_recording_browsers_whatever_agent_it_shows(read: Any) -> None:
    found = read(har(entry(agent=IPHONE, answer=ALLOW)))
    assert found[0].client.label == "chromium"
    assert found[0].verdict.engine == "chromium"


def test_a_proxys_file_goes_by_the_agent(read: Any) -> None:
    found = read(har(entry(agent=IPHONE, answer=ALLOW, kind=None), creator="Charles Proxy"))
    assert found[0].verdict.engine == "webkit"


def test_a_body_left_out_is_not_an_empty_one(read: Any) -> None:
    answer = headers(content_type="image/png", x_content_type_options="nosniff")
    one = entry(dest="image", mode="no-cors", kind="image", answer=answer)
    one["response"] |= {"content": {"size": 4000}, "bodySize": -1}
    found = read(har(one))
    assert found[0].verdict.outcome is Outcome.OPAQUE
    # An empty image would be blocked for certain; and usually an image is one, so that nothing is open.
    assert found[0].verdict.certainty == "likely"
    assert "opaque-response-blocked" not in {branch.ruling.rule for branch in found[0].verdict.branches}


@pytest.mark.parametrize(
    "sign", [{"statusText": "Internal Redirect"}, {"headers": headers(non_authoritative_reason="HSTS", location="a:")}]
)
def test_a_redirect_inside_the_browser_is_no_exchange(read: Any, sign: Json) -> None:
    one = entry(status=307)
    one["response"] |= sign
    found = read(har(one, entry(answer=ALLOW, at=2)))
    assert found.said == ["GET allowed certain"] or found.said == ["GET allowed likely"]
    assert "1 entry only redirected inside the browser" in found.remarks


@pytest.mark.parametrize(
    ("creator", "sign"),
    [
        (DEVTOOLS, {"_fromCache": "disk"}),
        ("WebKit Web Inspector", {"_fetchType": "Memory Cache"}),
        ("Browsertime", {"fromDiskCache": True}),
    ],
)
def test_an_answer_from_the_cache_says_so(read: Any, creator: str, sign: Json) -> None:
    found = read(har(entry(answer=ALLOW, **sign), creator=creator))
    assert found.evidence(0, "response") == "cached: the recording says that the browser's cache answered it"


def test_firefox_marks_cached_answers_by_their_sizes_alone(read: Any) -> None:
    one = entry(answer=ALLOW, agent=FIREFOX)
    one["response"] |= {"headersSize": 0, "bodySize": 40, "content": {"size": 40}}
    found = read(har(one, creator="Firefox", browser={"name": "Firefox", "version": "153.0"}))
    assert found.evidence(0, "response").startswith("cached")


def test_values_that_were_joined_by_line_ends_are_lines_again(read: Any) -> None:
    found = read(har(entry(answer=headers(access_control_allow_origin="*\n*")), creator="Chrome HAR Capturer"))
    assert found[0].entry.exchange.response.headers.lines("access-control-allow-origin") == ("*", "*")
    assert found[0].verdict.ruling.rule == "allow-origin-multiple"


def test_pseudo_headers_are_none_and_tell_http2(read: Any) -> None:
    one = entry(answer=[{"name": ":status", "value": "200"}, *ALLOW])
    one["request"]["headers"].insert(0, {"name": ":authority", "value": "api.other.example"})
    one["request"]["httpVersion"] = ""
    exchange = read(har(one))[0].entry.exchange
    assert exchange.http2
    assert ":authority" not in exchange.request.headers
    assert ":status" not in exchange.response.headers


@pytest.mark.parametrize("indent", [None, 2])
def test_requests_that_differ_in_their_pseudo_headers_are_read_once(indent: int | None) -> None:
    lists, own = HeaderLists(once=True), headers(user_agent=CHROME, sec_ch_ua='"Chromium";v="150"')
    asked = [
        lists.read_request(json.dumps([*pseudo, *own], indent=indent).encode())
        for pseudo in (_pseudo("/a"), _pseudo("/b?c"), _pseudo('/"'), ())
    ]
    assert asked[0] is asked[1]
    assert {one.headers.fields for one in asked} == {
        ((b"user-agent", CHROME.encode()), (b"sec-ch-ua", b'"Chromium";v="150"'))
    }
    assert [one.pseudo for one in asked] == [True, True, True, False]


@pytest.mark.parametrize("behind", [(), headers(x="1"), [{"name": "x"}], [None, ["y", "2"]]])
def test_pseudo_headers_in_any_place_are_none(behind: list[Any]) -> None:
    named = {"x": "1"} if {"name": "x", "value": "1"} in behind else {"x": ""} if {"name": "x"} in behind else {}
    named |= {"y": "2"} if ["y", "2"] in behind else {}
    for listed in ([*_pseudo("/"), *behind], [*behind, *_pseudo("/")], [*_pseudo("/"), *behind, *_pseudo("/")]):
        asked = HeaderLists(once=True).read_request(json.dumps(listed).encode())
        assert asked.pseudo
        assert {name: asked.headers.get(name) for name in asked.headers.names()} == named


def _pseudo(path: str) -> list[Json]:
    return [{"name": ":authority", "value": "api.other.example"}, {"name": ":path", "value": path}]


@pytest.mark.parametrize(
    ("version", "http2"),
    [
        *[(one, False) for one in ("http/1.1", "HTTP/1.1", "1.1", "HTTP/1.0")],
        *[(one, True) for one in ("h2", "http/2", "http/2.0", "HTTP/2.0", "h3", "h3-29", "http/2.0+quic/46")],
        *[(one, True) for one in ("", "unknown", None, "ori", "me:", "od:")],
    ],
)
def test_http_versions_are_spelt_in_many_ways(read: Any, version: str | None, http2: bool) -> None:
    one = entry(answer=ALLOW)
    one["request"]["httpVersion"] = version
    one["response"]["httpVersion"] = version
    assert read(har(one))[0].entry.exchange.http2 is http2


def test_a_port_is_no_connection(read: Any) -> None:
    found = read(har(entry(answer=ALLOW, connection="443"), entry(path="/b", answer=ALLOW, connection="443")))
    assert [one.entry.exchange.connection for one in found.judged] == ["", ""]
    found = read(har(entry(answer=ALLOW, connection="443", _connectionId="77")))
    assert found[0].entry.exchange.connection == "77"
    found = read(har(entry(answer=ALLOW, _connectionId="7" * 100_000)))
    assert len(found[0].entry.exchange.connection) == LONGEST_NAME


@pytest.mark.parametrize(("connection", "name"), [("51578", ":51578"), ("ClientPort:19719;EgressPort:1", ":19719")])
def test_fiddlers_connection_is_the_browsers_own_port(read: Any, connection: str, name: str) -> None:
    found = read(har(entry(answer=ALLOW, connection=connection), creator="Fiddler"))
    assert found[0].entry.exchange.connection == name


@pytest.mark.parametrize(
    ("agent", "dest", "status", "outcome"),
    [
        (CHROME, "script", 200, "blocked"),
        (CHROME.replace("150", "92"), "script", 200, "opaque"),
        (CHROME, "script", 503, "opaque"),
        (CHROME, "", 200, "opaque"),
    ],
)
def test_opaque_response_blocking_is_said_only_where_it_is_known(
    read: Any, agent: str, dest: str, status: int, outcome: str
) -> None:
    answer = headers(content_type="application/json", x_content_type_options="nosniff")
    one = entry(agent=agent, dest=dest, mode="no-cors", status=status, kind=None, answer=answer)
    if not dest:
        one["request"]["headers"] = [one for one in one["request"]["headers"] if one["name"] != "sec-fetch-dest"]
    assert read(har(one))[0].verdict.outcome.value == outcome


# -- Chromium's DevTools -----------------------------------------------------------------------------------------------


def test_an_outcome_that_is_there_makes_certain(read: Any) -> None:
    answer = headers(access_control_allow_origin="*")
    agent = "Mozilla/5.0 Chrome/100.0.0.0"
    assert read(har(entry(answer=answer, agent=agent))).said == ["GET allowed likely"]
    passed = read(har(entry(answer=answer, agent=agent, error=None)))
    assert passed.said == ["GET allowed certain"]
    assert passed[0].facts.credentials == "not-include"
    failed = read(har(entry(answer=answer, agent=agent, error=GENERAL)))
    assert failed.said == ["GET blocked certain"]
    assert failed[0].verdict.ruling.rule == "allow-origin-wildcard"
    assert failed.evidence(0, "credentials") == f"include: the recording says that it failed in the browser: {GENERAL}"


def test_what_the_browser_passed_is_not_called_blocked(read: Any) -> None:
    assert read(har(entry(error=None))).said == ["GET allowed certain"]


def test_a_failure_that_the_headers_do_not_explain_is_not_said_to_be_cors(read: Any) -> None:
    found = read(har(entry(answer=ALLOW, error=GENERAL)))
    assert found.said == ["GET not-cors likely"]
    assert found[0].verdict.ruling.error == GENERAL


@pytest.mark.parametrize("error", ["net::ERR_ABORTED"])
def test_an_aborted_load_tells_nothing(read: Any, error: str) -> None:
    assert read(har(entry(answer=ALLOW, error=error))).said == ["GET allowed certain"]


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        ("net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin", "corp-same-origin"),
        ("net::ERR_BLOCKED_BY_ORB", "opaque-response-blocked"),
    ],
)
def test_an_error_may_name_the_rule(read: Any, error: str, rule: str) -> None:
    found = read(har(entry(dest="image", mode="no-cors", kind="image", error=error)))
    assert found.said == ["GET blocked certain"]
    assert (found[0].verdict.ruling.rule, found[0].verdict.ruling.error) == (rule, error)


def test_a_request_that_its_preflight_stopped_was_never_sent(read: Any) -> None:
    put = entry("PUT", status=0, error=GENERAL, whole=False, kind="xhr")
    found = read(har(put, preflight("PUT", at=1.001, status=404, error=GENERAL)))
    assert found.said == ["OPTIONS blocked certain"]
    assert "Access to XMLHttpRequest at" in found[0].verdict.ruling.message
    assert "1 entry never left the browser" in found.remarks


def test_a_preflight_that_passes_by_its_headers_is_blocked_where_nothing_followed(read: Any) -> None:
    # Without credentials it passes, with them it does not; the browser did not send the request.
    answer = headers(access_control_allow_origin="*", access_control_allow_methods="*")
    put = entry("PUT", status=0, error=GENERAL, whole=False)
    found = read(har(put, preflight("PUT", at=1.001, answer=answer, error=GENERAL)))
    assert found[0].verdict.outcome is Outcome.BLOCKED


def test_a_failure_without_preflight_or_answer_is_blocked_likely(read: Any) -> None:
    found = read(har(entry("PUT", status=0, error=GENERAL, whole=False)))
    assert found.said == ["PUT blocked likely"]
    assert found[0].verdict.ruling.rule == "network-error"
    assert found[0].facts.origin == PAGE


@pytest.mark.parametrize(("kind", "text"), [("xhr", "Access to XMLHttpRequest at"), ("fetch", "Access to fetch at")])
def test_the_console_text_names_what_asked(read: Any, kind: str, text: str) -> None:
    found = read(har(entry(kind=kind, error=GENERAL)))
    assert found[0].verdict.ruling.message.startswith(text)
    assert found.evidence(0, "initiator") == f"{kind}: the recording names what made the request"


def test_a_service_workers_answer_is_none_of_the_server(read: Any) -> None:
    one = entry(error=None)
    one["response"]["_fetchedViaServiceWorker"] = True
    found = read(har(one))
    assert found.judged == []
    assert "1 entry came from a service worker" in found.remarks


# -- Firefox, Safari, Playwright, proxies, clients ---------------------------------------------------------------------

IN_FIREFOX = {"creator": "Firefox", "browser": {"name": "Firefox", "version": "153.0"}}


def test_firefoxs_status_zero_with_whole_headers_is_a_preflight_that_failed(read: Any) -> None:
    put = entry("PUT", status=0, agent=FIREFOX, kind=None)
    found = read(har(put, preflight("PUT", at=1.01, status=404, agent=FIREFOX, kind=None), **IN_FIREFOX))
    assert found.said == ["OPTIONS blocked certain"]


def test_firefoxs_status_zero_with_few_headers_never_left(read: Any) -> None:
    found = read(har(entry(status=0, whole=False, agent=FIREFOX, kind=None), **IN_FIREFOX))
    assert found.judged == []
    assert "1 entry never left the browser" in found.remarks


def test_firefox_is_not_sanitized(read: Any) -> None:
    found = read(har(entry(agent=FIREFOX, answer=ALLOW, kind=None), **IN_FIREFOX))
    assert found[0].client.label == "firefox 153"
    assert found.evidence(0, "headers") == ""


def test_a_clean_file_of_safaris_proves_nothing_and_says_so(read: Any) -> None:
    found = read(har(entry("PUT", answer=ALLOW, kind=None), creator="WebKit Web Inspector"))
    assert found.said == ["PUT allowed certain"]
    assert "does not mean that nothing was blocked" in found.remarks
    assert found.evidence(0, "preflight") == "not seen: the recording leaves preflights out"


IN_PLAYWRIGHT = {"creator": "Playwright", "browser": {"name": "chromium", "version": "150.0.7000.1"}}


def test_playwrights_status_minus_one_is_blocked_and_why_is_not_known(read: Any) -> None:
    one = entry("PUT", status=-1, whole=False)
    one["response"]["_failureText"] = GENERAL
    found = read(har(one, **IN_PLAYWRIGHT))
    assert found.said == ["PUT blocked likely"]
    assert "neither preflights" in found.remarks
    assert found[0].client.label == "chromium 150"


def test_playwrights_network_failure_is_no_matter_of_cors(read: Any) -> None:
    one = entry(status=-1, whole=False)
    one["response"]["_failureText"] = "net::ERR_NAME_NOT_RESOLVED"
    assert read(har(one, **IN_PLAYWRIGHT)).said == ["GET not-cors certain"]


def test_what_playwright_says_was_given_up_may_have_been_blocked(read: Any) -> None:
    # So it tells a redirect whose next hop the browser stopped, and leaves out its answer.
    one = entry(status=-1, whole=False)
    one["response"]["_failureText"] = "net::ERR_ABORTED"
    assert read(har(one, **IN_PLAYWRIGHT)).said == ["GET not-cors likely"]


@pytest.mark.parametrize("word", ["mixed-content", "csp"])
def test_what_playwright_says_never_left_is_not_judged(read: Any, word: str) -> None:
    one = entry(status=-1, whole=False)
    one["response"]["_failureText"] = word
    found = read(har(one, **IN_PLAYWRIGHT))
    assert found.judged == []
    assert "1 entry never left the browser" in found.remarks


def test_a_preflight_in_playwrights_file_did_not_pass_for_being_answered(read: Any) -> None:
    # A service worker's are recorded.
    asked = preflight("PUT", names="x-a", answer=GRANT, kind="fetch")
    assert read(har(asked, **IN_PLAYWRIGHT)).said == ["OPTIONS blocked certain"]


@pytest.mark.parametrize("sign", ["_wasFulfilled", "_wasAborted"])
def test_a_route_of_the_test_is_no_server(read: Any, sign: str) -> None:
    found = read(har(entry(**{sign: True}), **IN_PLAYWRIGHT))
    assert found.judged == []
    assert "1 entry met a route of the test" in found.remarks


def test_charles_says_what_was_not_answered(read: Any) -> None:
    found = read(har(entry(status=200, kind=None, _charlesStatus="EXCEPTION"), creator="Charles Proxy"))
    assert found[0].verdict.ruling.rule == "network-error"


def test_mitmproxys_upper_case_is_undone_by_the_preflight(read: Any) -> None:
    answer = headers(access_control_allow_origin=PAGE, access_control_allow_methods="patch")
    asked = preflight("patch", at=1, answer=answer, kind=None)
    sent = entry("PATCH", at=1.1, answer=ALLOW, kind=None)
    found = read(har(asked, sent, creator="mitmproxy"))
    assert found.said == ["OPTIONS allowed certain", "patch allowed certain"]


def test_a_client_is_no_browser(read: Any) -> None:
    one = entry(kind=None, agent="insomnia/8.0", whole=False, sent={"host": "api.other.example"})
    found = read(har(one, creator="Insomnia REST Client"))
    assert found.said == ["GET not-cors certain"]
    assert "No browser sent" in found.remarks


@pytest.mark.parametrize(
    ("creator", "browser", "engine"),
    [
        ("Browsertime", {"name": "Chrome", "version": "120.0"}, "chromium"),
        ("Some Tool", {"name": "Firefox", "version": "153.0"}, "firefox"),
        ("Playwright", {"name": "webkit", "version": "17.4"}, "webkit"),
    ],
)
def test_the_browser_may_be_named(read: Any, creator: str, browser: Json, engine: str) -> None:
    assert read(har(entry(answer=ALLOW), creator=creator, browser=browser))[0].verdict.engine == engine


# -- the shape ---------------------------------------------------------------------------------------------------------

WHOLE = har(entry(answer=ALLOW), entry(path="/b", answer=ALLOW))


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + json.dumps(WHOLE),
        f"onInputData({json.dumps(WHOLE)})",
        f"onInputData({json.dumps(WHOLE)});\n",
        json.dumps(WHOLE["log"]),
        json.dumps(WHOLE).replace('"time": 20', '"time": NaN'),
        json.dumps(WHOLE).replace('"size": 2', '"size": 2, "text": "\ud800"'),
        json.dumps(WHOLE).replace('"size": 2', r'"size": 2, "text": "\ud800"'),
        json.dumps(WHOLE) + "\n\nbehind it",
        f"# A HAR\n\n```json\n{json.dumps(WHOLE, indent=1)}\n```\n",
    ],
)
def test_what_stands_around_or_inside_a_har_costs_nothing(read: Any, text: str) -> None:
    found = read(text)
    assert found.said == ["GET allowed certain", "GET allowed certain"]
    assert found.problem == ""


@pytest.mark.parametrize("odd", ['"v\\ud800"', "NaN", "7", "null", '["a"]'])
def test_an_odd_header_costs_the_other_headers_nothing(read: Any, odd: str) -> None:
    line = '{"name": "x-odd", "value": %s}, ' % odd  # noqa: UP031
    found = read(json.dumps(WHOLE).replace('"headers": [', '"headers": [' + line))
    assert found.said == ["GET allowed certain", "GET allowed certain"]
    first, second = (judged.entry.exchange.request.headers for judged in found.judged)
    assert first is second
    assert "x-odd" in first


def test_several_files_in_one_are_read(read: Any) -> None:
    assert len(read(json.dumps(WHOLE) + "\n" + json.dumps(WHOLE)).judged) == 4


@pytest.mark.parametrize("cut", [10, 100, 300])
def test_the_good_part_of_a_file_that_is_cut_off_is_judged_and_said(read: Any, cut: int) -> None:
    found = read(json.dumps(WHOLE)[:-cut])
    assert found.said == ["GET allowed certain"]
    assert found.problem.endswith("is cut off after 1 entry; what came before was judged; save it again")


@pytest.mark.parametrize(
    "bad",
    [
        *({}, 7, None, {"request": None}, {"request": {"method": "GET"}}, {"request": {"url": 7, "headers": 7}}, [1]),
        {"request": {"url": ""}},
    ],
)
def test_a_bad_entry_costs_itself_only(read: Any, bad: Any) -> None:
    found = read(har(entry(answer=ALLOW), bad, entry(path="/b", answer=ALLOW)))
    assert found.said == ["GET allowed certain", "GET allowed certain"]
    assert found.problem == ""


@pytest.mark.parametrize(
    ("where", "name"),
    [
        *[((), name) for name in ("startedDateTime", "time", "timings", "pageref", "_resourceType")],
        *[(("request",), name) for name in ("httpVersion", "method")],
        (("response",), "content"),
    ],
)
@pytest.mark.parametrize("value", ["gone", None, 7, [], {}])
def test_a_missing_or_odd_field_costs_nothing(read: Any, where: tuple[str, ...], name: str, value: Any) -> None:
    one = entry(answer=ALLOW)
    holder = one
    for part in where:
        holder = holder[part]
    holder[name] = value
    if value == "gone":
        del holder[name]
    found = read(har(one))
    assert len(found.judged) == 1
    assert found[0].verdict.outcome is Outcome.ALLOWED


def test_headers_may_be_pairs_or_an_object(read: Any) -> None:
    one, other = entry(answer=ALLOW), entry(path="/b", answer=ALLOW)
    one["response"]["headers"] = [["Access-Control-Allow-Origin", PAGE]]
    other["response"]["headers"] = {"Access-Control-Allow-Origin": PAGE}
    assert read(har(one, other)).said == ["GET allowed certain", "GET allowed certain"]


@pytest.mark.parametrize(
    "time",
    [
        *("2026-01-01T00:00:01", "2026-01-01T02:00:01+02:00", "2026-01-01T00:00:01.1234567Z"),
        "2026-01-01T00:00:01.000+00:00",
    ],
)
def test_times_with_and_without_a_zone(read: Any, time: str) -> None:
    one = entry(answer=ALLOW, timings={})
    one["startedDateTime"] = time
    assert read(har(one))[0].entry.exchange.request.started == pytest.approx(1767225601, abs=0.2)


def test_a_time_that_is_none_is_that_of_the_entry_before(read: Any) -> None:
    first, second = entry(answer=ALLOW, timings={}), entry(path="/b", answer=ALLOW, timings={})
    second["startedDateTime"] = "NaN-NaN-NaNTNaN:NaN:NaN"
    found = read(har(first, second))
    assert found[0].entry.exchange.request.started == found[1].entry.exchange.request.started


@pytest.mark.parametrize("url", ["data:,a", "blob:https://a.test/1", "about:blank", "chrome-extension://abc/x.js"])
def test_what_is_not_asked_of_a_server_is_no_exchange(read: Any, url: str) -> None:
    one = entry()
    one["request"]["url"] = url
    found = read(har(one, entry(answer=ALLOW)))
    assert len(found.judged) == 1


def test_gzip_is_unpacked(read: Any) -> None:
    assert read(gzip.compress(json.dumps(WHOLE).encode())).said == ["GET allowed certain", "GET allowed certain"]


def test_a_har_without_entries_is_one(read: Any) -> None:
    found = read(har())
    assert (found.judged, found.problem) == ([], "")
