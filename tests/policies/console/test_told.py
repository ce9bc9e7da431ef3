"""What people paste beside the browsers' messages: of APIs, SDKs and servers, and messages that lost a part."""

from __future__ import annotations

import pytest

from corsight.policies.console import Message, read_console, read_messages


def code(message: Message | None) -> str | None:
    return None if message is None else message.cause or message.rule


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("401 CORS requests must set 'anthropic-dangerous-direct-browser-access' header", "api-not-for-pages"),
        (
            '{"type":"error","error":{"type":"authentication_error","message":"CORS requests are not allowed for this '
            'Organization because of its settings."}}',
            "api-not-for-pages",
        ),
        (
            "OpenAIError: It looks like you're running in a browser-like environment.\n\nThis is disabled by default",
            "api-not-for-pages",
        ),
        (
            "AADSTS9002327: Tokens issued for the 'Single-Page Application' client-type may only be redeemed via "
            "cross-origin requests.",
            "login-only-for-pages",
        ),
        (
            "post_request_failed: Network request failed: If the browser threw a CORS error, check that the "
            "redirectUri is registered in the Azure App Portal as type 'SPA'",
            "login-not-for-pages",
        ),
        (
            'Error POSTing to endpoint (HTTP 400): {"error":{"code":-32600,"message":"Bad Request: Missing session '
            'ID"}}',
            "header-not-read",
        ),
        ("Bad Request: Mcp-Session-Id header is required", "header-not-read"),
        (
            "Blocked cross-origin request from 192.0.2.9to /_next/* resource. To allow this, configure "
            '"allowedDevOrigins" in next.config',
            "development-server-refused",
        ),
        (
            "⚠ Cross origin request detected from 192.0.2.9 to /_next/* resource. In a future major version",
            "development-server-warns",
        ),
        ("TypeError: error loading dynamically imported module: https://a.test/b.js", "module-import-failed"),
        ("Error: Loading chunk 57 failed.\n(error: https://a.test/57.js)", "module-import-failed"),
        ("ChunkLoadError: Loading CSS chunk app failed.\n(https://a.test/app.css)", "module-import-failed"),
        ("Unable to preload CSS for /assets/app-1.css", "module-import-failed"),
    ],
)
def test_each_is_told_for_what_it_is(text: str, told: str) -> None:
    assert code(read_console(text)) == told


def test_what_only_warns_stops_nothing() -> None:
    [warning] = read_messages("Cross origin request detected from 192.0.2.9 to /_next/* resource. In a future")
    assert (warning.stops, warning.value) == (False, "192.0.2.9")


def test_a_chunk_is_told_with_its_url() -> None:
    text = "Uncaught (in promise) Error: Loading chunk 57 failed.\n(error: https://a.test/57.js)"
    assert [(one.url, one.value) for one in read_messages(text)] == [("https://a.test/57.js", "57")]


def test_a_module_of_a_wrong_type_is_told_with_the_url_of_the_import() -> None:
    text = (
        "Failed to load module script: Expected a JavaScript-or-Wasm module script but the\nserver responded with a "
        'MIME type of "text/html".\nTypeError: Failed to fetch dynamically imported module:\n  https://a.test/b.js'
    )
    assert [(one.rule, one.url) for one in read_messages(text)] == [("mime-type-blocked", "https://a.test/b.js")]


def test_a_failed_import_is_left_out_beside_its_reason_only() -> None:
    blocked = (
        "Access to script at 'https://cdn.test/b.js' from origin 'https://a.test' has been blocked by CORS policy: No "
        "'Access-Control-Allow-Origin' header is present on the requested resource."
    )
    same = f"{blocked}\nTypeError: Failed to fetch dynamically imported module: https://cdn.test/b.js"
    other = f"{blocked}\nTypeError: Failed to fetch dynamically imported module: https://a.test/c.js"
    assert [code(one) for one in read_messages(same)] == ["allow-origin-missing"]
    assert [code(one) for one in read_messages(other)] == ["allow-origin-missing", "module-import-failed"]


def test_a_message_without_a_reason_keeps_what_it_tells() -> None:
    text = "Access to fetch at 'https://api.test/x' from origin 'https://app.test' has been blocked by CORS policy"
    for end in ("", ":", ".", ": "):
        [found] = read_messages(text + end)
        assert (found.cause, found.url, found.origin, found.kind) == (
            "cors-without-reason",
            "https://api.test/x",
            "https://app.test",
            "fetch",
        )


@pytest.mark.parametrize(("left", "right"), [("`", "`"), ("", "")])
def test_marks_of_markdown_around_a_header_are_left_out(left: str, right: str) -> None:
    text = (
        "Access to fetch at 'https://api.test/mcp' from origin 'https://app.test' has been blocked by CORS policy: "
        f"Request header field {left}mcp-protocol-version{right} is not allowed by Access-Control-Allow-Headers in "
        "preflight response."
    )
    [found] = read_messages(text)
    assert (found.rule, found.value) == ("preflight-header-not-allowed", "mcp-protocol-version")


def test_any_number_of_other_failures_may_stand_below_a_message() -> None:
    text = (
        "Access to fetch at 'https://a.test/x' from origin 'https://app.test' has been blocked by CORS policy: No "
        "'Access-Control-Allow-Origin' header is present on the requested resource.\n"
        "GET https://b.test/x net::ERR_CERT_DATE_INVALID\n"
        "GET https://c.test/x net::ERR_NAME_NOT_RESOLVED\n"
        "GET https://a.test/x net::ERR_FAILED 200 (OK)\n"
    )
    assert [(code(one), one.url, one.status) for one in read_messages(text)] == [
        ("allow-origin-missing", "https://a.test/x", 200),
        ("tls-failed", "https://b.test/x", None),
        ("host-not-found", "https://c.test/x", None),
    ]


def test_gin_s_log_tells_of_a_preflight() -> None:
    line = '[GIN] 2026/02/09 - 09:21:34 | 403 |      14.458µs |      192.0.2.1 | OPTIONS  "/v1/chat"'
    [found] = read_messages(line)
    assert (found.rule, found.status, found.preflight) == ("preflight-status-not-ok", 403, True)
    assert read_messages(line.replace("OPTIONS ", "POST")) == ()
    assert read_messages(line.replace("403", "204")) == ()


@pytest.mark.parametrize(
    "text",
    [
        "已拦截跨源请求：同源策略禁止读取位于 https://a.test/x 的远程资源。（原因：CORS 请求未能成功）。",
        "Cross-origin requests blocked: The same-origin policy prohibits reading remote resources located at "
        "https://a.test/x. (Reason: The CORS request was unsuccessful).",
        "Quellübergreifende (Cross-Origin) Anfrage blockiert: Die Gleiche-Quelle-Regel verbietet das Lesen der "
        "externen Ressource auf https://a.test/x. (Grund: CORS-Anfrage schlug fehl).",
    ],
)
def test_older_texts_without_a_status_tell_that_nothing_answered(text: str) -> None:
    assert [(one.rule, one.url) for one in read_messages(text)] == [("network-error", "https://a.test/x")]


def test_a_query_before_a_reason_is_no_code() -> None:
    [found] = read_messages("a.woff2?v=4.3.0 的远程资源。（原因：CORS 头缺少 'Access-Control-Allow-Origin'）。")
    assert found.rule == "allow-origin-missing"
