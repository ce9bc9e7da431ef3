"""What servers have to send for what was patched to pass without it: the edits that were needed, alike ones as one."""

from __future__ import annotations

import itertools
from dataclasses import replace

from corsight.policies.decision.patch import patch_by_fix
from corsight.policies.fetch.origin import origin_of
from corsight.policies.redact import printable, redact
from corsight.policies.session import Judged

KINDS = 1000
"""How many different needs are told apart; the rest is only counted."""
LONGEST = 2048
"""Characters of a URL, a method or a header's value that are kept."""
SHOWN = 3
"""How many URLs of one kind are named."""


class ToSend:
    """What was needed, by server, method and edits, and at which endpoints. `count` exchanges were patched."""

    def __init__(self) -> None:
        self.count = 0
        self._needed: dict[tuple[str, str, tuple[str, ...]], dict[str, None]] = {}
        self._endpoints = 0
        self._more = 0

    def add(self, method: str, url: str, needed: tuple[str, ...]) -> None:
        """Take in a patched exchange, and what its server would have had to send."""
        self.count += 1
        endpoint = name_endpoint(url)
        key = origin_of(endpoint), method[:LONGEST], tuple(one[:LONGEST] for one in needed)
        if key not in self._needed and len(self._needed) >= KINDS:
            self._more += 1
            return
        endpoints = self._needed.setdefault(key, {})
        if endpoint not in endpoints and self._endpoints < 10 * KINDS:
            endpoints[endpoint] = None
            self._endpoints += 1

    def forget(self, url: str) -> None:
        """Leave an endpoint out of what is told."""
        for endpoints in self._needed.values():
            endpoints.pop(name_endpoint(url), None)

    def unite(self, other: ToSend) -> None:
        """Take in what was needed by other exchanges."""
        for key, endpoints in other._needed.items():
            if key in self._needed or len(self._needed) < KINDS:
                self._needed.setdefault(key, {}).update(endpoints)
            else:
                self._more += 1
        self.count += other.count
        self._more += other._more

    def lines(self) -> list[str]:
        """Return a line each, fit to be shown; none where nothing was needed."""
        lines = []
        for (server, method, needed), endpoints in self._needed.items():
            if not endpoints or not needed:
                continue
            paths = [endpoint.removeprefix(server) or "/" for endpoint in itertools.islice(endpoints, SHOWN)]
            more = f" and {len(endpoints) - SHOWN} more" if len(endpoints) > SHOWN else ""
            lines.append(printable(redact(f"{server}: {method} {', '.join(paths)}{more} -> {'; '.join(needed)}")))
        if lines and self._more:
            lines.append(f"and for {self._more} exchanges of other kinds, each patched in a way of its own")
        return lines


def name_endpoint(url: str) -> str:
    """Return the URL without its query, cut where no URL of good will is so long."""
    return url.partition("?")[0][:LONGEST]


def list_needed(judged: Judged) -> tuple[str, ...]:
    """Return what the server of a patched exchange has to send, as recorded: the least that lets its own answer pass.

    Nothing where it was not asked, or its answer passes as it is.
    """
    patched = judged.entry.patched
    if patched is None or patched.without is None or patched.without.response is None:
        return ()
    facts = replace(judged.facts, response=patched.without.response)
    patch = patch_by_fix(patched.without, facts, judged.verdict.engine, "")
    return patch.needed if patch is not None else ()
