"""Secrets taken out of a text: of the URLs in it, and of the headers."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice

from corsight.policies.redact.headers import has_header, redact_headers
from corsight.policies.redact.names import (
    hints_at_secret,
    is_kind_of_secret,
    is_secret_name,
    is_step,
    may_hint,
    names_secret,
)
from corsight.policies.redact.options import MODES, redact_options
from corsight.policies.redact.plain import (
    CONSONANTS,
    KEY,
    LONGEST_SPOKEN,
    LONGEST_TEXT,
    LONGEST_VALUE,
    REDACTED,
    decode,
    is_plain,
    looks_random,
)

LONGEST = 8192
"""Characters of a text that are looked at: what comes after them is left out."""
SHORT = 256
"""Characters of a text up to which it is remembered how it is shown."""
LONGEST_URL = 2048
"""Characters of a URL that is redacted in one pass."""
LONGEST_WORD = 12
"""Characters of a name up to which it is no secret, however it looks."""
MOST = 512
"""How many marks there may be in a text's words that are not plain: what comes after them is left out."""
PASSES = 8
"""How often a text is gone through until nothing changes; where it still does, nothing of it is shown."""

_LETTERS = rf"(?:[a-z]{{1,{LONGEST_SPOKEN}}}+(?![a-z])|(?![a-z]{{0,11}}{CONSONANTS})[a-z]{{1,16}}+)"
_WORD = (
    rf"(?!{KEY})(?:{_LETTERS}[0-9]{{0,4}}+|[A-Z][a-z]{{1,15}}+|(?:[A-Z]{{1,8}}+|[0-9]{{1,12}}+)(?![-_.][A-Z]))"
    r"(?![A-Za-z0-9])"
)
_HOST = r"://[\w.-]++(?::[0-9]++)?+(?![\w:@\[])"
_WORDS = re.compile(rf"(?:{_WORD}|[./,_'\"()‘’“”…-]++|{_HOST}|:(?!/))*+").fullmatch
"""Words and numbers with something between them, but for spaces; or a URL whose path is made of these."""


def _is_plain(text: str) -> bool:
    """Return whether a text may be shown as it is: nothing in it looks random, or stands behind a secret's name."""
    return _WORDS(text) is not None and not ("/" in text and may_hint(text))


def redact(text: str) -> str:
    """Return the text, a URL, a header or a sentence with such in it, with REDACTED in place of what may be a secret.

    Redacting twice changes nothing more: what comes out is what a pass leaves as it is.
    """
    if len(text) <= SHORT:
        return _redact_short(text)
    return _redact_long(text if len(text) <= LONGEST else cut(text, LONGEST))


def _redact_any(text: str) -> str:
    url = _redact_plain_url(text)
    if url is not None and len(url) <= LONGEST_URL:
        return url
    for _ in range(PASSES):
        before = text if len(text) <= LONGEST else cut(text, LONGEST)
        text = _redact_once(before)
        if text == before:
            return text
    return REDACTED


# The same text is written in several places, one after the other; the same origins and URLs come time and again.
_redact_short, _redact_long = lru_cache(maxsize=1024)(_redact_any), lru_cache(maxsize=16)(_redact_any)


def cut(text: str, longest: int) -> str:
    """Return the beginning of a very long text, up to a place where no value is cut in two."""
    place = max(text.rfind(char, 0, longest) for char in " /?#&;")
    return text[: place + 1] + REDACTED


def _redact_plain_url(text: str) -> str | None:
    """Return a URL whose path is plain, as most are: one pass is enough. None for what is none, or long."""
    if len(text) > LONGEST_URL:
        return None
    path, _, query = text.partition("?")
    if not _is_plain(path):
        return None
    if len(path) == len(text):
        return text
    if query[-1:].isalnum() and query.isprintable() and " " not in query and "#" not in query:
        return f"{path}?{_redact_pairs(query)}"
    return None


def _redact_once(text: str) -> str:
    if (url := _redact_plain_url(text)) is not None:
        return url
    if (" " in text or '"' in text or "\t" in text) and has_header(text):
        text = redact_headers(text)
    if "</" in text:
        text = _ELEMENT(_redact_element, text)
    if "-" in text:
        text = redact_options(text)
    if text.isprintable():
        return " ".join(_redact_words(text.split(" ")))
    return "".join(_redact_words(_SPACES(text)))


def _redact_element(found: re.Match[str]) -> str:
    begin, name, more, value = found.groups()
    secret = value.strip() and is_secret_name(name.rpartition(":")[2])
    return f"{begin}{name}{more}{REDACTED if secret else value}"


