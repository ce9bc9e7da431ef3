"""Secrets in URLs, taken out before anything is written where people look."""

from __future__ import annotations

import re

REDACTED = "REDACTED"

_PARAMETER = re.compile(
    r"([?&;#](?:[^=?&;#]{0,64}[_.\-\[])?"
    r"(?:token|access[_-]?token|id[_-]?token|refresh[_-]?token|api[_-]?key|apikey|key|secret|password|passwd|pwd|"
    r"auth|authorization|signature|sig|session|sessionid|sid|jwt|code|credential|x-amz-credential|x-amz-signature)\]?=)"
    r"[^&;#\s'\"”’]+",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.\-]*://)[^/?#\s@'\"]+@", re.IGNORECASE)


def redact(text: str) -> str:
    """The text with the values of secret-looking URL parameters, and user names and passwords in URLs, replaced."""
    if "=" in text:
        text = _PARAMETER.sub(rf"\1{REDACTED}", text)
    if "@" in text:
        text = _USERINFO.sub(rf"\1{REDACTED}@", text)
    return text


def printable(text: str) -> str:
    """The text with control characters escaped, fit for a terminal."""
    return text if text.isprintable() else "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
