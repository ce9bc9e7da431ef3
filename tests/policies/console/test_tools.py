"""What servers, libraries and their logs say, and how a page learns that it is not isolated."""

from __future__ import annotations

import pytest

from corsight.policies.causes import CAUSES
from corsight.policies.console import Message, read_console, read_messages
from corsight.policies.rules import RULES

SPEAKERS = {"standard": "", "chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKit"}


def code(message: Message | None) -> str | None:
    return None if message is None else message.cause or message.rule


@pytest.mark.parametrize(
    ("text", "told", "engine"),
    [
        (
            "core.js:7 Uncaught (in promise) ReferenceError: SharedArrayBuffer is not defined\n    at load (core.js:7)",
            "not-cross-origin-isolated",
            "standard",
        ),
        ("ReferenceError: Can't find variable: SharedArrayBuffer", "not-cross-origin-isolated", "webkit"),
        (
            "DataCloneError: The WebAssembly.Memory object cannot be serialized. The Cross-Origin-Opener-Policy and "
            "Cross-Origin-Embedder-Policy HTTP headers can be used to enable this.",
            "not-cross-origin-isolated",
            "firefox",
        ),
        (
            "DataCloneError: Failed to execute 'postMessage' on 'Worker': SharedArrayBuffer transfer requires "
            "self.crossOriginIsolated.",
            "not-cross-origin-isolated",
            "chromium",
        ),
        (
            "SharedArrayBuffer usage is restricted to cross-origin isolated sites",
            "not-cross-origin-isolated",
            "chromium",
        ),
        (
            "Cross-Origin-Opener-Policy policy would block the window.closed call.",
            "opener-policy-cuts-window",
            "chromium",
        ),
        ("Message: file origin does not match viewer's", "viewer-refuses-origin", "standard"),
        ("Error: WebSocket close with status code 1006", "websocket-closed", "standard"),
        ("WebSocket closed with status code: 1011 (Internal Error).", "websocket-closed", "standard"),
        ("Invalid CORS request", "preflight-refused-by-cors-layer", "standard"),
        ("400 Disallowed CORS origin", "preflight-refused-by-cors-layer", "standard"),
        ('{"message": "CSRF token mismatch."}', "csrf-check-refused", "standard"),
        (
            "IllegalArgumentException: When allowCredentials is true, allowedOrigins cannot contain the special value "
            '"*" since that cannot be set.',
            "cors-settings-contradict",
            "standard",
        ),
        ("The server's response may be missing CORS headers.", "failed-without-reason", "standard"),
        ("AxiosError: Network Error", "failed-without-reason", "standard"),
        ("Script error.", "script-error-hidden", "standard"),
    ],
)
def test_each_is_told_with_who_wrote_it(text: str, told: str, engine: str) -> None:
    found = read_console(text)
    assert found is not None
    assert (code(found), found.engine, found.speaker) == (told, engine, SPEAKERS[engine])


def test_a_library_tells_which_header_it_did_not_get() -> None:
    found = read_console(
        "Failed: tus: invalid or missing Location header, originated from request (method: POST, url: "
        "https://up.test/files/, response code: 201, response text: , request id: n/a)"
    )
    assert found is not None
    assert (found.cause, found.value, found.url, found.method, found.status) == (
        "header-not-read",
        "Location",
        "https://up.test/files/",
        "POST",
        201,
    )


def test_the_origin_that_a_server_does_not_trust_is_told() -> None:
    found = read_console("Origin checking failed - https://app.test does not match any trusted origins.")
    assert found is not None
    assert (found.cause, found.origin) == ("csrf-check-refused", "https://app.test")


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (308, "preflight-redirected"),
        (400, "preflight-refused-by-cors-layer"),
        (401, "preflight-needs-authentication"),
        (403, "preflight-failed"),
        (404, "preflight-not-routed"),
        (405, "preflight-not-routed"),
        (500, "preflight-failed"),
    ],
)
def test_a_preflight_in_a_servers_log_is_told_by_its_status(status: int, cause: str) -> None:
    for line in (
        f'INFO:     127.0.0.1:51000 - "OPTIONS /v1/items HTTP/1.1" {status} Refused',
        f'10.0.0.7 - - [27/Nov/2026:10:00:00 +0000] "OPTIONS /v1/items HTTP/1.1" {status} 19 "-" "-"',
        f"OPTIONS /v1/items {status} 2.113 ms - 8",
    ):
        found = read_console(line)
        assert found is not None
        assert (found.cause, found.status, found.preflight) == (cause, status, True)
        assert found.rule in RULES
        assert found.cause in CAUSES