def _redact_words(words: list[str]) -> list[str]:
    marks = 0
    for place, word in enumerate(words):
        if not word or word.isalpha() or _is_plain(word):
            continue
        if len(word) <= LONGEST_VALUE:
            words[place], more = _redact_short_word(word)
            marks += more
        else:
            # Each mark may begin something that has to be looked at by itself.
            ends = [mark.end() for mark in islice(_MARKS(word), MOST - marks + 1)]
            marks += len(ends)
            if marks > MOST:
                return [*words[:place], _redact_word(cut(word, ends[-1]))]
            words[place] = _redact_word(word)
        if marks > MOST and place + 1 < len(words):
            return [*words[: place + 1], REDACTED]
    return words


@lru_cache(maxsize=1024)
def _redact_short_word(word: str) -> tuple[str, int]:
    """Return a word as it may be shown, and how many marks it has, one at least. A text has most of them several times,
    and is gone through again.
    """
    return _redact_word(word), max(1, len(_MARKS_IN(word)))


_ELEMENT = re.compile(r"(<)([\w:.-]{1,64})((?:\s[^<>]{0,200})?>)([^<>]++)(?=</)").sub
"""An element of markup that holds a text alone."""
_MARKS, _MARKS_IN = re.compile(r"[\W_]").finditer, re.compile(r"[\W_]").findall
_SPACES = re.compile(r"([ \t\r\n]++)").split
_OPENING, _CLOSING = "'\"(<[{‘“`", "'\")>]},.;:!?…’”`"
_QUOTES = "'\""
_FIRST = re.compile(r"[=/?#]").search
_PAIRS = re.compile(r"([&;])").split
_PIECES = re.compile(r"([^\w-]++)").split
_CUT_OFF = re.compile(r"((?:[a-z][a-z0-9+.-]*+:)?+//)[^/?#@:]*+:[^/?#@]*+#[^/?@]*+(?=@)", re.IGNORECASE).match
_EMAIL = re.compile(r"[\w.+-]++(@(?!v[0-9])[a-z][\w-]*+(?:\.[\w-]++)++)", re.IGNORECASE).fullmatch
_DIGIT = re.compile(r"[0-9]").search
_VERSION = re.compile(r"v[0-9.]++", re.IGNORECASE).fullmatch
_AUTHORITY = re.compile(r"[\w.\-\[\]:*,<>{}$]*+").fullmatch
_NAME = re.compile(r"[\w.-]++").fullmatch
_PASSWORD = re.compile(r"(?=[^a-zA-Z0-9]*+[a-zA-Z0-9])[\w.:*-]++").fullmatch
"""What may stand where a port does, and be none: names in braces and the like are those of templates."""
_PORTS = re.compile(r"[0-9:]*+").fullmatch
"""A port, or two of them, which is a mistake that has to be seen."""
_ELEMENTS = re.compile(r"<([\w:.-]++)").findall
"""The names of markup's elements."""
_FIELDS = re.compile(r"([\w.-]++)\"?:").findall
"""The names in front of colons."""
_NAMES_IN = re.compile(r"([\w.-]++)[=:]").findall
"""The names that a name holds itself."""
_ADDRESSES = ("acct", "mailto", "sip", "sips", "xmpp")
_SCHEMES = ("https", "wss")
_BLOB = re.compile(r"(?=[^a-z]*+[a-z])(?=[^A-Z]*+[A-Z])(?=[^0-9]*+[0-9])[\w+~.:-]{14,}+").fullmatch
_KEY = re.compile(rf"(?:{KEY}|[prs]k[-_][\w.-]{{12}})[\w.-]*+").fullmatch
"""A key of a well-known service."""


def _redact_word(word: str) -> str:
    """Return a word of a text, which may be a URL in quotes or brackets."""
    core = word.lstrip(_OPENING)
    before = word[: len(word) - len(core)]
    core = core.rstrip(_CLOSING)
    after = word[len(before) + len(core) :]
    if _FIRST(core) is None:
        return before + _redact_bare(core) + after
    cut_off = _CUT_OFF(core)
    if cut_off is not None:
        # A password that an unencoded # cuts off.
        core = f"{cut_off[1]}{REDACTED}{core[cut_off.end() :]}"
    return before + "#".join(map(_redact_url, core.split("#"))) + after


def _redact_bare(core: str) -> str:
    """Return a word that is not a URL and no pair."""
    name, _, value = core.partition(":")
    if value and _NAME(name) and (is_secret_name(name) or ("@" not in value and looks_random(value))):
        return f"{name}:{REDACTED}"
    if _KEY(core):
        return REDACTED
    if "@" in core or "%" in core or "eyJ" in core or _BLOB(core):
        return _redact_pieces(core)
    return core


def _redact_url(text: str) -> str:
    """Return a URL without fragment, or a fragment: a path and a query, or a query alone."""
    first = _FIRST(text)
    if first is None:
        return _redact_segment(text)
    if first[0] == "=":
        return _redact_pairs(text)
    path, mark, query = text.partition("?")
    if query.startswith("://") and path.endswith(_SCHEMES):
        # A pattern for both: https?://
        more, end, query = query.partition("?")
        path, mark = path + mark + more, end
    return _redact_path(path) + mark + _redact_pairs(query)


