"""Patterns: a text that a browser writes, with places for the values in it."""

from __future__ import annotations

import re
from typing import NamedTuple

from corsight.policies.console.model import LIKELIER
from corsight.policies.rules import RULES
from corsight.policies.verdict import EngineName

SLOT = "\0"
GROUPS = {
    "url": r"\S+?",
    "initial_url": r"\S+?",
    "origin": r"\S+?",
    "value": r".*?",
    "target": r"\S+?",
    "directive": r"[\w-]+",
    "page": r"\S+?",
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
    regex: re.Pattern[str]
    literals: str
    rules: tuple[str, ...]
    cause: str | None
    preflight: bool | None
    error: str | None
    whole: bool


def slot(name: str) -> str:
    """Return the mark of a value's place in a template."""
    return f"{SLOT}{name}{SLOT}"


def order_rules(rules: set[str]) -> tuple[str, ...]:
    """Return the rules, the likeliest first."""
    return tuple(dict.fromkeys([*(one for one in LIKELIER if one in rules), *(one for one in RULES if one in rules)]))


def compile_template(template: str) -> tuple[re.Pattern[str], str]:
    """Return the pattern of a template, and its own words.

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
            parts.append(".*?")
        elif piece in seen:
            parts.append(f"(?P={piece})")
        else:
            seen.add(piece)
            parts.append(f"(?P<{piece}>{GROUPS[piece]})")
    # A full stop that ends a message stands behind its last value, not in it.
    end = {"": r"(?=\s*$)", ".": r"(?=\s|$)"}.get(pieces[-1], "") if len(pieces) > 1 else ""
    return re.compile("".join(parts) + end, re.MULTILINE), "".join(pieces[::2])