@pytest.mark.parametrize(
    "line",
    [
        'INFO:     127.0.0.1:51000 - "OPTIONS /v1/items HTTP/1.1" 204 No Content',
        'INFO:     127.0.0.1:51000 - "GET /v1/items HTTP/1.1" 200 OK',
    ],
)
def test_what_went_well_in_a_log_tells_nothing(line: str) -> None:
    assert read_console(line) is None


@pytest.mark.parametrize(
    "text",
    [
        "Refused to frame 'https://login.test/' because an ancestor violates the following Content Security Policy "
        "directive: \"frame-ancestors 'self'\".",
        "Framing 'https://login.test/' violates the following Content Security Policy directive: \"frame-ancestors "
        "'self'\". The request has been blocked.",
        "Content-Security-Policy: The page’s settings blocked the loading of a resource (frame-ancestors) at "
        "https://login.test/ because it violates the following directive: “frame-ancestors 'self'”",
    ],
)
def test_the_policy_of_a_framed_page_is_not_that_of_the_page_around_it(text: str) -> None:
    found = read_console(text)
    assert found is not None
    assert (found.cause, found.url) == ("frame-refused", "https://login.test/")


FRAME = "Access to fetch at 'https://api.test/x' from origin 'https://app.test' has been blocked by CORS policy: "
CHECK = "Response to preflight request doesn't pass access control check: "


@pytest.mark.parametrize(
    ("end", "rule"),
    [
        ("No 'Access-Control-Allow-Origin' header is present on the req", "allow-origin-missing"),
        (f"{CHECK}It does not have…", "preflight-status-not-ok"),
        (f"{CHECK}It does not have HTTP ok status", "preflight-status-not-ok"),
        ("Request header field x-tra", "preflight-header-not-allowed"),
        ("The 'Access-Control-Allow-Origin' header has a value 'https:/", "allow-origin-mismatch"),
    ],
)
def test_a_message_without_its_end_is_told_by_its_beginning(end: str, rule: str) -> None:
    found = read_console(FRAME + end)
    assert found is not None
    assert (found.rule, found.engine) == (rule, "chromium")
    assert (found.url, found.origin) == ("https://api.test/x", "https://app.test")


@pytest.mark.parametrize("end", ["", "The", "Response to preflight request doesn't pass access"])
def test_a_beginning_that_many_share_tells_no_rule(end: str) -> None:
    found = read_console(FRAME + end)
    assert found is not None
    assert (found.cause, found.rule, found.url) == ("cors-without-reason", None, "https://api.test/x")


def test_what_people_write_in_place_of_a_name_is_a_part_of_the_url() -> None:
    found = read_console(
        "Access to fetch at 'https://< my space >-80.dev.test/a' from origin 'https://{your tenant}.app.test' has been "
        "blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
    )
    assert found is not None
    assert (found.url, found.origin) == ("https://<my-space>-80.dev.test/a", "https://{your-tenant}.app.test")


def test_each_request_that_failed_without_a_reason_is_told() -> None:
    found = read_messages(
        "Fetch API cannot load http://10.0.0.9/metrics due to access control checks.\n    m — status.js:1:15\n"
        "Fetch API cannot load http://10.0.0.9/pulse due to access control checks.\nTypeError: Load failed"
    )
    assert [(one.cause, one.url) for one in found] == [
        ("access-control-checks", "http://10.0.0.9/metrics"),
        ("access-control-checks", "http://10.0.0.9/pulse"),
    ]


