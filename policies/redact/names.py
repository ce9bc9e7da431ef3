"""The names that parameters, fields and cookies have whose values are secrets, whatever they look like."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from unicodedata import normalize

from corsight.policies.redact.plain import decode, humps

LONGEST = 256
"""Characters of the longest name that is looked at: a longer one is a secret's."""

_WORDS = frozenset({
    "auth", "bearer", "cookie", "cred", "creds", "csrf", "cvc", "cvv", "hmac", "jwt", "mfa", "mnemonic", "nonce", "otp",
    "pass", "pin", "psk", "pswd", "pw", "pwd", "sess", "session", "sid", "sig", "ssn", "ticket", "tkn", "totp", "xsrf",
})  # fmt: skip
_NAMES = _WORDS | {"code", "credentials", "fa", "key", "relaystate", "sign", "state"}
_PARTS = (
    "token", "secret", "passw", "passphrase", "credential", "signature", "session", "sessid", "authoriz", "oauth",
    "saml", "assertion", "verifier", "accesskey",
)  # fmt: skip
_FILES, _STANDING = (".css", ".htm", ".html", ".js", ".json", ".php", ".svg"), ("*", "{", ":", "<", "[", "$")
"""How files' names end, and what begins that stands for any segment."""
_HARMLESS = frozenset({
    "area", "bar", "colour", "color", "country", "currency", "de", "don", "en", "error", "exit", "geo", "hoc", "hot",
    "http", "iso", "joc", "lang", "language", "locale", "mon", "op", "post", "postal", "public", "qr", "region",
    "response", "sort", "status", "tur", "uni", "whis", "zip",
})  # fmt: skip
"""What stands before `code` or `key` where it is no secret's: country_code, sortKey, monkey."""
HINTS = (
    "activat", "confirm", "invit", "magic", "otp", "passcode", "passw", "pwd", "recover", "reset", "secret", "sessi",
    "token", "unsubscribe", "verif", "key",
)  # fmt: skip
"""What is in a path's segment behind which a secret may stand, as in a link that is sent by mail."""
_VAGUE = ("sessi", "key")
"""Hints that tell something only where the whole name is a secret's: `/sessionid/`, but not `/sessions/`."""
_LISTS = ("invites", "invitations", "passwords", "secrets", "tokens", "verifications")
"""Behind these stands which one is meant."""
_LINKS = frozenset({
    "activate", "activation", "confirm", "confirmation", "invitation", "invite", "magic", "otp", "recover", "recovery",
    "reset", "unsubscribe", "verification", "verify",
})  # fmt: skip
_KINDS = ("passcode", "passwd", "password", "pwd", "secret", "sessid", "sessionid", "token", *(
    f"{kind}key" for kind in ("access", "api", "encryption", "master", "private", "secret", "signing")
))  # fmt: skip
"""How the last two words of a name end, written together, behind which a word is a secret too."""
_STEPS = frozenset({
    "accept", "account", "all", "cancel", "change", "check", "code", "complete", "create", "decline", "done", "edit",
    "email", "error", "exchange", "expired", "forgot", "form", "index", "info", "introspect", "link", "list", "login",
    "mail", "new", "page", "phone", "policy", "refresh", "request", "resend", "revoke", "rotate", "send", "settings",
    "sms", "start", "status", "submit", "success", "update", "user", "users", "validate",
})  # fmt: skip
"""Words that are none there: what is done next, and to what."""


def may_hint(path: str) -> bool:
    """Return whether a path may have a segment with such a name; quick, since most have none."""
    path = path.lower()
    for hint in HINTS:  # noqa: SIM110 (any() takes twice the time)
        if hint in path:
            return True
    return False


@lru_cache(maxsize=256)
def hints_at_secret(segment: str) -> bool:
    """Whether what stands behind this segment of a path is a secret where it is no word."""
    name = decode(segment[:LONGEST]).lower()
    return _hints(name) and not name.endswith(_LISTS)


@lru_cache(maxsize=256)
def names_secret(segment: str) -> bool:
    """Whether what stands behind this segment of a path is a secret where it is a word as well."""
    words = [word.lower() for word in humps(decode(segment[:LONGEST]))]
    return not _LINKS.isdisjoint(words) or _ends_in_kind(words)


@lru_cache(maxsize=256)
def is_kind_of_secret(name: str) -> bool:
    """Whether a name says by its last word that what it has is a secret: `password:` in a search, not `state:`."""
    return _ends_in_kind([word.lower() for word in humps(name[:LONGEST])])


def _ends_in_kind(words: list[str]) -> bool:
    return "".join(words[-2:]).endswith(_KINDS)


def _hints(name: str) -> bool:
    """Return whether a name in small letters, decoded, may be that of a secret."""
    found = [hint for hint in HINTS if hint in name]
    return any(hint not in _VAGUE for hint in found) or (bool(found) and _ends_in_kind(humps(name)))


def is_step(segment: str) -> bool:
    """Whether a word is no secret, though it stands behind such a segment: `/token/refresh`, `/password/reset`."""
    name = segment.lower()
    return name in _STEPS or _hints(name) or name.endswith(_FILES) or name.startswith(_STANDING)


def is_secret_name(name: str) -> bool:
    """Return whether what has this name is a secret.

    The name may be encoded, of any case, and have brackets or dots in it.
    """
    return len(name) > LONGEST or _is_secret_name(name)


@lru_cache(maxsize=256)
def _is_secret_name(name: str) -> bool:
    words = [word.lower() for word in humps(_read_letters(decode(name)))]
    joined = "".join(words)
    if joined in _NAMES or not _WORDS.isdisjoint(words):
        return True
    # Several are counted or listed: max_tokens.
    if any(part in joined and f"{part}s" not in words for part in _PARTS):
        return True
    pairs = [*zip(["", *words], words, strict=False)]
    return any(_ends_in("key", *pair) for pair in pairs) or any(_ends_in("code", *pair) for pair in pairs[-1:])


def _read_letters(name: str) -> str:
    """Return a name with letters of any width as what they stand for, those that were sent as bytes of UTF-8 too."""
    if name.isascii():
        return name
    with suppress(UnicodeError):
        name = name.encode("latin-1").decode()
    return normalize("NFKC", name)


def _ends_in(ending: str, before: str, word: str) -> bool:
    """Return whether a word, or the word behind another, is a code or a key of a kind that is a secret."""
    return word.endswith(ending) and (word.removesuffix(ending) or before) not in _HARMLESS
