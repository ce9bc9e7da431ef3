"""The engines: the standard, and how Chromium, Firefox and WebKit depart from it."""

from __future__ import annotations

from functools import lru_cache

from corsight.policies.engines import chromium, firefox, standard, versions, webkit
from corsight.policies.engines.policy import Change, ConsoleTexts, Departure, EnginePolicy
from corsight.policies.engines.wording import Wording
from corsight.policies.engines.words import WORDS
from corsight.policies.facts import Build
from corsight.policies.verdict import EngineName

ENGINES: dict[EngineName, EnginePolicy] = {
    "standard": standard.POLICY,
    "chromium": chromium.POLICY,
    "firefox": firefox.POLICY,
    "webkit": webkit.POLICY,
}
"""Every engine's policy by its name, in the youngest version that was measured."""


EngineChoice = str
"""The engine that judges, as `read_engine` reads it: `chromium`, `chromium@120`; auto is each client's own."""


@lru_cache(maxsize=1024)
def list_policies(engine: EngineName, build: Build | None) -> tuple[EnginePolicy, ...]:
    """Return the engine's policy in the version of `build`; two, the likelier first, where that was not measured.

    Where `build` is none of this engine's, it is the youngest that was measured.
    """
    newest = ENGINES[engine]
    if build is None or build.engine != engine:
        return (newest,)
    policy = versions.find_policy(newest, ENGINES["standard"], build.version)
    if policy.other is None:
        return (policy,)
    return (policy, policy.other) if build.taken == "open" else (policy.other if build.taken == "other" else policy,)


def read_engine(text: str, every: str = "auto") -> tuple[EngineName | None, int | None]:
    """Return the engine, and the version where one is given, that `chromium` or `chromium@120` names; of `every`, neither.

    Raises ValueError, in one line, for what names none.
    """
    name, at, version = text.partition("@")
    engine = next((known for known in ENGINES if known == name), None)
    if text == every:
        return None, None
    if engine is None:
        raise ValueError(
            f"{text!r} is not one of {every}, {', '.join(ENGINES)}; add a version with @, as in chromium@120"
        )
    if not at:
        return engine, None
    if ENGINES[engine].measured is None:
        raise ValueError(f"{text!r}: {ENGINES[engine].label} has no versions")
    if not (version.isdecimal() and version.isascii() and 0 < int(version[:7]) < 10**6):
        raise ValueError(f"{text!r}: a version is the engine's major number, as in chromium@120")
    return engine, int(version)


def label_engine(text: str) -> str:
    """Return the proper name of what `read_engine` reads, with its version."""
    engine, version = read_engine(text)
    label = "each client as its own" if engine is None else ENGINES[engine].label
    return label if version is None else f"{label} {version}"


def list_spans(engine: EngineName) -> list[tuple[int, int]]:
    """Return the measured versions of an engine, as spans in which it was always the same."""
    policy = ENGINES[engine]
    if policy.measured is None:
        return []
    oldest, youngest = policy.measured
    begins = {oldest} | {begin for change in policy.changes for begin in change.begins}
    first = sorted(begin for begin in begins if oldest <= begin <= youngest)
    return list(zip(first, [*(begin - 1 for begin in first[1:]), youngest], strict=True))


def list_texts(engine: EngineName) -> tuple[ConsoleTexts, ...]:
    """Return what the engine's console says in each of its versions, today's first."""
    newest = ENGINES[engine]
    older = (versions.find_policy(newest, ENGINES["standard"], change.until) for change in newest.changes)
    return tuple(dict.fromkeys((newest.texts, *(policy.texts for policy in older))))


__all__ = [
    "ENGINES",
    "WORDS",
    "Build",
    "Change",
    "Departure",
    "EngineChoice",
    "EnginePolicy",
    "Wording",
    "label_engine",
    "list_policies",
    "list_spans",
    "list_texts",
    "read_engine",
]
