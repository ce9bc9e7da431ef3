"""Fingerprints: what a finding is known by from one run to the next, whatever ids and ports the run had.

A trace is a cause at one endpoint: a finding has one for each endpoint it was met at, and one fingerprint of its own.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from corsight.policies.redact import REDACTED, redact

ID = "{id}"
"""What stands in place of an id."""
DIGITS = 12
"""Hexadecimal digits of a fingerprint."""

_REDACTED = re.compile(re.escape(REDACTED) + r"(?:[-_.~]" + re.escape(REDACTED) + ")*")
_DATE = re.compile(r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+Z?)?(?![0-9])")
_NUMBER = re.compile(r"(?<![0-9A-Za-z.])[0-9]++(?![0-9A-Za-z.])|(?<![0-9A-Za-z])[0-9]{3,}+(?![0-9A-Za-z])")
_ADDRESS = re.compile(r"[^/][^/@]*+@[^/][^/.]*+\.[^/]+")
_PASSING_PORT = re.compile(r"(?<=//)(localhost|127\.[0-9.]+|\[::1\]):(?:3[3-9][0-9]{3}|[4-6][0-9]{4})(?![0-9])")
"""A port of loopback that a system hands out for one run: from 33000 on."""


class Trace(NamedTuple):
    """A cause at an endpoint: the codes of cause and rule, the method, the URL without query and with its ids folded,
    the page's origin (empty where there is none), and how many times it was met. `rule` is empty where none blocked.
    """

    cause: str
    rule: str
    method: str
    endpoint: str
    origin: str
    times: int = 1

    @property
    def fingerprint(self) -> str:
        """What tells it from all others, the same in every run."""
        return make_fingerprint(self.cause, self.rule, self.method, self.endpoint, self.origin)


def make_fingerprint(*parts: str) -> str:
    """Return the fingerprint of these texts, in hexadecimal."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def fold_ids(url: str) -> str:
    """Return a URL without query, its ids, dates, addresses and random parts as `{id}`; passing ports of loopback as
    `{port}`.
    """
    start, scheme, rest = redact(url.partition("#")[0].partition("?")[0]).rpartition("://")
    host, slash, path = rest.partition("/")
    folded = "/".join(_fold(part) for part in path.split("/"))
    return fold_port(f"{start}{scheme}{host}") + slash + folded


def fold_port(origin: str) -> str:
    """Return an origin, with a port of loopback that is another in each run as `{port}`."""
    return _PASSING_PORT.sub(r"\1:{port}", origin)


def _fold(part: str) -> str:
    if _ADDRESS.fullmatch(part.replace("%40", "@")):
        return ID
    part = _REDACTED.sub(ID, _DATE.sub(ID, part))
    return _NUMBER.sub(ID, part)