def _redact_path(path: str) -> str:
    segments = path.split("/")
    before, hints = "", "%" in path or may_hint(path)
    for place, segment in enumerate(segments):
        # A scheme may also come later: /proxy/https://u:p@host/.
        if place > 1 and not segments[place - 1] and (place == 2 or segments[place - 2].endswith(":")):
            segments[place], before = _redact_authority(segment), ""
            continue
        if hints and segment and _is_behind(before, segment, in_path=place > 1):
            segments[place] = REDACTED
        elif segment and not _WORDS(segment):
            segments[place] = _redact_segment(segment)
        before = segments[place][:LONGEST_TEXT]
    return "/".join(segments)


def _is_behind(before: str, segment: str, *, in_path: bool) -> bool:
    """Return whether a segment is a secret for the one before it: `/reset/hunter`, but not `/reset/v2`.

    Of words only `in_path`: in a sentence, `token/cookie` is none.
    """
    if _VERSION(segment):
        return False
    if _DIGIT(segment) is not None:
        return hints_at_secret(before)
    return in_path and names_secret(before) and not is_step(segment)


def _redact_authority(authority: str) -> str:
    _, at, host = authority.rpartition("@")
    name, colon, port = host.rpartition(":") if host.startswith("[") else host.partition(":")
    if colon and _PASSWORD(port) and not _PORTS(port):
        # A password that an unencoded slash cuts off.
        host = name + colon + REDACTED
    return (REDACTED + at if at else "") + (host if _AUTHORITY(host) else _redact_segment(host))


def _redact_segment(segment: str) -> str:
    """Return a path's segment: its name, and the parameters behind it."""
    return _redact_short_segment(segment) if len(segment) <= LONGEST_VALUE else _redact_any_segment(segment)


def _redact_any_segment(segment: str) -> str:
    if (email := _EMAIL(segment)) is not None and segment[-1].isalpha():
        return REDACTED + email[1]
    if ";" in segment or "=" in segment or "&" in segment:
        return "".join([_redact_pair(part) if "=" in part else _redact_pieces(part) for part in _PAIRS(segment)])
    return _redact_pieces(segment)


def _redact_pieces(text: str) -> str:
    """Return a text without delimiters of URLs but for the `@` behind a user."""
    if len(text) < 2 or _WORDS(text):
        return text
    user, at, host = text.rpartition("@")
    if ":" in user and user.partition(":")[0].lower() not in _ADDRESSES:
        return REDACTED + at + _redact_random(host)
    return "@".join(map(_redact_random, text.split("@")))


def _redact_random(text: str) -> str:
    """Return a text whose pieces, between dots and the like, are replaced where they look random."""
    if "%" in text and (decoded := decode(text)) != text:
        return text if is_plain(decoded) else REDACTED
    if len(text) > LONGEST_TEXT or text.startswith("eyJ") or _KEY(text):
        return REDACTED
    return "".join([REDACTED if looks_random(piece) else piece for piece in _PIECES(text)])


def _redact_pairs(query: str) -> str:
    if "&" not in query and ";" not in query:
        return _redact_pair(query)
    return "".join(map(_redact_pair, _PAIRS(query)))


def _redact_pair(pair: str) -> str:
    """Return a name and a value; a delimiter is left as it is."""
    if len(pair) < 2:
        return pair
    return _redact_short_pair(pair) if len(pair) <= LONGEST_VALUE else _redact_any_pair(pair)


def _redact_any_pair(pair: str) -> str:
    name, _, value = pair.partition("=")
    if not value.strip("="):
        label, colon, value = pair.partition(":")
        if value and is_secret_name(label):
            return f"{label}{colon}{REDACTED}"
        # A value alone, or a name: base64 may end in these.
        return pair if is_plain(name.strip(_QUOTES)) or (name != pair and not looks_random(name)) else REDACTED
    secret = is_secret_name(name) and not (name == "credentials" and value in MODES)
    if secret or not is_plain(value.strip(_QUOTES)) or _holds_secret(decode(value)):
        value = REDACTED
    return f"{REDACTED if len(name) > LONGEST_WORD and _may_be_value(decode(name)) else name}={value}"


def _may_be_value(name: str) -> bool:
    """Return whether a long name, decoded, is none: it looks random, or has a name and a value of its own."""
    return looks_random(name) or any(map(is_secret_name, _NAMES_IN(name)))


def _holds_secret(value: str) -> bool:
    """Return whether a value has an element of markup, or a field, that is named like a secret."""
    return any(map(is_secret_name, _ELEMENTS(value))) or any(map(is_kind_of_secret, _FIELDS(value)))


# Most of them come again and again.
_redact_short_segment = lru_cache(maxsize=512)(_redact_any_segment)
_redact_short_pair = lru_cache(maxsize=512)(_redact_any_pair)
