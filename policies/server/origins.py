"""Which origins a policy's patterns name: exact ones, whole subdomains, any port of a loopback host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from corsight.policies.fetch.origin import is_localhost, is_serialized_origin
from corsight.policies.fetch.url import DEFAULT_PORTS
from corsight.policies.server.grammar import ANY, HOST, LABELS, LONGEST_HOST, LONGEST_ORIGIN, is_host
from corsight.policies.value import value

_PATTERN = re.compile(rf"(https?)://(\*\.)?({HOST})(?::([0-9]{{1,5}}|\*))?")
_ORIGIN = re.compile(rf"(https?)://({HOST})(?::([0-9]+))?")
_APP = re.compile(r"([a-z][0-9a-z+.-]*)://[0-9A-Za-z._-]+(?::[0-9]{1,5})?")
_NO_APP = (*DEFAULT_PORTS, "file", "blob", "data", "about")

ANY_PORT = "(:[0-9]+)?"
"""Any port, or none, as a regular expression."""


@value
class OriginPattern:
    """A pattern taken apart. `port` is None for any port."""

    scheme: str
    host: str
    subdomains: bool
    port: int | None

    @property
    def loopback(self) -> bool:
        """Whether every origin it names is of this machine."""
        return is_localhost(self.host)

    @property
    def written_port(self) -> str | None:
        """The port as origins have it, empty for the scheme's own; None for any port."""
        if self.port is None:
            return None
        return "" if self.port == DEFAULT_PORTS[self.scheme] else str(self.port)

    @property
    def regex(self) -> str:
        """The origins it names, as a regular expression without anchors that every dialect reads alike."""
        subdomains = rf"({LABELS}\.)+" if self.subdomains else ""
        port = self.written_port
        suffix = ANY_PORT if port is None else f":{port}" if port else ""
        return f"{self.scheme}://{subdomains}{escape(self.host)}{suffix}"

    def list_wider(self) -> Iterator[OriginPattern]:
        """Yield every pattern that names all that this one names, itself first."""
        hosts = [(self.host, self.subdomains), *((host, True) for host in list_ancestors(self.host))]
        for host, subdomains in hosts:
            for port in dict.fromkeys((self.port, None)):
                yield OriginPattern(self.scheme, host, subdomains, port)


def escape(text: str) -> str:
    """Return a regular expression, in every dialect, for `text` itself."""
    return re.sub(r"[\\^$.|?*+()\[\]{}]", r"\\\g<0>", text)


def parse_pattern(text: str) -> OriginPattern | None:
    """Return the pattern that `text` spells; None for `*`, for `null`, and for what is no http(s) origin."""
    match = _PATTERN.fullmatch(text) if len(text) <= LONGEST_ORIGIN else None
    if match is None or not is_host(match[3]):
        return None
    scheme, subdomains, host, port = match.groups()
    number = None if port == ANY else int(port) if port else DEFAULT_PORTS[scheme]
    return OriginPattern(scheme, host, subdomains is not None, number)


def is_app_origin(text: str) -> bool:
    """Return whether it is the origin of an app or an extension: `capacitor://localhost`, `chrome-extension://id`."""
    match = _APP.fullmatch(text) if len(text) <= LONGEST_ORIGIN else None
    return match is not None and match[1] not in _NO_APP


def is_browser_origin(text: str) -> bool:
    """Return whether `text` is, byte for byte, an origin that browsers send, other than `null`."""
    if text.startswith(("http:", "https:")):
        return "*" not in text and parse_pattern(text) is not None and is_serialized_origin(text)
    return is_app_origin(text)


def names_origin(patterns: tuple[str, ...], origin: str) -> bool:
    """Return whether one of the patterns names `origin`. `*` names every origin; nothing else names `null`."""
    return _make_index(patterns).names(origin)


class _Index:
    """Looks origins up among patterns, in a time that does not grow with their number."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._any = ANY in patterns
        self._exact = frozenset(text for text in patterns if "*" not in text and text != "null")
        spread = [pattern for text in patterns if "*" in text and (pattern := parse_pattern(text)) is not None]
        self._spread = frozenset((one.scheme, one.host, one.subdomains, one.written_port) for one in spread)

    def names(self, origin: str) -> bool:
        if self._any or origin in self._exact:
            return True
        match = _ORIGIN.fullmatch(origin) if self._spread else None
        if match is None:
            return False
        scheme, host, port = match[1], match[2], match[3] or ""
        hosts = [(host, False), *((ancestor, True) for ancestor in list_ancestors(host))]
        return any((scheme, *one, number) in self._spread for one in hosts for number in (port, None))


_make_index = lru_cache(64)(_Index)


def list_ancestors(host: str) -> list[str]:
    """Return the names that `host` is under, the nearest first, as far as a policy may hold them."""
    end = host[-LONGEST_HOST - 1 :]
    return [end[at + 1 :] for at, char in enumerate(end) if char == "."]
