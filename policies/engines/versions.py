"""Returns an engine's policy in any of its versions, made from the newest one and the changes since."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from corsight.policies.engines.policy import Change, EnginePolicy

UNTOLD = 0
"""The version of a browser that does not say which version it is."""

DECIDING = frozenset(
    {
        *("authorization_by_wildcard", "same_origin_preflight_unchecked", "methods_upper_cased"),
        *("private_network_warned", "empty_lines_dropped", "allow_origin_lines_counted", "embedded_userinfo_blocked"),
        *("localhost_is_mixed", "local_network_is_mixed", "zero_address_is_mixed", "local_network_access"),
        *("image_address_is_mixed", "track_is_mixed", "invalid_resource_policy_is_none", "types_read"),
        *("opaque_response_blocking", "opaque_emptied"),
    }
)
"""The fields that an outcome depends on: where a version was not measured, both their values are judged."""
CAUTIOUS: dict[str, object] = {"storage_access_told": False}
"""The fields that say what a missing header proves: where a version was not measured, it proves nothing."""

type State = Literal["before", "nearer before", "nearer after", "after"]


def find_policy(newest: EnginePolicy, standard: EnginePolicy, version: int | None) -> EnginePolicy:
    """Return the engine's policy in a version; without a version, in the newest that was measured.

    `newest` is the policy of the newest version. A version between two that differ gets the policy of the nearer one, a
    version outside of what was measured that of the nearest; `other` is then the second way in which it may decide.
    """
    if version is None or newest.measured is None:
        return newest
    oldest, youngest = newest.measured
    if version == UNTOLD:
        states = tuple([_untold(change) for change in newest.changes])
        return _build(newest, standard, states, outside=False)
    if oldest <= version <= youngest:
        return _build(newest, standard, tuple([_state(change, version) for change in newest.changes]), outside=False)
    nearest = min(max(version, oldest), youngest)
    return _build(newest, standard, tuple([_state(change, nearest) for change in newest.changes]), outside=True)


def _state(change: Change, version: int) -> State:
    if version <= change.until:
        return "before"
    if version >= change.since:
        return "after"
    return "nearer before" if version - change.until < change.since - version else "nearer after"


def _untold(change: Change) -> State:
    return "after" if change.field is None else "nearer after"


@lru_cache(maxsize=512)
def _build(newest: EnginePolicy, standard: EnginePolicy, states: tuple[State, ...], *, outside: bool) -> EnginePolicy:
    """Return the policy of all versions in which these changes have these states, going back from the youngest change."""
    likely = other = newest
    for change, state in zip(newest.changes, states, strict=True):
        if change.field is None or state == "after":
            continue
        if state in ("before", "nearer before"):
            likely = _set(likely, change.field, change.before)
        if state != "nearer before":
            other = _set(other, change.field, change.before)
        if state != "before" and change.field in CAUTIOUS:
            likely = _set(likely, change.field, CAUTIOUS[change.field])
    if outside:
        likely = replace(likely, stands_for="nearest", **CAUTIOUS)  # type: ignore[arg-type]
        other = replace(likely, stands_for="standard", **{name: getattr(standard, name) for name in DECIDING})
    else:
        sooner = any(state == "nearer before" for state in states)
        likely = replace(likely, stands_for="earlier" if sooner else "later")
        other = replace(likely, stands_for="later" if sooner else "earlier", **_deciding(other))
    if _deciding(likely) == _deciding(other):
        return newest if _alike(likely, newest) else replace(likely, stands_for="")
    return replace(likely, other=other)


def _deciding(policy: EnginePolicy) -> dict[str, Any]:
    return {name: getattr(policy, name) for name in DECIDING}


def _alike(policy: EnginePolicy, newest: EnginePolicy) -> bool:
    return all(
        getattr(policy, one.name) == getattr(newest, one.name) for one in fields(policy) if one.name != "stands_for"
    )


def _set(policy: EnginePolicy, field: str, value: object) -> EnginePolicy:
    """Return the policy with another value of a field, or of the part of one that stands after the dot."""
    name, _, part = field.partition(".")
    if part:
        whole = getattr(policy, name)
        assert is_dataclass(whole)
        value = replace(whole, **{part: value})  # type: ignore[type-var]
    return replace(policy, **{name: value})  # type: ignore[arg-type]
