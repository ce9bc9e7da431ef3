"""Judges recordings: the last verdict on each exchange, and the exchanges of each fetch together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from corsight.policies.decision.assume import assume
from corsight.policies.engines import EngineChoice, read_engine
from corsight.policies.evidence import Evidence, Reason
from corsight.policies.exchange import Exchange
from corsight.policies.session import Judged, Session
from corsight.policies.verdict import Assumption
from corsight.scripts.errors import CorsightError
from corsight.scripts.recordings import Recording, in_time
from corsight.scripts.recordings.order import weigh_held

HELD, HELD_BYTES = 4096, 64 * 1024 * 1024
"""How many exchanges, and bytes of their URLs and headers, a verdict is held back for, since what comes later may
revise it; and how many fetches wait for their last exchange."""


def judge_recording(
    recording: Recording, engine: EngineChoice = "auto", held: int = HELD, assumptions: Sequence[Assumption] = ()
) -> Iterator[Judged]:
    """Yield the last verdict on each exchange of a recording, which is a session of its own.

    Where an exchange cannot be judged, `recording.problem` says so, and the others are judged all the same. The
    assumptions settle what is open at the end.
    """
    verdicts = settle(_judge_moments(recording, open_session(engine)), held)
    return (take_for_granted(judged, assumptions) for judged in verdicts) if assumptions else verdicts


def take_for_granted(judged: Judged, assumptions: Sequence[Assumption]) -> Judged:
    """Return the verdict on an exchange under assumptions about open facts; its evidence names them."""
    verdict = assume(judged.verdict, assumptions)
    if verdict is judged.verdict:
        return judged
    before, facts = judged.verdict, judged.facts
    for fact, taken in assumptions:
        if any(branch.assumed(fact) is not None for branch in before.branches):
            judged.entry.evidence[fact.value] = Evidence(fact.value, taken, Reason.TYPED)
    if len(verdict.branches) == 1:
        facts = facts.settle(verdict.branch.premise)
    return replace(judged, verdict=verdict, facts=facts)


def open_session(engine: EngineChoice) -> Session:
    """Return a session that judges as this engine. Raises CorsightError if there is no such engine."""
    try:
        return Session(*read_engine(engine))
    except ValueError as error:
        raise CorsightError(str(error)) from None


def _judge_moments(recording: Recording, session: Session) -> Iterator[Judged]:
    for begins, exchange in in_time(recording):
        yield from judge_moment(recording, session, exchange, begins=begins)
    yield from session.finish()


def judge_moment(recording: Recording, session: Session, exchange: Exchange, *, begins: bool) -> list[Judged]:
    """Return the verdicts that an event of an exchange brings: its request began, or its response came."""
    try:
        return session.begin(exchange) if begins else session.observe(exchange)
    except Exception as error:
        # No peer may keep the rest from being judged.
        recording.problem = CorsightError(
            f"exchange {exchange.id} could not be judged ({type(error).__name__}: {error})",
            where=recording.name,
            todo="this is a bug of ours, please report it",
        )
        return []


def settle(verdicts: Iterable[Judged], held: int = HELD) -> Iterator[Judged]:
    """Yield the last verdict on each exchange, in the order of the first.

    A revision that comes more than `held` exchanges later is left out: the first verdict stays.
    """
    latest: OrderedDict[str, tuple[Judged, int]] = OrderedDict()
    weight = 0
    for judged in verdicts:
        flow = judged.entry.exchange.id
        known = latest.get(flow)
        if known is not None:
            latest[flow] = judged, known[1]
        elif not judged.revises:
            own = judged.entry.weight
            weight += own
            latest[flow] = judged, own
        while len(latest) > held or (latest and weight > HELD_BYTES):
            _, (first, own) = latest.popitem(last=False)
            weight -= own
            yield first
    for first, _ in latest.values():
        yield first


def group_by_fetch(verdicts: Iterable[Judged], held: int = HELD) -> Iterator[list[Judged]]:
    """Yield the exchanges of each fetch together, in the order the fetches began.

    What belongs to a fetch and comes more than `held` fetches later is a group of its own.
    """
    groups: OrderedDict[str, list[Judged]] = OrderedDict()
    weight = 0
    for judged in verdicts:
        groups.setdefault(judged.entry.fetch.id, []).append(judged)
        weight += weigh_held(judged.entry.exchange)
        while len(groups) > held or (groups and weight > HELD_BYTES):
            _, group = groups.popitem(last=False)
            weight -= sum(weigh_held(one.entry.exchange) for one in group)
            yield group
    yield from groups.values()
