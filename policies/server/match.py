"""Which policy a request falls under: hosts and paths, the first that matches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from corsight.policies.fetch.origin import origin_of, split_origin
from corsight.policies.server.grammar import ANY, is_path, split_host
from corsight.policies.server.origins import list_ancestors

if TYPE_CHECKING:
    from corsight.policies.server.model import Match, ServerPolicy

EVERY_PATH = "/**"
match_path = re.compile(r"https?://[^/?#]*([^?#]*)").match


def find(policies: Sequence[ServerPolicy], url: str) -> ServerPolicy | None:
    """Return the first policy that is for `url`, absolute; None when none is."""
    parts = split_origin(origin_of(url))
    if parts is None:
        return None
    _, host, port = parts
    match = match_path(url)
    path = (match[1] if match else "") or "/"
    return next((policy for policy in policies if is_for(policy.match, host, port, path)), None)


class Index:
    """Policies by the hosts that they are for: to find one among many takes no longer than among few."""

    def __init__(self, policies: Sequence[ServerPolicy]) -> None:
        self.policies = policies
        self._numbers: dict[str, list[int]] = {}
        for number, policy in enumerate(policies):
            patterns = [parts[0] for host in policy.match.hosts if (parts := _split(host)) is not None]
            for name in dict.fromkeys(patterns if policy.match.hosts else (ANY,)):
                self._numbers.setdefault(name, []).append(number)
        self._longest = max(map(len, self._numbers), default=0)

    def find(self, url: str) -> ServerPolicy | None:
        """Return the first policy that is for `url`, absolute; None when none is."""
        parts = split_origin(origin_of(url))
        if parts is None:
            return None
        host = parts[1]
        names, dot = [ANY, host], host.rfind(".")
        while dot >= 0 and len(host) - dot < self._longest:
            names.append(f"*{host[dot:]}")
            dot = host.rfind(".", 0, dot)
        numbers = sorted({number for name in names for number in self._numbers.get(name, ())})
        return find([self.policies[number] for number in numbers], url)


def is_for(match: Match, host: str, port: int | None, path: str) -> bool:
    """Return whether a host, its port and a path match. What names no host, or no path, is for all of them."""
    return (not match.hosts or any(_matches_host(pattern, host, port) for pattern in match.hosts)) and (
        not match.paths or any(compile_path(pattern).fullmatch(path) is not None for pattern in match.paths)
    )


def _matches_host(pattern: str, host: str, port: int | None) -> bool:
    parts = _split(pattern)
    if parts is None or parts[1] not in (None, port):
        return False
    name = parts[0]
    return name in (ANY, host) or (name.startswith("*.") and host.endswith(name[1:]))


_split = lru_cache(4096)(split_host)


@lru_cache(1024)
def compile_path(pattern: str) -> re.Pattern[str]:
    """Return a path pattern as a regular expression that takes linear time.

    `*` is anything within a segment. `**` is one segment or more; at the end it is none or more: `/v1/**` is `/v1` too.
    """
    segments = pattern[1:].split("/")
    tail = segments[-1] == "**"
    if tail:
        segments.pop()
    chunks = [""]
    for segment in segments:
        if segment == "**":
            chunks.append("")
        else:
            chunks[-1] += f"/{_write_segment(segment)}"
    first, *rest = chunks
    last = rest.pop() if rest and not tail else None
    # A chunk is taken where it first fits, for good: what fits behind a later place fits behind the first one.
    text = first + "".join(rf"(?>(?:/[^/]*+)+?{chunk}(?![^/]))" for chunk in rest)
    text += "" if last is None else f"(?:/[^/]*+)+{last}"
    return re.compile(text + (r"(?:/.*)?" if tail else ""), re.DOTALL)


def _write_segment(segment: str) -> str:
    first, *rest = map(re.escape, segment.split("*"))
    if not rest:
        return first
    last = rest.pop()
    middle = "".join(f"(?>[^/]*?{part})" for part in rest)
    return f"(?>{first}{middle}[^/]*{last}(?![^/]))"


def list_covering_hosts(pattern: str) -> list[tuple[str, int | None]]:
    """Return every host pattern, taken apart, that is for all that `pattern` is for, itself among them."""
    parts = split_host(pattern)
    if parts is None:
        return []
    host, port = parts
    base = host.removeprefix("*.")
    names = dict.fromkeys((ANY, host, *(f"*.{name}" for name in list_ancestors(base))))
    return [(name, number) for name in names for number in dict.fromkeys((None, port))]


class Paths:
    """Tells which of some path patterns, each with a number, are for all that another one is for.

    Looking one up takes no longer for more of them. So of patterns with `*` in them, other than a `/**` at the end, the
    first COMPARED are looked at: then a covering one may be missed, and none is ever wrong.
    """

    COMPARED = 50

    def __init__(self) -> None:
        self._equal: dict[str, int] = {}
        self._below: dict[str, int] = {}
        self._others: list[tuple[re.Pattern[str], int]] = []

    def add(self, pattern: str, number: int) -> None:
        """Take a pattern in; of two alike, the first stays."""
        if pattern in self._equal or not is_path(pattern):
            return
        self._equal[pattern] = number
        if pattern.endswith("/**") and "*" not in pattern[:-3]:
            self._below[pattern[:-3]] = number
        elif "*" in pattern and len(self._others) < self.COMPARED:
            self._others.append((compile_path(pattern), number))

    def covering(self, pattern: str) -> Iterator[int]:
        """Yield the numbers of those that are for all that `pattern` is for, an equal one among them."""
        if not is_path(pattern):
            return
        if pattern in self._equal:
            yield self._equal[pattern]
        ends = [at for at, char in enumerate(pattern) if char == "/"]
        for end in (*ends, len(pattern)):
            if pattern[:end] in self._below:
                yield self._below[pattern[:end]]
        if "*" not in pattern:
            yield from (number for regex, number in self._others if regex.fullmatch(pattern) is not None)
