"""What the URLs, the origin, the value and the status in a console message tell of the cause."""

from __future__ import annotations

from typing import Any

import pytest

from corsight.policies.findings.pasted import explain_message

APP, URL = "https://app.example", "https://api.example/v1"


@pytest.mark.parametrize(
    ("rule", "value", "code"),
    [
        ("allow-origin-mismatch", f"{APP}/", "origin-not-exact"),
        ("allow-origin-invalid", f'["{APP}"]', "origin-not-exact"),
        ("allow-origin-mismatch", "http://app.example", "origin-differs-slightly"),
        ("allow-origin-mismatch", "https://www.app.example", "origin-differs-slightly"),
        ("allow-origin-mismatch", "https://*.example", "origin-pattern"),
        ("allow-origin-mismatch", "null", "origin-null-answered"),
        ("allow-credentials-not-true", "True", "credentials-not-exact"),
    ],
)
def test_a_cause_that_the_values_tell(rule: str, value: str, code: str) -> None:
    cause = explain_message(rule, "chromium", origin=APP, url=URL, value=value, preflight=False)
    assert cause is not None
    assert cause.code == code
    assert "\0" not in cause.cause + cause.action + cause.title


@pytest.mark.parametrize(
    ("rule", "origin", "value"),
    [
        ("allow-origin-mismatch", APP, "https://other.example"),
        ("allow-origin-mismatch", None, "https://other.example"),
        ("allow-origin-missing", APP, None),
        ("preflight-method-not-allowed", APP, "PUT"),
        ("allow-credentials-not-true", APP, "maybe"),
    ],
)
def test_what_the_values_do_not_tell_is_left_to_the_rule(rule: str, origin: str | None, value: str | None) -> None:
    assert explain_message(rule, "firefox", origin=origin, url=URL, value=value, preflight=True) is None


@pytest.mark.parametrize(
    ("told", "code", "said"),
    [
        ({"status": 413}, "error-reply-without-cors", "The real problem is the 413 (the request is too large)"),
        ({"status": 500}, "framework-error-without-cors", "The real problem is the 500"),
        ({"status": 503}, "gateway-error-without-cors", "from a gateway, in front of the application"),
        ({"status": 522}, "gateway-error-without-cors", "did not take the connection in time"),
        ({"status": 401, "preflight": True}, "preflight-needs-authentication", "refused by authentication"),
        (
            {"status": 403, "preflight": True},
            "preflight-needs-authentication",
            "a list of allowed origins, a login or a firewall",
        ),
        ({"status": 405, "preflight": True}, "preflight-not-routed", "No route for OPTIONS"),
        ({"status": 502, "preflight": True}, "preflight-failed", "The real problem is the 502"),
        (
            {"url": "https://team.cloudflareaccess.com/cdn-cgi/access/login/app.example", "initial_url": f"{APP}/sync"},
            "redirect-to-login",
            "Redirected to a login page",
        ),
        ({"kind": "font"}, "allow-origin-missing", "No Access-Control-Allow-Origin header"),
    ],
)
def test_a_cause_that_the_status_and_the_urls_tell(told: dict[str, Any], code: str, said: str) -> None:
    preflight = told.get("preflight", False)
    rule = "preflight-status-not-ok" if preflight else "allow-origin-missing"
    cause = explain_message(rule, "chromium", **{"origin": APP, "url": URL, "value": None, "preflight": False} | told)
    assert cause is not None
    assert cause.code == code
    assert said in cause.title
    assert "\0" not in cause.cause + cause.action + cause.title
    assert "OPTIONS /v1" not in cause.cause


def test_what_markup_can_do_is_said_of_what_it_asked_for() -> None:
    login = {"url": "https://sso.example/login", "initial_url": f"{APP}/manifest.webmanifest", "kind": "manifest"}
    for told, said in (
        (login, 'crossorigin="use-credentials" on its link element'),
        ({"kind": "font"}, "serve the font from the page's own origin"),
        ({"kind": "image"}, "remove crossorigin from the element"),
        ({"kind": "image", "rule": "allow-origin-wildcard"}, 'crossorigin="anonymous" instead of "use-credentials"'),
    ):
        fields = {"rule": "allow-origin-missing", "origin": APP, "url": URL, "value": None, "preflight": False} | told
        cause = explain_message(fields.pop("rule"), "chromium", **fields)
        assert cause is not None
        assert said in cause.action


def test_several_values_and_the_wildcard_are_told_as_of_traffic() -> None:
    told = {"origin": APP, "url": URL, "preflight": False}
    for rule, value, code in (
        ("allow-origin-multiple", "*, *", "two-layers-answer"),
        ("allow-origin-multiple", f"{APP}, https://b.example", "origin-list"),
        ("allow-origin-wildcard", None, "wildcard-with-credentials"),
    ):
        cause = explain_message(rule, "chromium", value=value, **told)
        assert cause is not None
        assert cause.code == code


def test_patch_in_lower_case_is_the_pages_own() -> None:
    cause = explain_message(
        "preflight-method-not-allowed", "chromium", origin=APP, url=URL, value="patch", preflight=True, method="patch"
    )
    assert cause is not None
    assert (cause.code, cause.actor) == ("lower-case-method", "client")


@pytest.mark.parametrize("origin", [APP, None])
def test_a_cors_header_in_the_request_is_the_pages_to_take_out(origin: str | None) -> None:
    cause = explain_message(
        "preflight-header-not-allowed",
        "chromium",
        origin=origin,
        url=URL,
        value="access-control-allow-origin",
        preflight=True,
    )
    assert cause is not None
    assert (cause.code, cause.actor, cause.mended_by_headers) == ("cors-header-sent-by-page", "client", False)
    assert "None" not in cause.cause + cause.action + cause.title
