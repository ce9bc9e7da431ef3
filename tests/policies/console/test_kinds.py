"""What browsers write beside today's CORS errors: every text that is known is read back, alone and among others."""

from __future__ import annotations

import re

import pytest

from corsight.policies.causes import CAUSES
from corsight.policies.console import SAYINGS, Message, read_console, read_messages
from corsight.policies.console.saying import Saying
from corsight.policies.rules import RULES
from corsight.policies.verdict import EngineName

SAMPLES = {
    "url": "https://files.test/a/b.js?v=2",
    "origin": "https://page.test",
    "page": "https://page.test/home",
    "target": "http://plain.test/x",
    "status": "405",
    "method": "PUT",
    "kind": "resource",
    "value": "connect-src",
}
ALL = [
    pytest.param(engine, one, id=f"{engine}-{number}-{one.code}")
    for engine, sayings in SAYINGS.items()
    for number, one in enumerate(sayings)
]
STATUS = "preflight-status-not-ok"
TWINS = {
    # The same words, which another place tells apart.
    ("firefox", "scheme-not-fetchable"): {"redirect-scheme"},
    ("chromium", "scheme-not-fetchable"): {"redirect-scheme"},
    ("firefox", "event-source-failed"): {"websocket-failed"},
}


def write(one: Saying) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: SAMPLES.get(found[1], "words"), one.text)


def code(message: Message | None) -> str | None:
    return None if message is None else message.cause or message.rule


@pytest.mark.parametrize(("engine", "one"), ALL)
def test_every_text_is_read_back_by_its_code(engine: EngineName, one: Saying) -> None:
    found = read_console(write(one))
    assert found is not None
    assert code(found) in {one.code, *TWINS.get((engine, one.code), ())}
    for name in set(re.findall(r"\{(\w+)\}", one.text)) & {"origin", "url"}:
        assert getattr(found, name) == SAMPLES[name]


@pytest.mark.parametrize(("engine", "one"), ALL)
def test_a_text_may_be_wrapped_and_stand_among_others(engine: EngineName, one: Saying) -> None:
    other = (
        "Access to fetch at 'https://b.test/2' from origin 'https://me.test' has been blocked by CORS policy: Method "
        "PUT is not allowed by Access-Control-Allow-Methods in preflight response."
    )
    found = read_messages(f"{other}\napp.js:12 {write(one)}\n    at load (app.js:12:3)")
    assert {"preflight-method-not-allowed"} < {code(message) for message in found} | {"x"}
    assert len(found) >= (1 if one.code in ("network-error", "preflight-method-not-allowed") else 2)


@pytest.mark.parametrize(
    ("engine", "text"),
    [
        (
            "chromium",
            "Refused to connect to 'https://b.test/x' because it violates the following Content Security Policy "
            "directive: \"connect-src 'self' https://*.a.test\".",
        ),
        (
            "chromium",
            "Connecting to 'https://b.test/x' violates the following Content Security Policy directive: \"connect-src "
            "'self'\". The action has been blocked.",
        ),
        (
            "firefox",
            "Content-Security-Policy: The page’s settings blocked the loading of a resource (connect-src) at "
            "https://b.test/x because it violates the following directive: “connect-src 'self'”",
        ),
        (
            "firefox",
            "Content Security Policy: The page’s settings blocked the loading of a resource at https://b.test/x "
            "(“connect-src”).",
        ),
        (
            "webkit",
            "Refused to connect to https://b.test/x because it does not appear in the connect-src directive of the "
            "Content Security Policy.",
        ),
    ],
)
def test_a_pages_policy_is_told_with_its_directive(engine: EngineName, text: str) -> None:
    found = read_console(text)
    assert found is not None
    assert (found.engine, code(found), found.url, found.value) == (
        engine,
        "csp-forbids-it",
        "https://b.test/x",
        "connect-src",
    )


OLD = [
    ("XMLHttpRequest cannot load https://a.test/x. {}", "XMLHttpRequest"),
    ("Fetch API cannot load https://a.test/x. {}", "Fetch API"),
    ("Failed to load https://a.test/x: {}", None),
]
REASONS = {
    "No 'Access-Control-Allow-Origin' header is present on the requested resource.": "allow-origin-missing",
    "The 'Access-Control-Allow-Origin' header has a value 'https://b.test' that is not equal to the supplied origin.": (
        "allow-origin-mismatch"
    ),
    "The 'Access-Control-Allow-Origin' header contains multiple values '*, *', but only one is allowed.": (
        "allow-origin-multiple"
    ),
    "A wildcard '*' cannot be used in the 'Access-Control-Allow-Origin' header when the credentials flag is true.": (
        "allow-origin-wildcard"
    ),
    "Request header field x-a is not allowed by Access-Control-Allow-Headers.": "preflight-header-not-allowed",
}


