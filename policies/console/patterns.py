"""Patterns: a text that a browser writes, with places for the values in it."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from corsight.policies.console.model import LIKELIER
from corsight.policies.fetch.cors_check import classify
from corsight.policies.rules import RULES
from corsight.policies.verdict import EngineName

SLOT = "\0"
_WORD = r"\S{1,2000}?"
GROUPS = {
    "url": _WORD,
    "initial_url": _WORD,
    "origin": _WORD,
    "value": r".{0,1000}?",
    "target": _WORD,
    "directive": r"[\w-]+",
    "page": _WORD,
    "kind": r"[\w ]{1,40}?",
    "method": r"[A-Za-z-]+",
    "status": r"\d{1,3}",
}
"""What each value of a message looks like. Any other slot stands for words that are not kept."""
QUOTE = "['\"‘’“”„‚«»`]"
_QUOTES = re.compile(QUOTE)


class Pattern(NamedTuple):
    """A text with places for its values: whose it is, which rules are worded so, and which cause it tells.

    `whole` tells that it is all of a message, not a sentence of one.
    """

    engine: EngineName
    template: str
    rules: tuple[str, ...]
    cause: str | None
    preflight: bool | None
    error: str | None
    whole: bool

    @property
    def literals(self) -> str:
        """Its own words."""
        return "".join(self.template.split(SLOT)[::2])

    @property
    def regex(self) -> re.Pattern[str]:
        """What its texts match."""
        return compile_template(self.template)


def slot(name: str) -> str:
    """Return the mark of a value's place in a template."""
    return f"{SLOT}{name}{SLOT}"


def order_rules(rules: set[str]) -> tuple[str, ...]:
    """Return the rules, the likeliest first."""
    return tuple(dict.fromkeys([*(one for one in LIKELIER if one in rules), *(one for one in RULES if one in rules)]))


def narrow(rules: tuple[str, ...], said: str | None) -> tuple[str, ...]:
    """Return the rules with the one first that the value which the message shows fails by."""
    if said is None or len(rules) < 2:
        return rules
    first = classify(said)
    return (first, *(rule for rule in rules if rule != first)) if first in rules else rules


def find_anchor(template: str) -> str:
    """Return the longest run of a template's own words that no quote breaks: without it no text matches."""
    return (
        max((run for piece in template.split(SLOT)[::2] for run in _QUOTES.split(piece)), key=len).strip().rstrip(".")
    )


@cache
def compile_template(template: str) -> re.Pattern[str]:
    """Return the pattern of a template. Of some hundred of them a message needs a few.

    Quotes of any kind are taken for each other, and so is white space: a message may have been wrapped. A value that
    ends the text goes on to the end of its line.
    """
    pieces = template.split(SLOT)
    seen: set[str] = set()
    parts: list[str] = []
    for index, piece in enumerate(pieces):
        if index % 2 == 0:
            parts.append(_QUOTES.sub(lambda _: QUOTE, re.escape(piece)).replace("\\ ", r"\s+"))
        elif piece not in GROUPS:
            parts.append(".{0,200}?")
        elif piece in seen:
            parts.append(f"(?P={piece})")
        else:
            seen.add(piece)
            parts.append(f"(?P<{piece}>{GROUPS[piece]})")
    # People leave the full stop off that ends a message.
    if pieces[-1].endswith(".") and len(pieces[-1]) > 1:
        parts[-1] = parts[-1].removesuffix(r"\.") + r"\.?"
    # A full stop that ends a message stands behind its last value, not in it.
    # Behind a policy's directive stand its sources.
    ends = len(pieces) > 1 and pieces[-2] != "directive"
    end = {"": r"(?=\.?\s*$)", ".": r"(?=\s|$)"}.get(pieces[-1], "") if ends else ""
    return re.compile("".join(parts) + end, re.MULTILINE)
