"""Text from the wire, made fit to be shown, once and for all views."""

from __future__ import annotations

from corsight.policies.redact import shown as shown

LONGEST_MESSAGE = 1200
NAMES = 100
"""How many header names of one exchange are shown."""
LINES = 8
"""How many lines of one header are shown."""


def quoted(text: str | None) -> str:
    """Return a header's value as the comparison sees it, in quotes; "nothing" where there is none."""
    return "nothing" if text is None else f'"{shown(text)}"'
