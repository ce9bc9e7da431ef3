"""Gathers drift (differences from policies) while an audit runs, and writes each difference once, with its places."""

from __future__ import annotations

import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from corsight.policies.redact import shown
from corsight.policies.server.compare import Comparison, Drift, Kind
from corsight.policies.server.nearly import find_nearly

if TYPE_CHECKING:
    from corsight.policies.server.model import ServerPolicy
    from corsight.policies.session import Judged

KINDS = 1000
"""How many different drifts are listed; further ones are only counted."""
PLACES = 3
WIDEST = 110
MEANING: dict[Kind, str] = {
    "looser": "The server allows more than the policy",
    "stricter": "The server refuses what the page needs and the policy allows",
    "inconsistent": "The server answers the same request in different ways",
}
SIGN: dict[Kind, str] = {"looser": "+", "stricter": "-", "inconsistent": "~"}


class Drifts:
    """How the audited exchanges differ from their policies."""

    def __init__(self, policies: Sequence[ServerPolicy]) -> None:
        self._comparison = Comparison(policies)
        self._unmatched = {policy.name: policy for policy in policies}
        self._found: dict[tuple[str, ...], Drift] = {}
        self._places: dict[tuple[str, ...], Counter[str]] = {}
        self._nearly: dict[tuple[str, str], str] = {}
        self.certain = 0
        self.likely = 0
        self.uncounted = 0

    def add(self, judged: Judged) -> None:
        """Compare one exchange with its policy; its verdict has to be the final one."""
        policies = self._comparison.index
        if self._unmatched and (policy := policies.find(judged.entry.exchange.request.url)) is not None:
            self._unmatched.pop(policy.name, None)
        if len(self._nearly) < KINDS and (nearly := find_nearly(policies, judged)) is not None:
            self._nearly.setdefault((nearly.policy, nearly.origin), nearly.near)
        for drift in self._comparison.compare(judged):
            if drift.certainty == "certain":
                self.certain += 1
            else:
                self.likely += 1
            key = drift.kind, drift.policy, drift.subject, _subject(drift)
            if key not in self._found:
                if len(self._found) >= KINDS:
                    self.uncounted += 1
                    continue
                self._found[key] = drift
                self._places[key] = Counter()
            self._places[key][shown(f"{drift.place.method} {drift.place.url}")] += 1

    @property
    def unmatched(self) -> list[str]:
        """The names of the policies that applied to no exchange."""
        return list(self._unmatched)

    def list_found(self) -> Iterator[tuple[Drift, int]]:
        """Yield each drift that is told apart, and how often it was met."""
        return ((drift, self._places[key].total()) for key, drift in self._found.items())

    def write(self, stream: TextIO) -> None:
        """Write the section for people."""
        stream.write("\nDrift from the policies\n")
        if not self._found:
            stream.write("  none: every answer allows exactly what its policy does\n")
        self._write_found(stream)
        if self._nearly:
            stream.write("\n  Blocked pages whose origin is nearly one that a policy allows\n")
        for (policy, origin), near in self._nearly.items():
            stream.write(_wrapped(f"? {shown(origin)}: the policy {shown(near)} [policy {shown(policy)}]"))

    def _write_found(self, stream: TextIO) -> None:
        for kind, meaning in MEANING.items():
            found = {key: drift for key, drift in self._found.items() if drift.kind == kind}
            if not found:
                continue
            stream.write(f"\n  {meaning}\n")
            for key, drift in found.items():
                places = self._places[key]
                sure = "" if drift.certainty == "certain" else "likely: "
                stream.write(_wrapped(f"{SIGN[kind]} {sure}{shown(drift.text)} [policy {shown(drift.policy)}]"))
                for place, count in places.most_common(PLACES):
                    stream.write(f"      {place}{f' ({count} times)' if count > 1 else ''}\n")
                if len(places) > PLACES:
                    stream.write(f"      and {len(places) - PLACES} more\n")
        if self.uncounted:
            stream.write(f"\n  and {self.uncounted} more that are not listed\n")


def _wrapped(text: str) -> str:
    width = min(shutil.get_terminal_size().columns, WIDEST)
    lines = textwrap.wrap(
        text, width, initial_indent="  ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(lines) + "\n"


def _subject(drift: Drift) -> str:
    # Each answer to another question is an inconsistency of its own.
    return drift.text if drift.kind == "inconsistent" else drift.value
