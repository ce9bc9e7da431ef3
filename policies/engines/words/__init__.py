"""How each engine words what it blocked."""

from __future__ import annotations

from collections.abc import Callable

from corsight.policies.engines.wording import Wording
from corsight.policies.engines.words import chromium, firefox, webkit
from corsight.policies.verdict import EngineName

WORDS: dict[EngineName, Callable[[Wording], tuple[str | None, str | None]]] = {
    # The standard has no error names and no console.
    "standard": lambda wording: (None, None),
    "chromium": chromium.word,
    "firefox": firefox.word,
    "webkit": webkit.word,
}
"""Every engine's error identifier and console text for a rule that blocked."""
