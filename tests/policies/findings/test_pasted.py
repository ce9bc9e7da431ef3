"""What two origins and a value in a console message tell of the cause."""

from __future__ import annotations

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