@pytest.mark.parametrize(("frame", "kind"), OLD)
@pytest.mark.parametrize("reason", REASONS)
def test_chromiums_frames_of_old(frame: str, kind: str | None, reason: str) -> None:
    end = " Origin 'https://me.test' is therefore not allowed access. The response had HTTP status code 503."
    found = read_console(frame.format(reason) + end)
    assert found is not None
    assert (found.rule, found.url, found.origin, found.status) == (
        REASONS[reason],
        "https://a.test/x",
        "https://me.test",
        503,
    )
    assert found.kind == kind


def test_each_of_several_is_answered_with_its_own_lines() -> None:
    found = read_messages(
        "Access to fetch at 'https://a.test/1' from origin 'https://me.test' has been blocked by CORS policy: No "
        "'Access-Control-Allow-Origin' header is present on the requested resource.\n"
        "GET https://a.test/1 net::ERR_FAILED 502 (Bad Gateway)\n"
        "Uncaught (in promise) TypeError: Failed to fetch\n"
        "GET https://ads.test/collect net::ERR_BLOCKED_BY_CLIENT\n"
        "Failed to load resource: net::ERR_FAILED\n"
    )
    assert [(code(one), one.url, one.method, one.status) for one in found] == [
        ("allow-origin-missing", "https://a.test/1", "GET", 502),
        ("stopped-by-extension", "https://ads.test/collect", "GET", None),
    ]


def test_what_is_said_twice_is_one_message() -> None:
    found = read_messages(
        "[Error] Origin https://me.test is not allowed by Access-Control-Allow-Origin. Status code: 500\n"
        "[Error] XMLHttpRequest cannot load https://a.test/x due to access control checks.\n"
        "[Error] Failed to load resource: Origin https://me.test is not allowed by Access-Control-Allow-Origin. Status "
        "code: 500 (x, line 0)"
    )
    assert [(one.rule, one.url, one.origin, one.status, one.kind) for one in found] == [
        ("allow-origin-missing", "https://a.test/x", "https://me.test", 500, "XMLHttpRequest")
    ]


@pytest.mark.parametrize(
    ("text", "rule", "url"),
    [
        (
            "Quellübergreifende (Cross-Origin) Anfrage blockiert: Die Gleiche-Quelle-Regel verbietet das Lesen der "
            "externen Ressource auf https://a.test/x. (Grund: CORS-Kopfzeile 'Access-Control-Allow-Origin' fehlt). "
            "Statuscode: 404. https://developer.mozilla.org/docs/Web/HTTP/CORS/Errors/CORSMissingAllowOrigin",
            "allow-origin-missing",
            "https://a.test/x",
        ),
        (
            "Solicitud de origen cruzado bloqueada: … el recurso remoto en https://a.test/y. (Razón: encabezado CORS "
            "'Access-Control-Allow-Origin' no coincide con 'https://b.test').",
            "allow-origin-mismatch",
            "https://a.test/y",
        ),
        (
            "已拦截跨源请求：同源策略禁止读取位于 https://a.test/z 的远程资源。（原因：未在 CORS 头"
            "'Access-Control-Allow-Methods' 中找到方法）。",
            "preflight-method-not-allowed",
            "https://a.test/z",
        ),
    ],
)
def test_firefox_in_other_languages_is_known_by_url_header_and_link(text: str, rule: str, url: str) -> None:
    found = read_console(text)
    assert found is not None
    assert (found.engine, found.rule, found.url) == ("firefox", rule, url)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("TypeError: Failed to fetch", "failed-without-reason"),
        ("TypeError: NetworkError when attempting to fetch resource.", "failed-without-reason"),
        ("TypeError: Load failed", "failed-without-reason"),
        ("TypeError: Importing a module script failed.", "module-import-failed"),
        ("AxiosError: Network Error", "failed-without-reason"),
        ("Fetch API cannot load https://a.test/x due to access control checks.", "access-control-checks"),
        ("GET https://a.test/x 403 (Forbidden)", "answered-with-an-error"),
        ("GET https://a.test/x net::ERR_NAME_NOT_RESOLVED", "host-not-found"),
        ("GET https://a.test/x net::ERR_CONNECTION_REFUSED", "connection-refused"),
        ("GET https://a.test/x net::ERR_CERT_DATE_INVALID", "tls-failed"),
        ("GET https://a.test/x net::ERR_EMPTY_RESPONSE", "connection-closed"),
        ("GET http://a.test:6000/x net::ERR_UNSAFE_PORT", "unsafe-port"),
        ("GET https://a.test/x net::ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS", "local-network-access"),
        ("net::ERR_HTTP2_PROTOCOL_ERROR", "connection-closed"),
        ("LocalNetworkAccessPermissionDenied", "local-network-access"),
        ("CORSDidNotSucceed", "network-error"),
        ("Script error.", "script-error-hidden"),
        ("Error: XMLHttpRequest error.", "failed-without-reason"),
        ("Http failure response for https://a.test/x: 0 Unknown Error", "failed-without-reason"),
        ("Cannot load https://a.test/x.m3u8 HTTP response code:0 This might be a CORS issue", "failed-without-reason"),
        ("AxiosError: Network Error\n    at XMLHttpRequest.handleError\ncode: 'ERR_NETWORK'", "failed-without-reason"),
        ("Origin is not allowed by Access-Control-Allow-Origin.", "allow-origin-missing"),
        ("Failed to load https://a.test/x: Response for preflight has invalid HTTP status code 401.", STATUS),
        ("OPTIONS https://a.test/x 401\nResponse for preflight has invalid HTTP status code 401.", STATUS),
        (
            "Refused to display 'https://a.test/' in a frame because it set 'X-Frame-Options' to 'deny'.",
            "frame-refused",
        ),
    ],
)
def test_what_names_no_reason_or_only_one(text: str, told: str) -> None:
    assert code(read_console(text)) == told
    assert told in CAUSES or told in RULES


