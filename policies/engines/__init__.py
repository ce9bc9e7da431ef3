"""The engines: the standard, and how Chromium, Firefox and WebKit depart from it."""

from __future__ import annotations

from collections.abc import Callable

from corsight.policies.engines import chromium, firefox, standard, webkit
from corsight.policies.engines.policy import Departure, EnginePolicy
from corsight.policies.engines.wording import Wording
from corsight.policies.verdict import EngineName

ENGINES: dict[EngineName, EnginePolicy] = {
    "standard": standard.POLICY,
    "chromium": chromium.POLICY,
    "firefox": firefox.POLICY,
    "webkit": webkit.POLICY,
}
"""Every engine's policy by its name."""

WORDS: dict[EngineName, Callable[[Wording], tuple[str | None, str | None]]] = {
    "standard": standard.word,
    "chromium": chromium.word,
    "firefox": firefox.word,
    "webkit": webkit.word,
}
"""Every engine's error identifier and console text for a rule that blocked."""

__all__ = ["ENGINES", "WORDS", "Departure", "EnginePolicy", "Wording"]
