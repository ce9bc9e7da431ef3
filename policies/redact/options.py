"""Secrets taken out of a command: the values of its options."""

from __future__ import annotations

import re

from corsight.policies.redact.names import is_secret_name
from corsight.policies.redact.plain import REDACTED

MODES = frozenset({"include", "not-include", "omit", "same-origin", "unknown"})
"""What stands behind `credentials=` in Corsight's own words."""
_OPTION = re.compile(r"((?<![\w-])--)([\w-]{2,64})([ \t]++)(\"[^\"]*+\"|'[^']*+'|(?!-)[^\s]++)").sub
"""An option of a command with its value behind it."""
_USER = re.compile(r"((?<![\w-])(?:-u[ \t=]*+|--(?:proxy-)?user[ \t=]++)[\"']?+[^\s:\"']++:)(?!//)[^\s\"']++").sub
"""curl's option for a user and the password."""
_COOKIES = re.compile(r"(?<![\w-])-b(?:[ \t]*+(?:\"[^\"]*+\"|'[^']*+')|[ \t]++[^\s\"'=]++=[^\s\"']++)").sub
"""curl's option for cookies; `--cookie` is named like a secret."""


def redact_options(text: str) -> str:
    """Return a text with REDACTED in place of what options hold that are named like a secret, and of curl's passwords
    and cookies.
    """
    if "--" in text:
        text = _OPTION(_redact_option, text)
    if "-u" in text:
        text = _USER(rf"\1{REDACTED}", text)
    if "-b" in text:
        text = _COOKIES(f"-b {REDACTED}", text)
    return text


def _redact_option(found: re.Match[str]) -> str:
    begin, name, space, value = found.groups()
    secret = is_secret_name(name) and not (name == "credentials" and value in MODES)
    return f"{begin}{name}{space}{REDACTED if secret else value}"
