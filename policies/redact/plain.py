"""What may be shown of a URL: words, numbers, versions, file names, dates. What looks random may be a secret."""

from __future__ import annotations

import re
from urllib.parse import unquote

REDACTED = "REDACTED"
"""What stands in place of a secret; plain itself."""
LONGEST_VALUE = 64
LONGEST_TEXT = 256
RUNS = 16
"""How many runs of letters and digits are looked at; more look random."""
LAYERS = 3
"""How often a text is percent-decoded at most."""

CONSONANTS = "[bcdfghjklmnpqrstvwxz]{5}"
LONGEST_SPOKEN = 11
"""Letters of a word up to which as many consonants may follow each other: strengths."""
KEY = (
    r"(?:AIza|AKIA|ASIA|SG\.|gh[oprsu]_|github_pat_|glpat-|hf_|npm_|[prs]k_(?:live|test)_|sk-(?:ant|proj)-"
    r"|xox[abeprs]-|ya29\.)[\w.-]{12}"
)
"""How the keys of well-known services begin, which may be made of words."""

_SIMPLE = re.compile(r"[a-z]{1,11}+|[0-9]{1,19}+").fullmatch
_VALUE = re.compile(r"[\w .,:/+*~!()<>|-]++").fullmatch
_RUN = re.compile(r"[^\W_]++").findall
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE).search
_ONE_CASE = re.compile(r"[A-Z]?+[a-z]{0,20}+|[A-Z]{1,8}+").fullmatch
_NUMBER = re.compile(r"[0-9]{1,19}+(?:[a-z]{1,5}+|[A-Z]{1,5}+)?+|[0-9]{1,5}+x[0-9]{1,5}+").fullmatch
_TIME = re.compile(r"[0-9]{2}T[0-9]{2}|[0-9]{8}T[0-9]{4,9}Z?+").fullmatch
_HUMP = re.compile(r"[A-Z]?+[a-z]++|(?:[A-Z](?![a-z]))++").findall
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE).search
_UNSPEAKABLE = re.compile(CONSONANTS, re.IGNORECASE).search
_KEYED = re.compile(rf"(?<![A-Za-z0-9]){KEY}").search


def is_plain(value: str) -> bool:
    """Return whether a query value may be shown: it is short, made of words and numbers, and has no structure of its
    own.
    """
    if _SIMPLE(value):
        return True
    if len(value) > LONGEST_TEXT:
        return False
    text = decode(value)
    return len(text) <= LONGEST_VALUE and _VALUE(text) is not None and not looks_random(text)


def looks_random(text: str) -> bool:
    """Return whether a text that is not encoded looks random: it is long, mixes letters and digits, or mixes their
    case.

    Mixed case is no sign of its own: words that are written together, as in createdAt, can be spoken.
    """
    if len(text) > LONGEST_TEXT or text.startswith("eyJ"):
        return True
    runs = _RUN(text)
    if len(runs) > RUNS:
        return True
    # One short odd piece, such as i18n, tells nothing; several are what random text falls into.
    odd = 0
    for run in runs:
        if not _is_word(run):
            odd += 1
            if odd > 1 or len(run) > 5:
                return True
    return _UUID(text) is not None or _is_key(text, runs) or _KEYED(text) is not None


def decode(text: str) -> str:
    """Return the text percent-decoded, as often as it was encoded."""
    for _ in range(LAYERS):
        if "%" not in text:
            break
        text = unquote(text)
    return text


def humps(text: str) -> list[str]:
    """Return the words of a name that is written in camel case."""
    return _HUMP(text)


def _is_word(run: str) -> bool:
    """Return whether a run of letters and digits is a word, a number, or one after the other."""
    if not run.isascii():
        return len(run) <= 20 and run.isalpha()
    if _ONE_CASE(run):
        return len(run) <= LONGEST_SPOKEN or _UNSPEAKABLE(run) is None
    if _NUMBER(run) or _TIME(run):
        return True
    word = run.rstrip("0123456789")
    if len(run) - len(word) > 12 or not word.isalpha():
        return False
    return _ONE_CASE(word) is not None or _can_be_spoken(word)


def _can_be_spoken(word: str) -> bool:
    """Return whether letters of any case are words written together, an abbreviation among them at most."""
    parts = humps(word)
    short = sum(part.isupper() or _VOWEL(part) is None for part in parts)
    unspeakable = any(len(part) > 16 or _UNSPEAKABLE(part) for part in parts)
    return len(word) >= 3 * len(parts) and short <= 1 and not unspeakable


def _is_key(text: str, runs: list[str]) -> bool:
    """Return whether it is written like a licence key: capitals and digits in groups of one length."""
    return len(runs) > 2 and len(runs[0]) > 3 and text.isupper() and len(set(map(len, runs))) == 1
