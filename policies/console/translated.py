"""What Firefox says of other things than CORS in other languages, read by the terms that translations keep.

Sources: dom/chrome/security/security.properties and csp.properties, netwerk/necko.properties in mozilla-l10n's
firefox-l10n (de, es, fr, it, ja, ko, nl, pl, pt, ru, tr, zh). Where no term is kept, stems of words tell.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from corsight.policies.console.foreign import LONGEST, QUOTED, URL, is_english
from corsight.policies.console.model import Message
from corsight.policies.rules.isolation import MIME_TYPE, NOSNIFF, ORB

_MIXED = re.compile(r"(?i)gemischt|gemengd|mi[sx]t[aeoi]\b|mixed|mezclad|смешанн|mieszan|混在|混合|混和|혼합|\bkarma\b")
_BLOCKED = re.compile(r"(?i)blo[ckq]|заблок|ブロック|차단|阻止|拦截|封鎖|engellen")
_UPGRADED = re.compile(r"['\"‘’“”«»「]\s?(?:https|wss)\s?['\"‘’“”«»」]")
_MIME = re.compile(r"\bMIME\b|MIME(?=[^\x00-\x7f])")
_TYPE = re.compile(r"(?<![\w/:.+-])[\w+.-]+/[\w+.-]+(?![\w/:])")
_DIRECTIVE = re.compile(r"Content[ -]Security[ -]Policy ?[:：].*?\b([a-z]+-src(?:-elem|-attr)?)\b")
_REPORTED = re.compile(r"(?i)report-only|CSPRO")
_COOKIE = re.compile(r"(?i)(?:cookie|кук[аи]|クッキー|쿠키) ?['\"‘“«「„]\s?([!#-&*-~]{1,200})")


class Sign(NamedTuple):
    """A term that a line holds, and the code of what it tells then."""

    term: re.Pattern[str]
    code: str
    is_rule: bool = False


_OF_COOKIES = (
    Sign(re.compile(r"Partitioned(?!.*(?i:secure))"), "cookie-third-party"),
    Sign(re.compile(r"(?i)['\"‘“«「„]\s?secure"), "cookie-not-secure"),
    Sign(re.compile(r"SameSite"), "cookie-not-sent"),
)
_OF_URLS = (
    Sign(re.compile(r"X-Frame-Options"), "frame-refused"),
    Sign(re.compile(r"OpaqueResponseBlocking"), ORB, is_rule=True),
    Sign(re.compile(r"Cross-Origin-Resource-Policy"), "corp-same-origin", is_rule=True),
)


def read_translated(line: str) -> Message | None:
    """Return what a line says that is not in English; None where its terms tell nothing."""
    line = line[:LONGEST]
    if is_english(line):
        return None
    if (cookie := _COOKIE.search(line)) is not None:
        code = next((sign.code for sign in _OF_COOKIES if sign.term.search(line)), None)
        return None if code is None else Message("firefox", cause=code, value=cookie[1])
    # What is asked for stands outside of quotes where a policy is quoted.
    directive = _DIRECTIVE.search(line)
    found = URL.search(line if directive is None else QUOTED.sub("", line))
    if found is None:
        return None
    url, blocked = found[0].rstrip(".,;:"), _BLOCKED.search(line) is not None
    if directive is not None:
        reported = _REPORTED.search(line) is not None
        return None if reported else Message("firefox", cause="csp-forbids-it", url=url, value=directive[1])
    if _MIME.search(line) and blocked:
        code = NOSNIFF if "X-Content-Type-Options" in line else MIME_TYPE
        kind = _TYPE.search(line.replace(found[0], ""))
        return Message("firefox", (code,), url=url, value=None if kind is None else kind[0])
    if (sign := next((sign for sign in _OF_URLS if sign.term.search(line)), None)) is not None:
        return Message("firefox", (sign.code,) if sign.is_rule else (), None if sign.is_rule else sign.code, url=url)
    return _read_mixed(line, url, blocked) if url.startswith(("http:", "ws:")) else None


def _read_mixed(line: str, url: str, blocked: bool) -> Message | None:
    if _UPGRADED.search(line):
        return Message("firefox", cause="mixed-content-upgraded", url=url, target=url)
    if not _MIXED.search(line):
        return None
    if blocked:
        return Message("firefox", ("mixed-content",), url=url, target=url)
    return Message("firefox", cause="mixed-content-loaded", url=url, target=url)
