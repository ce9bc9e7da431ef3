"""What is wrong with the hosts and paths that a policy is for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from corsight.policies.fetch.origin import is_ip_address, origin_of, parse_url
from corsight.policies.server.grammar import ANY, LONGEST_ORIGIN, LONGEST_PATH, is_host, is_path, split_host
from corsight.policies.server.match import Paths, list_covering_hosts
from corsight.policies.server.model import DefaultPolicy, Match, ServerPolicy
from corsight.policies.server.problems import Finding, shorten

_SIGNS = "letters, digits, -._~!$&'()+,;=:@ and %XX, * for anything within a segment, and ** for whole segments"

_PORT = re.compile(r"(.*?)(?::([0-9]{1,5}))?", re.DOTALL)


def check_match(policy: ServerPolicy) -> Iterator[Finding]:
    """Yield what is wrong with the policy's match."""
    if isinstance(policy, DefaultPolicy):
        if policy.match != Match():
            what = "the default is for requests that no policy matches"
            yield Finding(("match",), "prohibited", what, "take match out, or make it a policy")
        return
    hosts, paths = policy.match.hosts, policy.match.paths
    if not hosts:
        instead = 'write hosts: [api.shop.example], or hosts: ["*"] for any'
        yield Finding(("match", "hosts"), "missing", "no host is named", instead)
    for index, host in enumerate(hosts):
        yield from (finding.under("match", "hosts", index) for finding in _check_host(host))
    for index, path in enumerate(paths):
        yield from (finding.under("match", "paths", index) for finding in _check_path(path))
    yield from _check_repeated("hosts", hosts, _find_wider_hosts(hosts))
    yield from _check_repeated("paths", paths, _find_wider_paths(paths))


def _check_repeated(field: str, entries: Sequence[str], wider: Sequence[str | None]) -> Iterator[Finding]:
    """Yield the entries that stand there twice, or that another one is for already."""
    seen: set[str] = set()
    for index, (entry, other) in enumerate(zip(entries, wider, strict=True)):
        if entry in seen or other is not None:
            what = f"{entry} is listed twice" if entry in seen else f"{other} matches {entry} already"
            yield Finding(("match", field, index), "conflicting", what, "take one out")
        seen.add(entry)


def _find_wider_hosts(hosts: Sequence[str]) -> list[str | None]:
    """Return for each host pattern another one that is for all that it is for, None where none is."""
    by_key = {key: host for host in reversed(hosts) if (key := split_host(host)) is not None}
    return [
        next(
            (other for key in list_covering_hosts(host) if (other := by_key.get(key)) is not None and other != host),
            None,
        )
        for host in hosts
    ]


def _find_wider_paths(paths: Sequence[str]) -> list[str | None]:
    """Return for each path pattern another one that is for all that it is for, None where none is."""
    index = Paths()
    for number, path in enumerate(paths):
        index.add(path, number)
    return [next((paths[other] for other in index.covering(path) if paths[other] != path), None) for path in paths]


def _check_host(host: str) -> Iterator[Finding]:
    if len(host) > LONGEST_ORIGIN:
        yield Finding((), "out of bounds", f"longer than {LONGEST_ORIGIN} characters", "write a host's name")
        return
    if "://" in host:
        named = origin_of(host).partition("://")[2]
        yield Finding((), "invalid", "a host has no scheme", f"write {named or 'the host alone'}")
        return
    if "/" in host:
        name, _, path = host.partition("/")
        instead = f"write {name}, and paths: [/{path}]" if path else f"write {name}"
        yield Finding((), "invalid", "a host has no path", instead)
        return
    match = _PORT.fullmatch(host)
    name, port = (match[1], match[2]) if match is not None else (host, None)
    if port is not None and not 0 < int(port) < 65536:
        yield Finding((), "out of bounds", "a port is 1 to 65535", f"write {name}")
        return
    if name == ANY:
        return
    base = name.removeprefix("*.")
    serialized = origin_of(f"http://{base}").partition("://")[2]
    if "*" in base:
        what = "* stands for whole subdomains, once, at the start"
        yield Finding((), "invalid", what, "name each host, or write one such as *.shop.example")
    elif not is_host(serialized):
        what = f"{shorten(host) or 'an empty text'} is not a host"
        yield Finding((), "invalid", what, "write one such as api.shop.example: letters, digits, dots, - and _")
    elif serialized != base:
        suffix = "" if port is None else f":{port}"
        subdomains = "*." if name != base else ""
        yield Finding((), "invalid", f"URLs write {host} in another way", f"write {subdomains}{serialized}{suffix}")
    elif name != base and is_ip_address(base):
        yield Finding((), "invalid", "an address has no subdomains", f"write {base}")


def _check_path(path: str) -> Iterator[Finding]:
    if len(path) > LONGEST_PATH:
        yield Finding((), "out of bounds", f"longer than {LONGEST_PATH} characters", "write ** for its end")
    elif not path.startswith("/"):
        yield Finding((), "invalid", "a path begins with /", f"write /{path}")
    elif "?" in path or "#" in path:
        short = re.split(r"[?#]", path)[0]
        yield Finding((), "invalid", "paths are matched without query and fragment", f"write {short}")
    else:
        parsed = parse_url(path, "http://host/") or ""
        spelled = parsed.removeprefix("http://host")
        if spelled != path:
            yield Finding((), "invalid", "URLs write this path in another way", f"write {spelled or '/'}")
        elif any("**" in segment != "**" for segment in path.split("/")):
            what = "** stands for whole segments"
            yield Finding((), "invalid", what, f"write {re.sub(r'[*]{2,}', '*', path)}, or a segment that is ** alone")
        elif not is_path(path):
            yield Finding((), "invalid", f"a path holds {_SIGNS}", "write * in place of anything else")
