"""Words: how counts, lists, URLs and what peers sent are written in the texts of findings."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from corsight.policies.redact import shown

LONGEST = 300
LONGEST_MESSAGE = 1200
SHORT = 256
"""Characters up to which a text is remembered with what is shown of it: origins and URLs come again and again."""
EMPTY = "(empty)"

_remember = lru_cache(maxsize=2048)(shown)


def clean(text: str, longest: int = LONGEST) -> str:
    """Return text from the wire as it can be shown: without secrets and control characters, cut at `longest`."""
    return _remember(text, longest) if len(text) <= SHORT else shown(text, longest)


def clean_all(texts: Sequence[str], most: int, longest: int = 60) -> list[str]:
    """Return the first `most` of these texts, each as it can be shown."""
    return [clean(text, longest) for text in texts[:most]]


def strip_query(url: str, longest: int = 120) -> str:
    """Return a URL as it can be shown, without its query."""
    return clean(url.partition("?")[0], longest)


def name_host(url: str) -> str:
    """Return the host and port of a URL, as it can be shown."""
    return clean(url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2], 100)


def name_path(url: str) -> str:
    """Return the path of a URL without its query, as it can be shown."""
    return strip_query("/" + url.partition("://")[2].partition("/")[2], 80)


def name_header(name: str, value: str | None, longest: int = LONGEST) -> str:
    """Return a header's line as it can be shown; `no NAME` where the header is absent."""
    return f"no {name}" if value is None else f"{name}: {clean(value, longest) or EMPTY}"


def capitalize_name(name: str) -> str:
    """Return a header's name with a capital at each part: Access-Control-Max-Age."""
    return "-".join(part.capitalize() for part in name.split("-"))


def count(number: int, noun: str, nouns: str = "") -> str:
    """Return a count with its noun; the plural is `nouns`, or has an s."""
    return f"{number} {noun}" if number == 1 else f"{number} {nouns or noun + 's'}"


def join(words: Sequence[str]) -> str:
    """Return words as a list in a sentence: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def continue_with(title: str) -> str:
    """Return a title as it goes on after a colon; a header's name keeps its capitals."""
    return title if "-" in title.partition(" ")[0] else title[:1].lower() + title[1:]


def name_codes(rule: str, cause: str | None) -> str:
    """Return the codes of a rule and of the cause behind it, where that is another one."""
    return rule if cause in (None, rule) else f"{rule}, {cause}"


def shorten_id(exchange: str) -> str:
    """Return as much of an exchange's id as is needed to find it."""
    return clean(exchange[:8], 8)
