"""How many examples Hypothesis tries where a property needs more than the profile says, or gets by with less."""

from __future__ import annotations

from hypothesis import settings


def examples(times: float) -> settings:
    """Return settings for a test with `times` as many examples as the profile in use tries."""
    return settings(max_examples=round(times * settings().max_examples))
