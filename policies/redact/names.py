"""The names that parameters, fields and cookies have whose values are secrets, whatever they look like."""

from __future__ import annotations

from functools import lru_cache

from corsight.policies.redact.plain import decode, humps

LONGEST = 256
"""Characters of the longest name that is looked at: a longer one is a secret's."""

_WORDS = frozenset({
    "auth", "bearer", "cookie", "cred", "creds", "csrf", "hmac", "jwt", "key", "nonce", "otp", "pass", "passcode",
    "pin", "psk", "pw", "pwd", "sess", "session", "sid", "sig", "ticket", "totp", "xsrf",
})  # fmt: skip
_NAMES = _WORDS | {"credentials", "relaystate", "state"}
_PARTS = (
    "token", "secret", "passw", "passphrase", "credential", "signature", "session", "sessid", "apikey", "accesskey",
    "privatekey", "secretkey", "authkey", "authcode", "authoriz", "oauth", "saml", "assertion", "verifier",
)  # fmt: skip
_HARMLESS_CODES = frozenset({
    "area", "colour", "color", "country", "currency", "error", "exit", "http", "iso", "lang", "language", "locale",
    "postal", "region", "response", "status", "zip",
})  # fmt: skip


def is_secret_name(name: str) -> bool:
    """Whether what has this name is a secret. The name may be encoded, of any case, and have brackets or dots in it."""
    return len(name) > LONGEST or _is_secret_name(name)


@lru_cache(maxsize=256)
def _is_secret_name(name: str) -> bool:
    words = [word.lower() for word in humps(decode(name))]
    joined = "".join(words)
    if joined in _NAMES or not _WORDS.isdisjoint(words):
        return True
    if words[-1:] == ["code"]:
        return len(words) == 1 or words[-2] not in _HARMLESS_CODES
    # Several are counted or listed: max_tokens.
    return any(part in joined and f"{part}s" not in words for part in _PARTS)
