"""Secrets behind a name and a colon: headers in a text, and members of JSON. Sentences are left as they are."""

from __future__ import annotations

import re

from corsight.policies.redact.plain import REDACTED, looks_random

_FIELDS = ("authorization", "cookie", "token", "secret", "password", "passwd", "passphrase", "key")
_SCHEMES = ("apikey", "basic", "bearer", "digest", "dpop", "hawk", "negotiate", "ntlm")
_LABELS = (
    *(field + end for field in _FIELDS for end in (":", '":', "':", " =", '" =', "' =")),
    *(scheme + end for scheme in _SCHEMES for end in (" ", ":")),
    *(f"authorization{end}" for end in ("=", '"=', "'=")),
)
_AUTHORIZATION = re.compile(
    r"(authorization[\"']?[ \t]?[:=][ \t]*+[\"']?+)"
    r"((?:basic|bearer|digest|dpop|hawk|negotiate|ntlm|token) ++)?+"
    # Parameters have quotes of their own, which JSON escapes.
    r"((?:[^\"'\r\n]|(?<==)\"[^\"\r\n]*+\"|(?<==\\)\"[^\"\\\r\n]*+\\\")++)",
    re.IGNORECASE,
).sub
_CREDENTIALS = re.compile(rf"\b((?:{'|'.join(_SCHEMES)}):?+ ++)([^\s\"',;]++)(?!\")", re.IGNORECASE).sub
_NAMED = re.compile(
    r"((?:token|secret|password|passwd|passphrase|(?:access|api|encryption|master|private|secret|signing)[_-]?key)"
    r"[\"']?(?:[ \t]?:[ \t]*+| =>? ++)[\"']?+)([^\s\"',;}]++)",
    re.IGNORECASE,
).sub
_COOKIES = re.compile(r"(cookie[\"']?[ \t]?:[ \t]*+)([^\r\n]++)", re.IGNORECASE).sub
_COOKIE_VALUE = re.compile(r"[^\s\"',]++").sub
_VALUE_ALONE = re.compile(r" *+[^\s\"',]++ *+").fullmatch
_SENTENCE = re.compile(r",? [a-z]").match
_ATTRIBUTES = frozenset({"domain", "expires", "max-age", "path", "priority", "samesite"})


def has_header(text: str) -> bool:
    """Return whether a text may have such a header in it; quick, since most have none."""
    text = text.lower().replace("\t", " ").replace(" :", ":")
    for label in _LABELS:  # noqa: SIM110 (any() takes twice the time)
        if label in text:
            return True
    return False


def redact_headers(text: str) -> str:
    """Return the text with the values of its headers, and of JSON's members, replaced that are named like secrets."""
    text = _AUTHORIZATION(_redact_authorization, text)
    text = _CREDENTIALS(_redact_credentials, text)
    text = _NAMED(_redact_named, text)
    return _COOKIES(_redact_cookies, text)


def _redact_authorization(found: re.Match[str]) -> str:
    label, scheme, value = found.groups(default="")
    word = value.partition(" ")[0]
    if not scheme and word.islower() and word.isalpha() and _SENTENCE(value, len(word)):
        return found[0]
    return f"{label}{scheme}{REDACTED}"


def _redact_credentials(found: re.Match[str]) -> str:
    return found[0] if found[2].isalpha() and not looks_random(found[2]) else f"{found[1]}{REDACTED}"


def _redact_named(found: re.Match[str]) -> str:
    word = found[2]
    is_sentence = word.islower() and word.isalpha() and _SENTENCE(found.string, found.end())
    return found[0] if is_sentence else f"{found[1]}{REDACTED}"


def _redact_cookies(found: re.Match[str]) -> str:
    parts = found[2].split(";")
    for place, part in enumerate(parts):
        name, equals, value = part.partition("=")
        if equals and name.strip().lower() not in _ATTRIBUTES:
            parts[place] = f"{name}={_COOKIE_VALUE(REDACTED, value, 1)}"
        elif not equals and _VALUE_ALONE(part) and looks_random(part.strip()):
            # A cookie without a name.
            parts[place] = _COOKIE_VALUE(REDACTED, part, 1)
    return found[1] + ";".join(parts)
