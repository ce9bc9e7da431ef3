"""What is wrong between policies that are used together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corsight.policies.server.grammar import ANY, split_host
from corsight.policies.server.match import EVERY_PATH, Paths, list_covering_hosts
from corsight.policies.server.model import ServerPolicy
from corsight.policies.server.problems import Finding

PAIRS = 20_000
"""A host with a path, of all policies together: that many are compared."""


def lint_together(policies: Sequence[ServerPolicy]) -> Iterator[tuple[int, Finding]]:
    """Yield what is wrong between policies, in the order they are looked through, each with its policy's number."""
    names: set[str] = set()
    above: dict[tuple[str, int | None], Paths] = {}
    pairs = 0
    for number, policy in enumerate(policies):
        if policy.name in names:
            what = f"{policy.name} is another policy's name"
            yield number, Finding(("name",), "conflicting", what, "give it its own")
        names.add(policy.name)
        hosts, paths = policy.match.hosts or (ANY,), policy.match.paths or (EVERY_PATH,)
        pairs += len(hosts) * len(paths)
        if pairs > PAIRS:
            what = f"all policies together have more than {PAIRS} pairs of host and path"
            yield number, Finding(("match",), "out of bounds", what, "write fewer, and * for those that are alike")
            return
        covering = _find_covering(above, hosts, paths)
        if covering:
            listed = " and ".join(dict.fromkeys(policies[one].name for one in covering))
            what = f"no request ever reaches it: {listed}, above it, matches all of them"
            yield number, Finding(("match",), "conflicting", what, "put it first, or narrow the other's match")
        # One without hosts is incomplete, and found to be so already.
        for key in map(split_host, policy.match.hosts):
            if key is not None:
                for path in paths:
                    above.setdefault(key, Paths()).add(path, number)


def _find_covering(above: dict[tuple[str, int | None], Paths], hosts: Sequence[str], paths: Sequence[str]) -> list[int]:
    """Return, for each host with each path, the number of a policy above that is for all of it; nothing where one has
    none."""
    covering = []
    for host in hosts:
        indexes = [above[key] for key in list_covering_hosts(host) if key in above]
        for path in paths:
            numbers = [number for index in indexes for number in index.covering(path)]
            if not numbers:
                return []
            covering.append(min(numbers))
    return covering
