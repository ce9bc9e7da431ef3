"""Quotes: what a text shows of one exchange. A cause writes the mark, and never sees what will stand there.

So a cause says the same of all exchanges of a group; the marks are filled in from its earliest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from corsight.policies.fetch.origin import parse_url
from corsight.policies.findings.mismatches import list_actual
from corsight.policies.findings.model import Cause
from corsight.policies.findings.replies import NEEDED, find_misspelt, is_login
from corsight.policies.findings.sample import Sample
from corsight.policies.findings.words import (
    capitalize_name,
    clean,
    name_header,
    name_host,
    name_path,
    shorten_id,
    strip_query,
)

_READERS: dict[str, Callable[[Sample], str]] = {}
_MARK = re.compile("\0[^\0]*\0")
"""No text from the wire holds one: `clean` escapes it."""


def _mark(read: Callable[[Sample], str]) -> str:
    """Return the mark of what is read of a sample: "" where the sample has no such thing."""
    mark = f"\0{len(_READERS)}\0"
    _READERS[mark] = read
    return mark


def quote_line(*names: str) -> str:
    """Return the mark of the line of the first of these headers (lower case) that the response has."""
    return f"\0{','.join(names)}\0"


def fill_in(cause: Cause, sample: Sample) -> Cause:
    """Return the cause with its marks filled in; a line of evidence that quotes what the sample lacks is left out."""

    return _fill(cause, lambda mark: _read(mark, sample))


def fill_with(cause: Cause, told: Mapping[str, str]) -> Cause:
    """Return the same where no sample is at hand, with what is told for each mark."""
    return _fill(cause, lambda mark: told.get(mark, ""))


def _fill(cause: Cause, read: Callable[[str], str]) -> Cause:
    def fill(text: str) -> str:
        return _MARK.sub(lambda match: read(match[0]), text)

    evidence = [fill(line) for line in cause.evidence if all(map(read, _MARK.findall(line)))]
    return replace(cause, cause=fill(cause.cause), action=fill(cause.action), evidence=tuple(evidence))


def _read(mark: str, sample: Sample) -> str:
    if mark in _READERS:
        return _READERS[mark](sample)
    names = mark.strip("\0").split(",")
    return next((name_header(capitalize_name(name), value, 80) for name in names if (value := _get(sample, name))), "")


def _get(sample: Sample, name: str) -> str:
    return "" if sample.response is None else sample.response.headers.get(name) or ""


def _read_header(name: str) -> Callable[[Sample], str]:
    return lambda sample: clean(_get(sample, name), 100)


def _read_target(sample: Sample) -> str:
    location = _get(sample, "location")
    return (parse_url(location, sample.url) or location).partition("?")[0]


def _read_methods(sample: Sample) -> str:
    value = None if sample.response is None else sample.response.headers.get("access-control-allow-methods")
    return name_header("Access-Control-Allow-Methods", value, 100)


def _read_mismatch(sample: Sample) -> str:
    lines = [line for line in list_actual(sample) if not line.startswith("status")]
    return f" and {lines[0]}" if lines else ""


def _read_misspelt(sample: Sample) -> str:
    name = find_misspelt(sample.response.headers, NEEDED[sample.rule]) if sample.response is not None else None
    return clean(_get(sample, name or ""), 120)


def _read_earlier(sample: Sample) -> str:
    earlier = sample.stored or sample.filler
    if earlier is None:
        return ""
    asker = "without Origin" if earlier.origin is None else f"for {clean(earlier.origin, 100)}"
    how = f" (mode {earlier.mode})" if earlier.mode != "unknown" else ""
    allow_origin = name_header("Access-Control-Allow-Origin", earlier.allow_origin, 100)
    return (
        f"The cache was filled by exchange {shorten_id(earlier.id)}, the same URL {asker}{how}: it got {allow_origin} "
        f"and {name_header('Vary', earlier.headers.get('vary'), 60)}."
    )


def _read_entry(sample: Sample) -> str:
    """Return where a person goes to log in: the URL that was asked first, if it is a login's, else where that led."""
    first = (*sample.facts.chain, sample.url)[0]
    return strip_query(first if is_login(first) else sample.url if sample.facts.chain else _read_target(sample))


def _read_hops(sample: Sample) -> str:
    hosts = [name_host(url) for url in (*sample.facts.chain, sample.url)]
    return " -> ".join(hosts) if sample.facts.chain else ""


def _read_evidence(fact: str) -> Callable[[Sample], str]:
    def read(sample: Sample) -> str:
        evidence = sample.find_evidence(fact)
        return "" if evidence is None else clean(evidence.because, 200)

    return read


PATH = _mark(lambda sample: name_path(sample.url))
URL = _mark(lambda sample: strip_query(sample.url))
PAGE = _mark(lambda sample: clean(sample.facts.origin or ""))
FIRST_HOST = _mark(lambda sample: name_host(sample.facts.chain[0]))
ENTRY = _mark(_read_entry)
HOPS = _mark(_read_hops)
TARGET = _mark(lambda sample: clean(_read_target(sample), 120))
SECURE_TARGET = _mark(lambda sample: f"https://{clean(_read_target(sample).partition('://')[2], 100)}")
REFERRER = _mark(lambda sample: strip_query(sample.entry.reading.referrer or ""))
REFERRER_HOST = _mark(lambda sample: name_host(sample.entry.reading.referrer or ""))
ERROR = _mark(lambda sample: clean(sample.exchange.error or "", 200))
PROXY_STATUS = _mark(lambda sample: str(sample.exchange.proxy_status or ""))
ALLOW = _mark(_read_header("allow"))
CHALLENGE = _mark(_read_header("www-authenticate"))
ALLOW_METHODS = _mark(_read_methods)
MISMATCH = _mark(_read_mismatch)
MISSPELT = _mark(_read_misspelt)
EARLIER = _mark(_read_earlier)
PREFLIGHT = _mark(lambda sample: shorten_id(sample.preflight.id) if sample.preflight is not None else "")
REMEMBERED = _mark(lambda sample: shorten_id(sample.remembered.id) if sample.remembered is not None else "")
WHY_CREDENTIALS = _mark(_read_evidence("credentials"))
WHY_PREFLIGHT = _mark(_read_evidence("preflight"))
WHY_RESPONSE = _mark(_read_evidence("response"))
