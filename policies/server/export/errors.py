"""The error of a configuration that cannot be written."""

from __future__ import annotations


class RecipeError(ValueError):
    """What a policy asks for cannot be written down for a target; the message names both, and what to do."""
