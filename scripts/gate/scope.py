"""The scope of a report: the hosts that were asked, and the pages that asked."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple

from corsight.policies.session import Judged
from corsight.scripts.gate.suppressions import is_host


class Scope(NamedTuple):
    """Hosts (`api.example`, `*.example`, `localhost:8000`) and origins that are reported of; none stand for all."""

    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def takes(self, judged: Judged) -> bool:
        """Return whether an exchange is in it."""
        if self.hosts and not any(is_host(host, judged.entry.exchange.request.url) for host in self.hosts):
            return False
        if not self.origins:
            return True
        origin = judged.facts.page_origin or judged.facts.origin
        return any(fnmatchcase(origin or "", one.rstrip("/")) for one in self.origins)


EVERYWHERE = Scope()
