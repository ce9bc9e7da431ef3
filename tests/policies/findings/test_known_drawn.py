"""What is known of drawn traffic: the same, whether it waits until somebody asks, or is taken in at once."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corsight.policies.findings import Known
from corsight.policies.findings.diagnose import is_explained
from corsight.policies.session import Judged
from tests.policies.session.test_alike_drawn import Drawn, play, traffic


class Eager(Known):
    """Takes in each exchange at once, and by itself."""

    def add(self, judged: Judged) -> None:
        super().add(Judged(judged.entry, judged.client, judged.facts, judged.verdict, judged.revises))
        self._take_in()


def ask(known: Known, judged: Judged) -> object:
    """What is wrong with an exchange, and what changed until then; in no order."""
    said = known.diagnose(judged)
    return said, {one.entry.exchange.id: one.verdict for one in known.take_changed()}


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(traffic(), st.lists(st.integers(0, 3), min_size=1, max_size=6))
def test_what_waits_is_known_once_somebody_asks(drawn: list[Drawn], asks: list[int]) -> None:
    known, eager, last = Known(), Eager(), dict[str, Judged]()
    for number, moment in enumerate(play(drawn)):
        for judged in moment:
            known.add(judged)
            eager.add(judged)
            last[judged.entry.exchange.id] = judged
        blocked = [judged for judged in last.values() if is_explained(judged)]
        if blocked and not asks[number % len(asks)]:
            chosen = blocked[number % len(blocked)]
            assert ask(known, chosen) == ask(eager, chosen)
    for judged in filter(is_explained, last.values()):
        assert ask(known, judged) == ask(eager, judged)
