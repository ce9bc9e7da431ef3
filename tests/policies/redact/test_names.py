"""Which names are those of secrets."""

from __future__ import annotations

import pytest

from corsight.policies.redact.names import LONGEST, is_secret_name

NAMES = [
    "token", "access_token", "id-token", "authToken", "csrfToken", "xsrf_token", "__token__", "token[]", "a[token]",
    "token1", "refreshtoken", "ToKeN", "code", "auth_code", "state", "SAMLResponse", "SAMLRequest", "RelayState",
    "ticket", "code_verifier", "client_assertion", "nonce", "otp", "pin", "PHPSESSID", "JSESSIONID",
    "ASP.NET_SessionId", "connect.sid", "session", "sess", "sid", "AWSAccessKeyId", "X-Amz-Signature",
    "X-Amz-Credential", "X-Amz-Security-Token", "sig", "signature", "Key-Pair-Id", "apikey", "api_key", "xApiKey",
    "x-api-key", "key", "clientSecret", "privateKey", "password", "passwd", "pwd", "pass", "passphrase", "jwt",
    "bearer", "auth", "Authorization", "oauth_verifier", "credentials", "hmac", "%74oken",
    "%2574oken", "\uff54oken", "%EF%BD%94oken", "passkey", "licenceKey", "accesscode", "sms_code", "code[]", "cvv",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_s_name_is_known_however_it_is_spelt(name: str) -> None:
    assert is_secret_name(name)
    assert is_secret_name(name.upper())
    assert is_secret_name(f"{name}[]")
    assert is_secret_name(f"auth[{name}]")


@pytest.mark.parametrize(
    "name",
    [
        "monkey",
        "hotkey",
        "sort_key",
        "keyword",
        "barcode",
        "encode",
        "",
        "42",
        "author",
        "country_code",
        "postalCode",
        "tokens_used",
        "max_tokens",
        "passive",
        "page",
        "signed",
    ],
)
def test_other_names_are_no_secret_s(name: str) -> None:
    assert not is_secret_name(name)


def test_a_name_too_long_to_be_read_is_a_secret_s() -> None:
    assert is_secret_name("a" * (LONGEST + 1))
    assert not is_secret_name("a" * LONGEST)
