"""Which origins a policy's patterns name: exact ones, whole subdomains, any port of a loopback host."""

from __future__ import annotations

import re
from functools import lru_cache

from corsight.policies.fetch.origin import DEFAULT_PORTS, is_localhost, is_serialized_origin, split_origin
from corsight.policies.value import value

ANY = "*"
_PATTERN = re.compile(r"(https?)://(\*\.)?([^/?#@*:\[\]\s]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}|\*))?")


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

    def matches(self, origin: str) -> bool:
        """Whether `origin`, serialized, is one of those it names."""
        parts = split_origin(origin)
        if parts is None or "*" in origin or not is_serialized_origin(origin):
            return False
        scheme, host, port = parts
        if scheme != self.scheme or (self.port is not None and port != self.port):
            return False
        return host.endswith(f".{self.host}") if self.subdomains else host == self.host

    def covers(self, other: OriginPattern) -> bool:
        """Whether every origin that `other` names is one of its own."""
        if self.scheme != other.scheme or (self.port is not None and self.port != other.port):
            return False
        if self.subdomains:
            return other.host.endswith(f".{self.host}") or (other.subdomains and other.host == self.host)
        return other.host == self.host and not other.subdomains


@lru_cache(4096)
def pattern_of(text: str) -> OriginPattern | None:
    """The pattern that `text` spells; None for `*`, for `null`, and for what is no http(s) origin."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        return None
    scheme, subdomains, host, port = match.groups()
    number = None if port == ANY else int(port) if port else DEFAULT_PORTS[scheme]
    return OriginPattern(scheme, host, subdomains is not None, number)


def is_app_origin(text: str) -> bool:
    """Whether it is the origin of an app or an extension: `capacitor://localhost`, `chrome-extension://id`."""
    parts = split_origin(text)
    return parts is not None and parts[0] not in (*DEFAULT_PORTS, "file", "blob", "data", "about") and "*" not in text


def is_browser_origin(text: str) -> bool:
    """Whether `text` is, byte for byte, an origin that browsers send, other than `null`."""
    if text.startswith(("http:", "https:")):
        return is_serialized_origin(text) and pattern_of(text) is not None and "*" not in text
    return is_app_origin(text)


@lru_cache(8192)
def names_origin(patterns: tuple[str, ...], origin: str) -> bool:
    """Whether one of the patterns names `origin`. `*` names every origin; nothing else names `null`."""
    if ANY in patterns:
        return True
    if origin == "null":
        return False
    if origin in patterns and "*" not in origin:
        return True
    return any(
        (pattern := pattern_of(text)) is not None and pattern.matches(origin) for text in patterns if "*" in text
    )
