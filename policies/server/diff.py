"""Compares two lists of policies: what one allows and the other does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from corsight.policies.rules.nearness import find_near
from corsight.policies.server.model import Match, ServerPolicy
from corsight.policies.value import value

Change = Literal["more", "less", "other"]
"""Whether the second list allows more than the first, or less; or `other`, where the difference alone allows nothing.
"""

_LISTS = ("origins", "methods", "request_headers", "expose_headers")
_NUMBERS = ("max_age", "preflight_status")
_FLAGS = ("credentials", *(name for name in ServerPolicy.model_fields if name.startswith("dangerously_")))


@value
class Difference:
    """One difference between two lists of policies: in which policy and field, from what to what ("" for nothing).

    `note` says in a clause of what is granted anew to what that is gone it is near; "" where it is to none.
    """

    policy: str
    field: str
    before: str
    after: str
    change: Change
    note: str = ""


def diff(first: Sequence[ServerPolicy], second: Sequence[ServerPolicy]) -> Iterator[Difference]:
    """Yield every difference, in the order of the first list. Policies are the same by their name, or else by their
    match; of one that has no counterpart, each grant is a difference.

    Notes count for nothing. That a policy moved counts where it moved past another one.
    """
    pairs = _pair(first, second)
    for one, other in pairs:
        if other is None and one is not None:
            yield Difference(one.name, "policy", one.name, "", "other")
            yield from _compare_fields(one, ServerPolicy(name=one.name, match=one.match))
        elif one is None and other is not None:
            yield Difference(other.name, "policy", "", other.name, "other")
            yield from _compare_fields(ServerPolicy(name=other.name, match=other.match), other)
        elif one is not None and other is not None:
            yield from _compare_fields(one, other)
    kept = [(one, other) for one, other in pairs if one is not None and other is not None]
    order = [other.name for _, other in kept]
    kept_names = set(order)
    moved = [policy.name for policy in second if policy.name in kept_names]
    if order != moved:
        yield Difference("", "order", ", ".join(order), ", ".join(moved), "other")


def _pair(
    first: Sequence[ServerPolicy], second: Sequence[ServerPolicy]
) -> list[tuple[ServerPolicy | None, ServerPolicy | None]]:
    by_name = {policy.name: policy for policy in reversed(second)}
    names = {policy.name for policy in first}
    # Those whose names the first list does not have, by their match, the first of them at the end.
    renamed: dict[Match, list[ServerPolicy]] = {}
    for other in reversed(second):
        if other.name not in names:
            renamed.setdefault(other.match, []).append(other)
    pairs: list[tuple[ServerPolicy | None, ServerPolicy | None]] = []
    for one in first:
        same = by_name.pop(one.name, None)
        if same is None and (alike := renamed.get(one.match)):
            same = alike.pop()
            by_name.pop(same.name, None)
        pairs.append((one, same))
    return [*pairs, *((None, other) for other in second if other.name in by_name)]


def _compare_fields(one: ServerPolicy, other: ServerPolicy) -> Iterator[Difference]:
    if one.name != other.name:
        yield Difference(one.name, "name", one.name, other.name, "other")
    for field in ("hosts", "paths"):
        before, after = getattr(one.match, field), getattr(other.match, field)
        if set(before) != set(after):
            yield Difference(one.name, f"match.{field}", ", ".join(before) or "any", ", ".join(after) or "any", "other")
    for field in _LISTS:
        before, after = getattr(one, field), getattr(other, field)
        fold = str.lower if field.endswith("headers") else str
        have, get = {fold(entry) for entry in before}, {fold(entry) for entry in after}
        gone = [entry for entry in before if fold(entry) not in get]
        for entry in after:
            if fold(entry) not in have:
                note = _note_near(entry, gone) if field == "origins" else ""
                yield Difference(one.name, field, "", entry, "more", note)
        yield from (Difference(one.name, field, entry, "", "less") for entry in gone)
    for field in (*_FLAGS, *_NUMBERS):
        was, now = getattr(one, field), getattr(other, field)
        if was != now:
            change: Change = "other" if field in _NUMBERS else "more" if now else "less"
            yield Difference(one.name, field, _write_word(was), _write_word(now), change)


def _note_near(origin: str, gone: list[str]) -> str:
    found = find_near(origin, gone)
    return "" if found is None else f"nearly {found[0]}, which is gone: that one {found[1].wrong}"


def _write_word(given: bool | int | None) -> str:
    return "left out" if given is None else str(given).lower()
