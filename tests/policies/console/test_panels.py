"""What developer tools say beside the console."""

from __future__ import annotations

import pytest

from corsight.policies.console import read_console, read_messages
from corsight.policies.console.panels import FIREFOX


@pytest.mark.parametrize("reason", FIREFOX)
def test_firefox_s_network_panel_is_read(reason: str) -> None:
    meant = FIREFOX[reason]
    for text in (reason, f"XHRPOST\nhttps://api.test/x\n{reason}", f"POST https://api.test/x {reason}"):
        found = read_console(text)
        assert found is not None
        assert (found.engine, found.rules, found.cause) == ("firefox", meant.rules, meant.cause)
        if text != reason:
            assert (found.method, found.url) == ("POST", "https://api.test/x")


def test_each_row_has_its_own_request() -> None:
    found = read_messages(
        "GET https://a.test/1 CORS Missing Allow Origin\nXHROPTIONS\nhttps://a.test/2\nCORS Preflight Did Not Succeed"
    )
    assert [(one.rule, one.url) for one in found] == [
        ("allow-origin-missing", "https://a.test/1"),
        ("preflight-status-not-ok", "https://a.test/2"),
    ]


@pytest.mark.parametrize("text", ["My log: CORS Failed", "CORS Failed: try again", "Is it CORS Missing Allow Origin?"])
def test_the_same_words_in_a_sentence_are_no_reason(text: str) -> None:
    found = read_console(text)
    assert found is None or found.rule is None


@pytest.mark.parametrize(
    ("text", "url", "code"),
    [
        ("GET https://cdn.test/a.png NS_ERROR_DOM_CORP_FAILED", "https://cdn.test/a.png", "corp-same-origin"),
        ("GET http://10.0.0.2/ net::ERR_LOCAL_NETWORK_PERMISSION_MISSING", "http://10.0.0.2/", "network-error"),
        (
            "GET http://10.0.0.2/ net::ERR_CACHED_IP_ADDRESS_SPACE_BLOCKED_BY_LOCAL_NETWORK_ACCESS_POLICY",
            "http://10.0.0.2/",
            "local-network-access",
        ),
        (
            "x' from origin 'https://page.test' has been blocked by CORS policy: Response to preflight request doesn't "
            "pass access control check: It does not have HTTP ok status.",
            None,
            "preflight-status-not-ok",
        ),
    ],
)
def test_errors_with_their_request(text: str, url: str | None, code: str) -> None:
    found = read_console(text)
    assert found is not None
    assert (found.rule, found.url) == (code, url)


def test_the_operating_system_is_told_from_the_browser() -> None:
    found = read_console("net::ERR_LOCAL_NETWORK_PERMISSION_MISSING")
    assert found is not None
    assert found.cause == "system-forbids-local-network"


def test_a_message_without_its_beginning_keeps_the_page() -> None:
    found = read_console(
        "ps://api.test/x' from origin 'https://page.test/' has been blocked by CORS policy: Response to preflight "
        "request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the "
        "requested resource."
    )
    assert found is not None
    assert (found.rule, found.origin, found.preflight) == ("allow-origin-missing", "https://page.test", True)


def test_what_swagger_lists_as_possible_is_no_reason() -> None:
    found = read_console(
        "Failed to fetch.\nPossible Reasons:\n\nCORS\nNetwork Failure\n"
        'URL scheme must be "http" or "https" for CORS request.'
    )
    assert found is not None
    assert (found.rule, found.cause) == (None, "failed-without-reason")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("(blocked:origin)", "same-origin-mode"),
        ("(blocked:csp)", "csp-forbids-it"),
        ("(blocked:mixed-content)", "mixed-content"),
        ("(blocked:other)", "stopped-by-extension"),
        ("(blocked:subresource-filter)", "stopped-by-extension"),
        ("(blocked:content-type)", "wrong-type"),
        ("(blocked:CoepFrameResourceNeedsCoepHeader)", "worker-needs-coep"),
        ("(blocked:NotSameOriginAfterDefaultedToSameOriginByCoepAndDip)", "corp-required-by-coep"),
        ("(canceled)", "request-given-up"),
        ("(failed)", "failed-without-reason"),
        ("(failed)net::ERR_CONNECTION_REFUSED", "connection-refused"),
        ("(failed) net::ERR_CERT_AUTHORITY_INVALID", "tls-failed"),
        ("(failed)net::ERR_BLOCKED_BY_ORB", "opaque-response-blocked"),
        ("CORS error", "cors-without-reason"),
    ],
)
def test_chrome_s_column_status_is_read(status: str, code: str) -> None:
    for row in (status, f"items\t{status}\tfetch\tapp.js:10\t0 B\t12 ms"):
        message = read_console(row)
        assert message is not None, row
        assert (message.cause or message.rule, message.stops) == (code, True)


def test_a_cors_error_with_its_message_is_that_message() -> None:
    found = read_messages(
        "items CORS error fetch\nAccess to fetch at 'https://api.test/items' from origin 'https://app.test' has been "
        "blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
    )
    assert [one.rule for one in found] == ["allow-origin-missing"]


@pytest.mark.parametrize("place", ["frame with URL https://app.test/", "origin https://app.test"])
def test_a_file_that_has_to_be_the_pages_own_is_told_without_a_redirect(place: str) -> None:
    message = read_console(
        f"Unsafe attempt to load URL https://cdn.test/icons.svg from {place}. Domains, protocols and ports must match."
    )
    assert message is not None
    assert message.cause == "same-origin-mode"


def test_a_line_of_many_urls_is_no_row() -> None:
    """Each URL was tried with every end of the others."""
    assert read_messages("https://a.test/" * 1000) == ()


@pytest.mark.parametrize(
    ("title", "rules"),
    [
        (
            "Ensure CORS response header values are valid",
            {
                "allow-origin-missing",
                "allow-origin-multiple",
                "allow-origin-invalid",
                "preflight-allow-methods-invalid",
                "preflight-allow-headers-invalid",
            },
        ),
        ("Ensure preflight responses are valid", {"preflight-status-not-ok", "preflight-redirect"}),
        (
            "Specify a more permissive Cross-Origin Resource Policy to prevent a resource from being blocked",
            {"corp-same-origin", "corp-same-site"},
        ),
    ],
)
def test_a_title_of_chrome_s_issues_that_stands_for_several_rules_names_them_all(title: str, rules: set[str]) -> None:
    message = read_console(title)
    assert message is not None
    assert set(message.rules) == rules