def test_a_redirect_keeps_both_its_urls() -> None:
    found = read_console(
        "Access to XMLHttpRequest at 'https://b.test/2' (redirected from 'https://a.test/1') from origin 'null' has "
        "been blocked by CORS policy: Response to preflight request doesn't pass access control check: Redirect is not "
        "allowed for a preflight request."
    )
    assert found is not None
    assert (found.rule, found.initial_url, found.url) == ("preflight-redirect", "https://a.test/1", "https://b.test/2")


def test_what_is_written_in_english_is_no_firefox_in_another_language() -> None:
    found = read_console("Cannot load https://a.test/x.m3u8: this might be a CORS issue")
    assert found is None or found.engine != "firefox"


def test_what_is_said_of_one_of_two_old_messages_is_not_told_of_the_other() -> None:
    found = read_messages(
        "XMLHttpRequest cannot load http://a.test/. Response for preflight is invalid (redirect)\n"
        "XMLHttpRequest cannot load http://a.test/2. Response to preflight request doesn't pass access control check: "
        "No 'Access-Control-Allow-Origin' header is present on the requested resource. Origin 'http://b.test' is "
        "therefore not allowed access. The response had HTTP status code 404."
    )
    assert [(one.rule, one.status) for one in found] == [("preflight-redirect", None), ("allow-origin-missing", 404)]


def test_emphasis_in_a_message_is_left_out_and_stars_in_a_url_are_not() -> None:
    found = read_messages(
        "localhost/:1 Failed to load https://a.test/me: Response to preflight request doesn't pass access control "
        "check: No '**Access-Control-Allow-Origin' header is present on the requested resource**. Origin "
        "'http://b.test' is therefore not allowed access.\n"
        "Failed to load http://*****/me: Redirect from 'http://*****/me' to 'http://*****/me/' has been blocked by "
        "CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
    )
    assert [(one.rule, one.url) for one in found] == [
        ("allow-origin-missing", "https://a.test/me"),
        ("allow-origin-missing", "http://*****/me/"),
    ]


def test_a_page_s_origin_is_read_where_a_message_begins_with_it() -> None:
    found = read_console(
        "'http://b.test' has been blocked by CORS policy: Response to preflight request doesn't pass access control "
        "check: Redirect is not allowed for a preflight request."
    )
    assert found is not None
    assert (found.rule, found.origin) == ("preflight-redirect", "http://b.test")


@pytest.mark.parametrize("end", [".", " (http://[::1]:5173/x) CORS-header is missing"])
def test_firefox_without_a_reason_is_a_failure_without_one(end: str) -> None:
    found = read_console(f"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote{end}")
    assert code(found) == "failed-without-reason"


def test_a_scheme_of_ones_own_is_no_redirect() -> None:
    begins = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at"
    found = read_console(f"{begins} mapbox://styles/x. (Reason: CORS request not http).")
    assert (code(found), found and found.url) == ("scheme-not-fetchable", "mapbox://styles/x")
