"""What servers send of CORS themselves, as recorded exchanges show it: a configuration put before them has to know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from corsight.policies.rules.placement import RESPONSE_HEADERS
from corsight.policies.server.compare import take_server_answer
from corsight.policies.server.match import Index
from corsight.policies.server.model import ServerPolicy
from corsight.policies.session import Judged
from corsight.policies.value import value

MOST = 20
"""How many header lines of one policy's servers are told apart."""


@value
class Sent:
    """A header line that a server sent by itself: `place` is the first exchange it was on, its URL without query."""

    name: str
    value: str
    place: str


def list_sent(policies: Sequence[ServerPolicy], judgeds: Iterable[Judged]) -> dict[str, tuple[Sent, ...]]:
    """Return the CORS header lines that the servers of each policy sent, by the policy's name, as the wire spells them.

    What a patch added is not theirs.
    """
    found: dict[str, dict[tuple[str, str], Sent]] = {}
    index = Index(policies)
    for judged in judgeds:
        exchange, _ = take_server_answer(judged)
        policy = index.find(exchange.request.url) if exchange.response is not None else None
        if policy is None or exchange.response is None:
            continue
        lines = found.setdefault(policy.name, {})
        place = f"{exchange.request.method} {exchange.request.url.partition('?')[0]}"
        for name in RESPONSE_HEADERS:
            for line in exchange.response.headers.lines(name.lower()):
                if len(lines) < MOST:
                    lines.setdefault((name, line), Sent(name, line, place))
    return {policy: tuple(lines.values()) for policy, lines in found.items()}
