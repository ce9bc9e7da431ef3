"""Reads a message whose end was cut off, as titles and terminals cut it: by how its reason begins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from corsight.policies.console.around import read_around
from corsight.policies.console.model import Message
from corsight.policies.console.patterns import QUOTE, SLOT, Pattern, order_rules

ENOUGH = 10
"""Characters of a reason that tell it from others."""
_REASON = re.compile(
    r"(?:has been blocked by CORS policy:(?:\s+Response to preflight request doesn.t pass access control check:)?|"
    r"\(Reason:)\s+(?P<reason>.+)"
)
_QUOTES = re.compile(QUOTE)


def find_cut(body: str, patterns: Callable[[], Iterable[Pattern]]) -> Message | None:
    """Return what a message says of which only the beginning is there; None where too little is.

    `patterns` returns the texts that browsers write.
    """
    found = _REASON.search(body)
    if found is None:
        return None
    text = _flatten(found["reason"]).rstrip(" .…")
    begun = [one for one in patterns() if not one.whole and one.rules and _begins(one, text)]
    if len(text) < ENOUGH or not begun:
        return None
    first = begun[0]
    rules = order_rules({rule for one in begun if one.engine == first.engine for rule in one.rules})
    preflight = True if "preflight" in found[0] else None
    message = Message(first.engine, rules, exact=False, preflight=preflight)
    return read_around(message, body, found.start("reason"), found.end(), whole=False)[0]


def _begins(pattern: Pattern, text: str) -> bool:
    """Return whether the text is a beginning of the pattern's, or goes as far as its first value."""
    words = _flatten(pattern.template.split(SLOT)[0])
    return words.startswith(text) or (len(words) >= ENOUGH and text.startswith(words))


def _flatten(text: str) -> str:
    return " ".join(_QUOTES.sub("'", text).split())
