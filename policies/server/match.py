"""Which policy a request falls under: hosts and paths, the first that matches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from corsight.policies.fetch.origin import origin_of, split_origin
from corsight.policies.server.model import Match, ServerPolicy

ANY = "*"
_HOST = re.compile(r"(\*|(?:\*\.)?(?:[^*:\[\]/?#@\s]+|\[[0-9a-f:.]+\]))(?::([0-9]{1,5}))?")
_PATH = re.compile(r"https?://[^/?#]*([^?#]*)").match


def find(policies: Sequence[ServerPolicy], url: str) -> ServerPolicy | None:
    """The first policy that is for `url`, absolute; None when none is."""
    parts = split_origin(origin_of(url))
    if parts is None:
        return None
    _, host, port = parts
    match = _PATH(url)
    path = (match[1] if match else "") or "/"
    return next((policy for policy in policies if is_for(policy.match, host, port, path)), None)


def is_for(match: Match, host: str, port: int | None, path: str) -> bool:
    """Whether a host, its port and a path match. What names no host, or no path, is for all of them."""
    return (not match.hosts or any(_host_matches(pattern, host, port) for pattern in match.hosts)) and (
        not match.paths or any(_path_pattern(pattern).fullmatch(path) is not None for pattern in match.paths)
    )


@lru_cache(4096)
def split_host(pattern: str) -> tuple[str, int | None] | None:
    """A host pattern's host (`*`, `*.` and a name, or a name) and port; None when it is none."""
    match = _HOST.fullmatch(pattern)
    return None if match is None else (match[1], int(match[2]) if match[2] else None)


def _host_matches(pattern: str, host: str, port: int | None) -> bool:
    parts = split_host(pattern)
    if parts is None or parts[1] not in (None, port):
        return False
    name = parts[0]
    return name in (ANY, host) or (name.startswith("*.") and host.endswith(name[1:]))


@lru_cache(1024)
def _path_pattern(pattern: str) -> re.Pattern[str]:
    """A path pattern as a regular expression: `**` is anything, `*` anything but a slash; `/v1/**` is `/v1` too."""
    head, tail = (pattern[:-3], r"(?:/.*)?") if pattern.endswith("/**") else (pattern, "")
    parts = re.split(r"(\*\*|\*)", head)
    spelled = {"**": ".*", "*": "[^/]*"}
    return re.compile("".join(spelled.get(part) or re.escape(part) for part in parts) + tail, re.DOTALL)


def covers(earlier: Match, later: Match) -> bool:
    """Whether all that the later match is for is the earlier one's already. Never a wrong yes."""
    return all(
        any(_host_covers(one, host) for one in earlier.hosts or (ANY,)) for host in later.hosts or (ANY,)
    ) and all(any(_path_covers(one, path) for one in earlier.paths or ("/**",)) for path in later.paths or ("/**",))


def _host_covers(one: str, other: str) -> bool:
    a, b = split_host(one), split_host(other)
    if a is None or b is None:
        return False
    (host, port), (inner, inner_port) = a, b
    if port is not None and port != inner_port:
        return False
    return host in (ANY, inner) or (host.startswith("*.") and inner.removeprefix("*").endswith(host[1:]))


def _path_covers(one: str, other: str) -> bool:
    if one == other:
        return True
    if "*" not in other:
        return _path_pattern(one).fullmatch(other) is not None
    if not one.endswith("/**") or "*" in one[:-3]:
        return False
    return other == one[:-3] or other.startswith(f"{one[:-3]}/")