def test_the_answer_to_options_below_firefoxs_message_is_the_preflights() -> None:
    found = read_messages(
        "XHROPTIONShttps://cdn.test/kit.css\n[HTTP/2 403 Forbidden 94ms]\n"
        "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
        "https://cdn.test/kit.css. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing)."
    )
    assert [(one.rule, one.status, one.preflight) for one in found] == [("allow-origin-missing", 403, True)]


@pytest.mark.parametrize(
    ("quote", "slash"), [('\\"', "/"), ("'", "\\/"), ("&#39;", "/"), ("&quot;", "/"), ("\\'", "\\/")]
)
def test_a_message_in_json_or_html_is_read(quote: str, slash: str) -> None:
    written = (
        f"{FRAME}No 'Access-Control-Allow-Origin' header is present on the requested resource.\nGET "
        "https://api.test/x net::ERR_FAILED 502"
    )
    logged = written.replace("'", quote).replace("/", slash)
    if "\\" in logged:
        logged = f'{{"message": "{logged}"}}'.replace("\n", "\\n")
    found = read_console(logged)
    assert found is not None
    assert (found.rule, found.url, found.origin, found.status) == (
        "allow-origin-missing",
        "https://api.test/x",
        "https://app.test",
        502,
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[W 15:10:30.385 ServerApp] Blocking Cross Origin API request for /api/kernels.  Origin: https://app.test, "
            "Host: 127.0.0.1:8888",
            "origin-check-refused",
        ),
        ("Blocking Cross Origin API request.  Origin: null, Host: a.test", "origin-check-refused"),
        ("Error: xhr poll error", "socket-io-not-connected"),
        ("ScriptExternalLoadError: Loading script failed.\n(missing: https://cdn.test/r.js)", "module-import-failed"),
        ("[vite] failed to connect to websocket.", "websocket-failed"),
        ('{"error":"Forbidden","message":"CORS Origin not allowed","statusCode":403}', "origin-not-listed"),
        (
            "Error: The CORS policy for this site does not allow access from the specified Origin.",
            "origin-not-listed",
        ),
        ('Refused to set unsafe header "Origin"', "header-set-by-browser"),
        ("Attempt to set a forbidden header was denied: Host", "header-set-by-browser"),
        ("Uncaught (in promise) DOMException: The operation is insecure.", "operation-insecure"),
        ("FunctionsFetchError: Failed to send a request to the Edge Function", "failed-without-reason"),
        ("TypeError: Network request failed", "failed-without-reason"),
        ('Unexpected server response (0) while retrieving PDF "https://cdn.test/a.pdf".', "failed-without-reason"),
        ("Referrer Policy: strict-origin-when-cross-origin", "referrer-policy-shown"),
    ],
)
def test_what_servers_and_libraries_say_of_their_own(text: str, told: str) -> None:
    assert code(read_console(text)) == told


@pytest.mark.parametrize("header", ["Content-Range", "X-Total-Count"])
def test_a_header_that_a_data_provider_misses_is_named(header: str) -> None:
    found = read_console(
        f"Error: The {header} header is missing in the HTTP Response. The simple REST data provider expects responses "
        f"for lists of resources to contain this header. If you are using CORS, did you declare {header} in the "
        "Access-Control-Expose-Headers header?"
    )
    assert found is not None
    assert (found.cause, found.value) == ("header-not-read", header)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("AxiosError: Request failed with status code 403", 403),
        ("Error: Failed to complete negotiation with the server: Error: : Status code '404'", 404),
    ],
)
def test_a_status_that_a_library_could_read(text: str, status: int) -> None:
    found = read_console(text)
    assert found is not None
    assert (found.cause, found.status) == ("answered-with-an-error", status)


def test_a_referrer_policy_beside_an_error_is_not_the_error() -> None:
    found = read_console(f"{FRAME}No 'Access-Control-Allow-Origin' header\nstrict-origin-when-cross-origin")
    assert found is not None
    assert found.rule == "allow-origin-missing"
    assert code(read_console("TypeError: Failed to fetch\nReferrer Policy: strict-origin-when-cross-origin")) == (
        "failed-without-reason"
    )
