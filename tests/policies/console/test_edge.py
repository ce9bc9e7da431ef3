"""What Internet Explorer and the Edge before Chromium wrote, as it stands in bug reports of their time."""

from __future__ import annotations

import pytest

from corsight.policies.console import read_console, read_messages

NOTED = "SEC7118: XMLHttpRequest for https://api.test/item/ required Cross Origin Resource Sharing (CORS).\n"
ASKED = "SEC7119: XMLHttpRequest for https://api.test/item/ required CORS preflight.\n"
DENIED = "SCRIPT7002: XMLHttpRequest: Network Error 0x80070005, Access is denied.\n"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("SEC7120: Origin https://app.test not found in Access-Control-Allow-Origin header.", "allow-origin-missing"),
        (
            "SEC7121: Wildcard in Access-Control-Allow-Origin not allowed when credentials flag is set to true.",
            "allow-origin-wildcard",
        ),
        (
            "SEC7122: Credentials flag was set to true, but Access-Control-Allow-Credentials was not present or was "
            'not set to "true.',
            "allow-credentials-not-true",
        ),
        (
            "SEC7123: Request header authorization was not present in the Access-Control-Allow-Headers list.",
            "preflight-header-not-allowed",
        ),
        (
            "SEC7124: Request method PUT was not present in the Access-Control-Allow-Methods list.",
            "preflight-method-not-allowed",
        ),
        (
            "SEC7125: XMLHttpRequest for https://api.test/ caused a response headers parsing failure.",
            "preflight-allow-headers-invalid",
        ),
        ("SEC7126: Redirects are not allowed for CORS preflight requests.", "preflight-redirect"),
        ("SEC7127: Redirect was blocked for CORS request.", "redirect-userinfo"),
        (
            "SEC7128: Multiple Access-Control-Allow-Origin headers are not allowed for CORS response.",
            "allow-origin-multiple",
        ),
        (
            "SEC7129: Multiple Access-Control-Allow-Credentials headers are not allowed for CORS response.",
            "allow-credentials-not-true",
        ),
        ("SEC7111: HTTPS security is compromised by http://api.test/x.js", "mixed-content"),
        ("SEC7112: Script from https://cdn.test/x.js was blocked due to mime type mismatch", "nosniff-mime-type"),
        ("SEC7113: CSS was ignored due to mime type mismatch", "wrong-type"),
        (
            "CSS3116: @font-face failed cross-origin request. No Access-Control-Allow-Origin header.",
            "allow-origin-missing",
        ),
        ("CSS3117: @font-face failed cross-origin request. Resource access is restricted.", "allow-origin-mismatch"),
        (
            "CSP14312: Resource violated directive 'default-src 'none'' in Content-Security-Policy: "
            "https://api.test/x?y=1. Resource will be blocked.",
            "csp-forbids-it",
        ),
        (NOTED, "cors-is-noted"),
        (ASKED, "cors-is-noted"),
        (DENIED, "failed-without-reason"),
        (
            "SCRIPT7002: XMLHttpRequest: Network Error 0x2eff, Could not complete the operation due to error 00002eff.",
            "connection-closed",
        ),
        ("SCRIPT7002: XMLHttpRequest: Network Error 0x2efd, Could not complete the operation", "connection-refused"),
        ("SCRIPT7002: XMLHttpRequest: Network Error 0x2ee7, Could not complete the operation", "host-not-found"),
        ("SCRIPT7002: XMLHttpRequest: Network Error 0x2f0d, Could not complete the operation", "tls-failed"),
        ("SEC7123: Access-Control-Allow-Headers 列表中不存在请求标头 content-type。", "preflight-header-not-allowed"),
    ],
)
def test_each_code_is_answered(line: str, code: str) -> None:
    [message] = read_messages(line)
    assert (message.cause or message.rule, message.engine) == (code, "standard")
    assert message.speaker == "Internet Explorer or the old Edge"
    assert message.stops is (code != "cors-is-noted")


def test_the_lines_of_one_request_are_one_message() -> None:
    refused = "SEC7123: Request header content-type was not present in the Access-Control-Allow-Headers list.\n"
    [message] = read_messages(f"{NOTED}{ASKED}{refused}{DENIED}TypeError: Failed to fetch.")
    assert (message.rule, message.url) == ("preflight-header-not-allowed", "https://api.test/item/")
    assert (message.value, message.preflight, message.stops) == ("content-type", True, True)
    other = NOTED.replace("item", "other")
    origin = "SEC7120: Origin https://app.test not found in Access-Control-Allow-Origin header.\n"
    first, second = read_messages(f"{NOTED}{ASKED}{refused}{DENIED}{other}{origin}{DENIED}")
    assert (first.url, second.url) == ("https://api.test/item/", "https://api.test/other/")
    assert (second.rule, second.origin) == ("allow-origin-missing", "https://app.test")
    [failed] = read_messages(f"{NOTED}{DENIED}")
    assert (failed.cause, failed.url) == ("failed-without-reason", "https://api.test/item/")


def test_other_languages_are_read_by_the_code() -> None:
    text = (
        "SEC7118: http://192.0.2.1:7777/login 的 XMLHttpRequest 需要跨域资源共享(CORS)。文件: login\n"
        "SEC7119: http://192.0.2.1:7777/login 的 XMLHttpRequest 需要飞行前 CORS。文件: login\n"
        "SEC7123: Access-Control-Allow-Headers 列表中不存在请求标头 content-type。文件: login\n"
        "SCRIPT7002: XMLHttpRequest: 网络错误 0x80070005, 拒绝访问。\n"
    )
    [message] = read_messages(text)
    assert (message.rule, message.value) == ("preflight-header-not-allowed", "content-type")
    assert message.url == "http://192.0.2.1:7777/login"
    named = read_console("SEC7124: La méthode de demande PUT est absente de la liste Access-Control-Allow-Methods.")
    assert named is not None
    assert named.method == "PUT"


def test_an_extension_s_origin_is_read() -> None:
    origin = "ms-browser-extension://EdgeExtension_37237Suite_jzcrwe0958h6m"
    message = read_console(f"SEC7120: Origin {origin} not found in Access-Control-Allow-Origin header.")
    assert message is not None
    assert message.origin == origin


def test_what_is_no_failure_is_left_to_others() -> None:
    assert read_messages("SEC7130: Potential cross-site scripting detected in https://a.test/.") == ()
    chrome = "Access to fetch at 'https://api.test/' from origin 'https://app.test' has been blocked by CORS policy: "
    reason = "No 'Access-Control-Allow-Origin' header is present on the requested resource."
    assert {one.engine for one in read_messages(f"SEC7126: Redirects are not allowed.\n{chrome}{reason}")} == {
        "standard",
        "chromium",
    }
