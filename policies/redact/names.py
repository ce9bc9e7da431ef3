"""The names that parameters, fields and cookies have whose values are secrets, whatever they look like."""

from __future__ import annotations

from functools import lru_cache

from corsight.policies.redact.plain import decode, humps

LONGEST = 256
"""Characters of the longest name that is looked at: a longer one is a secret's."""

_WORDS = frozenset({
    "auth", "bearer", "cookie", "cred", "creds", "csrf", "cvc", "cvv", "hmac", "jwt", "nonce", "otp", "pass", "pin",
    "psk", "pswd", "pw", "pwd", "sess", "session", "sid", "sig", "ssn", "ticket", "totp", "xsrf",
})  # fmt: skip
_NAMES = _WORDS | {"code", "credentials", "key", "relaystate", "state"}
_PARTS = (
    "token", "secret", "passw", "passphrase", "credential", "signature", "session", "sessid", "authoriz", "oauth",
    "saml", "assertion", "verifier", "accesskey",
)  # fmt: skip
_HARMLESS = frozenset({
    "area", "bar", "colour", "color", "country", "currency", "de", "don", "en", "error", "exit", "geo", "hoc", "hot",
    "http", "iso", "joc", "lang", "language", "locale", "mon", "op", "post", "postal", "public", "qr", "region",
    "response", "sort", "status", "tur", "uni", "whis", "zip",
})  # fmt: skip
"""What stands before `code` or `key` where it is no secret's: country_code, sortKey, monkey."""


def is_secret_name(name: str) -> bool:
    """Return whether what has this name is a secret.

    The name may be encoded, of any case, and have brackets or dots in it.
    """
    return len(name) > LONGEST or _is_secret_name(name)


@lru_cache(maxsize=256)
def _is_secret_name(name: str) -> bool:
    words = [word.lower() for word in humps(decode(name))]
    joined = "".join(words)
    if joined in _NAMES or not _WORDS.isdisjoint(words):
        return True
    # Several are counted or listed: max_tokens.
    if any(part in joined and f"{part}s" not in words for part in _PARTS):
        return True
    pairs = [*zip(["", *words], words, strict=False)]
    return any(_ends_in("key", *pair) for pair in pairs) or any(_ends_in("code", *pair) for pair in pairs[-1:])


def _ends_in(ending: str, before: str, word: str) -> bool:
    """Return whether a word, or the word behind another, is a code or a key of a kind that is a secret."""
    return word.endswith(ending) and (word.removesuffix(ending) or before) not in _HARMLESS
