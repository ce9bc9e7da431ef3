"""The engines: the standard, and how Chromium, Firefox and WebKit depart from it."""

from __future__ import annotations

from collections.abc import Callable

from corsight.policies.engines import chromium, firefox, standard, versions, webkit
from corsight.policies.engines.policy import Change, ConsoleTexts, Departure, EnginePolicy
from corsight.policies.engines.wording import Wording
from corsight.policies.facts import Build
from corsight.policies.verdict import EngineName

ENGINES: dict[EngineName, EnginePolicy] = {
    "standard": standard.POLICY,
    "chromium": chromium.POLICY,
    "firefox": firefox.POLICY,
    "webkit": webkit.POLICY,
}
"""Every engine's policy by its name, in the youngest version that was measured."""

WORDS: dict[EngineName, Callable[[Wording], tuple[str | None, str | None]]] = {
    "standard": standard.word,
    "chromium": chromium.word,
    "firefox": firefox.word,
    "webkit": webkit.word,
}
"""Every engine's error identifier and console text for a rule that blocked."""


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


def list_texts(engine: EngineName) -> tuple[ConsoleTexts, ...]:
    """Return what the engine's console says in each of its versions, today's first."""
    newest = ENGINES[engine]
    older = (versions.find_policy(newest, ENGINES["standard"], change.until) for change in newest.changes)
    return tuple(dict.fromkeys((newest.texts, *(policy.texts for policy in older))))


__all__ = ["ENGINES", "WORDS", "Build", "Change", "Departure", "EnginePolicy", "Wording", "list_policies", "list_texts"]
